//! Every command, with a service that behaves: what it leaves behind when it ends, is killed, panics or crashes.

use rustix::process::Signal;

use crate::den::{Den, Served};
use crate::search::token;

const LIVELY: [&str; 4] = ["--items", "600", "--latency", "5ms"];

#[test]
fn no_command_writes_the_token_anywhere() {
    let token = token();
    let (theirs, den) = (Den::new(&token), Den::new(&token));
    let account = theirs.path("account.db");
    let served = Served::start(&theirs, &[&["--account", account.to_str().unwrap()], &LIVELY[..]].concat());
    let mut sync = den.start(den.command(&served.url, &["sync", "--json", "-vv", "--rate", "0"]));
    sync.line("page_committed");
    den.spy(sync.id());
    sync.end().code(0);
    let commands: [&[&str]; 24] = [
        &["sync", "-v"],
        &["sync", "--peek"],
        &["sync", "--metrics", "metrics.prom"],
        &["verify", "--rate", "0"],
        &["verify", "--json", "--rate", "0"],
        &["doctor"],
        &["doctor", "--json"],
        &["status"],
        &["status", "--json"],
        &["query", "SELECT * FROM _session"],
        &["query", "--json", "SELECT * FROM _pack"],
        &["query", "no such thing"],
        &["export", "--format", "ndjson", "--output", "export"],
        &["export", "--all", "--output", "kit"],
        &["demo", "--items", "50", "--keep", "demo"],
        &["config"],
        &["config", "--json"],
        &["config", "--init"],
        &["token", "where"],
        &[
            "serve",
            "--conformance",
            "--scenario",
            "plain",
            "--",
            "sh",
            "-c",
            "echo $BASECRM_ACCESS_TOKEN >&2",
        ],
        &["man"],
        &["completions", "bash"],
        &["sync", "--help"],
        &["--no-such-option"],
    ];
    for arguments in commands {
        den.run(den.command(&served.url, arguments));
    }
    let help = den.run(den.bare(&["--help"])).stdout;
    let named =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for name in named.filter_map(|line| line.split_whitespace().next()) {
        assert!(commands.iter().any(|arguments| arguments[0] == name), "{name} is not tried");
    }
    // Tokens of other commands' sources.
    let file = den.write("token", &format!("{token}\n"), 0o600);
    for (option, value) in [("--token-file", "token".to_owned()), ("--token-command", "cat token".to_owned())]
    {
        let mut bare = den.bare(&["doctor", option, &value]);
        bare.env("DRAINBOARD_BASE_URL", &served.url);
        let ended = den.run(bare).code(0);
        assert!(ended.stdout.contains(&format!("from {option}")), "{}", ended.stdout);
    }
    std::fs::remove_file(file).unwrap();
    served.stop().code(0);
    den.is_tight();
    theirs.is_tight();
    assert!(den.files().iter().any(|name| name.ends_with("mirror.db")), "{:?}", den.files());
    assert!(theirs.files().contains(&"account.db".to_owned()), "{:?}", theirs.files());
}

#[test]
fn what_dies_leaves_no_token_behind() {
    let token = token();
    let (theirs, den) = (Den::new(&token), Den::new(&token));
    let served = Served::start(&theirs, &["--items", "3000", "--latency", "20ms"]);
    // Killed in the midst of it the WAL stays; the others are as a fault of the program, or the memory, would be.
    for (signal, end) in [(Signal::KILL, 9), (Signal::ABORT, 6), (Signal::QUIT, 3)] {
        let mut sync = den.start(den.command(&served.url, &["sync", "--json", "-v", "--rate", "0"]));
        sync.line("page_committed");
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", sync.id())).unwrap_or_default();
        let core = limits.lines().find(|line| line.starts_with("Max core file size"));
        assert!(core.is_none_or(|line| line.split_whitespace().nth(4) == Some("0")), "{core:?}");
        sync.signal(signal);
        let ended = sync.end();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&ended.status), Some(end));
        assert!(!ended.status.success());
        let wal = den.files().iter().any(|name| name.ends_with("mirror.db-wal"));
        assert!(wal, "it was killed too late: {:?}", den.files());
        let cores = den.files().into_iter().filter(|name| name.starts_with("core")).count();
        assert_eq!(cores, 0, "{:?}", den.files());
        den.is_tight();
    }
}

#[test]
fn there_is_no_option_for_the_token_and_none_is_repeated() {
    let token = crate::search::plain_token();
    let den = Den::new(&token);
    let equals = format!("--token={token}");
    let mistakes: [&[&str]; 6] = [
        &["sync", "--token", &token],
        &["sync", &equals],
        &["--access-token", &token],
        &["sync", "--token-file", &token],
        &["doctor", "--token-command", &token],
        &["sync", "--base-url", &format!("https://{token}@api.getbase.com")],
    ];
    for arguments in mistakes {
        let ended = den.run(den.bare(arguments)).code(2);
        let said = format!("{}{}", ended.stdout, ended.stderr);
        let expected = match arguments {
            [.., option, _] if option.ends_with("-file") || option.ends_with("-command") => {
                "the token itself"
            }
            [.., "--base-url", _] => "the token is the credential",
            _ => "no option that takes the token",
        };
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
    // What was heard names the command itself, and that is ours.
    den.is_tight();
}

#[test]
fn a_file_that_others_can_read_is_no_source() {
    let token = token();
    let den = Den::new(&token);
    for mode in [0o640, 0o604, 0o644, 0o660] {
        den.write("token", &token, mode);
        let said = den.run(den.bare(&["sync", "--token-file", "token"])).code(2).stderr;
        assert!(said.contains("chmod 600"), "{said}");
    }
    den.write("token", &token, 0o600);
    let failing = ["sync", "--json", "--token-command", "cat token; exit 3"];
    let ended = den.run(den.bare(&failing)).code(2);
    assert!(ended.stderr.contains("exit status 3") && ended.stdout.contains("exit status 3"));
    den.is_tight();
}
