//! A synchronization is recorded, exported, served again and synchronized into a fresh mirror: the same data.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use drainboard::client::{Client, ClientConfig, MAX_PAGE, Tap};
use drainboard::engine::{self, Command, EventKind, Outcome, Settings};
use drainboard::mirror::Identity;
use drainboard::service::{Replay, Serve as _};
use serde_json::json;
use tokio::net::TcpListener;

use super::wire::{Device, http, options, read, run};

/// A whole synchronization, page by page, so that it comes out alike each time.
async fn synchronize(base: &str, token: &str, mirror: &Path, tap: &Tap) -> Outcome {
    let (base, token, tap) = (base.to_owned(), token.to_owned(), tap.clone());
    let mut engine = engine::spawn(Settings {
        mirror: mirror.to_owned(),
        identity: Identity { host: base.clone(), device: None },
        connect: Arc::new(move |device| {
            let client = Client::new(ClientConfig {
                base_url: base.clone(),
                token: token.clone().into(),
                token_source: "the test".to_owned(),
                device,
                max_page: MAX_PAGE,
                door: drainboard::client::Door::Options,
            })?;
            Ok(client.with_tap(tap.clone()))
        }),
        rate: 0,
        workers: 1,
        ack_pack: 250,
        ack_most: 0,
        ack_interval: Duration::from_mins(5),
        tries: 2,
        peek: false,
        spent: None,
    });
    engine.commands.send(Command::Start(engine::Mode::Full)).await.unwrap();
    loop {
        let event = engine.events.recv().await.expect("the engine ended");
        if let EventKind::RunEnded { outcome } = event.kind {
            return outcome;
        }
    }
}

