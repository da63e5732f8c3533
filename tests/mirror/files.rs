//! Files that are no mirror, or not ours, or in use: each has its own words and is left as it was.

use std::fs;
use std::path::Path;
use std::time::Duration;

use drainboard::mirror::{Identity, Mirror, MirrorError, Reader};
use drainboard::protocol::DeviceUuid;

use crate::kit::{Scratch, identity, item, page, session, text};

fn refusal(path: &Path) -> MirrorError {
    Mirror::open_within(path, &identity(), Duration::from_millis(20)).expect_err("it was opened")
}

/// A database of SQLite made by `sql`, closed again.
fn database(path: &Path, sql: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn what_is_no_mirror_is_refused_and_left_alone() {
    let scratch = Scratch::new();
    let at = |name: &str| scratch.folder().join(name);

    fs::create_dir(at("folder")).unwrap();
    assert!(matches!(refusal(&at("folder")), MirrorError::NotAFile { what: "a directory", .. }));

    let words = "Dear diary,\n".repeat(200);
    fs::write(at("text"), &words).unwrap();
    assert!(matches!(refusal(&at("text")), MirrorError::NotADatabase { .. }));
    assert!(matches!(Reader::open(&at("text")), Err(MirrorError::NotADatabase { .. })));
    assert_eq!(fs::read_to_string(at("text")).unwrap(), words);

    database(&at("other"), "CREATE TABLE bookmarks (url)");
    let before = fs::read(at("other")).unwrap();
    assert!(matches!(refusal(&at("other")), MirrorError::Foreign { .. }));
    assert!(matches!(Reader::open(&at("other")), Err(MirrorError::Foreign { .. })));
    database(&at("marked"), "PRAGMA application_id = 77");
    assert!(matches!(refusal(&at("marked")), MirrorError::Foreign { .. }));
    assert_eq!(fs::read(at("other")).unwrap(), before);
}

#[tokio::test]
async fn an_empty_file_is_a_new_mirror_and_a_missing_one_none() {
    let scratch = Scratch::new();
    assert!(matches!(Reader::open(&scratch.path()), Err(MirrorError::Missing { .. })));
    fs::write(scratch.path(), "").unwrap();
    assert!(matches!(Reader::open(&scratch.path()), Err(MirrorError::Missing { .. })));
    let device = scratch.open().device();
    assert_eq!(scratch.open().device(), device, "made once, kept for ever");
    let deep = scratch.folder().join("a/b/mirror.db");
    Mirror::open(&deep, &identity()).unwrap().close().await.unwrap();
    assert!(deep.exists());
}

#[test]
fn a_newer_mirror_says_newer() {
    let scratch = Scratch::new();
    drop(scratch.open());
    database(&scratch.path(), "PRAGMA user_version = 99");
    let said = refusal(&scratch.path()).to_string();
    assert!(said.contains("newer") && said.contains("99"), "{said}");
    assert!(matches!(Reader::open(&scratch.path()), Err(MirrorError::Newer { found: 99, .. })));
}

#[tokio::test]
async fn a_corrupt_mirror_says_so() {
    let scratch = Scratch::new();
    drop(scratch.open());
    let mut bytes = fs::read(scratch.path()).unwrap();
    bytes.truncate(20_000);
    bytes[100..2_000].fill(0xff);
    fs::write(scratch.path(), bytes).unwrap();
    let said = refusal(&scratch.path());
    assert!(matches!(said, MirrorError::Corrupt { .. } | MirrorError::NotADatabase { .. }), "{said}");
}

#[test]
fn another_host_or_device_is_refused_and_loopback_is_one_host() {
    let scratch = Scratch::new();
    let device = scratch.open().device();
    let with = |host: &str, device| Mirror::open(&scratch.path(), &Identity { host: host.into(), device });
    drop(with("http://localhost:9", None).unwrap());
    drop(with("http://[::1]:80", Some(device)).unwrap());
    assert!(matches!(with("https://api.getbase.com", None), Err(MirrorError::OtherHost { .. })));
    let other = DeviceUuid::fresh();
    assert!(matches!(with("http://localhost:9", Some(other)), Err(MirrorError::OtherDevice { .. })));
}

#[tokio::test]
async fn another_account_is_refused_before_anything_of_its_page_is_kept() {
    let scratch = Scratch::new();
    let mirror = scratch.open();
    let no = mirror.begin_session(&session()).await.unwrap();
    let account =
        |id: &str| item("account", "created", "a", 1, &format!(r#"{{"id": {id}, "name": "Acme"}}"#));
    mirror.apply(no, page(&[account("12")])).await.unwrap();
    mirror.apply(no, page(&[account("12")])).await.unwrap();
    let contact = item("contact", "created", "c", 1, r#"{"id": 1}"#);
    let refused = mirror.apply(no, page(&[contact.clone(), account("\"12\"")])).await;
    assert!(matches!(refused, Err(MirrorError::OtherAccount { .. })));
    assert_eq!(mirror.outbox().await.unwrap().pending, 2);
    // Other pages go on.
    mirror.apply(no, page(&[contact])).await.unwrap();
    assert_eq!(scratch.reader().status().unwrap().account.as_deref(), Some("Acme (12)"));
}

#[test]
#[cfg(unix)]
fn one_synchronization_at_a_time_whatever_the_path() {
    let scratch = Scratch::new();
    assert_eq!(Mirror::holder(&scratch.path()), None);
    let mirror = scratch.open();
    let other = scratch.folder().join("link.db");
    std::os::unix::fs::symlink(scratch.path(), &other).unwrap();
    for path in [scratch.path(), other.clone(), scratch.folder().join("./mirror.db")] {
        let refused = refusal(&path);
        assert!(matches!(refused, MirrorError::InUse { .. }), "{refused}");
        assert!(refused.to_string().contains(&format!("process {}", std::process::id())), "{refused}");
    }
    assert!(Mirror::holder(&other).is_some_and(|holder| holder.contains("process")));
    drop(mirror);
    assert_eq!(Mirror::holder(&other), None);
    drop(Mirror::open(&other, &identity()).unwrap());
}

#[test]
#[cfg(unix)]
fn a_link_to_a_mirror_that_is_not_there_yet_locks_its_target() {
    let scratch = Scratch::new();
    let link = scratch.folder().join("link.db");
    std::os::unix::fs::symlink("mirror.db", &link).unwrap();
    let mirror = Mirror::open(&link, &identity()).unwrap();
    assert!(matches!(refusal(&scratch.path()), MirrorError::InUse { .. }));
    assert_eq!(mirror.path(), fs::canonicalize(scratch.path()).unwrap());
}

#[test]
fn a_write_lock_of_another_program_is_named() {
    let scratch = Scratch::new();
    drop(scratch.open());
    let other = rusqlite::Connection::open(scratch.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(refusal(&scratch.path()), MirrorError::WriteLocked { .. }));
    other.execute_batch("ROLLBACK").unwrap();
    drop(scratch.open());
}

#[test]
#[cfg(unix)]
fn a_mirror_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    let _mirror = scratch.open();
    let mut seen = Vec::new();
    for entry in fs::read_dir(scratch.folder()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{entry:?}");
        seen.push(entry.file_name().into_string().unwrap());
    }
    seen.sort();
    assert_eq!(seen, ["mirror.db", "mirror.db-shm", "mirror.db-wal", "mirror.db.lock"]);
}

#[tokio::test]
async fn a_dead_process_leaves_everything_that_was_committed() {
    // The child is this test again: it applies, says so, and dies without a word to SQLite.
    const CHILD: &str = "MIRROR_TEST_CHILD";
    const NAME: &str = "files::a_dead_process_leaves_everything_that_was_committed";
    if let Ok(path) = std::env::var(CHILD) {
        let mirror = Mirror::open(Path::new(&path), &identity()).unwrap();
        let no = mirror.begin_session(&session()).await.unwrap();
        for i in 0..20 {
            let data = format!(r#"{{"id": {i}, "name": "n{i}"}}"#);
            mirror.apply(no, page(&[item("contact", "created", &format!("k{i}"), 1, &data)])).await.unwrap();
        }
        std::process::abort();
    }
    let scratch = Scratch::new();
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture"])
        .env(CHILD, scratch.path())
        .output()
        .unwrap();
    assert!(!child.status.success());
    // A reader sees all of it before any writer repaired anything.
    let names = scratch.rows("SELECT name FROM contact ORDER BY id");
    assert_eq!(names, (0..20).map(|i| vec![text(&format!("n{i}"))]).collect::<Vec<_>>());
    let mirror = scratch.open();
    assert_eq!(mirror.outbox().await.unwrap().pending, 20);
    assert_eq!(scratch.rows("SELECT end, pages FROM _session")[0][0], text("crashed"));
    assert_eq!(scratch.one("PRAGMA integrity_check"), text("ok"));
}
