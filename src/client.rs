//! One HTTP exchange each: start a session, take a page, acknowledge a pack. Owns reqwest.
//!
//! Promises: the token goes to the base URL's host and nowhere else (no redirect is followed, no link in an answer is
//! believed, no proxy for loopback, plain HTTP to loopback only, decided on the parsed host before DNS); a body is
//! bounded in size and time; a failure says by its [`Verdict`] what helps. The client never waits, paces or retries:
//! that is the engine's.
//!
//! In reading order: [`failure`] (verdicts), `address` (where a request may go), `call` (a request), `exchange` (the
//! one way over the wire), `refusal` (what a status means and says), `retry_after`, `redact` (the token goes), `words`
//! (the service's text, made safe), [`door`] (what messages call a setting). Beside them, for whoever watches: [`tap`]
//! (the exchanges, recorded without the token, and [`har`], their archive) and [`curl`].

mod address;
mod call;
pub mod curl;
pub mod door;
mod exchange;
pub mod failure;
mod redact;
mod refusal;
mod retry_after;
pub mod tap;
mod words;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::protocol::{BodyError, DeviceUuid, Page, QueueName, Session, SessionId, ack};

use address::Base;
use call::Call;
use exchange::{Reply, Wire};
use redact::Redactor;

use tap::exchange::Headers;
use tap::{Label, Note, Received, Redactors};

pub use door::{Door, Subject};
pub use failure::{ConfigError, Failure, FailureKind, Operation, Verdict};
pub use tap::{Tap, har};

/// What a client needs to know.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// The service's base URL, as given: `https://api.getbase.com`.
    pub base_url: String,
    /// The token, sent as `Authorization: Bearer`.
    pub token: SecretString,
    /// Where the token came from, in words, for the message of a 401 (`BASECRM_ACCESS_TOKEN`, `--token-file …`).
    pub token_source: String,
    /// The device that every request names.
    pub device: DeviceUuid,
    /// The largest body after decompression, in bytes.
    pub max_page: u64,
    /// In whose words messages speak of these.
    pub door: Door,
}

/// The default bound on a body: 128 MiB after decompression.
pub const MAX_PAGE: u64 = 128 * 1024 * 1024;

/// Bodies above this many bytes are parsed off the calling task's thread.
const PARSE_HERE: usize = 1024 * 1024;

/// How long the parts of an exchange may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For a connection, TLS included.
    pub connect: Duration,
    /// Without a byte from the service.
    pub silence: Duration,
    /// For the whole exchange, before its body is weighed.
    pub exchange: Duration,
    /// On top of `exchange` for each MiB received.
    pub each_mib: Duration,
    /// For the body of an answer whose status already says it all.
    pub epilogue: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            silence: Duration::from_secs(30),
            exchange: Duration::from_mins(1),
            each_mib: Duration::from_secs(1),
            epilogue: Duration::from_secs(5),
        }
    }
}

/// An answer with what its exchange cost.
#[derive(Debug)]
pub struct Answer<T> {
    /// The answer.
    pub value: T,
    /// The HTTP status.
    pub status: u16,
    /// Bytes of the body after decompression.
    pub bytes: u64,
    /// From sending the request to the body's last byte.
    pub elapsed: Duration,
    /// The service's name for the request.
    pub request_id: Option<String>,
    /// The exchange's number in the tap, where there is one.
    pub exchange: Option<u64>,
}

/// What `start` answered.
#[derive(Debug)]
pub enum Started {
    /// 201: a session to drain.
    Session(Session),
    /// 204: nothing to synchronize.
    UpToDate,
}

/// What a queue answered.
#[derive(Debug)]
pub enum Taken {
    /// 200: a page, which may be empty.
    Page(Page),
    /// 204: this queue is drained.
    Drained,
}

/// The three endpoints. Cheap to clone; connections are kept and shared.
#[derive(Clone)]
pub struct Client {
    wire: Arc<Wire>,
    tapped: Option<Tapped>,
}

/// Where exchanges are recorded, and what is said about the next ones.
#[derive(Clone)]
struct Tapped {
    tap: Tap,
    redactors: Redactors,
    /// The headers of a take, known once.
    taking: Headers,
    label: Label,
    attempt: u32,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.wire.base).finish_non_exhaustive()
    }
}

