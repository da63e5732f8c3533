//! A Sync service written by hand on bare sockets: it serves an account well, but for the fault it was told to have.
//!
//! It keeps its own books: what it handed out, what was acknowledged, what it was asked. So what it says of the other
//! side shares no code with it.

use std::collections::{BTreeSet, VecDeque};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// One of the three exchanges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    Start,
    Take,
    Ack,
}

/// What is done instead of an answer.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// These bytes, and on with the connection.
    Say(Vec<u8>),
    /// These bytes, then the end of the connection.
    Close(Vec<u8>),
    /// These bytes, then a reset of the connection.
    Reset(Vec<u8>),
    /// These bytes, then the second ones every so often.
    Drip(Vec<u8>, Vec<u8>, Duration),
    /// These bytes, then nothing for as long as somebody listens.
    Stall(Vec<u8>),
    /// The right answer, with these bytes behind it.
    Trail(Vec<u8>),
    /// The right answer, with these bytes before it.
    Lead(Vec<u8>),
}

/// What goes wrong, where and how often.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) on: On,
    pub(crate) act: Act,
    /// The exchange took effect before it failed: the page is off the queue, the keys are accepted.
    pub(crate) lost: bool,
    pub(crate) times: u32,
}

/// One instruction of the account.
#[derive(Debug, Clone)]
pub(crate) struct Thing {
    /// The ack key, as it is meant.
    pub(crate) key: String,
    /// The whole item, as it goes on the wire.
    pub(crate) item: String,
    /// Its `data`, byte for byte.
    pub(crate) data: String,
}

/// An instruction about a record of a type, both written as JSON.
pub(crate) fn thing(key: &str, kind: &str, revision: &str, data: &str) -> Thing {
    let (key_json, kind) = (json!(key), json!(kind));
    let sync = format!(r#"{{"event_type":"created","ack_key":{key_json},"revision":{revision}}}"#);
    let item = format!(r#"{{"data":{data},"meta":{{"type":{kind},"sync":{sync}}}}}"#);
    Thing { key: key.to_owned(), item, data: data.to_owned() }
}

/// An account with nothing odd in it.
pub(crate) fn plain(count: usize) -> Vec<Thing> {
    let one =
        |n| thing(&format!("Contact-{n}-1"), "contact", "1", &format!(r#"{{"id": {n}, "name": "N {n}"}}"#));
    (1..=count).map(one).collect()
}

/// What the service knows.
#[derive(Debug, Default)]
pub(crate) struct Books {
    things: Vec<Thing>,
    /// Their keys.
    known: BTreeSet<String>,
    page: usize,
    queue: VecDeque<usize>,
    sessions: u32,
    fault: Option<Fault>,
    /// Keys that were accepted.
    pub(crate) accepted: BTreeSet<String>,
    /// Keys that nobody ever handed out.
    pub(crate) strange: Vec<String>,
    /// Instructions handed out although they had been accepted, or twice in a session.
    pub(crate) requests: u32,
}

/// The service; its threads end with the process, or when nobody is connected.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) books: Arc<Mutex<Books>>,
}

impl Server {
    pub(crate) fn start(things: Vec<Thing>, page: usize, fault: Option<Fault>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let known = things.iter().map(|thing| thing.key.clone()).collect();
        let books = Arc::new(Mutex::new(Books { things, known, page, fault, ..Books::default() }));
        let kept = Arc::clone(&books);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let books = Arc::clone(&kept);
                thread::spawn(move || while serve(&stream, &books).is_some() {});
            }
        });
        Self { url, books }
    }

    /// From now on this goes wrong, or nothing.
    pub(crate) fn set(&self, fault: Option<Fault>) {
        self.books.lock().unwrap().fault = fault;
    }
}

