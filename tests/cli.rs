//! The command line's contract, shown with the real binary: exit statuses, outputs, signals, and a whole account
//! carried from `serve` through `sync` to `query`.

#![cfg_attr(not(unix), expect(unused, reason = "what only the tests of signals, modes and links use"))]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

#[path = "cli/as_of.rs"]
mod as_of;
#[path = "cli/config.rs"]
mod config;
#[path = "cli/doctor.rs"]
mod doctor;
#[path = "cli/elsewhere.rs"]
mod elsewhere;
#[path = "cli/events.rs"]
mod events;
#[path = "cli/packages.rs"]
mod packages;
#[path = "service/process.rs"]
#[expect(dead_code, reason = "shared with other tests, which use all of it")]
mod process;
#[path = "cli/support.rs"]
mod support;
#[path = "cli/troubles.rs"]
mod troubles;
#[path = "cli/verify.rs"]
mod verify;
#[path = "cli/watch.rs"]
mod watch;

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::{Served, User, nobody, stand_in};

/// Small enough for a test, large enough for many pages.
const ITEMS: [&str; 2] = ["--items", "2000"];
const TOKEN: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01";

fn settled(summary: &Value) -> (bool, u64, u64, u64) {
    let number = |name: &str| summary[name].as_u64().unwrap();
    (summary["converged"] == true, number("instructions"), number("acked"), number("pending_acks"))
}

#[test]
fn an_account_is_carried_over_row_for_row_and_then_only_its_changes() {
    let served = Served::start(&ITEMS);
    let user = User::of(&served);
    let total: u64 = served.total();

    let first = user.sync();
    assert_eq!(settled(&first), (true, total, total, 0));
    assert_eq!(user.rows(), served.rows());
    let keyed: u64 = served.rows().iter().map(|(_, rows)| rows).sum();
    assert_eq!(user.number("SELECT count(*) FROM _unkeyed"), total - keyed);
    assert!(!user.path("mirror.db-wal").exists(), "a WAL is left behind");

    let second = user.sync();
    assert_eq!(settled(&second), (true, 0, 0, 0));
    assert_eq!(second["sessions"], 0);

    let edit = served.emulator("POST", "edit", r#"{"create": 3, "update": 7, "delete": 5}"#);
    let edits: u64 = ["create", "update", "delete"].iter().map(|kind| edit[kind].as_u64().unwrap()).sum();
    let third = user.sync();
    let came = third["instructions"].as_u64().unwrap();
    assert!(third["converged"] == true && came >= edits && came < edits + 20, "{edit} brought {third}");
    assert!(third["deleted"].as_u64().unwrap() >= 5, "{third}");
    assert_eq!(user.rows(), served.rows());
}

#[test]
fn a_kill_loses_nothing_and_brings_nothing_committed_again() {
    let served = Served::start(&["--items", "2000", "--latency", "15ms"]);
    let user = User::of(&served);
    let mut running = user.start(&["sync", "--json", "--rate", "0", "--ack-pack", "300"]);
    running.wait_for("page_committed", 8);
    running.kill();
    assert!(user.rows().iter().any(|(_, rows)| *rows > 0), "the kill came too early");

    let after = user.sync();
    let total: u64 = served.total();
    assert!(after["instructions"].as_u64().unwrap() < total, "{after}");
    assert_eq!(user.rows(), served.rows());
    let status = user.status();
    let sessions = status["sessions"].as_array().unwrap();
    let downloaded: u64 = sessions.iter().map(|session| session["instructions"].as_u64().unwrap()).sum();
    assert_eq!(downloaded, total, "each instruction came once: {sessions:?}");
    assert_eq!(status["pending_acks"], 0);
}

#[test]
#[cfg(unix)]
fn signals_end_a_run_within_two_seconds_and_keep_what_was_committed() {
    use rustix::process::Signal;
    let served = Served::start(&["--items", "2000", "--latency", "100ms"]);
    let stopped = |signal, status| {
        let user = User::of(&served);
        let mut running = user.start(&["sync", "--json", "--rate", "0", "--workers", "1"]);
        running.wait_for("page_committed", 2);
        let began = Instant::now();
        running.signal(signal);
        let ended = running.end();
        let took = began.elapsed();
        let summary = ended.status(status).summary();
        assert!(summary["converged"] == false && summary["error"].is_string(), "{summary}");
        let rows: u64 = user.rows().iter().map(|(_, rows)| rows).sum();
        let rows = rows + user.number("SELECT count(*) FROM _unkeyed");
        assert_eq!(summary["instructions"], rows, "{summary}");
        assert_eq!(user.status()["pending_acks"], summary["pending_acks"]);
        took
    };
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 143)] {
        // A busy machine holds some of them up; a program that is slow to stop is late each time.
        let in_time = (0..8).any(|_| stopped(signal, status) < Duration::from_secs(2));
        assert!(in_time, "{signal:?}: never within two seconds");
    }
}

