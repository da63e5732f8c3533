//! The floor: the least that a program must do to copy an account. It borrows each item from its page, has a table and
//! a prepared upsert a type, 16 KiB pages, 1,000 records a transaction, `synchronous = NORMAL`; it takes, writes and
//! acknowledges on three threads. It keeps no promise of ours: what it acknowledged may be lost with the power.

use std::collections::HashMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use reqwest::Method;
use rusqlite::types::{Null, ValueRef};
use rusqlite::{Connection, Statement};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::runtime::Runtime;

use super::service::Service;

/// What a table has beside id, revision and data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Columns {
    None,
    /// A column for each field, as the mirror has.
    All,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    items: Vec<Item<'a>>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    data: &'a RawValue,
    #[serde(borrow)]
    meta: Meta<'a>,
}

#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    sync: Sync<'a>,
}

#[derive(Deserialize)]
struct Sync<'a> {
    #[serde(borrow)]
    ack_key: std::borrow::Cow<'a, str>,
    revision: i64,
}

#[derive(Deserialize)]
struct Identity {
    id: Option<i64>,
}

/// Who asks.
struct Client {
    http: reqwest::Client,
    runtime: Runtime,
    base: String,
}

impl Client {
    /// A runtime and connections of its own: those of another runtime stand still while that one does.
    fn new(service: &Service, device: &str) -> Self {
        // The first client of a process says which cryptography TLS would use; nothing here does.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let headers = [
            ("authorization", format!("Bearer {}", service.token())),
            ("x-basecrm-device-uuid", device.to_owned()),
            ("content-type", "application/json".to_owned()),
        ];
        let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let builder = reqwest::Client::builder().user_agent("floor").no_proxy().tls_certs_only([]);
        let http = builder.default_headers(headers.into_iter().collect()).build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { http, runtime, base: service.base().to_owned() }
    }

    fn ask(&self, method: Method, path: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
        self.runtime.block_on(async {
            let asked = self.http.request(method, format!("{}{path}", self.base)).body(body);
            let answer = asked.send().await.unwrap();
            (answer.status().as_u16(), answer.bytes().await.unwrap().into())
        })
    }

    /// Starts a session and gives the path of its queue.
    fn start(&self) -> String {
        let (status, body) = self.ask(Method::POST, "/v2/sync/start", Vec::new());
        assert_eq!(status, 201);
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        format!("/v2/sync/{}/queues/main", body["data"]["id"].as_str().unwrap())
    }

    /// Hands out the pages of a session until it is drained.
    fn pages(&self, mut page: impl FnMut(Vec<u8>)) {
        let path = self.start();
        loop {
            match self.ask(Method::GET, &path, Vec::new()) {
                (200, body) => page(body),
                (status, _) => return assert_eq!(status, 204),
            }
        }
    }
}

fn device() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Takes all pages and keeps nothing.
pub(super) fn throw_away(service: &Service) -> Duration {
    let begun = Instant::now();
    Client::new(service, &device()).pages(drop);
    begun.elapsed()
}

/// Takes, writes and acknowledges everything.
pub(super) fn drain(service: &Service, file: &Path, columns: Columns) -> Duration {
    let begun = Instant::now();
    let device = device();
    let (taker, acker) = (Client::new(service, &device), Client::new(service, &device));
    let (pages, bodies) = sync_channel::<Vec<u8>>(64);
    let (committed, keys) = sync_channel::<Vec<String>>(64);
    std::thread::scope(|threads| {
        threads.spawn(move || taker.pages(|body| pages.send(body).unwrap()));
        threads.spawn(move || write(file, columns, &bodies, &committed));
        threads.spawn(move || acknowledge(&acker, &keys));
    });
    begun.elapsed()
}

fn acknowledge(client: &Client, keys: &Receiver<Vec<String>>) {
    for pack in keys {
        let body = json!({"data": {"ack_keys": pack}}).to_string();
        assert_eq!(client.ask(Method::POST, "/v2/sync/ack", body.into_bytes()).0, 202);
    }
}

