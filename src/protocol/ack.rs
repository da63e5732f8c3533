//! An ack pack on the wire.

use serde::{Deserialize, Serialize};

/// The body of an acknowledgement: keys of one device, in any order, repeats harmless.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AckBody<K> {
    /// The envelope.
    pub data: AckKeys<K>,
}

/// The keys of a pack. `K` is `&str` where they are sent, [`AckKey`] where they are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AckKeys<K> {
    /// The keys, opaque.
    pub ack_keys: Vec<K>,
}

/// An acknowledgement key. Opaque: never built, never parsed by a client.
pub type AckKey = String;

/// Writes the body that acknowledges `keys`.
pub fn encode<K: Serialize>(keys: Vec<K>) -> Vec<u8> {
    let body = AckBody { data: AckKeys { ack_keys: keys } };
    serde_json::to_vec(&body).unwrap_or_default() // strings always serialize
}
