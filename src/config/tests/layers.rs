//! The configuration's file: each layer over those below it, and every mistake with its line.

use std::fmt::Write as _;
use std::path::Path;

use super::super::file::{File, TokenPlace};
use super::super::*;
use super::folders;

const FILE: &str = "\
rate = 3
base_url = \"https://top.example\"
mirror = \"top.db\"
token_command = \"echo top\"
workers = 5
max_page = \"1MiB\"
default_profile = \"home\"

[profile.home]
rate = 2

[profile.work]
mirror = \"~/work.db\"
base_url = \"https://work.example\"
token_file = \"token.work\"
device_uuid = \"4f0c6f0e-6d5e-4a7e-9d6c-0a5f6d1b2c3d\"
ack_interval = \"2s\"
ack_pack = 1_0
theme = \"light\"
color = \"never\"
watch = \"1m\"
title = false
bell = true
tries = 0x10
";

fn parse(text: &str) -> Result<File, String> {
    File::parse(Path::new("/config/drainboard/config.toml"), text, Some(Path::new("/home/ada")))
        .map_err(|e| e.0)
}

fn resolved(flags: Flags, set: &[(&str, &str)], file: &File) -> Result<Config, String> {
    let env =
        |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
    let around = Surroundings { env: &env, folders: Some(&folders()), file: Some(file), keyring: None };
    Config::resolve(flags, around).map_err(|e| e.0)
}

/// A setting as `drainboard config` shows it.
fn shown(config: &Config, name: &str) -> (String, Origin) {
    let setting = config.settings.iter().find(|setting| setting.name == name).unwrap();
    (setting.value.as_str().map_or_else(|| setting.value.to_string(), str::to_owned), setting.origin)
}

