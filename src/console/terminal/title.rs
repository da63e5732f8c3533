//! The terminal's title and its bell. The title that was there is kept by the terminal and comes back.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

/// Keep the title that is there (XTWINOPS); terminals that cannot read over it.
const KEEP: &[u8] = b"\x1b[22;0t";
/// No title of ours any more, and the kept one back.
const BACK: &[u8] = b"\x1b]0;\x07\x1b[23;0t";

/// The title is ours.
static OURS: AtomicBool = AtomicBool::new(false);

/// Whether this terminal has a title.
fn there_is_one() -> bool {
    std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb" && term != "linux")
}

/// The bytes that show a title; none where there is no place for it. Control characters never get in.
pub(super) fn shown(text: &str) -> Option<Vec<u8>> {
    if !there_is_one() {
        return None;
    }
    let keep = if OURS.swap(true, Ordering::SeqCst) { &[][..] } else { KEEP };
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    Some([keep, b"\x1b]0;", text.as_bytes(), b"\x07"].concat())
}

/// The bytes that give the title back, where it is ours.
pub(super) fn back() -> &'static [u8] {
    if OURS.swap(false, Ordering::SeqCst) { BACK } else { &[] }
}

/// Rings.
pub(super) fn bell() -> io::Result<()> {
    if there_is_one() { super::write_all(b"\x07") } else { Ok(()) }
}
