//! HAR 1.2's shape, field by field, and curl commands that a shell reads as they are meant.

use std::process::Command;

use drainboard::client::tap::{Body, Exchange, State};
use drainboard::client::{curl, har};
use proptest::prelude::*;
use serde_json::Value;

use super::server::{Act, Server, http};
use super::{PAGE, SESSION, TOKEN, names, tapped};

/// A field and what its value has to be.
type Field = (&'static str, fn(&Value) -> bool);

/// Fails where `object` has not exactly these fields: mandatory ones, optional ones, and ours with an underscore.
fn fields(object: &Value, mandatory: &[Field], optional: &[Field]) {
    let found = object.as_object().unwrap_or_else(|| panic!("an object: {object}"));
    for (name, fits) in mandatory {
        let value = found.get(*name).unwrap_or_else(|| panic!("{name} is missing in {object}"));
        assert!(fits(value), "{name} is {value}");
    }
    for (name, value) in found {
        let known = mandatory.iter().chain(optional).find(|(known, _)| known == name);
        match known {
            Some((_, fits)) => assert!(fits(value), "{name} is {value}"),
            None => assert!(name.starts_with('_'), "HAR 1.2 has no {name}"),
        }
    }
}

fn is_text(value: &Value) -> bool {
    value.is_string()
}
fn is_time(value: &Value) -> bool {
    value.as_f64().is_some_and(|ms| ms >= 0.0)
}
fn is_size(value: &Value) -> bool {
    value.as_i64().is_some_and(|size| size >= -1)
}
fn is_status(value: &Value) -> bool {
    value.as_u64().is_some_and(|status| status < 600)
}
fn is_moment(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains('T') && text.parse::<jiff::Timestamp>().is_ok())
}
fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}
fn is_empty_object(value: &Value) -> bool {
    value.as_object().is_some_and(serde_json::Map::is_empty)
}
fn is_pairs(value: &Value) -> bool {
    let pairs = value.as_array();
    for pair in pairs.into_iter().flatten() {
        fields(pair, &[("name", is_text), ("value", is_text)], &[("comment", is_text)]);
    }
    pairs.is_some()
}
fn is_anything(_: &Value) -> bool {
    true
}

/// Fails where it is not the shape of HAR 1.2.
pub(super) fn check(archive: &Value) {
    fields(archive, &[("log", is_anything)], &[]);
    let log = &archive["log"];
    let mandatory: &[Field] =
        &[("version", |v| v == "1.2"), ("creator", is_anything), ("entries", Value::is_array)];
    fields(log, mandatory, &[]);
    fields(&log["creator"], &[("name", is_text), ("version", is_text)], &[]);
    for entry in log["entries"].as_array().unwrap() {
        fields(
            entry,
            &[
                ("startedDateTime", is_moment),
                ("time", is_time),
                ("request", is_anything),
                ("response", is_anything),
                ("cache", is_empty_object),
                ("timings", is_anything),
            ],
            &[("serverIPAddress", is_text), ("comment", is_text)],
        );
        fields(
            &entry["request"],
            &[
                ("method", is_text),
                ("url", is_text),
                ("httpVersion", is_text),
                ("cookies", is_empty),
                ("headers", is_pairs),
                ("queryString", is_pairs),
                ("headersSize", is_size),
                ("bodySize", is_size),
            ],
            &[("postData", is_anything)],
        );
        if let Some(data) = entry["request"].get("postData") {
            fields(data, &[("mimeType", is_text), ("text", is_text)], &[("comment", is_text)]);
        }
        fields(
            &entry["response"],
            &[
                ("status", is_status),
                ("statusText", is_text),
                ("httpVersion", is_text),
                ("cookies", is_empty),
                ("headers", is_pairs),
                ("content", is_anything),
                ("redirectURL", is_text),
                ("headersSize", is_size),
                ("bodySize", is_size),
            ],
            &[],
        );
        fields(
            &entry["response"]["content"],
            &[("size", is_size), ("mimeType", is_text)],
            &[("text", is_text), ("encoding", |v| v == "base64"), ("comment", is_text)],
        );
        let timings = &entry["timings"];
        fields(timings, &[("send", is_time), ("wait", is_time), ("receive", is_time)], &[]);
        let sum: f64 = ["send", "wait", "receive"].iter().filter_map(|phase| timings[phase].as_f64()).sum();
        assert!((sum - entry["time"].as_f64().unwrap()).abs() < 0.01, "time is the sum of the timings");
    }
}

