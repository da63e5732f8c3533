//! The examination of clients, by the built program: our own client passes all, and a client that is bad in one way
//! fails the scenarios of that way and no other.
//!
//! The bad clients are this test's own binary, run again: [`a_client`] is no test but what the examination starts.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use drainboard::service::conformance::SCENARIOS;
use serde_json::{Value, json};

/// Says to the binary that it is a client, and what is wrong with it.
const FLAW: &str = "DRAINBOARD_TEST_FLAW";

/// Runs the examination; the outcome and the words of each scenario, and the exit status.
fn examine(scenarios: &[&str], client: &[&str], flaw: &str) -> (BTreeMap<String, (String, String)>, i32) {
    examine_within("60s", scenarios, client, flaw)
}

/// The same with another deadline.
fn examine_within(
    deadline: &str,
    scenarios: &[&str],
    client: &[&str],
    flaw: &str,
) -> (BTreeMap<String, (String, String)>, i32) {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_drainboard"));
    command.args(["serve", "--conformance", "--json", "--deadline", deadline]);
    for scenario in scenarios {
        command.args(["--scenario", scenario]);
    }
    command.arg("--").args(client).env(FLAW, flaw).env("HOME", home.path()).stdin(Stdio::null());
    command.env_remove("BASECRM_ACCESS_TOKEN");
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let summary = lines.pop().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let word = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    let outcomes: BTreeMap<_, _> = lines
        .iter()
        .map(|line| (word(line, "scenario"), (word(line, "outcome"), word(line, "says"))))
        .collect();
    let passed = outcomes.values().filter(|(outcome, _)| outcome == "passed").count();
    assert_eq!(summary["summary"]["passed"], json!(passed), "{text}");
    (outcomes, output.status.code().unwrap())
}

/// Our own client, a mirror a scenario. Who passed, each with what was said.
#[cfg(unix)]
fn drainboard_passes(scenarios: &[&str]) -> BTreeMap<String, (String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let script = "exec \"$0\" sync --mirror \"$1/$DRAINBOARD_SCENARIO.db\"";
    let client = ["sh", "-c", script, env!("CARGO_BIN_EXE_drainboard"), folder.path().to_str().unwrap()];
    let (outcomes, status) = examine(scenarios, &client, "");
    let failed: Vec<_> = outcomes.iter().filter(|(_, (outcome, _))| outcome != "passed").collect();
    assert!(failed.is_empty() && status == 0, "{failed:#?}");
    outcomes
}

#[test]
#[cfg(unix)]
fn drainboard_itself_passes_every_scenario() {
    let all: Vec<&str> =
        SCENARIOS.iter().filter(|scenario| !scenario.hangs()).map(|scenario| scenario.name).collect();
    assert_eq!((all.len(), SCENARIOS.len()), (29, 30));
    assert_eq!(drainboard_passes(&all).len(), all.len());
}

/// Beside the others, since it takes as long as the client waits for an answer that never ends.
#[test]
#[cfg(unix)]
fn drainboard_gives_a_silent_answer_up() {
    let says = drainboard_passes(&["stall"]);
    assert_eq!(says["stall"].1, "gave the silent answer up and got the page in another session");
}

/// The scenarios that a client of this flaw does not pass, and what is said of one of them.
fn fails(flaw: &str) -> (Vec<String>, BTreeMap<String, String>) {
    let own = std::env::current_exe().unwrap();
    let client = [own.to_str().unwrap(), "--ignored", "--exact", "conformance::a_client"];
    let (outcomes, status) = examine(&[], &client, flaw);
    let failed: BTreeMap<String, String> = outcomes
        .into_iter()
        .filter(|(_, (outcome, _))| outcome != "passed")
        .map(|(name, (_, says))| (name, says))
        .collect();
    assert_eq!(status, i32::from(!failed.is_empty()));
    (failed.keys().cloned().collect(), failed)
}

#[test]
fn a_good_client_of_another_make_passes() {
    assert_eq!(fails("none"), (Vec::new(), BTreeMap::new()));
}

