//! What may be in a page: whatever it is, it is kept.

use std::fmt::Write as _;

use serde_json::json;

use crate::case::{Case, run_all};
use crate::server::{Act, On, Thing, http, page, thing};

/// Names that mean something to SQL, to JSON, to a terminal, to us, or to nobody.
fn names() -> Vec<String> {
    let words = "select from table where group order index values null default id ID Id data revision rowid oid _rowid_ \
                 _session _page _type _column _outbox _history _unkeyed _kind_1 sqlite_master SQLITE_x sqlite_sequence \
                 name_field data_field data_field2 contact Contact CONTACT";
    let mut names: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    let odd = [
        "",
        " ",
        "\"",
        "'",
        "`",
        "]",
        "a\"b",
        "a'b; DROP TABLE _type; --",
        "a\0b",
        "\0",
        "a.b",
        "$",
        "$.a",
        "[0]",
        "%s",
        "?1",
        ":x",
        "@x",
        "--",
        "/*",
        "\\",
        "\n",
        "\u{1b}[31m",
        "\u{202e}",
        "é",
        "É",
        "💥",
        "../../etc/passwd",
        "CON",
    ];
    names.extend(odd.map(str::to_owned));
    names.push("x".repeat(1 << 20));
    names.push("y".repeat(300));
    names
}

