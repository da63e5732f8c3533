//! The engine over real HTTP into a real mirror: promises 1, 2 and 4 of the crate where no simulator stands in.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "engine/line.rs"]
mod line;

use std::time::{Duration, Instant};

use drainboard::engine::event::PackState;
use drainboard::engine::{Command, EventKind, Mode, Phase, RunEnd, Totals};
use drainboard::mirror::SessionEnd;
use drainboard::service::Edit;
use line::{Line, Watched, settings};
use tokio::net::TcpListener;

fn same(totals: &Totals) -> u64 {
    totals.kinds.values().map(|counts| counts.same + counts.stale).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drain_converges_and_the_next_run_brings_what_changed() {
    let line = Line::new(3_000).await;
    let mut engine = Watched::new(line.settings());
    let (outcome, totals) = engine.run().await;
    assert_eq!((outcome.end, outcome.converged, &outcome.error), (RunEnd::Converged, true, &None));
    let [account, mirror] = line.both_sides();
    assert_eq!(account, mirror);
    let records: u64 = line.service.counts().unwrap().iter().map(|(_, rows)| rows).sum();
    assert_eq!((totals.instructions, totals.created, totals.acked), (records, records, records));
    assert_eq!((totals.pending_acks, totals.retries, totals.stale, same(&totals)), (0, 0, 0, 0));
    let counted: u64 = totals.kinds.values().map(|counts| counts.created).sum();
    assert_eq!(counted, records);
    let snapshot = engine.shows(|snapshot| snapshot.phase == Phase::Idle).await;
    assert_eq!((&snapshot.totals, snapshot.missed), (&totals, 0));
    assert!(snapshot.packs.iter().all(|pack| pack.state == PackState::Accepted), "{:?}", snapshot.packs);
    assert!(snapshot.p50_ms <= snapshot.p95_ms && snapshot.p50_ms.is_some());

    let (outcome, totals) = engine.run().await;
    assert_eq!((outcome.end, totals.requests, totals.instructions), (RunEnd::Converged, 1, 0));

    let done = line.service.edit(Edit { create: 30, update: 20, delete: 10 }).unwrap();
    let (outcome, totals) = engine.run().await;
    assert_eq!((outcome.end, totals.deleted), (RunEnd::Converged, done.delete));
    let edits = done.create + done.update + done.delete; // a record that was edited twice is one instruction
    assert!((edits / 2..=edits).contains(&totals.instructions), "{totals:?}");
    let [account, mirror] = line.both_sides();
    assert_eq!(account, mirror);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_carry_the_totals_and_come_in_order() {
    let line = Line::new(1_500).await;
    let mut engine = Watched::new(line.settings());
    let (_, last) = engine.run().await;
    let heard = &engine.heard;
    assert!(matches!(heard[0].kind, EventKind::RunStarted { pending_acks: 0, .. }), "{:?}", heard[0].kind);
    assert!(matches!(heard[1].kind, EventKind::SessionOpened { no: 1, .. }), "{:?}", heard[1].kind);
    let (mut pages, mut instructions) = (0, 0);
    for event in heard {
        if let EventKind::PageCommitted { instructions: n, .. } = event.kind {
            pages += 1;
            instructions += n;
        }
        assert_eq!(
            (event.totals.pages, event.totals.instructions),
            (pages, instructions),
            "{:?}",
            event.kind
        );
    }
    assert_eq!((last.pages, last.instructions), (pages, instructions));
    let ends: Vec<_> =
        heard.iter().filter(|event| matches!(event.kind, EventKind::SessionEnded { .. })).collect();
    assert!(
        matches!(ends[..], [event] if matches!(event.kind, EventKind::SessionEnded { end: SessionEnd::Drained, .. }))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_watcher_misses_events_and_no_count() {
    let line = Line::new(2_200).await; // two events a key: more than the channel holds
    let settings = drainboard::engine::Settings { ack_pack: 1, ..line.settings() };
    let mut engine = Watched::new(settings);
    engine.ask(Command::Start(Mode::Full)).await;
    let snapshot = engine.shows(|snapshot| snapshot.outcome.is_some()).await; // nobody reads an event meanwhile
    assert!(snapshot.outcome.as_ref().is_some_and(|outcome| outcome.converged));
    assert!(snapshot.missed > 0);
    assert_eq!(snapshot.totals.acked, snapshot.totals.instructions);
    assert_eq!(snapshot.totals.packs, snapshot.totals.acked);
    assert!(snapshot.end_missed, "the channel is full");
    let (_, totals) = engine.run().await;
    assert_eq!(totals.requests, 1, "the end that is heard next is the next run's");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_session_and_then_the_proof() {
    let line = Line::new(500).await;
    let mut engine = Watched::new(line.settings());
    engine.ask(Command::Start(Mode::Single)).await;
    let (outcome, totals) = engine.ended().await;
    assert_eq!((outcome.end, outcome.converged), (RunEnd::SingleSession, false));
    assert_eq!((totals.sessions, totals.pending_acks), (1, 0));
    let (outcome, totals) = engine.run().await;
    assert_eq!((outcome.end, totals.requests), (RunEnd::Converged, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pause_resume_step_and_stop_do_what_they_say() {
    let line = Line::new(10_000).await;
    let mut engine = Watched::new(line.settings());
    engine.ask(Command::Step).await;
    let snapshot = engine.shows(|snapshot| snapshot.phase == Phase::Paused).await;
    assert_eq!(snapshot.next_step.as_deref(), Some("start a session"));
    assert_eq!(snapshot.totals.requests, 0);
    engine.ask(Command::Step).await;
    let opened = |s: &drainboard::engine::Snapshot| s.phase == Phase::Paused && s.totals.requests == 1;
    let snapshot = engine.shows(opened).await;
    assert_eq!(snapshot.next_step.as_deref(), Some("take a page of main"));
    engine.ask(Command::Step).await;
    let snapshot = engine.shows(|s| s.phase == Phase::Paused && s.totals.requests == 2).await;
    let step = snapshot.next_step.clone().unwrap();
    let first = step.strip_prefix("commit the page of main, 100 instructions; first: + ").expect(&step);
    let (kind, id) = first.split_once(' ').unwrap();
    assert!(kind.chars().all(|c| c.is_ascii_lowercase() || c == '_') && id.parse::<i64>().is_ok(), "{step}");
    assert_eq!((snapshot.totals.pages, snapshot.looked_at), (0, Some(100)));
    engine.ask(Command::Step).await;
    let snapshot = engine.shows(|s| s.phase == Phase::Paused && s.totals.pages == 1).await;
    assert_eq!((snapshot.totals.pages, snapshot.totals.instructions), (1, 100));

    // So that the drain lasts for seconds: the pause meets it on a busy machine too.
    line.service.set_latency(Duration::from_millis(300));
    engine.ask(Command::Resume).await;
    engine.shows(|snapshot| snapshot.totals.pages > 4).await;
    engine.ask(Command::Pause).await;
    let paused = engine.shows(|snapshot| snapshot.phase == Phase::Paused).await;
    assert!(paused.workers.iter().all(|worker| *worker == drainboard::engine::event::WorkerView::Idle));
    engine.ask(Command::SendAcks).await;
    engine.shows(|snapshot| snapshot.phase == Phase::Paused && snapshot.totals.pending_acks == 0).await;

    engine.ask(Command::Stop).await;
    let (outcome, totals) = engine.ended().await;
    assert_eq!((outcome.end, totals.pages), (RunEnd::Stopped, paused.totals.pages));
    line.service.set_latency(Duration::ZERO);
    let (outcome, totals) = engine.run().await;
    assert_eq!((outcome.end, same(&totals)), (RunEnd::Converged, 0), "nothing committed comes again");
    let [account, mirror] = line.both_sides();
    assert_eq!(account, mirror);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_does_not_wait_for_a_stalled_service() {
    // How long it takes is held in virtual time (`flow`, rules): here the service would keep it for ten minutes.
    let line = Line::new(2_000).await;
    let mut engine = Watched::new(line.settings());
    engine.ask(Command::Step).await;
    engine.ask(Command::Step).await;
    engine.shows(|snapshot| snapshot.totals.requests == 1 && snapshot.phase == Phase::Paused).await;
    line.service.set_latency(Duration::from_mins(10));
    engine.ask(Command::Resume).await;
    engine.shows(|snapshot| snapshot.totals.requests > 1).await;
    engine.ask(Command::Stop).await;
    let (outcome, _) = engine.ended().await;
    assert_eq!(outcome.end, RunEnd::Stopped);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_token_is_one_request_and_a_clear_word() {
    let line = Line::new(100).await;
    let mut engine = Watched::new(settings(line.mirror(), line.address, "wrong"));
    let (outcome, totals) = engine.run().await;
    assert_eq!((outcome.end, totals.requests), (RunEnd::Refused, 1));
    let error = outcome.error.unwrap();
    assert!(error.contains("BASECRM_ACCESS_TOKEN"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_is_gone_is_unreachable_after_the_tries() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut engine = Watched::new(settings(folder.path().join("mirror.db"), gone, "any"));
    let (outcome, totals) = engine.run().await;
    assert_eq!((outcome.end, totals.requests, totals.retries), (RunEnd::Unreachable, 3, 2));
    assert!(outcome.error.unwrap().contains("3 tries"));
    let retries =
        engine.heard.iter().filter(|event| matches!(event.kind, EventKind::RetryScheduled { .. })).count();
    assert_eq!(retries, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mirror_that_cannot_be_used_sends_nothing() {
    let line = Line::new(100).await;
    let mut engine = Watched::new(drainboard::engine::Settings {
        mirror: line.mirror().parent().unwrap().to_owned(),
        ..line.settings()
    });
    let (outcome, totals) = engine.run().await;
    assert_eq!((outcome.end, totals.requests), (RunEnd::Mirror, 0));
    assert!(outcome.error.is_some());
    assert_eq!(engine.shows(|snapshot| snapshot.outcome.is_some()).await.phase, Phase::Idle);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unusable_settings_are_wrong_usage_and_give_the_mirror_back() {
    let line = Line::new(100).await;
    let good = line.settings();
    let bad = drainboard::engine::Settings {
        connect: std::sync::Arc::new(|_| {
            Err(drainboard::client::ConfigError("no token; set BASECRM_ACCESS_TOKEN".into()))
        }),
        ..line.settings()
    };
    let (outcome, _) = Watched::new(bad).run().await;
    assert_eq!((outcome.end, outcome.end.exit_status()), (RunEnd::Usage, 2));
    assert_eq!(outcome.error.as_deref(), Some("no token; set BASECRM_ACCESS_TOKEN"));
    assert!(Watched::new(good).run().await.0.converged);
}

/// A command that fails without a run is told as that: no run ended, and the next one does what it does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_fails_is_the_end_of_no_run() {
    let line = Line::new(100).await;
    assert!(Watched::new(line.settings()).run().await.0.converged);
    let device = drainboard::mirror::Reader::open(&line.mirror()).unwrap().status().unwrap().device;
    let mut settings = line.settings();
    settings.identity.device = Some(device);
    let mut engine = Watched::new(settings);
    engine.ask(Command::NewDevice).await;
    let failed = engine.until(|_| true).await;
    let EventKind::CommandFailed { error } = failed.kind else { panic!("{:?}", failed.kind) };
    assert!(error.contains("--device-uuid"), "{error}");
    assert_eq!(engine.engine.snapshot.borrow().outcome, None);
    assert_eq!(engine.run().await.1.requests, 1);
}

/// What runs tell each other, in memory.
#[derive(Default)]
struct Told(std::sync::Mutex<Vec<Duration>>);

impl drainboard::engine::Spent for Told {
    fn recall(&self) -> Vec<Duration> {
        self.0.lock().unwrap().clone()
    }

    fn tell(&self, ages: &[Duration]) {
        *self.0.lock().unwrap() = ages.to_vec();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_counts_what_another_sent_and_tells_the_next_one() {
    let line = Line::new(100).await;
    let told = std::sync::Arc::new(Told(std::sync::Mutex::new(vec![Duration::ZERO; 50])));
    let spent: std::sync::Arc<dyn drainboard::engine::Spent> = told.clone();
    let settings =
        |rate| drainboard::engine::Settings { rate, spent: Some(spent.clone()), ..line.settings() };
    let begun = Instant::now();
    let (outcome, totals) = Watched::new(settings(50)).run().await;
    assert!(outcome.converged && begun.elapsed() > Duration::from_secs(1), "the second was used up");
    let sent = told.0.lock().unwrap().len() as u64;
    assert!((1..=totals.requests + 50).contains(&sent), "{sent} of {}", totals.requests);
    told.0.lock().unwrap().clear();
    assert!(Watched::new(settings(0)).run().await.0.converged);
    assert!(told.0.lock().unwrap().is_empty(), "without a rate there is nothing to tell");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_defect_in_a_task_ends_the_run_and_not_the_engine() {
    let line = Line::new(100).await;
    let broken = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let (good, switch) = (line.settings(), std::sync::Arc::clone(&broken));
    let connect = std::sync::Arc::clone(&good.connect);
    let settings = drainboard::engine::Settings {
        connect: std::sync::Arc::new(move |device| {
            assert!(!switch.load(std::sync::atomic::Ordering::SeqCst), "on purpose");
            connect(device)
        }),
        ..good
    };
    let mut engine = Watched::new(settings);
    let (outcome, _) = engine.run().await;
    assert_eq!(outcome.end, RunEnd::Internal);
    assert!(outcome.error.unwrap().contains("on purpose"));
    broken.store(false, std::sync::atomic::Ordering::SeqCst);
    assert!(engine.run().await.0.converged);
}

/// What a crash leaves: the runtime is dropped in mid-drain, at several moments.
#[test]
fn a_drain_that_dies_loses_nothing_and_downloads_nothing_again() {
    let service = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    for pages in [1, 3, 8, 15] {
        let line = service.block_on(Line::new(2_000));
        line.service.set_latency(Duration::from_millis(2));
        let died =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let settings = drainboard::engine::Settings { ack_pack: 300, ..line.settings() };
        let first = died.block_on(async {
            let mut engine = Watched::new(settings.clone());
            engine.ask(Command::Start(Mode::Full)).await;
            engine.shows(|snapshot| snapshot.totals.pages >= pages).await.totals.pages
        });
        drop(died);
        line.service.set_latency(Duration::ZERO);
        let (outcome, totals) = service.block_on(async { Watched::new(settings).run().await });
        assert_eq!(outcome.end, RunEnd::Converged, "after {first} pages: {outcome:?}");
        assert_eq!(same(&totals), 0, "after {first} pages something was downloaded again");
        let [account, mirror] = line.both_sides();
        assert_eq!(account, mirror, "after {first} pages");
    }
}
