//! The file that remembers how types are looked at: the user's own, written whole or not at all.

use std::io::{self, Write as _};
use std::path::Path;

use crate::console::record::kept::{self, Shelf};
use crate::files::{Draft, make_folder_of};
use crate::text::visible;

/// What is remembered, and what is wrong with the file where something is. Without a file nothing is, and all is well.
pub(in crate::console) fn load(path: &Path) -> (Shelf, Option<String>) {
    match text(path).map(|text| text.map(|t| kept::read(&t))) {
        Ok(None) => (Shelf::new(), None),
        Ok(Some(Ok(shelf))) => (shelf, None),
        Ok(Some(Err(why))) => (Shelf::new(), Some(trouble(path, "is ignored", &why))),
        Err(e) => (Shelf::new(), Some(trouble(path, "is ignored", &e.to_string()))),
    }
}

/// Writes down how types are looked at now; what the file says of other types stays.
pub(super) fn save(path: &Path, types: &Shelf) -> Result<(), String> {
    // Another console may have written meanwhile; what cannot be read is begun anew.
    let old = text(path).ok().flatten().and_then(|text| kept::read(&text).ok()).unwrap_or_default();
    put(path, &kept::write(old, types)).map_err(|e| trouble(path, "cannot be written", &e.to_string()))
}

fn trouble(path: &Path, what: &str, why: &str) -> String {
    let text = format!("columns and order of types: {} {what}: {why}", path.display());
    visible(&text).into_owned()
}

/// The file's text; none where there is no file.
fn text(path: &Path) -> io::Result<Option<String>> {
    match std::fs::metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
        Ok(known) if !known.is_file() => Err(io::Error::other("it is no file")),
        Ok(known) if known.len() > kept::BYTES as u64 => Err(io::Error::other("it is too large")),
        Ok(_) => std::fs::read_to_string(path).map(Some),
    }
}

fn put(path: &Path, text: &str) -> io::Result<()> {
    make_folder_of(path)?;
    let mut draft = Draft::beside(path)?;
    draft.write_all(text.as_bytes())?;
    draft.replace()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::record::kept::Kept;

    fn shelf(kind: &str, frozen: usize) -> Shelf {
        Shelf::from([(kind.to_owned(), Kept { frozen, ..Kept::default() })])
    }

    #[test]
    fn it_is_there_again_and_its_users_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/drainboard/browse.json");
        assert_eq!(load(&path), (Shelf::new(), None));
        save(&path, &shelf("contact", 2)).unwrap();
        save(&path, &shelf("deal", 3)).unwrap();
        let (both, trouble) = load(&path);
        assert_eq!((both.len(), both["contact"].frozen, trouble), (2, 2, None));
        assert_eq!(
            std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1,
            "nothing is left beside it"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_damaged_file_is_ignored_told_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("browse.json");
        for damage in
            [&b"{\"version\":1,\"types\":{\"contact\":"[..], b"\xff\xfe", &vec![b' '; kept::BYTES + 1]]
        {
            std::fs::write(&path, damage).unwrap();
            let (shelf, trouble) = load(&path);
            assert!(shelf.is_empty() && trouble.is_some_and(|t| t.contains("is ignored")));
        }
        save(&path, &shelf("contact", 2)).unwrap();
        assert_eq!(load(&path).0.len(), 1);
    }

    #[test]
    fn where_nothing_can_be_written_it_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("browse.json");
        std::fs::create_dir(&path).unwrap();
        assert!(load(&path).1.is_some());
        assert!(save(&path, &shelf("contact", 2)).unwrap_err().contains("cannot be written"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }
}
