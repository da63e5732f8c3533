//! The answer of the start endpoint: a session and its queues.

use serde::Deserialize;

use super::{BodyError, QueueName, SessionId, utf8};

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
        let wire: Wire = serde_json::from_str(&body).map_err(|e| BodyError::json("session", &e))?;
        Ok(Self {
            id: SessionId(wire.data.id),
            queues: wire
                .data
                .queues
                .into_iter()
                .map(|queue| Queue {
                    name: QueueName(queue.data.name),
                    pages: queue.data.pages.and_then(|n| n.as_u64()),
                    total_count: queue.data.total_count.and_then(|n| n.as_u64()),
                })
                .collect(),
        })
    }
}

#[derive(Deserialize)]
struct Wire {
    data: WireSession,
}

#[derive(Deserialize)]
struct WireSession {
    id: String,
    queues: Vec<WireQueue>,
}

#[derive(Deserialize)]
struct WireQueue {
    data: WireQueueData,
}

#[derive(Deserialize)]
struct WireQueueData {
    name: String,
    #[serde(default)]
    pages: Option<serde_json::Value>,
    #[serde(default)]
    total_count: Option<serde_json::Value>,
}
