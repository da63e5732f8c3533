//! The Sync service over real HTTP, as a client that is written by hand sees it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

#[path = "service/wire.rs"]
mod wire;

#[path = "service/client.rs"]
mod client;

#[path = "service/access.rs"]
mod access;
#[path = "service/conformance.rs"]
mod conformance;
#[path = "service/drain.rs"]
mod drain;
#[path = "service/edits.rs"]
mod edits;
#[path = "service/errors.rs"]
mod errors;
#[path = "service/faults.rs"]
mod faults;
#[path = "service/hostile.rs"]
mod hostile;
#[path = "service/official.rs"]
mod official;
#[path = "service/packed.rs"]
mod packed;
#[path = "service/panel.rs"]
mod panel;
#[path = "service/process.rs"]
#[expect(dead_code, reason = "shared with other tests, which use all of it")]
mod process;
#[path = "service/replay.rs"]
mod replay;
#[path = "service/speed.rs"]
mod speed;
#[path = "service/told.rs"]
mod told;
#[path = "service/watch.rs"]
mod watch;
