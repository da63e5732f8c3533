//! drainboard: a console that watches an async engine drain a device's queue into a local SQLite mirror.
//!
//! # The way of the data
//!
//! ```text
//! service ──HTTP──▶ client ──page──▶ mirror: ONE transaction { rows, ack keys into the outbox }
//!                                       │ committed and durable
//!         ack pack ◀── outbox ◀─────────┘          engine ──Event──▶ console (state → draw)
//!            │ 202                                   ▲
//!            ▼                                       └──Command── keys, palette, mouse
//!    the keys leave the outbox
//! ```
//!
//! # The rooms, in reading order
//!
//! - [`text`]: the door between a service's words and a terminal.
//! - [`spreadsheet`]: the door between a service's words and a spreadsheet.
//! - [`files`]: what only the user can read, and what is whole or not there.
//! - [`protocol`]: the Sync API's wire types, parsed once, borrowed from the body.
//! - [`client`]: one HTTP exchange each, and what helps when it fails.
//! - [`mirror`]: SQLite: schema, plan, apply, outbox, history, reading.
//! - [`service`]: the other side of the wire: the Sync service itself.
//! - [`engine`]: the flow (pure), its driver, commands and events.
//! - [`export`]: the mirror as files that others read: NDJSON, CSV, Parquet, with a manifest.
//! - [`config`]: flags over environment over the configuration's file over defaults; where the token comes from.
//! - [`console`]: the ratatui front end.
//! - [`commands`]: the command line: one file a subcommand, headless watchers.
//!
//! Imports look down only: `text` ← `protocol` ← `client`, `mirror`, `service` (siblings) ← `engine`, `export` ←
//! `console` ← `commands` ← `main`. A layer owns its crate: reqwest only in `client`, rusqlite only in `mirror` and
//! `service`, axum only in `service`, ratatui and crossterm only in `console`, clap only in `commands`.
//! `tests/house.rs` holds this.
//!
//! # The promises
//!
//! 1. A key is acknowledged only after its instruction is durable. Nothing acknowledged is ever missing, and nothing is
//!    downloaded twice that was committed and could be acknowledged.
//! 2. No session starts while keys of committed instructions are unaccepted; only 202 accepts.
//! 3. An older revision never overwrites a newer one; a delete leaves a tombstone.
//! 4. Drained means 204. Converged means that `start` answered 204, and nothing else.
//! 5. Nothing is dropped: what came is kept byte for byte.
//! 6. The token never reaches a screen, a log, an export, a crash report or another host.

pub mod client;
pub mod commands;
pub mod config;
pub mod console;
pub mod engine;
pub mod export;
pub mod files;
pub mod mirror;
pub mod protocol;
pub mod service;
pub mod spreadsheet;
pub mod text;
