//! The floor: the least that a program must do to copy an account. It borrows each item from its page, has a table and
//! a prepared upsert a type, 16 KiB pages, 1,000 records a transaction, `synchronous = NORMAL`; it takes, writes and
//! acknowledges on three threads, and reads a page on the thread that took it. It keeps no promise of ours: what it
//! acknowledged may be lost with the power, and it stops at the first thing that is out of the ordinary.

use std::collections::HashMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use drainboard::protocol::walk;
use reqwest::Method;
use rusqlite::{Connection, Statement};
use serde::Deserialize;
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
struct Wire<'a> {
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
    ack_key: &'a RawValue,
    revision: i64,
}

/// A part of a body.
type Part = std::ops::Range<usize>;

/// A page: the body, and where its records lie in it.
pub(super) struct Page {
    body: String,
    records: Vec<Record>,
    /// The fields of all records, one record behind the other: names and values.
    fields: Vec<(Part, Part)>,
}

struct Record {
    kind: Part,
    data: Part,
    id: i64,
    revision: i64,
    /// As JSON, with its quotes.
    ack_key: Part,
    /// Which of the page's fields are its own.
    fields: Part,
}

impl Page {
    pub(super) fn read(body: Vec<u8>, columns: Columns) -> Self {
        let body = String::from_utf8(body).unwrap();
        let text = body.as_str();
        let place = |part: &str| {
            let begin = part.as_ptr() as usize - text.as_ptr() as usize;
            begin..begin + part.len()
        };
        let wire: Wire<'_> = serde_json::from_str(text).unwrap();
        let mut fields = Vec::new();
        let record = |item: Item<'_>| {
            let data = item.data.get();
            let begin = fields.len();
            if columns == Columns::All {
                for field in walk::fields(data.as_bytes()) {
                    let within = place(data).start;
                    let place = |part: Part| part.start + within..part.end + within;
                    fields.push((place(field.name), place(field.value)));
                }
            }
            let id = data
                .strip_prefix("{\"id\":")
                .map(|digits| digits[..digits.find([',', '}']).unwrap()].parse());
            Record {
                kind: place(item.meta.kind),
                data: place(data),
                // What has no id is kept all the same.
                id: id.map_or(-item.meta.sync.revision, Result::unwrap),
                revision: item.meta.sync.revision,
                ack_key: place(item.meta.sync.ack_key.get()),
                fields: begin..fields.len(),
            }
        };
        let records = wire.items.into_iter().map(record).collect();
        Self { body, records, fields }
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    fn text(&self, part: &Part) -> &str {
        &self.body[part.clone()]
    }
}

/// Who asks.
pub(super) struct Client {
    http: reqwest::Client,
    runtime: Runtime,
    base: String,
}