/// Answers one request; none where the connection is done.
fn serve(stream: &TcpStream, books: &Mutex<Books>) -> Option<()> {
    let mut stream = stream;
    let mut head = Vec::new();
    let mut byte = [0];
    // The last byte stays unread: a connection closed over unread bytes is reset.
    while !head.ends_with(b"\r\n\r") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let on = match head.lines().next()? {
        line if line.starts_with("POST /v2/sync/start ") => On::Start,
        line if line.starts_with("POST /v2/sync/ack ") => On::Ack,
        line => {
            assert!(line.starts_with("GET /v2/sync/"), "asked {line:.100}");
            On::Take
        }
    };
    assert!(head.to_ascii_lowercase().contains("\r\ncache-control: no-store\r\n"), "{head}");
    let fault = due(&mut books.lock().unwrap(), on);
    let resets = matches!(fault, Some(Fault { act: Act::Reset(_), .. }));
    let body = if resets && on != On::Ack { Vec::new() } else { body(stream, &head)? };
    let right = match &fault {
        Some(Fault { lost: false, act, .. }) if !matches!(act, Act::Trail(_) | Act::Lead(_)) => Vec::new(),
        _ => books.lock().unwrap().answer(on, &body),
    };
    let act = fault.map_or(Act::Say(right.clone()), |fault| fault.act);
    match act {
        Act::Say(bytes) => stream.write_all(&bytes).ok(),
        Act::Trail(bytes) => stream.write_all(&[right, bytes].concat()).ok(),
        Act::Lead(bytes) => stream.write_all(&[bytes, right].concat()).ok(),
        Act::Close(bytes) => {
            let _ = stream.write_all(&bytes);
            let _ = stream.shutdown(std::net::Shutdown::Write);
            gone(stream)
        }
        Act::Reset(bytes) => {
            let _ = stream.write_all(&bytes);
            None
        }
        Act::Drip(bytes, more, gap) => {
            stream.write_all(&bytes).ok()?;
            while stream.write_all(&more).is_ok() {
                thread::sleep(gap);
            }
            None
        }
        Act::Stall(bytes) => {
            let _ = stream.write_all(&bytes);
            gone(stream)
        }
    }
}

/// Waits until the other side has gone.
fn gone(mut stream: &TcpStream) -> Option<()> {
    let _ = stream.read_exact(&mut [0]);
    None
}

/// The fault that this request meets.
fn due(books: &mut Books, on: On) -> Option<Fault> {
    books.requests += 1;
    let fault = books.fault.as_mut().filter(|fault| fault.on == on && fault.times > 0)?;
    fault.times -= 1;
    Some(fault.clone())
}

/// The rest of a request.
fn body(mut stream: &TcpStream, head: &str) -> Option<Vec<u8>> {
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    let mut body = vec![0; length + 1]; // with the head's last byte
    match stream.read_exact(&mut body) {
        Ok(()) => Some(body.split_off(1)),
        Err(error) => {
            assert_ne!(error.kind(), ErrorKind::InvalidInput);
            None
        }
    }
}

impl Books {
    /// What a good service answers, and does.
    fn answer(&mut self, on: On, body: &[u8]) -> Vec<u8> {
        match on {
            On::Start => {
                let owed = |(_, thing): &(usize, &Thing)| !self.accepted.contains(&thing.key);
                self.queue = self.things.iter().enumerate().filter(owed).map(|(no, _)| no).collect();
                if self.queue.is_empty() {
                    return b"HTTP/1.1 204 No Content\r\ncontent-type: application/json\r\n\r\n".to_vec();
                }
                self.sessions += 1;
                let queue = json!({"data": {"name": "main", "pages": 1, "total_count": self.queue.len()}});
                let session = json!({"data": {"id": format!("s{}", self.sessions), "queues": [queue]}});
                http(201, "", session.to_string())
            }
            On::Take if self.queue.is_empty() => b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(),
            On::Take => {
                let count = self.page.min(self.queue.len());
                let items: Vec<&str> =
                    self.queue.drain(..count).map(|no| self.things[no].item.as_str()).collect();
                http(200, "", format!(r#"{{"items":[{}],"meta":{{"type":"collection"}}}}"#, items.join(",")))
            }
            On::Ack => {
                let body: Value = serde_json::from_slice(body).unwrap();
                for key in body["data"]["ack_keys"].as_array().unwrap() {
                    let key = key.as_str().unwrap().to_owned();
                    if !self.known.contains(&key) {
                        self.strange.push(key.clone());
                    }
                    self.accepted.insert(key);
                }
                http(202, "", "")
            }
        }
    }

    /// What the account holds.
    pub(crate) fn things(&self) -> &[Thing] {
        &self.things
    }
}

/// An answer with a body of the right length.
pub(crate) fn http(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status} Words\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A page around items.
pub(crate) fn page(items: &str) -> String {
    format!(r#"{{"items":[{items}]}}"#)
}
