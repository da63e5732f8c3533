//! `doctor`: what is in order, and each way in which something is not.

use serde_json::Value;

use super::support::{Ended, Served, User, nobody, stand_in};

/// The checks by name: how each came out, and its words.
fn check(ended: &Ended, name: &str) -> (String, String) {
    let line: Value = serde_json::from_str(&ended.stdout).unwrap();
    let checks = line["checks"].as_array().unwrap();
    let faults = checks.iter().any(|check| check["state"] == "fault");
    assert_eq!(line["healthy"], !faults);
    let found = checks.iter().find(|check| check["name"] == name);
    let found = found.unwrap_or_else(|| panic!("no {name} in {line}"));
    let word = |of: &str| found[of].as_str().unwrap().to_owned();
    (word("state"), word("text"))
}

fn doctor(user: &User) -> Ended {
    user.run(&["doctor", "--json"])
}

#[track_caller]
fn finds(ended: &Ended, name: &str, state: &str, words: &str) {
    let (came, text) = check(ended, name);
    assert!(came == state && text.contains(words), "{name}: {came}, {text}");
}

#[test]
fn what_is_in_order_is_said() {
    let served = Served::start(&["--items", "300"]);
    let user = User::of(&served);
    let before = doctor(&user);
    finds(before.status(0), "mirror", "warning", "the first sync makes it");
    assert!(!user.mirror().exists());
    user.sync();
    let sessions = user.number("SELECT count(*) FROM _session");
    let after = doctor(&user);
    for name in [
        "configuration",
        "token",
        "service",
        "clock",
        "mirror",
        "integrity",
        "references",
        "acks",
        "last sync",
    ] {
        finds(after.status(0), name, "fine", "");
    }
    finds(&after, "service", "fine", "sync scope");
    // It left no session behind, here or there.
    assert_eq!(user.number("SELECT count(*) FROM _session"), sessions);
    let plain = user.run(&["doctor"]);
    assert!(plain.status(0).stdout.lines().all(|line| line.starts_with("✓ ")), "{}", plain.stdout);
}

