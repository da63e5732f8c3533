//! Troubleshooting by error message: what the program says stands in `assets/troubleshooting.md`, word for word.
//! Whoever writes a message writes its line, or this fails.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::support::{Served, User, nobody, stand_in};

const TOKEN: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01";

/// Where messages are made for people; folders with all that is in them.
const ROOMS: &[&str] = &[
    "client.rs",
    "client/address.rs",
    "client/exchange.rs",
    "client/refusal.rs",
    "client/words.rs",
    "commands/arguments/token.rs",
    "commands/connect.rs",
    "commands/query.rs",
    "commands/settings.rs",
    "commands/status.rs",
    "config.rs",
    "config/file.rs",
    "config/file",
    "config/token.rs",
    "config/token",
    "config/values.rs",
    "console/key.rs",
    "console/keymap.rs",
    "console/theme/choice.rs",
    "console/theme/file.rs",
    "engine/driver.rs",
    "engine/flow/acks.rs",
    "engine/flow/drain.rs",
    "engine/flow/retries.rs",
    "engine/flow/session.rs",
    "export/error.rs",
    "mirror/as_of.rs",
    "mirror/error.rs",
    "mirror/lost.rs",
    "mirror/reader.rs",
    "mirror/reader/refused.rs",
    "service/fault/plan.rs",
    "service/import.rs",
    "service/import",
    "service/replay.rs",
    "service/replay",
    "service/script.rs",
    "text/notation.rs",
];

/// Texts of these rooms that are no message, and what they are.
const OTHERS: &[(&str, &str)] = &[
    ("a command (not shown)", "what `config` shows"),
    (", if it has one", "what `config` shows"),
    ("the variable's value (not shown)", "what `config` shows"),
    ("the file ", "what `config` shows"),
    ("(and one more mistake)", "the end of a message"),
    ("more mistakes)", "the end of a message"),
    ("(not shown: it looks like a token)", "what stands for a value"),
    ("(not shown: it holds an @)", "what stands for a value"),
    ("its twin has something to refuse", "a reason for the compiler"),
    ("the keyring (service", "the name of a place"),
    (" or 204", "the statuses that are expected"),
    ("it was cut", "why a session was not drained"),
    ("the last session brought nothing new", "what a wait says of itself"),
    ("keys wait in the outbox and go first next time", "the end of a message"),
    ("reading it failed: ", "a task that died"),
    ("The keyring (Secret Service on Linux", "help"),
    ("`{base}` is no theme to lie over; there are {}", "a mistake in a theme's file, told with its line"),
    (", and yours in ", "the end of a message"),
    ("SELECT", "SQL"),
    ("INSERT", "SQL"),
    ("DELETE", "SQL"),
    ("UPDATE record", "SQL"),
    ("CREATE UNIQUE INDEX", "SQL"),
    ("PRAGMA ", "SQL"),
    ("SQLite format 3", "how a database begins"),
    ("the system's keyring, else ", "what the welcome screen offers"),
    ("nothing was asked: there is no token yet", "what the welcome screen says of a test"),
    ("the token is in", "what the welcome screen did"),
    ("the token comes from the command", "what the welcome screen did"),
    ("the token is to be in", "what the welcome screen did"),
    ("the settings are in", "what the welcome screen did"),
    ("nothing is proven", "the end of a check that a signal stopped"),
    ("last sessions, newest first", "what `status` shows"),
    ("1 key waits in the outbox", "the end of a message"),
    ("invalid basic string", "the parser's words"),
    ("invalid literal string", "the parser's words"),
    ("fresh     ", "what `status` shows"),
    ("without an id", "what `status` shows"),
    ("the client is missing", "what the parser of the command line sees to"),
    ("] and [", "the middle of a message"),
    ("string values must be quoted", "the parser's words"),
    ("key with no value", "the parser's words"),
    ("missing value for key", "the parser's words"),
    ("unexpected key or value", "the parser's words"),
    ("acknowledged page ", "a line of a note beside the mirror"),
];

/// The document's rows: what it says in each (several where there are several), and what to do.
struct Guide {
    sayings: Vec<String>,
    text: String,
}

