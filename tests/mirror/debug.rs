//! Held keys, and what the outbox tells whoever looks into it.

use drainboard::mirror::debug::Brought;
use drainboard::mirror::reader::Value;
use drainboard::mirror::{Mirror, Outbox, Settlement};
use drainboard::protocol::RecordId;

use crate::kit::{Instruction, Scratch, item, page, session};

/// A mirror with `pages` pages of `each` keys: `k1.1`, `k1.2` …
async fn filled(scratch: &Scratch, pages: usize, each: usize) -> Mirror {
    let mirror = scratch.open();
    let no = mirror.begin_session(&session()).await.unwrap();
    for p in 1..=pages {
        let contact =
            |i| item("contact", "created", &format!("k{p}.{i}"), 1, &format!("{{\"id\": {}}}", p * 100 + i));
        let items: Vec<Instruction> = (1..=each).map(contact).collect();
        mirror.apply(no, page(&items)).await.unwrap();
    }
    mirror
}

#[tokio::test]
async fn held_keys_stay_held_over_a_restart_until_they_are_released() {
    let scratch = Scratch::new();
    let mirror = filled(&scratch, 2, 3).await;
    let flying = mirror.next_pack(2).await.unwrap().unwrap();
    assert_eq!(mirror.hold(true).await.unwrap(), Outbox { pending: 6, refused: 0, held: 6 });
    assert_eq!(mirror.next_pack(10).await.unwrap(), None);
    // What was in flight meets its fate; what comes is held too.
    assert_eq!(mirror.settle(flying.no, Settlement::Accepted).await.unwrap().held, 4);
    let no = mirror.begin_session(&session()).await.unwrap();
    let late = item("contact", "created", "late", 1, "{\"id\": 999}");
    mirror.apply(no, page(&[late])).await.unwrap();
    assert_eq!(mirror.outbox().await.unwrap(), Outbox { pending: 5, refused: 0, held: 5 });
    assert_eq!(scratch.reader().status().unwrap().outbox.held, 5);
    drop(mirror); // as a crash leaves it: nothing was closed on purpose

    let mirror = scratch.open();
    assert_eq!(mirror.outbox().await.unwrap().held, 5);
    assert_eq!(mirror.next_pack(10).await.unwrap(), None);
    assert_eq!(scratch.one("SELECT count(*) FROM _outbox WHERE held"), Value::Integer(3));
    assert_eq!(mirror.hold(false).await.unwrap(), Outbox { pending: 5, refused: 0, held: 0 });
    let pack = mirror.next_pack(10).await.unwrap().unwrap();
    assert_eq!(pack.keys, ["k1.3", "k2.1", "k2.2", "k2.3", "late"]);
    mirror.settle(pack.no, Settlement::Accepted).await.unwrap();
    assert_eq!(mirror.outbox().await.unwrap(), Outbox::default());
}

