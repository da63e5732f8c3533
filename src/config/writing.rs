//! The configuration's file as this program writes it: once, with comments, for its user alone.
//!
//! Promises: what is there is never written over; half a file is never seen; what is written is read again without a
//! mistake; the token is not in it.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::file::TokenPlace;
use super::{BASE_URL, PROFILE};
use crate::files::{self, Draft};

/// What a file is written with; all is a comment where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// The profile that the answers are for; the usual one's stand at the top.
    pub profile: Option<String>,
    /// The service.
    pub base_url: Option<String>,
    /// Where the token is.
    pub token: Option<TokenPlace>,
    /// The mirror's file.
    pub mirror: Option<PathBuf>,
}

const HEAD: &str = "\
# drainboard's configuration. `drainboard config` shows what comes of it, and who said so.
#
# An option goes before the environment, that before a profile's table, that before what stands at the top here, that
# before the default. Files: ~/ is your home, other names begin at this folder. A line with # in front says nothing.
";

const TAIL: &str = "\
# How fast and how patiently: requests a second (0 = no limit), pages in flight, keys an acknowledgement pack, a pack's
# age, the largest answer, tries of one request.
#rate = 10
#workers = 4
#ack_pack = 2000
#ack_interval = \"5s\"
#max_page = \"128MiB\"
#tries = 8

# The console: a theme (auto, ansi, dark, light or themes/NAME.toml here), colours (auto, always, never), whether the
# terminal's title tells of a run, whether its bell tells of the end of one that took longer than ten seconds.
#theme = \"auto\"
#color = \"auto\"
#title = true
#bell = false

# How long `drainboard sync --watch` waits between two runs; the console's key i begins with it.
#watch = \"5m\"

# More accounts, each with its own mirror: `drainboard --profile work`. A profile may have any of the settings above.
#[profile.work]
#token_command = \"pass show sell-work\"
";

/// The file's text.
pub fn template(answers: &Answers) -> String {
    let profile = answers.profile.as_deref().filter(|name| *name != PROFILE);
    let top = if profile.is_some() { &Answers::default() } else { answers };
    let mut text = format!("{HEAD}\n");
    place(top, &mut text);
    text += "\n";
    text += TAIL;
    if let Some(name) = profile {
        let _ = write!(text, "\n[profile.{}]\n", key(name)); // a String takes everything
        place(answers, &mut text);
    }
    text
}

/// The lines of whose data it is.
fn place(answers: &Answers, text: &mut String) {
    let mut line = |name: &str, value: Option<&str>, usual: &str| {
        let _ = match value {
            Some(value) => writeln!(text, "{name} = {}", quoted(value)),
            None => writeln!(text, "#{name} = {}", quoted(usual)),
        };
    };
    let mirror = answers.mirror.as_ref().map(|path| path.to_string_lossy());
    line("base_url", answers.base_url.as_deref(), BASE_URL);
    line("mirror", mirror.as_deref(), "~/.local/share/drainboard/default/mirror.db");
    line("device_uuid", None, "4f0c6f0e-6d5e-4a7e-9d6c-0a5f6d1b2c3d");
    *text += "\n# Where the token is, one of these; never the token itself. BASECRM_ACCESS_TOKEN goes before them.\n";
    let mut line = |name: &str, value: Option<&str>, usual: &str| {
        let _ = match value {
            Some(value) => writeln!(text, "{name} = {value}"),
            None => writeln!(text, "#{name} = {usual}"),
        };
    };
    let (file, command, keyring) = match &answers.token {
        Some(TokenPlace::File(path)) => (Some(quoted(&path.to_string_lossy())), None, None),
        Some(TokenPlace::Command(words)) => (None, Some(quoted(words)), None),
        Some(TokenPlace::Keyring) => (None, None, Some("true")),
        None => (None, None, None),
    };
    line("token_file", file.as_deref(), "\"token\"");
    line("token_command", command.as_deref(), "\"pass show sell\"");
    line("token_keyring", keyring, "true");
}

/// A text in quotes.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A name where a key stands.
fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.chars().all(bare) { name.to_owned() } else { quoted(name) }
}

/// Writes a file that is not there yet, for its user alone, and its folder where there is none.
///
/// # Errors
/// An I/O error; [`io::ErrorKind::AlreadyExists`] where something is there.
pub fn write_new(path: &Path, text: &str) -> io::Result<()> {
    files::make_folder_of(path)?;
    let mut draft = Draft::begin(path)?;
    draft.write_all(text.as_bytes())?;
    draft.place()
}

/// Where a profile's token is kept beside the configuration.
pub fn token_file(configuration: &Path, profile: &str) -> PathBuf {
    let name = if profile == PROFILE { "token".to_owned() } else { format!("token.{profile}") };
    configuration.with_file_name(name)
}

/// Keeps a token in a file of mode 0600 beside the configuration, and says where: `token`, or `token.PROFILE`. One that
/// is there already is replaced: it was this program's.
///
/// # Errors
/// An I/O error.
pub fn keep_token(configuration: &Path, profile: &str, token: &str) -> io::Result<PathBuf> {
    let path = token_file(configuration, profile);
    files::make_folder_of(&path)?;
    let mut draft = Draft::beside(&path)?;
    draft.write_all(token.as_bytes())?;
    draft.replace()?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::file::{File, KEYS};
    use super::*;

    fn read(text: &str) -> File {
        File::parse(Path::new("/c/config.toml"), text, Some(Path::new("/home/ada"))).unwrap()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let nothing = read(&template(&Answers::default()));
        assert_eq!(nothing, File { path: "/c/config.toml".into(), ..File::default() });
        let answers = Answers {
            profile: None,
            base_url: Some("https://sync.example".into()),
            token: Some(TokenPlace::Command("pass show \"a 'b' \\\\ c\"".into())),
            mirror: Some("/srv/阿部 \"x\"/mirror.db".into()),
        };
        let file = read(&template(&answers));
        assert_eq!(Some(&file.top.base_url.unwrap().value), answers.base_url.as_ref());
        assert_eq!(Some(&file.top.token.unwrap().value), answers.token.as_ref());
        assert_eq!(Some(&file.top.mirror.unwrap().value), answers.mirror.as_ref());
        let of_profile = Answers { profile: Some("work.eu".into()), ..answers };
        let file = read(&template(&of_profile));
        assert_eq!(file.top.base_url, None);
        assert_eq!(file.profiles["work.eu"].mirror.as_ref().map(|m| &m.value), of_profile.mirror.as_ref());
    }

    #[test]
    fn each_setting_is_in_it_with_its_default_and_can_be_switched_on() {
        let text = template(&Answers::default());
        for key in KEYS {
            let line = text.lines().find(|line| line.starts_with(&format!("#{key} = ")));
            let line = line.unwrap_or_else(|| panic!("{key} is not in it"));
            read(&line[1..]);
        }
    }

    #[test]
    fn what_is_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/config.toml");
        write_new(&path, "one").unwrap();
        assert_eq!(write_new(&path, "two").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        let token = keep_token(&path, "work", "first").unwrap();
        assert_eq!(keep_token(&path, "work", "second").unwrap(), token);
        assert_eq!(fs::read(&token).unwrap(), b"second");
        #[cfg(unix)]
        for file in [&path, &token] {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
