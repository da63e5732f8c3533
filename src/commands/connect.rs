//! Connecting an account from the welcome screen: the answers are tried on the service and then written down.
//!
//! Promises: nothing is written before the service has taken the token, nor where there is a configuration already, nor
//! before the mirror was opened as a synchronization opens it; a typed token goes to the keyring, or to a file of mode
//! 0600 where there is none, and no token into the configuration, in a command neither.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use secrecy::ExposeSecret as _;
use tokio_util::sync::CancellationToken;

use super::arguments::{Common, Pacing};
use super::output::Failure;
use super::probe::{self, Probe};
use super::settings;
use crate::client::{ConfigError, Door, Subject};
use crate::config::file::TokenPlace;
use crate::config::{
    self, Config, Folders, TOKEN_VAR, Token, keep_token, template, token_file, token_from, write_new,
};
use crate::console::welcome::{Answer, Answers, Connect, Offer, Secret, TokenAnswer, Trouble};
use crate::mirror::{Identity, Mirror};
use crate::protocol::DeviceUuid;
use crate::text::span;

/// Who connects, and what the command line said besides.
pub(super) struct Connector {
    common: Common,
    pacing: Pacing,
    /// The file to be written.
    file: PathBuf,
    profile: String,
    /// What was put where, for the console that comes then.
    said: Mutex<Option<String>>,
}

/// What the welcome screen begins with, where nothing is configured.
pub(super) fn offer(config: &Config, common: &Common, pacing: &Pacing) -> Option<(Offer, Connector)> {
    let file = settings::configuration()?;
    if !is_first(config, &file) {
        return None;
    }
    let beside = token_file(&file, &config.profile);
    let kept = match &config.entry {
        Some(_) => format!("the system's keyring, else {}", short(&beside)),
        None => short(&beside),
    };
    let offer = Offer {
        base_url: config.base_url.clone(),
        mirror: short(&config.mirror),
        configuration: short(&file),
        kept,
    };
    let profile = config.profile.clone();
    let connector =
        Connector { common: common.clone(), pacing: *pacing, file, profile, said: Mutex::default() };
    Some((offer, connector))
}

/// Whether nothing is configured: no mirror, no file, no token, not even in the keyring, which is asked last.
fn is_first(config: &Config, file: &Path) -> bool {
    !config.mirror.exists() && !file.exists() && !config.token.is_anywhere()
}

