//! What can go wrong in one exchange, and what helps against it: the words that all of the client and the engine use.
//!
//! Which of them fits is said where it is seen: of a status by `refusal`, of a connection and a body by `exchange`.
//! Whether, when and how often something is tried again by that is the engine's to decide.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// Which exchange it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// `POST /v2/sync/start`
    Start,
    /// `GET /v2/sync/:session/queues/:queue`
    Take,
    /// `POST /v2/sync/ack`
    Acknowledge,
    /// Anything else: no client of ours asks for it, but a service whose clients are watched is.
    Other,
}

/// What helps against a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The same request again, after a wait. Ends as unreachable when the tries are used up.
    Retry,
    /// The body was larger than the bound: three tries in a run, then the run ends with 1.
    RetryTooLarge,
    /// The session is unknown or expired: a new one.
    NewSession,
    /// An ack pack was refused (400, 413, 422): halve it until the bad key stands alone.
    Halve,
    /// The service says no (401, 403): nothing but another token helps.
    Refused,
    /// Something answers there that is no Sync API (404 on start or ack, a redirect): another base URL helps.
    WrongAddress,
    /// The service calls our request wrong (400, 422 on start or take): nothing that we could do differently.
    Rejected,
}

/// What happened, for screens and machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// No connection: refused, no such host, no route.
    Connect,
    /// The certificate was not trusted, or TLS failed otherwise.
    Tls,
    /// A time limit passed.
    Timeout,
    /// The connection ended before the answer did, or the body was shorter than announced.
    Cut,
    /// The body was larger than the bound.
    TooLarge,
    /// A status that the protocol does not know as success here.
    Status,
    /// A success whose body is not what the protocol says.
    Body,
}

/// One failed exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which exchange.
    pub operation: Operation,
    /// What happened.
    pub kind: FailureKind,
    /// What helps.
    pub verdict: Verdict,
    /// The HTTP status, where one came.
    pub status: Option<u16>,
    /// The documented error code, made visible.
    pub code: Option<String>,
    /// One line for people: what happened, to what, and what to do. Visible text, without the token.
    pub message: String,
    /// The service's name for the request.
    pub request_id: Option<String>,
    /// How long the service asked us to wait.
    pub retry_after: Option<Duration>,
    /// From sending the request to the failure.
    pub elapsed: Duration,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// A base URL or token that cannot be used; wrong usage (exit status 2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);
