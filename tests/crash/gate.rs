//! A gate on the way to the service: it hands over each request and each answer whole, keeps books of which keys were
//! handed out, sent and accepted, and kills the program exactly at the point that it was told.
//!
//! While it kills, nothing else passes. It knows HTTP and the names of the protocol's fields, and nothing of the
//! program.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus};
use std::sync::{Arc, Mutex};

use drainboard::protocol::{EventType, Page};
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::scene::{Key, about};

/// Which of its exchanges a run is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exchange {
    /// The start of a session.
    Start,
    /// The take of the session's first page.
    First,
    /// A take that a page answers.
    Page,
    /// A take that is answered with the end of the queue.
    End,
    /// A pack of ack keys.
    Ack,
    /// The start behind a drained queue, which says whether that was all.
    Closing,
}

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The request is here whole, and the service has not seen it.
    Asked,
    /// The service did its part, and nothing of the answer has left.
    Taken,
    /// All of the answer but its last byte has left.
    Torn,
    /// The whole answer has left.
    Answered,
    /// The program shows that it has the answer. Nothing of that is in the mirror: its write lock is somebody else's.
    Heard,
}

/// Where to kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Point(pub(crate) Exchange, pub(crate) Stage);

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {:?}", self.0, self.1)
    }
}

/// What an instruction says: about what, at which revision, and whether it is there then.
pub(crate) type Told = (Key, i64, bool);

/// The gate. Its threads end with their connections.
pub(crate) struct Gate {
    pub(crate) url: String,
    books: Arc<Mutex<Books>>,
}

/// What passed.
#[derive(Default)]
struct Books {
    /// What each key stands for, of all that were ever handed out.
    told: HashMap<String, Told>,
    accepted: BTreeSet<String>,
    run: Option<Run>,
}

/// A run of the program, while it is watched.
struct Run {
    child: Child,
    mirror: PathBuf,
    point: Point,
    /// How often the point is passed before, and this time.
    left: usize,
    handed: BTreeSet<String>,
    sent: BTreeSet<String>,
    /// Keys of the exchange at the point, once it is reached.
    keys: Vec<String>,
    hit: bool,
    takes: usize,
    drained: bool,
    acks: usize,
    lock: Option<Connection>,
    broken: Vec<String>,
    /// Keys that are to be accepted before any start.
    due: BTreeSet<String>,
}

/// What became of a run.
pub(crate) struct Ran {
    /// It was killed at the point; else it ended by itself.
    pub(crate) hit: bool,
    pub(crate) status: ExitStatus,
    pub(crate) stderr: String,
    /// Keys of the exchange at the point.
    pub(crate) keys: Vec<String>,
    pub(crate) handed: BTreeSet<String>,
    pub(crate) sent: BTreeSet<String>,
    /// What the gate itself saw go wrong.
    pub(crate) broken: Vec<String>,
}

impl Gate {
    /// Before the service at this address.
    pub(crate) fn new(service: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (books, service) = (Arc::<Mutex<Books>>::default(), service.replace("http://", ""));
        let kept = Arc::clone(&books);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (books, service) = (Arc::clone(&kept), service.clone());
                // A connection ends by an error: somebody has gone, or was killed.
                std::thread::spawn(move || relay(&client, &service, &books));
            }
        });
        Self { url, books }
    }

    /// Runs the program until it is killed when it reaches the point for the nth time, or ends by itself. `due` are the
    /// keys that it committed before.
    pub(crate) fn run(
        &self,
        mut command: Command,
        mirror: PathBuf,
        (point, nth): (Point, usize),
        due: BTreeSet<String>,
    ) -> Ran {
        let stdout = {
            let mut books = self.books.lock().unwrap();
            let mut child = command.spawn().unwrap();
            let stdout = child.stdout.take().unwrap();
            let run = Run {
                child,
                mirror,
                point,
                left: nth,
                handed: BTreeSet::new(),
                sent: BTreeSet::new(),
                keys: Vec::new(),
                hit: false,
                takes: 0,
                drained: false,
                acks: 0,
                lock: None,
                broken: Vec::new(),
                due,
            };
            books.run = Some(run);
            stdout
        };
        self.listen(stdout);
        let mut run = self.books.lock().unwrap().run.take().unwrap();
        let status = run.child.wait().unwrap();
        let mut stderr = String::new();
        run.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let Run { hit, keys, handed, sent, broken, .. } = run;
        Ran { hit, status, stderr, keys, handed, sent, broken }
    }

    /// Which of its words show that an answer was heard.
    fn listen(&self, stdout: ChildStdout) {
        let mut acks = 0;
        for line in BufReader::new(stdout).lines() {
            let Ok(line) = line else { return };
            acks += usize::from(line.contains("\"event\":\"pack_accepted\""));
            let mut books = self.books.lock().unwrap();
            let Some(run) = &mut books.run else { return };
            let heard = match run.point {
                Point(Exchange::Ack, Stage::Heard) => run.lock.is_some() && acks == run.acks,
                Point(Exchange::Closing, Stage::Heard) => line.contains("\"event\":\"up_to_date\""),
                _ => false,
            };
            if heard && !run.hit {
                run.kill();
            }
        }
    }

    /// What a key stands for.
    pub(crate) fn told(&self, key: &str) -> Told {
        self.books.lock().unwrap().told[key].clone()
    }

    /// Whether the service ever took the key.
    pub(crate) fn accepted(&self, key: &str) -> bool {
        self.books.lock().unwrap().accepted.contains(key)
    }
}

