//! What goes wrong on purpose, seen from outside.

use std::time::{Duration, Instant};

use drainboard::service::Options;

use crate::wire::{Answer, Device, Running, keys, options, read, run};

/// Plans a fault in words.
async fn plan(running: &Running, words: &'static str) {
    let answer = read(crate::wire::http().post(format!("{}/emulator/fault", running.base)).body(words)).await;
    assert_eq!(answer.status, 202, "{words}: {answer:?}");
}

fn queue(device: &Device, session: &str) -> reqwest::RequestBuilder {
    device.request("GET", &format!("/v2/sync/{session}/queues/main"))
}

/// The answers to so many starts.
async fn starts(device: &Device, many: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..many {
        statuses.push(device.start().await.status);
    }
    statuses
}

#[tokio::test]
async fn a_fault_of_the_options_comes_each_nth_time() {
    let faults = ["503 start every=3 times=2".parse().unwrap(), "429 ack retry-after=7".parse().unwrap()];
    let running = run(Options { faults: faults.into(), ..options(60) }).await;
    let device = running.device(1);
    assert_eq!(starts(&device, 8).await, [201, 201, 503, 201, 201, 503, 201, 201]);
    let slowed = device.ack(&[]).await;
    assert_eq!((slowed.status, slowed.headers["retry-after"].to_str().unwrap()), (429, "7"));
    assert_eq!(device.ack(&[]).await.status, 202);
    running.stop().await;
}

#[tokio::test]
async fn what_is_lost_was_done_and_what_is_reset_was_not() {
    let running = run(options(60)).await;
    let device = running.device(1);
    let session = device.session().await.unwrap();
    plan(&running, "reset page").await;
    assert!(queue(&device, &session).send().await.is_err(), "no answer");
    plan(&running, "lost ack").await;
    let page = device.page(&session).await.expect("the reset took nothing");
    let body = serde_json::json!({"data": {"ack_keys": keys(&page)}}).to_string();
    assert!(device.request("POST", "/v2/sync/ack").body(body).send().await.is_err(), "no answer");
    assert_eq!(device.start().await.status, 204, "and yet it was acknowledged");

    let other = running.device(2);
    let session = other.session().await.unwrap();
    plan(&running, "lost page").await;
    assert!(queue(&other, &session).send().await.is_err(), "no answer");
    assert_eq!(other.page(&session).await, None, "and yet the page was taken");
    assert_eq!(other.drain_count().await, 60, "it comes again");
    running.stop().await;
}

#[tokio::test]
async fn bodies_stop_drip_and_are_no_pages() {
    let running = run(options(60)).await;
    let device = running.device(1);
    let session = device.session().await.unwrap();
    plan(&running, "html page").await;
    let html: Answer = device.take(&session).await;
    assert_eq!((html.status, html.body.contains("<html>")), (200, true));
    plan(&running, "empty page").await;
    assert_eq!(device.take(&session).await.json()["items"], serde_json::json!([]));
    plan(&running, "502 page").await;
    let gateway = device.take(&session).await;
    assert_eq!((gateway.status, gateway.headers["content-type"].to_str().unwrap()), (502, "text/html"));

    plan(&running, "stall=50ms page").await;
    let began = Instant::now();
    let mut stalled = queue(&device, &session).send().await.unwrap();
    assert_eq!(stalled.status(), 200);
    let mut begun = Vec::new();
    while let Ok(chunk) = stalled.chunk().await {
        begun.extend_from_slice(&chunk.expect("no end but a broken one"));
    }
    assert!(begun.starts_with(br#"{"items":["#) && !begun.ends_with(b"}}}"));
    assert!(began.elapsed() >= Duration::from_millis(50));

    plan(&running, "drip=1ms start").await;
    let mut dripping = device.request("POST", "/v2/sync/start").send().await.unwrap();
    let (mut chunks, mut whole) = (0, Vec::new());
    while let Some(chunk) = dripping.chunk().await.unwrap() {
        chunks += 1;
        whole.extend_from_slice(&chunk);
    }
    assert!(chunks > 10, "{chunks} pieces");
    assert!(serde_json::from_slice::<serde_json::Value>(&whole).unwrap()["data"]["id"].is_string());
    running.stop().await;
}

#[tokio::test]
async fn sessions_expire_and_answers_have_odd_forms() {
    let running = run(options(60)).await;
    let mut device = running.device(1);
    let session = device.session().await.unwrap();
    plan(&running, "expire page").await;
    assert_eq!(device.take(&session).await.status, 404);
    assert_eq!(device.drain().await.len(), 60);

    plan(&running, "ack200").await;
    plan(&running, "json204").await;
    assert_eq!(device.ack(&[]).await.status, 200);
    for _ in 0..2 {
        let nothing = device.start().await;
        assert_eq!((nothing.status, nothing.body.as_str()), (204, ""));
        assert!(nothing.headers["content-type"].to_str().unwrap().starts_with("application/json"));
    }
    let cleared = read(device.http.delete(format!("{}/emulator/fault", running.base))).await;
    assert_eq!(cleared.status, 202);
    assert_eq!(device.ack(&[]).await.status, 202);
    running.stop().await;
}

#[tokio::test]
async fn words_that_mean_nothing_are_refused() {
    let running = run(options(1)).await;
    for words in ["boom", "503 of=3", r#"{"fault":"boom"}"#, r#"{"fault":{"instead":42}}"#, ""] {
        let url = format!("{}/emulator/fault", running.base);
        let answer = read(crate::wire::http().post(url).body(words)).await;
        assert_eq!(answer.status, 400, "{words}: {answer:?}");
    }
    running.stop().await;
}
