//! The generator keeps its promises: as many as asked for, the same again, and every link leads somewhere.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::*;

fn made(items: u64, seed: u64) -> Vec<(String, String)> {
    let world = World { seed, plan: Plan::new(items) };
    world
        .plan
        .order()
        .map(|(kind, at)| {
            let mut out = Json::default();
            world.write(&mut out, kind, at);
            (kind.name().to_owned(), out.take())
        })
        .collect()
}

#[test]
fn there_are_exactly_as_many_as_asked_for() {
    for items in (0..200).chain([999, 1_000, 2_025, 2_026, 12_000, 50_000]) {
        assert_eq!(Plan::new(items).order().count() as u64, items);
    }
    for kind in KINDS {
        assert!(Plan::new(26).count(kind) == 1, "{kind:?}");
    }
    assert_eq!(KINDS.map(|kind| kind as usize), std::array::from_fn(|at| at + 1));
}

#[test]
fn a_seed_makes_the_same_account_again_and_another_seed_another() {
    assert_eq!(made(1_500, 1), made(1_500, 1));
    assert_ne!(made(1_500, 1), made(1_500, 2));
    // What users saw yesterday is what they see tomorrow: a change here is a change of everybody's demo.
    let mut digest = 0xcbf2_9ce4_8422_2325_u64;
    for (_, data) in made(1_500, 1) {
        for byte in data.bytes() {
            digest = (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    assert_eq!(digest, 0x689f_1add_2806_a31e, "{digest:#x}");
}

#[test]
fn every_link_leads_to_a_record() {
    for items in [0, 1, 5, 14, 17, 26, 50, 300, 6_000] {
        let records = made(items, items + 3);
        let parsed: Vec<(String, Value)> =
            records.iter().map(|(kind, data)| (kind.clone(), serde_json::from_str(data).unwrap())).collect();
        let mut ids: HashMap<&str, HashSet<u64>> = HashMap::new();
        for (kind, data) in &parsed {
            match data["id"].as_u64() {
                Some(id) => assert!(ids.entry(kind).or_default().insert(id), "{kind} {id} twice"),
                None => assert_eq!(kind, "associated_contact"),
            }
        }
        let there = |kind: &str, id: &Value| {
            id.is_null() || ids.get(kind).is_some_and(|ids| ids.contains(&id.as_u64().unwrap()))
        };
        for (kind, data) in &parsed {
            for (field, value) in data.as_object().unwrap() {
                let to = match field.as_str() {
                    "creator_id" | "owner_id" | "user_id" | "collaborator_id" | "last_stage_change_by_id" => {
                        "user"
                    }
                    "contact_id" | "parent_organization_id" | "organization_id" => "contact",
                    "deal_id" => "deal",
                    "stage_id" => "stage",
                    "pipeline_id" => "pipeline",
                    "loss_reason_id" => "loss_reason",
                    "order_id" => "order",
                    "product_id" => "product",
                    "outcome_id" if kind == "call" => "call_outcome",
                    "outcome_id" => "visit_outcome",
                    "source_id" if kind == "lead" => "lead_source",
                    "source_id" if kind == "deal" => "deal_source",
                    "source_id" => "source",
                    "unqualified_reason_id" if kind == "lead" => "lead_unqualified_reason",
                    "unqualified_reason_id" => "deal_unqualified_reason",
                    "resource_id" => data["resource_type"].as_str().unwrap(),
                    name => {
                        assert!(!name.ends_with("_id"), "{kind}.{name} is checked by nobody");
                        continue;
                    }
                };
                assert!(there(to, value), "{items}: {kind}.{field} = {value} is no {to}");
            }
        }
    }
}

#[test]
fn records_are_as_large_and_as_varied_as_real_ones() {
    let records = made(12_000, 1);
    let bytes: usize = records.iter().map(|(_, data)| data.len()).sum();
    let mean = bytes / records.len();
    assert!((600..1_200).contains(&mean), "{mean} bytes a record");
    let longest = records.iter().map(|(_, data)| data.len()).max().unwrap();
    assert!((4_000..20_000).contains(&longest), "{longest}");
    for sign in
        ["阿部", "الحداد", "शर्मा", "김", "Ångström", "Łukasz", "Шевченко", "Παπαδόπουλος", "🎉", "e\u{301}"]
    {
        assert!(records.iter().any(|(_, data)| data.contains(sign)), "{sign}");
    }
}

#[test]
fn days_are_counted_right() {
    let mut out = Json::default();
    out.open();
    out.time("a", 951_868_799);
    out.time("b", 951_868_800);
    out.date("c", 4_107_542_399);
    out.close();
    let right = r#"{"a":"2000-02-29T23:59:59Z","b":"2000-03-01T00:00:00Z","c":"2100-02-28"}"#;
    assert_eq!(out.take(), right);
}
