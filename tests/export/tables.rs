//! A CSV file read by somebody else says what `data` says.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::fs;

use drainboard::export::Format;
use drainboard::spreadsheet::Formulas;
use serde_json::value::RawValue;

use crate::filled::{Filled, csv};
use crate::mirrors::{Instruction, item};

/// Raw JSON values of all kinds.
const VALUES: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1.10",
    "1e400",
    "-12",
    "123456789012345678901234567890",
    "0.1",
    "\"\"",
    "\" \"",
    "\"a,b\"",
    "\"say \\\"hi\\\"\"",
    "\"two\\nlines\\r\\n\"",
    "\"=1+1\"",
    "\"+48 22\"",
    "\"-x\"",
    "\"@SUM\"",
    "\"\\t\"",
    "\"\\u0000\"",
    "\"\\u00e9💥\"",
    "\"\\ud800\"",
    "\"'\"",
    "[]",
    "[1, \"a\\\"b\"]",
    "{\"k\": null}",
    "{ \"deep\": [[\"x\"]] }",
    "\"true\"",
    "\"null\"",
    "\"1.10\"",
];
/// Names of fields, those that clash with ours among them.
const FIELDS: &[&str] = &[
    "name",
    "Name",
    "a,b",
    "q\\\"uote",
    "new\\nline",
    "revision",
    "data",
    "ID",
    "_session",
    "rowid",
    "=x",
    "é💥",
    "name_field",
    "\\u0000odd",
    "",
];

#[test]
fn what_another_program_reads_is_what_came() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_123);
    println!("SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut items: Vec<Instruction> = Vec::new();
    for id in 1..=400 {
        let mut data = format!("{{\"id\":{id}");
        for field in FIELDS {
            if random.u8(..4) > 0 {
                let value = VALUES[random.usize(..VALUES.len())];
                let space = ["", " ", "\t"][random.usize(..3)];
                write!(data, ",\"{field}\":{space}{value}").unwrap();
            }
        }
        data.push('}');
        items.push(item("thing", "created", &format!("k{id}"), id, &data));
    }
    let filled = Filled::with(&[&items]);
    let manifest = filled.export(&filled.order(Format::Csv, "out"));
    let columns: Vec<String> = manifest.files[0].columns.iter().map(|column| column.from.clone()).collect();
    let table = csv(&filled.path("out/thing.csv"));
    assert_eq!(table.len(), 401, "a header and the records");
    assert_eq!(manifest.files[0].rows, 400);
    let header = table[0].iter().map(|name| name.to_lowercase());
    assert_eq!(header.collect::<HashSet<_>>().len(), table[0].len(), "no two columns are one");
    for (row, item) in table[1..].iter().zip(&items) {
        let raw: HashMap<String, Box<RawValue>> = serde_json::from_str(&item.data).unwrap();
        assert_eq!(row[1], item.revision.unwrap().to_string());
        let mut seen = 0;
        let mut rest: HashMap<String, Box<RawValue>> = HashMap::new();
        for (at, from) in columns.iter().enumerate() {
            if table[0][at] == "_rest" && !row[at].is_empty() {
                rest = serde_json::from_str(&row[at]).unwrap();
            }
            let Some(field) = from.strip_prefix("data.") else { continue };
            let Some(value) = raw.get(field) else {
                assert_eq!(row[at], "", "{field} is not there: {}", item.data);
                continue;
            };
            assert_eq!(row[at], expected(value.get()), "{field} of {}", item.data);
            seen += 1;
        }
        for (field, value) in &rest {
            assert_eq!(raw[field].get(), value.get(), "{field}");
            seen += 1;
        }
        assert_eq!(seen, raw.len(), "each field once: {row:?} {}", item.data);
    }
}

/// What a cell must say of a raw value.
fn expected(raw: &str) -> String {
    match raw.as_bytes()[0] {
        b'n' => String::new(),
        b'"' => serde_json::from_str(raw).unwrap_or_else(|_| raw.to_owned()),
        _ => raw.to_owned(),
    }
}

#[test]
fn null_is_empty_and_an_empty_text_is_two_quotes() {
    let filled =
        Filled::with(&[&[item("a", "created", "k", 1, r#"{"id":1,"x":null,"y":"","z":[],"t":true}"#)]]);
    filled.export(&filled.order(Format::Csv, "out"));
    assert_eq!(
        fs::read_to_string(filled.path("out/a.csv")).unwrap(),
        "id,revision,x,y,z,t\n1,1,,\"\",[],true\n"
    );
}

#[test]
fn formulas_stay_as_they_are_unless_somebody_asks() {
    let data = r#"{"id":1,"=n":"=1+1","m":"+48","i":-5,"s":"-5"}"#;
    let filled = Filled::with(&[&[item("a", "created", "k", 1, data)]]);
    filled.export(&filled.order(Format::Csv, "exact"));
    assert_eq!(
        fs::read_to_string(filled.path("exact/a.csv")).unwrap(),
        "id,revision,=n,m,i,s\n1,1,=1+1,+48,-5,-5\n"
    );
    let mut order = filled.order(Format::Csv, "safe");
    order.formulas = Formulas::Disarmed;
    let manifest = filled.export(&order);
    assert!(manifest.asked.disarmed);
    assert_eq!(
        fs::read_to_string(filled.path("safe/a.csv")).unwrap(),
        "id,revision,'=n,m,i,s\n1,1,'=1+1,'+48,-5,'-5\n"
    );
}
