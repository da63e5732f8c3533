//! Reading: windows, SQL that cannot write, a writer beside it, a read-only folder.

use std::fs;

use drainboard::mirror::reader::{From, Value};
use drainboard::mirror::{Mirror, MirrorError, Reader};
use drainboard::protocol::RecordId;

use crate::kit::{Scratch, identity, item, page, rows, session, text};

/// Ids 10, 20 … 90, then the texts "a" and "b".
async fn filled(scratch: &Scratch) -> Mirror {
    let mirror = scratch.open();
    let no = mirror.begin_session(&session()).await.unwrap();
    let ids = (1..10).map(|n| (n * 10).to_string()).chain(["\"b\"".to_owned(), "\"a\"".to_owned()]);
    let items: Vec<_> = ids
        .map(|id| item("contact", "created", &id, 1, &format!(r#"{{"id": {id}, "name": "x"}}"#)))
        .collect();
    mirror.apply(no, page(&items)).await.unwrap();
    mirror
}

fn window(reader: &Reader, from: &From, limit: usize) -> (String, bool, bool) {
    let window = reader.window("contact", from, limit).unwrap();
    let ids: Vec<_> = window.rows.iter().map(|row| row.id.to_string()).collect();
    (ids.join(" "), window.more_above, window.more_below)
}

#[tokio::test]
async fn windows_go_by_key_in_both_directions() {
    let scratch = Scratch::new();
    let _mirror = filled(&scratch).await;
    let reader = scratch.reader();
    let int = RecordId::Int;
    let id = |text: &str| RecordId::Text(text.into());
    let cases = [
        (From::Top, 3, ("10 20 30", false, true)),
        (From::Top, 11, ("10 20 30 40 50 60 70 80 90 a b", false, false)),
        (From::Bottom, 3, ("90 a b", true, false)),
        (From::At(int(30)), 2, ("30 40", true, true)),
        (From::At(int(31)), 2, ("40 50", true, true)),
        (From::At(int(-5)), 2, ("10 20", false, true)),
        (From::After(int(80)), 9, ("90 a b", true, false)),
        (From::After(id("a")), 2, ("b", true, false)),
        (From::After(id("b")), 2, ("", true, false)),
        (From::Before(int(40)), 2, ("20 30", true, true)),
        (From::Before(int(20)), 2, ("10", false, true)),
        (From::Before(int(10)), 2, ("", false, true)),
        (From::Before(id("a")), 2, ("80 90", true, true)),
        (From::Top, 0, ("", false, true)),
    ];
    for (from, limit, (ids, above, below)) in cases {
        assert_eq!(window(&reader, &from, limit), (ids.to_owned(), above, below), "{from:?} {limit}");
    }
    assert_eq!(reader.window("nothing", &From::Top, 5).unwrap().rows, []);
    assert_eq!(reader.record("contact", &int(20)).unwrap().unwrap().data, r#"{"id": 20, "name": "x"}"#);
    assert_eq!(reader.record("contact", &id("20")).unwrap(), None);
}

#[tokio::test]
async fn sql_cannot_write_attach_or_load() {
    let scratch = Scratch::new();
    let _mirror = filled(&scratch).await;
    let reader = scratch.reader();
    let copy = scratch.folder().join("copy.db");
    let copy = copy.display();
    for sql in [
        "INSERT INTO contact (id, data, _session, _page) VALUES (1, '{}', 1, 1)".to_owned(),
        "UPDATE contact SET data = '{}' RETURNING *".to_owned(),
        "DELETE FROM contact RETURNING id".to_owned(),
        "WITH x AS (SELECT 1) DELETE FROM contact".to_owned(),
        "DROP TABLE contact".to_owned(),
        "CREATE TABLE x (y)".to_owned(),
        "CREATE TEMP TABLE x (y)".to_owned(),
        format!("ATTACH '{copy}' AS other"),
        format!("VACUUM INTO '{copy}'"),
        "VACUUM".to_owned(),
        "PRAGMA writable_schema = 1".to_owned(),
        "PRAGMA query_only = 0".to_owned(),
        "PRAGMA journal_mode = delete".to_owned(),
        "PRAGMA user_version = 7".to_owned(),
        "PRAGMA wal_checkpoint(TRUNCATE)".to_owned(),
        "SELECT load_extension('x')".to_owned(),
        "BEGIN IMMEDIATE".to_owned(),
        "SAVEPOINT s".to_owned(),
        "REINDEX".to_owned(),
        "ANALYZE".to_owned(),
        "SELECT 1; DELETE FROM contact".to_owned(),
        "SELECT 1; SELECT 2".to_owned(),
        String::new(),
        "-- nothing".to_owned(),
        "SELECT".to_owned(),
    ] {
        let refused = reader.query(&sql, &mut |_| {}, &mut |_| true);
        assert!(matches!(refused, Err(MirrorError::Query { .. })), "{sql}: {refused:?}");
    }
    assert!(!scratch.folder().join("copy.db").exists());
    assert_eq!(scratch.one("SELECT count(*) FROM contact"), Value::Integer(11));
}

#[tokio::test]
async fn sql_reads_everything() {
    let scratch = Scratch::new();
    let _mirror = filled(&scratch).await;
    let reader = scratch.reader();
    assert_eq!(rows(&reader, "SELECT name FROM contact WHERE id = 10 -- why not\n;  "), [[text("x")]]);
    assert_eq!(rows(&reader, "SELECT name FROM pragma_table_info('contact') WHERE cid = 0"), [[text("id")]]);
    assert_eq!(rows(&reader, "PRAGMA user_version"), [[Value::Integer(4)]]);
    for sql in [
        "SELECT key FROM contact, json_each(data) LIMIT 1",
        "EXPLAIN QUERY PLAN SELECT * FROM contact",
        "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT sum(i) FROM n",
        "SELECT name FROM sqlite_schema",
        "PRAGMA table_info(contact)",
        "VALUES (1, 2)",
        "SELECT CAST(x'ff' AS TEXT)",
    ] {
        assert!(!rows(&reader, sql).is_empty(), "{sql}");
    }
    let mut seen = 0;
    let names = &mut Vec::new();
    reader
        .query("SELECT id, name AS n FROM contact", &mut |c| names.extend_from_slice(c), &mut |_| {
            seen += 1;
            seen < 3
        })
        .unwrap();
    assert_eq!((names.as_slice(), seen), (&["id".to_owned(), "n".to_owned()][..], 3));
}

#[tokio::test]
async fn an_endless_query_can_be_stopped() {
    let scratch = Scratch::new();
    let _mirror = filled(&scratch).await;
    let reader = scratch.reader();
    let stop = reader.interrupter();
    let mut rows = 0;
    let endless = "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    let stopped = reader.query(endless, &mut |_| {}, &mut |_| {
        rows += 1;
        if rows == 1_000 {
            stop.interrupt();
        }
        true
    });
    assert!(matches!(stopped, Err(MirrorError::Query { reason }) if reason.contains("interrupted")));
    assert_eq!(scratch.one("SELECT 1"), Value::Integer(1));
}

#[tokio::test]
async fn a_reader_in_the_middle_of_a_query_holds_no_writer_up() {
    let scratch = Scratch::new();
    let mirror = filled(&scratch).await;
    let reader = scratch.reader();
    let (started, reading) = std::sync::mpsc::channel();
    let (go_on, written) = std::sync::mpsc::channel();
    let query = std::thread::spawn(move || {
        let mut seen = 0;
        reader
            .query("SELECT id FROM contact", &mut |_| {}, &mut |_| {
                if seen == 0 {
                    started.send(()).unwrap();
                    written.recv().unwrap();
                }
                seen += 1;
                true
            })
            .unwrap();
        (reader, seen)
    });
    reading.recv().unwrap();
    let no = mirror.begin_session(&session()).await.unwrap();
    mirror.apply(no, page(&[item("contact", "created", "n", 1, r#"{"id": 5}"#)])).await.unwrap();
    go_on.send(()).unwrap();
    let (reader, seen) = query.join().unwrap();
    assert_eq!(seen, 11, "the query saw the state that it began with");
    assert_eq!(window(&reader, &From::Top, 2).0, "5 10");
}

#[tokio::test]
async fn big_records_can_be_read() {
    let scratch = Scratch::new();
    let mirror = scratch.open();
    let no = mirror.begin_session(&session()).await.unwrap();
    let data = format!(r#"{{"id": 1, "text": "{}"}}"#, "x".repeat(20 << 20));
    mirror.apply(no, page(&[item("note", "created", "n", 1, &data)])).await.unwrap();
    let reader = scratch.reader();
    assert!(reader.record("note", &RecordId::Int(1)).unwrap().unwrap().data == data);
    assert_eq!(rows(&reader, "SELECT length(text) FROM note"), [[Value::Integer(20 << 20)]]);
}

#[tokio::test]
#[cfg(unix)]
async fn a_read_only_folder_can_be_read() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    // Root may write anywhere, so then the test runs again as nobody.
    const CHILD: &str = "MIRROR_TEST_READ_ONLY";
    const NAME: &str = "reading::a_read_only_folder_can_be_read";
    if let Ok(path) = std::env::var(CHILD) {
        let path = std::path::Path::new(&path);
        let reader = Reader::open(path).unwrap();
        assert!(reader.immutable());
        assert_eq!(reader.status().unwrap().kinds[0].rows, 11);
        assert_eq!(rows(&reader, "SELECT count(*) FROM contact"), [[Value::Integer(11)]]);
        assert_eq!(window(&reader, &From::Top, 1).0, "10");
        assert!(matches!(Mirror::open(path, &identity()), Err(MirrorError::ReadOnly { .. })));
        println!("read");
        return;
    }
    let scratch = Scratch::new();
    filled(&scratch).await.close().await.unwrap();
    fs::remove_file(scratch.folder().join("mirror.db.lock")).unwrap();
    let folder = scratch.folder().join("read only?%");
    fs::create_dir(&folder).unwrap();
    fs::copy(scratch.path(), folder.join("m.db")).unwrap();
    fs::set_permissions(folder.join("m.db"), fs::Permissions::from_mode(0o444)).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    fs::set_permissions(scratch.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    // A copy of the program, since nobody may not be let into the folder it was built in.
    let program = scratch.folder().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mut child = std::process::Command::new(&program);
    child.args(["--exact", NAME, "--nocapture"]).env(CHILD, folder.join("m.db")).current_dir("/");
    if rustix::process::getuid().is_root() {
        child.uid(65_534).gid(65_534);
    }
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("read"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
}