/// What options and variables say; a setting, its value and who said it.
type Case = (Flags, &'static [(&'static str, &'static str)], &'static str, &'static str, Origin);

const SET: &[(&str, &str)] =
    &[(BASE_URL_VAR, "https://env.example"), (MIRROR_VAR, "/env.db"), (TOKEN_VAR, "s3cret")];

#[test]
fn each_layer_wins_over_those_below_it() {
    let file = parse(FILE).unwrap();
    let work = || Flags { profile: Some("work".into()), ..Flags::default() };
    let cases: &[Case] = &[
        (Flags::default(), &[], "profile", "home", Origin::File(7)),
        (Flags::default(), &[(PROFILE_VAR, "work")], "profile", "work", Origin::Variable(PROFILE_VAR)),
        (work(), &[(PROFILE_VAR, "home")], "profile", "work", Origin::Flag("--profile")),
        // Default, top, profile, flag.
        (Flags::default(), &[], "tries", "8", Origin::Default),
        (work(), &[], "rate", "3", Origin::File(1)),
        (Flags::default(), &[], "rate", "2", Origin::File(10)),
        (Flags { rate: Some(0), ..Flags::default() }, &[], "rate", "0", Origin::Flag("--rate")),
        // Top, profile, environment, flag.
        (Flags::default(), &[], "base_url", "https://top.example", Origin::File(2)),
        (work(), &[], "base_url", "https://work.example", Origin::File(14)),
        (work(), SET, "base_url", "https://env.example", Origin::Variable(BASE_URL_VAR)),
        (
            Flags { base_url: Some("https://flag.example".into()), ..work() },
            SET,
            "base_url",
            "https://flag.example",
            Origin::Flag("--base-url"),
        ),
        (Flags::default(), &[], "mirror", "/config/drainboard/top.db", Origin::File(3)),
        (work(), &[], "mirror", "/home/ada/work.db", Origin::File(13)),
        (work(), SET, "mirror", "/env.db", Origin::Variable(MIRROR_VAR)),
        (Flags::default(), &[], "token", "the command echo top", Origin::File(4)),
        (work(), &[], "token", "the file /config/drainboard/token.work", Origin::File(15)),
        (work(), SET, "token", "the variable's value (not shown)", Origin::Variable(TOKEN_VAR)),
        (
            work(),
            &[(TOKEN_COMMAND_VAR, "echo env")],
            "token",
            "the command echo env",
            Origin::Variable(TOKEN_COMMAND_VAR),
        ),
        (
            Flags { token_command: Some("echo flag".into()), ..work() },
            SET,
            "token",
            "the command echo flag",
            Origin::Flag("--token-command"),
        ),
        // What only one layer says.
        (work(), &[], "device_uuid", "4f0c6f0e-6d5e-4a7e-9d6c-0a5f6d1b2c3d", Origin::File(16)),
        (
            work(),
            &[(DEVICE_VAR, "00000000-0000-4000-8000-000000000000")],
            "device_uuid",
            "00000000-0000-4000-8000-000000000000",
            Origin::Variable(DEVICE_VAR),
        ),
        (work(), &[], "ack_interval", "2s", Origin::File(17)),
        (work(), &[], "ack_pack", "10", Origin::File(18)),
        (work(), &[], "theme", "light", Origin::File(19)),
        (Flags { theme: Some("dark".into()), ..work() }, &[], "theme", "dark", Origin::Flag("--theme")),
        (Flags::default(), &[], "theme", "auto", Origin::Default),
        (work(), &[], "color", "never", Origin::File(20)),
        (Flags { color: Some(Color::Always), ..work() }, &[], "color", "always", Origin::Flag("--color")),
        (work(), &[], "watch", "1m", Origin::File(21)),
        (Flags::default(), &[], "watch", "5m", Origin::Default),
        (work(), &[], "title", "false", Origin::File(22)),
        (work(), &[], "bell", "true", Origin::File(23)),
        (work(), &[], "tries", "16", Origin::File(24)),
        (work(), &[], "max_page", "1MiB", Origin::File(6)),
        (Flags { workers: Some(7), ..work() }, &[], "workers", "7", Origin::Flag("--workers")),
    ];
    for (flags, set, name, value, origin) in cases {
        let config = resolved(flags.clone(), set, &file).unwrap();
        assert_eq!(shown(&config, name), ((*value).to_owned(), *origin), "{name} of {flags:?} {set:?}");
    }
    // What is shown is what is taken.
    let config = resolved(work(), &[], &file).unwrap();
    assert_eq!((config.rate, config.workers, config.ack_pack, config.tries), (3, 5, 10, 16));
    assert_eq!((config.max_page, config.ack_interval), (1 << 20, Duration::from_secs(2)));
    assert_eq!((config.title, config.bell, config.watch), (false, true, Duration::from_mins(1)));
    assert_eq!((config.theme.as_deref(), config.color), (Some("light"), Color::Never));
    assert!(config.device.is_some());
    assert!(matches!(config.token, TokenSource::File { path, .. } if path.ends_with("token.work")));
}

#[test]
fn a_profile_that_is_none_is_named_with_the_nearest() {
    let file = parse(FILE).unwrap();
    let named = |name: &str| resolved(Flags { profile: Some(name.into()), ..Flags::default() }, &[], &file);
    let said = named("wrok").unwrap_err();
    assert!(said.contains("--profile wrok") && said.contains("did you mean work?"), "{said}");
    let said = named("elsewhere").unwrap_err();
    assert!(said.contains("there are home, work"), "{said}");
    let said = resolved(Flags::default(), &[(PROFILE_VAR, "hom")], &file).unwrap_err();
    assert!(said.contains(PROFILE_VAR) && said.contains("did you mean home?"), "{said}");
    assert_eq!(named("default").unwrap().profile, "default");
    // A file without profiles knows every name.
    let file = parse("rate = 1\n").unwrap();
    let config = resolved(Flags { profile: Some("wrok".into()), ..Flags::default() }, &[], &file).unwrap();
    assert_eq!(config.mirror, Path::new("/data/drainboard/wrok/mirror.db"));
}

#[test]
fn what_a_file_says_of_the_token() {
    let place = |text: &str| parse(text).unwrap().top.token.map(|token| token.value);
    assert_eq!(place("token_keyring = true"), Some(TokenPlace::Keyring));
    assert_eq!(place("token_keyring = false\ntoken_command = \"x\""), Some(TokenPlace::Command("x".into())));
    assert_eq!(place("token_file = \"/t\""), Some(TokenPlace::File("/t".into())));
    assert_eq!(place("# nothing"), None);
}

/// Each mistake and what is said of it. None repeats what may be a token.
#[test]
fn every_mistake_has_its_message() {
    let token = "0123456789abcdef".repeat(4);
    let literal = format!("token = \"{token}\"");
    let long_file = format!("token_file = \"{token}\"");
    let of_profile = format!("[profile.a]\naccess-token = \"{token}\"");
    let odd_theme = format!("watch = \"{token}\"");
    let cases = [
        "rate = 3\nwrokers = 5",
        "base-url = \"https://x.example\"",
        "interval = \"5s\"",
        "nonsense = 1",
        literal.as_str(),
        &long_file,
        &of_profile,
        &odd_theme,
        "rate = \"ten\"",
        "rate = -1",
        "rate = 99999999999",
        "workers = 0",
        "workers = 257",
        "workers = 4.0",
        "ack_pack = 0",
        "ack_interval = 5",
        "ack_interval = \"5 parsecs\"",
        "max_page = \"lots\"",
        "max_page = 0",
        "tries = true",
        "base_url = \"http://api.getbase.com\"",
        "base_url = \"nothing\"",
        "base_url = 1",
        "device_uuid = \"nobody\"",
        "mirror = \"\"",
        "mirror = [\"a\"]",
        "token_command = \" \"",
        "token_keyring = \"yes\"",
        "token_file = \"a\"\ntoken_command = \"b\"",
        "theme = 1979-05-27",
        "color = \"alwys\"",
        "color = \"blue\"",
        "title = \"on\"",
        "bell = 1",
        "watch = \"soon\"",
        "watch = \"0\"",
        "profile = \"work\"",
        "profile.work = 3",
        "[profile.\"a b\"]\nrate = 1",
        "[profile.work]\nrat = 1",
        "[profile.work]\ndefault_profile = \"work\"",
        "[profiles.work]\nrate = 1",
        "default_profile = \"wrok\"\n[profile.work]",
        "default_profile = 1",
        "rate = 1\nrate = 2",
        "rate = ",
        "rate = 1 workers = 2",
        "\"\u{1b}[2J\" = 1",
        "theme = \"x\" # fine\na = 1\nb = 2\nc = 3\nd = 4",
    ];
    let mut told = String::new();
    for text in cases {
        let said = parse(text).expect_err(text);
        assert!(!said.contains(&token) && !said.contains('\u{1b}'), "{said}");
        assert!((1..=2).contains(&said.lines().count()), "{said}");
        let said = said.replace("/config/drainboard/", "");
        let shown = crate::text::visible(text).replace(&token, "TOKEN");
        writeln!(told, "{shown}\n    {}", said.replace('\n', "\n    ")).unwrap();
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_part_of_a_word_or_a_letter_too_many_is_near() {
    use crate::text::nearest;
    assert_eq!(nearest("wrokers", file::KEYS), Some("workers"));
    assert_eq!(nearest("url", file::KEYS), Some("base_url"));
    assert_eq!(nearest("dark", ["ansi", "dark"]), Some("dark"));
    assert_eq!(nearest("", file::KEYS), None);
    assert_eq!(nearest("something_else", file::KEYS), None);
}
