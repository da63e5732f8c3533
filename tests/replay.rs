//! An account from elsewhere, served again: mirror → serve → sync → mirror gives the same rows, byte for byte. All with
//! the real binary.
#![cfg_attr(not(unix), expect(unused, reason = "what only the tests of signals, modes and links use"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

#[path = "replay/kit.rs"]
mod kit;
#[path = "service/process.rs"]
#[expect(dead_code, reason = "shared with other tests, which use all of it")]
mod process;

#[path = "replay/crash.rs"]
mod crash;
#[path = "replay/rows.rs"]
mod rows;
#[path = "replay/sources.rs"]
mod sources;
