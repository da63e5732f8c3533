//! Two mirrors compared: what a naive comparison of all rows finds, and nothing else.

use std::collections::BTreeMap;

use drainboard::mirror::compare::{Comparison, Wrong, compare};
use drainboard::mirror::{MirrorError, SessionEnd};
use drainboard::protocol::RecordId;

use super::kit::{Scratch, item, page, rng, session};

type Rows = BTreeMap<(String, RecordId), (i64, String)>;

/// Some thousand records of three types; ids of both kinds, so that both orders are walked.
fn account(rng: &mut fastrand::Rng) -> Rows {
    let mut rows = Rows::new();
    for n in 0..1_500_i64 {
        let kind = ["contact", "note", "e-mail"][rng.usize(..3)];
        let id = if rng.u8(..5) == 0 { RecordId::Text(format!("t{n}")) } else { RecordId::Int(n * 3 - 700) };
        let written = match &id {
            RecordId::Int(id) => id.to_string(),
            RecordId::Text(id) => format!("{id:?}"),
        };
        let data = format!(r#"{{"id": {written}, "name": "n{}"}}"#, rng.u8(..9));
        rows.insert((kind.into(), id), (rng.i64(5..9), data));
    }
    rows
}

/// A copy that went wrong in some places.
fn worn(rng: &mut fastrand::Rng, account: &Rows) -> Rows {
    let mut rows = account.clone();
    for (key, row) in account {
        match rng.u16(..100) {
            0..4 => drop(rows.remove(key)),
            4..8 => drop(rows.insert(key.clone(), (row.0 - 1, row.1.clone()))),
            8..12 => drop(rows.insert(key.clone(), (row.0, row.1.replace(r#""name""#, r#""nom""#)))),
            16..18 => drop(rows.insert(key.clone(), (row.0 + 3, row.1.clone()))),
            12..16 => {
                // One that the account never had.
                let id = RecordId::Text(format!("x{}", rng.u32(..)));
                rows.insert((key.0.clone(), id.clone()), (1, format!(r#"{{"id": "{id}"}}"#)));
            }
            _ => {}
        }
    }
    rows
}

async fn mirror(rows: &Rows) -> Scratch {
    let scratch = Scratch::new();
    let mirror = scratch.open();
    let no = mirror.begin_session(&session()).await.unwrap();
    let items: Vec<_> = rows
        .iter()
        .enumerate()
        .map(|(n, ((kind, _), (revision, data)))| item(kind, "created", &format!("k{n}"), *revision, data))
        .collect();
    for items in items.chunks(100) {
        mirror.apply(no, page(items)).await.unwrap();
    }
    mirror.close().await.unwrap();
    scratch
}

fn naive(mine: &Rows, account: &Rows) -> BTreeMap<(String, RecordId), Wrong> {
    let mut wrong = BTreeMap::new();
    for (key, fresh) in account {
        match mine.get(key) {
            None => drop(wrong.insert(key.clone(), Wrong::Missing)),
            Some(row) if row.0 < fresh.0 => drop(wrong.insert(key.clone(), Wrong::Stale)),
            Some(row) if row.0 > fresh.0 => drop(wrong.insert(key.clone(), Wrong::Ahead)),
            Some(row) if row.1 != fresh.1 => drop(wrong.insert(key.clone(), Wrong::Different)),
            Some(_) => {}
        }
    }
    wrong.extend(mine.keys().filter(|key| !account.contains_key(key)).map(|k| (k.clone(), Wrong::Extra)));
    wrong
}

fn compared(mine: &Scratch, fresh: &Scratch) -> Comparison {
    compare(&mine.reader(), &fresh.reader(), &mut |_, _| true).unwrap()
}

#[tokio::test]
async fn every_difference_is_found_and_nothing_else() {
    let mut rng = rng();
    let account = account(&mut rng);
    let fresh = mirror(&account).await;
    assert!(compared(&mirror(&account).await, &fresh).identical());

    let rows = worn(&mut rng, &account);
    let mine = mirror(&rows).await;
    let found = compared(&mine, &fresh);
    let expected = naive(&rows, &account);
    let listed: BTreeMap<_, _> =
        found.differences().map(|d| ((d.kind.clone(), d.id.clone()), d.wrong)).collect();
    assert_eq!(listed, expected);
    for wrong in Wrong::ALL {
        assert_eq!(found.count(wrong), expected.values().filter(|w| **w == wrong).count() as u64);
        assert!(found.count(wrong) > 0, "the copy is not worn enough to show {wrong:?}");
    }
    let in_both = account.keys().filter(|key| rows.contains_key(key)).count();
    let differ =
        expected.values().filter(|w| matches!(w, Wrong::Stale | Wrong::Ahead | Wrong::Different)).count();
    assert_eq!(found.same, (in_both - differ) as u64);

    // A second look keeps what both saw.
    assert_eq!(found.clone().again(&found), found);
    let healed = compared(&fresh, &fresh);
    assert!(found.clone().again(&healed).identical(), "seen once only");
    assert!(healed.again(&found).identical());
}

#[tokio::test]
async fn instructions_without_an_id_must_be_there_too() {
    let with = |names: &'static [&'static str]| async move {
        let scratch = Scratch::new();
        let mirror = scratch.open();
        let no = mirror.begin_session(&session()).await.unwrap();
        let items: Vec<_> = names
            .iter()
            .map(|name| item("associated_contact", "created", name, 1, &format!(r#"{{"name": "{name}"}}"#)))
            .collect();
        mirror.apply(no, page(&items)).await.unwrap();
        mirror.close().await.unwrap();
        scratch
    };
    let (few, all) = (with(&["a", "c"]).await, with(&["a", "b", "c", "d"]).await);
    assert_eq!(compared(&few, &all).unkeyed, 2);
    // What the mirror has more is what came before.
    assert!(compared(&all, &few).identical());
}

/// What two looks were told: 1 by both of them, 2 and 3 by one each, 4 and 5 until they came, 5 as deleted.
#[tokio::test]
async fn what_could_not_be_delivered_counts_once_and_not_once_it_came() {
    let fresh = Scratch::new();
    let mirror = fresh.open();
    let looks: [(&str, &str); 4] = [
        (
            "",
            r#"{"type":"deal","id":1},{"type":"deal","id":2},{"type":"deal","id":4},{"type":"deal","id":5}"#,
        ),
        ("", r#"{"type":"deal","id":1},{"type":"note","id":1},{"type":"deal","id":"1"},{"type":"deal"}"#),
        (
            r#"{"data":{"id":4},"meta":{"type":"deal","sync":{"event_type":"created","ack_key":"a","revision":1}}}"#,
            "",
        ),
        (
            r#"{"data":{"id":5},"meta":{"type":"deal","sync":{"event_type":"deleted","ack_key":"b","revision":1}}}"#,
            r#"{"type":"deal","id":3},{"type":"deal"}"#,
        ),
    ];
    for (items, failed) in looks {
        let no = mirror.begin_session(&session()).await.unwrap();
        let body = format!(r#"{{"items":[{items}],"meta":{{"failed_objects":[{failed}]}}}}"#);
        mirror.apply(no, drainboard::protocol::Page::parse(body.into_bytes()).unwrap()).await.unwrap();
    }
    mirror.close().await.unwrap();
    let found = compared(&fresh, &fresh);
    // deal 1, 2 and 3, note 1, deal "1", and one without an id.
    assert_eq!((found.undelivered, found.identical()), (6, true));

    // More than a mirror notes by name: what the session counted.
    let mirror = fresh.open();
    let no = mirror.begin_session(&session()).await.unwrap();
    let many: Vec<_> = (10..1_510).map(|id| format!(r#"{{"type":"deal","id":{id}}}"#)).collect();
    let body = format!(r#"{{"items":[],"meta":{{"failed_objects":[{}]}}}}"#, many.join(","));
    mirror.apply(no, drainboard::protocol::Page::parse(body.into_bytes()).unwrap()).await.unwrap();
    mirror.end_session(no, SessionEnd::Drained, 0, 1_500, None).await.unwrap();
    mirror.close().await.unwrap();
    assert_eq!(compared(&fresh, &fresh).undelivered, 1_500);
}

#[tokio::test]
async fn a_comparison_can_be_stopped() {
    let account = account(&mut fastrand::Rng::with_seed(7));
    let scratch = mirror(&account).await;
    let reader = scratch.reader();
    let mut asked = 0;
    let stopped = compare(&reader, &scratch.reader(), &mut |_, _| {
        asked += 1;
        false
    });
    assert!(matches!((&stopped, asked), (Err(MirrorError::Stopped), 1)), "{stopped:?} {asked}");
}
