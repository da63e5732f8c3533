//! The real program in a real pseudo-terminal: what it draws, that every key does what it promises, and that it gives
//! the terminal back however it ends.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]

#[path = "terminal/actions.rs"]
mod actions;
#[path = "terminal/child.rs"]
mod child;
#[path = "terminal/colours.rs"]
mod colours;
#[path = "terminal/ends.rs"]
mod ends;
#[path = "terminal/hostile.rs"]
mod hostile;
#[path = "terminal/input.rs"]
mod input;
#[path = "terminal/pace.rs"]
mod pace;
#[path = "service/process.rs"]
#[expect(dead_code, reason = "shared with other tests, which use all of it")]
mod process;
#[path = "terminal/pty.rs"]
mod pty;
#[path = "terminal/scripts.rs"]
mod scripts;
#[path = "terminal/serving.rs"]
mod serving;
#[path = "terminal/title.rs"]
mod title;
#[path = "terminal/walks.rs"]
mod walks;
#[path = "terminal/welcome.rs"]
mod welcome;
