//! The console's three rooms that are made of Unix calls, as they are on other systems: `tty`, `input`, `signals`.
//!
//! Promise: each has the face of its twin, so that nobody else in the console knows where it runs.

pub(super) mod input;
pub(super) mod signals;
pub(super) mod tty;
