//! SIGINT and SIGTERM at any moment: the end comes within two seconds with its exit status, what was committed stays,
//! and its keys go first in the next run.

use std::io::Read;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use drainboard::mirror::{Reader, SessionEnd};
use drainboard::protocol::DeviceUuid;
use drainboard::service::{Options, PlannedFault};
use rusqlite::Connection;
use rustix::process::{Pid, Signal, kill_process};
use tokio::task::block_in_place;

use crate::limits::{slow, under_way};
use crate::nth::{again, seeded};
use crate::scene::{Scene, held, nothing_is_lost};

const LIMIT: Duration = Duration::from_secs(2);
const NAP: Duration = Duration::from_millis(20);

/// Sends the signal and waits for the end: the exit status, how long it took, what was said. What a busy machine kept
/// meanwhile from somebody who only wants to sleep is not the program's.
fn stopped(mut child: Child, signal: Signal) -> (Option<i32>, Duration, String) {
    let ended = AtomicBool::new(false);
    let (status, took) = std::thread::scope(|scope| {
        let late = scope.spawn(|| {
            let mut late = Duration::ZERO;
            while !ended.load(Ordering::Relaxed) {
                let lies_down = Instant::now();
                std::thread::sleep(NAP);
                late += lies_down.elapsed().saturating_sub(NAP);
            }
            late
        });
        let told = Instant::now();
        // It may have ended by itself already.
        let _ = kill_process(Pid::from_child(&child), signal);
        let status = child.wait().unwrap();
        let took = told.elapsed();
        ended.store(true, Ordering::Relaxed);
        (status, took.saturating_sub(late.join().unwrap()))
    });
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    (status.code(), took, stderr)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_at_any_moment_ends_a_drain_in_two_seconds() {
    let (seed, mut rng) = seeded();
    let service = slow().await;
    let account = service.owed(DeviceUuid::fresh()).await;
    let (mut stops, mut worst) = (0, Duration::ZERO);
    let mut scene = again(&service);
    for round in 0..12 {
        let (signal, expected) = if rng.bool() { (Signal::INT, 130) } else { (Signal::TERM, 143) };
        let pause = Duration::from_millis(rng.u64(..500));
        let (code, took, stderr) = block_in_place(|| {
            // Before the session is opened it may not listen yet; a signal is its end then, too.
            let child = scene.sync().stdout(Stdio::null()).spawn().unwrap();
            std::thread::sleep(pause);
            stopped(child, signal)
        });
        let told = format!("seed {seed}, round {round}, {signal:?} after {pause:?}: {code:?} in {took:?}");
        assert!(took < LIMIT, "{told}");
        // None: it died of the signal before it could listen to it.
        assert!(code == Some(expected) || code == Some(0) || code.is_none(), "{told}: {stderr}");
        assert!(!stderr.contains("panicked"), "{told}: {stderr}");
        worst = worst.max(took);
        let Some(now) = held(&scene.mirror()) else { continue };
        let owed = scene.owed(now.device).await;
        nothing_is_lost(&account, &owed, &now, &told);
        if code == Some(expected) {
            stops += 1;
            let sessions = Reader::open(&scene.mirror()).unwrap().status().unwrap().sessions;
            let ends = sessions.iter().map(|session| session.end);
            assert!(
                ends.into_iter().all(|end| end.is_some_and(|end| end != SessionEnd::Crashed)),
                "{told}: {sessions:?}"
            );
        }
        if owed.is_empty() && now.pending.is_empty() {
            scene = again(&service);
        }
    }
    println!("{stops} of 12 met a run, the longest took {worst:?}");
    assert!(stops > 3, "hardly any signal met a run: {stops}");
}

/// Waits that no run should sit through after a signal: the fault, and whether it lets pages come before.
const WAITS: [(&str, bool); 8] = [
    ("429 page after=3 times=1000 retry-after=50", true),
    ("429 start times=1000 retry-after=50", false),
    ("503 ack times=1000 retry-after=50", true),
    ("stall=1h page after=3 times=1000", true),
    ("stall=1h ack times=1000", true),
    ("drip=200ms page after=3 times=1000", true),
    ("latency=1h page after=3 times=1000", true),
    ("latency=1h start times=1000", false),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_ends_any_wait_and_the_keys_go_first_in_the_next_run() {
    let mut cases = tokio::task::JoinSet::new();
    for (round, (fault, pages)) in WAITS.into_iter().enumerate() {
        let signal = if round % 2 == 0 { (Signal::INT, 130) } else { (Signal::TERM, 143) };
        cases.spawn(ends_the_wait(fault, pages, signal));
        // Two at a time: they mostly wait.
        if cases.len() == 2 {
            cases.join_next().await.unwrap().unwrap();
        }
    }
    while let Some(case) = cases.join_next().await {
        case.unwrap();
    }
}

async fn ends_the_wait(fault: &'static str, pages: bool, (signal, expected): (Signal, i32)) {
    let session_idle = Duration::from_mins(1);
    let faults = vec![fault.parse::<PlannedFault>().unwrap()];
    let options = Options { items: 260, page: 40, session_idle, faults, ..Options::default() };
    let scene = Scene::new(options).await;
    let (code, took, stderr) = block_in_place(|| {
        let (child, lines) = under_way(&scene, usize::from(pages));
        std::thread::sleep(Duration::from_millis(400)); // into the wait; what comes is not judged by it
        let ended = stopped(child, signal);
        drop(lines);
        ended
    });
    assert!(took < LIMIT && code == Some(expected), "{fault}: {code:?} in {took:?}: {stderr}");
    let left = held(&scene.mirror()).unwrap();
    assert_eq!(!left.states.is_empty(), pages, "{fault}: what was committed stays");
    scene.service.straighten();
    let output = block_in_place(|| scene.sync().output().unwrap());
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{fault}: {}", String::from_utf8_lossy(&output.stderr));
    if !left.pending.is_empty() {
        let at = |name: &str| said.find(&format!("\"event\":\"{name}\"")).unwrap_or(usize::MAX);
        // Where the keys were all that was left there is no session.
        assert!(at("pack_accepted") < at("session_opened"), "{fault}: a session before the keys: {said}");
    }
    assert!(scene.owed(left.device).await.is_empty(), "{fault}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_ends_a_run_that_waits_for_another_program_s_lock() {
    let service = slow().await;
    let account = service.owed(DeviceUuid::fresh()).await;
    let scene = again(&service);
    for opening in [false, true] {
        let lock = || {
            let other = Connection::open(scene.mirror()).unwrap();
            other.busy_timeout(LIMIT).unwrap();
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
            other
        };
        let (code, took, stderr) = block_in_place(|| {
            let (child, other) = if opening {
                let other = lock();
                (scene.sync().stdout(Stdio::null()).spawn().unwrap(), other)
            } else {
                let (child, lines) = under_way(&scene, 2);
                std::thread::spawn(move || std::io::copy(&mut { lines }, &mut std::io::sink()));
                (child, lock())
            };
            std::thread::sleep(Duration::from_millis(500)); // into the wait; what comes is not judged by it
            let ended = stopped(child, Signal::TERM);
            drop(other);
            ended
        });
        assert!(took < LIMIT && code == Some(143), "opening: {opening}, {code:?} in {took:?}: {stderr}");
        let now = held(&scene.mirror()).unwrap();
        nothing_is_lost(&account, &scene.owed(now.device).await, &now, "after the signal");
    }
}
