//! The mirror as of a session: what copies of its tables, made after each session, say too.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use drainboard::mirror::reader::{Kind, Value};
use drainboard::mirror::{MirrorError, Reader, SessionEnd, SessionNo};
use fastrand::Rng;

use crate::kit::{self, Instruction, Scratch, rng, session, text};

/// Types with plain names, and with such as need another table, quotes, or are SQL's own words.
const KINDS: [&str; 6] = ["contact", "note", "select", "o'\"dd", "_ours", "Contact"];
const FIELDS: [&str; 9] = ["name", "Name", "data", "rowid", "it's", "a\"b", "_page", "order", "f\\u00e9"];
const VALUES: [&str; 14] = [
    "null",
    "true",
    "\"text\"",
    "\"\\u00e9\\n\"",
    "\"\\ud800\"",
    "1",
    "1.50",
    "-0",
    "9007199254740993",
    "18446744073709551617",
    "[1, 2]",
    "{\"in\":  \"side\"}",
    "\"\"",
    "1e400",
];

fn data(rng: &mut Rng, id: i64) -> String {
    let id = match id % 4 {
        0 => format!("\"{id}\""),
        1 => format!("900719925474099{id}"),
        _ => id.to_string(),
    };
    let mut data = format!("{{\"id\":{} {id}", " ".repeat(rng.usize(..2)));
    for _ in 0..rng.usize(..5) {
        // Twice the same field now and then: the first counts.
        let (field, value) = (FIELDS[rng.usize(..FIELDS.len())], VALUES[rng.usize(..VALUES.len())]);
        let field = field.replace('"', "\\\"");
        let _ = write!(data, ", \"{field}\": {value}"); // a String takes everything
    }
    data + "}"
}

/// A type's rows by id, each value by the field that its column shows: a column's name may give way to a twin. The page
/// is left out: of states that are gone nobody knows it.
type Rows = BTreeMap<String, BTreeMap<String, String>>;

fn table(reader: &Reader, now: &Reader, kind: &Kind) -> Rows {
    let sql = format!("SELECT * FROM \"{}\"", kind.table.replace('"', "\"\""));
    let (names, mut rows) = (RefCell::new(Vec::new()), Rows::new());
    let columns = now.columns(&kind.name).unwrap();
    let field = |name: String| match columns.iter().find(|column| column.name == name) {
        Some(column) => format!("field {}", column.field),
        None => name,
    };
    reader
        .query(&sql, &mut |columns| columns.clone_into(&mut names.borrow_mut()), &mut |row| {
            let names = names.borrow().clone().into_iter().map(field);
            let cells = names.zip(row.iter().map(|value| format!("{value:?}")));
            // A column that came later is empty in a copy that was made before.
            let row: BTreeMap<String, String> =
                cells.filter(|(name, value)| name != "_page" && value != "Null").collect();
            assert!(rows.insert(row["id"].clone(), row).is_none(), "an id stands twice in {sql}");
            true
        })
        .unwrap_or_else(|e| panic!("{sql}: {e}"));
    rows
}

/// The types' tables, as far as they have rows. What tells of types and columns is asked of `now`.
fn copy(reader: &Reader, now: &Reader) -> BTreeMap<String, Rows> {
    let kinds = now.kinds().unwrap();
    let all = kinds.into_iter().map(|kind| (kind.name.clone(), table(reader, now, &kind)));
    all.filter(|(_, rows)| !rows.is_empty()).collect()
}

fn instruction(rng: &mut Rng, serial: &mut u64) -> Instruction {
    let event = ["created", "updated", "updated", "deleted"][rng.usize(..4)];
    let id = rng.i64(1..14);
    *serial += 1;
    let data = if rng.u8(..40) == 0 { "{\"name\": \"no id\"}".to_owned() } else { data(rng, id) };
    Instruction {
        kind: KINDS[rng.usize(..KINDS.len())].into(),
        event,
        key: Some(format!("k{}", if rng.u8(..10) == 0 { 1 } else { *serial })),
        // Small numbers: many are stale, many are the same again.
        revision: (rng.u8(..12) > 0).then(|| rng.i64(1..30)),
        data,
    }
}

#[tokio::test]
async fn every_session_can_be_asked_for_and_says_what_was_there_after_it() {
    let mut rng = rng();
    for round in 0..4 {
        let scratch = Scratch::new();
        let mut mirror = scratch.open();
        let (mut copies, mut serial) = (Vec::new(), 0);
        for no in 1..=12 {
            assert_eq!(mirror.begin_session(&session()).await.unwrap(), no);
            for _ in 0..rng.usize(..4) {
                let items: Vec<Instruction> =
                    (0..rng.usize(1..30)).map(|_| instruction(&mut rng, &mut serial)).collect();
                mirror.apply(no, kit::page(&items)).await.unwrap();
            }
            if rng.u8(..4) == 0 {
                // As a crash leaves it: the next open ends the session.
                drop(mirror);
                mirror = scratch.open();
            } else {
                let end = [SessionEnd::Drained, SessionEnd::Stopped, SessionEnd::Lost][rng.usize(..3)];
                mirror.end_session(no, end, 0, 0, None).await.unwrap();
            }
            let reader = scratch.reader();
            copies.push((no, copy(&reader, &reader)));
        }
        // The writer is still there; so are its WAL and a session that has only begun.
        let open = mirror.begin_session(&session()).await.unwrap();
        let now = scratch.reader();
        for (no, expected) in &copies {
            let then = Reader::open_as_of(&scratch.path(), *no).unwrap();
            assert_eq!(copy(&then, &now), *expected, "round {round}, session {no}");
        }
        refused(&scratch, open, "has not ended");
    }
}