#[test]
#[cfg(unix)]
fn two_synchronizations_of_one_mirror_are_refused_and_the_holder_is_named() {
    let served = Served::start(&["--items", "2000", "--latency", "100ms"]);
    let user = User::of(&served);
    let mut running = user.start(&["sync", "--json", "--workers", "1"]);
    running.wait_for("page_committed", 1);
    let other = user.run(&["sync", "--json"]);
    other.status(5).complains_of(&running.id().to_string());
    assert_eq!(other.summary()["converged"], false);
    // Another path to the same file is the same mirror.
    std::os::unix::fs::symlink(user.mirror(), user.path("link.db")).unwrap();
    let mut by_link = user.command(&["sync"]);
    by_link.env("DRAINBOARD_MIRROR", user.path("link.db"));
    user.ended(by_link).status(5).complains_of(&running.id().to_string());
    running.signal(rustix::process::Signal::TERM);
    running.end().status(143);
}

#[test]
fn a_refusal_names_the_token_s_source_or_the_scope() {
    let served = Served::start(&ITEMS);
    let wrong = User::with(&served.url, TOKEN);
    let ended = wrong.run(&["sync", "--json"]);
    ended.status(3).complains_of("BASECRM_ACCESS_TOKEN");
    assert!(ended.summary()["error"].as_str().unwrap().contains("401"), "{}", ended.stdout);

    let file = wrong.path("token");
    fs::write(&file, TOKEN).unwrap();
    private(&file);
    let mut command = wrong.bare(&["sync", "--base-url", &served.url, "--token-file"]);
    command.arg(&file);
    wrong.ended(command).status(3).complains_of("--token-file");

    served.emulator("POST", "fault", r#"{"fault": {"instead": 403}, "path": "/v2/sync/start"}"#);
    User::of(&served).run(&["sync"]).status(3).complains_of("scope");
}

#[cfg(unix)]
fn private(file: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
}

#[cfg(not(unix))]
fn private(_: &std::path::Path) {}

#[test]
fn no_service_is_4() {
    let user = User::with(&nobody(), TOKEN);
    let ended = user.run(&["sync", "--json", "--tries", "2"]);
    ended.status(4).complains_of("127.0.0.1");
    assert_eq!(ended.summary()["retries"], 1);

    let gateway = stand_in("502 Bad Gateway", "text/html", "<h1>\u{1b}[31mBad</h1>");
    let ended = User::with(&gateway, TOKEN).run(&["sync", "--tries", "2"]);
    ended.status(4).complains_of("502");
    assert!(!ended.stderr.contains('\u{1b}'), "{:?}", ended.stderr);

    let website = stand_in("404 Not Found", "text/html", "<h1>Nothing here</h1>");
    User::with(&website, TOKEN).run(&["sync"]).status(4).complains_of("404");
}

#[test]
fn a_page_that_says_yes_to_everything_is_no_convergence() {
    let portal = stand_in("200 OK", "text/html", "<h1>Please log in</h1>");
    let ended = User::with(&portal, TOKEN).run(&["sync", "--json", "--tries", "2"]);
    let summary = ended.summary();
    assert!(summary["converged"] == false && summary["error"].is_string(), "{summary}");
    assert!(ended.stderr.starts_with("drainboard: "), "{}", ended.stderr);
}

#[test]
fn wrong_usage_is_2_and_makes_no_mirror() {
    let user = User::with(&nobody(), TOKEN);
    let mut no_token = user.command(&["sync", "--json"]);
    no_token.env_remove("BASECRM_ACCESS_TOKEN");
    let ended = user.ended(no_token);
    ended.status(2).complains_of("BASECRM_ACCESS_TOKEN");
    assert!(ended.summary()["error"].as_str().unwrap().contains("BASECRM_ACCESS_TOKEN"));

    for url in ["http://example.com", "http://127.0.0.1.example.com", "nonsense", "ftp://127.0.0.1", ""] {
        let ended = user.run(&["sync", "--json", "--base-url", url]);
        assert!(ended.status(2).summary()["error"].is_string());
    }
    for arguments in [
        &["sync", "--device-uuid", "12"][..],
        &["sync", "--workers", "0"],
        &["sync", "--rate", "fast"],
        &["sync", "--ack-interval", "5"],
        &["sync", "--token", TOKEN],
        &["sync", "--peek", "--watch", "1m"],
        &["unheard-of"],
        &["query"],
        &["demo", "--mirror", "x.db"],
        &["serve", "--base-url", "http://127.0.0.1:1"],
        &["serve", "--listen", "nonsense", "--items", "1"],
        &["--rate", "5", "status"],
    ] {
        user.run(arguments).status(2);
    }
    assert!(!user.mirror().exists(), "a mirror was made");
}

#[test]
fn a_mirror_that_is_none_is_5_and_left_as_it_is() {
    let served = Served::start(&ITEMS);
    let user = User::of(&served);
    fs::write(user.path("text.db"), "Dear diary, ".repeat(100)).unwrap();
    fs::create_dir(user.path("folder.db")).unwrap();
    for name in ["text.db", "folder.db", "text.db/mirror.db"] {
        let mut command = user.command(&["sync", "--json"]);
        command.env("DRAINBOARD_MIRROR", user.path(name));
        let ended = user.ended(command);
        ended.status(5).complains_of(name);
        assert_eq!(ended.summary()["converged"], false);
    }
    assert_eq!(fs::read_to_string(user.path("text.db")).unwrap(), "Dear diary, ".repeat(100));
    for arguments in [&["status"][..], &["query", "SELECT 1"]] {
        user.run(arguments).status(5).complains_of("no mirror");
    }
    assert!(!user.mirror().exists(), "reading made a mirror");
    assert_eq!(served.emulator("GET", "status", "")["sessions"], 0, "a session was started in vain");
}

#[test]
fn the_console_needs_a_terminal() {
    let user = User::with(&nobody(), TOKEN);
    user.run(&[]).status(2).complains_of("drainboard sync");
    user.run(&["--sync"]).status(2);
}

#[test]
fn a_demo_without_a_terminal_runs_headless_and_leaves_nothing() {
    let user = User::with("http://example.com", TOKEN);
    // Whatever the environment says, the demo is by itself.
    let mut command = user.command(&["demo", "--items", "1500"]);
    command.env("BASECRM_DEVICE_UUID", "nonsense");
    let ended = user.ended(command);
    ended.status(0);
    assert!(ended.stdout.starts_with("up to date: "), "{}", ended.stdout);
    assert!(ended.stdout.contains("the mirror has the account's "), "{}", ended.stdout);
    assert_eq!(ended.stderr, "");
    let left: Vec<_> = fs::read_dir(user.path("")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "{left:?}");

    let keep = user.path("kept");
    let mut command = user.bare(&["demo", "--items", "300", "--keep"]);
    command.arg(&keep);
    user.ended(command).status(0);
    let mut status = user.bare(&["status", "--json", "--mirror"]);
    status.arg(keep.join("mirror.db"));
    let status: Value = serde_json::from_str(&user.ended(status).stdout).unwrap();
    assert_eq!(status["pending_acks"], 0);
}

#[test]
fn a_peek_acknowledges_nothing_and_touches_no_mirror() {
    let served = Served::start(&ITEMS);
    let user = User::of(&served);
    let ended = user.run(&["sync", "--peek", "--rate", "0"]);
    ended.status(0);
    assert!(ended.stdout.contains("nothing was acknowledged"), "{}", ended.stdout);
    assert!(!user.mirror().exists());
    let total: u64 = served.total();
    assert_eq!(settled(&user.sync()), (true, total, total, 0));

    served.emulator("POST", "edit", r#"{"update": 4}"#);
    let peek = user.run(&["sync", "--peek", "--json"]).status(0).summary();
    let brought = user.sync();
    assert_eq!(peek["instructions"], brought["instructions"]);
    assert!(peek["acked"] == 0 && brought["instructions"].as_u64() >= Some(4), "{peek} {brought}");
}

#[test]
fn one_session_is_no_convergence_and_another_device_gets_everything() {
    let served = Served::start(&ITEMS);
    let user = User::of(&served);
    let device = "4f0c6f0e-6d5e-4a7e-9d6c-0a5f6d1b2c3d";
    let ended = user.run(&["sync", "--json", "--single-session", "--rate", "0", "--device-uuid", device]);
    let summary = ended.status(1).summary();
    assert!(summary["converged"] == false && summary["sessions"] == 1, "{summary}");
    assert_eq!(user.status()["device"], device);
    assert_eq!(settled(&user.sync()).1, 0);

    let other = User::of(&served);
    let total: u64 = served.total();
    assert_eq!(settled(&other.sync()).1, total);
    other.run(&["sync", "--device-uuid", device]).status(5).complains_of(device);
}

#[test]
fn answers_come_as_table_csv_and_json_and_nothing_is_written() {
    let served = Served::start(&["--items", "1000"]);
    let user = User::of(&served);
    user.sync();
    let sql = "SELECT 'a,\"b\"' AS text, NULL AS absent, 1200.50 AS money, x'00ff' AS bytes, 7 AS n";
    assert_eq!(
        user.run(&["query", "--csv", sql]).status(0).stdout,
        "text,absent,money,bytes,n\n\"a,\"\"b\"\"\",,1200.5,00ff,7\n"
    );
    assert_eq!(
        user.run(&["query", "--json", sql]).status(0).stdout,
        "{\"text\":\"a,\\\"b\\\"\",\"absent\":null,\"money\":1200.5,\"bytes\":\"00ff\",\"n\":7}\n"
    );
    let table = user.run(&["query", "SELECT '阿部' AS name, NULL AS x"]).status(0).stdout.clone();
    assert_eq!(table, "name  x\n────  ────\n阿部  NULL\n");
    for sql in
        ["DELETE FROM contact", "SELEC 1", "SELECT 1; SELECT 2", "ATTACH 'x.db' AS x", "VACUUM INTO 'x.db'"]
    {
        user.run(&["query", sql]).status(1);
    }
    assert_eq!(user.rows(), served.rows());
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let served = Served::start(&["--items", "1000"]);
    let user = User::of(&served);
    user.sync();
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    for form in ["--csv", "--json"] {
        let mut child = user
            .command(&["query", form, endless])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{form}");
    }
}

#[test]
#[cfg(unix)]
fn the_service_stops_when_told_to() {
    use rustix::process::Signal;
    for signal in [Signal::INT, Signal::TERM] {
        assert_eq!(Served::start(&["--items", "300"]).stop(signal), Some(0));
    }
}

#[test]
fn help_manual_and_completions_are_there() {
    let user = User::with(&nobody(), TOKEN);
    let help = user.run(&["--help"]).status(0).stdout.clone();
    for word in [
        "demo",
        "sync",
        "serve",
        "query",
        "export",
        "status",
        "completions",
        "man",
        "BASECRM_ACCESS_TOKEN",
        "143",
    ] {
        assert!(help.contains(word), "{word} in\n{help}");
    }
    assert!(user.run(&["man"]).status(0).stdout.contains("single\\-session"));
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(user.run(&["completions", shell]).status(0).stdout.contains("single-session"), "{shell}");
    }
}