#[test]
fn names_of_every_kind() {
    let types = names()
        .into_iter()
        .enumerate()
        .map(|(n, name)| thing(&format!("t{n}"), &name, "1", &format!(r#"{{"id":{n},"name":"type {n}"}}"#)));
    let one_each = names().into_iter().enumerate().map(|(n, name)| {
        thing(&format!("f{n}"), "thing", "1", &format!(r#"{{"id":{n},{}:"field {n}"}}"#, json!(name)))
    });
    let all: String = names().into_iter().fold(String::new(), |mut all, name| {
        let _ = write!(all, "{}:1,", json!(name)); // a String takes everything
        all
    });
    let keys = names()
        .into_iter()
        .enumerate()
        .map(|(n, name)| thing(&name, "contact", "1", &format!(r#"{{"id":{n}}}"#)));
    run_all(&[
        Case::account("types of every name", types.collect()),
        Case::account("fields of every name, one a record", one_each.collect()),
        Case::account(
            "fields of every name in one record",
            vec![thing("k", "thing", "1", &format!(r#"{{{all}"last":1}}"#))],
        ),
        Case::account("ack keys of every name", keys.collect()),
    ]);
}

#[test]
fn values_of_every_kind() {
    let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    let values = [
        "null",
        "true",
        "0",
        "-0",
        "1e999",
        "-1e999",
        "1e-999",
        "123456789012345678901234567890",
        "0.1000000000000000055511151231257827",
        "9223372036854775808",
        "\"\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "[]",
        "{}",
        " { \"a\" : [ 1 , 2 ] } ",
        "\"\u{202e}\u{1f4a5}\"",
        "{\"id\":1,\"id\":2}",
    ];
    let mut values: Vec<String> = values.map(str::to_owned).to_vec();
    values.extend([1_000, 1_001, 5_000, 100_000].map(deep));
    values.push(format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000)));
    values.push(format!("\"{}\"", "\\u0041".repeat(200_000)));
    let ids = values.iter().filter(|id| id.len() < 1_000_000).enumerate();
    let ids = ids.map(|(n, id)| thing(&format!("i{n}"), "id", "1", &format!(r#"{{"n":{n},"id":{id}}}"#)));
    let fields = values.iter().enumerate().map(|(n, value)| {
        thing(&format!("v{n}"), "value", "1", &format!("{{\"id\": {n},\t\"value\":{value}\n}}"))
    });
    let data = values.iter().enumerate().map(|(n, value)| thing(&format!("d{n}"), "data", "1", value.trim()));
    let revisions = values.iter().map(String::as_str).chain(["\"7\""]).enumerate();
    let revisions = revisions
        .map(|(n, revision)| thing(&format!("r{n}"), "revised", revision, &format!(r#"{{"id":{n}}}"#)));
    run_all(&[
        Case::account("ids of every kind", ids.collect()),
        Case::account("values of every kind", fields.collect()),
        Case::account("data of every kind", data.collect()),
        Case::account("revisions of every kind", revisions.collect()),
    ]);
}

fn item(key: &str, item: &str, data: &str) -> Thing {
    Thing { key: key.to_owned(), item: item.to_owned(), data: data.to_owned() }
}

#[test]
fn envelopes_of_every_kind() {
    let sync = |event: &str, key: &str| format!(r#"{{"sync":{{"event_type":{event},"ack_key":"{key}"}}}}"#);
    let things = vec![
        item("e1", &format!(r#"{{"data":{{"id":1}},"meta":{}}}"#, sync("\"exploded\"", "e1")), r#"{"id":1}"#),
        item("e2", &format!(r#"{{"data":{{"id":2}},"meta":{}}}"#, sync("null", "e2")), r#"{"id":2}"#),
        item("e3", &format!(r#"{{"data":{{"id":3}},"meta":{}}}"#, sync("[[]]", "e3")), r#"{"id":3}"#),
        item("e4", &format!(r#"{{"meta":{}}}"#, sync("\"created\"", "e4")), "null"),
        item("e5", &format!(r#"{{"data":null,"meta":{}}}"#, sync("\"deleted\"", "e5")), "null"),
        item(
            "e6",
            &format!(r#"{{"data":[1, {{"id":6}}],"meta":{}}}"#, sync("\"updated\"", "e6")),
            r#"[1, {"id":6}]"#,
        ),
        item(
            "e7",
            &format!(r#"{{"extra":{{}},"meta":{},"data":"text"}}"#, sync("\"created\"", "e7")),
            "\"text\"",
        ),
    ];
    let mut twins = vec![
        thing("a", "contact", "1", r#"{"id":1,"name":"older"}"#),
        thing("b", "contact", "2", r#"{"id":1,"name":"newer"}"#),
        thing("c", "contact", "2", r#"{"id":1,"name":"newer"}"#),
        thing("d", "contact", "2", r#"{"id":"1","name":"another one"}"#),
        thing("e", "contact", "2", r#"{"id":2,"id":3,"name":"twice","name":{"x":1,"x":2}}"#),
    ];
    twins.push(thing("f", "lead", "1", r#"{"id":1,"name":"newer"}"#));
    run_all(&[
        Case::account("odd envelopes", things),
        Case::account("records that come twice", twins),
        Case::account(
            "one key for all",
            (0..9).map(|n| thing("k", "contact", "1", &format!(r#"{{"id":{n}}}"#))).collect(),
        ),
    ]);
}

/// Without a key it can be kept and never acknowledged; that a session with it is no progress ends the run.
#[test]
fn items_without_a_key_are_kept() {
    let items = [
        "{}",
        r#"{"data":{"id":1}}"#,
        r#"{"data":{"id":2},"meta":null}"#,
        r#"{"data":{"id":3},"meta":{"sync":[]}}"#,
        r#"{"data":{"id":4},"meta":{"type":7,"sync":{"ack_key":7,"revision":{}}}}"#,
        r#"{"data":{"id":5},"meta":"x"}"#,
    ];
    let act = Act::Say(http(200, "", page(&items.join(","))));
    let home = Case::fault("no keys", On::Take, act).times(1).ends(0).run();
    assert_eq!(home.number("SELECT count(*) FROM _kind_1"), 5);
    assert_eq!(home.number("SELECT count(*) FROM _unkeyed"), 1);
}

#[test]
fn many_fields_and_many_types() {
    let fields =
        |from: usize| (from..from + 700).map(|n| format!("\"f{n}\":{n}")).collect::<Vec<_>>().join(",");
    let wide =
        (0..9).map(|n| thing(&format!("w{n}"), "wide", "1", &format!(r#"{{"id":{n},{}}}"#, fields(n * 700))));
    let types =
        (0..300).map(|n| thing(&format!("t{n}"), &format!("type {n}"), "1", r#"{"id":1,"name":"x"}"#));
    run_all(&[
        Case::account("six thousand fields", wide.collect()),
        Case::account("three hundred types", types.collect()).seconds(60),
    ]);
    // Each would be a table, and the memory of its statements.
    let flood = (0..200_000).map(|n| thing(&format!("t{n}"), &format!("type {n}"), "1", "{\"id\":1}").item);
    let act = Act::Say(http(200, "", page(&flood.collect::<Vec<_>>().join(","))));
    let case = Case::fault("two hundred thousand types", On::Take, act).times(1).fatal();
    case.ends(5).says("mirror.db takes 1000 types").says("--base-url").within(250).run();
}

#[test]
fn pages_of_every_size() {
    let long = format!(r#"{{"id":1,"text":"{}"}}"#, "x".repeat(64 << 20));
    run_all(&[Case::account("a page of 64 MiB", vec![thing("k", "contact", "1", &long)])
        .within(900)
        .seconds(60)]);
    let tiny: Vec<String> = (0..1_000_000).map(|n| format!(r#"{{"data":{{"id":{n}}}}}"#)).collect();
    let act = Act::Say(http(200, "", page(&tiny.join(","))));
    let home =
        Case::fault("a million tiny items", On::Take, act).times(1).ends(0).within(900).seconds(60).run();
    assert_eq!(home.number("SELECT count(*) FROM _kind_1"), 1_000_000);
    let keyed = (0..60_000).map(|n| thing(&format!("k{n}"), "contact", "1", &format!(r#"{{"id":{n}}}"#)));
    run_all(&[Case::account("sixty thousand keys in one page", keyed.collect()).seconds(60)]);
    // 3 MiB on the wire would be gigabytes in memory.
    let bare = Act::Say(http(200, "", page(&vec!["{}"; 1_048_577].join(","))));
    let case = Case::fault("more items of nothing than a page may have", On::Take, bare);
    case.says("more than 1,048,576 elements").within(300).lost().run();
    let failed =
        format!(r#"{{"items":[],"meta":{{"failed_objects":[{}]}}}}"#, vec!["0"; 2_000_000].join(","));
    let case = Case::fault("two million objects that failed", On::Take, Act::Say(http(200, "", failed)));
    case.times(1).ends(0).within(128).run();
}