impl Guide {
    fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/troubleshooting.md");
        let text = fs::read_to_string(path).unwrap();
        let mut sayings = Vec::new();
        for line in text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---")) {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            // The protocol's table has the code before what it says.
            let [.., said, what_to_do] = cells[..] else { panic!("a row of fewer than two cells: {line}") };
            assert!(!what_to_do.is_empty(), "nothing to do: {line}");
            sayings.extend(said.split("<br>").map(plain));
        }
        Self { sayings, text }
    }

    /// Whether a message of the program has its line.
    fn knows(&self, message: &str) -> bool {
        let message = plain(message);
        self.sayings.iter().any(|saying| {
            let mut at = 0;
            let pieces: Vec<&str> =
                saying.split('…').map(str::trim).filter(|piece| piece.len() > 2).collect();
            // A word or two are in many messages.
            pieces.iter().map(|piece| piece.len()).sum::<usize>() > 12
                && pieces.iter().all(|piece| {
                    let found = message[at..].find(piece);
                    at += found.map_or(0, |place| place + piece.len());
                    found.is_some()
                })
        })
    }
}

/// Words alone: Markdown's and the messages' quotes are none.
fn plain(text: &str) -> String {
    text.replace('`', "").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The texts between quotes in a source, without its comments and tests.
fn literals(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    // A quote as a character begins no text.
    let code = lines.collect::<Vec<_>>().join("\n").replace("'\"'", "' '");
    let (mut found, mut open) = (Vec::new(), None::<String>);
    let mut rest = code.chars().peekable();
    while let Some(c) = rest.next() {
        open = match (open, c) {
            (None, '"') => Some(String::new()),
            (None, _) => None,
            (Some(text), '"') => {
                found.push(text);
                None
            }
            (Some(mut text), '\\') => {
                match rest.next() {
                    Some('\n') => while rest.next_if(|c| c.is_whitespace()).is_some() {},
                    Some('n') => text.push('\n'),
                    escaped => text.extend(escaped),
                }
                Some(text)
            }
            (Some(mut text), c) => {
                text.push(c);
                Some(text)
            }
        };
    }
    found
}

/// The texts in what makes a command fail, wherever in the commands: the calls from their brackets to their ends.
fn failures(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let calls = ["Failure::usage(", "Failure::other(", "Failure::mirror(", "output::complain("];
    let behind =
        calls.iter().flat_map(|call| source.match_indices(call).map(|(at, _)| &source[at + call.len()..]));
    behind
        .flat_map(|rest| {
            let mut open = 1_i32;
            let end = rest.find(|c| {
                open += i32::from(c == '(') - i32::from(c == ')');
                open == 0
            });
            literals(&rest[..end.unwrap_or(rest.len())])
        })
        .collect()
}

/// All files of a folder and of those in it.
fn under(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { under(&path) } else { vec![path] }).collect()
}

/// The longest piece of a text that is the same in every message made of it.
fn lasting(literal: &str) -> String {
    let pieces = literal.split('{').enumerate().map(|(at, piece)| {
        let behind = if at == 0 { piece } else { piece.split_once('}').map_or(piece, |(_, behind)| behind) };
        plain(behind.trim_matches([' ', '(', ')', ';', ':', ',', '"', '\'', '.']))
    });
    pieces.max_by_key(String::len).unwrap_or_default()
}

