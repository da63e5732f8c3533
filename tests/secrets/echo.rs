//! A service, or a gateway before it, that repeats the Authorization header: in every place of an answer, in every
//! encoding.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use crate::den::Den;
use crate::search::{each, plain_token, token};

/// A listener that answers each request with what `answer` makes of its path and its token.
pub(crate) fn serve(answer: impl Fn(&str, &str) -> Vec<u8> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = Arc::clone(&answer);
            thread::spawn(move || one(stream.unwrap(), &*answer));
        }
    });
    url
}

fn one(mut stream: TcpStream, answer: &dyn Fn(&str, &str) -> Vec<u8>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut path, mut token, mut length) = (String::new(), String::new(), 0);
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|n| n > 2) {
        if path.is_empty() {
            line.split(' ').nth(1).unwrap_or_default().clone_into(&mut path);
        }
        if let Some((name, value)) = line.trim_end().split_once(": ") {
            match name.to_ascii_lowercase().as_str() {
                "authorization" => value.trim_start_matches("Bearer ").clone_into(&mut token),
                "content-length" => length = value.parse().unwrap(),
                _ => {}
            }
        }
        line.clear();
    }
    let _ = reader.read_exact(&mut vec![0; length]);
    let _ = stream.write_all(&answer(&path, &token));
}

/// An answer with a length.
pub(crate) fn http(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")
        .into()
}

/// The header in all encodings, in one line of visible characters.
fn everywhere(token: &str) -> String {
    let bearer = format!("Bearer {token}");
    [
        token.to_owned(),
        bearer.clone(),
        STANDARD.encode(token),
        URL_SAFE.encode(&bearer),
        STANDARD.encode(format!("user:{token}")),
        STANDARD.encode(format!("\"{token}")).replace('/', "\\/"),
        each(&bearer, |c| format!("%{c:02X}")),
        each(token, |c| if c.is_ascii_alphanumeric() { char::from(c).into() } else { format!("%{c:02x}") }),
        each(token, |c| format!("&#{c};")),
        each(token, |c| format!("&#x{c:x};")),
        each(token, |c| format!("{c:02x}")),
        each(token, |c| format!("\\u{c:04x}")),
    ]
    .join(" ")
}

const JSON: &str = "Content-Type: application/json\r\n";

/// An error body with the text in each of its fields.
fn errors(text: &str) -> String {
    let text = serde_json::to_string(text).unwrap();
    format!(
        r#"{{"errors":[{{"error":{{"code":{text},"message":{text},"details":{text},"resource":{text}}}}}],
        "meta":{{"logref":{text},"http_status":{text},"links":{{"more_info":{text}}}}}}}"#
    )
}

/// Where an answer repeats the token, and the answer.
fn places(token: &str, plain: &str) -> Vec<(&'static str, Vec<u8>)> {
    let all = everywhere(token);
    let escaped = format!(
        "{{\"errors\":[{{\"error\":{{\"message\":\"{}\"}}}}]}}",
        each(token, |c| format!("\\u{c:04X}"))
    );
    let id = format!(
        "{JSON}X-Request-Id: {all}\r\nRetry-After: {all}\r\nX-{plain}: {all}\r\nSet-Cookie: t={all}\r\n"
    );
    vec![
        ("an error's words", http("401 Unauthorized", JSON, &errors(&all))),
        ("an error's words, escaped", http("403 Forbidden", JSON, &escaped)),
        ("an error's short words", http("422 Unprocessable", JSON, &errors(token))),
        ("each word by itself", http("401 No", JSON, &errors(all.split(' ').nth(2).unwrap()))),
        ("headers", http("500 Trouble", &id, &errors(&all))),
        ("a reason", http(&format!("401 {all}"), JSON, "{}")),
        (
            "a redirect's query",
            http("302 Found", &format!("Location: https://sso.example/?t={token}\r\n"), ""),
        ),
        (
            "a redirect's user",
            http("302 Found", &format!("Location: https://u:{plain}@sso.example/\r\n"), ""),
        ),
        (
            "a redirect's host",
            http("307 Away", &format!("Location: https://{plain}.example/{token}\r\n"), ""),
        ),
        ("a page of a gateway", http("502 Bad", "Content-Type: text/html\r\n", &format!("<p>{all}</p>"))),
        ("a text", http("400 Bad", "Content-Type: text/plain\r\n", &all)),
        ("a success that is none", http("200 OK", JSON, &errors(&all))),
        ("a session that is none", http("201 Created", JSON, &all)),
        (
            "a session with an odd field",
            http("201 Created", JSON, &format!("{{\"data\":{{\"id\":{}}}}}", all.len())),
        ),
        ("a session of that name", http("201 Created", JSON, &session(plain, "main"))),
        (
            "a session of that name, percent-encoded",
            http("201 Created", JSON, &session(&each(plain, |c| format!("%{c:02x}")), "main")),
        ),
        ("a queue of that name", http("201 Created", JSON, &session("s", plain))),
        ("a length", format!("HTTP/1.1 200 OK\r\nContent-Length: {plain}\r\n\r\n").into()),
        ("no HTTP at all", all.into_bytes()),
    ]
}