impl Client {
    /// Makes a client; no request is sent.
    ///
    /// # Errors
    /// [`ConfigError`] for a base URL or token that cannot be used, or where TLS has no certificates to trust.
    pub fn new(config: ClientConfig) -> Result<Self, ConfigError> {
        Self::with_limits(config, Limits::default())
    }

    /// Makes a client with time limits of one's own.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with_limits(config: ClientConfig, limits: Limits) -> Result<Self, ConfigError> {
        Ok(Self { wire: Arc::new(Wire::new(config, limits)?), tapped: None })
    }

    /// From now on `tap` records this client's exchanges, without its token.
    pub fn with_tap(self, tap: Tap) -> Self {
        let redactors = Redactors::new(&self.wire.config.token);
        let taking = redactors.headers(&Call::take(self.wire.base.start()).sent(&self.wire.config));
        let tapped = Tapped { tap, redactors, taking, label: Label::default(), attempt: 0 };
        Self { tapped: Some(tapped), ..self }
    }

    /// The same client; the tap records that its exchanges carry this pack, for the `attempt`th time.
    pub fn for_pack(&self, pack: i64, keys: u64, attempt: u32) -> Self {
        let mut client = self.clone();
        if let Some(tapped) = &mut client.tapped {
            tapped.label = Label { pack: Some(pack), items: Some(keys), ..Label::default() };
            tapped.attempt = attempt;
        }
        client
    }

    /// Tells the tap which page of the mirror an exchange brought.
    pub fn brought_page(&self, exchange: Option<u64>, page: i64) {
        if let (Some(tapped), Some(number)) = (&self.tapped, exchange) {
            tapped.tap.is_page(number, page);
        }
    }

    /// `POST /v2/sync/start`.
    ///
    /// # Errors
    /// [`Failure`], whose verdict says what helps.
    pub async fn start(&self) -> Result<Answer<Started>, Failure> {
        let reply = self.send(Call::start(&self.wire.base), |_| ()).await?;
        let wire = Arc::clone(&self.wire);
        let parse = move |status, body: &Arc<String>| match status {
            204 => Ok(Started::UpToDate),
            _ => session(body, &wire.redactor).map(Started::Session),
        };
        let learn = |started: &Started, label: &mut Label| {
            if let Started::Session(session) = started {
                label.session = Some(session.id.0.clone());
            }
        };
        self.answer(Operation::Start, reply, parse, learn).await
    }

    /// `GET /v2/sync/:session/queues/:queue`: takes the next page off the queue.
    ///
    /// # Errors
    /// [`Failure`], whose verdict says what helps.
    pub async fn take(&self, session: &SessionId, queue: &QueueName) -> Result<Answer<Taken>, Failure> {
        let Some(url) = self.wire.base.queue(session, queue) else {
            return Err(self.wire.unaddressable(session, queue));
        };
        let label = |label: &mut Label| {
            label.session = Some(session.0.clone());
            label.queue = Some(queue.0.clone());
        };
        let reply = self.send(Call::take(url), label).await?;
        let parse = |status, body: &Arc<String>| match status {
            204 => Ok(Taken::Drained),
            _ => Page::of(Arc::clone(body)).map(Taken::Page).map_err(why),
        };
        let learn = |taken: &Taken, label: &mut Label| {
            if let Taken::Page(page) = taken {
                label.items = Some(page.len() as u64);
            }
        };
        self.answer(Operation::Take, reply, parse, learn).await
    }

    /// `POST /v2/sync/ack`: only 202 is `Ok`.
    ///
    /// # Errors
    /// [`Failure`], whose verdict says what helps.
    pub async fn acknowledge(&self, keys: &[String]) -> Result<Answer<()>, Failure> {
        let body = ack::encode(keys.iter().collect());
        let count = keys.len() as u64;
        let reply =
            self.send(Call::acknowledge(&self.wire.base, body), |label| label.items = Some(count)).await?;
        self.answer(Operation::Acknowledge, reply, |_, _| Ok(()), |(), _| ()).await
    }

    /// Sends a call, recorded where somebody taps.
    async fn send(&self, call: Call, describe: impl FnOnce(&mut Label)) -> Result<Reply, Failure> {
        let note = self.tapped.as_ref().map_or_else(Note::nothing, |tapped| {
            let mut label = tapped.label.clone();
            describe(&mut label);
            let headers = match call.operation {
                Operation::Take => tapped.taking.clone(),
                _ => tapped.redactors.headers(&call.sent(&self.wire.config)),
            };
            Note::begin(&tapped.tap, &tapped.redactors, call.draft(headers, label, tapped.attempt))
        });
        self.wire.exchange(call, note).await
    }

    /// Turns a reply of a status that the protocol knows as success into an answer; `parse` may be slow.
    async fn answer<T, P>(
        &self,
        operation: Operation,
        reply: Reply,
        parse: P,
        learn: impl FnOnce(&T, &mut Label),
    ) -> Result<Answer<T>, Failure>
    where
        T: Send + 'static,
        P: FnOnce(u16, &Arc<String>) -> Result<T, String> + Send + 'static,
    {
        let Reply { status, body, html, elapsed, request_id, mut note } = reply;
        let (bytes, large) = (body.len() as u64, body.len() > PARSE_HERE);
        let read = move || match String::from_utf8(body).map(Arc::new) {
            Ok(text) => (parse(status, &text), Received::Text(text)),
            Err(e) => {
                let why = why(BodyError::NotUtf8(e.utf8_error().valid_up_to()));
                (Err(why), Received::Bytes(e.into_bytes()))
            }
        };
        let (parsed, received) = if large {
            let failed = |e| (Err(format!("reading it failed: {e}")), Received::Bytes(Vec::new()));
            tokio::task::spawn_blocking(read).await.unwrap_or_else(failed)
        } else {
            read()
        };
        note.received(&received);
        match parsed {
            Ok(value) => {
                note.learn(|label| learn(&value, label));
                let exchange = note.end(None);
                Ok(Answer { value, status, bytes, elapsed, request_id, exchange })
            }
            Err(why) => {
                let failure = self.wire.no_body(operation, status, html, &why, request_id, elapsed);
                note.end(Some(&failure));
                Err(failure)
            }
        }
    }
}

