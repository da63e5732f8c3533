//! The mirror's promises, through its public face.

#![cfg_attr(not(unix), expect(unused, reason = "what only the tests of signals, modes and links use"))]
#![expect(clippy::unwrap_used, reason = "in a test a panic is the answer")]

#[path = "mirror/as_of.rs"]
mod as_of;
#[path = "mirror/compare.rs"]
mod compare;
#[path = "mirror/debug.rs"]
mod debug;
#[path = "mirror/files.rs"]
mod files;
#[path = "mirror/kit.rs"]
mod kit;
#[path = "mirror/line.rs"]
mod line;
#[path = "mirror/model.rs"]
mod model;
#[path = "mirror/orphans.rs"]
mod orphans;
#[path = "mirror/outbox.rs"]
mod outbox;
#[path = "mirror/reading.rs"]
mod reading;
