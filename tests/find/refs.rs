//! Who refers to whom: followed, named, counted the other way round, and found by name.

use drainboard::mirror::filter::Filter;
use drainboard::mirror::find::{Place, Query, Sort};
use drainboard::mirror::index::{Index, Indexer};
use drainboard::mirror::refs::Reference;
use drainboard::protocol::RecordId;

use crate::kit::{self, Scratch};
use crate::model;

#[tokio::test]
async fn references_are_followed_named_counted_and_found_by_name() {
    let scratch = Scratch::new();
    let item = |kind: &str, data: &str| kit::item(kind, "created", "k", 1, data);
    model::apply(
        &scratch.open(),
        &[
            item("user", r#"{"id": 7, "name": "Grace Hopper"}"#),
            item("user", r#"{"id": 8, "name": "Ada Lovelace"}"#),
            item(
                "contact",
                r#"{"id": 1, "first_name": "阿部", "last_name": "花子", "owner_id": 7, "address": {"city": "New York", "budget": 130}}"#,
            ),
            item(
                "contact",
                r#"{"id": 2, "name": "Acme", "owner_id": 8, "custom_fields": {"budget": "120.5"}}"#,
            ),
            item(
                "deal",
                r#"{"id": 11, "name": "Big", "contact_id": 1, "organization_id": 2, "owner_id": 7}"#,
            ),
            item("deal", r#"{"id": 12, "name": "1 and 2", "contact_id": 12, "owner_id": null}"#),
            item("deal", r#"{"id": 13, "name": "Text", "contact_id": "1", "stage_id": 4}"#),
            item("note", r#"{"id": 21, "content": "hi", "resource_type": "contact", "resource_id": 1}"#),
            item("note", r#"{"id": 22, "content": "ho", "resource_type": "deal", "resource_id": 1}"#),
        ],
    )
    .await;
    let reader = scratch.reader();
    let contact = Reference { kind: "contact".into(), id: RecordId::Int(1) };
    let deal = reader.record("deal", &RecordId::Int(11)).unwrap().unwrap();
    let owner = reader.references("deal", "owner_id", &deal.data).unwrap().remove(0);
    assert_eq!(reader.name_of(&owner).unwrap().as_deref(), Some("Grace Hopper"));
    assert_eq!(reader.references("deal", "contact_id", &deal.data).unwrap(), std::slice::from_ref(&contact));
    assert_eq!(reader.name_of(&contact).unwrap().as_deref(), Some("阿部 花子"));
    let note = reader.record("note", &RecordId::Int(22)).unwrap().unwrap();
    assert_eq!(reader.references("note", "resource_id", &note.data).unwrap()[0].kind, "deal");

    Indexer::pass(&scratch.path(), &mut |_, _| true).unwrap();
    let index = Index::open(&reader).unwrap();
    for index in [None, Some(&index)] {
        let incoming = reader.incoming(&contact, 5, index, &mut |_| true).unwrap();
        let told: Vec<_> =
            incoming.iter().map(|i| format!("{}.{} {} {:?}", i.kind, i.field, i.count, i.first)).collect();
        assert_eq!(told, ["deal.contact_id 1 [Int(11)]", "note.resource_id 1 [Int(21)]"]);
        for (kind, filter, expected) in [
            ("contact", "owner:grace", "1"),
            ("contact", "-owner:GRACE", "2"),
            ("contact", "owner=\"Ada Lovelace\"", "2"),
            ("deal", "owner:", "12 13"),
            ("deal", "contact:花", "11 13"),
            ("deal", "stage:4", "13"),
            ("contact", "budget>120", "2"),
            ("contact", "custom_fields.budget=120.50", "2"),
            ("contact", "city:\"new york\"", "1"),
            ("contact", "address.budget>120", "1"),
        ] {
            let query =
                Query { kind: kind.into(), filter: Filter::parse(filter).unwrap(), sort: Sort::default() };
            let view = reader.view(&query, index, &mut |_| true).unwrap_or_else(|e| panic!("{filter}: {e}"));
            let rows = reader.page(&view, &Place::Top, 9).unwrap().rows;
            let ids: Vec<_> = rows.iter().map(|row| row.id.to_string()).collect();
            assert_eq!(ids.join(" "), expected, "{filter}");
        }
    }
}
