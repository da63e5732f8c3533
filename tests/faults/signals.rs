//! SIGINT and SIGTERM at any moment: the end comes within two seconds with its exit status, what was committed stays,
//! and its keys go first in the next run.

use std::io::Read;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use drainboard::mirror::{Reader, SessionEnd};
use drainboard::protocol::DeviceUuid;
use drainboard::service::{Options, PlannedFault};
use rusqlite::Connection;
use rustix::process::{Pid, Signal, kill_process};
use tokio::task::block_in_place;

use crate::limits::{slow, under_way};
use crate::nth::{again, seeded};
use crate::scene::{Scene, States, held, nothing_is_lost};

const LIMIT: Duration = Duration::from_secs(2);
/// How often what was late is tried before it counts as late.
const TRIES: usize = 8;
/// How long we wait for a lock that the program holds for an instant.
pub(crate) const LOCK: Duration = Duration::from_secs(30);

/// Sends the signal and waits for the end: the exit status, how long it took, what was said.
fn stopped(mut child: Child, signal: Signal) -> (Option<i32>, Duration, String) {
    let told = Instant::now();
    // It may have ended by itself already.
    let _ = kill_process(Pid::from_child(&child), signal);
    let status = child.wait().unwrap();
    let took = told.elapsed();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    (status.code(), took, stderr)
}

/// Does something until it once took no longer than it may: a busy machine holds up some tries of a program that keeps
/// its promise, and one that does not is late each time.
pub(crate) async fn in_time<F: Future<Output = Duration>>(limit: Duration, mut once: impl FnMut() -> F) {
    let mut took = Vec::new();
    while took.len() < TRIES {
        took.push(once().await);
        if took.last().is_some_and(|took| *took < limit) {
            return;
        }
    }
    panic!("never within {limit:?}: {took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_at_any_moment_ends_a_drain_in_two_seconds() {
    let (seed, mut rng) = seeded();
    let service = slow().await;
    let account = service.owed(DeviceUuid::fresh()).await;
    let (mut round, mut stops) = (0, 0);
    // The longest pause: as long as a run takes on this machine.
    let mut usual = Duration::from_millis(500);
    let mut scene = again(&service);
    // Some signals come before the run and some behind it: until enough of them met one.
    while round < 12 || stops < 4 {
        assert!(round < 400, "hardly any signal met a run: {stops} of {round}");
        round += 1;
        let (signal, expected) = if rng.bool() { (Signal::INT, 130) } else { (Signal::TERM, 143) };
        let pause = usual.mul_f64(rng.f64());
        let stop = |scene: &Scene| {
            block_in_place(|| {
                // Before the session is opened it may not listen yet; a signal is its end then, too.
                let child = scene.sync().stdout(Stdio::null()).spawn().unwrap();
                std::thread::sleep(pause);
                stopped(child, signal)
            })
        };
        let (code, took, stderr) = stop(&scene);
        let told = format!("seed {seed}, round {round}, {signal:?} after {pause:?}: {code:?} in {took:?}");
        if took >= LIMIT {
            in_time(LIMIT, || async { stop(&again(&service)).1 }).await;
        }
        usual = match code {
            None => usual.mul_f64(1.3),
            Some(0) => usual.mul_f64(0.9),
            _ => usual,
        };
        // None: it died of the signal before it could listen to it.
        assert!(code == Some(expected) || code == Some(0) || code.is_none(), "{told}: {stderr}");
        assert!(!stderr.contains("panicked"), "{told}: {stderr}");
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
    println!("{stops} of {round} met a run");
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

async fn ends_the_wait(fault: &'static str, pages: bool, signal: (Signal, i32)) {
    in_time(LIMIT, || ends_it_once(fault, pages, signal)).await;
}

/// How long the end took.
async fn ends_it_once(fault: &'static str, pages: bool, (signal, expected): (Signal, i32)) -> Duration {
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
    assert_eq!(code, Some(expected), "{fault}: in {took:?}: {stderr}");
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
    took
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_ends_a_run_that_waits_for_another_program_s_lock() {
    let service = slow().await;
    let account = service.owed(DeviceUuid::fresh()).await;
    in_time(LIMIT, || while_it_waits_for_a_lock(&service, &account)).await;
}

/// How long the later of the two ends took: of a run that meets the lock, and of one that finds it.
async fn while_it_waits_for_a_lock(service: &Scene, account: &States) -> Duration {
    let scene = again(service);
    let mut longest = Duration::ZERO;
    for opening in [false, true] {
        let lock = || {
            let other = Connection::open(scene.mirror()).unwrap();
            other.busy_timeout(LOCK).unwrap();
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
        assert_eq!(code, Some(143), "opening: {opening}, in {took:?}: {stderr}");
        longest = longest.max(took);
        let now = held(&scene.mirror()).unwrap();
        nothing_is_lost(account, &scene.owed(now.device).await, &now, "after the signal");
    }
    longest
}
