//! Parquet read back: types that hold every value exactly, and text where none does.

use std::fs::File;
use std::path::Path;

use drainboard::export::{self, Format};
use parquet::data_type::Decimal;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;

use crate::filled::{Filled, names};
use crate::mirrors::{Instruction, item};

/// The columns of a file with their types, and its rows.
fn read(path: &Path) -> (Vec<String>, Vec<Vec<Field>>) {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let columns = schema.columns().iter();
    let columns = columns.map(|column| format!("{} {}", column.name(), column.physical_type())).collect();
    let rows = reader.get_row_iter(None).unwrap();
    let rows = rows.map(|row| row.unwrap().into_columns().into_iter().map(|(_, field)| field).collect());
    (columns, rows.collect())
}

/// A mirror with these records of one type.
fn things(rows: &[&str]) -> Filled {
    let created = |(data, no): (&&str, i64)| item("thing", "created", &format!("k{no}"), no, data);
    let items: Vec<Instruction> = rows.iter().zip(1..).map(created).collect();
    Filled::with(&[&items])
}

#[test]
fn every_value_is_what_it_was() {
    let rows = [
        r#"{"id":1,"n":9007199254740993,"x":0.1,"big":1,"mixed":1,"yes":true,"t":"a\nb","list":[1, "x"],"nil":null}"#,
        r#"{"id":2,"n":-1,"x":1e300,"big":123456789012345678901234567890,"mixed":"1","yes":null,"t":"","late":1.5}"#,
    ];
    let filled = things(&rows);
    let manifest = filled.export(&filled.order(Format::Parquet, "out"));
    let (columns, found) = read(&filled.path("out/thing.parquet"));
    assert_eq!(
        columns,
        [
            "id INT64",
            "revision INT64",
            "n INT64",
            "x DOUBLE",
            "big BYTE_ARRAY",
            "mixed BYTE_ARRAY",
            "yes BOOLEAN",
            "t BYTE_ARRAY",
            "list BYTE_ARRAY",
            "nil BYTE_ARRAY",
            "late FIXED_LEN_BYTE_ARRAY",
            "_data BYTE_ARRAY"
        ]
    );
    let text = |text: &str| Field::Str(text.to_owned());
    let first = [
        Field::Long(1),
        Field::Long(1),
        Field::Long(9_007_199_254_740_993),
        Field::Double(0.1),
        text("1"),
        text("1"),
        Field::Bool(true),
        text("a\nb"),
        text(r#"[1, "x"]"#),
        Field::Null,
        Field::Null,
        text(rows[0]),
    ];
    let second = [
        Field::Long(2),
        Field::Long(2),
        Field::Long(-1),
        Field::Double(1e300),
        text("123456789012345678901234567890"),
        text("1"),
        Field::Null,
        text(""),
        Field::Null,
        Field::Null,
        Field::Decimal(Decimal::from_bytes(15_i128.to_be_bytes().to_vec().into(), 38, 1)),
        text(rows[1]),
    ];
    assert_eq!(found, [first.to_vec(), second.to_vec()]);
    let told: Vec<_> = manifest.files[0].columns.iter().filter_map(|column| column.kind.as_deref()).collect();
    assert_eq!(told[..5], ["INT64", "INT64", "INT64", "DOUBLE", "UTF8"]);
    assert!(export::check(&filled.path("out"), &mut |_, _| true).unwrap().faults.is_empty());
}

/// Amounts and times as the service sends them are what a program can count with, digit for digit.
#[test]
fn amounts_and_times_have_types_where_all_of_a_column_are_alike() {
    let rows = [
        r#"{"id":1,"value":"1000.10","odd":"1.5","at":"2026-01-02T03:04:05Z","seen":"2026-01-02T03:04:05.250Z","zip":"10115"}"#,
        r#"{"id":2,"value":"-0.90","odd":"1.50","at":"1969-12-31T23:59:59Z","seen":"2026-01-02T03:04:05Z","zip":"90210"}"#,
    ];
    let filled = things(&rows);
    let manifest = filled.export(&filled.order(Format::Parquet, "out"));
    let told: Vec<_> = manifest.files[0]
        .columns
        .iter()
        .map(|column| format!("{} {}", column.name, column.kind.as_deref().unwrap()))
        .collect();
    assert_eq!(
        told[2..7],
        ["value DECIMAL(38,2)", "odd UTF8", "at TIMESTAMP(0)", "seen UTF8", "zip UTF8"],
        "{told:?}"
    );
    let (_, found) = read(&filled.path("out/thing.parquet"));
    let amount =
        |unscaled: i128| Field::Decimal(Decimal::from_bytes(unscaled.to_be_bytes().to_vec().into(), 38, 2));
    assert_eq!((&found[0][2], &found[1][2]), (&amount(100_010), &amount(-90)));
    let time = |text: &str| Field::TimestampMicros(text.parse::<jiff::Timestamp>().unwrap().as_microsecond());
    assert_eq!(found[0][4], time("2026-01-02T03:04:05Z"));
    assert_eq!(found[1][4], time("1969-12-31T23:59:59Z"));
    assert!(export::check(&filled.path("out"), &mut |_, _| true).unwrap().faults.is_empty());
}

#[test]
fn tables_of_ours_and_empty_ones_are_there_too() {
    let filled = Filled::small();
    let mut order = filled.order(Format::Parquet, "out");
    order.resolve = true;
    filled.export(&order);
    assert_eq!(names(&order.folder).len(), 8);
    let (columns, rows) = read(&order.folder.join("associated_contact.parquet"));
    assert_eq!((columns.len(), rows.len()), (3, 0), "{columns:?}");
    let (_, gone) = read(&order.folder.join("_deleted.parquet"));
    assert_eq!(gone[0][2], Field::Long(8));
    let (columns, deals) = read(&order.folder.join("deal.parquet"));
    assert_eq!(columns[4], "owner_id_name BYTE_ARRAY");
    assert_eq!(deals[0][4], Field::Str("Ada Baker".into()));
}

/// More rows than one row group has, and values that come and go.
#[test]
fn many_row_groups_are_one_table() {
    let items: Vec<Instruction> = (1..=70_000)
        .map(|no| {
            let more = if no % 3 == 0 { format!(",\"n\":{no}") } else { String::new() };
            item("t", "created", &format!("k{no}"), no, &format!("{{\"id\":{no}{more}}}"))
        })
        .collect();
    let filled = Filled::with(&[&items]);
    filled.export(&filled.order(Format::Parquet, "out"));
    let path = filled.path("out/t.parquet");
    let groups = SerializedFileReader::new(File::open(&path).unwrap()).unwrap().num_row_groups();
    assert_eq!(groups, 2);
    let (_, rows) = read(&path);
    assert_eq!(rows.len(), 70_000);
    for (row, no) in rows.iter().zip(1..) {
        assert_eq!(row[0], Field::Long(no));
        assert_eq!(row[2], if no % 3 == 0 { Field::Long(no) } else { Field::Null });
    }
}