/// Every text of the rooms that may be a message.
fn messages() -> Vec<(String, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    for room in ROOMS.iter().map(|room| source.join(room)) {
        if room.is_dir() {
            files.extend(fs::read_dir(room).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            files.push(room);
        }
    }
    let mut found = Vec::new();
    let mut add = |file: &Path, texts: Vec<String>| {
        let name = file.strip_prefix(&source).unwrap().display().to_string();
        let wordy = |text: &String| lasting(text).split_whitespace().count() >= 3;
        let other = |text: &String| OTHERS.iter().any(|(other, _)| text.contains(other));
        let fits = texts.into_iter().filter(|text| wordy(text) && !other(text));
        found.extend(fits.map(|text| (name.clone(), text)));
    };
    for file in files.iter().filter(|file| file.extension().is_some_and(|e| e == "rs")) {
        if file.file_stem().is_some_and(|name| name == "tests") {
            continue;
        }
        add(file, literals(&fs::read_to_string(file).unwrap()));
    }
    for file in under(&source.join("commands")) {
        add(&file, failures(&fs::read_to_string(&file).unwrap()));
    }
    found
}

#[test]
fn every_message_has_its_line() {
    let guide = Guide::read();
    let (messages, text) = (messages(), plain(&guide.text));
    assert!(messages.len() > 100, "the messages are not found: {}", messages.len());
    let mut missing = String::new();
    for (file, message) in &messages {
        let words = lasting(message);
        if !text.contains(&words) {
            writeln!(missing, "src/{file}: {words}").unwrap();
        }
    }
    assert!(missing.is_empty(), "without a line in assets/troubleshooting.md:\n{missing}");
}

/// The protocol's errors: status, code, and what the service says of it.
const ERRORS: &[(u16, &str)] = &[
    (400, "invalid_param"),
    (400, "invalid_header"),
    (400, "invalid_user_agent"),
    (400, "invalid_payload"),
    (401, "unauthorized"),
    (403, "insufficient_scope"),
    (404, "not_found"),
    (404, "incorrect_path"),
    (422, "incorrect_payload"),
    (429, "rate_limit_exceeded"),
    (500, "server_error"),
    (503, "temporarily_unavailable"),
];

/// What a command complains of, a line a message.
fn complaints(user: &User, arguments: &[&str]) -> String {
    let ended = user.run(arguments);
    let said: Vec<&str> = ended.stderr.lines().filter_map(|line| line.strip_prefix("drainboard: ")).collect();
    assert!(!said.is_empty(), "{arguments:?} complains of nothing:\n{}{}", ended.stdout, ended.stderr);
    said.join("\n")
}

#[test]
fn every_error_of_the_protocol_is_told_and_has_its_line() {
    let guide = Guide::read();
    for (status, code) in ERRORS {
        let body = format!(
            r#"{{"errors":[{{"error":{{"code":"{code}","message":"Said so."}},"meta":{{"type":"error"}}}}],
            "meta":{{"type":"errors_collection","http_status":"{status}","logref":"req-7"}}}}"#
        );
        let url = stand_in(format!("{status} Said").leak(), "application/json", body.leak());
        let said = complaints(&User::with(&url, TOKEN), &["sync", "--tries", "1", "--quiet"]);
        for words in [&*status.to_string(), code, "Said so.", "req-7"] {
            assert!(said.contains(words), "{status} {code}: no {words} in {said}");
        }
        assert!(guide.knows(&said), "{status} {code} has no line: {said}");
        assert!(guide.text.contains(&format!("`{code}`")), "{code}");
    }
    // Gateways answer in HTML, and others answer what is no error and no page.
    for (status, kind, body) in [
        ("502 Bad Gateway", "text/html", "<html>"),
        ("504 Gateway Timeout", "text/html", "<html>"),
        ("200 OK", "text/html", "<html>"),
        ("202 Accepted", "application/json", "{}"),
        ("201 Created", "application/json", "{\"data\""),
        ("302 Found", "text/html", ""),
    ] {
        let url = stand_in(status, kind, body);
        let said = complaints(&User::with(&url, TOKEN), &["sync", "--tries", "1", "--quiet"]);
        assert!(guide.knows(&said), "{status} has no line: {said}");
    }
}

#[test]
fn what_is_said_of_settings_token_and_mirror_has_its_line() {
    let guide = Guide::read();
    let served = Served::start(&["--items", "50"]);
    let user = User::of(&served);
    user.sync();
    fs::write(user.path("text.db"), "no database, and long enough to be looked at as one").unwrap();
    fs::write(user.path("empty"), "").unwrap();
    super::private(&user.path("empty"));
    let other = "00000000-0000-4000-8000-000000000000";
    let cases: &[&[&str]] = &[
        &["sync", "--base-url", ""],
        &["sync", "--base-url", "nothing"],
        &["sync", "--base-url", "http://api.getbase.com"],
        &["sync", "--base-url", &nobody(), "--tries", "1", "--mirror", "fresh.db"],
        &["sync", "--device-uuid", "nobody"],
        &["sync", "--device-uuid", other],
        &["sync", "--workers", "0"],
        &["sync", "--profile", "../x"],
        &["sync", "--mirror", "."],
        &["sync", "--mirror", "text.db"],
        &["sync", "--token-file", "none"],
        &["sync", "--token-file", "empty"],
        &["sync", "--token-file", TOKEN],
        &["sync", "--token-command", "exit 7"],
        &["sync", "--token-command", "no-such-program-anywhere"],
        &["sync", "--token-keyring"],
        &["token", "set", TOKEN],
        &["status", "--mirror", "none.db"],
        &["--sync", "status"],
        &["--rate", "1", "status"],
        &[],
        &["export", "--format", "csv", "--types", "contcat", "--output", "csv"],
        &["export", "--format", "csv", "--output", "text.db"],
        &["export", "--check", "."],
        &[
            "export",
            "--format",
            "csv",
            "--types",
            "contact",
            "--where",
            "name:nobody-at-all",
            "--output",
            "nothing",
        ],
        &["sync", "--metrics", "nowhere/x.prom"],
        &["sync", "--metrics", "."],
        #[cfg(unix)]
        &["sync", "--mirror", "/dev/null"],
        &["serve", "--conformance", "--scenario", "nothing", "--", "true"],
        &["serve", "--conformance", "--scenario", "same_key", "--", "no-such-client-anywhere"],
        &["serve", "--console"],
        &["status", "--max-age", "0s"],
        &["query", "DELETE FROM contact"],
        &["query", "SELECT nme FROM contact"],
        &["query", "SELECT name FROM contcat"],
        &["query", "SELECT 1; SELECT 2"],
        &["query", "--as-of", "99", "SELECT 1"],
        &["serve", "--scenario", "text.db"],
        &["serve", "--replay", "text.db"],
        &["serve", "--account", "text.db", "--listen", "127.0.0.1:0"],
    ];
    for arguments in cases {
        let mut command = user.command(arguments);
        command.current_dir(user.path(""));
        let ended = user.ended(command);
        let said = ended.stderr.lines().filter_map(|line| line.strip_prefix("drainboard: "));
        let said = said.collect::<Vec<_>>().join("\n");
        assert!(
            !said.is_empty() && guide.knows(&said),
            "{arguments:?} has no line: {said:?}\n{}",
            ended.stderr
        );
    }
    let mut bare = user.bare(&["sync"]);
    bare.env("DRAINBOARD_MIRROR", user.mirror());
    assert!(guide.knows(&user.ended(bare).stderr), "no token");
}