#[tokio::test]
async fn an_archive_has_the_shape_of_har_1_2() {
    let server = Server::start([
        http(201, "Content-Type: application/json\r\n", SESSION),
        http(200, "", PAGE),
        http(202, "", ""),
        http(302, "Location: https://elsewhere.example/?a=1\r\n", ""),
        http(500, "", [0xff, 0xfe, 0x00]),
        Act::SayAndClose(Vec::new()),
    ])
    .await;
    let (client, tap) = tapped(&server);
    let (session, queue) = names();
    client.start().await.unwrap();
    client.take(&session, &queue).await.unwrap();
    client.acknowledge(&["k1".into()]).await.unwrap();
    for _ in 0..3 {
        client.start().await.unwrap_err();
    }
    let exchanges = tap.list(None, 10);
    let text = serde_json::to_string(&har::archive(exchanges.iter().map(AsRef::as_ref))).unwrap();
    let archive: Value = serde_json::from_str(&text).unwrap();
    check(&archive);
    let entries = archive["log"]["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 6);
    assert!(
        entries.is_sorted_by_key(|entry| entry["_number"].as_u64()),
        "in the order in which they started"
    );
    assert_eq!(entries[1]["response"]["content"]["text"], PAGE);
    assert_eq!(entries[2]["request"]["postData"]["mimeType"], "application/json");
    assert_eq!(entries[3]["response"]["redirectURL"], "https://elsewhere.example/?a=1");
    assert_eq!(entries[4]["response"]["content"]["encoding"], "base64");
    assert_eq!(entries[4]["response"]["content"]["text"], "//4A");
    assert_eq!(entries[5]["response"]["status"], 0);
    assert!(entries[5]["_error"].is_string());
    let authorized = entries.iter().all(|entry| {
        let headers = entry["request"]["headers"].as_array().unwrap();
        headers.iter().any(|header| header["name"] == "authorization" && header["value"] == "Bearer [token]")
    });
    assert!(authorized && !text.contains(TOKEN));
}

async fn acknowledged() -> Exchange {
    let server = Server::start([http(202, "", "")]).await;
    let (client, tap) = tapped(&server);
    client.acknowledge(&["k1".into()]).await.unwrap();
    Exchange::clone(&tap.get(1).unwrap())
}

/// What a shell makes of a command's words: each in a line of its own, with a mark around it.
fn words(command: &str) -> Vec<String> {
    let arguments = command.strip_prefix("curl ").unwrap();
    let script = format!("printf '%s\\001' {arguments}");
    let output = Command::new("sh")
        .arg("-c")
        .arg(script)
        .env("BASECRM_ACCESS_TOKEN", "T 'o\" $k*en")
        .output()
        .unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    text.strip_suffix('\u{1}').unwrap().split('\u{1}').map(str::to_owned).collect()
}

#[tokio::test]
async fn a_curl_command_sends_the_same_request() {
    let exchange = acknowledged().await;
    let command = curl::command(&exchange);
    assert!(command.contains("--header \"Authorization: Bearer $BASECRM_ACCESS_TOKEN\""), "{command}");
    assert!(!command.contains(TOKEN) && !command.contains("[token]"), "{command}");
    let words = words(&command);
    let after = |flag: &str| &words[words.iter().position(|word| word == flag).unwrap() + 1];
    assert_eq!(after("--request"), "POST");
    assert_eq!(after("--data-raw").as_bytes(), &exchange.body.kept[..]);
    assert!(words.contains(&exchange.url));
    assert!(words.contains(&"Authorization: Bearer T 'o\" $k*en".to_owned()), "the shell puts the token in");
    assert!(
        words
            .iter()
            .any(|word| word.eq_ignore_ascii_case(&format!("X-Basecrm-Device-UUID: {}", super::DEVICE)))
    );
}

#[tokio::test]
async fn a_cut_body_is_said_to_be_cut() {
    let body = Body { size: 100_000, cut: true, ..acknowledged().await.body };
    let exchange = Exchange { body, state: State::Answered, ..acknowledged().await };
    let command = curl::command(&exchange);
    assert!(command.contains("# the body was cut"), "{command}");
    words(&command);
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 48,
        rng_seed: proptest::test_runner::RngSeed::Fixed(include!("../seed/given.rs")),
        ..ProptestConfig::default()
    })]
    #[test]
    fn hostile_values_stay_words(value in "[ -~\n\t\u{e9}'\"$`\\\\;&|<>(){}*?!#~-]{0,60}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut exchange = runtime.block_on(acknowledged());
        exchange.url = format!("http://127.0.0.1/{value}");
        let hostile = ("x-hostile".into(), value.clone());
        exchange.headers = exchange.headers.iter().cloned().chain([hostile]).collect();
        exchange.body.kept = bytes::Bytes::from(format!("@{value}"));
        let words = words(&curl::command(&exchange));
        let wanted = [exchange.url.clone(), format!("x-hostile: {value}"), format!("@{value}")];
        for word in &wanted {
            prop_assert!(words.contains(word), "{word:?} is not in {words:?}");
        }
    }
}
