//! The layers over each other, and every mistake by its name.

use std::collections::HashMap;
use std::path::Path;

use secrecy::ExposeSecret as _;

use super::*;

mod layers;

const DEVICE: &str = "4f0c6f0e-6d5e-4a7e-9d6c-0a5f6d1b2c3d";

fn folders() -> Folders {
    Folders {
        data: "/data/drainboard".into(),
        config: "/config/drainboard".into(),
        home: "/home/ada".into(),
        state: "/state/drainboard".into(),
    }
}

fn resolve(flags: Flags, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let environment: HashMap<&str, &str> = environment.iter().copied().collect();
    let env = |name: &str| environment.get(name).map(OsString::from);
    Config::resolve(flags, Surroundings { env: &env, folders: Some(&folders()), file: None, keyring: None })
}

/// A token's file of mode 0600 in a folder of its own.
fn token_file(content: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, content).unwrap();
    mode(&file, 0o600);
    (folder, file)
}

#[cfg(unix)]
fn mode(file: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Elsewhere the folder keeps others out.
#[cfg(not(unix))]
fn mode(_: &Path, _: u32) {}

#[test]
fn nothing_said_means_the_defaults() {
    let config = resolve(Flags::default(), &[]).unwrap();
    assert_eq!(config.profile, "default");
    assert_eq!(config.mirror, Path::new("/data/drainboard/default/mirror.db"));
    assert_eq!(config.keymap.as_deref(), Some(Path::new("/config/drainboard/keymap.toml")));
    assert_eq!((config.base_url.as_str(), config.origin().as_str()), (BASE_URL, BASE_URL));
    assert_eq!(config.device, None);
    assert_eq!((config.rate, config.workers, config.ack_pack, config.tries), (10, 4, 2000, 8));
    assert_eq!(config.ack_most(), 10_000);
    assert_eq!((config.ack_interval, config.max_page), (Duration::from_secs(5), 128 * 1024 * 1024));
}

#[test]
fn a_flag_beats_the_environment_and_both_beat_the_defaults() {
    let environment = [
        (MIRROR_VAR, "/env/mirror.db"),
        (BASE_URL_VAR, "http://127.0.0.1:1/env"),
        (DEVICE_VAR, DEVICE),
        (TOKEN_VAR, "env-token"),
    ];
    let config = resolve(Flags::default(), &environment).unwrap();
    assert_eq!(config.mirror, Path::new("/env/mirror.db"));
    assert_eq!(config.base_url, "http://127.0.0.1:1/env");
    assert_eq!(config.origin(), "http://127.0.0.1:1");
    assert_eq!(config.device.unwrap().to_string(), DEVICE);
    let token = config.token.read().unwrap();
    assert_eq!((token.value.expose_secret(), token.source.as_str()), ("env-token", TOKEN_VAR));

    let (_folder, file) = token_file("file-token\n");
    let flags = Flags {
        mirror: Some("flag.db".into()),
        base_url: Some("https://sync.example".into()),
        device: Some("00000000-0000-4000-8000-000000000000".into()),
        profile: Some("office".into()),
        token_file: Some(file.clone()),
        token_command: None,
        token_keyring: None,
        rate: Some(0),
        workers: Some(1),
        ack_pack: Some(2),
        ack_interval: Some(Duration::ZERO),
        max_page: Some(3),
        tries: Some(4),
        ..Flags::default()
    };
    let config = resolve(flags, &environment).unwrap();
    assert_eq!(config.mirror, Path::new("flag.db"));
    assert_eq!((config.base_url.as_str(), config.profile.as_str()), ("https://sync.example", "office"));
    assert_eq!(config.device.unwrap().short(), "00000000");
    assert_eq!((config.rate, config.workers, config.ack_pack), (0, 1, 2));
    assert_eq!(config.ack_most(), 2, "what somebody asked for is never exceeded");
    assert_eq!((config.ack_interval, config.max_page, config.tries), (Duration::ZERO, 3, 4));
    let token = config.token.read().unwrap();
    assert_eq!(token.value.expose_secret(), "file-token");
    assert_eq!(token.source, format!("--token-file {}", file.display()));
}

#[test]
fn a_profile_has_its_own_mirror_and_an_empty_variable_says_nothing() {
    let flags = Flags { profile: Some("office".into()), ..Flags::default() };
    let empty = [(MIRROR_VAR, ""), (BASE_URL_VAR, ""), (DEVICE_VAR, "")];
    let config = resolve(flags, &empty).unwrap();
    assert_eq!(config.mirror, Path::new("/data/drainboard/office/mirror.db"));
    assert_eq!(config.base_url, BASE_URL);
}

#[test]
fn a_machine_without_a_home_needs_a_mirror_named() {
    let env = |_: &str| None;
    let around = Surroundings { env: &env, folders: None, file: None, keyring: None };
    let said = Config::resolve(Flags::default(), around).unwrap_err().0;
    assert!(said.contains("--mirror") && said.contains(MIRROR_VAR), "{said}");
    let flags = Flags { mirror: Some("m.db".into()), ..Flags::default() };
    assert_eq!(Config::resolve(flags, around).unwrap().keymap, None);
}

#[test]
fn a_mistake_is_named() {
    let flags = Flags::default;
    let cases = [
        (Flags { profile: Some("../x".into()), ..flags() }, "--profile"),
        (Flags { profile: Some(String::new()), ..flags() }, "--profile"),
        (Flags { profile: Some(".hidden".into()), ..flags() }, "--profile"),
        (Flags { base_url: Some("http://api.getbase.com".into()), ..flags() }, "https"),
        (Flags { base_url: Some(String::new()), ..flags() }, "--base-url"),
        (Flags { mirror: Some(PathBuf::new()), ..flags() }, "--mirror"),
        (Flags { device: Some("nobody".into()), ..flags() }, "--device-uuid"),
        (Flags { workers: Some(0), ..flags() }, "--workers"),
        (Flags { workers: Some(257), ..flags() }, "--workers"),
        (Flags { ack_pack: Some(0), ..flags() }, "--ack-pack"),
        (Flags { max_page: Some(0), ..flags() }, "--max-page"),
        (Flags { tries: Some(0), ..flags() }, "--tries"),
    ];
    for (flags, name) in cases {
        let said = resolve(flags.clone(), &[]).expect_err(name).0;
        assert!(said.contains(name), "{flags:?}: {said}");
    }
    let said = resolve(Flags::default(), &[(DEVICE_VAR, "no\x1b[31muuid")]).unwrap_err().0;
    assert!(said.contains(DEVICE_VAR) && !said.contains('\x1b'), "{said}");
}

#[test]
fn a_token_is_missed_only_when_it_is_needed() {
    let config = resolve(Flags::default(), &[]).unwrap();
    assert!(!config.token.is_there());
    let said = config.client(DeviceUuid::fresh()).unwrap_err().0;
    assert!(said.contains(TOKEN_VAR) && said.contains("--token-file"), "{said}");
}

#[test]
fn an_odd_token_is_refused_and_not_shown() {
    for token in ["", " ", "two words", "line\nbreak", "\u{7f}odd", "schlüssel"] {
        let config = resolve(Flags::default(), &[(TOKEN_VAR, token)]).unwrap();
        let said = config.client(DeviceUuid::fresh()).unwrap_err().0;
        assert!(said.contains(TOKEN_VAR), "{said}");
        assert!(token.trim().is_empty() || !said.contains(token), "{said}");
    }
    let config = resolve(Flags::default(), &[(TOKEN_VAR, "s3cret")]).unwrap();
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[test]
fn a_token_file_is_the_owners_alone() {
    let (folder, file) = token_file("s3cret\r\n\n");
    let read = |file: &Path| TokenSource::File { path: file.to_owned(), named: "--token-file" }.read();
    assert_eq!(read(&file).unwrap().value.expose_secret(), "s3cret");
    if cfg!(unix) {
        for open in [0o640, 0o604, 0o644, 0o620, 0o666] {
            mode(&file, open);
            let said = read(&file).unwrap_err().0;
            assert!(said.contains("chmod 600") && said.contains(&format!("{open:04o}")), "{said}");
            assert!(!said.contains("s3cret"), "{said}");
        }
    }
    mode(folder.path(), 0o700);
    for (path, why) in [(folder.path().to_owned(), "folder"), (folder.path().join("none"), "No such file")] {
        let said = read(&path).unwrap_err().0;
        assert!(said.contains(why) && said.contains("--token-file"), "{said}");
    }
    let (_folder, file) = token_file("\n");
    assert!(read(&file).unwrap_err().0.contains("is empty"));
    let (_folder, file) = token_file(&"x".repeat(100_000));
    assert!(read(&file).is_err(), "the wrong file");
}

#[test]
#[cfg(unix)]
fn sources_have_an_order_and_each_is_named() {
    let order = |flags: Flags, set: &[(&str, &str)]| {
        let token = resolve(flags, set).unwrap().token.read().unwrap();
        (token.value.expose_secret().to_owned(), token.source)
    };
    let (_folder, file) = token_file("of-the-file");
    let environment = [(TOKEN_VAR, "of-the-variable"), (TOKEN_COMMAND_VAR, "echo of-the-environment")];
    let command = Flags { token_command: Some("echo of-the-command".into()), ..Flags::default() };
    let both = Flags { token_file: Some(file.clone()), ..command.clone() };
    assert_eq!(order(both, &environment).0, "of-the-file");
    assert_eq!(
        order(command, &environment),
        ("of-the-command".into(), "--token-command 'echo of-the-command'".into())
    );
    assert_eq!(order(Flags::default(), &environment), ("of-the-variable".into(), TOKEN_VAR.into()));
    let (token, source) = order(Flags::default(), &environment[1..]);
    assert_eq!(token, "of-the-environment");
    assert!(source.starts_with(TOKEN_COMMAND_VAR), "{source}");
}

#[test]
#[cfg(unix)]
fn what_was_read_ahead_is_asked_for_once() {
    let folder = tempfile::tempdir().unwrap();
    let words = format!("echo x >> '{0}'; cat '{0}' | wc -l", folder.path().join("count").display());
    let flags = Flags { token_command: Some(words), ..Flags::default() };
    let token = resolve(flags, &[]).unwrap().token;
    let read = |read: Result<Token, ConfigError>| read.unwrap().value.expose_secret().trim().to_owned();
    assert_eq!([read(token.read_ahead()), read(token.read()), read(token.read())], ["1", "1", "2"]);
}

#[test]
fn a_token_where_its_source_belongs_is_not_repeated() {
    let token = "0123456789abcdef".repeat(4);
    let flags = Flags { token_file: Some(PathBuf::from(&token)), ..Flags::default() };
    let command = Flags { token_command: Some(token.clone()), ..Flags::default() };
    for flags in [flags, command] {
        let said = resolve(flags, &[]).unwrap().token.read().unwrap_err().0;
        assert!(said.contains("looks like the token itself") && !said.contains(&token), "{said}");
    }
}

#[test]
fn the_users_folders_are_named_after_the_program() {
    if let Some(folders) = Folders::of_user() {
        assert!(folders.mirror("p").ends_with("drainboard/p/mirror.db"));
        assert!(folders.keymap().ends_with("drainboard/keymap.toml"));
    }
}
