//! The lines of `sync --json` are those of `assets/events.md`: every event and every field that a run writes stands in
//! the table, and what stands there is written.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use drainboard::client::Operation;
use drainboard::engine::{Event, EventKind, Mode, Outcome, RunEnd};
use drainboard::mirror::{Counts, SessionEnd};
use drainboard::protocol::{DeviceUuid, FailedObject, QueueName, SessionId};
use serde::Serialize;
use serde_json::Value;

use super::support::{Served, User};

/// Events and their fields.
type Table = BTreeMap<String, BTreeSet<String>>;

fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/events.md");
    fs::read_to_string(path).unwrap()
}

/// What stands between backticks.
fn codes(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The document's rows of so many cells.
fn rows(document: &str, cells: usize) -> Vec<Vec<&str>> {
    let rows = document.lines().filter(|line| line.starts_with("| `"));
    let rows = rows.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>());
    rows.filter(|row| row.len() == cells).collect()
}

/// The table of the document, without the words in brackets.
fn told() -> Table {
    let document = document();
    let rows = rows(&document, 3);
    let fields = |cell: &str| {
        let plain: String =
            cell.split('(').map(|part| part.split_once(')').map_or(part, |(_, rest)| rest)).collect();
        codes(&plain).map(str::to_owned).collect()
    };
    rows.iter().map(|row| (codes(row[0]).next().unwrap().to_owned(), fields(row[2]))).collect()
}

/// Adds the fields of an object, those of objects in it by their path.
fn gather(value: &Value, before: &str, fields: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let path = if before.is_empty() { name.clone() } else { format!("{before}.{name}") };
                if !value.is_object() {
                    fields.insert(path.clone());
                }
                gather(value, &path, fields);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| gather(value, before, fields)),
        _ => {}
    }
}

fn note(line: &str, table: &mut Table) {
    let line: Value = serde_json::from_str(line).unwrap();
    let mut fields = BTreeSet::new();
    gather(&line, "", &mut fields);
    assert!(fields.remove("event"), "{line}");
    table.entry(line["event"].as_str().unwrap().to_owned()).or_default().extend(fields);
}

/// Each kind once, with all that it can have. A new one does not compile before it is here.
fn kinds() -> Vec<EventKind> {
    let (device, queue) = (DeviceUuid::fresh(), QueueName("main".into()));
    let failed = FailedObject { kind: "deal".into(), id: 9.into() };
    let all = vec![
        EventKind::RunStarted { device, mode: Mode::Full, pending_acks: 0 },
        EventKind::SessionOpened { no: 1, session: SessionId("s".into()), announced: Some(1), elapsed_ms: 1 },
        EventKind::UpToDate { elapsed_ms: 1 },
        EventKind::PageCommitted {
            page: 1,
            queue: queue.clone(),
            instructions: 1,
            counts: Counts::default(),
            count_left: None,
            failed_objects: vec![failed],
            bytes: 1,
            elapsed_ms: 1,
            commit_us: 1,
            worker: 1,
        },
        EventKind::PageTaken { queue: queue.clone(), instructions: 1, elapsed_ms: 1 },
        EventKind::PageSkipped { queue: queue.clone(), instructions: 1 },
        EventKind::QueueDrained { queue },
        EventKind::PackSent { pack: 1, keys: 1, attempt: 1 },
        EventKind::PackAccepted { pack: 1, keys: 1, attempt: 1, elapsed_ms: 1 },
        EventKind::PackRefused { pack: 1, keys: 1, status: 400, answer: String::new() },
        EventKind::RetryScheduled {
            operation: Operation::Take,
            status: None,
            reason: String::new(),
            request_id: None,
            wait_ms: 1,
            attempt: 2,
        },
        EventKind::SessionEnded { no: 1, end: SessionEnd::Drained },
        EventKind::DeviceReplaced { device, former: device, dropped_acks: 0 },
        EventKind::CommandFailed { error: String::new() },
        EventKind::Paused,
        EventKind::Resumed,
        EventKind::RunEnded { outcome: Outcome { converged: true, end: RunEnd::Converged, error: None } },
    ];
    for kind in &all {
        match kind {
            EventKind::RunStarted { .. }
            | EventKind::SessionOpened { .. }
            | EventKind::UpToDate { .. }
            | EventKind::PageCommitted { .. }
            | EventKind::PageTaken { .. }
            | EventKind::PageSkipped { .. }
            | EventKind::QueueDrained { .. }
            | EventKind::PackSent { .. }
            | EventKind::PackAccepted { .. }
            | EventKind::PackRefused { .. }
            | EventKind::RetryScheduled { .. }
            | EventKind::SessionEnded { .. }
            | EventKind::DeviceReplaced { .. }
            | EventKind::CommandFailed { .. }
            | EventKind::Paused
            | EventKind::Resumed
            | EventKind::RunEnded { .. } => {}
        }
    }
    all
}

