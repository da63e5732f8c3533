//! Pages that were acknowledged and are not here any more: a damaged WAL gives an earlier state that is sound in
//! itself, and so does an older copy that is put in the mirror's place. The database alone cannot tell, so the last
//! acknowledged page is noted beside it, in the lock's file.
//!
//! Promises: a note is written after the commit that settles what it tells of, so that it is never ahead of a sound
//! mirror; one of another device says nothing, and where there is none nothing is known; what was found missing stays
//! known in `_meta.lost_pages`, since new pages take the numbers of those that are gone, until the mirror becomes
//! another device or is proven to be the account's copy.

use std::path::Path;

use rusqlite::{Connection, Result, params};

use super::reader::Status;
use super::{Identity, Mirror, MirrorError, PATIENCE, PageNo, open};
use crate::protocol::DeviceUuid;
use crate::text::grouped;

/// The last page of which the service accepted a key from a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) device: DeviceUuid,
    pub(super) page: PageNo,
}

/// What stands between the device and the page.
const WORDS: &str = " had acknowledged page ";

impl Note {
    /// As a line, always of one length: it is written over the one before.
    pub(super) fn line(self) -> String {
        format!("{}{WORDS}{:020}\n", self.device, self.page)
    }

    /// From a line; none where it is no note, or half of one.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let (device, page) = line.strip_suffix('\n')?.split_once(WORDS)?;
        let whole = page.len() == 20 && page.bytes().all(|b| b.is_ascii_digit());
        Some(Self { device: device.parse().ok()?, page: page.parse().ok().filter(|_| whole)? })
    }

    /// Pages that are missing in a mirror of this device that has so many.
    fn missing(self, device: DeviceUuid, pages: PageNo) -> PageNo {
        if self.device == device { (self.page - pages).max(0) } else { 0 }
    }
}

/// Writes down what a note tells to be missing, within the opening's transaction; the note to go on from.
pub(super) fn keep(connection: &Connection, device: DeviceUuid, note: Option<Note>) -> Result<Note> {
    let pages: PageNo = connection.query_row("SELECT pages FROM _total", [], |row| row.get(0))?;
    let missing = note.map_or(0, |note| note.missing(device, pages));
    if missing > 0 {
        connection.execute(
            "INSERT INTO _meta (key, value) VALUES ('lost_pages', ?1) \
             ON CONFLICT (key) DO UPDATE SET value = CAST(value + ?1 AS TEXT)",
            params![missing.to_string()],
        )?;
    }
    let known = note.filter(|note| note.device == device).map_or(0, |note| note.page);
    Ok(Note { device, page: known.min(pages) })
}

/// Pages that are known to be missing, and those that the note tells of: it was read before the pages were counted.
pub(super) fn found(
    connection: &Connection,
    device: DeviceUuid,
    pages: PageNo,
    note: Option<Note>,
) -> Result<u64> {
    let known = open::meta(connection, "lost_pages")?.and_then(|n| n.parse::<PageNo>().ok()).unwrap_or(0);
    Ok((known + note.map_or(0, |note| note.missing(device, pages))).max(0) as u64)
}

/// Nothing is missing any more, or all of it comes again.
pub(super) fn forget(connection: &Connection) -> Result<()> {
    connection.execute("DELETE FROM _meta WHERE key = 'lost_pages'", []).map(drop)
}

impl Mirror {
    /// Somebody has compared the mirror at `path` with the account, and nothing is missing: what it had lost has come
    /// again. Takes its lock, so no run may be on. Blocks.
    ///
    /// # Errors
    /// As [`Mirror::open`]; then nothing has changed.
    pub fn proven_whole(path: &Path, identity: &Identity) -> std::result::Result<(), MirrorError> {
        let opened = open::open(path, identity, PATIENCE)?;
        forget(&opened.connection).map_err(|e| MirrorError::sqlite("cannot write", &opened.path, e))
    }
}

impl Status {
    /// What is missing and what to do, in a line; none where nothing is known to be.
    pub fn lost(&self) -> Option<String> {
        let pages = match self.lost_pages {
            0 => return None,
            1 => "1 page".to_owned(),
            n => format!("{} pages", grouped(n)),
        };
        Some(format!(
            "the mirror has lost {pages} that were acknowledged (damage to its log, or an older copy in its place?): \
             `drainboard verify` says which records; as a new device (N in the console) all of them come again"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_whole_or_not_at_all() {
        let note = Note { device: DeviceUuid::fresh(), page: 42 };
        let line = note.line();
        assert_eq!(Note::parse(&line), Some(note));
        assert_eq!(line.len(), Note { page: i64::MAX, ..note }.line().len());
        for end in 0..line.len() {
            assert_eq!(Note::parse(&line[..end]), None, "{end} bytes of it");
        }
        assert_eq!(Note::parse(&line.replace("42", "x2")), None);
        assert_eq!(Note::parse(&line.replace("0042", "-042")), None);
    }

    #[test]
    fn only_a_mirror_of_the_same_device_with_fewer_pages_lacks_some() {
        let note = Note { device: DeviceUuid::fresh(), page: 42 };
        assert_eq!([40, 42, 50].map(|pages| note.missing(note.device, pages)), [2, 0, 0]);
        assert_eq!(note.missing(DeviceUuid::fresh(), 1), 0);
    }
}
