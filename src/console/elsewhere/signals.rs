//! Signals where there are none: in raw mode Ctrl-C is a key like any other, and sizes come with the keys.

use std::io;
use std::sync::Arc;

use super::super::inbox::Inbox;

/// Waits for nothing.
pub(in super::super) struct Watch;

impl Watch {
    /// Begins to wait for nothing.
    #[expect(clippy::unnecessary_wraps, reason = "its twin can fail")]
    pub(in super::super) fn start(_: &Arc<Inbox>) -> io::Result<Self> {
        Ok(Self)
    }
}

impl Drop for Watch {
    /// Ends nothing, where its twin ends a thread.
    fn drop(&mut self) {}
}

/// No system but Unix stops a process at its terminal.
pub(in super::super) fn stop() {}
