//! The service in the console: what its clients ask is seen as it comes, and the console ends like any other.

use std::process::Command;

use portable_pty::CommandBuilder;

use super::process::Served;
use super::pty::{Terminal, program};

/// The service on a small account, in the console.
pub(crate) fn serving(arguments: &[&str]) -> CommandBuilder {
    let mut command = program(&["serve", "--console", "--listen", "127.0.0.1:0"]);
    command.args(arguments);
    command.env_remove("BASECRM_ACCESS_TOKEN");
    // No keys of whoever runs this.
    command.env("XDG_CONFIG_HOME", "/nonexistent");
    command
}

/// Where it listens, from its header.
fn address(terminal: &mut Terminal) -> String {
    terminal.see("Nothing was asked yet");
    let screen = terminal.text();
    let at = screen.find("http://127.0.0.1:").unwrap();
    screen[at..].split_whitespace().next().unwrap().to_owned()
}

/// The token that the line says which is written before the console opens.
fn token(terminal: &Terminal) -> String {
    let before = String::from_utf8_lossy(&terminal.raw).into_owned();
    let (_, rest) = before.split_once("  token ").unwrap();
    rest.chars().take(64).collect()
}

/// Waits for a row with all of these.
fn row(terminal: &mut Terminal, words: &[&str]) {
    let here = |screen: &str| screen.lines().any(|line| words.iter().all(|word| line.contains(word)));
    terminal.until(&words.join(" … "), here);
}

/// From an exchange back to the list; a key for itself, or it would be another one's beginning.
fn back(terminal: &mut Terminal) {
    terminal.press(b"\x1b");
    terminal.gone("▾ Request");
}

/// What is asked with a client of another make; its status.
fn ask(method: &str, url: &str, token: &str) -> u16 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let request = http
        .request(method.parse().unwrap(), url)
        .bearer_auth(token)
        .header("User-Agent", "a client under development")
        .header("X-Basecrm-Device-UUID", "00000000-0000-4000-8000-000000000001");
    runtime.block_on(async { request.send().await.unwrap().status().as_u16() })
}

#[test]
fn a_scenario_is_watched_as_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let steps = "[[step]]\nat_request = 1\nfault = \"503 start\"\nedit = { create = 3 }\n";
    std::fs::write(folder.path().join("day.toml"), steps).unwrap();
    let mut command = serving(&["--items", "300", "--scenario", "day.toml"]);
    command.cwd(folder.path());
    let mut terminal = Terminal::start(command, 120, 40);
    let base = address(&mut terminal);
    let token = token(&terminal);
    terminal.see("300 records   0 devices");
    let start = format!("{base}/v2/sync/start");
    assert_eq!(ask("POST", &start, &token), 201);
    terminal.see("303 records");
    assert_eq!(ask("POST", &start, &token), 503);
    row(&mut terminal, &["POST", "/v2/sync/start", "✖ 503"]);
    terminal.quit();
}

