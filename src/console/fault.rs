//! A panic on purpose, so that tests of the real program see what it leaves behind. Debug builds only; elsewhere
//! nothing.

/// The variable that names the thread that is to panic; `view` is the drawing.
#[cfg(debug_assertions)]
const VARIABLE: &str = "DRAINBOARD_PANIC";

/// Panics where it is wanted `here`, once the terminal is ours.
#[cfg(debug_assertions)]
pub(super) fn provoke(here: Option<&str>) {
    let wanted = std::env::var(VARIABLE).ok();
    // The hook of a panic comes by here as well.
    if wanted.is_some()
        && wanted.as_deref() == here
        && super::terminal::claimed()
        && !std::thread::panicking()
    {
        panic!("{VARIABLE} wants it");
    }
}

/// Nothing.
#[cfg(not(debug_assertions))]
pub(super) fn provoke(_here: Option<&str>) {}
