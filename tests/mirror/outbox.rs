//! The outbox: packs across pages, halving, crashes. Promises 1 and 2.

use drainboard::mirror::reader::Value;
use drainboard::mirror::{Mirror, Outbox, Settlement};

use crate::kit::{Instruction, Scratch, item, page, session, text};

fn refused() -> Settlement {
    Settlement::Refused { status: 422, answer: "incorrect_payload".into() }
}

/// A mirror with `pages` pages of `each` keys: `k1.1`, `k1.2` …
async fn filled(scratch: &Scratch, pages: usize, each: usize) -> Mirror {
    let mirror = scratch.open();
    let no = mirror.begin_session(&session()).await.unwrap();
    for p in 1..=pages {
        let items: Vec<Instruction> = (1..=each)
            .map(|i| {
                item("contact", "created", &format!("k{p}.{i}"), 1, &format!("{{\"id\": {}}}", p * 100 + i))
            })
            .collect();
        mirror.apply(no, page(&items)).await.unwrap();
    }
    mirror
}

#[tokio::test]
async fn packs_take_slices_across_pages_and_the_rest_stays() {
    let scratch = Scratch::new();
    let mirror = filled(&scratch, 3, 4).await;
    let first = mirror.next_pack(6).await.unwrap().unwrap();
    assert_eq!(first.keys, ["k1.1", "k1.2", "k1.3", "k1.4", "k2.1", "k2.2"]);
    let second = mirror.next_pack(3).await.unwrap().unwrap();
    assert_eq!(second.keys, ["k2.3", "k2.4", "k3.1"], "what is in flight is not offered twice");
    // The second is accepted before the first.
    mirror.settle(second.no, Settlement::Accepted).await.unwrap();
    assert_eq!(mirror.outbox().await.unwrap().pending, 9);
    assert_eq!(scratch.one("SELECT settled FROM _outbox WHERE page = 2"), text("[[2,4]]"));
    mirror.settle(first.no, Settlement::Accepted).await.unwrap();
    let third = mirror.next_pack(100).await.unwrap().unwrap();
    assert_eq!(third.keys, ["k3.2", "k3.3", "k3.4"]);
    assert_eq!(mirror.next_pack(100).await.unwrap(), None);
    mirror.settle(third.no, Settlement::Accepted).await.unwrap();
    assert_eq!(mirror.outbox().await.unwrap(), Outbox::default());
    assert_eq!(scratch.one("SELECT count(*) FROM _outbox"), Value::Integer(0));
    // Settling again, or a pack that never was, changes nothing.
    assert_eq!(mirror.settle(third.no, Settlement::Accepted).await.unwrap(), Outbox::default());
    assert_eq!(mirror.settle(99, refused()).await.unwrap(), Outbox::default());
}

#[tokio::test]
async fn a_failed_pack_comes_again_as_it_was_and_counts_its_tries() {
    let scratch = Scratch::new();
    let mirror = filled(&scratch, 1, 4).await;
    let first = mirror.next_pack(2).await.unwrap().unwrap();
    mirror.settle(first.no, Settlement::Failed { reason: "timeout".into() }).await.unwrap();
    let again = mirror.next_pack(2).await.unwrap().unwrap();
    assert_eq!((again.no, &again.keys, again.tries), (first.no, &first.keys, 1));
    assert_eq!(scratch.rows("SELECT state, tries FROM _pack"), [[text("failed"), Value::Integer(1)]]);
    mirror.settle(again.no, Settlement::Accepted).await.unwrap();
    assert_eq!(scratch.rows("SELECT state, tries FROM _pack"), [[text("accepted"), Value::Integer(2)]]);
    assert_eq!(mirror.outbox().await.unwrap().pending, 2);
}

#[tokio::test]
async fn a_refused_pack_is_halved_until_the_bad_key_stands_alone() {
    let scratch = Scratch::new();
    let mirror = filled(&scratch, 3, 5).await;
    let bad = ["k1.4", "k3.1"];
    let mut sizes = Vec::new();
    while let Some(pack) = mirror.next_pack(15).await.unwrap() {
        sizes.push(pack.keys.len());
        let wrong = pack.keys.iter().any(|key| bad.contains(&key.as_str()));
        mirror.settle(pack.no, if wrong { refused() } else { Settlement::Accepted }).await.unwrap();
    }
    assert_eq!(sizes[..4], [15, 8, 4, 2], "halves, the first half first");
    assert_eq!(mirror.outbox().await.unwrap(), Outbox { pending: 0, refused: 2, held: 0 });
    assert_eq!(
        scratch.rows("SELECT ack_key, page, status, answer FROM _refused ORDER BY no"),
        [
            [text("k1.4"), Value::Integer(1), Value::Integer(422), text("incorrect_payload")],
            [text("k3.1"), Value::Integer(3), Value::Integer(422), text("incorrect_payload")]
        ]
    );
    // It stays so.
    mirror.close().await.unwrap();
    let mirror = scratch.open();
    assert_eq!(mirror.outbox().await.unwrap(), Outbox { pending: 0, refused: 2, held: 0 });
    assert_eq!(mirror.next_pack(15).await.unwrap(), None);
}