#[test]
fn every_kind_is_in_the_table_with_its_fields() {
    let mut made = Table::new();
    for kind in kinds() {
        let event = Event { at: "2026-11-20T12:00:00Z".parse().unwrap(), kind, totals: Arc::default() };
        note(&serde_json::to_string(&event).unwrap(), &mut made);
    }
    let mut told = told();
    // These two are no events of the engine.
    assert!(told.remove("summary").is_some() && told.remove("round").is_some());
    assert_eq!(told, made);
}

/// An enum's words as they are written.
fn words<T: Serialize>(values: &[T]) -> BTreeSet<String> {
    values.iter().map(|value| serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_word_of_a_field_is_in_the_table() {
    let document = document();
    let told: BTreeMap<&str, BTreeSet<String>> = rows(&document, 2)
        .iter()
        .map(|row| (codes(row[0]).next().unwrap(), codes(row[1]).map(str::to_owned).collect()))
        .collect();
    let ends =
        [SessionEnd::Drained, SessionEnd::Lost, SessionEnd::Stopped, SessionEnd::Failed, SessionEnd::Crashed];
    let run_ends = [
        RunEnd::Converged,
        RunEnd::SingleSession,
        RunEnd::NoProgress,
        RunEnd::Rejected,
        RunEnd::Usage,
        RunEnd::Refused,
        RunEnd::Unreachable,
        RunEnd::Mirror,
        RunEnd::Stopped,
        RunEnd::Internal,
    ];
    assert_eq!(told["end"], words(&ends));
    assert_eq!(told["outcome.end"], words(&run_ends));
    assert_eq!(told["operation"], words(&[Operation::Start, Operation::Take, Operation::Acknowledge]));
    // The options in the brackets are no words of it.
    assert!(words(&[Mode::Full, Mode::Single]).is_subset(&told["mode"]), "{:?}", told["mode"]);
}

#[test]
fn what_a_run_writes_is_in_the_table() {
    let faults = ["--fault", "503 page", "--fault", "400 ack", "--fault", "expire page after=2"];
    let served = Served::start(&[&["--items", "500"][..], &faults].concat());
    let user = User::of(&served);
    let mut written = Table::new();
    let first = user.run(&["sync", "--json", "--rate", "0", "--workers", "1"]);
    first.status(0).stdout.lines().for_each(|line| note(line, &mut written));
    let refused = user.run(&["sync", "--json", "--token-file", "none"]);
    refused.status(2).stdout.lines().for_each(|line| note(line, &mut written));
    #[cfg(unix)]
    {
        let mut watch = user.start(&["sync", "--json", "--watch", "1h"]);
        watch.wait_for("round", 1);
        watch.signal(rustix::process::Signal::TERM);
        watch.end().status(143).stdout.lines().for_each(|line| note(line, &mut written));
    }
    let told = told();
    for (event, fields) in &written {
        assert!(told[event].is_superset(fields), "{event} has {fields:?}, told is {:?}", told[event]);
    }
    let mut unseen: Vec<&str> =
        told.keys().map(String::as_str).filter(|event| !written.contains_key(*event)).collect();
    unseen.retain(|event| cfg!(unix) || *event != "round");
    assert_eq!(
        unseen,
        ["command_failed", "device_replaced", "page_skipped", "page_taken", "paused", "resumed"]
    );
    for whole in ["summary", "round"].into_iter().filter(|event| written.contains_key(*event)) {
        assert_eq!(written[whole], told[whole]);
    }
}
