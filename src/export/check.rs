//! Is an export still what its manifest says: every file there, of its size, its checksum and its rows.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::manifest::{self, FileNote, Manifest};
use super::{ExportError, staging};

/// Bytes read at a time.
const PIECE: usize = 1 << 18;

/// What a check found.
#[derive(Debug)]
pub struct Checked {
    /// The manifest.
    pub manifest: Manifest,
    /// What does not hold, in the manifest's order.
    pub faults: Vec<Fault>,
    /// Files that the manifest does not name: no fault of the export.
    pub others: Vec<String>,
}

/// What does not hold of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file as the manifest names it.
    pub file: String,
    /// What is wrong, in words.
    pub what: String,
}

/// Checks the export in a folder. `tell` hears how many bytes of how many were read, and answers false to stop.
///
/// # Errors
/// [`ExportError`] where there is no manifest; what is wrong with files is a [`Fault`].
pub fn check(folder: &Path, tell: &mut dyn FnMut(u64, u64) -> bool) -> Result<Checked, ExportError> {
    let manifest = Manifest::read(folder)?;
    let of = manifest.totals.bytes;
    let mut read = 0;
    let mut faults = Vec::new();
    for note in &manifest.files {
        let fault = |what: String| Fault { file: note.file.clone(), what };
        if !staging::is_ours(&note.file) {
            faults.push(fault("is no name inside the folder; it was not looked at".to_owned()));
            continue;
        }
        match look(&folder.join(&note.file), &mut |bytes| {
            read += bytes;
            tell(read, of)
        }) {
            Ok(Some(seen)) => faults.extend(seen.differs(note).map(fault)),
            Ok(None) => return Err(ExportError::Stopped),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                faults.push(fault("is missing".to_owned()));
            }
            Err(error) => faults.push(fault(format!("cannot be read: {error}"))),
        }
    }
    let others = others(folder, &manifest);
    Ok(Checked { manifest, faults, others })
}

/// What a file has.
struct Seen {
    bytes: u64,
    sha256: String,
    /// Rows as its form counts them; none where only the whole file tells.
    rows: Option<u64>,
}

impl Seen {
    fn differs(&self, note: &FileNote) -> Option<String> {
        if self.bytes != note.bytes {
            return Some(format!("has {} bytes in place of {}", self.bytes, note.bytes));
        }
        if self.sha256 != note.sha256 {
            return Some("has another checksum: it was changed".to_owned());
        }
        let rows = self.rows.filter(|rows| *rows != note.rows)?;
        Some(format!("has {rows} rows, and the manifest says {}", note.rows))
    }
}

/// Reads a file once; none where it was told to stop.
fn look(path: &Path, tell: &mut dyn FnMut(u64) -> bool) -> io::Result<Option<Seen>> {
    let mut file = BufReader::with_capacity(PIECE, File::open(path)?);
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut counter = Counter::of(path);
    let mut piece = vec![0; PIECE];
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            let sha256 = hex::encode(hash.finalize());
            return Ok(Some(Seen { bytes, sha256, rows: counter.rows() }));
        }
        hash.update(&piece[..read]);
        counter.feed(&piece[..read]);
        bytes += read as u64;
        if !tell(read as u64) {
            return Ok(None);
        }
    }
}

/// Counts the rows of what passes.
enum Counter {
    Lines(u64),
    /// Lines outside quotes, the header among them.
    Csv {
        lines: u64,
        quoted: bool,
    },
    /// Its footer tells.
    #[cfg(feature = "parquet")]
    Parquet(std::path::PathBuf),
    Nothing,
}

impl Counter {
    fn of(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("ndjson") => Self::Lines(0),
            Some("csv") => Self::Csv { lines: 0, quoted: false },
            #[cfg(feature = "parquet")]
            Some("parquet") => Self::Parquet(path.to_owned()),
            _ => Self::Nothing,
        }
    }

    fn feed(&mut self, piece: &[u8]) {
        match self {
            Self::Lines(lines) => *lines += memchr::memchr_iter(b'\n', piece).count() as u64,
            // A quote inside quotes is two, so whether one is inside is a matter of counting them.
            Self::Csv { lines, quoted } => {
                for at in memchr::memchr2_iter(b'\n', b'"', piece) {
                    match piece[at] {
                        b'"' => *quoted = !*quoted,
                        _ if !*quoted => *lines += 1,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn rows(&self) -> Option<u64> {
        match self {
            Self::Lines(lines) => Some(*lines),
            Self::Csv { lines, .. } => Some(lines.saturating_sub(1)),
            #[cfg(feature = "parquet")]
            Self::Parquet(path) => super::parquet::rows(path),
            Self::Nothing => None,
        }
    }
}

/// Files in the folder that the manifest does not name.
fn others(folder: &Path, manifest: &Manifest) -> Vec<String> {
    let known = |name: &str| {
        name == manifest::NAME || manifest.files.iter().any(|file| file.file.split('/').next() == Some(name))
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut others: Vec<String> = names.filter(|name| !known(name)).collect();
    others.sort();
    others
}