#[test]
fn who_stops_at_an_empty_page_is_told() {
    let (failed, says) = fails("stops at empty");
    assert_eq!(failed, ["empty_long", "empty_mid"]);
    assert_eq!(says["empty_mid"], "stopped at the empty page: Deal-3-9 was never fetched");
}

#[test]
fn who_ignores_an_acknowledgements_answer_is_told() {
    let (failed, says) = fails("ignores acks");
    assert_eq!(failed, ["ack200", "ack500", "ack_lost"]);
    assert_eq!(
        says["ack200"],
        "took the ack's 200 for an acceptance and started a session while 2 keys were unacknowledged"
    );
}

#[test]
fn who_waits_for_ever_for_a_silent_answer_is_told() {
    let own = std::env::current_exe().unwrap();
    let client = [own.to_str().unwrap(), "--ignored", "--exact", "conformance::a_client"];
    let (outcomes, status) = examine_within("3s", &["bare_error", "stall"], &client, "waits for ever");
    let (outcome, says) = &outcomes["stall"];
    assert_eq!((outcome.as_str(), status), ("failed", 1));
    assert_eq!(says, "stopped at the answer that got lost: Deal-3-9 was never fetched");
    assert_eq!(outcomes["bare_error"].0, "passed");
}

/// All that these do wrong is not seen on the wire: behind the queue's end they ask for nothing.
#[test]
fn who_perishes_at_the_last_answer_is_told_and_who_only_says_that_it_is_not_done_is_not() {
    let own = std::env::current_exe().unwrap();
    let client = [own.to_str().unwrap(), "--ignored", "--exact", "conformance::a_client"];
    let scenarios = ["plain", "start204", "json204"];
    for (flaw, json204, says) in [
        ("one session", "passed", "read no body where none can be"),
        ("believes a 204's type", "failed", "ended with status 1 behind the end of the queue (204)"),
        (
            "one session, says so",
            "passed",
            "all done up to the 204; whether it survived that, neither the wire nor an exit status tells",
        ),
    ] {
        let (outcomes, status) = examine(&scenarios, &client, flaw);
        assert_eq!(outcomes["json204"], (json204.to_owned(), says.to_owned()), "{flaw}");
        assert_eq!(status, i32::from(json204 == "failed"), "{flaw}");
        assert!(
            ["plain", "start204"].iter().all(|name| outcomes[*name].0 == "passed"),
            "{flaw}: {outcomes:?}"
        );
    }
}

#[test]
fn who_drops_unknown_types_is_told() {
    let (failed, says) = fails("drops unknown");
    assert_eq!(failed, ["nack_page", "unknown"]);
    let words = "Hologram-1-4 was fetched and never acknowledged";
    assert!(says["unknown"].starts_with(words), "{says:?}");
}

#[test]
fn who_retries_for_ever_without_a_pause_is_told() {
    let (failed, says) = fails("retries for ever");
    assert_eq!(
        failed,
        [
            "ack500",
            "bare_error",
            "fetch429",
            "fetch503",
            "noscope",
            "retry_after",
            "start503",
            "start_lost",
            "unauthorized"
        ]
    );
    assert!(says["noscope"].starts_with("asked ") && says["noscope"].contains("403"), "{says:?}");
    assert!(says["retry_after"].ends_with("Retry-After: 2"), "{says:?}");
}

/// The examination without a command: scenarios at one address, for a client that somebody runs by hand.
#[cfg(unix)]
struct ByHand {
    child: std::process::Child,
    lines: std::io::Lines<std::io::BufReader<std::process::ChildStdout>>,
    base: String,
    token: String,
    _home: tempfile::TempDir,
}

