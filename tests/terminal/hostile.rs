//! A service that means harm: what it says in values, names, types, titles and errors is shown and never sent as it is,
//! and columns stay columns.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use portable_pty::CommandBuilder;
use serde_json::{Value, json};

use super::pty::{Terminal, program};

/// Clears the screen, names the window, rings, begins C1 sequences, goes back, turns the line around.
const HOSTILE: &str = "A\u{1b}[2J\u{1b}]0;pwned\u{7}\u{9b}31m\u{90}q\u{9c}\u{9d}0;x\u{9c}\rB\u{8}\u{202e}C\u{2066}D\u{200f}E\u{7f}";

/// Names that programs and terminals measure differently.
const WIDE: [&str; 8] = [
    "plain",
    "阿部 花子",
    "e\u{301}\u{302}clair",
    "👩\u{200d}💻 dev",
    "👨\u{200d}👩\u{200d}👧\u{200d}👦 all",
    "🇩🇪 flag",
    "नमस्ते",
    "مرحبا بالعالم",
];

/// A service that has one page, and refuses every session after the first with words of its own.
struct Service {
    url: String,
}

impl Service {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (taken, acked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        // It ends with the tests.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (taken, acked) = (Arc::clone(&taken), Arc::clone(&acked));
                std::thread::spawn(move || talk(stream, &taken, &acked));
            }
        });
        Self { url }
    }
}

fn page() -> Value {
    let item = |kind: &str, id: u64, data: Value| {
        let mut data = data;
        data["id"] = json!(id);
        let meta = json!({"type": kind, "sync": {"event_type": "created", "ack_key": format!("{kind}{id}"), "revision": 1}});
        json!({"data": data, "meta": meta})
    };
    let mut items: Vec<Value> = WIDE
        .iter()
        .enumerate()
        .map(|(at, name)| {
            item("contact", at as u64 + 1, json!({"name": name, "title": "behind", HOSTILE: HOSTILE}))
        })
        .collect();
    items.push(item("contact", 100, json!({"name": HOSTILE, "title": "behind", "tags": [HOSTILE]})));
    items.push(item(HOSTILE, 1, json!({"name": HOSTILE})));
    let failed = json!([{"type": HOSTILE, "id": HOSTILE}]);
    json!({"items": items, "meta": {"type": "collection", "count": items.len(), "count_left": 0, "failed_objects": failed}})
}

/// Answers the requests of a connection.
fn talk(mut stream: TcpStream, taken: &AtomicBool, acked: &AtomicBool) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let (mut request, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if let Some(bytes) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = bytes.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
            if request.is_empty() {
                request = line;
            }
        }
        reader.read_exact(&mut vec![0; length]).unwrap();
        let queue =
            json!({"data": {"name": "main", "pages": 1, "total_count": 10}, "meta": {"type": "sync_queue"}});
        let refusal = json!({"errors": [{"error": {"code": HOSTILE, "message": HOSTILE, "details": HOSTILE}, "meta": {"type": "error"}}],
            "meta": {"type": "errors_collection", "http_status": HOSTILE, "logref": HOSTILE}});
        let (status, body) = match () {
            () if request.contains("/queues/") && taken.swap(true, Ordering::SeqCst) => {
                ("204 No Content", Value::Null)
            }
            () if request.contains("/queues/") => ("200 OK", page()),
            () if request.contains("/ack") => {
                acked.store(true, Ordering::SeqCst);
                ("202 Accepted", Value::Null)
            }
            () if acked.load(Ordering::SeqCst) => ("403 Forbidden", refusal),
            () => (
                "201 Created",
                json!({"data": {"id": "s-1", "queues": [queue]}, "meta": {"type": "sync_session"}}),
            ),
        };
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        if stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).is_err() {
            return;
        }
    }
}

fn console(service: &Service, home: &std::path::Path) -> CommandBuilder {
    let mut command = program(&["--sync", "--rate", "0", "--base-url", &service.url]);
    command.arg("--mirror");
    command.arg(home.join("mirror.db"));
    command.env("HOME", home);
    command.env("BASECRM_ACCESS_TOKEN", "a-token-of-the-tests");
    command.cwd(home);
    command
}

