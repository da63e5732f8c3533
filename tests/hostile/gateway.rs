//! Whole answers of somebody who is no Sync service, or a broken one.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::case::{Case, run_all};
use crate::network::ALL;
use crate::program::TOKEN;
use crate::server::{Act, On, http, page};

const HTML: &str =
    "<!DOCTYPE html><html><head><title>Sign in</title></head><body>\u{1b}[31mHello</body></html>";

fn say(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Act {
    Act::Say(http(status, headers, body))
}

#[test]
fn statuses_that_are_no_success() {
    let mut cases = Vec::new();
    for on in ALL {
        let body = |code: &str| {
            format!(r#"{{"errors":[{{"error":{{"code":"{code}","message":"{TOKEN} \u001b[2J"}}}}]}}"#)
        };
        cases.push(
            Case::fault("an error", on, say(500, "", body("server_error"))).says("server_error").says("500"),
        );
        cases.push(
            Case::fault("HTML of a gateway", on, say(502, "content-type: text/html\r\n", HTML))
                .says("HTML")
                .says("502"),
        );
        cases.push(
            Case::fault("an error of a megabyte", on, say(503, "", body(&"x".repeat(1 << 20)))).says("503"),
        );
        cases.push(Case::fault("an error deep down", on, say(500, "", "[".repeat(100_000))).says("500"));
        cases.push(Case::fault("an error of no text", on, say(500, "", [0xff, 0xfe, 0, 0x80])).says("500"));
        let asks = "retry-after: 99999999999999999999\r\n";
        cases.push(Case::fault("wait for ever", on, say(429, asks, "")).says("429").fatal());
        let asks = "retry-after: -1\r\nretry-after: soon\r\n";
        cases.push(Case::fault("wait who knows how long", on, say(503, asks, "")).says("503"));
        cases.push(Case::fault("no", on, say(401, "", body("unauthorized"))).ends(3).says("401").fatal());
        cases.push(
            Case::fault("no scope", on, say(403, "", body("insufficient_scope")))
                .ends(3)
                .says("scope")
                .fatal(),
        );
        // One that has no body, and one that means nothing here.
        cases.push(Case::fault("teapot", on, say(418, "", "{}")).ends(1).says("418").fatal());
    }
    run_all(&cases);
}

#[test]
fn a_success_that_is_none() {
    let html = |status| say(status, "content-type: text/html; charset=utf-8\r\n", HTML);
    let mut cases = vec![
        Case::fault("HTML", On::Start, html(201)).says("HTML"),
        Case::fault("HTML", On::Take, html(200)).says("HTML").lost(),
        // What is not 202 accepts nothing: all keys are sent again.
        Case::fault("HTML", On::Ack, html(200)).says("202 is expected"),
        Case::fault("200", On::Ack, say(200, "", "{}")).says("202 is expected").lost(),
        Case::fault("204", On::Ack, say(204, "", "")).says("202 is expected"),
        Case::fault("200", On::Start, say(200, "", "{}")).says("200"),
        Case::fault("206", On::Take, say(206, "content-range: bytes 0-1/9\r\n", page(""))).says("206"),
        // The end of a queue, with a body and a type that say something else.
        Case::fault("204 with a body", On::Take, say(204, "content-type: application/json\r\n", page("{}")))
            .times(1)
            .ends(0),
    ];
    let bodies: [(&str, Vec<u8>); 16] = [
        ("nothing", vec![]),
        ("null", b"null".to_vec()),
        ("a number", b"7".to_vec()),
        ("an array", b"[]".to_vec()),
        ("no items", b"{}".to_vec()),
        ("items that are no array", br#"{"items":{}}"#.to_vec()),
        ("an item that is no object", page(r#"{"data":{"id":1}},7"#).into()),
        ("two items members", br#"{"items":[],"items":[]}"#.to_vec()),
        ("two data members", page(r#"{"data":1,"data":2}"#).into()),
        ("two pages", br#"{"items":[]}{"items":[]}"#.to_vec()),
        ("a byte order mark", "\u{feff}{\"items\":[]}".into()),
        ("no UTF-8", b"{\"items\":[{\"data\":\"\xff\xfe\"}]}".to_vec()),
        ("UTF-16", "{\"items\":[]}".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("zeros", vec![0; 10_000]),
        ("100,000 deep and no end", "[".repeat(100_000).into()),
        (
            "an open string of a megabyte",
            format!("{{\"items\":[{{\"data\":\"{TOKEN}{}", "x".repeat(1 << 20)).into(),
        ),
    ];
    for (no, (name, body)) in bodies.into_iter().enumerate() {
        cases.push(Case::fault(name, On::Take, say(200, "", &body)).says("no page").lost());
        if no % 2 == 0 {
            cases.push(Case::fault(name, On::Start, say(201, "", &body)).says("no session"));
        }
    }
    run_all(&cases);
}

/// What a cache on the way does: the same page whatever the queue has, with a key and without.
#[test]
fn a_queue_that_repeats_itself() {
    let item = |sync: &str| {
        format!(r#"{{"data":{{"id": 1, "name": "N 1"}},"meta":{{"type":"contact","sync":{{{sync}}}}}}}"#)
    };
    let keyed = item(r#""event_type":"created","ack_key":"Contact-1-1","revision":1"#);
    let keyless = item(r#""event_type":"created","revision":1"#);
    let nameless = r#"{"data":{"text":"nobody"},"meta":{"type":"note"}}"#.to_owned();
    let cases: Vec<Case> = [("with a key", keyed), ("without a key", keyless), ("without an id", nameless)]
        .into_iter()
        .map(|(name, item)| {
            let name = format!("one page for ever, {name}");
            Case::fault(&name, On::Take, say(200, "", page(&item))).ends(1).says("repeats itself").seconds(60)
        })
        .collect();
    run_all(&cases);
}

#[test]
fn sessions_that_are_none() {
    let session =
        |id: &str, queues: &str| say(201, "", format!(r#"{{"data":{{"id":{id},"queues":[{queues}]}}}}"#));
    let queue = |name: &str| format!(r#"{{"data":{{"name":{name},"pages":1e999,"total_count":-1}}}}"#);
    let long = format!("\"{}\"", "s".repeat(1 << 20));
    let mut cases = Vec::new();
    for (name, id) in [
        ("a megabyte", long.as_str()),
        ("empty", "\"\""),
        ("dots", "\"..\""),
        ("a number", "7"),
        ("null", "null"),
        ("a lone surrogate", "\"\\ud800\""),
    ] {
        cases.push(
            Case::fault(&format!("a session's name is {name}"), On::Start, session(id, &queue("\"main\"")))
                .says("no session"),
        );
        cases.push(
            Case::fault(&format!("a queue's name is {name}"), On::Start, session("\"s\"", &queue(id)))
                .says("no session"),
        );
    }
    let (slashes, control) = ("\"a/../b?c#d\\\\e %00\"", "\"\\u001b[31m\\r\\nx: y\\u0000\"");
    // Odd, and still names that can be asked for.
    for (name, id) in [("slashes", slashes), ("controls", control)] {
        cases.push(
            Case::fault(&format!("a session's name is {name}"), On::Start, session(id, &queue("\"main\"")))
                .times(1)
                .lost()
                .ends(0)
                .fatal(),
        );
        cases.push(
            Case::fault(&format!("a queue's name is {name}"), On::Start, session("\"s\"", &queue(id)))
                .times(1)
                .lost()
                .ends(0)
                .fatal(),
        );
    }
    let twins = vec![queue("\"main\""); 3].join(",");
    cases.push(
        Case::fault("three queues of one name", On::Start, session("\"s\"", &twins))
            .times(1)
            .lost()
            .ends(0)
            .fatal(),
    );
    let many = vec![queue("\"main\""); 10_001].join(",");
    let act = session("\"s\"", &many);
    cases.push(Case::fault("ten thousand queues", On::Start, act).says("more than 10,000 elements"));
    let many = vec![queue("\"main\""); 500].join(",");
    cases.push(
        Case::fault("five hundred queues", On::Start, session("\"s\"", &many))
            .times(1)
            .lost()
            .ends(0)
            .fatal(),
    );
    cases.push(
        Case::fault("no queue for ever", On::Start, session("\"s\"", "")).ends(1).says("three sessions"),
    );
    run_all(&cases);
}

#[test]
fn a_redirect_leads_nowhere() {
    // The other host: whoever connects to it has told it too much.
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    thread::spawn(move || {
        while other.accept().is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let elsewhere = format!("http://localhost:{port}/v2/sync/start?{TOKEN}");
    let mut cases = Vec::new();
    for on in ALL {
        let statuses = if on == On::Take { vec![300, 301, 304, 308] } else { vec![307] };
        for status in statuses {
            let act = say(status, &format!("location: {elsewhere}\r\nrefresh: 0; url={elsewhere}\r\n"), "");
            cases.push(
                Case::fault(&format!("{status} to another host"), on, act)
                    .says("not followed")
                    .says(port.to_string())
                    .fatal(),
            );
        }
    }
    for (name, location) in [
        ("to itself", "/v2/sync/start".to_owned()),
        ("to nowhere", String::new()),
        ("to garbage", "http://[::1".to_owned()),
        ("to the token", format!("http://{TOKEN}/{TOKEN}")),
        ("to a file", "file:///etc/passwd".to_owned()),
        ("to a megabyte", format!("http://x/{}", "y".repeat(100_000))),
    ] {
        let act = say(302, &format!("location: {location}\r\n"), "");
        cases.push(Case::fault(&format!("302 {name}"), On::Start, act).says("--base-url").fatal());
    }
    // A page that links to it, and one that says it lives there.
    let headers = format!(
        "content-location: {elsewhere}\r\nlink: <{elsewhere}>; rel=next\r\nalt-svc: http=\"localhost:{port}\"\r\n"
    );
    let links = format!(r#"{{"items":[],"meta":{{"links":{{"self":"{elsewhere}","next":"{elsewhere}"}}}}}}"#);
    cases.push(Case::fault("links elsewhere", On::Take, say(200, &headers, links)).times(1).ends(0));
    let session = format!(
        r#"{{"data":{{"id":"s","queues":[{{"data":{{"name":"main"}},"meta":{{"links":{{"self":"{elsewhere}"}}}}}}]}}}}"#
    );
    cases.push(
        Case::fault("a queue elsewhere", On::Start, say(201, &headers, session)).times(1).lost().ends(0),
    );
    run_all(&cases);
    assert_eq!(calls.load(Ordering::SeqCst), 0, "the other host heard of it");
}
