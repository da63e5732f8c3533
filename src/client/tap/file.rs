//! Whole exchanges on disk, on demand: a HAR 1.2 archive that grows, an entry a line, by a thread of its own.
//!
//! Promise: the file is a whole archive after every exchange, so that a crash costs none of those before it; no
//! exchange waits for the disk. What would wait for it with more than [`WAITING`] bytes is left out and
//! counted; a disk that fails ends the recording, which keeps what it had, and says so when it is stopped.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use super::{Exchange, har};
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

/// The file of an archive; in tests one on a disk that is small.
trait Place: Write + Seek {
    /// Ends it there.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

impl Place for File {
    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

fn write_all(mut file: impl Place, queue: &Receiver<Exchange>, counts: &Counts) -> io::Result<()> {
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
        if let Err(error) = write_at(&mut file, end, &entry) {
            // What there was room for lies over the archive's end. The end had room before; where not even that can be
            // written again the first error tells more.
            let _ = file.cut(end).and_then(|()| write_at(&mut file, end, har::CLOSING.as_bytes()));
            return Err(error);
        }
        (end, apart) = (end + length, ",\n");
        counts.waiting.fetch_sub(exchange.weight(), Ordering::AcqRel);
        counts.exchanges.fetch_add(1, Ordering::Relaxed);
        counts.bytes.store(end + har::CLOSING.len() as u64, Ordering::Relaxed);
    }
    Ok(())
}

fn write_at(file: &mut impl Place, at: u64, bytes: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(at))?;
    file.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tap::tests::exchange;

    /// A disk that has room for so many bytes and takes what fits.
    struct Small {
        file: io::Cursor<Vec<u8>>,
        room: usize,
    }

    impl Write for &mut Small {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let at = usize::try_from(self.file.position()).unwrap();
            match bytes.len().min(self.room - at) {
                0 => Err(io::ErrorKind::StorageFull.into()),
                fits => self.file.write(&bytes[..fits]),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Seek for &mut Small {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.file.seek(to)
        }
    }

    impl Place for &mut Small {
        fn cut(&mut self, length: u64) -> io::Result<()> {
            self.file.get_mut().truncate(usize::try_from(length).unwrap());
            Ok(())
        }
    }

    /// What a disk of this room has after so many exchanges, and what was said.
    fn recorded(exchanges: u64, room: usize) -> (Vec<u8>, io::Result<()>, u64) {
        let (lines, queue) = channel();
        for number in 1..=exchanges {
            lines.send(Exchange { number, ..exchange("http://h/p", 300) }).unwrap();
        }
        drop(lines);
        let (mut disk, counts) = (Small { file: io::Cursor::default(), room }, Counts::default());
        let said = write_all(&mut disk, &queue, &counts);
        (disk.file.into_inner(), said, counts.exchanges.into_inner())
    }

    #[test]
    fn a_full_disk_costs_none_of_the_exchanges_before_it() {
        let (whole, said, written) = recorded(3, usize::MAX);
        assert!(said.is_ok() && written == 3);
        let (before, ..) = recorded(2, usize::MAX);
        // Full anywhere in the third exchange, its end included.
        for room in before.len()..whole.len() {
            let (file, said, written) = recorded(3, room);
            assert_eq!(said.unwrap_err().kind(), io::ErrorKind::StorageFull, "room for {room}");
            assert_eq!(written, 2);
            assert!(file == before, "room for {room}: {}", String::from_utf8_lossy(&file));
        }
    }
}
