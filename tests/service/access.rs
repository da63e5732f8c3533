//! Who sees what, and how many may ask how often.

use drainboard::service::{Edit, Options, Sight};

use crate::wire::{options, run};

#[tokio::test]
async fn a_user_who_sees_only_what_is_theirs_gets_only_that() {
    let running = run(options(2_000)).await;
    let (mut all, mut own) = (running.device_of(1, 0), running.device_of(2, 1));
    let user = running.service.accesses()[1].user;
    let (everything, theirs) = (all.drain().await, own.drain().await);
    assert_eq!(everything.len(), 2_000);
    assert!(theirs.len() < 600 && theirs.len() > 150, "{}", theirs.len());
    for (_, _, data, _) in &theirs {
        for field in ["owner_id", "user_id"] {
            assert!(data[field].is_null() || data[field] == user, "{data}");
        }
    }
    assert_eq!(own.start().await.status, 204);
    running.stop().await;
}

#[tokio::test]
async fn lost_sight_comes_as_deletes_and_regained_sight_as_creates() {
    let running = run(options(1_000)).await;
    let mut device = running.device_of(1, 1);
    let user = running.service.accesses()[1].user;
    let own = device.drain().await.len();

    running.service.set_sight(user, true).unwrap();
    assert_eq!(running.service.accesses()[1].sight, Sight::Everything);
    let gained = device.drain().await;
    assert_eq!(gained.len() + own, 1_000);
    assert!(gained.iter().all(|item| item.0 == "created"));

    running.service.set_sight(user, false).unwrap();
    let lost = device.drain().await;
    assert_eq!(lost.len(), gained.len());
    assert!(lost.iter().all(|item| item.0 == "deleted"));
    assert_eq!(device.has.len(), own);
    assert_eq!(device.start().await.status, 204);

    running.service.set_sight(user, true).unwrap();
    assert!(device.drain().await.iter().all(|item| item.0 == "created"));
    assert_eq!(device.has.len(), 1_000);
    running.stop().await;
}

#[tokio::test]
async fn a_record_that_changes_hands_leaves_and_enters_sight() {
    let running = run(options(600)).await;
    let (mut own, mut all) = (running.device_of(1, 1), running.device_of(2, 0));
    own.drain().await;
    all.drain().await;
    // One update in twenty of leads, contacts and deals hands the record on.
    running.service.edit(Edit { update: 3_000, ..Edit::default() }).unwrap();
    let (seen, everything) = (own.drain().await, all.drain().await);
    for event in ["created", "deleted"] {
        assert!(seen.iter().any(|item| item.0 == event), "nothing was {event}");
    }
    assert!(everything.iter().all(|item| item.0 == "updated"));
    let mut fresh = running.device_of(3, 1);
    fresh.drain().await;
    own.same_as(&fresh, "after records changed hands");
    running.stop().await;
}

#[tokio::test]
async fn the_101st_active_session_is_refused_until_one_ends() {
    let running = run(options(60)).await;
    let mut first = None;
    for number in 1..=100 {
        let device = running.device(number);
        let session = device.session().await.unwrap();
        first.get_or_insert((device, session));
    }
    let answer = running.device(101).start().await;
    assert_eq!(
        (answer.status, &answer.json()["errors"][0]["error"]["code"]),
        (429, &"rate_limit_exceeded".into())
    );
    let (device, session) = first.unwrap();
    while device.page(&session).await.is_some() {}
    assert_eq!(running.device(101).start().await.status, 201);
    running.stop().await;
}

#[tokio::test]
async fn a_session_that_nobody_uses_expires() {
    let idle = std::time::Duration::ZERO;
    let running = run(Options { session_idle: idle, ..options(60) }).await;
    let device = running.device(1);
    let session = device.session().await.unwrap();
    let answer = device.take(&session).await;
    assert_eq!((answer.status, &answer.json()["errors"][0]["error"]["code"]), (404, &"not_found".into()));
    running.stop().await;
}

#[tokio::test]
async fn the_rate_is_limited_when_asked_for_and_lifted_again() {
    let running = run(Options { rate: Some(3), ..options(60) }).await;
    let device = running.device(1);
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(device.start().await.status);
    }
    assert_eq!(statuses[..3], [201, 201, 201]);
    assert!(statuses.contains(&429), "{statuses:?}");
    running.service.set_rate(None);
    for _ in 0..12 {
        assert_eq!(device.start().await.status, 201);
    }
    running.stop().await;
}

/// What was taken before a change of sight and is acknowledged after it: the device has it, so its delete is owed.
#[tokio::test]
async fn an_acknowledgement_later_than_a_change_of_sight_still_counts() {
    let running = run(options(400)).await;
    let user = running.service.accesses()[1].user;
    running.service.set_sight(user, true).unwrap();
    let mut device = running.device_of(1, 1);
    let session = device.session().await.unwrap();
    let mut late = Vec::new();
    while let Some(page) = device.page(&session).await {
        device.apply(&page);
        late.extend(crate::wire::keys(&page));
    }
    running.service.set_sight(user, false).unwrap();
    device.drain().await;
    running.service.edit(Edit { update: 30, ..Edit::default() }).unwrap();
    assert_eq!(device.ack(&late).await.status, 202);
    while !device.drain().await.is_empty() {}
    let mut fresh = running.device_of(2, 1);
    fresh.drain().await;
    device.same_as(&fresh, "after late keys");
    running.stop().await;
}