impl Run {
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.hit = true;
    }

    /// Whether this is the point, and the time.
    fn is_it(&mut self, exchange: Exchange, stage: Stage, keys: &[String]) -> bool {
        if self.point != Point(exchange, stage) || self.left == 0 {
            return false;
        }
        self.left -= 1;
        if self.left == 0 {
            keys.clone_into(&mut self.keys);
        }
        self.left == 0
    }

    /// Kills where this is the point.
    fn at(&mut self, exchange: Exchange, stage: Stage, keys: &[String]) -> io::Result<()> {
        if self.is_it(exchange, stage, keys) {
            self.kill();
        }
        if self.hit { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
    }

    /// Takes the mirror's write lock. Whoever closes it last must not tidy up: that is the program's.
    fn lock(&mut self) {
        let other = Connection::open(&self.mirror).unwrap();
        other.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
        other.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        self.lock = Some(other);
    }
}

/// A message as it came: its first line, its body, all of it.
struct Message {
    first: String,
    body: Vec<u8>,
    all: Vec<u8>,
}

fn message(from: &mut impl BufRead) -> io::Result<Message> {
    let (mut all, mut length) = (Vec::new(), 0);
    let mut first = String::new();
    loop {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        all.extend_from_slice(line.as_bytes());
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
        if first.is_empty() {
            first = line;
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    all.extend_from_slice(&body);
    Ok(Message { first, body, all })
}

fn relay(client: &TcpStream, service: &str, books: &Mutex<Books>) -> io::Result<()> {
    let service = TcpStream::connect(service)?;
    client.set_nodelay(true)?;
    service.set_nodelay(true)?;
    let (mut requests, mut answers) = (BufReader::new(client), BufReader::new(&service));
    loop {
        let request = message(&mut requests)?;
        let (exchange, keys) = books.lock().unwrap().asked(&request)?;
        (&service).write_all(&request.all)?;
        let answer = message(&mut answers)?;
        books.lock().unwrap().answered(client, exchange, keys, &answer)?;
    }
}

impl Books {
    /// A request has come: which exchange it is, and the keys that it brings.
    fn asked(&mut self, request: &Message) -> io::Result<(Exchange, Vec<String>)> {
        let mut exchange = match request.first.split(' ').nth(1).unwrap() {
            path if path.ends_with("/start") => Exchange::Start,
            path if path.ends_with("/ack") => Exchange::Ack,
            _ => Exchange::Page,
        };
        let mut keys = Vec::new();
        if exchange == Exchange::Ack {
            let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
            let sent = body["data"]["ack_keys"].as_array().unwrap();
            keys = sent.iter().map(|key| key.as_str().unwrap().to_owned()).collect();
        }
        let Some(run) = &mut self.run else { return Ok((exchange, keys)) };
        match exchange {
            Exchange::Start => {
                let early = run.due.iter().find(|key| !self.accepted.contains(*key));
                run.broken
                    .extend(early.map(|key| format!("a session is asked for before {key} is accepted")));
                if run.drained {
                    exchange = Exchange::Closing;
                }
            }
            Exchange::Ack => run.sent.extend(keys.iter().cloned()),
            _ => {
                run.takes += 1;
                if run.takes == 1 {
                    run.at(Exchange::First, Stage::Asked, &[])?;
                }
                // Its one worker asks for more, so it has the last page, and the lock keeps that out of the mirror.
                if run.lock.is_some() && run.point.0 == Exchange::Page {
                    run.kill();
                }
            }
        }
        run.at(exchange, Stage::Asked, &keys)?;
        Ok((exchange, keys))
    }

    /// The service has answered: the answer goes on, as far as it may.
    fn answered(
        &mut self,
        mut client: &TcpStream,
        mut exchange: Exchange,
        mut keys: Vec<String>,
        answer: &Message,
    ) -> io::Result<()> {
        let status = answer.first.split(' ').nth(1).unwrap();
        if exchange == Exchange::Ack && status == "202" {
            self.accepted.extend(keys.iter().cloned());
        }
        let watched = self.run.is_some();
        if exchange == Exchange::Page && status == "204" {
            exchange = Exchange::End;
        } else if exchange == Exchange::Page && status == "200" && watched {
            keys = self.page(&answer.body);
        }
        let Some(run) = &mut self.run else { return client.write_all(&answer.all) };
        run.drained |= exchange == Exchange::End;
        run.acks += usize::from(exchange == Exchange::Ack);
        run.at(exchange, Stage::Taken, &keys)?;
        let torn = &answer.all[..answer.all.len() - 1];
        if run.is_it(exchange, Stage::Torn, &keys) {
            client.write_all(torn)?;
            run.kill();
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        if exchange != Exchange::Closing && run.is_it(exchange, Stage::Heard, &keys) {
            run.lock();
        }
        client.write_all(&answer.all)?;
        run.at(exchange, Stage::Answered, &keys)
    }

    /// Books a page; its keys.
    fn page(&mut self, body: &[u8]) -> Vec<String> {
        let page = Page::parse(body.to_vec()).unwrap();
        let run = self.run.as_mut().unwrap();
        let mut keys = Vec::new();
        for item in page.items() {
            let key = item.ack_key.unwrap().to_owned();
            if self.accepted.contains(&key) || run.due.contains(&key) {
                run.broken.push(format!("{key} was committed and comes again"));
            }
            let told = (about(&item), item.revision.unwrap_or(0), item.event != EventType::Deleted);
            self.told.insert(key.clone(), told);
            run.handed.insert(key.clone());
            run.due.insert(key.clone());
            keys.push(key);
        }
        keys
    }
}