pub(crate) fn session(id: &str, queue: &str) -> String {
    format!(
        r#"{{"data":{{"id":"{id}","queues":[{{"data":{{"name":"{queue}","pages":1,"total_count":1}},"meta":{{"type":"sync_queue"}}}}]}},"meta":{{"type":"sync"}}}}"#
    )
}

/// Places of [`places`] where only letters and digits fit.
const PLAIN: [usize; 6] = [6, 7, 8, 14, 15, 16];

#[test]
fn an_echo_of_the_token_goes_no_further() {
    let (odd, plain) = (token(), plain_token());
    for at in 0..places(&odd, &plain).len() {
        let token = if PLAIN.contains(&at) { plain.clone() } else { odd.clone() };
        println!("{}", places(&token, &plain)[at].0);
        let fits = plain.clone();
        let url = serve(move |_, token| places(token, &fits).swap_remove(at).1);
        let den = Den::new(&token);
        for arguments in [
            &["sync", "--json", "-vv", "--tries", "1", "--rate", "0"][..],
            &["doctor"],
            &["status", "--json"],
        ] {
            let ended = den.run(den.command(&url, arguments));
            let code = ended.status.code();
            assert!(code.is_some_and(|code| code != 101), "{code:?} {}", ended.stderr);
        }
        den.is_tight();
    }
}

#[test]
fn an_echo_on_a_page_or_in_an_acks_answer_goes_no_further() {
    let token = plain_token();
    for at in 0..places(&token, &token).len() {
        let url = serve(move |path, token| {
            let echo = || places(token, token).swap_remove(at).1;
            if path.ends_with("/start") {
                http("201 Created", JSON, &session("5ca1ab1e", "main"))
            } else if path.ends_with("/ack") {
                // Taken for what it is: no acceptance.
                echo()
            } else if at % 2 == 0 {
                echo()
            } else {
                let item = r#"{"data":{"id":1},"meta":{"type":"contact","sync":{"event_type":"created","ack_key":"k1","revision":1}}}"#;
                http(
                    "200 OK",
                    JSON,
                    &format!("{{\"items\":[{item}],\"meta\":{{\"type\":\"collection\",\"count\":1}}}}"),
                )
            }
        });
        let den = Den::new(&token);
        den.run(den.command(&url, &["sync", "--json", "-v", "--tries", "1", "--rate", "0"]));
        den.run(den.command(&url, &["status"]));
        den.run(den.command(&url, &["query", "SELECT * FROM _pack"]));
        den.is_tight();
    }
}

/// Parts of a token that say too much: its beginning, its end, all but a mask, broken in lines or groups, in capitals.
fn parts(token: &str) -> Vec<(&'static str, String)> {
    let mask = |text: &str| format!("{}********{}", &text[..28], &text[36..]);
    let apart = |by: &str, length: usize| {
        let pieces: Vec<&str> = (0..64).step_by(length).map(|at| &token[at..(at + length).min(64)]).collect();
        pieces.join(by)
    };
    vec![
        ("the first 40", token[..40].to_owned()),
        ("the last 40", format!("…{}", &token[24..])),
        ("some of its midst", token[20..36].to_owned()),
        ("masked", mask(token)),
        ("in capitals", token.to_ascii_uppercase()),
        ("in two lines", apart("\r\n", 32)),
        ("in odd lines", apart("\n\t", 13)),
        ("in groups of eight", apart(" ", 8)),
        ("percent-encoded, the first half", each(&token[..32], |c| format!("%{c:02x}"))),
        ("hexadecimal, the last half", each(&token[32..], |c| format!("{c:02X}"))),
        ("Base64, the first half", STANDARD.encode(format!("user:{}", &token[..32]))),
        ("HTML, masked", each(&mask(token), |c| format!("&#{c};"))),
    ]
}

#[test]
fn parts_of_the_token_go_no_further() {
    let token = plain_token();
    for at in 0..parts(&token).len() {
        let told = parts(&token)[at].0;
        println!("{told}");
        let url = serve(move |_, token| {
            let part = parts(token).swap_remove(at).1;
            http("401 Unauthorized", JSON, &errors(&part))
        });
        let den = Den::new(&token);
        for arguments in [&["sync", "--json", "-vv", "--tries", "1", "--rate", "0"][..], &["doctor"]] {
            let ended = den.run(den.command(&url, arguments));
            let said = format!("{}{}", ended.stdout, ended.stderr);
            assert!(said.contains("[token]"), "{told}: {said}");
            // What is looked for everywhere else has sixteen characters.
            assert!(!said.contains(&token[24..32]), "{told}: {said}");
        }
        den.is_tight();
    }
}

/// One of the answers that repeat a token of letters and digits.
pub(crate) fn place(token: &str, at: usize) -> Vec<u8> {
    places(token, token).swap_remove(at).1
}
