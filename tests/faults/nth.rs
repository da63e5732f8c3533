//! The first, second, third … call on the mirror's files fails, once and from then on: whatever it is, the program says
//! what happened or goes on, nothing acknowledged is missing, and without the fault the next run converges.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use drainboard::mirror::{Identity, Mirror};
use drainboard::protocol::DeviceUuid;
use drainboard::service::Options;
use rusqlite::Connection;
use rustix::io::Errno;
use tokio::task::block_in_place;

use crate::disk::{Call, Fault, library};
use crate::scene::{Scene, States, held, nothing_is_lost};

/// An account of several pages, whose sessions do not pile up.
pub(crate) async fn scene() -> Scene {
    let session_idle = Duration::from_secs(3);
    Scene::new(Options { items: 260, page: 40, session_idle, ..Options::default() }).await
}

/// A test's choices: the same each time, or those of `DRAINBOARD_SEED=S`.
pub(crate) fn seeded() -> (u64, fastrand::Rng) {
    let given = std::env::var("DRAINBOARD_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or(1);
    println!("seed {seed}");
    (seed, fastrand::Rng::with_seed(seed))
}

/// The same service, and a fresh folder.
pub(crate) fn again(scene: &Scene) -> Scene {
    let (service, url) = (scene.service.clone(), scene.url.clone());
    Scene { service, url, folder: tempfile::tempdir().unwrap(), latency: scene.latency }
}

/// How often something is tried that is left to chance.
pub(crate) const TRIES: usize = 10;

/// What became of a run with a fault.
struct Met {
    /// What the disk says: the calls that failed, and what was written after the first of them.
    log: String,
    code: Option<i32>,
    stderr: String,
}

fn run(scene: &Scene, fault: Fault) -> Met {
    let log = scene.path("faults.log");
    let mut command = scene.sync();
    fault.meets(&mut command, &scene.mirror(), &log);
    let output = command.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    Met { log: fs::read_to_string(&log).unwrap_or_default(), code: output.status.code(), stderr }
}

/// A run with the fault, then all that is promised: what is broken of it is said. Whether the fault came.
async fn survives(scene: &Scene, fault: Fault, account: &States, broken: &mut Vec<String>) -> bool {
    let met = block_in_place(|| run(scene, fault));
    let told = format!("{fault:?}: exit {:?}, {:?}", met.code, met.stderr);
    let mut promise = |kept: bool, what: &str| {
        if !kept {
            broken.push(format!("{what}: {told}"));
        }
    };
    promise(!met.stderr.contains("panicked"), "it panicked");
    let before = held(&scene.mirror());
    let owed = match &before {
        Some(held) => scene.owed(held.device).await,
        None => account.clone(),
    };
    match met.code {
        Some(0) => promise(owed.is_empty(), "converged, and not all is acknowledged"),
        Some(5) => {
            let name = scene.mirror().display().to_string();
            promise(met.stderr.contains(&name), "names no file");
            promise(met.stderr.contains(';'), "says not what to do");
            promise((1..=2).contains(&met.stderr.lines().count()), "says too much or nothing");
            let full = fault.call == Call::Write && fault.error == Some(Errno::NOSPC);
            promise(!full || met.stderr.contains("is full; free some room"), "says not that it is full");
        }
        None if fault.error.is_none() => promise(!met.log.is_empty(), "died of something else"),
        _ => promise(false, "ends otherwise"),
    }
    if let Some(held) = before {
        nothing_is_lost(account, &owed, &held, &told);
    }
    let output = block_in_place(|| scene.sync().output().unwrap());
    promise(output.status.success(), &format!("then fails, {}", String::from_utf8_lossy(&output.stderr)));
    if let Some(held) = held(&scene.mirror()) {
        let owed = scene.owed(held.device).await;
        promise(owed.is_empty() && held.pending.is_empty(), "then does not converge");
        promise(came_again(&scene.mirror()) == 0, "then takes again what was committed");
        nothing_is_lost(account, &owed, &held, &told);
    }
    !met.log.is_empty()
}

/// Instructions that came although they were committed: each is the same, or stale.
fn came_again(mirror: &Path) -> i64 {
    let sql = "SELECT coalesce(sum(same + stale), 0) FROM _session";
    Connection::open(mirror).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Every `step`th call that a run makes, of the fault's kind, beginning with the fault's; how many faults came.
async fn all_of(scene: &Scene, first: Fault, step: usize) -> usize {
    let account = scene.owed(DeviceUuid::fresh()).await;
    let (began, mut came, mut broken) = (Instant::now(), 0, Vec::new());
    for nth in (first.nth..).step_by(step) {
        // A fresh mirror for each, so that its making is part of it.
        if !survives(&again(scene), Fault { nth, ..first }, &account, &mut broken).await {
            break;
        }
        came += 1;
    }
    println!("{came} times, each {step} of {first:?}, in {:?}", began.elapsed());
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    came
}

/// The same, run after run until so many came: how many calls a run makes is left to chance, since one sync covers all
/// the commits that wait for it.
async fn at_least(least: usize, scene: &Scene, first: Fault, step: usize) -> usize {
    let mut came = 0;
    for _ in 0..TRIES {
        came += all_of(scene, first, step).await;
        if came >= least {
            break;
        }
    }
    came
}

/// Samples of a kind of call: each `step`th, once and from then on.
async fn samples(call: Call, step: usize, least: usize) {
    let (_, mut rng) = seeded();
    let scene = scene().await;
    for on in [false, true] {
        let (error, torn) = if on { (Errno::NOSPC, rng.bool()) } else { (Errno::IO, false) };
        let first = Fault { call, nth: rng.usize(1..=step), on, torn, error: Some(error) };
        let came = at_least(least, &scene, first, step).await;
        assert!(came >= least, "only {came} of {call:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_cannot_be_opened_made_or_removed_costs_nothing() {
    samples(Call::Open, 1, 4).await;
    samples(Call::Truncate, 2, 1).await;
    samples(Call::Unlink, 2, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_that_fails_costs_nothing() {
    samples(Call::Read, 17, 5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_fails_costs_nothing() {
    samples(Call::Write, 59, 5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_that_fails_costs_nothing() {
    samples(Call::Sync, 2, 5).await;
}

/// What a commit is made of: the process dies at its writes and syncs, those of the last checkpoint too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_a_write_or_a_sync_nothing_is_lost_and_nothing_committed_comes_twice() {
    let (_, mut rng) = seeded();
    let scene = scene().await;
    for (call, step, least) in [(Call::Sync, 1, 10), (Call::Write, 47, 5), (Call::Truncate, 1, 1)] {
        let first = Fault { call, nth: rng.usize(1..=step), on: false, torn: false, error: None };
        let came = at_least(least, &scene, first, step).await;
        assert!(came >= least, "only {came} deaths at {call:?}");
    }
}

/// Every call of a run: `cargo test --release --test faults every -- --ignored --nocapture`, some ten minutes on two
/// cores. What is alike is left out: only of a write can half be done, and of writes that are half done every third is
/// enough, since they come in twos, a frame's head and its page. Seen last, with all of that too: 1,908 faults in 18
/// minutes beside other work, and none of them cost anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long: see the module's words"]
async fn every_single_call_may_fail() {
    let scene = scene().await;
    let mut came = 0;
    for call in Call::ALL {
        for (on, error) in [(false, Some(Errno::IO)), (true, Some(Errno::IO)), (false, None)] {
            came += all_of(&scene, Fault { call, nth: 1, on, torn: false, error }, 1).await;
        }
    }
    for on in [false, true] {
        let torn = Fault { call: Call::Write, nth: 1, on, torn: true, error: Some(Errno::NOSPC) };
        came += all_of(&scene, torn, 3).await;
    }
    println!("{came} faults in all");
    assert!(came > 800, "only {came}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_failed_sync_nothing_is_written_through_that_handle() {
    let scene = scene().await;
    let mut hit = 0;
    // Which file a sync is of is left to chance: until enough of them were of the WAL.
    for nth in (4..13).step_by(2).cycle().take(5 * TRIES) {
        if nth == 4 && hit >= 3 {
            return;
        }
        let fresh = again(&scene);
        let fault = Fault { call: Call::Sync, nth, on: false, torn: false, error: Some(Errno::IO) };
        let met = block_in_place(|| run(&fresh, fault));
        let mut lines = met.log.lines();
        if lines.next().is_none_or(|failed| !failed.ends_with("-wal")) {
            continue; // of another file: its failure is no commit's
        }
        hit += 1;
        assert_eq!(met.code, Some(5), "sync {nth}: {} {}", met.stderr, met.log);
        assert_eq!(lines.next(), None, "sync {nth}: written after it had failed");
    }
    panic!("only {hit} syncs of the WAL failed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_run_left_in_the_wal_is_made_durable_before_anything_else() {
    let service = scene().await;
    let fault = Fault { call: Call::Sync, nth: 9, on: false, torn: false, error: Some(Errno::IO) };
    // A run may do with fewer syncs: until one meets it.
    let died = (0..TRIES).map(|_| again(&service)).find(|s| block_in_place(|| run(s, fault)).code == Some(5));
    let scene = died.unwrap();
    // Looked at in a copy: whoever closes the mirror last moves the WAL into it.
    for name in ["mirror.db", "mirror.db-wal"] {
        fs::copy(scene.path(name), scene.path(&format!("left-{name}"))).unwrap();
    }
    let left = held(&scene.path("left-mirror.db")).unwrap();
    assert!(!left.states.is_empty() && !left.pending.is_empty());
    let identity = Identity { host: scene.url.clone(), device: None };
    let mirror = block_in_place(|| Mirror::open(&scene.mirror(), &identity)).unwrap();
    // What the WAL alone has may be lost still: nothing of it is needed any more.
    let alone = scene.path("alone.db");
    fs::copy(scene.mirror(), &alone).unwrap();
    assert!(held(&alone).is_some_and(|now| now.states == left.states), "some of it is in the WAL alone");
    mirror.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_folders_of_a_new_mirror_are_synced_too() {
    let scene = scene().await;
    let (deep, syncs) = (scene.path("a/b/mirror.db"), scene.path("syncs.log"));
    let mut command = scene.program_at(&deep, &["sync", "-q", "--rate", "0"]);
    command
        .env("LD_PRELOAD", library("disk"))
        .env("FAULT_UNDER", scene.folder.path())
        .env("FAULT_SYNCS", &syncs);
    let output = block_in_place(|| command.output().unwrap());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let syncs = fs::read_to_string(syncs).unwrap();
    for folder in [scene.folder.path(), &scene.path("a"), &scene.path("a/b")] {
        let synced = format!(" synced {}", folder.display());
        assert!(syncs.lines().any(|line| line.ends_with(&synced)), "{folder:?}: {syncs}");
    }
}
