//! The exit kit: every form, a copy that is a mirror, and a report that knows the gaps.

use std::fs;

use drainboard::export::{self, Format};
use drainboard::mirror::{Identity, Mirror, Reader};

use crate::filled::{Filled, csv, names};
use crate::kit::{Bench, rows};
use crate::mirrors::item;

#[test]
fn everything_is_there_and_the_report_knows_the_gaps() {
    let recorded = r#"{"id":1,"user_id":1,"recording_url":"https://files.example/1.mp3","contact_id":404,"associated_deal_ids":[7]}"#;
    let filled = Filled::with(&[&[
        item("user", "created", "u", 1, r#"{"id":1,"name":"Ada"}"#),
        item(
            "contact",
            "created",
            "c",
            2,
            r#"{"id":2,"name":"Acme","contact_id":2,"owner_id":1,"website":"https://acme.example"}"#,
        ),
        item("call", "created", "k", 3, recorded),
        item("associated_contact", "created", "a", 4, r#"{"deal_id":1,"contact_id":2,"role":"involved"}"#),
        item("ufo", "created", "x", 5, r#"{"id":1}"#),
    ]]);
    let order = filled.order(Format::Csv, "kit");
    let (manifest, report) =
        export::kit(&Reader::open(&filled.mirror()).unwrap(), &order, &mut |_| true).unwrap();
    assert_eq!(
        names(&order.folder),
        ["csv", "manifest.json", "mirror.db", "ndjson", "not_fetched.csv", "report.json", "report.md"]
    );
    assert_eq!((manifest.totals.records, manifest.totals.unkeyed), (4, 1), "what is there twice counts once");
    assert!(names(&order.folder.join("csv")).contains(&"associated_contact.unkeyed.csv".to_owned()));
    assert!(export::check(&order.folder, &mut |_, _| true).unwrap().faults.is_empty());

    assert_eq!(csv(&order.folder.join("not_fetched.csv"))[1][..3], ["call", "1", "recording_url"]);
    let missing = &report.missing_parents[0];
    assert_eq!((missing.kind.as_str(), missing.field.as_str(), missing.count), ("call", "contact_id", 1));
    let absent =
        report.never_came.iter().map(|absent| (absent.to.as_str(), absent.count)).collect::<Vec<_>>();
    assert_eq!((report.missing_parents.len(), absent), (1, vec![("deal", 1)]));
    assert!(report.never_seen.contains(&"deal".to_owned()));
    assert!(report.types.iter().any(|kind| kind.kind == "ufo" && !kind.documented));
    let at = |kind: &str| report.import_order.types.iter().position(|known| known == kind).unwrap();
    assert!(at("user") < at("contact") && at("contact") < at("call"), "{:?}", report.import_order);
    assert!(at("contact") < at("associated_contact"), "{:?}", report.import_order);
    assert_eq!(report.import_order.afterwards[0].field, "contact_id", "a contact of a contact");
    assert!(report.open.iter().any(|open| open.contains("not acknowledged")), "{:?}", report.open);
    assert!(report.open.iter().any(|open| open.contains("not fetched")), "{:?}", report.open);
    let text = fs::read_to_string(order.folder.join("report.md")).unwrap();
    for word in [
        "2027-08-31",
        "drainboard verify",
        "call.contact_id to a contact that is not here: call 1\n",
        "listed below, and in report.json under `missing_parents`",
        "1 reference to types of which nothing ever came",
        "call.associated_deal_ids to a deal where none ever came: call 1\n",
        "same device",
        "ufo (not documented)",
    ] {
        let word = if word == "same device" { "It is the device too" } else { word };
        assert!(text.contains(word), "{word} in\n{text}");
    }
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(order.folder.join("report.json")).unwrap()).unwrap();
    assert_eq!(json["missing_parents"][0]["first"][0], "1");
    assert_eq!(json["never_came"][0]["to"], "deal");
}

#[test]
fn the_copy_is_a_mirror_of_its_own() {
    let bench = Bench::new();
    let served = bench.serve(&["--items", "500"]);
    bench.sync(&served, "a.db");
    let made =
        bench.run(&["export", "--mirror", "a.db", "--all", "--output", "kit", "--batch", "20", "--json"]);
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    let said: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!(
        (said["format"].as_str(), said["open"].as_array().map(Vec::len)),
        (Some("kit"), Some(0)),
        "{said}"
    );
    let copy = bench.path("kit/mirror.db");
    let first = rows(&bench.path("a.db"));
    assert_eq!(rows(&copy), first);
    assert!(!bench.path("kit/mirror.db-wal").exists() && !bench.path("kit/mirror.db-journal").exists());
    assert!(bench.path("kit/csv/contact.0002.csv").exists());
    let device = |path: &std::path::Path| Reader::open(path).unwrap().status().unwrap().device;
    assert_eq!(device(&copy), device(&bench.path("a.db")), "the copy is the device too");
    let identity = Identity { host: served.url.clone(), device: None };
    drop(Mirror::open(&copy, &identity).unwrap());
    served.post("/emulator/edit", r#"{"create":3}"#);
    bench.sync(&served, "kit/mirror.db");
    drop(served);
    assert_eq!(bench.replay("kit", "b.db"), first, "the kit is an account");
}
