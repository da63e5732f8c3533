//! What the tap has of each exchange, and what it never has.

use std::collections::BTreeSet;

use drainboard::client::tap::{BODY, Exchange, State};
use drainboard::client::{Operation, Tap, har};
use proptest::prelude::*;

use super::server::{Act, Server, bytes, http};
use super::{PAGE, SESSION, TOKEN, names, tapped, with_token};

/// Everything that a watcher could get from a tap, as one text.
fn everything(tap: &Tap) -> String {
    let exchanges = tap.list(None, usize::MAX);
    let mut all = format!("{exchanges:?} {tap:?}");
    for exchange in &exchanges {
        all += &String::from_utf8_lossy(&exchange.body.kept);
        if let Some(response) = &exchange.response {
            all += &String::from_utf8_lossy(&response.body.kept);
        }
        all += &drainboard::client::curl::command(exchange);
    }
    all + &serde_json::to_string(&har::archive(exchanges.iter().map(AsRef::as_ref))).unwrap()
}

fn only(tap: &Tap) -> std::sync::Arc<Exchange> {
    let mut exchanges = tap.list(None, 10);
    assert_eq!(exchanges.len(), 1);
    exchanges.remove(0)
}

#[tokio::test]
async fn an_exchange_is_recorded_as_it_was_sent_and_answered() {
    let server = Server::start([
        http(201, "X-Request-Id: r1\r\n", SESSION),
        http(200, "Content-Type: application/json\r\n", PAGE),
        http(202, "", ""),
    ])
    .await;
    let (client, tap) = tapped(&server);
    let (_, queue) = names();
    let started = client.start().await.unwrap();
    let session = match started.value {
        drainboard::client::Started::Session(session) => session.id,
        drainboard::client::Started::UpToDate => panic!("no session"),
    };
    let page = client.take(&session, &queue).await.unwrap();
    client.brought_page(page.exchange, 42);
    client.for_pack(7, 2, 3).acknowledge(&["k1".into(), "k2".into()]).await.unwrap();

    let all = tap.list(None, 10);
    let [ack, take, start] = [&all[0], &all[1], &all[2]];
    assert_eq!((start.number, take.number, ack.number), (1, 2, 3));
    assert_eq!(started.exchange, Some(1));
    assert_eq!((start.operation, start.method, start.path()), (Operation::Start, "POST", "/v2/sync/start"));
    assert_eq!(start.label.session.as_deref(), Some(&*session.0));
    assert_eq!(
        (take.status(), take.label.page, take.label.queue.as_deref()),
        (Some(200), Some(42), Some("main"))
    );
    assert_eq!(take.response.as_ref().unwrap().body.kept, PAGE.as_bytes());
    assert_eq!(
        (take.size(), take.response.as_ref().unwrap().wire),
        (PAGE.len() as u64, Some(PAGE.len() as u64))
    );
    assert!(take.label.items.unwrap() > 0);
    assert_eq!((ack.label.pack, ack.label.items, ack.attempt), (Some(7), Some(2), 3));
    assert!(String::from_utf8_lossy(&ack.body.kept).contains("k2"));
    for exchange in &all {
        assert_eq!(exchange.state, State::Answered);
        assert!(exchange.first_byte.unwrap() <= exchange.elapsed.unwrap());
    }
    assert_eq!(tap.of_page(42).unwrap().number, 2);
    assert_eq!(tap.of_pack(7).unwrap().number, 3);

    // The headers are those that really left, every one of them, but for the token.
    for (sent, recorded) in server.requests().iter().zip([start, take, ack]) {
        let head = sent.split("\r\n\r\n").next().unwrap();
        let sent: BTreeSet<(String, String)> = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.replace(TOKEN, "[token]")))
            .collect();
        let recorded: BTreeSet<(String, String)> =
            recorded.headers.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        assert_eq!(recorded, sent);
    }
    assert!(!everything(&tap).contains(TOKEN));
}

