//! What the process keeps from others: its files are its user's alone, whoever makes them, and a crash leaves no copy
//! of its memory, where the token is.

/// Closes the process; first thing, before there are threads.
#[cfg(unix)]
pub(super) fn close() {
    use rustix::fs::Mode;
    use rustix::process::{Resource, Rlimit, setrlimit, umask};
    // Each file is made with a mode of its own; this is for those that SQLite and a later hand make.
    umask(Mode::RWXG | Mode::RWXO);
    // Less than what is allowed is always allowed.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

/// Elsewhere a user's folders keep others out.
#[cfg(not(unix))]
pub(super) fn close() {}
