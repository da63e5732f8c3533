//! What a real network does to an answer, and HTTP that is none.

use std::time::Duration;

use crate::case::{Case, run_all};
use crate::server::{Act, On, page};

pub(crate) const ALL: [On; 3] = [On::Start, On::Take, On::Ack];

pub(crate) fn raw(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

/// The status that each exchange expects.
fn fine(on: On) -> u16 {
    match on {
        On::Start => 201,
        On::Take => 200,
        On::Ack => 202,
    }
}

#[test]
fn connections_that_end_too_early() {
    let mut cases = Vec::new();
    for on in ALL {
        let status = fine(on);
        let half = format!("HTTP/1.1 {status} OK\r\ncontent-length: 500\r\n\r\n{{\"items\":[");
        cases.push(Case::fault("reset", on, Act::Reset(Vec::new())).says("127.0.0.1"));
        cases.push(Case::fault("reset in the head", on, Act::Reset(raw("HTTP/1.1 200 O"))).says("127.0.0.1"));
        cases.push(Case::fault("closed unanswered", on, Act::Close(Vec::new())).says("127.0.0.1"));
        cases.push(Case::fault("lost answer", on, Act::Close(Vec::new())).lost());
        cases.push(Case::fault("lost by a reset", on, Act::Reset(Vec::new())).lost());
        cases.push(Case::fault(
            "no whole head",
            on,
            Act::Close(raw(&format!("HTTP/1.1 {status} OK\r\ncontent-"))),
        ));
        if on != On::Ack {
            cases.push(Case::fault("a cut body", on, Act::Close(raw(&half))).says("cut").lost());
            cases.push(Case::fault("reset in the body", on, Act::Reset(raw(&half))).says("cut").lost());
        }
    }
    run_all(&cases);
}

#[test]
fn lengths_that_lie() {
    let body = page(r#"{"data":{"id":1}}"#);
    let with = |headers: &str| raw(&format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n{body}"));
    let chunked =
        |chunks: &str| raw(&format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}"));
    let bad = [
        ("a length too short", with("content-length: 5")),
        ("a length too long", with("content-length: 500")),
        ("a length of nothing", with("content-length: 0")),
        ("a negative length", with("content-length: -7")),
        ("a length that is no number", with("content-length: many")),
        ("a length beyond 64 bits", with("content-length: 99999999999999999999999")),
        ("two lengths", with("content-length: 5\r\ncontent-length: 7")),
        ("a chunk's size that is none", chunked("zz\r\n{}\r\n0\r\n\r\n")),
        ("a chunk of 2^64 bytes", chunked("ffffffffffffffffff\r\n{}\r\n0\r\n\r\n")),
        ("a negative chunk", chunked("-5\r\n{}\r\n0\r\n\r\n")),
        ("a chunk without its end", chunked("2\r\n{}x\r\n0\r\n\r\n")),
        ("no last chunk", chunked("2\r\n{}\r\n")),
        ("chunks of a page that is cut", chunked("9\r\n{\"items\":\r\n0\r\n\r\n")),
        ("an endless chunk extension", chunked(&format!("2;{}\r\n{{}}\r\n0\r\n\r\n", "x".repeat(200_000)))),
    ];
    let cases = bad.map(|(name, bytes)| Case::fault(name, On::Take, Act::Close(bytes)).lost());
    run_all(&cases);
}

#[test]
fn heads_that_are_none() {
    let mut cases = Vec::new();
    for on in ALL {
        let status = fine(on);
        let head =
            |lines: &str| raw(&format!("HTTP/1.1 {status} OK\r\n{lines}\r\ncontent-length: 0\r\n\r\n"));
        let many = "x-h: 123456789012345\r\n".repeat(50_000);
        cases.push(Case::fault("garbage", on, Act::Close(raw("\0\u{1}\u{2}garbage\r\n\r\n"))));
        cases.push(Case::fault("another protocol", on, Act::Close(raw("SSH-2.0-OpenSSH_9.6\r\n"))));
        cases.push(Case::fault("HTTP of the future", on, Act::Close(raw("HTTP/9.9 200 OK\r\n\r\n"))));
        cases.push(Case::fault("a status of no class", on, Act::Close(raw("HTTP/1.1 99999 OK\r\n\r\n"))));
        cases.push(Case::fault(
            "a header of a megabyte",
            on,
            Act::Close(head(&format!("x: {}", "y".repeat(1 << 20)))),
        ));
        cases.push(Case::fault("a megabyte of headers", on, Act::Close(head(many.trim_end()))));
        cases.push(Case::fault(
            "a header with control characters",
            on,
            Act::Close(head("x: a\0b\u{1b}[31m")),
        ));
        let flood = Act::Drip(raw("HTTP/1.1 200 OK\r\n"), b"x: y\r\n".repeat(2_000), Duration::ZERO);
        cases.push(Case::fault("headers without an end", on, flood));
        cases.push(Case::fault(
            "another protocol is spoken now",
            on,
            Act::Say(raw("HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n")),
        ));
        if on != On::Take {
            // It is one code that reads all heads: a few will do.
            cases.truncate(cases.len() - 4);
        }
    }
    run_all(&cases);
}

#[test]
fn what_http_allows_is_no_fault() {
    let early = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n";
    let forged = "HTTP/1.1 204 No Content\r\n\r\n";
    let mut cases: Vec<_> = ALL
        .into_iter()
        .map(|on| Case::fault("answers before the answer", on, Act::Lead(raw(early))).ends(0))
        .collect();
    // Nobody asked for that answer: it must be nobody's, and above all not the end of the queue.
    for on in ALL {
        cases.push(
            Case::fault("an answer that nobody asked for", on, Act::Trail(raw(forged)))
                .ends(0)
                .with(&["--workers", "1"]),
        );
        cases.push(
            Case::fault("garbage behind an answer", on, Act::Trail(raw("}}\0\0")))
                .ends(0)
                .with(&["--workers", "1"]),
        );
    }
    cases.push(
        Case::fault("a body with a 202", On::Ack, Act::Trail(raw("HTTP/1.1 500 No\r\n\r\n")))
            .ends(0)
            .with(&["--workers", "1"]),
    );
    run_all(&cases);
}

#[test]
fn bodies_without_an_end() {
    let flood = |head: &str, more: Vec<u8>| Act::Drip(raw(head), more, Duration::ZERO);
    let chunk = [b"10000\r\n".to_vec(), vec![b' '; 0x1_0000], b"\r\n".to_vec()].concat();
    let endless = |status: u16| {
        flood(&format!("HTTP/1.1 {status} OK\r\ntransfer-encoding: chunked\r\n\r\n"), chunk.clone())
    };
    let bound = &["--max-page", "4MiB", "--tries", "5"];
    let mut cases = vec![
        Case::fault(
            "endless items",
            On::Take,
            flood("HTTP/1.1 200 OK\r\n\r\n{\"items\":[", b"{},".repeat(9_000)),
        ),
        Case::fault("endless blanks", On::Take, endless(200)),
        Case::fault("an endless session", On::Start, endless(201)),
        Case::fault(
            "a length beyond all bounds",
            On::Take,
            Act::Stall(raw("HTTP/1.1 200 OK\r\ncontent-length: 9999999999999\r\n\r\n")),
        ),
    ];
    cases = cases
        .into_iter()
        .map(|case| case.with(bound).ends(1).says("--max-page").says("4.00 MiB").within(300))
        .collect();
    for on in ALL {
        cases.push(Case::fault("an endless error", on, endless(503)).says("503"));
        let error = flood("HTTP/1.1 500 No\r\ncontent-encoding: gzip\r\n\r\n", chunk.clone());
        cases.push(Case::fault("an endless error that is no gzip", on, error).says("500"));
    }
    // The status says it all; what follows it is nobody's business.
    cases.push(Case::fault("an endless acceptance", On::Ack, endless(202)).lost().ends(0));
    run_all(&cases);
}
