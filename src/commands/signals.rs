//! The signals that end a command: SIGINT, SIGTERM, SIGHUP, as one stream.

use std::io;

/// A request from outside to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM, or the terminal has gone (SIGHUP).
    #[cfg_attr(not(unix), expect(dead_code, reason = "only Unix sends it"))]
    Terminate,
}

impl Signal {
    /// The exit status that shells expect: 128 and the signal's number.
    pub(super) fn exit_status(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }

    /// What happened, for the summary.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "interrupted",
            Self::Terminate => "terminated",
        }
    }
}

/// From its making on, these signals do not end the process by themselves.
#[cfg(unix)]
pub(super) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// None under `nohup`: who asked for the terminal's end to be ignored means it.
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    /// Listens, on the current runtime.
    ///
    /// # Errors
    /// Where the system allows no handler.
    pub(super) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: if hangup_is_ignored() { None } else { Some(signal(SignalKind::hangup())?) },
        })
    }

    /// The next signal.
    pub(super) async fn next(&mut self) -> Signal {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
            _ = hangup => Signal::Terminate,
        }
    }
}

/// Requests from outside not to wait any longer: SIGUSR1.
#[cfg(unix)]
pub(super) struct Nudges(tokio::signal::unix::Signal);

#[cfg(unix)]
impl Nudges {
    /// Listens, on the current runtime.
    ///
    /// # Errors
    /// Where the system allows no handler.
    pub(super) fn listen() -> io::Result<Self> {
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::user_defined1()).map(Self)
    }

    /// The next one, or one that came since the last.
    pub(super) async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

/// Other systems have no such signal.
#[cfg(not(unix))]
pub(super) struct Nudges;

#[cfg(not(unix))]
impl Nudges {
    /// Listens to nothing.
    ///
    /// # Errors
    /// None here.
    #[expect(clippy::unnecessary_wraps, reason = "its twin can fail")]
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    /// Never.
    pub(super) async fn next(&mut self) {
        std::future::pending::<()>().await;
    }
}

/// From now on a write beyond the limit of file sizes (`ulimit -f`) is an error that can be told, and not the end.
#[cfg(unix)]
pub(super) fn outlive_limits() {
    // Nobody looks at the flag: that there is a handler is enough. Where the system allows none, it is as before.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default());
}

/// Other systems send no such signal.
#[cfg(not(unix))]
pub(super) fn outlive_limits() {}

/// Whether this process was started with SIGHUP ignored, as far as the system tells (Linux does).
#[cfg(unix)]
fn hangup_is_ignored() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores_hangup(&status))
}

/// Reads the mask of ignored signals in a `/proc/PID/status`; SIGHUP is the first.
#[cfg(unix)]
fn ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// From its making on, Ctrl-C does not end the process by itself.
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// Listens, on the current runtime.
    ///
    /// # Errors
    /// None here.
    #[expect(clippy::unnecessary_wraps, reason = "its twin can fail")]
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    /// The next signal.
    pub(super) async fn next(&mut self) -> Signal {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Signal::Interrupt
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn nohup_is_seen_in_the_mask() {
        assert!(ignores_hangup("Name:\tx\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n"));
        assert!(!ignores_hangup("SigIgn:\t0000000000001000\nSigCgt:\t0000000000000001\n"));
        assert!(!ignores_hangup(""));
    }
}