#[test]
fn a_service_that_says_no_is_told_from_one_that_is_not_there() {
    let served = Served::start(&["--items", "10"]);
    let token = "t".repeat(64);
    let user = User::with(&served.url, &token);
    finds(doctor(&user).status(3), "service", "fault", "Settings › OAuth");
    let scope = r#"{"errors": [{"error": {"code": "insufficient_scope"}}]}"#;
    let user = User::with(&stand_in("403 Forbidden", "application/json", scope), &token);
    finds(doctor(&user).status(3), "service", "fault", "`sync` scope");
    let user = User::with(&stand_in("404 Not Found", "text/html", "<h1>no</h1>"), &token);
    finds(doctor(&user).status(0), "service", "warning", "--base-url");
    let user = User::with(&stand_in("200 OK", "application/json", r#"{"items": []}"#), &token);
    finds(doctor(&user).status(0), "service", "warning", "check --base-url");
    let user = User::with(&nobody(), &token);
    finds(doctor(&user).status(4), "service", "fault", "cannot connect");
    let user = User::with(&nobody(), "");
    finds(doctor(&user).status(2), "token", "fault", "BASECRM_ACCESS_TOKEN");
    let wrong = user.run(&["doctor", "--json", "--base-url", "http://example.com"]);
    finds(wrong.status(2), "configuration", "fault", "http");
}

#[test]
fn what_a_run_left_unfinished_comes_with_what_to_do() {
    // Sixty pages, one after the other: much is left when a few are committed.
    let served = Served::start(&["--items", "6000", "--latency", "20ms"]);
    let user = User::of(&served);
    // Before the first session is asked for; in its midst; and after one that the service refused to go on with.
    let none = drainboard::mirror::Identity { host: served.url.clone(), device: None };
    drop(drainboard::mirror::Mirror::open(&user.mirror(), &none).unwrap());
    finds(doctor(&user).status(0), "last sync", "warning", "`drainboard sync` makes the first");
    let mut running = user.start(&["sync", "--json", "--rate", "0", "--workers", "1"]);
    running.wait_for("page_committed", 8);
    running.kill();
    let killed = doctor(&user);
    finds(killed.status(0), "last sync", "warning", "the next sync goes on");
    finds(&killed, "acks", "fine", "they go first in the next sync");
    served.emulator("POST", "fault", r#"{"fault": {"instead": 503}, "path": "queues", "times": 99}"#);
    user.run(&["sync", "--rate", "0", "--tries", "1"]).status(4);
    served.emulator("DELETE", "fault", "");
    let failed = doctor(&user);
    finds(failed.status(0), "last sync", "warning", "503");
    finds(&failed, "last sync", "warning", "the next sync goes on");
    let mut command = user.command(&["doctor", "--json"]);
    command.env("DRAINBOARD_CONFIG", user.path("none.toml"));
    finds(user.ended(command).status(2), "configuration", "fault", "which is not there");
}

#[test]
fn references_that_lead_nowhere_are_counted() {
    let served = Served::start(&["--items", "900"]);
    let user = User::of(&served);
    user.sync();
    let gone = "SELECT contact_id FROM deal WHERE contact_id > 0 ORDER BY id LIMIT 1";
    let expected = user.number(&format!("SELECT count(*) FROM deal WHERE contact_id = ({gone})"));
    let writer = rusqlite::Connection::open(user.mirror()).unwrap();
    writer
        .execute_batch(&format!(
            "DELETE FROM contact WHERE id = ({gone}); UPDATE _type SET rows = rows - 1 WHERE name = 'contact'"
        ))
        .unwrap();
    drop(writer);
    let ended = doctor(&user);
    finds(ended.status(0), "references", "warning", "to a contact that is not here (contact_id of deal ");
    finds(&ended, "references", "warning", "contact_id:missing");
    let line: Value = serde_json::from_str(&ended.stdout).unwrap();
    let check =
        line["checks"].as_array().unwrap().iter().find(|check| check["name"] == "references").unwrap();
    let of = |orphan: &&Value| orphan["type"] == "deal" && orphan["field"] == "contact_id";
    let orphan = check["orphans"].as_array().unwrap().iter().find(of).unwrap();
    assert_eq!((orphan["to"].as_str(), orphan["count"].as_u64()), (Some("contact"), Some(expected)));
}

#[test]
fn a_mirror_that_does_not_hold_what_it_promises_is_found_out() {
    let served = Served::start(&["--items", "900"]);
    let user = User::of(&served);
    user.sync();
    let sound = std::fs::read(user.mirror()).unwrap();
    let tampered = [
        ("DELETE FROM contact WHERE rowid = 1", "records of contact: counted"),
        ("INSERT INTO _tombstone VALUES ('note', 1, 1, 1, 1)", "tombstones: counted 0, found 1"),
        ("INSERT INTO _outbox VALUES (9, 1, 3, NULL, '[\"a\"]', 0)", "ack keys of page 9"),
        ("UPDATE _total SET pending = 7", "pending acks: counted 7, found 0"),
        (
            "INSERT INTO _tombstone SELECT 'deal', id, 1, 1, 1 FROM deal LIMIT 1; UPDATE _total SET tombstones = 1",
            "deal: 1 are both there and deleted",
        ),
    ];
    for (sql, words) in tampered {
        std::fs::write(user.mirror(), &sound).unwrap();
        rusqlite::Connection::open(user.mirror()).unwrap().execute_batch(sql).unwrap();
        finds(doctor(&user).status(5), "integrity", "fault", words);
    }
    // A page of the file with noise in it.
    let mut noisy = sound.clone();
    let at = noisy.len() / 2 / 16_384 * 16_384;
    noisy[at..at + 16_384].fill(0xa7);
    std::fs::write(user.mirror(), &noisy).unwrap();
    finds(doctor(&user).status(5), "integrity", "fault", "");
    std::fs::write(user.mirror(), "no database at all, but some text").unwrap();
    finds(doctor(&user).status(5), "mirror", "fault", "");
}