#[test]
fn what_clients_ask_is_seen_as_it_comes() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = serving(&["--items", "300"]);
    command.cwd(folder.path());
    let mut terminal = Terminal::start(command, 120, 40);
    let base = address(&mut terminal);
    let token = token(&terminal);
    let shown = terminal.raw.len();
    terminal.see("300 records   0 devices");

    assert_eq!(ask("POST", &format!("{base}/v2/sync/start"), &token), 201);
    row(&mut terminal, &["POST", "/v2/sync/start", " 201 "]);
    terminal.see("1 device   1 session   300 queued");
    let strange = "a-token-that-somebody-pasted-by-mistake-0123456789";
    assert_eq!(ask("GET", &format!("{base}/v2/contacts?token={strange}"), strange), 401);
    terminal.see("✖ 401");
    terminal.press(b"\r");
    terminal.see("Bearer [another token]");
    terminal.see("a client under development");
    back(&mut terminal);

    // The panel bends the next answer, and the log says that it was on purpose.
    terminal.press(b"bjjj\r");
    terminal.see("3 to come");
    terminal.press(b"\x1b");
    terminal.gone("Bend the service");
    assert_eq!(ask("POST", &format!("{base}/v2/sync/start"), &token), 503);
    row(&mut terminal, &["POST", "/v2/sync/start", "✖ 503"]);
    // The one that was read is still chosen.
    terminal.press(b"gg\r");
    terminal.see("on purpose: answered 503");
    back(&mut terminal);
    terminal.press(b"bG\r");
    terminal.see("nothing goes wrong on purpose any more");
    terminal.press(b"\x1b");
    terminal.gone("Bend the service");

    // A whole synchronization, with whole exchanges on disk.
    terminal.press(b"R");
    terminal.see("record to");
    terminal.press(b"\r");
    terminal.see("● rec");
    let synced = Command::new(env!("CARGO_BIN_EXE_drainboard"))
        .args(["sync", "--rate", "0", "--base-url", &base, "--mirror"])
        .arg(folder.path().join("mirror.db"))
        .env("BASECRM_ACCESS_TOKEN", &token)
        .env("HOME", folder.path())
        .output()
        .unwrap();
    assert_eq!(synced.status.code(), Some(0), "{synced:?}");
    terminal.see("2 devices   1 session");
    terminal.press(b"R");
    terminal.see("exchanges, ");
    let mut hars = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path());
    let har = hars.find(|path| path.extension().is_some_and(|end| end == "har")).unwrap();
    let har = std::fs::read_to_string(har).unwrap();
    assert!(har.contains("/queues/main") && !har.contains(&token));

    terminal.quit();
    let drawn = String::from_utf8_lossy(&terminal.raw[shown..]).into_owned();
    assert!(!drawn.contains(&token) && !drawn.contains(strange), "no token is drawn");
    assert!(terminal.text().contains("listening on"), "the line is there again: {}", terminal.text());
}

/// A token that the environment has is in no line and on no screen.
#[test]
fn a_token_of_the_environment_is_shown_nowhere() {
    let token = "ToKeN0123456789ToKeN0123456789ToKeN0123456789ToKeN0123456789abcd";
    let mut command = serving(&["--items", "20"]);
    command.env("BASECRM_ACCESS_TOKEN", token);
    let mut terminal = Terminal::start(command, 80, 24);
    let base = address(&mut terminal);
    assert_eq!(ask("POST", &format!("{base}/v2/sync/start"), token), 201);
    terminal.see("201");
    terminal.press(b"\r");
    terminal.see("Bearer [token]");
    back(&mut terminal);
    terminal.quit();
    let all = String::from_utf8_lossy(&terminal.raw).into_owned();
    assert!(!all.contains(token) && all.contains("token from BASECRM_ACCESS_TOKEN"));
}

#[test]
fn without_a_terminal_it_says_so() {
    let ended = Command::new(env!("CARGO_BIN_EXE_drainboard")).args(["serve", "--console"]).output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(said.starts_with("drainboard: this is no terminal") && said.lines().count() == 1, "{said}");
    assert!(ended.stdout.is_empty());
}

/// A mirror's rows as the mirror keeps them, byte for byte.
fn rows(mirror: &std::path::Path) -> Vec<(String, String, Vec<u8>)> {
    let file = rusqlite::Connection::open(mirror).unwrap();
    let tables: Vec<String> = file
        .prepare("SELECT table_name FROM _type WHERE rows > 0 ORDER BY 1")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut all = Vec::new();
    for table in tables {
        let sql = format!("SELECT CAST(id AS TEXT), CAST(data AS BLOB) FROM \"{table}\" ORDER BY id");
        let mut statement = file.prepare(&sql).unwrap();
        let found = statement.query_map([], |row| Ok((table.clone(), row.get(0)?, row.get(1)?))).unwrap();
        all.extend(found.map(Result::unwrap));
    }
    all
}

