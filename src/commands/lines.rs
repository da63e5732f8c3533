//! Lines for stdout, written by a thread of their own: a reader that does not read must not keep a signal waiting.

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

use super::output;

/// Lines that may wait for the reader; then whoever writes them waits too.
const WAITING: usize = 1024;

/// The way to the writing thread. Dropping it without [`Lines::finish`] loses what waits.
pub(super) struct Lines {
    queue: mpsc::Sender<Vec<u8>>,
    done: oneshot::Receiver<io::Result<()>>,
}

impl Lines {
    /// Starts the thread. It ends when all lines are written.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub(super) fn start() -> io::Result<Self> {
        let (queue, waiting) = mpsc::channel(WAITING);
        let (report, done) = oneshot::channel();
        thread::Builder::new().name("stdout".into()).spawn(move || {
            let _ = report.send(write_all(waiting, output::stdout()));
        })?;
        Ok(Self { queue, done })
    }

    /// Room for a line; waits for it while the reader is behind. May be dropped at any time.
    pub(super) async fn room(&self) -> Room<'_> {
        Room(self.queue.reserve().await.ok())
    }

    /// Waits until everything is written, at most for `patience`.
    ///
    /// # Errors
    /// What writing said; a reader that has gone is none.
    pub(super) async fn finish(self, patience: Option<Duration>) -> io::Result<()> {
        drop(self.queue);
        let done = async { self.done.await.unwrap_or(Ok(())) };
        match patience {
            Some(patience) => tokio::time::timeout(patience, done).await.unwrap_or(Ok(())),
            None => done.await,
        }
    }
}

/// Room for one line.
pub(super) struct Room<'a>(Option<mpsc::Permit<'a, Vec<u8>>>);

impl Room<'_> {
    /// Puts a value as a line of JSON.
    pub(super) fn put(self, value: &impl Serialize) {
        if let Some(permit) = self.0
            && let Ok(mut line) = serde_json::to_vec(value)
        {
            line.push(b'\n');
            permit.send(line);
        }
    }
}

/// Writes each line as it comes and flushes when none waits. A reader that has gone ends the writing, not the work:
/// the rest is taken and dropped.
fn write_all(mut waiting: mpsc::Receiver<Vec<u8>>, mut out: impl Write) -> io::Result<()> {
    let mut result = Ok(());
    while let Some(line) = waiting.blocking_recv() {
        if result.is_ok() {
            result = out.write_all(&line);
        }
        if result.is_ok() && waiting.is_empty() {
            result = out.flush();
        }
    }
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.and_then(|()| out.flush()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_come_out_in_order_and_a_reader_that_goes_stops_nothing() {
        let feed = || {
            let (queue, waiting) = mpsc::channel(4);
            for line in ["a\n", "b\n"] {
                queue.try_send(line.as_bytes().to_vec()).unwrap();
            }
            waiting
        };
        let mut out = Vec::new();
        write_all(feed(), &mut out).unwrap();
        assert_eq!(out, b"a\nb\n");
        write_all(feed(), Gone).unwrap();
    }
}
