//! The file of saved statements: SQL, a name in a comment before each. Read anew for every change, so that two
//! consoles lose nothing of each other's; written whole and moved into its place.
//!
//! ```text
//! -- name: contacts by city
//! SELECT city, count(*) FROM contact GROUP BY 1
//! ```

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::console::model::saved::{KEPT, Kept};
use crate::files::{Draft, make_folder_of};

/// What stands before a name.
const NAME: &str = "-- name: ";
/// Bytes of the file that are read.
const FILE: u64 = 1 << 20;

/// Where saved statements are kept: in a file, or for as long as the console is open.
#[derive(Debug)]
pub(super) enum Shelf {
    File(PathBuf),
    Memory(Vec<Kept>),
}

impl Shelf {
    /// Beside the file of statements, where there is one.
    pub(super) fn beside(statements: Option<&Path>) -> Self {
        statements.map_or(Self::Memory(Vec::new()), |path| Self::File(path.with_file_name("saved.sql")))
    }

    /// All of them, by name.
    pub(super) fn all(&self) -> io::Result<Vec<Kept>> {
        let mut all = match self {
            Self::Memory(all) => all.clone(),
            Self::File(path) => read(path)?,
        };
        all.sort_by_cached_key(|kept| kept.name.to_lowercase());
        Ok(all)
    }

    /// Keeps a statement; one of the same name goes.
    pub(super) fn save(&mut self, kept: Kept) -> io::Result<()> {
        let mut all = self.all()?;
        all.retain(|known| known.name != kept.name);
        if all.len() >= KEPT {
            return Err(io::Error::other(format!("{KEPT} statements are saved already: forget some first")));
        }
        all.push(kept);
        self.put(all)
    }

    /// Forgets a statement.
    pub(super) fn forget(&mut self, name: &str) -> io::Result<()> {
        let mut all = self.all()?;
        all.retain(|known| known.name != name);
        self.put(all)
    }

    fn put(&mut self, new: Vec<Kept>) -> io::Result<()> {
        match self {
            Self::Memory(all) => {
                *all = new;
                Ok(())
            }
            Self::File(path) => write(path, &new),
        }
    }
}

fn read(path: &Path) -> io::Result<Vec<Kept>> {
    match std::fs::metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(e),
        Ok(known) if known.len() > FILE => return Err(io::Error::other("the file is too large to be ours")),
        Ok(_) => {}
    }
    let text = String::from_utf8_lossy(&std::fs::read(path)?).into_owned();
    let mut all: Vec<Kept> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix(NAME) {
            all.retain(|known| known.name != name);
            all.push(Kept { name: name.to_owned(), sql: String::new() });
        } else if let Some(last) = all.last_mut().filter(|_| !line.is_empty() && !line.starts_with("--")) {
            // Who wrote it by hand may have broken the line.
            let apart = if last.sql.is_empty() { "" } else { " " };
            last.sql.push_str(apart);
            last.sql.push_str(line);
        }
    }
    all.retain(|kept| !kept.sql.is_empty());
    all.truncate(KEPT);
    Ok(all)
}

fn write(path: &Path, all: &[Kept]) -> io::Result<()> {
    make_folder_of(path)?;
    let mut draft = Draft::beside(path)?;
    let text = all.iter().fold(String::new(), |mut text, kept| {
        text.extend([NAME, &kept.name, "\n", &kept.sql, "\n\n"]);
        text
    });
    if text.len() as u64 > FILE {
        return Err(io::Error::other("the saved statements are too long: forget some first"));
    }
    draft.write_all(text.as_bytes())?;
    draft.replace()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(name: &str, sql: &str) -> Kept {
        Kept { name: name.into(), sql: sql.into() }
    }

    #[test]
    fn what_is_saved_is_there_the_next_day_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let statements = folder.path().join("state/statements.sql");
        let mut shelf = Shelf::beside(Some(&statements));
        assert_eq!(shelf.all().unwrap(), []);
        shelf.save(kept("b", "SELECT 2")).unwrap();
        shelf.save(kept("A -- name: x", "SELECT '-- name: y'")).unwrap();
        shelf.save(kept("b", "SELECT 3")).unwrap();
        let mut other = Shelf::beside(Some(&statements));
        other.save(kept("c", "SELECT 4")).unwrap();
        shelf.forget("nobody").unwrap();
        let all = [kept("A -- name: x", "SELECT '-- name: y'"), kept("b", "SELECT 3"), kept("c", "SELECT 4")];
        assert_eq!(Shelf::beside(Some(&statements)).all().unwrap(), all);
        shelf.forget("b").unwrap();
        assert_eq!(shelf.all().unwrap().len(), 2);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(folder.path().join("state/saved.sql")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(std::fs::read_dir(folder.path().join("state")).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn a_file_written_by_hand_is_read_and_one_without_bounds_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("saved.sql");
        std::fs::write(&path, "SELECT 0\n-- name: one\n-- why\nSELECT 1,\n  2\n-- name: none\n").unwrap();
        let mut shelf = Shelf::beside(Some(&folder.path().join("statements.sql")));
        assert_eq!(shelf.all().unwrap(), [kept("one", "SELECT 1, 2")]);
        for n in 1..KEPT {
            shelf.save(kept(&format!("n{n}"), "SELECT 1")).unwrap();
        }
        assert!(shelf.save(kept("one more", "SELECT 1")).is_err());
        assert!(shelf.save(kept("one", "SELECT 7")).is_ok(), "one that is there may change");
        std::fs::write(&path, "x".repeat(FILE as usize + 1)).unwrap();
        assert!(shelf.save(kept("a", "SELECT 1")).is_err());
        assert_eq!(std::fs::metadata(&path).unwrap().len(), FILE + 1, "and it is left alone");
    }
}