#[test]
fn a_name_that_is_misspelt_in_sql_is_told_with_the_right_one() {
    let served = Served::start(&["--items", "200"]);
    let user = User::of(&served);
    user.sync();
    for (sql, words) in [
        ("select * from contacts", "no such table: contacts; did you mean `contact`?"),
        ("select name from contcat where id = 1", "no such table: contcat; did you mean `contact`?"),
        ("select naem from contact", "no such column: naem (at character 8); did you mean `name`?"),
    ] {
        let ended = user.run(&["query", sql]);
        assert!(ended.status(1).stderr.contains(words), "{sql}: {}", ended.stderr);
    }
}

#[test]
fn a_mistake_in_the_configuration_has_its_line() {
    let guide = Guide::read();
    let user = User::with(&nobody(), TOKEN);
    for text in [
        "bas_url = 1",
        "zzzzzzz = 1",
        "token = \"x\"",
        "token_file = \"0123456789abcdefghijklmnopqrstuvwxyz\"",
        "token_command = \"echo 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01 | cat\"",
        "token_file = \"t\"\ntoken_keyring = true",
        "theme = dark",
        "rate = 1\nrate = 2",
        "rate = 5 6",
        "rate =",
        "rate = \u{0}",
        "theme = \"dark",
        "rate",
        "rate = 1 workers = 2",
        "theme = \"drak\"",
        "base_url = 1",
        "base_url = \"http://api.getbase.com\"",
        "mirror = \"\"",
        "device_uuid = \"x\"",
        "rate = 1.5",
        "rate = -1",
        "workers = 0",
        "workers = 1000",
        "ack_interval = \"5\"",
        "max_page = \"5 apples\"",
        "title = \"yes\"",
        "color = \"allways\"",
        "theme = 7",
        "profile = \"work\"",
        "profiles = 1",
        "default_profile = 7",
        "[profile.work]\ndefault_profile = \"work\"",
        "[profile]\nwork = 1",
        "default_profile = \"wrok\"\n[profile.work]",
        "[profile.\"a/b\"]",
    ] {
        fs::write(user.path("config.toml"), text).unwrap();
        super::private(&user.path("config.toml"));
        let mut command = user.bare(&["config"]);
        command.env("DRAINBOARD_CONFIG", user.path("config.toml"));
        let ended = user.ended(command);
        ended.status(2);
        assert!(guide.knows(&ended.stderr), "{text:?} has no line: {}", ended.stderr);
    }
}

#[test]
fn texts_are_found_in_a_source() {
    let source = "// \"no\"\nlet a = \"one {x} two \\\"three\\\"\"; '\"' let b = \"four \\\n   five\";\n#[cfg(test)] \"six\"";
    assert_eq!(literals(source), ["one {x} two \"three\"", "four five"]);
    assert_eq!(lasting("the {x:?} is not there; ({y})"), "is not there");
}