/// Reads a session whose names can be asked for, and told to anybody.
fn session(body: &str, redactor: &Redactor) -> Result<Session, String> {
    let session = Session::parse(body.into()).map_err(why)?;
    let mut names = std::iter::once(&session.id.0).chain(session.queues.iter().map(|q| &q.name.0));
    if names.clone().any(|name| redactor.finds(name)) {
        return Err("it names the session or a queue after the token, which is written nowhere".to_owned());
    }
    match names.find(|name| !address::is_segment(name)) {
        Some(name) => Err(format!("\"{name}\" names no session and no queue")),
        None => Ok(session),
    }
}

/// Why a body is none of ours; the message around it says what was expected.
fn why(error: BodyError) -> String {
    match error {
        BodyError::NotJson { reason, .. } => reason,
        not_utf8 @ BodyError::NotUtf8(_) => not_utf8.to_string(),
    }
}

/// The origin of a base URL (`https://api.getbase.com`): who a mirror's data belongs to. `door`: where it was said.
///
/// # Errors
/// [`ConfigError`] for a base URL that [`Client::new`] would not take.
pub fn origin(base_url: &str, door: Door) -> Result<String, ConfigError> {
    Base::parse(base_url, door).map(|base| base.origin())
}

/// Whether a token can be sent as it is: visible ASCII, without blanks.
///
/// # Errors
/// [`ConfigError`] that names where the token came from and says what is wrong, without the token.
pub fn check_token(token: &SecretString, source: &str) -> Result<(), ConfigError> {
    let token = token.expose_secret();
    let wrong = if token.trim().is_empty() {
        "is empty"
    } else if token.chars().any(char::is_whitespace) {
        "contains a blank or a line break"
    } else if token.chars().any(|c| !c.is_ascii_graphic()) {
        "contains a character that is no visible ASCII"
    } else if token.len() > 8192 {
        "is longer than 8 KiB"
    } else {
        return Ok(());
    };
    Err(ConfigError(format!(
        "the token from {source} {wrong}; copy it again, alone and whole (it is not shown here)"
    )))
}
