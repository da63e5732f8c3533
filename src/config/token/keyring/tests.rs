//! The keyring as a source among the others, with a keyring that is made for this and never the user's own.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Mutex;
use std::time::Instant;

use super::*;
use crate::config::{BASE_URL_VAR, Config, Flags, Surroundings, TOKEN_COMMAND_VAR, TOKEN_VAR};
use crate::protocol::DeviceUuid;

/// A keyring in memory, with what was asked of it.
#[derive(Default)]
struct Mock {
    kept: Mutex<BTreeMap<String, Vec<u8>>>,
    asked: Mutex<Vec<String>>,
    trouble: Option<Trouble>,
}

impl Mock {
    fn asked(&self, what: &str, account: &str) -> Result<(), Trouble> {
        self.asked.lock().unwrap().push(format!("{what} {account}"));
        self.trouble.clone().map_or(Ok(()), Err)
    }

    fn log(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

impl Keyring for Mock {
    fn get(&self, account: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Trouble> {
        self.asked("get", account)?;
        Ok(self.kept.lock().unwrap().get(account).cloned().map(Zeroizing::new))
    }

    fn set(&self, account: &str, secret: &[u8]) -> Result<(), Trouble> {
        self.asked("set", account)?;
        self.kept.lock().unwrap().insert(account.to_owned(), secret.to_vec());
        Ok(())
    }

    fn forget(&self, account: &str) -> Result<bool, Trouble> {
        self.asked("forget", account)?;
        Ok(self.kept.lock().unwrap().remove(account).is_some())
    }
}

/// A keyring behind which something hangs.
struct Hanging;

impl Keyring for Hanging {
    fn get(&self, _: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Trouble> {
        loop {
            thread::park();
        }
    }

    fn set(&self, _: &str, _: &[u8]) -> Result<(), Trouble> {
        panic!("a defect of it")
    }

    fn forget(&self, _: &str) -> Result<bool, Trouble> {
        Ok(false)
    }
}

fn with(mock: &Arc<Mock>, flags: Flags, set: &[(&str, &str)]) -> Result<Config, String> {
    let keyring: Arc<dyn Keyring> = mock.clone();
    let env =
        |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(*value));
    let flags = Flags { mirror: Some("m.db".into()), ..flags };
    Config::resolve(flags, Surroundings { env: &env, folders: None, file: None, keyring: Some(&keyring) })
        .map_err(|e| e.0)
}

fn named(name: &str) -> Flags {
    Flags { token_keyring: Some(name.to_owned()), ..Flags::default() }
}

fn having(kept: &[(&str, &str)]) -> Arc<Mock> {
    let kept =
        kept.iter().map(|(account, token)| ((*account).to_owned(), token.as_bytes().to_vec())).collect();
    Arc::new(Mock { kept: Mutex::new(kept), ..Mock::default() })
}

fn in_trouble(trouble: Trouble) -> Arc<Mock> {
    Arc::new(Mock { trouble: Some(trouble), ..Mock::default() })
}

fn value(config: &Config) -> String {
    config.token.read().unwrap().value.expose_secret().to_owned()
}

#[test]
fn it_is_the_last_place_to_look_at_and_the_first_where_it_is_named() {
    let mock = having(&[("default", "of-the-keyring"), ("office", "of-the-office")]);
    let variables = [(TOKEN_VAR, "of-the-variable"), (TOKEN_COMMAND_VAR, "echo of-the-command")];
    for set in [&variables[..], &variables[1..]] {
        let config = with(&mock, Flags::default(), set).unwrap();
        assert_ne!(value(&config), "of-the-keyring");
        assert_eq!(mock.log(), [""; 0], "asked where another source had the token");
    }
    let config = with(&mock, Flags::default(), &[]).unwrap();
    assert_eq!(mock.log(), [""; 0], "asked before a token was needed");
    assert_eq!(value(&config), "of-the-keyring");
    assert!(!config.token.is_there(), "nobody said so");
    assert_eq!(config.token.place().unwrap(), "the keyring (service drainboard, account default)");
    assert_eq!(value(&with(&mock, named(""), &variables).unwrap()), "of-the-keyring");
    assert_eq!(value(&with(&mock, named("office"), &variables).unwrap()), "of-the-office");
    let office = Flags { profile: Some("office".into()), ..Flags::default() };
    assert_eq!(value(&with(&mock, office, &[]).unwrap()), "of-the-office");
}

#[test]
fn a_token_goes_to_no_service_that_it_was_not_kept_for() {
    let mock = having(&[("default", "of-the-account")]);
    let config = with(&mock, Flags::default(), &[(BASE_URL_VAR, "http://127.0.0.1:8080")]).unwrap();
    config.client(DeviceUuid::fresh()).unwrap_err();
    assert_eq!(mock.log(), ["get default@http://127.0.0.1:8080"]);
    // The usual one, however it is written.
    let config = with(&mock, Flags::default(), &[(BASE_URL_VAR, "https://API.getbase.com:443/")]).unwrap();
    assert_eq!(value(&config), "of-the-account");
}

#[test]
fn what_is_set_is_found_and_what_is_forgotten_is_not() {
    let mock = having(&[]);
    let config = with(&mock, Flags::default(), &[]).unwrap();
    let entry = config.entry.clone().unwrap();
    entry.set(SecretString::from("s3cret")).unwrap();
    assert_eq!(value(&config), "s3cret");
    assert!(entry.forget().unwrap() && !entry.forget().unwrap());
    config.token.read().unwrap_err();
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[test]
fn it_is_asked_once_where_it_was_read_ahead() {
    let mock = having(&[("default", "of-the-keyring")]);
    let config = with(&mock, Flags::default(), &[]).unwrap();
    config.token.read_ahead().unwrap();
    config.token.read().unwrap();
    assert_eq!(mock.log(), ["get default"]);
}

#[test]
fn a_token_that_only_the_keyring_has_is_somewhere() {
    let mock = having(&[("default", "of-the-keyring")]);
    let config = with(&mock, Flags::default(), &[]).unwrap();
    assert!(!config.token.is_there() && config.token.is_anywhere());
    assert_eq!(value(&config), "of-the-keyring");
    assert_eq!(mock.log(), ["get default"], "asked once");
    for nothing in [having(&[("other", "x")]), in_trouble(Trouble::Failed("it stayed locked".into()))] {
        assert!(!with(&nothing, Flags::default(), &[]).unwrap().token.is_anywhere());
    }
    let mock = having(&[]);
    let config = with(&mock, Flags::default(), &[(TOKEN_VAR, "of-the-variable")]).unwrap();
    assert!(config.token.is_anywhere());
    assert_eq!(mock.log(), [""; 0], "asked though the variable has it");
}

#[test]
fn a_machine_without_one_is_a_mistake_only_where_it_was_named() {
    let absent = in_trouble(Trouble::Absent("no bus\x1b[31m".into()));
    let said = with(&absent, Flags::default(), &[]).unwrap().token.read().unwrap_err().0;
    assert!(said.contains(TOKEN_VAR) && !said.contains("no bus"), "{said}");
    let said = with(&absent, named(""), &[]).unwrap().token.read().unwrap_err().0;
    assert!(
        said.starts_with("the keyring (service") && said.contains("no bus") && said.contains("--token-file")
    );
    assert!(said.lines().count() == 1 && !said.contains('\x1b'), "{said:?}");
    // One that is there and refuses is told in any case.
    let locked = in_trouble(Trouble::Failed("it stayed locked".into()));
    for flags in [Flags::default(), named("")] {
        let said = with(&locked, flags, &[]).unwrap().token.read().unwrap_err().0;
        assert!(said.contains("it stayed locked"), "{said}");
    }
    // One that has nothing.
    let said = with(&having(&[]), named("office"), &[]).unwrap().token.read().unwrap_err().0;
    assert!(said.contains("account office") && said.contains("drainboard token set"), "{said}");
    let said = with(&having(&[]), Flags::default(), &[]).unwrap().token.read().unwrap_err().0;
    assert!(said.contains(TOKEN_VAR) && said.contains("drainboard token set"), "{said}");
}

#[test]
fn a_program_without_one_says_so_where_it_is_named() {
    let around = Surroundings { env: &|_| None, folders: None, file: None, keyring: None };
    let flags = Flags { mirror: Some("m.db".into()), ..named("") };
    assert!(Config::resolve(flags, around).unwrap_err().0.contains("built without"));
}

#[test]
fn what_can_be_no_token_is_refused_and_not_shown() {
    for token in [&b"two words"[..], b"\xff\xfe", b""] {
        let mock = having(&[]);
        mock.set("default", token).unwrap();
        let said = with(&mock, Flags::default(), &[]).unwrap().token.read().unwrap_err().0;
        assert!(said.contains("the keyring") && !said.contains("two words"), "{said}");
    }
    let token = "0123456789abcdef".repeat(4);
    let said = with(&having(&[]), named(&token), &[]).unwrap_err();
    assert!(said.contains("looks like the token itself") && !said.contains(&token), "{said}");
}

#[test]
fn nobody_waits_for_one_that_hangs_or_breaks() {
    let entry = Entry::new(Arc::new(Hanging), "default".into());
    let begun = Instant::now();
    let said = entry.get(Duration::from_millis(20)).unwrap_err().to_string();
    assert!(said.contains("no answer within"), "{said}");
    assert!(begun.elapsed() < GLANCE, "it was waited for");
    assert!(entry.set(SecretString::from("s3cret")).unwrap_err().to_string().contains("failed on the way"));
    assert!(!entry.forget().unwrap());
}