fn write(file: &Path, columns: Columns, bodies: &Receiver<Vec<u8>>, committed: &SyncSender<Vec<String>>) {
    let database = Connection::open(file).unwrap();
    database
        .execute_batch(
            "PRAGMA page_size = 16384; PRAGMA journal_mode = wal; PRAGMA synchronous = NORMAL;
             PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4000;",
        )
        .unwrap();
    let mut upserts: HashMap<String, Upsert<'_>> = HashMap::new();
    let mut keys = Vec::new();
    let mut transaction = None;
    for body in bodies {
        let page: Page<'_> = serde_json::from_slice(&body).unwrap();
        let open = transaction.get_or_insert_with(|| database.unchecked_transaction().unwrap());
        for item in &page.items {
            let meta = &item.meta;
            if !upserts.contains_key(meta.kind) {
                upserts.insert(
                    meta.kind.to_owned(),
                    Upsert::new(open, &database, meta.kind, item.data.get(), columns),
                );
            }
            upserts.get_mut(meta.kind).unwrap().write(item.data.get(), meta.sync.revision);
            keys.push(meta.sync.ack_key.clone().into_owned());
        }
        if keys.len() >= 1_000 {
            transaction.take().unwrap().commit().unwrap();
            committed.send(std::mem::take(&mut keys)).unwrap();
        }
    }
    if let Some(open) = transaction {
        open.commit().unwrap();
        committed.send(keys).unwrap();
    }
}

/// A type's one statement; its columns are those of the first record.
struct Upsert<'c> {
    statement: Statement<'c>,
    columns: Vec<String>,
}

impl<'c> Upsert<'c> {
    fn new(open: &Connection, database: &'c Connection, kind: &str, first: &str, columns: Columns) -> Self {
        let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(first).unwrap();
        let columns: Vec<String> = match columns {
            Columns::None => Vec::new(),
            Columns::All => fields.into_iter().map(|(name, _)| name).filter(|name| name != "id").collect(),
        };
        let list = |each: &dyn Fn(usize, &str) -> String| -> String {
            columns.iter().enumerate().map(|(n, name)| each(n, name)).collect::<Vec<_>>().concat()
        };
        let names = list(&|_, name| format!(", \"{name}\""));
        let marks = list(&|n, _| format!(", ?{}", n + 4));
        let sets = list(&|_, name| format!(", \"{name}\" = excluded.\"{name}\""));
        open.execute_batch(&format!(
            "CREATE TABLE \"{kind}\" (id INTEGER PRIMARY KEY, revision INTEGER, data TEXT NOT NULL{names})"
        ))
        .unwrap();
        let statement = database
            .prepare(&format!(
                "INSERT INTO \"{kind}\" (id, revision, data{names}) VALUES (?1, ?2, ?3{marks}) ON CONFLICT (id) DO \
                 UPDATE SET revision = excluded.revision, data = excluded.data{sets} \
                 WHERE excluded.revision >= revision"
            ))
            .unwrap();
        Self { statement, columns }
    }

    fn write(&mut self, data: &str, revision: i64) {
        let id = serde_json::from_str::<Identity>(data).unwrap().id;
        self.statement.raw_bind_parameter(1, id).unwrap();
        self.statement.raw_bind_parameter(2, revision).unwrap();
        self.statement.raw_bind_parameter(3, data).unwrap();
        if !self.columns.is_empty() {
            let fields: HashMap<&str, &RawValue> = serde_json::from_str(data).unwrap();
            for (at, name) in self.columns.iter().enumerate() {
                let raw = fields.get(name.as_str()).map_or("null", |raw| raw.get());
                bind(&mut self.statement, at + 4, raw);
            }
        }
        self.statement.raw_execute().unwrap();
    }
}

fn bind(statement: &mut Statement<'_>, at: usize, raw: &str) {
    let bound = match raw.as_bytes()[0] {
        b'"' => match serde_json::from_str::<std::borrow::Cow<'_, str>>(raw) {
            Ok(text) => statement.raw_bind_parameter(at, text.as_ref()),
            Err(_) => statement.raw_bind_parameter(at, raw),
        },
        b'n' => statement.raw_bind_parameter(at, Null),
        b't' => statement.raw_bind_parameter(at, 1),
        b'f' => statement.raw_bind_parameter(at, 0),
        b'-' | b'0'..=b'9' => match raw.parse::<i64>() {
            Ok(whole) => statement.raw_bind_parameter(at, whole),
            Err(_) => statement.raw_bind_parameter(at, raw.parse::<f64>().unwrap()),
        },
        _ => statement
            .raw_bind_parameter(at, rusqlite::types::ToSqlOutput::Borrowed(ValueRef::Text(raw.as_bytes()))),
    };
    bound.unwrap();
}
