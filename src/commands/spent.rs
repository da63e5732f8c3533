//! What a run spent of the rate, told to the next one on this machine: `sync && verify` are two programs, and to the
//! service's limit they are one.
//!
//! Promise: it only helps. What cannot be read, is no such file or comes from the future (a clock that was set) counts
//! for nothing, what cannot be written is left, and no token is in it: a limit is a token's, but a second's wait for
//! another token of the same service harms nobody. A run that was killed tells nothing.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::engine;
use crate::files;

/// The most that is read of the file.
const MOST: u64 = 64 << 10;
/// What is older than this counts for nobody.
const OLD: Duration = Duration::from_secs(2);

/// When requests left, in milliseconds since 1970, by the origin of the service.
type Times = BTreeMap<String, Vec<u64>>;

/// The file, and the origin of the service that is asked.
pub(super) struct Note {
    pub(super) file: PathBuf,
    pub(super) origin: String,
}

impl engine::Spent for Note {
    fn recall(&self) -> Vec<Duration> {
        let now = now();
        let sent = read(&self.file, now).remove(&self.origin).unwrap_or_default();
        sent.into_iter().map(|sent| now.saturating_sub(ms(sent))).collect()
    }

    fn tell(&self, ages: &[Duration]) {
        let now = now();
        let mut spent = read(&self.file, now);
        let sent = ages.iter().map(|age| now.saturating_sub(*age).as_millis() as u64).collect();
        spent.insert(self.origin.clone(), sent);
        let text = serde_json::to_string(&spent).unwrap_or_default(); // numbers under texts always serialize
        let written = files::make_folder_of(&self.file)
            .and_then(|()| files::private().write(true).create(true).truncate(true).open(&self.file))
            .and_then(|mut file| file.write_all(text.as_bytes()));
        drop(written); // then nobody is told
    }
}

/// What of the file still counts.
fn read(file: &Path, now: Duration) -> Times {
    let mut text = String::new();
    let read = std::fs::File::open(file).and_then(|file| file.take(MOST).read_to_string(&mut text));
    let mut spent: Times = read.ok().and_then(|_| serde_json::from_str(&text).ok()).unwrap_or_default();
    for sent in spent.values_mut() {
        sent.retain(|sent| now.checked_sub(ms(*sent)).is_some_and(|age| age <= OLD));
    }
    spent.retain(|_, sent| !sent.is_empty());
    spent
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Spent as _;

    fn note(file: &Path, origin: &str) -> Note {
        Note { file: file.to_owned(), origin: origin.to_owned() }
    }

    #[test]
    fn a_run_hears_of_the_one_before_and_only_of_its_own_service() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state/spent.json");
        let (one, other) = (note(&file, "a"), note(&file, "b"));
        assert!(one.recall().is_empty());
        one.tell(&[ms(10), ms(300)]);
        other.tell(&[ms(20)]);
        let heard = one.recall();
        assert!(heard.len() == 2 && heard[0] >= ms(10) && heard[1] >= ms(300), "{heard:?}");
        assert_eq!(other.recall().len(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn what_is_old_or_to_come_or_no_such_file_counts_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("spent.json");
        let now = now().as_millis() as u64;
        std::fs::write(&file, format!(r#"{{"a": [{}, {}], "b": [{now}]}}"#, now - 60_000, now + 60_000))
            .unwrap();
        assert_eq!((note(&file, "a").recall().len(), note(&file, "b").recall().len()), (0, 1));
        for text in ["", "[1]", "{\"a\":", "{\"a\":[-1]}", "\u{0}"] {
            std::fs::write(&file, text).unwrap();
            assert!(note(&file, "a").recall().is_empty(), "{text}");
        }
        let no_file = note(folder.path(), "a");
        no_file.tell(&[ms(1)]);
        assert!(no_file.recall().is_empty());
    }
}
