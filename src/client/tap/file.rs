//! Whole exchanges on disk, on demand: a HAR 1.2 archive that grows, an entry a line, by a thread of its own.
//!
//! Promise: the file is a whole archive after every exchange, so that a crash costs none of those before it; no
//! exchange waits for the disk. What would wait for it with more than [`WAITING`] bytes is left out and
//! counted; a disk that fails ends the recording and says so when it is stopped.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use super::Exchange;
use crate::client::har;
use crate::files;

/// Bytes that may wait for the disk.
const WAITING: usize = 64 * 1024 * 1024;

/// What a recording put into its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The file.
    pub path: PathBuf,
    /// Exchanges written.
    pub exchanges: u64,
    /// Bytes written.
    pub bytes: u64,
    /// Exchanges that the disk was too slow for.
    pub missed: u64,
}

#[derive(Default)]
struct Counts {
    exchanges: AtomicU64,
    bytes: AtomicU64,
    missed: AtomicU64,
    waiting: AtomicUsize,
}

/// A running recording.
pub(super) struct Recording {
    path: PathBuf,
    lines: Sender<Exchange>,
    counts: Arc<Counts>,
    thread: JoinHandle<io::Result<()>>,
}

impl Recording {
    /// Makes the file, for its owner alone.
    pub(super) fn start(path: &Path) -> io::Result<Self> {
        let file = files::private().write(true).create_new(true).open(path)?;
        let (lines, queue) = channel();
        let counts = Arc::new(Counts::default());
        let theirs = Arc::clone(&counts);
        let thread = std::thread::Builder::new()
            .name("wire-recording".into())
            .spawn(move || write_all(file, &queue, &theirs))?;
        Ok(Self { path: path.to_owned(), lines, counts, thread })
    }

    /// Hands an exchange to the thread.
    pub(super) fn write(&self, exchange: Exchange) {
        let weight = exchange.weight();
        let waiting = self.counts.waiting.fetch_add(weight, Ordering::AcqRel);
        // One exchange may be larger than the bound; alone it passes.
        let fits = waiting == 0 || waiting + weight <= WAITING;
        if !fits || self.lines.send(exchange).is_err() {
            self.counts.waiting.fetch_sub(weight, Ordering::AcqRel);
            self.counts.missed.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn so_far(&self) -> Recorded {
        Recorded {
            path: self.path.clone(),
            exchanges: self.counts.exchanges.load(Ordering::Relaxed),
            bytes: self.counts.bytes.load(Ordering::Relaxed),
            missed: self.counts.missed.load(Ordering::Relaxed),
        }
    }

    /// Writes what waits and ends.
    pub(super) fn finish(self) -> io::Result<Recorded> {
        let Self { path, lines, counts, thread } = self;
        drop(lines);
        thread.join().unwrap_or_else(|_| Err(io::Error::other("the recording's thread died")))?;
        Ok(Recorded {
            path,
            exchanges: counts.exchanges.load(Ordering::Relaxed),
            bytes: counts.bytes.load(Ordering::Relaxed),
            missed: counts.missed.load(Ordering::Relaxed),
        })
    }
}

fn write_all(mut file: File, queue: &Receiver<Exchange>, counts: &Counts) -> io::Result<()> {
    let mut head = har::opening().into_bytes();
    // Where the next entry goes: over the archive's end, which follows it again.
    let mut end = head.len() as u64;
    head.extend_from_slice(har::CLOSING.as_bytes());
    file.write_all(&head)?;
    counts.bytes.store(head.len() as u64, Ordering::Relaxed);
    let mut apart = "";
    while let Ok(exchange) = queue.recv() {
        let mut entry = apart.as_bytes().to_vec();
        serde_json::to_writer(&mut entry, &har::entry(&exchange))?;
        let length = entry.len() as u64;
        entry.extend_from_slice(har::CLOSING.as_bytes());
        file.seek(SeekFrom::Start(end))?;
        file.write_all(&entry)?;
        (end, apart) = (end + length, ",\n");
        counts.waiting.fetch_sub(exchange.weight(), Ordering::AcqRel);
        counts.exchanges.fetch_add(1, Ordering::Relaxed);
        counts.bytes.store(end + har::CLOSING.len() as u64, Ordering::Relaxed);
    }
    Ok(())
}
