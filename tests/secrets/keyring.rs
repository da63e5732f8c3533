//! The keyring from outside: never the user's own, a machine without one, and one that hangs, which nobody may notice
//! who does not need it.

use std::os::unix::net::UnixListener;

use crate::den::{Den, Served};
use crate::pty::Terminal;
use crate::search::{plain_token, token};

#[test]
fn without_a_keyring_one_clear_line_says_so_and_only_to_who_asked() {
    let token = token();
    let den = Den::new(&token);
    for (arguments, status, said) in [
        (&["sync", "--token-keyring"][..], 2, "no keyring can be reached here"),
        (&["doctor", "--token-keyring=office"], 2, "no keyring can be reached here"),
        (&["token", "forget"], 1, "no keyring can be reached here"),
        (&["token", "where"], 2, "BASECRM_ACCESS_TOKEN"),
        (&["sync"], 2, "BASECRM_ACCESS_TOKEN"),
    ] {
        let ended = den.run(den.bare(arguments)).code(status);
        let all = format!("{}{}", ended.stdout, ended.stderr);
        assert!(all.contains(said), "{arguments:?}: {all}");
        if arguments[0] != "doctor" {
            assert_eq!(ended.stderr.lines().count(), 1, "{arguments:?}: {}", ended.stderr);
        }
        assert_eq!(all.contains("no keyring"), said.contains("no keyring"), "{arguments:?}: {all}");
    }
    // Through a pipe: the token is read, and is nowhere when it cannot be kept.
    let file = den.write("piped", &format!("{token}\n"), 0o600);
    let mut set = den.bare(&["token", "set"]);
    set.stdin(std::fs::File::open(file).unwrap());
    assert!(den.run(set).code(1).stderr.contains("no keyring can be reached here"));
    den.is_tight();
}

#[test]
fn a_keyring_that_hangs_is_not_noticed_by_who_has_a_token_or_needs_none() {
    let token = token();
    let (theirs, den) = (Den::new(&token), Den::new(&token));
    let served = Served::start(&theirs, &["--items", "20"]);
    let bus = UnixListener::bind(den.path("bus")).unwrap();
    bus.set_nonblocking(true).unwrap();
    let commands: [&[&str]; 7] = [
        &["sync", "--rate", "0"],
        &["doctor"],
        &["status"],
        &["query", "SELECT 1"],
        &["demo", "--items", "20"],
        &["token", "where"],
        &["completions", "bash"],
    ];
    for arguments in commands {
        let mut command = den.command(&served.url, arguments);
        command.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", den.path("bus").display()));
        den.run(command).code(0);
        assert!(bus.accept().is_err(), "{arguments:?} went to the keyring");
    }
    served.stop().code(0);
}

#[test]
fn where_names_the_source_and_reads_none() {
    let token = token();
    let den = Den::new(&token);
    let place = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut bare = den.bare(&[&["token", "where"], arguments].concat());
        bare.envs(variables.iter().copied());
        den.run(bare).code(0).stdout
    };
    let variable = [("BASECRM_ACCESS_TOKEN", token.as_str())];
    let touched = den.path("touched");
    let touch = format!("touch '{}'", touched.display());
    assert_eq!(place(&[], &variable), "BASECRM_ACCESS_TOKEN\n");
    assert_eq!(place(&["--token-file", "no-such"], &variable), "--token-file no-such\n");
    assert_eq!(place(&["--token-command", &touch], &variable), format!("--token-command '{touch}'\n"));
    assert_eq!(
        place(&[], &[("DRAINBOARD_TOKEN_COMMAND", &touch)]),
        format!("DRAINBOARD_TOKEN_COMMAND '{touch}'\n")
    );
    assert!(!touched.exists(), "the command was run");
    den.is_tight();
}

#[test]
fn a_token_that_is_typed_is_not_seen_and_the_terminal_is_as_it_was() {
    let token = plain_token();
    let den = Den::new(&token);
    for (keys, status, said) in [
        (format!("{token}\r"), 1, "no keyring can be reached here"),
        (format!("{token}\x03"), 130, "not shown"),
        ("two words\r".to_owned(), 2, "contains a blank"),
    ] {
        let mut command = den.console("https://api.getbase.com", &["token", "set"]);
        command.env_remove("BASECRM_ACCESS_TOKEN");
        let mut terminal = Terminal::start(command, 160, 10);
        terminal.see("not shown:");
        terminal.press(keys.as_bytes());
        assert_eq!(terminal.ended(), status, "{}", terminal.text());
        assert!(terminal.text().contains(said), "{}", terminal.text());
        den.hear("the terminal", terminal.raw.clone());
    }
    den.is_tight();
}
