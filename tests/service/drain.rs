//! Draining: everything once, nothing twice, and what was lost comes again.

use std::collections::BTreeSet;

use crate::wire::{kept, keys, options, run};

#[tokio::test]
async fn a_device_gets_everything_once_and_then_nothing() {
    let running = run(options(500)).await;
    let mut device = running.device(1);
    let start = device.start().await.json();
    assert_eq!(start["meta"]["type"], "sync_session");
    let queue = &start["data"]["queues"][0];
    assert_eq!(queue["data"], serde_json::json!({"name": "main", "pages": 5, "total_count": 500}));
    assert_eq!(queue["meta"]["type"], "sync_queue");
    let link = queue["meta"]["links"]["self"].as_str().unwrap();
    assert!(link.starts_with(&running.base) && link.ends_with("/queues/main"), "{link}");

    let brought = device.drain().await;
    assert_eq!(brought.len(), 500);
    assert!(brought.iter().all(|(event, ..)| event == "created"));
    let keys: BTreeSet<_> = brought.iter().map(|item| &item.3).collect();
    assert_eq!(keys.len(), 500, "each key stands for one instruction");
    let counted: u64 = running.service.counts().unwrap().iter().map(|(_, count)| count).sum();
    assert_eq!(counted, 500);
    assert_eq!(device.start().await.status, 204);
    running.stop().await;
}

#[tokio::test]
async fn an_account_without_records_has_nothing_to_bring() {
    let running = run(options(0)).await;
    assert_eq!(running.device(1).start().await.status, 204);
    running.stop().await;
}

#[tokio::test]
async fn a_lost_page_comes_again_in_the_next_session_and_only_there() {
    let running = run(options(350)).await;
    let mut device = running.device(1);
    let session = device.session().await.unwrap();
    let lost = device.page(&session).await.unwrap();
    let mut rest = Vec::new();
    while let Some(page) = device.page(&session).await {
        assert_eq!(device.ack(&keys(&page)).await.status, 202);
        rest.extend(page);
    }
    assert_eq!(device.page(&session).await, None, "a drained queue stays drained");
    assert_eq!(lost.len() + rest.len(), 350);
    let again: BTreeSet<_> = keys(&device.drain().await).into_iter().collect();
    assert_eq!(again, keys(&lost).into_iter().collect());
    assert_eq!(device.start().await.status, 204);
    running.stop().await;
}

#[tokio::test]
async fn workers_who_share_a_session_get_different_pages() {
    let running = run(options(3_000)).await;
    let device = running.device(1);
    let session = device.session().await.unwrap();
    let pull = || async {
        let mut got = Vec::new();
        while let Some(page) = device.page(&session).await {
            got.extend(keys(&page));
        }
        got
    };
    let (a, b, c, d) = tokio::join!(pull(), pull(), pull(), pull());
    let all: Vec<_> = [a, b, c, d].concat();
    assert_eq!(all.len(), 3_000);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 3_000);
    running.stop().await;
}

#[tokio::test]
async fn two_devices_know_nothing_of_each_other() {
    let running = run(options(120)).await;
    let (mut one, mut two) = (running.device(1), running.device(2));
    assert_eq!(one.drain().await.len(), 120);
    assert_eq!(two.drain().await.len(), 120);
    one.same_as(&two, "after a drain each");
    let session = running.device(3).session().await.unwrap();
    assert_eq!(one.take(&session).await.status, 404, "another device's session");
    running.stop().await;
}

#[tokio::test]
async fn a_restart_keeps_account_ledger_and_session() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.db");
    let running = run(kept(250, &path)).await;
    let mut device = running.device(1);
    let session = device.session().await.unwrap();
    let first = device.page(&session).await.unwrap();
    assert_eq!(device.ack(&keys(&first)).await.status, 202);
    device.apply(&first);
    let token = running.service.token().to_owned();
    running.stop().await;

    // Neither another number nor another seed makes another account of it.
    let running = run(drainboard::service::Options { seed: 99, ..kept(10, &path) }).await;
    assert_eq!(running.service.token(), token);
    device.base.clone_from(&running.base);
    let mut rest = 0;
    while let Some(page) = device.page(&session).await {
        assert_eq!(device.ack(&keys(&page)).await.status, 202);
        rest += page.len();
    }
    assert_eq!(rest, 150, "the session goes on where it was");
    assert_eq!(device.start().await.status, 204);
    running.stop().await;
}

#[tokio::test]
async fn an_acknowledgement_may_come_in_any_session_and_twice() {
    let running = run(options(100)).await;
    let device = running.device(1);
    let session = device.session().await.unwrap();
    let page = device.page(&session).await.unwrap();
    let next = device.session().await.unwrap();
    for _ in 0..2 {
        assert_eq!(device.ack(&keys(&page)).await.status, 202);
    }
    let unknown = ["Hologram-1-999999999".to_owned(), "?".to_owned()];
    assert_eq!(device.ack(&unknown).await.status, 202, "a key that nobody made is ignored");
    assert_eq!(device.page(&next).await, None);
    assert_eq!(device.start().await.status, 204);
    running.stop().await;
}

#[tokio::test]
async fn two_services_never_share_an_account() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.db");
    let first = drainboard::service::Service::open(kept(10, &path)).unwrap();
    let refused = drainboard::service::Service::open(kept(10, &path)).unwrap_err();
    assert!(refused.to_string().contains("another service"), "{refused}");
    drop(first);
    drainboard::service::Service::open(kept(10, &path)).unwrap();
    std::fs::write(folder.path().join("letter.txt"), "Dear Ada, this is no database at all. ".repeat(40))
        .unwrap();
    let refused =
        drainboard::service::Service::open(kept(10, &folder.path().join("letter.txt"))).unwrap_err();
    assert!(refused.to_string().contains("letter.txt"), "{refused}");
}
