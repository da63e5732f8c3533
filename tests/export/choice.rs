//! Which types, which records, and the names beside ids.

use std::fs;

use drainboard::export::{ExportError, Format};
use drainboard::mirror::filter::Filter;

use crate::filled::{Filled, csv, names};

#[test]
fn each_type_has_a_file_and_the_deleted_and_the_nameless_too() {
    let filled = Filled::small();
    let manifest = filled.export(&filled.order(Format::Csv, "out"));
    assert_eq!(
        names(&filled.path("out")),
        [
            "_deleted.csv",
            "associated_contact.csv",
            "associated_contact.unkeyed.csv",
            "contact.csv",
            "deal.csv",
            "manifest.json",
            "stage.csv",
            "user.csv"
        ]
    );
    let totals = &manifest.totals;
    assert_eq!((totals.records, totals.deleted, totals.unkeyed, totals.files), (6, 1, 1, 7));
    let deal = manifest.files.iter().find(|file| file.file == "deal.csv").unwrap();
    assert_eq!((deal.rows, deal.lowest_revision, deal.highest_revision), (2, Some(5), Some(6)));
    assert_eq!(manifest.mirror.last_drained.as_ref().unwrap().no, 2);
    let gone = csv(&filled.path("out/_deleted.csv"));
    assert_eq!(gone[1], ["deal", "13", "8", "2", r#"{"id":13,"name":"Gone","owner_id":404}"#]);
    let nameless = csv(&filled.path("out/associated_contact.unkeyed.csv"));
    assert_eq!(
        nameless[0],
        ["ack_key", "event_type", "revision", "session", "deal_id", "contact_id", "_data"]
    );
    assert_eq!(nameless[1], ["a1", "created", "8", "1", "11", "9", r#"{"deal_id":11,"contact_id":9}"#]);
}

#[test]
fn types_are_chosen_and_a_typo_is_told() {
    let filled = Filled::small();
    let mut order = filled.order(Format::Ndjson, "out");
    order.types = vec!["deal".into(), "user".into()];
    filled.export(&order);
    assert_eq!(names(&order.folder), ["_deleted.ndjson", "deal.ndjson", "manifest.json", "user.ndjson"]);

    let mut order = filled.order(Format::Ndjson, "typo");
    order.types = vec!["user".into(), "deals".into()];
    let refused = filled.try_export(&order).unwrap_err();
    assert!(matches!(refused, ExportError::UnknownType { .. }));
    assert!(refused.to_string().contains("did you mean deal?"), "{refused}");
    assert!(!order.folder.exists(), "nothing was made");
}

#[test]
fn a_filter_chooses_among_records() {
    let filled = Filled::small();
    let mut order = filled.order(Format::Csv, "out");
    order.types = vec!["deal".into()];
    order.filter = Filter::parse("owner:ada value<100").unwrap();
    let manifest = filled.export(&order);
    assert_eq!(manifest.totals.records, 1);
    assert_eq!(manifest.asked.filter.as_deref(), Some("owner:ada value<100"));
    assert_eq!(names(&order.folder), ["deal.csv", "manifest.json"], "a filter is about records alone");
    assert_eq!(csv(&order.folder.join("deal.csv"))[1][0], "11");

    let mut order = filled.order(Format::Csv, "wrong");
    order.types = vec!["deal".into()];
    order.filter = Filter::parse("valeu>1").unwrap();
    let refused = filled.try_export(&order).unwrap_err().to_string();
    assert!(refused.contains("deal") && refused.contains("did you mean value?"), "{refused}");
    assert!(!order.folder.exists(), "nothing is left");
}

#[test]
fn names_stand_beside_ids() {
    let filled = Filled::small();
    let mut order = filled.order(Format::Csv, "csv");
    order.resolve = true;
    filled.export(&order);
    let deals = csv(&order.folder.join("deal.csv"));
    assert_eq!(
        deals[0],
        ["id", "revision", "name", "owner_id", "owner_id_name", "stage_id", "stage_id_name", "value"]
    );
    assert_eq!(deals[1], ["11", "5", "One", "1", "Ada Baker", "5", "Won", "10"]);

    let mut order = filled.order(Format::Ndjson, "ndjson");
    order.resolve = true;
    filled.export(&order);
    let deals = fs::read_to_string(order.folder.join("deal.ndjson")).unwrap();
    let first = deals.lines().next().unwrap();
    assert!(first.ends_with(r#","names":{"owner_id":"Ada Baker","stage_id":"Won"}}"#), "{first}");
}

#[test]
fn batches_are_numbered_and_whole() {
    let filled = Filled::small();
    let mut order = filled.order(Format::Csv, "out");
    order.batch = Some(1);
    let manifest = filled.export(&order);
    assert_eq!(manifest.totals.records, 6);
    let deals: Vec<String> =
        names(&order.folder).into_iter().filter(|name| name.starts_with("deal")).collect();
    assert_eq!(deals, ["deal.0001.csv", "deal.0002.csv"]);
    for (file, id) in deals.iter().zip(["11", "12"]) {
        let table = csv(&order.folder.join(file));
        assert_eq!((table.len(), table[1][0].as_str()), (2, id), "each has its header");
    }
}