/// A bug report becomes a test, with nothing but the program: a service that misbehaves is recorded in its console,
/// what it wrote is served again, and a fresh mirror gets the same.
#[test]
fn a_session_that_was_recorded_is_served_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = serving(&["--items", "1500", "--fault", "503 page every=6 times=2"]);
    command.args(["--fault", "lost ack", "--fault", "cut page after=4", "--fault", "empty page after=7"]);
    command.cwd(folder.path());
    let mut terminal = Terminal::start(command, 120, 40);
    let base = address(&mut terminal);
    let token = token(&terminal);
    let sync = |base: &str, token: &str, mirror: &str, more: &[&str]| {
        let ended = Command::new(env!("CARGO_BIN_EXE_drainboard"))
            .args(["sync", "--json", "--rate", "0", "--base-url", base, "--mirror", mirror])
            .args(more)
            .current_dir(folder.path())
            .env("BASECRM_ACCESS_TOKEN", token)
            .env("HOME", folder.path())
            .output()
            .unwrap();
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        let last = String::from_utf8(ended.stdout).unwrap().lines().last().unwrap().to_owned();
        serde_json::from_str::<serde_json::Value>(&last).unwrap()
    };
    terminal.press(b"R");
    terminal.see("record to");
    terminal.press(b"\x15bug.har\r");
    terminal.see("● rec");
    sync(&base, &token, "first.db", &[]);
    terminal.press(b"R");
    terminal.see("exchanges, ");
    terminal.quit();
    let har = folder.path().join("bug.har");
    let text = std::fs::read_to_string(&har).unwrap();
    for misbehaved in
        ["answered 503", "the body ended in the middle", "a page without items", "without an answer"]
    {
        assert!(text.contains(misbehaved), "{misbehaved}");
    }
    // Another pace, other packs: what is recorded is what the service has, not when it is asked.
    for (mirror, more) in [("second.db", &[][..]), ("third.db", &["--workers", "1", "--ack-pack", "70"])] {
        let replayed = Served::start(&["--replay", har.to_str().unwrap()]);
        let summary = sync(&replayed.url, &replayed.token, mirror, more);
        assert_eq!((&summary["converged"], &summary["pending_acks"]), (&true.into(), &0.into()));
        let (first, again) = (rows(&folder.path().join("first.db")), rows(&folder.path().join(mirror)));
        assert!(first.len() > 1_400, "{}", first.len());
        assert!(first == again, "{mirror} has other data");
    }
}

/// A client that is examined by hand, before its author's eyes: the scenario that is up, its requests, the verdicts.
#[test]
fn an_examination_is_watched_scenario_by_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--conformance", "--scenario", "empty_mid", "--scenario", "unknown"];
    let mut terminal = Terminal::start(serving(&arguments), 120, 40);
    let base = address(&mut terminal);
    let token = token(&terminal);
    terminal.see("scenario 1 of 2  empty_mid");
    let mut command = Command::new(env!("CARGO_BIN_EXE_drainboard"));
    command.args(["sync", "-q", "--rate", "0", "--base-url", &base, "--mirror"]);
    command
        .arg(folder.path().join("mirror.db"))
        .env("BASECRM_ACCESS_TOKEN", &token)
        .env("HOME", folder.path());
    assert_eq!(command.output().unwrap().status.code(), Some(0));
    terminal.see("scenario 2 of 2  unknown");
    row(&mut terminal, &["POST", "/v2/sync/ack", " 202 "]);
    terminal.press(b"c");
    terminal.see("✓ empty_mid");
    terminal.press(b"\x1b");
    terminal.gone("╭ Clients");
    terminal.press(b"q");
    // Nobody has tried the second scenario.
    assert_eq!(terminal.ended(), 1);
    let report = terminal.text();
    assert!(report.contains("✓ empty_mid") && report.contains("– unknown"), "{report}");
    assert!(report.contains("1 of 2 scenarios passed"), "{report}");
}

/// Who has keys of their own has them here too.
#[test]
#[cfg(target_os = "linux")]
fn the_users_keys_work_here() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("drainboard")).unwrap();
    std::fs::write(home.path().join("drainboard/keymap.toml"), "[serve]\nx = \"bend\"\n").unwrap();
    let mut command = serving(&["--items", "20"]);
    command.env("XDG_CONFIG_HOME", home.path());
    let mut terminal = Terminal::start(command, 80, 24);
    address(&mut terminal);
    terminal.press(b"x");
    terminal.see("Bend the service");
    terminal.press(b"\x03");
    assert_eq!(terminal.ended(), 130);
}
