//! `drainboard export`: what leaves the mirror is what came, all of it or nothing, and can be proven later.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

#[path = "replay/kit.rs"]
#[expect(dead_code, reason = "shared with the tests of replays, which use all of it")]
mod kit;
#[path = "mirror/kit.rs"]
#[expect(dead_code, reason = "shared with the tests of the mirror, which use all of it")]
mod mirrors;
#[path = "service/process.rs"]
#[expect(dead_code, reason = "shared with other tests, which use all of it")]
mod process;

#[path = "export/choice.rs"]
mod choice;
#[path = "export/filled.rs"]
mod filled;
#[path = "export/folder.rs"]
mod folder;
#[path = "export/kit_of_exit.rs"]
mod kit_of_exit;
#[path = "export/round_trip.rs"]
mod round_trip;
#[path = "export/tables.rs"]
mod tables;
#[cfg(feature = "parquet")]
#[path = "export/typed.rs"]
mod typed;
