//! The Sync API's words: the types that cross the wire, parsed once and borrowed from the body. No I/O, no clock.
//!
//! Everything above speaks in these types. Nothing here trusts the service: a body is either exactly what the
//! protocol says or a [`BodyError`], and whatever an item carries is kept as the bytes that came.
//!
//! In reading order: [`page`] (a page of instructions), `scan` (checks a page and finds its parts in one pass),
//! [`start`] (a session and its queues), [`ack`] (an ack pack), [`record`] (a record's identity and top-level fields),
//! [`walk`] (where they lie in JSON that was checked), [`error`] (the service's error envelope), [`host`] (hosts
//! that are this machine).

pub mod ack;
pub mod error;
pub mod host;
pub mod page;
mod places;
pub mod record;
mod scan;
mod shape;
pub mod start;
pub mod walk;

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use page::{EventType, FailedObject, Item, Page};
pub use places::Fields;
pub use record::RecordId;
pub use start::{Queue, Session};

/// The header that names the device; every request carries it.
pub const DEVICE_HEADER: &str = "X-Basecrm-Device-UUID";
/// The header in which the service names a request; it equals `meta.logref` of an error body.
pub const REQUEST_ID_HEADER: &str = "X-Request-Id";
/// The documented limit, in requests a second for one token.
pub const DOCUMENTED_RATE: u32 = 10;
/// The documented limit, in requests an hour for one token.
pub const DOCUMENTED_HOURLY: u32 = 36_000;

/// The path of the start endpoint, below the base URL.
pub const START_PATH: &str = "/v2/sync/start";
/// The path of the acknowledgement endpoint, below the base URL.
pub const ACK_PATH: &str = "/v2/sync/ack";

/// The client that wants to keep data in sync: the same UUID for ever, or everything is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceUuid(pub Uuid);

impl DeviceUuid {
    /// A UUID that no device had before (version 4).
    pub fn fresh() -> Self {
        Self(Uuid::new_v4())
    }

    /// The first eight characters: how screens name a device.
    pub fn short(&self) -> String {
        self.to_string().chars().take(8).collect()
    }
}

impl fmt::Display for DeviceUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

impl std::str::FromStr for DeviceUuid {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

/// One synchronization session, as `start` named it. Opaque.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub String);

impl SessionId {
    /// The first eight characters, controls made visible: how screens name a session.
    pub fn short(&self) -> String {
        crate::text::visible(&self.0.chars().take(8).collect::<String>()).into_owned()
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::text::visible(&self.0))
    }
}

/// A queue's name; today the service has one, `main`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QueueName(pub String);

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::text::visible(&self.0))
    }
}

/// A body with the right status that is not what the protocol says: never an empty page and never the end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The bytes are no UTF-8; the offset of the first wrong one.
    #[error("the body is not UTF-8 (byte {0})")]
    NotUtf8(usize),
    /// The text is no JSON, or cut.
    #[error("the body is not the JSON of a {what}: {reason}")]
    NotJson {
        /// What was expected: `page`, `session`.
        what: &'static str,
        /// The parser's words, without the body's.
        reason: String,
    },
}

impl BodyError {
    pub(crate) fn json(what: &'static str, error: &serde_json::Error) -> Self {
        Self::NotJson { what, reason: crate::text::visible(&error.to_string()).into_owned() }
    }
}

/// Takes a body's bytes as text, without a copy.
pub(crate) fn utf8(body: Vec<u8>) -> Result<String, BodyError> {
    String::from_utf8(body).map_err(|e| BodyError::NotUtf8(e.utf8_error().valid_up_to()))
}
