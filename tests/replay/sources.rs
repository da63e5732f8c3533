//! What is no source is refused with 5 and says why; what is one is left alone.

use std::fs;

use rusqlite::Connection;

use crate::kit::Bench;

/// Serves what cannot be served; what it complains of.
#[track_caller]
fn refused(bench: &Bench, options: &[&str]) -> String {
    let output = bench.run(&[&["serve", "--listen", "127.0.0.1:0"], options].concat());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{stderr}");
    assert!((1..=2).contains(&stderr.lines().count()), "{stderr}");
    assert!(stderr.starts_with("drainboard: "), "{stderr}");
    stderr
}

#[test]
fn what_is_no_source_is_named() {
    let bench = Bench::new();
    let good = r#"{"type":"contact","data":{"id":1}}"#;
    for (lines, expected) in [
        (vec!["hello"], "line 1 "),
        (vec![good, "", "{\"type\":\"contact\"}"], "line 3 has no data"),
        (vec![good, "{\"data\":{\"id\":1}}"], "line 2 names no type"),
        (vec![good, good, "[1]"], "line 3 "),
        (vec![good, "{\"type\":\"contact\",\"data\":{\"id\":1}"], "line 2 "),
    ] {
        bench.file("source", &lines);
        let said = refused(&bench, &["--account", "source"]);
        assert!(said.contains(expected) && said.contains("source"), "{expected} in {said}");
    }
    fs::write(bench.path("bytes"), [0xff, 0xfe, 0, 1, b'\n']).unwrap();
    assert!(refused(&bench, &["--account", "bytes"]).contains("line 1 is no UTF-8"));
    fs::create_dir(bench.path("folder")).unwrap();
    assert!(refused(&bench, &["--account", "folder"]).contains("directory"));
    let left: Vec<_> = fs::read_dir(bench.folder()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "nothing temporary is left: {left:?}");
}

#[test]
fn another_database_and_a_newer_mirror_are_told_apart() {
    let bench = Bench::new();
    let other = Connection::open(bench.path("other.db")).unwrap();
    other.execute_batch("CREATE TABLE contact (id, data)").unwrap();
    drop(other);
    assert!(refused(&bench, &["--account", "other.db"]).contains("another program's database"));

    let served = bench.serve(&["--items", "60"]);
    bench.sync(&served, "a.db");
    drop(served);
    let mirror = Connection::open(bench.path("a.db")).unwrap();
    mirror.pragma_update(None, "user_version", 99).unwrap();
    drop(mirror);
    assert!(refused(&bench, &["--account", "a.db"]).contains("newer version"));

    fs::write(bench.path("torn.db"), &fs::read(bench.path("a.db")).unwrap()[..40]).unwrap();
    assert!(refused(&bench, &["--account", "torn.db"]).contains("torn.db"));
}

#[test]
fn a_state_is_for_a_replay_and_for_nothing_else() {
    let bench = Bench::new();
    bench.file("a.ndjson", &[r#"{"type":"contact","data":{"id":1}}"#]);
    bench.file("text", &["precious"]);
    assert!(refused(&bench, &["--account", "a.ndjson", "--state", "text"]).contains("--state"));
    assert_eq!(fs::read(bench.path("text")).unwrap(), b"precious");
    assert!(refused(&bench, &["--account", "own.db", "--state", "s.db"]).contains("own"));
    assert_eq!(bench.run(&["serve", "--state", "s.db"]).status.code(), Some(2));
}

#[test]
fn a_fault_that_is_none_is_wrong_usage() {
    let bench = Bench::new();
    let output = bench.run(&["serve", "--fault", "boom"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("latency=TIME"), "it names what there is");
}
