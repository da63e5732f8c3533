//! The same rows, byte for byte.

use std::fs;

use crate::kit::{Bench, rows};

/// Everything that a record can look like.
const ODD: &[&str] = &[
    r#"{"type":"contact","revision":7,"data":{"id":1,"name":"Ada","price":1.10,"big":123456789012345678901234567890}}"#,
    r#"{"type":"contact","revision":8,"data":{ "id" : "1" , "name":"\u0041da", "x":1e400 }}"#,
    r#"{"type":"contact","revision":9007199254740993,"data":{"id":9007199254740993}}"#,
    r#"{"type":"contact","revision":-3,"data":{"id":9223372036854775808,"é":"💥"}}"#,
    r#"{"type":"contact","data":{"id":1.0,"name":"no revision"}}"#,
    r#"{"type":"contact","revision":1,"data":{"id":"a\"b\\c-1-2","owner_id":77}}"#,
    r#"{"type":"contact","revision":1,"data":{"id":"","twice":1,"twice":2}}"#,
    r##"{"type":"contact","revision":1,"data":{"id":"#5","lone":"\ud800"}}"##,
    r#"{"type":"contact","revision":1,"data":{"id":true}}"#,
    r#"{"type":"contact","revision":1,"data":{"id":-5}}"#,
    r#"{"type":"contact","revision":1,"data":{"name":"no id"}}"#,
    r#"{"type":"contact","revision":1,"data":{"id":null}}"#,
    r#"{"type":"Contact","revision":1,"data":{"id":1,"name":"a twin but for case"}}"#,
    r#"{"type":"loss_reason","revision":1,"data":{"id":1}}"#,
    r#"{"type":"LossReason","revision":1,"data":{"id":1}}"#,
    r#"{"type":"lossReason","revision":1,"data":{"id":1}}"#,
    r#"{"type":"","revision":1,"data":{"id":1,"of":"no type"}}"#,
    r#"{"type":"a\"b\\\u0001 💥-1","revision":1,"data":{"id":1}}"#,
    r#"{"type":"_outbox","revision":1,"data":{"id":1}}"#,
    r#"{"type":"sqlite_x","revision":1,"data":{"id":1}}"#,
    r#"{"type":"a\u0000b","revision":1,"data":{"id":1}}"#,
    r#"{"type":"odd","revision":1,"data":[1,2]}"#,
    r#"{"type":"odd","revision":1,"data":"text"}"#,
    r#"{"type":"odd","revision":1,"data":null}"#,
    r#"{"type":"odd","data":{}}"#,
    "",
    r#"{"data":{"deal_id":3},"meta":{"type":"associated_contact","sync":{"event_type":"updated","ack_key":"AssociatedContact-3-4","revision":4}}}"#,
    r#"{"data":{"deal_id":4},"meta":{"type":"associated_contact","sync":{"event_type":"deleted","ack_key":"Contact-1-1","revision":5}}}"#,
    r#"{"data":{"deal_id":5},"meta":{"type":"associated_contact","sync":{"event_type":"created","ack_key":"any \"key\" 💥"}}}"#,
    r#"{"data":{"id":900},"meta":{"type":"deal","sync":{"event_type":"updated","ack_key":"Deal-900-9","revision":9}}}"#,
    r#"{"data":{"id":901},"meta":{"type":"deal","sync":{"event_type":"created","ack_key":"Deal-901-3","revision":3}}}"#,
    r#"{"data":{"id":901},"meta":{"type":"deal","sync":{"event_type":"deleted","ack_key":"Deal-901-4","revision":4}}}"#,
    r#"{"data":{"id":902,"old":0},"meta":{"type":"deal","sync":{"event_type":"updated","ack_key":"Deal-902-9","revision":9}}}"#,
    r#"{"data":{"id":902,"old":1},"meta":{"type":"deal","sync":{"event_type":"created","ack_key":"Deal-902-3","revision":3}}}"#,
];

#[test]
fn a_demo_account_comes_back_as_it_was() {
    let bench = Bench::new();
    let served = bench.serve(&["--items", "3000"]);
    bench.sync(&served, "a.db");
    drop(served);
    let before = fs::read(bench.path("a.db")).unwrap();
    let first = rows(&bench.path("a.db"));
    assert!(!first["_unkeyed"].is_empty(), "records without an id are part of it");
    assert_eq!(first.values().map(Vec::len).sum::<usize>(), 3_000);
    assert_eq!(bench.replay("a.db", "b.db"), first);
    assert_eq!(bench.replay("b.db", "c.db"), first);
    assert!(fs::read(bench.path("a.db")).unwrap() == before, "the source is only read");
    let beside: Vec<_> = fs::read_dir(bench.folder()).unwrap().map(|e| e.unwrap().file_name()).collect();
    for log in ["a.db-wal", "a.db-shm"] {
        assert!(!beside.iter().any(|name| *name == *log), "{beside:?}");
    }
}

#[test]
fn whatever_a_record_looks_like_it_comes_back() {
    let bench = Bench::new();
    bench.file("odd.ndjson", ODD);
    let first = bench.replay("odd.ndjson", "a.db");
    let all = format!("{first:?}");
    for line in ODD.iter().filter(|line| line.starts_with(r#"{"type""#)) {
        let data = line.split_once(r#""data":"#).unwrap().1;
        let data = &data[..data.len() - 1];
        let found = first.values().flatten().any(|row| row.contains(&format!("{data:?}")));
        assert!(found, "{data} in {all}");
    }
    assert_eq!(first["contact"].len(), 10);
    assert_eq!(first["deal"].len(), 2, "{:?}", first["deal"]);
    assert!(first["deal"][1].contains(r#"old\":0"#), "{:?}", first["deal"]);
    assert_eq!(first["_unkeyed"].len(), 9, "{:#?}", first["_unkeyed"]);
    for key in ["AssociatedContact-3-4", "Contact-1-1"] {
        assert!(first["_unkeyed"].iter().any(|row| row.contains(key)), "{key}");
    }
    assert_eq!(bench.replay("a.db", "b.db"), first, "and from the mirror once more");
}

#[test]
fn edits_of_a_replayed_account_arrive_and_leave_the_source_alone() {
    let bench = Bench::new();
    let served = bench.serve(&["--items", "600"]);
    bench.sync(&served, "a.db");
    drop(served);
    let before = rows(&bench.path("a.db"));
    let served = bench.serve(&["--account", "a.db", "--state", "state.db"]);
    bench.sync(&served, "b.db");
    let edited = served.post("/emulator/edit", r#"{"create":5,"update":9,"delete":3}"#);
    assert!(edited.contains(r#"{"create":5,"update":9,"delete":3}"#), "{edited}");
    bench.sync(&served, "b.db");
    let after = rows(&bench.path("b.db"));
    let count = |rows: &crate::kit::Rows| rows.values().map(Vec::len).sum::<usize>();
    assert_eq!(count(&after), count(&before) + 5 - 3);
    assert_ne!(after, before);
    assert_eq!(rows(&bench.path("a.db")), before);
}