impl Client {
    /// A runtime and connections of its own: those of another runtime stand still while that one does.
    pub(super) fn new(service: &Service, device: &str) -> Self {
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

    pub(super) fn ask(&self, method: Method, path: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
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
        Self::queue(&body)
    }

    /// The path of the queue, from what `start` answered.
    pub(super) fn queue(started: &[u8]) -> String {
        let body: serde_json::Value = serde_json::from_slice(started).unwrap();
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

pub(super) fn device() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Takes all pages and keeps nothing.
pub(super) fn throw_away(service: &Service) {
    Client::new(service, &device()).pages(drop);
}

/// Takes, writes and acknowledges everything.
pub(super) fn drain(service: &Service, file: &Path, columns: Columns) {
    let device = device();
    let (taker, acker) = (Client::new(service, &device), Client::new(service, &device));
    let (taken, pages) = sync_channel::<Page>(64);
    let (committed, written) = sync_channel::<Vec<Page>>(64);
    std::thread::scope(|threads| {
        threads.spawn(move || taker.pages(|body| taken.send(Page::read(body, columns)).unwrap()));
        threads.spawn(move || write(file, &pages, &committed));
        threads.spawn(move || acknowledge(&acker, &written));
    });
}

fn acknowledge(client: &Client, written: &Receiver<Vec<Page>>) {
    for pages in written {
        assert_eq!(client.ask(Method::POST, "/v2/sync/ack", ack_body(&pages)).0, 202);
    }
}

/// An ack pack with the keys of some pages, as they came.
pub(super) fn ack_body(pages: &[Page]) -> Vec<u8> {
    let mut body = br#"{"data":{"ack_keys":["#.to_vec();
    for page in pages {
        for record in &page.records {
            body.extend_from_slice(page.text(&record.ack_key).as_bytes());
            body.push(b',');
        }
    }
    body.pop();
    body.extend_from_slice(b"]}}");
    body
}

fn write(file: &Path, pages: &Receiver<Page>, committed: &SyncSender<Vec<Page>>) {
    let database = Connection::open(file).unwrap();
    database
        .execute_batch(
            "PRAGMA page_size = 16384; PRAGMA journal_mode = wal; PRAGMA synchronous = NORMAL;
             PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 16000;",
        )
        .unwrap();
    let mut upserts: HashMap<String, Upsert<'_>> = HashMap::new();
    let (mut written, mut count) = (Vec::new(), 0);
    let mut transaction = None;
    for page in pages {
        transaction.get_or_insert_with(|| database.unchecked_transaction().unwrap());
        for record in &page.records {
            let kind = page.text(&record.kind);
            if !upserts.contains_key(kind) {
                upserts.insert(kind.to_owned(), Upsert::new(&database, kind, &page, record));
            }
            upserts.get_mut(kind).unwrap().write(&page, record);
        }
        count += page.records.len();
        written.push(page);
        if count >= 1_000 {
            transaction.take().unwrap().commit().unwrap();
            committed.send(std::mem::take(&mut written)).unwrap();
            count = 0;
        }
    }
    if let Some(open) = transaction {
        open.commit().unwrap();
        committed.send(written).unwrap();
    }
}

/// A type's one statement; its columns are those of the first record.
struct Upsert<'c> {
    statement: Statement<'c>,
    columns: Vec<String>,
}

impl<'c> Upsert<'c> {
    fn new(database: &'c Connection, kind: &str, page: &Page, first: &Record) -> Self {
        let fields = page.fields[first.fields.clone()].iter();
        let columns: Vec<String> =
            fields.map(|(name, _)| page.text(name).to_owned()).filter(|name| name != "id").collect();
        let list = |each: &dyn Fn(usize, &str) -> String| -> String {
            columns.iter().enumerate().map(|(n, name)| each(n, name)).collect::<Vec<_>>().concat()
        };
        let names = list(&|_, name| format!(", \"{name}\""));
        let marks = list(&|n, _| format!(", ?{}", n + 4));
        let sets = list(&|_, name| format!(", \"{name}\" = excluded.\"{name}\""));
        database
            .execute_batch(&format!(
                "CREATE TABLE \"{kind}\" (id INTEGER PRIMARY KEY, revision INTEGER, data TEXT NOT NULL{names})"
            ))
            .unwrap();
        let sql = format!(
            "INSERT INTO \"{kind}\" (id, revision, data{names}) VALUES (?1, ?2, ?3{marks}) ON CONFLICT (id) DO \
             UPDATE SET revision = excluded.revision, data = excluded.data{sets} \
             WHERE excluded.revision >= revision"
        );
        let lasting = rusqlite::PrepFlags::SQLITE_PREPARE_PERSISTENT;
        Self { statement: database.prepare_with_flags(&sql, lasting).unwrap(), columns }
    }

    fn write(&mut self, page: &Page, record: &Record) {
        self.statement.raw_bind_parameter(1, record.id).unwrap();
        self.statement.raw_bind_parameter(2, record.revision).unwrap();
        self.statement.raw_bind_parameter(3, page.text(&record.data)).unwrap();
        // The fields come in the order of the first record's; where one is missing the next ones are looked for.
        let mut expected = 0;
        for (name, value) in &page.fields[record.fields.clone()] {
            let name = page.text(name);
            let rest = self.columns[expected..].iter();
            if let Some(ahead) = rest.map(String::as_str).position(|column| column == name) {
                expected += ahead + 1;
                bind(&mut self.statement, expected + 3, page.text(value));
            }
        }
        self.statement.raw_execute().unwrap();
        self.statement.clear_bindings();
    }
}

fn bind(statement: &mut Statement<'_>, at: usize, raw: &str) {
    let bound = match raw.as_bytes()[0] {
        b'"' => statement.raw_bind_parameter(at, walk::text(raw).as_ref()),
        b'n' => Ok(()),
        b't' => statement.raw_bind_parameter(at, 1),
        b'f' => statement.raw_bind_parameter(at, 0),
        b'-' | b'0'..=b'9' => match raw.parse::<i64>() {
            Ok(whole) => statement.raw_bind_parameter(at, whole),
            Err(_) => statement.raw_bind_parameter(at, raw.parse::<f64>().unwrap()),
        },
        _ => statement.raw_bind_parameter(at, raw),
    };
    bound.unwrap();
}