#[cfg(unix)]
impl ByHand {
    fn start(scenarios: &[&str]) -> Self {
        use std::io::BufRead as _;
        let home = tempfile::tempdir().unwrap();
        let mut command = super::process::drainboard(home.path());
        command.args(["serve", "--conformance", "--listen", "127.0.0.1:0"]);
        for scenario in scenarios {
            command.args(["--scenario", scenario]);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        let (base, token) = super::process::listening(&first);
        Self { child, lines, base, token, _home: home }
    }

    fn line(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }

    /// One request; the status and the body, once it is answered.
    fn ask(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let request = super::wire::http()
            .request(method.parse().unwrap(), format!("{}{path}", self.base))
            .bearer_auth(&self.token)
            .header("User-Agent", "by hand")
            .header("X-Basecrm-Device-UUID", "00000000-0000-4000-8000-000000000001")
            .body(body.to_owned());
        let answer = runtime.block_on(super::wire::read(request));
        (answer.status, serde_json::from_str(&answer.body).unwrap_or_default())
    }

    /// Starts a session and acknowledges its pages up to the first without items, or the 204.
    fn drain(&self, to_the_end: bool) {
        let (status, session) = self.ask("POST", "/v2/sync/start", "");
        assert_eq!(status, 201);
        let id = session["data"]["id"].as_str().unwrap();
        loop {
            let (status, page) = self.ask("GET", &format!("/v2/sync/{id}/queues/main"), "");
            let items = page["items"].as_array().cloned().unwrap_or_default();
            if status == 204 || (items.is_empty() && !to_the_end) {
                return;
            }
            let keys: Vec<_> = items.iter().map(|item| item["meta"]["sync"]["ack_key"].clone()).collect();
            if !keys.is_empty() {
                let body = json!({"data": {"ack_keys": keys}}).to_string();
                assert_eq!(self.ask("POST", "/v2/sync/ack", &body).0, 202);
            }
        }
    }

    /// Asks it to stop, where it has not.
    fn stop(&self) {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
    }

    fn status(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

#[cfg(unix)]
impl Drop for ByHand {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[cfg(unix)]
fn a_client_by_hand_is_judged_scenario_by_scenario() {
    let mut by_hand = ByHand::start(&["empty_mid", "start204"]);
    assert!(by_hand.line().starts_with("… empty_mid "));
    by_hand.drain(true);
    assert_eq!(by_hand.ask("POST", "/v2/sync/start", "").0, 204);
    let verdict = by_hand.line();
    assert!(verdict.starts_with("✓ empty_mid "), "{verdict}");
    // The next one is up at the same address, for the same token.
    assert!(by_hand.line().starts_with("… start204 "));
    assert_eq!(by_hand.ask("POST", "/v2/sync/start", "").0, 204);
    assert!(by_hand.line().starts_with("✓ start204 "));
    assert_eq!(by_hand.line(), "2 of 2 scenarios passed");
    assert_eq!(by_hand.status(), Some(0));
}

#[test]
#[cfg(unix)]
fn who_stops_a_client_by_hand_gets_the_verdict_on_what_it_did() {
    let mut by_hand = ByHand::start(&["empty_mid", "unknown"]);
    assert!(by_hand.line().starts_with("… empty_mid "));
    by_hand.drain(false);
    by_hand.stop();
    let verdict = by_hand.line();
    assert!(
        verdict.starts_with("✗ empty_mid ") && verdict.contains("Deal-3-9 was never fetched"),
        "{verdict}"
    );
    assert_eq!(by_hand.line(), "0 of 1 scenarios passed");
    assert_eq!(by_hand.status(), Some(1));
}

#[test]
fn what_is_written_wrongly_is_a_usage_error() {
    for arguments in [
        &["serve", "--conformance", "--scenario", "nonsense", "--", "true"][..],
        &["serve", "--conformance", "--", "/no/such/client"],
        &["serve", "--json"],
        &["serve", "--conformance", "--items", "3"],
        &["serve", "--replay", "/no/such/file.har"],
        &["serve", "--scenario", "/no/such/file.toml"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_drainboard")).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
    }
}

/// What the examination runs: a client with a flaw.
#[test]
#[ignore = "no test: a client that the examination starts"]
fn a_client() {
    let Ok(flaw) = std::env::var(FLAW) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let sent = runtime.block_on(super::client::Client::of(&flaw).synchronize());
    std::process::exit(i32::from(sent.is_none()));
}
