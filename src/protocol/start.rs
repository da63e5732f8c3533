//! The answer of the start endpoint: a session and its queues.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::shape::{Few, Object};
use super::{BodyError, QueueName, SessionId, utf8};

/// The most queues in a session; today there is one, and each costs a request.
const QUEUES: usize = 10_000;

/// A synchronization session that the service opened for this device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its identifier, good until the session ends or expires.
    pub id: SessionId,
    /// Its queues; today there is one.
    pub queues: Vec<Queue>,
}

/// A queue of a session, with what the service guesses of its length: a guide and no promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// The queue's name.
    pub name: QueueName,
    /// How many pages it has, as the service guesses.
    pub pages: Option<u64>,
    /// How many instructions it has, as the service guesses.
    pub total_count: Option<u64>,
}

impl Session {
    /// Parses the body of a `201` from `start`.
    ///
    /// # Errors
    /// [`BodyError`] where the body is not a session.
    pub fn parse(body: Vec<u8>) -> Result<Self, BodyError> {
        let body = utf8(body)?;
        let Object(wire): Object<Wire<'_>> =
            serde_json::from_str(&body).map_err(|e| BodyError::json("session", &e))?;
        let Object(session) = wire.data;
        let queue = |Object(queue): Object<WireQueue<'_>>| {
            let Object(queue) = queue.data;
            Queue {
                name: QueueName(queue.name),
                pages: guess(queue.pages),
                total_count: guess(queue.total_count),
            }
        };
        Ok(Self { id: SessionId(session.id), queues: session.queues.0.into_iter().map(queue).collect() })
    }
}

/// A guess is a guide: where it is no count, there is none.
fn guess(raw: Option<&RawValue>) -> Option<u64> {
    raw?.get().parse().ok()
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    data: Object<WireSession<'a>>,
}

#[derive(Deserialize)]
struct WireSession<'a> {
    id: String,
    #[serde(borrow)]
    queues: Few<Object<WireQueue<'a>>, QUEUES>,
}

#[derive(Deserialize)]
struct WireQueue<'a> {
    #[serde(borrow)]
    data: Object<WireQueueData<'a>>,
}

#[derive(Deserialize)]
struct WireQueueData<'a> {
    name: String,
    #[serde(borrow, default)]
    pages: Option<&'a RawValue>,
    #[serde(borrow, default)]
    total_count: Option<&'a RawValue>,
}
