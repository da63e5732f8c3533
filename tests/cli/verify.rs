//! `verify`, against a service that is edited and a mirror that is tampered with.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use super::support::{Served, User, nobody};

const VERIFY: [&str; 4] = ["verify", "--json", "--rate", "0"];

fn tamper(user: &User, sql: &str) {
    rusqlite::Connection::open(user.mirror()).unwrap().execute_batch(sql).unwrap();
}

fn report(ended: &super::support::Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap()
}

#[test]
fn a_copy_is_proven_after_any_edits() {
    let served = Served::start(&["--items", "1500"]);
    let user = User::of(&served);
    user.sync();
    served.emulator("POST", "edit", r#"{"create": 5, "update": 40, "delete": 9}"#);
    // It synchronizes before it looks, so what was edited before is no difference.
    let ended = user.run(&VERIFY);
    let found = report(ended.status(0));
    let keyed: u64 = served.rows().iter().map(|(_, rows)| rows).sum();
    assert_eq!((&found["identical"], found["records"].as_u64()), (&Value::Bool(true), Some(keyed)));
    assert_eq!(user.rows(), served.rows());
    // The mirror's device is what it was: the fresh copy was drained by another one.
    assert_ne!(found["device"], user.status()["device"]);
}

#[test]
fn what_was_tampered_with_is_named() {
    let served = Served::start(&["--items", "1500"]);
    let user = User::of(&served);
    user.sync();
    tamper(
        &user,
        "DELETE FROM contact WHERE rowid = 1;
         UPDATE deal SET data = replace(data, 'e', 'E') WHERE rowid = 2;
         UPDATE note SET revision = revision - 1 WHERE rowid IN (3, 4);
         INSERT INTO task (id, revision, data, _session, _page) VALUES (5, 1, '{\"id\": 5}', 1, 1);
         DELETE FROM _unkeyed WHERE rowid = 1;",
    );
    let ended = user.run(&VERIFY);
    let found = report(ended.status(1));
    let counts = ["missing", "stale", "different", "extra", "missing_without_id"];
    assert_eq!(counts.map(|name| found[name].as_u64().unwrap()), [1, 2, 1, 1, 1], "{found}");
    let named = found["differences"].as_array().unwrap();
    assert_eq!(named.len(), 5);
    assert!(named.contains(&serde_json::json!({"type": "task", "id": 5, "wrong": "extra"})), "{found}");
    let plain = user.run(&["verify", "--rate", "0"]);
    let words = &plain.status(1).stdout;
    assert!(words.contains("task 5: extra") && words.contains("stays known to the service"), "{words}");
}

#[test]
fn edits_while_it_looks_are_no_difference() {
    let served = Served::start(&["--items", "1500"]);
    let user = User::of(&served);
    user.sync();
    // The fresh copy is not let through before somebody has edited.
    served.emulator("POST", "fault", "429 page after=3 times=1000 retry-after=1");
    let mut command = user.command(&["verify", "--json", "--rate", "0", "--workers", "1", "--tries", "100"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Once the mirror is up to date and the fresh copy is being drained, somebody edits: these are in one of the two.
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    lines.by_ref().find(|line| line.as_ref().unwrap().contains("a fresh copy")).unwrap().unwrap();
    served.emulator("POST", "edit", r#"{"create": 20, "update": 60, "delete": 20}"#);
    served.emulator("DELETE", "fault", "");
    let looks = lines.filter(|line| line.as_ref().unwrap().contains("synchronizing")).count();
    let ended = child.wait_with_output().unwrap();
    let found: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!((ended.status.code(), &found["identical"]), (Some(0), &Value::Bool(true)), "{found}");
    assert_eq!(looks, 2, "what differed at first was looked at once more");
}

#[test]
fn nothing_is_verified_without_a_mirror_or_a_service() {
    let served = Served::start(&["--items", "100"]);
    let user = User::of(&served);
    user.run(&VERIFY).status(5).complains_of("there is no mirror");
    assert!(!user.mirror().exists());
    user.sync();
    let lost = User::with(&nobody(), "t".repeat(64).as_str());
    std::fs::copy(user.mirror(), lost.mirror()).unwrap();
    let ended = lost.run(&["verify", "--json", "-q", "--tries", "1"]);
    let found = report(ended.status(4).complains_of("nothing is verified"));
    assert_eq!(found["identical"], false);
    assert!(found["error"].as_str().unwrap().contains("brought up to date"));
}