#[tokio::test]
async fn a_mirror_of_the_first_schema_is_read_as_it_is_and_migrated_when_opened() {
    let scratch = Scratch::new();
    let mirror = filled(&scratch, 1, 3).await;
    mirror.close().await.unwrap();
    // Back to schema 1, as an older version left it: a key that was refused twice was two.
    let old = rusqlite::Connection::open(scratch.path()).unwrap();
    old.execute_batch(
        "DROP TABLE _noted; ALTER TABLE _outbox DROP COLUMN held; DROP INDEX _refused_key;
         INSERT INTO _refused (ack_key, page, session, pack, status, answer, at) VALUES
             ('a', 1, 1, 1, 422, 'first', ''), ('b', 1, 1, 2, 422, '', ''), ('a', 2, 2, 3, 400, 'last', '');
         UPDATE _total SET refused = 3;
         PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(old);
    let reader = scratch.reader();
    assert_eq!(reader.status().unwrap().outbox, Outbox { pending: 3, refused: 3, held: 0 });
    assert_eq!(reader.health().unwrap(), [], "an older mirror is none that lacks something");
    assert_eq!((reader.waiting(None, 10).unwrap().len(), reader.status().unwrap().schema), (1, 1));
    drop(reader);
    let mirror = scratch.open();
    assert_eq!(mirror.hold(true).await.unwrap().held, 3);
    let reader = scratch.reader();
    assert_eq!((reader.status().unwrap().schema, reader.status().unwrap().outbox.refused), (4, 2));
    let refused: Vec<_> = reader.refused(None, 9).unwrap().into_iter().map(|r| (r.key, r.answer)).collect();
    assert_eq!(refused, [("a".to_owned(), "last".to_owned()), ("b".to_owned(), String::new())]);
    assert_eq!(reader.health().unwrap(), []);
    let rows = crate::kit::rows(&scratch.reader(), "SELECT count(*) FROM _noted");
    assert_eq!(rows, [[drainboard::mirror::reader::Value::Integer(0)]], "the notes have their place");
}

#[tokio::test]
async fn packs_pages_and_keys_can_be_looked_into() {
    let scratch = Scratch::new();
    let mirror = filled(&scratch, 3, 4).await;
    let first = mirror.next_pack(6).await.unwrap().unwrap();
    mirror.settle(first.no, Settlement::Accepted).await.unwrap();
    let second = mirror.next_pack(3).await.unwrap().unwrap();
    mirror.settle(second.no, Settlement::Failed { reason: "timeout".into() }).await.unwrap();

    let reader = scratch.reader();
    let packs = reader.packs(None, 10).unwrap();
    assert_eq!(
        packs.iter().map(|pack| (pack.no, pack.state.as_str())).collect::<Vec<_>>(),
        [(2, "failed"), (1, "accepted")]
    );
    assert_eq!((packs[0].keys, packs[0].tries, packs[0].answer.as_deref()), (3, 1, Some("timeout")));
    assert_eq!((packs[1].status, &packs[1].slices), (Some(202), &vec![(1, 0, 4), (2, 0, 2)]));
    assert_eq!(reader.packs(Some(2), 10).unwrap().len(), 1, "the cursor goes on below");
    assert_eq!(reader.pack_keys(2, 10).unwrap(), ["k2.3", "k2.4", "k3.1"]);
    assert_eq!(reader.pack_keys(2, 2).unwrap(), ["k2.3", "k2.4"]);
    assert_eq!(reader.pack_keys(1, 10).unwrap(), ["k2.1", "k2.2"], "page 1 is accepted whole and gone");
    assert!(reader.pack_keys(77, 10).unwrap().is_empty());

    let waiting = reader.waiting(None, 10).unwrap();
    let seen: Vec<_> = waiting.iter().map(|page| (page.page, page.keys, page.pending, page.held)).collect();
    assert_eq!(seen, [(2, 4, 2, false), (3, 4, 4, false)]);
    assert_eq!(reader.waiting(Some(2), 10).unwrap().len(), 1);
    assert_eq!(reader.waiting_keys(2).unwrap(), ["k2.3", "k2.4"]);
    assert!(reader.waiting_keys(1).unwrap().is_empty());
    let stuck = reader.stuck().unwrap();
    assert_eq!((stuck.outbox.pending, stuck.failing.map(|pack| pack.no)), (6, Some(2)));
}

#[tokio::test]
async fn what_is_refused_or_set_aside_is_listed_with_its_answer() {
    let scratch = Scratch::new();
    let mirror = scratch.open();
    let no = mirror.begin_session(&session()).await.unwrap();
    let fields: Vec<String> = (0..300).map(|n| format!("\"f{n}\": 1")).collect();
    let wide = format!("{{\"id\": 1, {}}}", fields.join(", "));
    let items = [
        item("contact", "created", "good", 1, "{\"id\": 1}"),
        item("odd", "created", "bad", 1, "{\"no\": \"id\"}"),
        item("wide", "created", "w", 1, &wide),
    ];
    mirror.apply(no, page(&items)).await.unwrap();
    for _ in 0..3 {
        let pack = mirror.next_pack(1).await.unwrap().unwrap();
        let answer = match pack.keys[0].as_str() {
            "bad" => {
                Settlement::Refused { status: 422, answer: "ack answered 422 (incorrect_payload)".into() }
            }
            _ => Settlement::Accepted,
        };
        mirror.settle(pack.no, answer).await.unwrap();
    }
    let reader = scratch.reader();
    let refused = reader.refused(None, 10).unwrap();
    assert_eq!(refused.len(), 1);
    assert_eq!((refused[0].key.as_str(), refused[0].page, refused[0].status), ("bad", 1, 422));
    assert!(refused[0].answer.contains("incorrect_payload"));
    assert!(reader.refused(Some(refused[0].no), 10).unwrap().is_empty());
    let stuck = reader.stuck().unwrap();
    assert_eq!(
        (stuck.outbox, stuck.unkeyed, stuck.failing),
        (Outbox { pending: 0, refused: 1, held: 0 }, 1, None)
    );
    assert_eq!(stuck.left_out.len(), 1);
    let wide = &stuck.left_out[0];
    assert_eq!((wide.kind.as_str(), wide.fields.len()), ("wide", 50));
    assert!(wide.more >= 50, "{}", wide.more);
}

#[tokio::test]
async fn a_page_knows_what_it_brought() {
    let scratch = Scratch::new();
    let mirror = filled(&scratch, 2, 3).await;
    let no = mirror.begin_session(&session()).await.unwrap();
    let items = [
        item("contact", "updated", "u", 2, "{\"id\": 101, \"name\": \"Ada\"}"),
        item("contact", "deleted", "d", 2, "{\"id\": 102}"),
        item("deal", "created", "c", 1, "{\"id\": 7}"),
        item("odd", "created", "o", 1, "{\"no\": \"id\"}"),
    ];
    mirror.apply(no, page(&items)).await.unwrap();
    let late = item("contact", "created", "l", 1, "{\"id\": 500}");
    mirror.apply(no, page(&[late])).await.unwrap();

    let reader = scratch.reader();
    let brought = |page| {
        let found = reader.page_records(page, 100).unwrap();
        assert!(found.complete);
        let seen = found.records.into_iter().map(|record| {
            let id = record.id.map(|id| match id {
                RecordId::Int(id) => id,
                RecordId::Text(_) => -1,
            });
            (record.kind, id, record.change)
        });
        seen.collect::<Vec<_>>()
    };
    let row = |kind: &str, id: Option<i64>, change| (kind.to_owned(), id, change);
    assert_eq!(
        brought(3),
        [
            row("contact", Some(101), Brought::Updated),
            row("contact", Some(102), Brought::Deleted),
            row("deal", Some(7), Brought::Created),
            row("odd", None, Brought::Unkeyed),
        ]
    );
    assert_eq!(brought(4), [row("contact", Some(500), Brought::Created)]);
    // What later pages replaced is theirs now.
    assert_eq!(brought(1), [row("contact", Some(103), Brought::Created)]);
    assert_eq!(brought(2).len(), 3);
    let cut = reader.page_records(2, 2).unwrap();
    assert_eq!((cut.records.len(), cut.complete), (2, false));
}