#[track_caller]
fn refused(scratch: &Scratch, no: SessionNo, words: &str) {
    let error = Reader::open_as_of(&scratch.path(), no).unwrap_err();
    assert!(matches!(&error, MirrorError::Query { reason } if reason.contains(words)), "{no}: {error}");
}

/// A contact that is created, changed, deleted and there again, and one that comes late, in five sessions.
async fn life() -> Scratch {
    let scratch = Scratch::new();
    let mirror = scratch.open();
    let one = |event, revision, name: &str| {
        kit::item(
            "contact",
            event,
            &format!("k{revision}"),
            revision,
            &format!(r#"{{"id": 1, "name": "{name}"}}"#),
        )
    };
    let late = kit::item("contact", "created", "k9", 1, r#"{"id": 2, "city": "Oslo"}"#);
    let sessions = [
        vec![one("created", 1, "Ada")],
        vec![one("updated", 2, "Ada B"), one("updated", 3, "Ada C")],
        vec![one("deleted", 4, "Ada C"), one("updated", 2, "stale")],
        vec![late],
        vec![one("created", 5, "again")],
    ];
    for items in sessions {
        let no = mirror.begin_session(&session()).await.unwrap();
        mirror.apply(no, kit::page(&items)).await.unwrap();
        mirror.end_session(no, SessionEnd::Drained, 0, 0, None).await.unwrap();
    }
    mirror.close().await.unwrap();
    scratch
}

#[tokio::test]
async fn statements_see_a_session_by_plain_names_and_nothing_else() {
    let scratch = life().await;
    let ask = |no| Reader::open_as_of(&scratch.path(), no).unwrap();
    let names = |no| kit::rows(&ask(no), "SELECT name FROM contact WHERE id = 1");
    assert_eq!(names(1), [[text("Ada")]]);
    assert_eq!(names(2), [[text("Ada C")]]);
    assert_eq!((names(3), names(4)), (Vec::new(), Vec::new()));
    assert_eq!(names(5), [[text("again")]]);
    let joined =
        "WITH c AS (SELECT * FROM contact) SELECT a.id, b.city FROM c a JOIN contact b ORDER BY b.id, a.id";
    assert_eq!(kit::rows(&ask(4), joined), [[Value::Integer(2), text("Oslo")]]);
    assert_eq!(kit::rows(&ask(3), "SELECT count(*) FROM contact"), [[Value::Integer(0)]]);

    let told = |sql: &str| ask(2).query(sql, &mut |_| {}, &mut |_| true).unwrap_err().to_string();
    for now in ["main.contact", "_tombstone", "_history", "_outbox", "main._session"] {
        let error = told(&format!("SELECT * FROM {now}"));
        assert!(error.contains("only the tables of the types"), "{now}: {error}");
    }
    for written in ["DROP VIEW contact", "CREATE TEMP TABLE x (a)", "DELETE FROM contact", "ATTACH 'x' AS y"]
    {
        let error = told(written);
        let refused = error.contains("not authorized") || error.contains("because it is a view");
        assert!(refused, "{written}: {error}");
    }
    assert!(told("SELECT nobody FROM contact").contains("no such column"));
}

#[tokio::test]
async fn what_cannot_be_told_is_refused() {
    let scratch = life().await;
    for no in [-1, 0, 6, i64::MAX] {
        refused(&scratch, no, "the mirror has 1 to 5");
    }
    // Somebody cut the history's first entries off: from session 3 on it still says what was.
    let other = rusqlite::Connection::open(scratch.path()).unwrap();
    other.execute_batch("DELETE FROM _history WHERE session < 3").unwrap();
    drop(other);
    refused(&scratch, 1, "does not reach back to session 1");
    refused(&scratch, 2, "does not reach back to session 2");
    let third = Reader::open_as_of(&scratch.path(), 3).unwrap();
    assert_eq!(kit::rows(&third, "SELECT count(*) FROM contact"), [[Value::Integer(0)]]);
    // A mirror that was never synchronized.
    let empty = Scratch::new();
    empty.open().close().await.unwrap();
    refused(&empty, 1, "no session yet");
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_cannot_be_written_has_its_sessions_too() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = life().await;
    let mode =
        |mode| std::fs::set_permissions(scratch.folder(), std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o555);
    let read = Reader::open_as_of(&scratch.path(), 1);
    let rows = read.map(|reader| kit::rows(&reader, "SELECT name FROM contact"));
    mode(0o755);
    assert_eq!(rows.unwrap(), [[text("Ada")]]);
}
