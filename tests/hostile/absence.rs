//! What does not come, or comes too slowly: the program's own patience, waited for.

use std::time::Duration;

use crate::case::{Case, run_all};
use crate::network::{ALL, raw};
use crate::server::{Act, On, http, page};

#[test]
fn bodies_that_come_slowly() {
    let second = Duration::from_secs(1);
    let drip = |status: u16| {
        Act::Drip(raw(&format!("HTTP/1.1 {status} X\r\ncontent-length: 900\r\n\r\n{{")), raw(" "), second)
    };
    let mut cases: Vec<_> = ALL
        .into_iter()
        .map(|on| Case::fault("a byte a second of an error", on, drip(503)).says("503"))
        .collect();
    cases.push(
        Case::fault("a byte a second of an acceptance", On::Ack, drip(202))
            .lost()
            .ends(0)
            .with(&["--workers", "1"])
            .seconds(120),
    );
    cases.push(
        Case::fault(
            "silence behind a status",
            On::Ack,
            Act::Stall(raw("HTTP/1.1 202 X\r\ncontent-length: 9\r\n\r\n")),
        )
        .lost()
        .ends(0)
        .seconds(120),
    );
    run_all(&cases);
}

/// The program's own patience: thirty seconds without a byte. The one case of the everyday tests that waits for it.
#[test]
fn silence_is_no_answer() {
    let half = raw("HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"items\":[");
    run_all(&[
        Case::fault("silence", On::Start, Act::Stall(Vec::new())).says("went silent").seconds(120).fatal(),
        Case::fault("silence", On::Ack, Act::Stall(Vec::new())).says("went silent").seconds(120).fatal(),
        Case::fault("silence in the body", On::Take, Act::Stall(half))
            .says("silent")
            .lost()
            .seconds(120)
            .fatal(),
    ]);
}

/// A minute and more, since that is what the program waits: `cargo test --test hostile -- --ignored`.
#[test]
#[ignore = "waits for the program's own patience: three minutes"]
fn dripping_and_empty_pages_come_to_an_end() {
    let second = Duration::from_secs(1);
    let drip = |text: &str| Act::Drip(raw(text), raw(" "), second);
    let empty = Act::Say(http(200, "", page("")));
    let body = |status| drip(&format!("HTTP/1.1 {status} OK\r\ncontent-length: 90000\r\n\r\n{{"));
    run_all(&[
        Case::fault("a byte a second", On::Start, body(201)).says("did not end").seconds(180).fatal(),
        Case::fault("a byte a second", On::Take, body(200)).says("did not end").lost().seconds(180).fatal(),
        Case::fault("a head's byte a second", On::Take, drip("HTTP/1.1 200 OK\r\nx: ")).seconds(180).fatal(),
        Case::fault("hints for ever", On::Ack, Act::Drip(Vec::new(), raw("HTTP/1.1 103 X\r\n\r\n"), second))
            .seconds(180)
            .fatal(),
        Case::fault("empty pages for ever", On::Take, empty).ends(1).says("empty pages").seconds(600).fatal(),
    ]);
}
