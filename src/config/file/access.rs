//! Reading the configuration's file, and who may have written it: as ssh asks of its own files.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::Path;

use crate::client::ConfigError;
use crate::text::visible;

/// The most bytes of a file.
pub(super) const LONGEST: u64 = 256 * 1024;

/// Reads the file; none where there is none.
pub(super) fn read(path: &Path) -> Result<Option<String>, ConfigError> {
    let name = path.to_string_lossy();
    let name = visible(&name);
    let wrong =
        |why: &dyn std::fmt::Display| ConfigError(format!("the configuration {name} cannot be read: {why}"));
    // Asked before it is opened: a pipe would wait for its writer.
    match fs::metadata(path) {
        Err(error) if missing(&error) => return Ok(None),
        Err(error) => return Err(wrong(&error)),
        Ok(meta) if meta.is_dir() => return Err(wrong(&"it is a folder; name the file in it")),
        Ok(meta) if !meta.is_file() => return Err(wrong(&"it is no ordinary file")),
        Ok(_) => {}
    }
    let file = File::open(path).map_err(|error| wrong(&error))?;
    trusted(&file.metadata().map_err(|error| wrong(&error))?, path)?;
    // Whoever may change a folder may put another file there, so both its own folder counts and that of a link to it.
    let real = fs::canonicalize(path).map_err(|error| wrong(&error))?;
    for folder in [Some(&*real), Some(path)].into_iter().flatten().filter_map(Path::parent) {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        trusted(&fs::metadata(folder).map_err(|error| wrong(&error))?, folder)?;
    }
    let mut bytes = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(|error| wrong(&error))?;
    if bytes.len() as u64 > LONGEST {
        return Err(wrong(&"it has more than 256 KiB, which is no configuration"));
    }
    let text = String::from_utf8(bytes).map_err(|_| wrong(&"it is no UTF-8 text"))?;
    Ok(Some(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned)))
}

fn missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Refuses what somebody else than the user and root may have written: a command in it would run as the user, and its
/// base URL would be told the token.
#[cfg(unix)]
fn trusted(meta: &Metadata, path: &Path) -> Result<(), ConfigError> {
    use std::os::unix::fs::MetadataExt as _;
    let path = path.to_string_lossy();
    let path = visible(&path);
    let me = rustix::process::geteuid().as_raw();
    if meta.uid() != me && meta.uid() != 0 {
        return Err(ConfigError(format!(
            "{path} belongs to another user, who could put a command into the configuration; make a file of your own"
        )));
    }
    // In a folder like /tmp nobody moves another one's files.
    let sticky = meta.is_dir() && meta.mode() & 0o1000 != 0;
    if meta.mode() & 0o022 == 0 || sticky {
        return Ok(());
    }
    Err(ConfigError(format!(
        "{path} can be written by other users (mode {:04o}), who could put a command into the configuration; run: chmod \
         go-w '{path}'",
        meta.mode() & 0o7777
    )))
}

/// Other platforms keep a user's files from others by their folder.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "its twin has something to refuse")]
fn trusted(_: &Metadata, _: &Path) -> Result<(), ConfigError> {
    Ok(())
}