/// A file as people write it: from their home.
fn short(path: &Path) -> String {
    let home = Folders::of_user().map(|folders| folders.home);
    let rest = home.and_then(|home| path.strip_prefix(home).ok().map(Path::to_owned));
    match rest {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

/// What somebody wrote for a file, in full.
fn full(text: &str) -> PathBuf {
    let home = Folders::of_user().map(|folders| folders.home);
    let path = match (text.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(text),
    };
    std::path::absolute(&path).unwrap_or(path)
}

fn at(answer: Answer) -> impl Fn(&dyn std::fmt::Display) -> Trouble {
    move |text| Trouble { at: answer, text: text.to_string() }
}

impl Connector {
    /// The settings as the answers would have them.
    fn config(&self, answers: &Answers) -> Result<Config, Trouble> {
        let mut common = self.common.clone();
        common.base_url = Some(answers.base_url.clone());
        common.mirror = Some(full(&answers.mirror));
        match &answers.token {
            TokenAnswer::File(name) => common.token_file = Some(full(name)),
            TokenAnswer::Command(words) => common.token_command = Some(words.clone()),
            TokenAnswer::Environment | TokenAnswer::Typed(_) => {}
        }
        settings::resolve_at(&common, &self.pacing, Door::Questions)
            .map_err(|failure| at(Answer::Service)(&failure.message))
    }

    fn mirror(answers: &Answers) -> Result<PathBuf, Trouble> {
        let path = full(&answers.mirror);
        let wrong = at(Answer::Mirror);
        if path.is_dir() {
            return Err(wrong(&format!("{} is a folder; name a file in it", path.display())));
        }
        // The first of its folders that is there must be one.
        match path.ancestors().skip(1).find(|folder| folder.exists()) {
            Some(folder) if folder.is_dir() => Ok(path),
            _ => Err(wrong(&format!("{} is in no folder that can be made", path.display()))),
        }
    }
}

/// The token from where the answers say, named as the user knows it.
fn token(answers: &Answers, config: &Config) -> Result<Token, ConfigError> {
    match &answers.token {
        TokenAnswer::Typed(secret) => typed(secret),
        _ => config.token.read(),
    }
}

fn typed(secret: &Secret) -> Result<Token, ConfigError> {
    const SOURCE: &str = "answer 2";
    Ok(Token { value: token_from(secret.expose().as_bytes(), SOURCE)?, source: SOURCE.to_owned() })
}

impl Connect for Connector {
    fn test(&self, answers: &Answers, given_up: &CancellationToken) -> Result<String, Trouble> {
        Self::mirror(answers)?;
        let config = self.config(answers)?;
        if answers.token == TokenAnswer::Environment {
            return Ok("nothing was asked: there is no token yet".to_owned());
        }
        let refused = |error: ConfigError| at(Answer::Token)(&error);
        let token = token(answers, &config).map_err(refused)?;
        if let TokenAnswer::Command(words) = &answers.token
            && words.contains(token.value.expose_secret())
        {
            return Err(at(Answer::Token)(
                &"the token itself stands in this command, which the configuration would keep and show: write one that \
                  fetches it, like pass show sell, or type the token and it is kept where it is safe",
            ));
        }
        let client = config.client_with(token, DeviceUuid::fresh()).map_err(refused)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| at(Answer::Service)(&error))?;
        let probe = runtime.block_on(async {
            tokio::select! {
                probe = probe::ask_patiently(&client) => Some(probe),
                () = given_up.cancelled() => None,
            }
        });
        match probe {
            Some(Probe::Fine(took)) => Ok(format!("takes the token, {}", span(took))),
            Some(Probe::Busy(text)) => Ok(text),
            Some(Probe::Refused(text)) => Err(at(Answer::Token)(&text)),
            // No answer is wrong: from the last one the same is asked again.
            Some(Probe::Troubled(text)) => Err(at(Answer::Mirror)(&text)),
            Some(Probe::Failed(text)) => Err(at(Answer::Service)(&text)),
            Some(Probe::Odd(_) | Probe::Strange(_)) => {
                let url = Door::Questions.calls(Subject::BaseUrl);
                Err(at(Answer::Service)(&format!("what answers there is no Sync API; check {url}")))
            }
            None => Err(at(Answer::Mirror)(&"given up")),
        }
    }

    fn save(&self, answers: &Answers) -> Result<(), Trouble> {
        let wrong = at(Answer::Mirror);
        let mirror = Self::mirror(answers)?;
        let config = self.config(answers)?;
        if self.file.exists() {
            let file = self.file.display();
            return Err(wrong(&format!("{file} is there already; start drainboard again to use it")));
        }
        Self::prove(&mirror, &config)?;
        let token = match &answers.token {
            TokenAnswer::Environment => None,
            TokenAnswer::File(name) => Some(TokenPlace::File(full(name))),
            TokenAnswer::Command(words) => Some(TokenPlace::Command(words.clone())),
            TokenAnswer::Typed(secret) => {
                Some(self.keep(secret, &config).map_err(|failure| wrong(&failure.message))?)
            }
        };
        // What is so without a word needs none.
        let usual = Folders::of_user().map(|folders| folders.mirror(&self.profile));
        let kept = match &token {
            Some(TokenPlace::Keyring) => "the token is in the system's keyring".to_owned(),
            Some(TokenPlace::File(file)) => format!("the token is in {}", short(file)),
            Some(TokenPlace::Command(_)) => "the token comes from the command".to_owned(),
            None => format!("the token is to be in {TOKEN_VAR}"),
        };
        let written = config::Answers {
            profile: Some(self.profile.clone()),
            base_url: Some(answers.base_url.clone()),
            token,
            mirror: (usual.as_ref() != Some(&mirror)).then_some(mirror),
        };
        write_new(&self.file, &template(&written))
            .map_err(|error| wrong(&format!("cannot write {}: {error}", self.file.display())))?;
        let said = format!("{kept}, the settings are in {}", short(&self.file));
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = Some(said);
        Ok(())
    }
}

impl Connector {
    /// What was put where, once it is written.
    pub(super) fn said(&self) -> Option<String> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Opens the mirror as a synchronization does, which says what it would say: made where there is none, locked,
    /// proven writable, and closed again.
    fn prove(mirror: &Path, config: &Config) -> Result<(), Trouble> {
        let identity = Identity { host: config.origin(), device: config.device };
        let opened = Mirror::open(mirror, &identity).map(drop);
        // The option is an answer here.
        opened.map_err(|error| at(Answer::Mirror)(&error.to_string().replace(" with --mirror", "")))
    }
}

impl Connector {
    /// Keeps a typed token where it is safe.
    fn keep(&self, secret: &Secret, config: &Config) -> Result<TokenPlace, Failure> {
        let token = typed(secret).map_err(Failure::usage)?.value;
        if let Some(entry) = &config.entry
            && entry.set(token.clone()).is_ok()
        {
            return Ok(TokenPlace::Keyring);
        }
        let kept = keep_token(&self.file, &self.profile, token.expose_secret());
        kept.map(TokenPlace::File).map_err(|error| Failure::other(format!("cannot keep the token: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connector() -> Connector {
        let (common, pacing) = (Common::default(), Pacing::default());
        let (file, profile) = ("/c/config.toml".into(), "default".into());
        Connector { common, pacing, file, profile, said: Mutex::default() }
    }

    fn answers(base_url: &str, token: TokenAnswer) -> Answers {
        Answers { base_url: base_url.to_owned(), token, mirror: "/tmp/mirror.db".to_owned() }
    }

    #[test]
    fn a_command_that_has_the_token_in_it_is_refused() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let token = "t0ken".repeat(4);
        let trouble = connector()
            .test(&answers(&url, TokenAnswer::Command(format!("echo {token}"))), &CancellationToken::new())
            .unwrap_err();
        assert_eq!(trouble.at, Answer::Token);
        assert!(trouble.text.contains("the token itself stands in this command"), "{}", trouble.text);
        assert!(!trouble.text.contains(&token));
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_err(), "the service was asked");
    }

    #[test]
    fn the_mirror_is_proven_before_anything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let of = |name: &str| folder.path().join(name);
        std::fs::write(of("text.db"), "no database, and long enough to be looked at as one").unwrap();
        std::fs::write(of("file"), "").unwrap();
        let connector = Connector { file: of("config.toml"), ..connector() };
        let save = |mirror: PathBuf| {
            let mirror = mirror.display().to_string();
            connector.save(&Answers { mirror, ..answers("https://sync.example", TokenAnswer::Environment) })
        };
        for (mirror, words) in [
            (of("text.db"), "is no database"),
            (of("file/m.db"), "is in no folder that can be made"),
            (folder.path().to_owned(), "is a folder"),
            ("/proc/nope/m.db".into(), "/proc/nope"),
        ] {
            let trouble = save(mirror.clone()).unwrap_err();
            assert_eq!(trouble.at, Answer::Mirror);
            assert!(
                trouble.text.contains(words) && !trouble.text.contains("--"),
                "{mirror:?}: {}",
                trouble.text
            );
            assert!(!of("config.toml").exists(), "{mirror:?}");
        }
        assert_eq!(connector.said(), None);
        save(of("new/m.db")).unwrap();
        assert!(of("new/m.db").exists() && of("config.toml").exists());
        let said = connector.said().unwrap();
        assert!(said.contains(TOKEN_VAR) && said.contains("config.toml"), "{said}");
    }

    #[test]
    fn messages_speak_of_what_was_answered() {
        let test = |base_url: &str, token| {
            connector().test(&answers(base_url, token), &CancellationToken::new()).unwrap_err().text
        };
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let nobody = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let folder = tempfile::tempdir().unwrap();
        let file = TokenAnswer::File(folder.path().join("token").display().to_string());
        let mut typed = Secret::default();
        typed.insert(&"x".repeat(64));
        for (said, words) in [
            (test(&nobody, TokenAnswer::Typed(typed)), "check the address of the service and the network"),
            (test("", file.clone()), "the address of the service is empty; the real service is"),
            (test(&nobody, file), "the file "),
            (test(&nobody, TokenAnswer::Command("exit 7".into())), "no token from the command: "),
        ] {
            assert!(said.contains(words) && !said.contains("--"), "{words} in {said}");
        }
    }

    /// A keyring that has one token, or none.
    struct Mock(Option<&'static str>);

    impl config::Keyring for Mock {
        fn get(&self, _: &str) -> Result<Option<zeroize::Zeroizing<Vec<u8>>>, config::Trouble> {
            Ok(self.0.map(|token| zeroize::Zeroizing::new(token.as_bytes().to_vec())))
        }

        fn set(&self, _: &str, _: &[u8]) -> Result<(), config::Trouble> {
            unreachable!()
        }

        fn forget(&self, _: &str) -> Result<bool, config::Trouble> {
            unreachable!()
        }
    }

    #[test]
    fn whose_token_is_in_the_keyring_has_been_here_before() {
        let folder = tempfile::tempdir().unwrap();
        let mirror = folder.path().join("mirror.db");
        let first = |token: Option<&'static str>, variable: Option<&str>| {
            let keyring: std::sync::Arc<dyn config::Keyring> = std::sync::Arc::new(Mock(token));
            let env = |name: &str| variable.filter(|_| name == config::TOKEN_VAR).map(Into::into);
            let around =
                config::Surroundings { env: &env, folders: None, file: None, keyring: Some(&keyring) };
            let flags = config::Flags { mirror: Some(mirror.clone()), ..config::Flags::default() };
            is_first(&Config::resolve(flags, around).unwrap(), &folder.path().join("config.toml"))
        };
        assert!(first(None, None));
        assert!(!first(Some("s3cret"), None));
        assert!(!first(None, Some("s3cret")));
        std::fs::write(folder.path().join("config.toml"), "").unwrap();
        assert!(!first(None, None));
    }

    #[test]
    fn a_mirror_is_a_file_in_a_folder_that_can_be_made() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        let of = |name: &str| {
            let mirror = folder.path().join(name).display().to_string();
            Connector::mirror(&Answers { mirror, ..answers("", TokenAnswer::Environment) })
        };
        assert!(of("a/b/c.db").is_ok() && of("file").is_ok());
        assert!(of("").is_err_and(|trouble| trouble.text.contains("is a folder")));
        assert!(of("file/c.db").is_err_and(|trouble| trouble.at == Answer::Mirror));
    }
}
