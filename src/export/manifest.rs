//! `manifest.json`: what an export has, so that anybody can prove it later. Written last.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::ExportError;
use super::staging::Sealed;

/// The manifest's file.
pub(super) const NAME: &str = "manifest.json";
/// What the first field of a manifest says.
const MARK: &str = "drainboard export";
/// Who made an export: this program and its version.
pub(super) const PROGRAM: &str = concat!("drainboard ", env!("CARGO_PKG_VERSION"));
/// The newest form of manifests that this program knows.
const VERSION: u32 = 1;
/// The largest manifest that is read, in bytes.
const LARGEST: u64 = 256 << 20;

/// What an export has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always `drainboard export`.
    pub format: String,
    /// The form of this manifest: 1.
    pub version: u32,
    /// The program and its version.
    pub program: String,
    /// When it was made, RFC 3339 UTC.
    pub made: String,
    /// What was asked for.
    pub asked: Asked,
    /// Where it comes from.
    pub mirror: Source,
    /// All files together.
    pub totals: Totals,
    /// The files, in the order of the types in the mirror.
    pub files: Vec<FileNote>,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// `ndjson`, `csv`.
    pub form: String,
    /// Only these types; empty for all.
    pub types: Vec<String>,
    /// The filter, where there was one.
    pub filter: Option<String>,
    /// Whether names stand beside ids.
    pub resolved: bool,
    /// Whether texts that a spreadsheet would run were changed.
    pub disarmed: bool,
}

/// The mirror, when the export was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The schema's version.
    pub schema: i64,
    /// The device that the mirror is.
    pub device: String,
    /// The origin it was synchronized from.
    pub host: String,
    /// The account's name and id, where the service told them.
    pub account: Option<String>,
    /// The number of its last session.
    pub sessions: i64,
    /// The last session in which every queue was empty at the end.
    pub last_drained: Option<SessionNote>,
    /// The last session.
    pub last: Option<SessionNote>,
    /// Keys that the service has not accepted yet.
    pub pending_acks: u64,
    /// Records in the mirror, all types.
    pub records: u64,
    /// Deleted records that the mirror remembers.
    pub deleted: u64,
    /// Instructions without an id.
    pub unkeyed: u64,
}

/// A session, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionNote {
    /// Its number.
    pub no: i64,
    /// When it began, RFC 3339 UTC.
    pub started: String,
    /// When it ended; none while it ran.
    pub ended: Option<String>,
    /// How it ended.
    pub end: Option<String>,
}

/// Sums over all files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Types that have a file.
    pub types: u64,
    /// Records.
    pub records: u64,
    /// Deleted records.
    pub deleted: u64,
    /// Instructions without an id.
    pub unkeyed: u64,
    /// Files, this one aside.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// Records of one type.
    Records,
    /// Deleted records.
    Deleted,
    /// Instructions without an id.
    Unkeyed,
    /// The mirror itself.
    Database,
    /// A report on the export.
    Report,
    /// Addresses of files that were not fetched.
    Addresses,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileNote {
    /// Its name, relative to the folder.
    pub file: String,
    /// What it holds.
    pub holds: Holds,
    /// The type, as received; none where it holds several.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Rows, a header aside.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// Its checksum, in hexadecimal.
    pub sha256: String,
    /// The lowest revision in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lowest_revision: Option<i64>,
    /// The highest revision in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub highest_revision: Option<i64>,
    /// Its columns; none for NDJSON.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ColumnNote>,
}

/// A column, and where its values come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnNote {
    /// Its name.
    pub name: String,
    /// Where its values come from.
    pub from: String,
    /// Its type, in forms that have types: `INT64`, `DOUBLE`, `BOOLEAN`, `UTF8`; `DECIMAL(38,s)`, whose every value has
    /// s digits behind the point; `TIMESTAMP(d)`, microseconds in UTC, whose every value has d digits of a second's
    /// fraction.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

impl FileNote {
    /// A file without columns.
    pub(super) fn plain(file: &str, holds: Holds, rows: u64, sealed: Sealed) -> Self {
        Self {
            file: file.to_owned(),
            holds,
            kind: None,
            rows,
            bytes: sealed.bytes,
            sha256: sealed.sha256,
            lowest_revision: None,
            highest_revision: None,
            columns: Vec::new(),
        }
    }

    /// The folder inside the export's, if it has one.
    fn folder(&self) -> Option<&str> {
        self.file.split_once('/').map(|(folder, _)| folder)
    }
}

impl Manifest {
    /// A manifest of now.
    pub(super) fn new(asked: Asked, mirror: Source, files: Vec<FileNote>) -> Self {
        let mut totals = Totals { files: files.len() as u64, ..Totals::default() };
        let mut kinds: Vec<&str> = Vec::new();
        // What is there in several forms counts once.
        let counted = files.first().and_then(FileNote::folder);
        for file in &files {
            totals.bytes += file.bytes;
            match file.holds {
                _ if file.folder() != counted => {}
                Holds::Records => totals.records += file.rows,
                Holds::Deleted => totals.deleted += file.rows,
                Holds::Unkeyed => totals.unkeyed += file.rows,
                Holds::Database | Holds::Report | Holds::Addresses => {}
            }
            kinds.extend(file.kind.as_deref());
        }
        kinds.sort_unstable();
        kinds.dedup();
        totals.types = kinds.len() as u64;
        Self {
            format: MARK.to_owned(),
            version: VERSION,
            program: PROGRAM.to_owned(),
            made: now(),
            asked,
            mirror,
            totals,
            files,
        }
    }

    /// The manifest of the export in a folder.
    ///
    /// # Errors
    /// [`ExportError::NoManifest`], [`ExportError::BadManifest`], or it cannot be read.
    pub fn read(folder: &Path) -> Result<Self, ExportError> {
        let path = folder.join(NAME);
        let bad = |reason: String| ExportError::BadManifest { path: path.clone(), reason };
        let size = match fs::metadata(&path) {
            Ok(found) => found.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ExportError::NoManifest { folder: folder.to_owned() });
            }
            Err(error) => return Err(ExportError::io("read", folder, &path, &error)),
        };
        if size > LARGEST {
            return Err(bad("it is too large".to_owned()));
        }
        let text = fs::read(&path).map_err(|e| ExportError::io("read", folder, &path, &e))?;
        let manifest: Self = serde_json::from_slice(&text).map_err(|e| bad(e.to_string()))?;
        match (manifest.format.as_str(), manifest.version) {
            (MARK, 1..=VERSION) => Ok(manifest),
            (MARK, version) => Err(bad(format!("its version is {version}"))),
            _ => Err(bad("another program wrote it".to_owned())),
        }
    }

    /// As it is written.
    pub(super) fn text(&self) -> Vec<u8> {
        // Its own fields are always JSON.
        let mut text = serde_json::to_vec_pretty(self).unwrap_or_default();
        text.push(b'\n');
        text
    }
}

/// The time now, to the second.
pub(super) fn now() -> String {
    let now = jiff::Timestamp::now();
    now.round(jiff::Unit::Second).unwrap_or(now).to_string()
}
