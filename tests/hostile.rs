//! A hostile service: the built program against a server that does everything a real network and a broken gateway do.
//!
//! Each fault ends in a retry, a clear error, or the item kept; never in a panic, unbounded memory, a leak or a loss.
//! What holds in every case is in `case`; the tables are `absence` (silence and dripping), `network` (connections and
//! HTTP), `gateway` (whole answers that are none of ours), `bombs` (compressed ones) and `records` (what may be in a
//! page). The library below is tried alone in `tests/client`.
//!
//! `cargo test --test hostile -- --nocapture` shows what the program said in each case, its memory and its time.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "hostile/absence.rs"]
mod absence;
#[path = "hostile/bombs.rs"]
mod bombs;
#[path = "hostile/case.rs"]
mod case;
#[path = "hostile/gateway.rs"]
mod gateway;
#[path = "hostile/network.rs"]
mod network;
#[path = "hostile/program.rs"]
mod program;
#[path = "hostile/records.rs"]
mod records;
#[path = "hostile/server.rs"]
mod server;
