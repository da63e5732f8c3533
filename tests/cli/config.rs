//! The configuration's file in the real program: what it says is taken, what it says wrong is told, who may write it,
//! and what leaves it alone.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::support::{Ended, Served, User};

/// A file of mode 0600 where the program looks for it.
fn configure(user: &User, text: &str) -> PathBuf {
    let path = user.path(".config/drainboard/config.toml");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    mode(&path, 0o600);
    mode(path.parent().unwrap(), 0o700);
    path
}

#[cfg(unix)]
fn mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Elsewhere there are no modes.
#[cfg(not(unix))]
fn mode(_: &Path, _: u32) {}

/// The settings as `config --json` has them.
fn settings(ended: &Ended) -> Value {
    let mut line: Value = serde_json::from_str(&ended.status(0).stdout).unwrap();
    line["settings"].take()
}

fn bare(user: &User, arguments: &[&str]) -> Ended {
    user.ended(user.bare(arguments))
}

#[test]
fn a_file_is_enough_to_synchronize() {
    let served = Served::start(&["--items", "300"]);
    let user = User::of(&served);
    configure(
        &user,
        &format!(
            "base_url = \"{}\"\nmirror = \"~/sell.db\"\ntoken_file = \"token\"\nrate = 0\n\n[profile.other]\nmirror = \"o.db\"\n",
            served.url
        ),
    );
    let token = user.path(".config/drainboard/token");
    fs::write(&token, &served.token).unwrap();
    mode(&token, 0o600);
    let ended = bare(&user, &["sync", "--json"]);
    assert_eq!(ended.status(0).summary()["converged"], true);
    assert!(user.path("sell.db").exists());
    let status: Value = serde_json::from_str(&bare(&user, &["status", "--json"]).status(0).stdout).unwrap();
    assert!(status["mirror"].as_str().unwrap().ends_with("/sell.db"), "{status}");
    bare(&user, &["sync", "--profile", "other"]).status(0);
    assert!(user.path(".config/drainboard/o.db").exists());

    let shown = settings(&bare(&user, &["config", "--json", "--rate", "3"]));
    let of = |name: &str| {
        let said = &shown[name];
        (said["value"].clone(), said["origin"].as_str().unwrap().to_owned())
    };
    assert_eq!(of("base_url"), (served.url.clone().into(), "config.toml:1".into()));
    assert_eq!(of("rate"), (3.into(), "--rate".into()));
    assert_eq!(of("tries"), (8.into(), "default".into()));
    let plain = bare(&user, &["config"]);
    for words in ["token  ", "the file ", "config.toml:3", "file  "] {
        assert!(plain.status(0).stdout.contains(words), "{words} in:\n{}", plain.stdout);
    }
    let doctor = bare(&user, &["doctor"]);
    assert!(doctor.status(0).stdout.contains("config.toml"), "{}", doctor.stdout);
}

#[test]
fn every_command_that_reads_the_file_refuses_a_mistake_in_it() {
    let user = User::with("http://127.0.0.1:9", "t0ken");
    let path = configure(&user, "rate = 3\nwrokers = 4\n");
    let sync = user.run(&["sync", "--json"]);
    sync.status(2).complains_of("config.toml:2: `wrokers` is no setting; did you mean `workers`?");
    assert!(sync.summary()["error"].as_str().unwrap().contains("wrokers"));
    for arguments in [&["status"][..], &["query", "SELECT 1"], &["config"], &["verify"]] {
        user.run(arguments).status(2).complains_of("config.toml:2: ");
    }
    let doctor = user.run(&["doctor"]);
    assert!(doctor.status(2).stdout.contains("✖ configuration"), "{}", doctor.stdout);
    // What needs none of it does not look.
    for arguments in [&["config", "--path"][..], &["man"], &["completions", "bash"]] {
        user.run(arguments).status(0);
    }
    let mut elsewhere = user.bare(&["config"]);
    elsewhere.env("DRAINBOARD_CONFIG", user.path("none.toml"));
    user.ended(elsewhere).status(2).complains_of("none.toml, which is not there");
    configure(&user, "token = \"t0ken\"\n");
    user.run(&["status"]).status(2).complains_of("the token itself has no place in this file");
    fs::write(&path, vec![b'#'; 300_000]).unwrap();
    user.run(&["status"]).status(2).complains_of("256 KiB");
    fs::write(&path, [0xff, 0xfe, b'\n']).unwrap();
    user.run(&["status"]).status(2).complains_of("no UTF-8");
}

#[test]
fn a_file_that_is_named_and_not_there_is_no_reason_for_defaults() {
    let user = User::with("http://127.0.0.1:9", "t0ken");
    let at = |arguments: &[&str]| {
        let mut command = user.command(arguments);
        command.env("DRAINBOARD_CONFIG", user.path("none.toml"));
        user.ended(command)
    };
    for arguments in [&["config"][..], &["sync"], &["status"], &["query", "SELECT 1"], &["verify"]] {
        at(arguments).status(2).complains_of("none.toml, which is not there");
    }
    // Who would write it, and who only asks for its name.
    assert!(at(&["config", "--path"]).status(0).stdout.contains("none.toml"));
    at(&["config", "--init"]).status(0);
    at(&["config"]).status(0);
}