/// What a terminal would take for something else than text, other than what the program sends for itself.
fn unexpected(raw: &str) -> Option<String> {
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        let seen = || Some(rest.chars().take(24).collect());
        rest = &rest[c.len_utf8()..];
        match c {
            '\u{1b}' => {
                if let Some(copied) = rest.strip_prefix("]52;c;") {
                    rest =
                        copied.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "+/=".contains(c));
                    rest = rest.strip_prefix("\u{1b}\\")?;
                    continue;
                }
                let Some(sequence) = rest.strip_prefix('[') else { return seen() };
                let end = sequence.find(|c: char| !(c.is_ascii_digit() || "?;:".contains(c)));
                let Some(end) = end.filter(|end| sequence[*end..].starts_with(['m', 'H', 'h', 'l', 'J']))
                else {
                    return seen();
                };
                rest = &sequence[end + 1..];
            }
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => return seen(),
            '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                return seen();
            }
            _ => {}
        }
    }
    None
}

#[test]
fn what_a_service_says_is_shown_and_never_sent() {
    let (service, home) = (Service::start(), tempfile::tempdir().unwrap());
    let mut terminal = Terminal::start(console(&service, home.path()), 120, 40);
    terminal.see("✖ failed");
    // The error, and the type's name.
    terminal.until("its words", |s| s.matches("A␛[2J␛]0;pwned␇").count() >= 2);
    terminal.press(b"2");
    terminal.see("1 of 9");
    terminal.press(b"G");
    terminal.until("the record", |s| s.contains("contact 100") && s.matches("A␛[2J").count() >= 3);
    terminal.press(b"y");
    terminal.see("copied");
    terminal.press(b"d");
    terminal.see("changes");
    for (key, what) in [("3", "Stuck, and why"), ("4", "/v2/sync/ack"), ("6", "session")] {
        terminal.press(key.as_bytes());
        terminal.see(what);
        terminal.press(b"\r");
        terminal.settle(std::time::Duration::from_millis(100));
    }
    // Bodies as they came.
    terminal.press(b"4");
    terminal.see("/v2/sync/ack");
    terminal.press(b"G\x1b[A\r\x1b[F");
    terminal.see("A␛[2J");
    terminal.press(b"5");
    terminal.see("Read-only SQL");
    terminal.press(b"SELECT * FROM contact WHERE id = 100\r");
    terminal.see("1 row");
    terminal.press(b"\x15SELECT 'x' AS \"\x1b[200~a\x1b]0;pwned\x07b\x1b[201~\"\r");
    // Its name stands in the statement and over the row; what the first one found is gone.
    terminal.until("another row", |s| {
        s.contains("1 row") && s.matches("pwned").count() >= 2 && !s.contains("revision")
    });
    let end = terminal.whole_frame();
    terminal.press(b"\x03");
    assert_eq!(terminal.ended(), 130);
    let raw = String::from_utf8(terminal.raw[..end].to_vec()).unwrap();
    assert_eq!(unexpected(&raw), None);
    assert!(unexpected(HOSTILE).is_some() && unexpected("a\u{202e}b").is_some(), "the check can fail");
}

#[test]
fn columns_stand_under_each_other_whatever_is_in_them() {
    let (service, home) = (Service::start(), tempfile::tempdir().unwrap());
    let mut terminal = Terminal::start(console(&service, home.path()), 120, 40);
    terminal.see("✖ failed");
    terminal.press(b"2");
    // The heading's column, and both rules, in every row.
    let at = |terminal: &Terminal, row: u16, what: &str| -> Vec<u16> {
        let cell = |x| terminal.screen.screen().cell(row, x).is_some_and(|c| c.contents() == what);
        (0..120).filter(|x| cell(*x)).collect()
    };
    terminal.until_all("both rules", |t| t.text().contains("behind") && at(t, 4, "│").len() == 2);
    terminal.whole_frame();
    let at = |row, what| at(&terminal, row, what);
    let rules = at(4, "│");
    for row in 4..37 {
        let here = at(row, "│");
        assert_eq!(here, rules, "row {row}:\n{}", terminal.text());
    }
    let rows: Vec<u16> = (4..37)
        .filter(|row| {
            terminal.screen.screen().rows(26, 80).nth(usize::from(*row)).is_some_and(|t| t.contains("behind"))
        })
        .collect();
    assert!(rows.len() >= WIDE.len(), "{}", terminal.text());
    let places: Vec<u16> =
        rows.iter().map(|row| at(*row, "b").into_iter().rfind(|x| *x < rules[1]).unwrap_or(0)).collect();
    assert!(places.windows(2).all(|two| two[0] == two[1]), "{places:?}\n{}", terminal.text());
}