#[tokio::test]
async fn failures_are_recorded_with_what_came() {
    let cut = bytes(200, "", PAGE)[..200].to_vec();
    let server = Server::start([
        http(429, "Retry-After: 1\r\n", "slow down"),
        http(429, "", "slow down"),
        http(200, "", "<html>a login page</html>"),
        Act::SayAndClose(cut),
    ])
    .await;
    let (client, tap) = tapped(&server);
    let (session, queue) = names();
    for _ in 0..4 {
        client.take(&session, &queue).await.unwrap_err();
    }
    let all = tap.list(None, 10);
    let failed = |exchange: &Exchange| match &exchange.state {
        State::Failed(why) => why.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(all.iter().map(|e| e.attempt).collect::<Vec<_>>(), [4, 3, 2, 1]);
    assert_eq!(all[3].response.as_ref().unwrap().body.kept, "slow down");
    assert!(failed(&all[3]).contains("429"));
    assert!(failed(&all[1]).contains("HTML"), "a body that is no page is a failure: {}", failed(&all[1]));
    assert!(failed(&all[0]).contains("cut"));
    let partial = &all[0].response.as_ref().unwrap().body;
    assert!(
        partial.size > 0 && PAGE.as_bytes().starts_with(&partial.kept),
        "what came before the cut is there"
    );
}

#[tokio::test]
async fn what_nobody_waited_for_is_given_up_and_what_hangs_can_be_seen() {
    let server = Server::start([Act::Silence]).await;
    let (client, tap) = tapped(&server);
    let mut waiting = Box::pin(client.start());
    while server.requests().is_empty() {
        tokio::select! {
            biased;
            _ = &mut waiting => panic!("nobody answers"),
            () = tokio::task::yield_now() => {}
        }
    }
    assert_eq!(only(&tap).state, State::UnderWay);
    drop(waiting);
    assert_eq!(only(&tap).state, State::GivenUp);
}

#[tokio::test]
async fn a_long_body_is_cut_and_its_size_kept() {
    let long = "y".repeat(BODY * 3);
    let server = Server::start([http(500, "", &long), http(200, "", format!("{{\"x\": \"{long}\"}}"))]).await;
    let (client, tap) = tapped(&server);
    let (session, queue) = names();
    let _ = client.take(&session, &queue).await;
    let _ = client.take(&session, &queue).await;
    let page = tap.get(2).unwrap();
    let body = &page.response.as_ref().unwrap().body;
    assert_eq!((body.kept.len(), body.size, body.cut), (BODY, long.len() as u64 + 9, true));
}

#[tokio::test]
async fn a_recording_has_whole_exchanges_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wire.har");
    let long = format!("{{\"items\": [], \"x\": \"{}{TOKEN}\"}}", "y".repeat(BODY * 2));
    let server = Server::start([http(204, "", ""), http(200, "", &long), http(204, "", "")]).await;
    let (client, tap) = tapped(&server);
    let (session, queue) = names();
    client.start().await.unwrap();
    assert!(tap.recorded().is_none());
    tap.record_to(&file).unwrap();
    assert!(tap.record_to(&file).is_err(), "an existing file is never overwritten");
    assert!(tap.recorded().is_some(), "and the running recording goes on");
    let _ = client.take(&session, &queue).await;
    let recorded = tap.stop_recording().unwrap().unwrap();
    assert_eq!((recorded.exchanges, recorded.missed), (1, 0));
    client.start().await.unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.len() as u64, recorded.bytes, "the size is told as it is");
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&file).unwrap()) & 0o777,
        0o600,
        "for its owner alone"
    );
    assert!(!text.contains(TOKEN));
    let archive: serde_json::Value = serde_json::from_str(&text).unwrap();
    super::exports::check(&archive);
    let entries = archive["log"]["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 1, "only while the switch is on");
    let body = entries[0]["response"]["content"]["text"].as_str().unwrap();
    assert_eq!(body, long.replace(TOKEN, "[token]"), "nothing is cut");
}

/// An echo of the token as a service may write it.
fn echo(token: &str, how: u8) -> String {
    token
        .chars()
        .map(|c| match how {
            1 => format!("%{:02X}", c as u32),
            2 => format!("\\u{:04x}", c as u32),
            3 => format!("&#{};", c as u32),
            _ => c.to_string(),
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 24,
        rng_seed: proptest::test_runner::RngSeed::Fixed(include!("../seed/given.rs")),
        ..ProptestConfig::default()
    })]
    #[test]
    fn the_token_is_in_no_recorded_byte(
        token in "[A-Za-z0-9_.~+/=-]{12,64}",
        status in prop::sample::select(vec![200_u16, 201, 202, 204, 400, 401, 429, 500, 503]),
        how in 0_u8..4,
        padding in prop::sample::select(vec![0_usize, 10, BODY - 20, BODY]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let echo = echo(&token, how);
            let body = format!("{}{{\"your\": \"{echo}\"}}", " ".repeat(padding));
            // A name of a header cannot hold every character of a token.
            let named = token.chars().all(|c| c.is_ascii_alphanumeric() || "-_.~".contains(c));
            let name = if named { token.clone() } else { "X-Name".to_owned() };
            let headers = format!("X-Echo: Bearer {echo}\r\nX-Request-Id: {token}\r\nX-{name}: 1\r\nLocation: /{echo}?{echo}\r\n");
            let answer = || http(status, &headers, if status == 204 { "" } else { &body });
            let server = Server::start([answer(), answer(), answer()]).await;
            let (client, tap) = with_token(&server, &token);
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("wire.har");
            tap.record_to(&file).unwrap();
            let _ = client.start().await;
            let named_so = drainboard::protocol::SessionId(token.clone());
            let _ = client.take(&named_so, &drainboard::protocol::QueueName(token.clone())).await;
            let _ = client.acknowledge(std::slice::from_ref(&token)).await;
            assert_eq!(tap.usage().exchanges, 3);
            tap.stop_recording().unwrap();
            let recorded = std::fs::read_to_string(&file).unwrap();
            let archive: serde_json::Value = serde_json::from_str(&recorded).unwrap();
            assert_eq!(archive["log"]["entries"].as_array().unwrap().len(), 3);
            for text in [everything(&tap), recorded] {
                let lower = text.to_lowercase();
                for form in (0..4).map(|how| self::echo(&token, how)).chain([token.replace('/', "%2F")]) {
                    assert!(!text.contains(&form), "{form} in {text}");
                }
                assert!(!lower.contains(&token.to_lowercase()), "in lower case");
            }
        });
    }
}

#[tokio::test]
async fn a_recording_is_a_whole_archive_before_and_after_every_exchange() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wire.har");
    let server = Server::start([http(204, "", ""), http(500, "", "no"), http(202, "", "")]).await;
    let (client, tap) = tapped(&server);
    tap.record_to(&file).unwrap();
    let read = || serde_json::from_slice::<serde_json::Value>(&std::fs::read(&file).unwrap());
    for sent in 0..=3_usize {
        // The disk has a thread of its own: what it has not written yet is waited for, not slept for.
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while tap.recorded().unwrap().exchanges < sent as u64 || tap.recorded().unwrap().bytes == 0 {
            assert!(std::time::Instant::now() < deadline);
            tokio::task::yield_now().await;
        }
        let archive = read().unwrap();
        super::exports::check(&archive);
        assert_eq!(archive["log"]["entries"].as_array().unwrap().len(), sent);
        if sent < 3 {
            let _ = client.acknowledge(&["k".into()]).await;
        }
    }
}
