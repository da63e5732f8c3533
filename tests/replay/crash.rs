//! The service is killed, or stopped, and starts again on the same files.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use crate::kit::{Bench, rows};
use crate::process::Served;

#[cfg(unix)]
#[test]
fn a_state_goes_on_after_a_stop_and_leaves_nothing_beside_it() {
    let bench = Bench::new();
    let served = bench.serve(&["--items", "600"]);
    bench.sync(&served, "a.db");
    drop(served);
    let replay = ["--account", "a.db", "--state", "state.db"];
    let served = bench.serve(&replay);
    bench.sync(&served, "b.db");
    assert_eq!(served.stop(rustix::process::Signal::TERM), Some(0));
    let beside: Vec<_> = fs::read_dir(bench.folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("state.db"))
        .collect();
    assert_eq!(beside, ["state.db"], "no log and no lock is left");
    let served = bench.serve(&replay);
    let said = String::from_utf8(bench.sync(&served, "b.db").stdout).unwrap();
    assert!(said.lines().last().unwrap().contains(r#""instructions":0"#), "nothing comes again: {said}");
    assert_eq!(rows(&bench.path("b.db")), rows(&bench.path("a.db")));
    served.kill();
}

/// The next page of a session: its keys and how many there are; none at the end.
fn page(served: &Served, session: &str) -> Option<Vec<String>> {
    let answer = served.get(&format!("/v2/sync/{session}/queues/main"));
    if answer.starts_with("HTTP/1.1 204") {
        return None;
    }
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let body: Value = serde_json::from_str(body).unwrap();
    let key = |item: &Value| item["meta"]["sync"]["ack_key"].as_str().unwrap().to_owned();
    Some(body["items"].as_array().unwrap().iter().map(key).collect())
}

fn ack(served: &Served, keys: &[String]) {
    let answer = served.post("/v2/sync/ack", &json!({"data": {"ack_keys": keys}}).to_string());
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
}

/// Starts a session; none where nothing is owed.
fn start(served: &Served) -> Option<String> {
    let answer = served.post("/v2/sync/start", "");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    if head.starts_with("HTTP/1.1 204") {
        return None;
    }
    let body: Value = serde_json::from_str(body).unwrap();
    Some(body["data"]["id"].as_str().unwrap().to_owned())
}

/// Drains with a `kill -9` after every other page; what was acknowledged is not to come again, the rest is.
#[test]
fn killed_in_the_middle_of_a_drain_nothing_is_lost_and_nothing_comes_twice() {
    const ITEMS: usize = 1_200;
    let bench = Bench::new();
    let options = ["--account", "account.db", "--items", "1200"];
    let mut acknowledged = BTreeSet::new();
    let mut kills = 0;
    let mut served = bench.serve(&options);
    'sessions: while let Some(session) = start(&served) {
        let mut taken = 0;
        while let Some(keys) = page(&served, &session) {
            taken += 1;
            let twice: Vec<_> = keys.iter().filter(|key| acknowledged.contains(*key)).collect();
            assert!(twice.is_empty(), "{twice:?} came again");
            if taken == 3 {
                // This page is taken and never acknowledged.
                served.kill();
                kills += 1;
                served = bench.serve(&options);
                continue 'sessions;
            }
            ack(&served, &keys);
            acknowledged.extend(keys);
        }
    }
    assert_eq!(acknowledged.len(), ITEMS);
    assert!(kills >= 4, "{kills} kills");
}

/// The session itself goes on as well: what a device was not handed yet waits, and a page that was is not handed again.
#[test]
fn a_session_outlives_a_kill() {
    let bench = Bench::new();
    let options = ["--account", "account.db", "--items", "600"];
    let served = bench.serve(&options);
    let session = start(&served).unwrap();
    let mut brought: BTreeSet<String> = page(&served, &session).unwrap().into_iter().collect();
    served.kill();
    let served = bench.serve(&options);
    while let Some(keys) = page(&served, &session) {
        for key in keys {
            assert!(brought.insert(key), "handed out twice");
        }
    }
    ack(&served, &brought.iter().cloned().collect::<Vec<_>>());
    // What the stored cursor skipped comes in the next session.
    while let Some(session) = start(&served) {
        while let Some(keys) = page(&served, &session) {
            ack(&served, &keys);
            brought.extend(keys);
        }
    }
    assert_eq!(brought.len(), 600);
}
