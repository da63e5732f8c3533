//! The file of the statements that were run, for the arrow up: appended to, a line each, bounded when it is read.

use std::io::Write as _;
use std::path::Path;

use crate::console::model::sql::STATEMENTS;
use crate::files;

/// Bytes of the file that are read; beyond them it is written anew.
const FILE: u64 = 1 << 20;

/// The statements of earlier days, oldest first.
pub(super) fn earlier(path: &Path) -> Vec<String> {
    let text = match std::fs::metadata(path) {
        Ok(known) if known.len() <= FILE => std::fs::read(path).unwrap_or_default(),
        // Not ours to read whole: begun anew with the next statement.
        Ok(_) => {
            drop(std::fs::remove_file(path));
            return Vec::new();
        }
        Err(_) => return Vec::new(),
    };
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(STATEMENTS)..].iter().map(|l| (*l).to_owned()).collect()
}

/// Appends a line to a file that only its user can read.
pub(super) fn append(path: &Path, line: &str) -> std::io::Result<()> {
    files::make_folder_of(path)?;
    files::private().append(true).create(true).open(path)?.write_all(format!("{line}\n").as_bytes())
}
