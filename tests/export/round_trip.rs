//! Mirror → NDJSON → service → mirror: the same rows, byte for byte. All with the real binary.

use std::fs;

use crate::kit::{Bench, rows};

/// What makes an export stumble: names that are no files, line breaks between tokens, and all that a record can be.
const ODD: &[&str] = &[
    r#"{"type":"contact","revision":7,"data":{"id":1,"price":1.10,"big":123456789012345678901234567890,"x":1e400}}"#,
    r#"{"type":"contact","revision":8,"data":{ "id" : "1" , "name":"\u0041da","twice":1,"twice":2 }}"#,
    r#"{"type":"contact","revision":-3,"data":{"id":9223372036854775808,"lone":"\ud800","nul":"\u0000"}}"#,
    r#"{"type":"contact","data":{"id":1.0}}"#,
    r#"{"type":"contact","revision":2,"data":{"id":2},"raw":"{\r\n  \"id\": 2,\n\t\"text\": \"a\\nb\"\n}"}"#,
    r#"{"type":"Contact","revision":1,"data":{"id":1}}"#,
    r#"{"type":"../../up","revision":1,"data":{"id":1}}"#,
    r#"{"type":"/etc/passwd","revision":1,"data":{"id":1}}"#,
    r#"{"type":"..","revision":1,"data":{"id":1}}"#,
    r#"{"type":"CON","revision":1,"data":{"id":1}}"#,
    r#"{"type":"lpt1","revision":1,"data":{"id":1}}"#,
    r#"{"type":"a\u0000b","revision":1,"data":{"id":1}}"#,
    r#"{"type":"","revision":1,"data":{"id":1}}"#,
    r#"{"type":"_deleted","revision":1,"data":{"id":1}}"#,
    r#"{"type":"manifest","revision":1,"data":{"id":1}}"#,
    r#"{"type":"🦀 \"x\"","revision":1,"data":{"id":1}}"#,
    r#"{"type":"odd","revision":1,"data":[1,2]}"#,
    r#"{"type":"odd","data":null}"#,
    r#"{"data":{"deal_id":3},"meta":{"type":"associated_contact","sync":{"event_type":"updated","ack_key":"K \"3\"","revision":4}}}"#,
];

#[test]
fn whatever_a_record_looks_like_it_comes_back() {
    let bench = Bench::new();
    let long = format!(r#"{{"type":"{}","revision":1,"data":{{"id":1}}}}"#, "long".repeat(1 << 16));
    bench.file("odd.ndjson", &[ODD, &[&long]].concat());
    let first = bench.replay("odd.ndjson", "a.db");
    let breaks = first["contact"].iter().any(|row| row.contains(r"{\r\n"));
    assert!(breaks, "the line breaks are there: {:?}", first["contact"]);
    let made = bench.run(&["export", "--mirror", "a.db", "--format", "ndjson", "--output", "out"]);
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    for entry in fs::read_dir(bench.path("out")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        assert!(name.len() < 110 && name.chars().all(plain), "{name}");
    }
    assert!(!bench.path("up.ndjson").exists());
    assert_eq!(bench.replay("out", "b.db"), first, "the folder is an account");

    let mut files: Vec<_> = fs::read_dir(bench.path("out")).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|is| is == "ndjson"));
    let all: Vec<u8> = files.iter().flat_map(|path| fs::read(path).unwrap()).collect();
    fs::write(bench.path("all.ndjson"), all).unwrap();
    assert_eq!(bench.replay("all.ndjson", "c.db"), first, "and so are its files in one");
}

#[test]
fn a_demo_account_with_deletions_comes_back() {
    let bench = Bench::new();
    let served = bench.serve(&["--items", "2000"]);
    bench.sync(&served, "a.db");
    served.post("/emulator/edit", r#"{"create":5,"update":30,"delete":20}"#);
    bench.sync(&served, "a.db");
    drop(served);
    let first = rows(&bench.path("a.db"));
    let made = bench.run(&["export", "--mirror", "a.db", "--format", "ndjson", "--output", "out", "--json"]);
    let said: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!((said["event"].as_str(), said["deleted"].as_u64()), (Some("export"), Some(20)), "{said}");
    let deleted = fs::read_to_string(bench.path("out/_deleted.ndjson")).unwrap();
    for line in deleted.lines() {
        let item: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(item["meta"]["sync"]["event_type"], "deleted");
        assert!(item["data"].as_object().unwrap().len() > 1, "the last known state: {line}");
    }
    assert_eq!(bench.replay("out", "b.db"), first);
}
