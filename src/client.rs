//! One HTTP exchange each: start a session, take a page, acknowledge a pack. Owns reqwest.
//!
//! Promises: the token goes to the base URL's host and nowhere else (no redirect is followed, no link in an answer is
//! believed, no proxy for loopback, plain HTTP to loopback only, decided on the parsed host before DNS); a body is
//! bounded in size and time; a failure says by its [`Verdict`] what helps. The client never waits, paces or retries:
//! that is the engine's.

pub mod failure;

use std::time::Duration;

use secrecy::SecretString;

use crate::protocol::{DeviceUuid, Page, QueueName, Session, SessionId};

pub use failure::{ConfigError, Failure, FailureKind, Operation, Verdict};

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
}

/// The default bound on a body: 128 MiB after decompression.
pub const MAX_PAGE: u64 = 128 * 1024 * 1024;

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
#[derive(Debug, Clone)]
pub struct Client {
    _config: std::sync::Arc<ClientConfig>,
}

impl Client {
    /// Makes a client; no request is sent.
    ///
    /// # Errors
    /// [`ConfigError`] for a base URL or token that cannot be used.
    pub fn new(config: ClientConfig) -> Result<Self, ConfigError> {
        Ok(Self { _config: std::sync::Arc::new(config) })
    }

    /// `POST /v2/sync/start`.
    ///
    /// # Errors
    /// [`Failure`], whose verdict says what helps.
    pub async fn start(&self) -> Result<Answer<Started>, Failure> {
        todo!()
    }

    /// `GET /v2/sync/:session/queues/:queue`: takes the next page off the queue.
    ///
    /// # Errors
    /// [`Failure`], whose verdict says what helps.
    pub async fn take(&self, _session: &SessionId, _queue: &QueueName) -> Result<Answer<Taken>, Failure> {
        todo!()
    }

    /// `POST /v2/sync/ack`: only 202 is `Ok`.
    ///
    /// # Errors
    /// [`Failure`], whose verdict says what helps.
    pub async fn acknowledge(&self, _keys: &[String]) -> Result<Answer<()>, Failure> {
        todo!()
    }
}
