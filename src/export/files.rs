//! The names of the files. Pure.
//!
//! A type's file is called like its table in the mirror, which is nearly always the type's name, where that is a name
//! on every system: ASCII letters, digits, `_` and `-`, at most 100 of them, none of Windows' devices (`con`, `lpt1`
//! …). Tables differ in more than case, so these files do too. Every other type's file is `_kind_N`, where N is the
//! type's number in the mirror. Batches are numbered behind a dot: `contact.0001.csv`. The manifest says which file has
//! which type.

use crate::mirror::dump::Subject;

/// The file with the deleted records.
pub(super) const DELETED: &str = "_deleted";
/// The file with the instructions without an id.
pub(super) const UNKEYED: &str = "_unkeyed";
/// The longest name of a type that is a file's, in bytes.
const LONGEST: usize = 100;
/// Windows' devices; some of them with a digit behind.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// The name of a type's file, without its extension.
pub(super) fn stem(subject: &Subject) -> String {
    let table = subject.table.as_str();
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let usable = !table.is_empty()
        && table.len() <= LONGEST
        && table.bytes().all(plain)
        && !table.starts_with(['-', '_'])
        && !is_device(table);
    if usable { table.to_owned() } else { format!("_kind_{}", subject.no) }
}

/// The name of the file with a batch, from 1.
pub(super) fn batch(stem: &str, no: u64, extension: &str) -> String {
    format!("{stem}.{no:04}.{extension}")
}

fn is_device(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let numbered = ["com", "lpt"].iter().any(|device| {
        name.strip_prefix(device).is_some_and(|no| no.len() == 1 && no.bytes().all(|b| b.is_ascii_digit()))
    });
    numbered || DEVICES.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_a_name_that_every_system_takes() {
        let stem = |table: &str| {
            let name = table.to_owned();
            let (table, columns) = (name.clone(), Vec::new());
            stem(&Subject { no: 7, name, table, rows: 0, columns, more_fields: false })
        };
        for plain in ["contact", "loss_reason", "LossReason", "a-b", "com10", "content"] {
            assert_eq!(stem(plain), plain);
        }
        let long = "x".repeat(101);
        for odd in [
            "", "a/b", "..", "a.b", "a b", "é", "-rf", "_deleted", "CON", "lpt1", "nul", "a\\b", "a:b", &long,
        ] {
            assert_eq!(stem(odd), "_kind_7", "{odd}");
        }
    }
}
