//! The Sync service over real HTTP, as a client that is written by hand sees it.

#[path = "service/wire.rs"]
mod wire;

#[path = "service/access.rs"]
mod access;
#[path = "service/drain.rs"]
mod drain;
#[path = "service/edits.rs"]
mod edits;
#[path = "service/errors.rs"]
mod errors;