/// Every type's records, as the mirror keeps them.
fn rows(mirror: &Path) -> BTreeMap<String, Vec<(String, i64, Vec<u8>)>> {
    let kinds = drainboard::mirror::Reader::open(mirror).unwrap().kinds().unwrap();
    let file = rusqlite::Connection::open(mirror).unwrap();
    let of = |name: &str| {
        let sql =
            format!("SELECT CAST(id AS TEXT), revision, CAST(data AS BLOB) FROM \"{name}\" ORDER BY id");
        let mut statement = file.prepare(&sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    kinds.into_iter().filter(|kind| kind.rows > 0).map(|kind| (kind.name.clone(), of(&kind.name))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_gives_the_same_mirror_again() {
    let folder = tempfile::tempdir().unwrap();
    let (har, tap) = (folder.path().join("sync.har"), Tap::new());
    let service = run(options(1_200)).await;
    tap.record_to(&har).unwrap();
    let first = folder.path().join("first.db");
    let outcome = synchronize(&service.base, service.service.token(), &first, &tap).await;
    assert!(outcome.converged, "{outcome:?}");
    let recorded = tokio::task::spawn_blocking(move || tap.stop_recording()).await.unwrap();
    assert!(recorded.unwrap().is_some());
    service.stop().await;

    let replay = Replay::open(&har).unwrap();
    assert!(replay.left() > 10, "{}", replay.left());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(replay.clone().serve(listener, std::future::pending()));
    let device = Device {
        base: base.clone(),
        uuid: "00000000-0000-4000-8000-000000000001".to_owned(),
        token: "any".to_owned(),
        http: http(),
        has: BTreeMap::new(),
    };

    let other = json!({"data": {"ack_keys": ["Nobody-1-1"]}}).to_string();
    let refused = read(device.request("POST", "/v2/sync/ack").body(other)).await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("250 keys"), "{}", refused.body);
    let refused = read(device.request("GET", "/v2/sync/nobody/queues/main")).await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("POST /v2/sync/start"), "{}", refused.body);

    let second = folder.path().join("second.db");
    let outcome = synchronize(&base, "any", &second, &Tap::new()).await;
    assert!(outcome.converged, "{outcome:?}");
    assert_eq!(replay.left(), 0);
    let (first, second) = (rows(&first), rows(&second));
    assert!(first.values().map(Vec::len).sum::<usize>() > 1_000);
    assert_eq!(first, second);
}

/// An exchange: method, path, keys, status, headers, body.
type Recorded<'a> = (&'a str, &'a str, &'a [&'a str], u16, &'a [(&'a str, &'a str)], &'a str);

/// A recording of these exchanges.
fn recording(entries: &[Recorded<'_>]) -> (tempfile::TempDir, Replay) {
    let entry = |(at, recorded): (usize, &Recorded<'_>)| {
        let (method, path, keys, status, headers, body) = *recorded;
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        let mut request = json!({"method": method, "url": format!("http://h{path}")});
        if !keys.is_empty() {
            request["postData"] = json!({"text": json!({"data": {"ack_keys": keys}}).to_string()});
        }
        json!({
            "_number": at + 1, "_error": "as whoever recorded it saw it", "request": request,
            "response": {"status": status, "headers": headers, "content": {"text": body}},
        })
    };
    let entries: Vec<_> = entries.iter().enumerate().map(entry).collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.har");
    std::fs::write(&file, json!({"log": {"entries": entries}}).to_string()).unwrap();
    let replay = Replay::open(&file).unwrap();
    (folder, replay)
}

/// Serves a recording; a device that asks it.
async fn served(replay: &Replay) -> Device {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(replay.clone().serve(listener, std::future::pending()));
    let uuid = "00000000-0000-4000-8000-000000000001".to_owned();
    Device { base, uuid, token: "any".to_owned(), http: http(), has: BTreeMap::new() }
}

const QUEUE: &str = "/v2/sync/1/queues/main";
const JSON: (&str, &str) = ("content-type", "application/json");

/// What failed for its client had an answer all the same; only what did not come whole has none.
#[tokio::test]
async fn an_answer_that_came_whole_is_served_whatever_it_was() {
    let (_folder, replay) = recording(&[
        ("GET", QUEUE, &[], 429, &[JSON, ("retry-after", "0")], r#"{"errors":[]}"#),
        ("GET", QUEUE, &[], 502, &[("content-type", "text/html")], "<html>"),
        ("GET", QUEUE, &[], 200, &[JSON, ("content-length", "9")], r#"{"items":"#),
        ("GET", QUEUE, &[], 200, &[JSON], r#"{"items":"#),
        ("GET", QUEUE, &[], 200, &[JSON, ("content-length", "99")], r#"{"items":[]}"#),
        ("GET", QUEUE, &[], 0, &[], ""),
        ("POST", "/v2/sync/ack", &["A-1-1"], 200, &[], ""),
        ("GET", QUEUE, &[], 204, &[JSON], ""),
    ]);
    let device = served(&replay).await;
    let ask =
        || async { device.request("GET", QUEUE).send().await.ok().map(|answer| answer.status().as_u16()) };
    let mut seen = Vec::new();
    for _ in 0..8 {
        seen.push(ask().await);
    }
    // A connection that ends without an answer may be tried once more by the client's own means.
    seen.dedup();
    assert_eq!(seen, [Some(429), Some(502), Some(200), None, Some(204)]);
    assert_eq!(device.ack(&["A-1-1".to_owned()]).await.status, 200);
    assert_eq!(replay.left(), 0);
}

/// Who asked first may have been told last that the queue is drained.
#[tokio::test]
async fn a_queue_is_drained_when_all_its_pages_are_served() {
    let page = r#"{"items":[]}"#;
    let (_folder, replay) = recording(&[
        ("GET", QUEUE, &[], 204, &[], ""),
        ("GET", QUEUE, &[], 200, &[JSON], page),
        ("GET", QUEUE, &[], 204, &[], ""),
    ]);
    let device = served(&replay).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(read(device.request("GET", QUEUE)).await.status);
    }
    assert_eq!((seen, replay.left()), (vec![200, 204, 204, 204], 0));
}

/// A client packs by the clock: other packs of the same keys are as good, and what nobody accepted is not.
#[tokio::test]
async fn keys_are_accepted_in_other_packs_than_the_recorded_ones() {
    let (_folder, replay) = recording(&[
        ("POST", "/v2/sync/ack", &["A-1-1", "A-2-1"], 202, &[], ""),
        ("POST", "/v2/sync/ack", &["A-3-1"], 503, &[], ""),
        ("POST", "/v2/sync/ack", &["A-3-1"], 202, &[], ""),
        ("POST", "/v2/sync/ack", &["A-4-1"], 422, &[], ""),
    ]);
    let device = served(&replay).await;
    let ack = |keys: &'static [&'static str]| {
        let device = &device;
        async move { device.ack(&keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>()).await.status }
    };
    assert_eq!(ack(&["A-1-1", "A-3-1"]).await, 202);
    assert_eq!(replay.left(), 2, "the second key of the first pack is still to come");
    assert_eq!(ack(&["A-2-1"]).await, 202);
    assert_eq!(ack(&["A-1-1", "A-4-1"]).await, 409, "nobody accepted the last one");
    assert_eq!(ack(&["A-4-1"]).await, 422);
    assert_eq!(replay.left(), 0);
}

#[test]
fn what_is_no_whole_recording_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.har");
    let cut = json!({"log": {"entries": [{
        "request": {"method": "POST", "url": "http://h/v2/sync/start"},
        "response": {"status": 201, "headers": [], "content": {"text": "{", "comment": "cut: the first 1 of 9 bytes"}},
    }]}});
    let empty = json!({"log": {"version": "1.2", "entries": []}}).to_string();
    for (text, words) in [
        ("{}".to_owned(), "no HAR"),
        (empty, "there is no exchange in it"),
        (cut.to_string(), "request 1 has only a part"),
    ] {
        std::fs::write(&file, text).unwrap();
        let error = Replay::open(&file).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}
