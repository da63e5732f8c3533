//! `sync --watch`, its figures, and how old a mirror is.

use std::fs;

use serde_json::Value;

use super::support::{Served, User, nobody, stand_in};

/// A figure of the metrics.
fn figure(text: &str, name: &str) -> f64 {
    let line = text.lines().find(|line| line.starts_with(&format!("drainboard_{name}{{")));
    let line = line.unwrap_or_else(|| panic!("no {name} in:\n{text}"));
    line.rsplit_once(' ').unwrap().1.parse().unwrap()
}

#[test]
#[cfg(unix)]
fn a_watch_waits_and_wakes_when_it_is_nudged() {
    use rustix::process::Signal;
    let served = Served::start(&["--items", "300"]);
    let user = User::of(&served);
    let metrics = user.path("drainboard.prom");
    let file = metrics.to_str().unwrap().to_owned();
    let mut running = user.start(&["sync", "--json", "--rate", "0", "--watch", "1h", "--metrics", &file]);
    running.wait_for("round", 1);
    let first = fs::read_to_string(&metrics).unwrap();
    assert_eq!((figure(&first, "exit_status"), figure(&first, "converged")), (0.0, 1.0));
    assert!(figure(&first, "last_success_timestamp_seconds") > 1.6e9);
    assert!(first.contains("drainboard_records{profile=\"default\",type=\"contact\"} "), "{first}");
    served.emulator("POST", "edit", r#"{"create": 3, "update": 0, "delete": 0}"#);
    running.signal(Signal::USR1);
    running.wait_for("round", 1);
    let second = fs::read_to_string(&metrics).unwrap();
    assert!(figure(&second, "instructions") >= 3.0, "{second}");
    running.signal(Signal::TERM);
    let ended = running.end();
    ended.status(143).summary();
    let rounds: Vec<Value> = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let rounds: Vec<_> = rounds.iter().filter(|line| line["event"] == "round").collect();
    assert_eq!((rounds[0]["round"].as_u64(), rounds[1]["round"].as_u64()), (Some(1), Some(2)));
    for round in rounds {
        let next = round["next_in_seconds"].as_f64().unwrap();
        assert!(round["exit_status"] == 0 && (3_240.0..=3_960.0).contains(&next), "{round}");
    }
}

#[test]
#[cfg(unix)]
fn a_watch_survives_what_waiting_mends_and_nothing_else() {
    use rustix::process::Signal;
    let user = User::with(&nobody(), "t0ken");
    let mut running = user.start(&["sync", "--json", "--tries", "1", "--watch"]);
    running.wait_for("round", 1);
    running.signal(Signal::USR1);
    running.wait_for("round", 1);
    running.signal(Signal::INT);
    let ended = running.end();
    ended.status(130);
    assert!(ended.stdout.contains("\"exit_status\":4"), "{}", ended.stdout);

    let refusing = stand_in("401 Unauthorized", "application/json", "{}");
    let user = User::with(&refusing, "t0ken");
    let file = user.path("m.prom");
    let ended = user.run(&["sync", "--json", "--watch", "1h", "--metrics", file.to_str().unwrap()]);
    assert_eq!(ended.status(3).summary()["converged"], false);
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!((figure(&text, "exit_status"), figure(&text, "last_success_timestamp_seconds")), (3.0, 0.0));
    // That no run could begin is told as well.
    let mut without = user.bare(&["sync", "--metrics", file.to_str().unwrap()]);
    without.env("DRAINBOARD_BASE_URL", "https://[");
    user.ended(without).status(2);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("drainboard_exit_status{profile=\"default\"} 2\n"), "{text}");
}

/// What is refused for good blocks nothing, so a run may well end in peace: whoever watches it is told all the same.
#[test]
fn keys_that_were_refused_are_in_every_summary() {
    let served = Served::start(&["--items", "10", "--fault", "422 ack every=1"]);
    let user = User::of(&served);
    let file = user.path("m.prom");
    let asked = ["sync", "--single-session", "--rate", "0", "--metrics", file.to_str().unwrap()];
    let refused = user.run(&[&asked[..], &["--json"]].concat()).summary()["refused"].as_u64().unwrap();
    assert!(refused > 0 && user.status()["outbox"]["refused"] == refused, "{refused}");
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(figure(&text, "refused_keys") as u64, refused, "{text}");
    let said = user.run(&asked).stdout;
    assert!(said.contains(&format!("refused for good {refused} ")), "{said}");
}

/// It would ask as fast as the service answers: with `--rate 0` some fifty runs a second.
#[test]
fn a_watch_without_a_pause_does_not_begin() {
    // What it would ask refuses it, so that a watch that does begin ends as well.
    let user = User::with(&stand_in("401 Unauthorized", "application/json", "{}"), "t0ken");
    let said = "a watch pauses for 1s at least, like 30s or 5m";
    let ended = user.run(&["sync", "--watch", "0"]);
    assert!(ended.status(2).stderr.contains(said), "{}", ended.stderr);
    let mut configured = user.command(&["sync", "--watch"]);
    let file = user.path("config.toml");
    fs::write(&file, "watch = \"0\"").unwrap();
    super::private(&file);
    configured.env("DRAINBOARD_CONFIG", &file);
    let ended = user.ended(configured);
    assert!(ended.status(2).stderr.contains(said), "{}", ended.stderr);
}

#[test]
fn a_mirror_that_is_too_old_is_told_in_a_line() {
    let served = Served::start(&["--items", "100"]);
    let user = User::of(&served);
    let single = user.run(&["sync", "--single-session", "--rate", "0"]);
    single.status(1);
    user.run(&["status", "--max-age", "1h"]).status(1).complains_of("never known to be up to date");
    assert!(user.status()["converged_seconds_ago"].is_null());
    user.sync();
    assert!(user.run(&["status", "--max-age", "1h"]).status(0).stdout.contains("fresh     up to date"));
    assert!(user.status()["converged_seconds_ago"].as_u64().unwrap() < 3_600);
    // Nothing new is news: the age is that of the last answer and not of the last session.
    let before = user.status()["converged"].clone();
    user.sync();
    assert_ne!(user.status()["converged"], before);
    let late = user.run(&["status", "--max-age", "0s"]);
    late.status(1).complains_of("last known to be up to date");
    assert_eq!(late.stdout, "");
    user.run(&["status", "--max-age", "soon"]).status(2);
}