/// The service sends again what it does not count as acknowledged, and refuses it again: that is no other key.
#[tokio::test]
async fn a_key_that_is_refused_again_is_counted_once_and_has_its_newest_answer() {
    let scratch = Scratch::new();
    let mirror = scratch.open();
    for status in [422, 400, 413] {
        let no = mirror.begin_session(&session()).await.unwrap();
        let key = |key: &str, id: &str| item("contact", "created", key, 1, &format!("{{\"id\": {id}}}"));
        mirror.apply(no, page(&[key("bad", "1"), key(&format!("bad{status}"), "2")])).await.unwrap();
        while let Some(pack) = mirror.next_pack(1).await.unwrap() {
            let refused = Settlement::Refused { status, answer: format!("answered {status}") };
            mirror.settle(pack.no, refused).await.unwrap();
        }
    }
    assert_eq!(mirror.outbox().await.unwrap(), Outbox { pending: 0, refused: 4, held: 0 });
    assert_eq!(
        scratch.rows("SELECT ack_key, page, session, status, answer FROM _refused WHERE ack_key = 'bad'"),
        [[text("bad"), Value::Integer(3), Value::Integer(3), Value::Integer(413), text("answered 413")]]
    );
    mirror.close().await.unwrap();
    assert_eq!(scratch.open().outbox().await.unwrap().refused, 4);
    assert_eq!(scratch.reader().health().unwrap(), []);
}

#[tokio::test]
async fn after_a_crash_everything_unaccepted_is_pending_again() {
    let scratch = Scratch::new();
    let mirror = filled(&scratch, 2, 4).await;
    let first = mirror.next_pack(3).await.unwrap().unwrap();
    let second = mirror.next_pack(3).await.unwrap().unwrap();
    mirror.settle(second.no, Settlement::Accepted).await.unwrap();
    drop(mirror);
    let mirror = scratch.open();
    assert_eq!(mirror.outbox().await.unwrap().pending, 5);
    let all = mirror.next_pack(100).await.unwrap().unwrap();
    assert_eq!(all.keys, ["k1.1", "k1.2", "k1.3", "k2.3", "k2.4"]);
    assert!(all.no > second.no, "a number that the history knows is not used again");
    assert_eq!(first.keys, all.keys[..3]);
    assert_eq!(scratch.rows("SELECT end FROM _session"), [[text("crashed")]]);
}

#[tokio::test]
async fn a_pack_that_nobody_took_over_is_not_lost() {
    let scratch = Scratch::new();
    let mirror = filled(&scratch, 1, 3).await;
    {
        let mut asking = Box::pin(mirror.next_pack(2));
        // One poll puts the question in the queue; then the asker is gone.
        let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(asking.as_mut().poll(cx))).await;
        assert!(polled.is_pending() || polled.is_ready());
        if let std::task::Poll::Ready(pack) = polled {
            let pack = pack.unwrap().unwrap();
            mirror.settle(pack.no, Settlement::Failed { reason: "gone".into() }).await.unwrap();
        }
    }
    let mut keys = Vec::new();
    while let Some(pack) = mirror.next_pack(5).await.unwrap() {
        keys.extend(pack.keys.clone());
        mirror.settle(pack.no, Settlement::Accepted).await.unwrap();
    }
    keys.sort();
    assert_eq!(keys, ["k1.1", "k1.2", "k1.3"]);
}

#[tokio::test]
async fn only_the_last_thousand_packs_are_remembered() {
    let scratch = Scratch::new();
    let mirror = filled(&scratch, 11, 95).await;
    let mut settled = 0;
    while let Some(pack) = mirror.next_pack(1).await.unwrap() {
        mirror.settle(pack.no, Settlement::Accepted).await.unwrap();
        settled += 1;
    }
    assert_eq!(settled, 1_045);
    let kept = scratch.rows("SELECT count(*), min(no), max(no) FROM _pack");
    assert_eq!(kept, [[Value::Integer(1_000), Value::Integer(46), Value::Integer(1_045)]]);
}

/// The keys of a page are one row, which is kept in mind from pack to pack: every key leaves once, in order, also after
/// another opening.
#[tokio::test]
async fn a_page_of_very_many_keys_leaves_in_packs() {
    const KEYS: usize = 100_000;
    let scratch = Scratch::new();
    let mirror = filled(&scratch, 1, KEYS).await;
    let mut came = Vec::new();
    for _ in 0..40 {
        let pack = mirror.next_pack(100).await.unwrap().unwrap();
        mirror.settle(pack.no, Settlement::Accepted).await.unwrap();
        came.extend(pack.keys);
    }
    // Whoever opens it next goes on there.
    mirror.close().await.unwrap();
    let mirror = scratch.open();
    while let Some(pack) = mirror.next_pack(30_000).await.unwrap() {
        mirror.settle(pack.no, Settlement::Accepted).await.unwrap();
        came.extend(pack.keys);
    }
    assert_eq!(mirror.outbox().await.unwrap(), Outbox::default());
    assert!(came == (1..=KEYS).map(|i| format!("k1.{i}")).collect::<Vec<_>>(), "{} came", came.len());
}
