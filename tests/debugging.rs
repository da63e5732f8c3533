//! Looking into a real line while it runs: the tap beside the engine, acks held and lost, the service bent.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "engine/line.rs"]
mod line;

use std::sync::Arc;
use std::time::{Duration, Instant};

use drainboard::client::tap::State;
use drainboard::client::{Operation, Tap};
use drainboard::engine::{Command, Mode, Phase, RunEnd, Settings};
use drainboard::mirror::Reader;
use line::{Line, Watched};

/// Settings whose clients are tapped: the engine itself knows of no tap.
fn tapped(line: &Line, tap: &Tap) -> Settings {
    let settings = line.settings();
    let (connect, tap) = (Arc::clone(&settings.connect), tap.clone());
    Settings { connect: Arc::new(move |device| Ok(connect(device)?.with_tap(tap.clone()))), ..settings }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_and_pack_leads_to_its_request() {
    let line = Line::new(1_200).await;
    let tap = Tap::new();
    let mut engine = Watched::new(tapped(&line, &tap));
    let (outcome, totals) = engine.run().await;
    assert_eq!(outcome.end, RunEnd::Converged);
    let all = tap.list(None, usize::MAX);
    assert_eq!(all.len() as u64, totals.requests);
    assert!(all.iter().all(|exchange| exchange.state == State::Answered && exchange.attempt == 1));
    let reader = Reader::open(&line.mirror()).unwrap();
    for pack in reader.packs(None, 100).unwrap() {
        let exchange = tap.of_pack(pack.no).unwrap();
        assert_eq!((exchange.operation, exchange.label.items), (Operation::Acknowledge, Some(pack.keys)));
        for (page, ..) in pack.slices {
            let exchange = tap.of_page(page).unwrap();
            assert_eq!((exchange.operation, exchange.status()), (Operation::Take, Some(200)));
            let brought = reader.page_records(page, 1_000).unwrap();
            assert_eq!(Some(brought.records.len() as u64), exchange.label.items);
        }
    }
    let seen = format!("{all:?}");
    assert!(!seen.contains(line.service.token()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acks_are_held_over_a_restart_and_released_without_a_run() {
    let line = Line::new(600).await;
    let mut engine = Watched::new(line.settings());
    engine.ask(Command::Start(Mode::Full)).await;
    engine.ask(Command::HoldAcks(true)).await;
    let seen = engine
        .shows(|s| s.phase == Phase::Acknowledging && s.held > 0 && s.held == s.totals.instructions)
        .await;
    assert_eq!((seen.totals.acked, seen.totals.sessions), (0, 1));
    engine.ask(Command::Stop).await;
    let (outcome, totals) = engine.ended().await;
    assert_eq!((outcome.end, totals.pending_acks), (RunEnd::Stopped, totals.instructions));
    drop(engine);

    // Another process: the keys are still held, and a run says that it cannot deliver them.
    let mut engine = Watched::new(line.settings());
    let (outcome, totals) = engine.run().await;
    assert_eq!((outcome.converged, outcome.end.exit_status(), totals.requests), (false, 4, 0));
    assert!(outcome.error.unwrap().contains("held back by hand"));
    let held = engine.shows(|s| s.phase == Phase::Idle && s.outcome.is_some()).await;
    assert!(held.holding && held.held > 0);
    engine.ask(Command::HoldAcks(false)).await;
    let released = engine.shows(|s| !s.holding).await;
    assert_eq!((released.phase, released.held), (Phase::Idle, 0));
    let (outcome, totals) = engine.run().await;
    assert_eq!((outcome.end, totals.instructions), (RunEnd::Converged, 0), "nothing came twice");
    assert!(totals.acked > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bent_service_is_drained_all_the_same() {
    let line = Line::new(2_000).await;
    let tap = Tap::new();
    let mut engine = Watched::new(Settings { tries: 8, ack_pack: 100, ..tapped(&line, &tap) });
    line.service.lose_acks(1);
    line.service.reset_next(1);
    engine.ask(Command::DropPack).await; // without a run it is nothing
    engine.ask(Command::Start(Mode::Full)).await;
    engine.ask(Command::DropPack).await;
    let (outcome, totals) = engine.ended().await;
    assert_eq!(outcome.end, RunEnd::Converged, "{outcome:?}");
    assert!(totals.retries >= 2);
    let [account, mirror] = line.both_sides();
    assert_eq!(account, mirror);
    let again: Vec<_> = tap.find(None, 100, |exchange| exchange.attempt > 1);
    assert!(again.len() >= 2, "{again:?}");
    assert!(tap.find(None, 100, |exchange| matches!(exchange.state, State::Failed(_))).len() >= 2);
}

/// What a tap costs a drain at full speed. Prints; the ratio binds on a quiet machine.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: run it alone, in a release build"]
async fn a_tap_costs_little() {
    let (mut plain, mut watched) = (Vec::new(), Vec::new());
    for round in 0..14 {
        let line = Line::new(20_000).await;
        let tap = Tap::new();
        let on = round % 2 == 1;
        let settings = if on { tapped(&line, &tap) } else { line.settings() };
        let mut engine = Watched::new(settings);
        let begun = Instant::now();
        assert_eq!(engine.run().await.0.end, RunEnd::Converged);
        if on { &mut watched } else { &mut plain }.push(begun.elapsed());
    }
    let best = |times: &[Duration]| times.iter().min().copied().unwrap_or_default();
    let (plain, watched) = (best(&plain), best(&watched));
    let cost = (watched.as_secs_f64() / plain.as_secs_f64() - 1.0) * 100.0;
    eprintln!("drain of 20,000 records: {plain:?} without a tap, {watched:?} with one: {cost:+.1} %");
}
