//! Edits bring what they changed, and nothing else.

use drainboard::service::Edit;

use crate::wire::{kept, keys, options, run};

fn events(brought: &[crate::wire::Instruction], event: &str) -> usize {
    brought.iter().filter(|item| item.0 == event).count()
}

#[tokio::test]
async fn only_the_edits_come() {
    let running = run(options(400)).await;
    let mut device = running.device(1);
    device.drain().await;
    let edit = Edit { create: 5, update: 0, delete: 0 };
    assert_eq!(running.service.edit(edit).unwrap(), edit);
    let brought = device.drain().await;
    assert_eq!((brought.len(), events(&brought, "created")), (5, 5));

    running.service.edit(Edit { update: 3, ..Edit::default() }).unwrap();
    let brought = device.drain().await;
    assert!((1..=3).contains(&brought.len()), "the freshest state only: {}", brought.len());
    assert_eq!(events(&brought, "updated"), brought.len());

    running.service.edit(Edit { delete: 4, ..Edit::default() }).unwrap();
    let brought = device.drain().await;
    assert_eq!((brought.len(), events(&brought, "deleted")), (4, 4));
    for (_, _, data, _) in &brought {
        assert_eq!(data.as_object().unwrap().len(), 1, "a delete carries the id alone: {data}");
    }
    assert_eq!(device.start().await.status, 204);
    running.stop().await;
}

/// Whatever is edited and lost on the way, in whatever order: in the end a device has what a fresh one gets.
#[tokio::test]
async fn a_device_ends_up_with_what_a_fresh_one_gets() {
    for seed in [3, 11, 12, 25] {
        let mut rng = fastrand::Rng::with_seed(seed);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("account.db");
        let mut running = run(kept(300, &path)).await;
        let access = usize::from(seed % 2 == 1);
        let mut device = running.device_of(1, access);
        let mut late = Vec::new();
        for round in 0..12 {
            if let Some(session) = device.session().await {
                while let Some(page) = device.page(&session).await {
                    match rng.u8(0..4) {
                        0 => {}
                        1 => {
                            device.apply(&page);
                            late.extend(keys(&page));
                        }
                        _ => {
                            device.apply(&page);
                            assert_eq!(device.ack(&keys(&page)).await.status, 202);
                        }
                    }
                    let edit = Edit { create: rng.u64(0..3), update: rng.u64(0..20), delete: rng.u64(0..4) };
                    running.service.edit(edit).unwrap();
                }
            }
            if rng.bool() {
                assert_eq!(device.ack(&std::mem::take(&mut late)).await.status, 202);
            }
            if rng.u8(0..4) == 0 {
                let user = running.service.accesses()[access].user;
                running.service.set_sight(user, rng.bool()).unwrap();
            }
            if round % 5 == 4 {
                running.stop().await;
                running = run(kept(300, &path)).await;
                device.base.clone_from(&running.base);
            }
        }
        assert_eq!(device.ack(&late).await.status, 202);
        while !device.drain().await.is_empty() {}
        let mut fresh = running.device_of(2, access);
        let brought = fresh.drain().await;
        assert_eq!(events(&brought, "created"), brought.len(), "seed {seed}: a fresh device gets no delete");
        device.same_as(&fresh, &format!("seed {seed}"));
        running.stop().await;
    }
}

#[tokio::test]
async fn what_was_never_acknowledged_is_created_even_when_it_changed() {
    let running = run(options(200)).await;
    running.service.edit(Edit { update: 50, delete: 10, create: 0 }).unwrap();
    let mut device = running.device(1);
    let brought = device.drain().await;
    assert_eq!((brought.len(), events(&brought, "created")), (190, 190));
    running.stop().await;
}

#[tokio::test]
async fn edits_are_asked_for_over_http_too() {
    let running = run(options(200)).await;
    let mut device = running.device(1);
    device.drain().await;
    let url = |path: &str| format!("{}/emulator/{path}", running.base);
    let done = crate::wire::read(device.http.post(url("edit")).body(r#"{"create":2,"delete":1}"#)).await;
    assert_eq!(done.status, 200);
    assert_eq!(done.json(), serde_json::json!({"create": 2, "update": 0, "delete": 1}));
    assert_eq!(device.drain().await.len(), 3);
    let status = crate::wire::read(device.http.get(url("status"))).await;
    assert!(status.json()["counts"]["contact"].as_u64().unwrap() > 0);
    assert!(!status.body.contains(running.service.token()), "the token is nobody's to read");
    let refused = crate::wire::read(device.http.post(url("edit")).body(r#"{"creat":2}"#)).await;
    assert_eq!(refused.status, 400);
    running.stop().await;
}

#[tokio::test]
async fn more_edits_than_records_do_what_they_can() {
    let running = run(options(26)).await;
    let done = running.service.edit(Edit { create: 0, update: 3, delete: 100 }).unwrap();
    assert!(done.delete > 0 && done.delete < 26, "{done:?}");
    let mut device = running.device(1);
    assert_eq!(device.drain().await.len() as u64, 26 - done.delete);
    running.stop().await;
}
