//! The panel that bends the service live.

use drainboard::service::Bends;

use crate::wire::{keys, options, read, run};

#[tokio::test]
async fn every_nth_request_is_too_many() {
    let running = run(options(300)).await;
    let device = running.device(1);
    running.service.limit_every(3);
    let mut statuses = Vec::new();
    for _ in 0..9 {
        statuses.push(device.start().await.status);
    }
    assert_eq!(statuses, [201, 201, 429, 201, 201, 429, 201, 201, 429]);
    running.service.straighten();
    for _ in 0..6 {
        assert_eq!(device.start().await.status, 201);
    }
    running.stop().await;
}

#[tokio::test]
async fn what_is_bent_is_told_and_bends_back() {
    let running = run(options(300)).await;
    let (device, service) = (running.device(1), &running.service);
    service.fail_next(2, 503);
    service.lose_acks(1);
    service.cut_next(1);
    assert_eq!(service.bends(), Bends { failing: 2, silent: 1, cuts: 1, ..Bends::default() });
    assert_eq!(device.start().await.status, 503);
    assert_eq!(service.bends().failing, 1);
    service.straighten();
    assert_eq!(service.bends(), Bends::default());
    assert_eq!(device.start().await.status, 201);
    running.stop().await;
}

#[tokio::test]
async fn a_reset_connection_has_no_answer_and_did_nothing() {
    let running = run(options(300)).await;
    let device = running.device(1);
    let session = device.session().await.unwrap();
    running.service.reset_next(1);
    let take = || device.request("GET", &format!("/v2/sync/{session}/queues/main"));
    let error = take().send().await.unwrap_err();
    assert!(!error.is_timeout() && error.status().is_none(), "{error:?}");
    let mut brought = 0;
    while let Some(page) = device.page(&session).await {
        brought += page.len();
    }
    assert_eq!(brought as u64, running.service.counts().unwrap().iter().map(|(_, rows)| rows).sum::<u64>());
    running.stop().await;
}

#[tokio::test]
async fn a_cut_page_has_left_its_queue() {
    let running = run(options(300)).await;
    let device = running.device(1);
    let whole = device.drain_count().await;
    let session = device.session().await.unwrap();
    running.service.cut_next(1);
    let answer = device.request("GET", &format!("/v2/sync/{session}/queues/main")).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    assert!(answer.bytes().await.is_err(), "the body ends in the middle");
    let mut rest = 0;
    while let Some(page) = device.page(&session).await {
        rest += page.len();
    }
    assert_eq!(rest + 100, whole);
    running.stop().await;
}

#[tokio::test]
async fn a_lost_ack_was_taken() {
    let running = run(options(80)).await;
    let device = running.device(1);
    let session = device.session().await.unwrap();
    let mut all = Vec::new();
    while let Some(page) = device.page(&session).await {
        all.extend(keys(&page));
    }
    running.service.lose_acks(1);
    let body = serde_json::json!({"data": {"ack_keys": all}}).to_string();
    let sent =
        device.request("POST", "/v2/sync/ack").header("Content-Type", "application/json").body(body).send();
    assert!(sent.await.is_err(), "no answer comes");
    assert_eq!(device.start().await.status, 204, "and nothing is left");
    running.stop().await;
}

#[tokio::test]
async fn expired_sessions_are_gone_for_good() {
    let running = run(options(300)).await;
    let device = running.device(1);
    let session = device.session().await.unwrap();
    assert!(device.page(&session).await.is_some());
    let service = running.service.clone();
    assert_eq!(tokio::task::spawn_blocking(move || service.expire_sessions().unwrap()).await.unwrap(), 1);
    assert_eq!(device.take(&session).await.status, 404);
    assert!(device.session().await.is_some(), "a new one has what is left");
    running.stop().await;
}

/// Nobody would ever notice that it did nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_sight_of_a_user_who_has_no_token_is_refused() {
    let running = run(options(300)).await;
    let user = running.service.accesses()[1].user;
    let file = tempfile::NamedTempFile::new().unwrap();
    let url = format!("{}/emulator/sight", running.base);
    for (user, known) in [(user, true), (3, false)] {
        let steps = format!("[[step]]\nafter = \"1s\"\n\nsight = {{ user = {user}, everything = true }}\n");
        std::fs::write(file.path(), steps).unwrap();
        let script = drainboard::service::Script::open(file.path()).unwrap();
        let fits = script.fits(&running.service).map_err(|error| error.to_string());
        let body = format!(r#"{{"user":{user},"everything":true}}"#);
        let answer = read(crate::wire::http().post(&url).body(body)).await;
        assert_eq!((fits.is_ok(), answer.status), (known, if known { 202 } else { 400 }), "{fits:?}");
        if let Err(error) = fits {
            assert!(error.contains("line 4: no token is of a user 3; those that have one are "), "{error}");
            assert!(answer.body.contains("no token is of a user 3"), "{}", answer.body);
        }
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_happens_by_and_by() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("steps.toml");
    let steps = "[[step]]\nat_request = 2\nfault = \"503 page\"\nedit = { create = 4 }\n";
    std::fs::write(&file, steps).unwrap();
    let script = drainboard::service::Script::open(&file).unwrap();
    let running = run(options(300)).await;
    let records = || running.service.counts().unwrap().iter().map(|(_, count)| count).sum::<u64>();
    let before = records();
    let playing = tokio::spawn(script.play(running.service.clone()));
    let device = running.device(1);
    let id = device.session().await.unwrap();
    let path = format!("/v2/sync/{id}/queues/main");
    assert_eq!(read(device.request("GET", &path)).await.status, 200);
    playing.await.unwrap().unwrap();
    assert_eq!(records(), before + 4);
    assert_eq!(read(device.request("GET", &path)).await.status, 503);
    assert_eq!(read(device.request("GET", &path)).await.status, 200);
    running.stop().await;
}
