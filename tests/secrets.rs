//! The token is nowhere: the built program is run through whatever could leak it, and every byte that it wrote is
//! searched, on its streams, on the terminal, in files and in the list of processes. What it makes is for its user
//! alone. And the SQL that it takes reads and does nothing else.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

#[path = "secrets/addresses.rs"]
mod addresses;
#[path = "secrets/attacks.rs"]
mod attacks;
#[path = "secrets/commands.rs"]
mod commands;
#[path = "secrets/console.rs"]
mod console;
#[path = "secrets/den.rs"]
mod den;
#[path = "secrets/echo.rs"]
mod echo;
#[path = "secrets/formulas.rs"]
mod formulas;
#[path = "secrets/keyring.rs"]
mod keyring;
#[path = "service/process.rs"]
#[expect(dead_code, reason = "of it only how a service tells where it is")]
mod process;
#[expect(dead_code, reason = "the terminal's tests use all of it")]
#[path = "terminal/pty.rs"]
mod pty;
#[path = "secrets/search.rs"]
mod search;