#[test]
fn a_theme_that_the_console_would_refuse_is_told_with_its_line() {
    let user = User::with("http://127.0.0.1:9", "t0ken");
    configure(&user, "rate = 3\ntheme = \"drak\"\n");
    user.run(&["config"])
        .status(2)
        .complains_of("config.toml:2: theme drak: there is none; did you mean dark?");
    // What never draws goes on.
    user.run(&["config", "--path"]).status(0);
    configure(&user, "theme = \"dark\"\n");
    user.run(&["config"]).status(0);
}

#[test]
fn what_is_no_toml_is_told_with_its_place_and_key() {
    let user = User::with("http://127.0.0.1:9", "t0ken");
    for (text, words) in [
        ("rate = 3\ntheme = dark\n", "config.toml:2:9 is no TOML: a text stands in quotes: theme = \"…\""),
        ("rate = 3\nrate = 4\n", "config.toml:2:1 is no TOML: `rate` stands there twice; keep one"),
        ("[profile.a]\n[profile.a]\n", "stands there twice"),
        ("token = 0123456789abcdefghijklmnopqrstuvwxyz\n", "config.toml:1:9 is no TOML: "),
    ] {
        configure(&user, text);
        let ended = user.run(&["config"]);
        ended.status(2).complains_of(words);
        assert!(
            !ended.stderr.contains(", expected") && !ended.stderr.contains("0123456789"),
            "{}",
            ended.stderr
        );
    }
}

#[test]
#[cfg(unix)]
fn what_others_can_write_is_not_believed() {
    let user = User::with("http://127.0.0.1:9", "t0ken");
    let path = configure(&user, "token_command = \"echo ran > ran; echo x\"\n");
    for open in [0o620, 0o602, 0o666, 0o664] {
        mode(&path, open);
        user.run(&["config"]).status(2).complains_of("chmod go-w");
    }
    for fine in [0o400, 0o644, 0o600] {
        mode(&path, fine);
        user.run(&["config"]).status(0);
    }
    let folder = path.parent().unwrap().to_owned();
    for open in [0o770, 0o707] {
        mode(&folder, open);
        user.run(&["config"]).status(2).complains_of("can be written by other users");
    }
    // Where nobody moves another one's files, as in /tmp, it may be.
    mode(&folder, 0o1777);
    user.run(&["config"]).status(0);
    mode(&folder, 0o700);
    // A link's own folder counts as well.
    let open = user.path("open");
    fs::create_dir(&open).unwrap();
    mode(&open, 0o777);
    std::os::unix::fs::symlink(&path, open.join("link.toml")).unwrap();
    let mut linked = user.bare(&["config"]);
    linked.env("DRAINBOARD_CONFIG", open.join("link.toml"));
    user.ended(linked).status(2).complains_of("can be written by other users");
    let mut folder_named = user.bare(&["config"]);
    folder_named.env("DRAINBOARD_CONFIG", &open);
    user.ended(folder_named).status(2).complains_of("it is a folder");
    assert!(!user.path("ran").exists() && !Path::new("ran").exists(), "a command was run");
}

#[test]
fn a_demo_reads_none_of_it() {
    let user = User::with("http://127.0.0.1:9", "t0ken");
    let path = configure(&user, "this is = no [ toml\n");
    mode(&path, 0o666);
    let ended = user.run(&["demo", "--items", "100"]);
    assert!(ended.status(0).stdout.contains("up to date"), "{}", ended.stdout);
}

#[test]
fn a_file_to_begin_with_is_written_once() {
    let user = User::with("http://127.0.0.1:9", "t0ken");
    let path = user.path(".config/drainboard/config.toml");
    let place = bare(&user, &["config", "--path"]);
    assert_eq!(place.status(0).stdout.trim_end(), path.to_str().unwrap());
    assert!(bare(&user, &["config"]).status(0).stdout.contains("there is none"));
    bare(&user, &["config", "--init"]).status(0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let shown = settings(&bare(&user, &["config", "--json"]));
    assert!(shown.as_object().unwrap().values().all(|said| said["from"] == "default"), "{shown}");
    fs::write(&path, "rate = 1\n").unwrap();
    bare(&user, &["config", "--init"]).status(2).complains_of("is there already");
    assert_eq!(fs::read(&path).unwrap(), b"rate = 1\n");
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn a_profile_or_theme_that_is_none_is_named_with_the_nearest() {
    let user = User::with("http://127.0.0.1:9", "t0ken");
    configure(&user, "[profile.work]\n[profile.home]\n");
    user.run(&["status", "--profile", "wrok"]).status(2).complains_of("did you mean work?");
    user.run(&["demo", "--theme", "drak"]).status(2).complains_of("did you mean dark?");
    let said = user.run(&["snyc"]);
    assert!(said.status(2).stderr.contains("'sync'"), "{}", said.stderr);
}
