//! How fast a mirror takes pages, beside the floor: the same rows by one prepared upsert, by hand.
//! `cargo bench --bench mirror [records]`; prints a line a measure.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a program that prints, and stops at what is wrong"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use drainboard::mirror::reader::From;
use drainboard::mirror::{Identity, Mirror, Reader, Settlement};
use drainboard::protocol::{Page, Session};
use rusqlite::Connection;

const PAGE: usize = 100;
const FIELDS: usize = 18;

fn main() {
    let records = std::env::args().find_map(|a| a.parse().ok()).unwrap_or(200_000);
    let bodies = bodies(records, 1);
    let size: usize = bodies.iter().map(Vec::len).sum();
    println!("{records} records, {} bytes each with their envelope", size / records);
    let folder = tempfile::tempdir().expect("a temporary folder");

    let begun = Begun::now();
    let pages: Vec<Page> = bodies.iter().cloned().map(|b| Page::parse(b).expect("a page")).collect();
    begun.say("parse alone", records);
    floor(&folder.path().join("floor.db"), &pages, records);
    drop(pages);

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
    let path = folder.path().join("mirror.db");
    runtime.block_on(drain(&path, bodies, records, "first download"));
    runtime.block_on(drain(&path, self::bodies(records, 1), records, "the same again"));
    runtime.block_on(drain(&path, self::bodies(records, 2), records, "everything updated"));
    read(&path);
}

/// Pages as the service sends them: five types in turn by page, ids in order.
fn bodies(records: usize, revision: i64) -> Vec<Vec<u8>> {
    let kinds = ["contact", "deal", "lead", "note", "task"];
    let mut bodies = Vec::new();
    for first in (0..records).step_by(PAGE) {
        let kind = kinds[first / PAGE % kinds.len()];
        let mut body = String::from(r#"{"items":["#);
        for id in first..(first + PAGE).min(records) {
            let comma = if id == first { "" } else { "," };
            let _ = write!(body, r#"{comma}{{"data":{{"id":{id},"name":"Ada Lovelace {id}""#);
            for field in 0..FIELDS {
                let _ = write!(
                    body,
                    r#","{kind}_field_{field}":"a value of some length, {:x}""#,
                    id * 7919 + field
                );
            }
            let _ = write!(
                body,
                r#"}},"meta":{{"type":"{kind}","sync":{{"event_type":"created","ack_key":"{kind}-{id}-{revision}","revision":{revision}}}}}}}"#
            );
        }
        body.push_str("]}");
        bodies.push(body.into_bytes());
    }
    bodies
}

macro_rules! upsert {
    ($table:literal) => {
        concat!(
            "INSERT INTO ",
            $table,
            " VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, ",
            "data = excluded.data WHERE excluded.revision >= revision"
        )
    };
}

/// The least that any mirror must do: rows into a table, durable every thousand.
fn floor(path: &Path, pages: &[Page], records: usize) {
    let database = Connection::open(path).expect("a database");
    database
        .execute_batch(
            "PRAGMA page_size = 16384; PRAGMA journal_mode = wal; PRAGMA synchronous = FULL;
             PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4000;",
        )
        .expect("settings");
    for kind in ["contact", "deal", "lead", "note", "task"] {
        let table =
            format!("CREATE TABLE {kind} (id INTEGER PRIMARY KEY, revision INTEGER, data TEXT NOT NULL)");
        database.execute_batch(&table).expect("a table");
    }
    let begun = Begun::now();
    for batch in pages.chunks(10) {
        let transaction = database.unchecked_transaction().expect("a transaction");
        for item in batch.iter().flat_map(Page::items) {
            let sql = match item.kind {
                "contact" => upsert!("contact"),
                "deal" => upsert!("deal"),
                "lead" => upsert!("lead"),
                "note" => upsert!("note"),
                _ => upsert!("task"),
            };
            let id = item.id.map(ToString::to_string).and_then(|id| id.parse::<i64>().ok());
            let mut upsert = transaction.prepare_cached(sql).expect("a statement");
            upsert.execute((id, item.revision, item.data)).expect("a row");
        }
        transaction.commit().expect("a commit");
    }
    begun.say("floor: one upsert a record", records);
}

/// Parses and applies on four workers, acknowledges in packs of 1,000, closes.
async fn drain(path: &Path, bodies: Vec<Vec<u8>>, records: usize, what: &str) {
    let identity = Identity { host: "http://127.0.0.1".into(), device: None };
    let mirror = Mirror::open(path, &identity).expect("a mirror");
    let session = Session::parse(br#"{"data": {"id": "bench", "queues": []}}"#.to_vec()).expect("a session");
    let no = mirror.begin_session(&session).await.expect("a session");
    let begun = Begun::now();
    let queue = Arc::new(std::sync::Mutex::new(bodies.into_iter()));
    let full = Arc::new(tokio::sync::Notify::new());
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let (mirror, queue, full) = (mirror.clone(), queue.clone(), full.clone());
            tokio::spawn(async move {
                loop {
                    let Some(body) = queue.lock().expect("the queue").next() else { break };
                    let done = mirror.apply(no, Page::parse(body).expect("a page")).await.expect("a commit");
                    if done.pending >= 1_000 {
                        full.notify_one();
                    }
                }
            })
        })
        .collect();
    let acker = tokio::spawn({
        let (mirror, full) = (mirror.clone(), full.clone());
        async move {
            let mut acked = 0;
            while acked < records {
                full.notified().await;
                while let Some(pack) = mirror.next_pack(1_000).await.expect("a pack") {
                    acked += pack.keys.len();
                    mirror.settle(pack.no, Settlement::Accepted).await.expect("settled");
                }
            }
        }
    });
    for worker in workers {
        worker.await.expect("a worker");
    }
    begun.say(what, records);
    full.notify_one();
    acker.await.expect("the acker");
    mirror.close().await.expect("closed");
    begun.say("  with all acks and the close", records);
}

fn read(path: &Path) {
    let begun = Begun::now();
    let reader = Reader::open(path).expect("a reader");
    begun.milliseconds("open to read");
    let begun = Begun::now();
    for n in 0..100_i64 {
        let from = From::After(drainboard::protocol::RecordId::Int(n * 400));
        reader.window("contact", &from, 50).expect("a window");
    }
    begun.milliseconds("a hundred windows of 50");
    for sql in [
        "SELECT count(*) FROM contact WHERE contact_field_9 LIKE '%77%'",
        "SELECT id FROM contact ORDER BY contact_field_3 LIMIT 50",
    ] {
        let begun = Begun::now();
        reader.query(sql, &mut |_| {}, &mut |_| true).expect("a query");
        begun.milliseconds(&sql[..30]);
    }
}

/// Wall time suffers from whatever else the machine does; processor time (of all threads) does less.
#[derive(Clone, Copy)]
struct Begun {
    wall: Instant,
    processor_ms: u64,
}

impl Begun {
    fn now() -> Self {
        Self { wall: Instant::now(), processor_ms: processor_ms() }
    }

    fn say(self, what: &str, records: usize) {
        let spent = (processor_ms() - self.processor_ms).max(1);
        println!(
            "{what:30} {:>9.0} records/s  {:>9.0} a processor second",
            records as f64 / self.wall.elapsed().as_secs_f64(),
            records as f64 * 1e3 / spent as f64
        );
    }

    fn milliseconds(self, what: &str) {
        println!("{what:30} {:>9.2} ms", self.wall.elapsed().as_secs_f64() * 1e3);
    }
}

/// Processor time of this process in ms; 0 where the system has no /proc.
fn processor_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10
}
