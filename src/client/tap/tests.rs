//! The ring's bounds, its numbers and its conditions, without a wire.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use proptest::prelude::*;

use super::filter::{Filter, Sought};
use super::*;
use crate::client::Operation;

pub(super) fn exchange(url: &str, body: usize) -> Exchange {
    Exchange {
        number: 0,
        at: Timestamp::UNIX_EPOCH,
        operation: Operation::Take,
        method: "GET",
        url: url.to_owned(),
        headers: [].into(),
        body: Body::default(),
        response: Some(Response {
            status: 200,
            body: Body { kept: Bytes::from(vec![b'x'; body]), size: body as u64, cut: false, beside: 0 },
            ..Response::default()
        }),
        first_byte: None,
        elapsed: Some(Duration::from_millis(120)),
        state: State::Answered,
        attempt: 0,
        label: Label::default(),
    }
}

fn ended(tap: &Tap, url: &str, state: State) -> u64 {
    let begun = Exchange { state: State::UnderWay, ..exchange(url, 0) };
    let number = tap.begin(begun);
    tap.end(Exchange { number, state, ..exchange(url, 10) }, None);
    number
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(include!("../../../tests/seed/given.rs")),
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_ring_never_holds_more_than_its_room(sizes in prop::collection::vec(0_usize..3_000, 1..80)) {
        let tap = Tap::with_room(20_000);
        let mut last = 0;
        for size in sizes {
            let number = tap.begin(Exchange { state: State::UnderWay, ..exchange("http://h/p", 0) });
            prop_assert_eq!(number, last + 1, "numbers have no gaps");
            last = number;
            tap.end(Exchange { number, ..exchange("http://h/p", size) }, None);
            let usage = tap.usage();
            prop_assert!(usage.bytes <= 20_000);
            let held = tap.list(None, usize::MAX);
            prop_assert_eq!(held.iter().map(|e| e.weight()).sum::<usize>(), usage.bytes, "counted exactly");
            prop_assert_eq!(held.len(), usage.exchanges);
            prop_assert_eq!(usage.gone + held.len() as u64, last);
            prop_assert!(held.is_sorted_by(|a, b| a.number == b.number + 1), "newest first, without gaps");
        }
    }
}

#[test]
fn a_list_goes_on_by_cursor_and_copies_nothing() {
    let tap = Tap::new();
    for _ in 0..10 {
        ended(&tap, "http://h/p", State::Answered);
    }
    let first = tap.list(None, 4);
    assert_eq!(first.iter().map(|e| e.number).collect::<Vec<_>>(), [10, 9, 8, 7]);
    ended(&tap, "http://h/p", State::Answered);
    let next = tap.list(Some(7), 4);
    assert_eq!(next.iter().map(|e| e.number).collect::<Vec<_>>(), [6, 5, 4, 3]);
    assert!(tap.list(Some(1), 4).is_empty());
    assert!(Arc::ptr_eq(&next[0], &tap.get(6).expect("it is there")));
    let before = tap.changes();
    tap.clear();
    assert!(tap.changes() > before);
    assert_eq!(tap.usage(), Usage { exchanges: 0, bytes: 0, gone: 11 });
    assert!(tap.get(6).is_none());
    assert_eq!(ended(&tap, "http://h/p", State::Answered), 12, "numbers go on");
}

#[test]
fn what_a_watcher_holds_never_changes_under_it() {
    let tap = Tap::new();
    let number = tap.begin(Exchange { state: State::UnderWay, ..exchange("http://h/p", 0) });
    let seen = tap.get(number).expect("under way");
    tap.end(Exchange { number, ..exchange("http://h/p", 5) }, None);
    tap.is_page(number, 77);
    assert_eq!(seen.state, State::UnderWay);
    let now = tap.of_page(77).expect("labelled");
    assert_eq!((now.number, &now.state), (number, &State::Answered));
}

#[test]
fn tries_of_the_same_request_are_counted() {
    let tap = Tap::new();
    let failed = || State::Failed("429".to_owned());
    let numbers = [
        ended(&tap, "http://h/a", failed()),
        ended(&tap, "http://h/a", failed()),
        ended(&tap, "http://h/b", State::Answered),
        ended(&tap, "http://h/a", State::Answered),
        ended(&tap, "http://h/a", State::Answered),
    ];
    let attempts = numbers.map(|number| tap.get(number).expect("kept").attempt);
    assert_eq!(attempts, [1, 2, 1, 3, 1]);
    let begun = Exchange { attempt: 7, ..exchange("http://h/a", 0) };
    let number = tap.begin(begun);
    assert_eq!(tap.get(number).expect("kept").attempt, 7, "whoever sends a pack knows its tries");
}

#[test]
fn what_is_sought_is_what_its_words_find() {
    for (sought, words) in [
        (Sought::Page(9), "page:9"),
        (Sought::Pack(7), "pack:7"),
        (Sought::Operation(Operation::Start), "op:start"),
        (Sought::Taken, "op:take status:200"),
        (Sought::Failed, "is:failed"),
        (Sought::FailedOf(Operation::Acknowledge, None), "is:failed op:ack"),
        (Sought::FailedOf(Operation::Take, Some(429)), "is:failed op:take status:429"),
    ] {
        assert_eq!(Ok(Filter::from(sought)), Filter::parse(words), "{words}");
    }
}

#[test]
fn conditions_select() {
    let mut one = exchange("http://h/v2/sync/s1/queues/main", 500);
    one.response.as_mut().expect("an answer").body.kept = Bytes::from_static(b"{\"Name\": \"Grace\"}");
    one.label.page = Some(9);
    let mut two = exchange("http://h/v2/sync/ack", 0);
    two.operation = Operation::Acknowledge;
    two.response.as_mut().expect("an answer").status = 429;
    two.state = State::Failed("too many requests".to_owned());
    let passing = |text: &str| {
        let filter = Filter::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        (filter.passes(&one), filter.passes(&two))
    };
    for text in [
        "status:200",
        "op:take",
        "size>499",
        "size>=500",
        "page:9",
        "grace",
        "-op:ack",
        "-status:4xx",
        "queues",
    ] {
        assert_eq!(passing(text), (true, false), "{text}");
    }
    for text in [
        "status:429",
        "status=429",
        "status:4xx",
        "op:ack time>100",
        "is:failed",
        "TOO",
        "\"too many\"",
        "size<1",
    ] {
        assert_eq!(passing(text), (false, true), "{text}");
    }
    assert_eq!(passing(""), (true, true));
    assert_eq!(passing("time>120"), (false, false));
    assert_eq!(passing("time>=120 time<=120 http://h/v2"), (true, true));
    assert_eq!(passing("-"), (false, false));
    assert_eq!(passing("size<1k"), (true, true));
    assert_eq!(passing("size>=1MiB"), (false, false));
    assert_eq!(passing("time<1s 12:30"), (false, false), "a time of day is a text");
    assert_eq!(passing("time<=1s"), (true, true));
    for text in ["stauts:429", "size>1x", "time>1k", "page:1k"] {
        assert!(Filter::parse(text).is_err(), "{text}");
    }
    assert!(Filter::parse("stauts:429").unwrap_err().contains("status, op"));
    assert!(Filter::parse("status:red").is_err());
    assert!(Filter::parse("op:fetch").is_err());
    assert_eq!(passing("\"op:fetch\""), (false, false));
}
