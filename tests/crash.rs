//! The built program killed with SIGKILL while it synchronizes, again and again, at random moments (here) and at named
//! points around commits and acks (`points`), and both sides compared after each: promises 1, 2 and 3 of the crate,
//! where power and patience end.
//!
//! After each kill: what the service does not owe the device any more is in the mirror, at the newest revision (nothing
//! acknowledged is missing); the mirror is sound; and over all runs not one instruction came twice that was committed.
//! At the end the copy is proven byte by byte.
//!
//! `cargo test --release --test crash -- --ignored --nocapture` kills more often and says how often it hit what;
//! `DRAINBOARD_SEED=S` repeats its choices.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]
#![expect(clippy::print_stdout, reason = "the seed, and what the long run found")]

#[path = "crash/gate.rs"]
mod gate;
#[path = "crash/points.rs"]
mod points;
#[path = "crash/scene.rs"]
mod scene;

use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use drainboard::mirror::Reader;
use drainboard::mirror::reader::Value;
use drainboard::protocol::DeviceUuid;
use drainboard::service::{Edit, Options};
use scene::{Scene, held, nothing_is_lost};

const KILLS: usize = 30;
/// What gives a run its length; the test itself is answered at once.
const LATENCY: Duration = Duration::from_millis(4);

/// A test's choices: `DRAINBOARD_SEED=S` repeats them.
fn seeded() -> (u64, fastrand::Rng) {
    let given = std::env::var("DRAINBOARD_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| fastrand::u64(..));
    println!("seed {seed}");
    (seed, fastrand::Rng::with_seed(seed))
}

/// Edits, so that there is work left after the next kill.
async fn edit(scene: &Scene, edit: Edit) {
    let service = scene.service.clone();
    tokio::task::spawn_blocking(move || service.edit(edit)).await.unwrap().unwrap();
}

/// When to kill.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// After so long.
    After(Duration),
    /// As soon as the nth event of a name is told.
    At(&'static str, usize),
}

fn moment(rng: &mut fastrand::Rng, usual: Duration) -> Moment {
    let names =
        ["session_opened", "page_committed", "pack_sent", "pack_accepted", "queue_drained", "session_ended"];
    match rng.u8(..10) {
        0..5 => Moment::After(usual.mul_f64(rng.f64())),
        5 | 6 => Moment::At("page_committed", rng.usize(1..40)),
        7 => Moment::At("pack_sent", rng.usize(1..10)),
        8 => Moment::At("pack_accepted", rng.usize(1..10)),
        _ => Moment::At(names[rng.usize(..names.len())], 1),
    }
}

/// Runs a sync and kills it at the moment; whether it was still alive then.
fn killed(scene: &Scene, moment: Moment) -> bool {
    let mut child = scene.sync().spawn().unwrap();
    match moment {
        Moment::After(time) => std::thread::sleep(time),
        Moment::At(name, nth) => {
            let name = format!("\"event\":\"{name}\"");
            let lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let _ = lines.filter(|line| line.as_ref().is_ok_and(|line| line.contains(&name))).nth(nth - 1);
        }
    }
    let alive = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    alive
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whenever_it_is_killed_nothing_is_lost_and_nothing_committed_comes_twice() {
    killing(KILLS).await;
}

/// The figures of the README's reliability section.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the long run"]
async fn three_hundred_kills() {
    killing(300).await;
}

/// Sessions that a kill ended, as far as a later run has seen it.
fn crashed(scene: &Scene) -> i64 {
    let mut crashed = 0;
    let count = "SELECT count(*) FROM _session WHERE end = 'crashed'";
    let _ = Reader::open(&scene.mirror()).unwrap().query(count, &mut |_| {}, &mut |row| {
        crashed = if let Value::Integer(n) = row[0] { n } else { 0 };
        true
    });
    crashed
}

async fn killing(kills: usize) {
    let (seed, mut rng) = seeded();
    let scene = Scene::new(Options {
        items: 2_500,
        page: 50,
        latency: LATENCY,
        // Sessions of the dead must not pile up to the service's hundred.
        session_idle: Duration::from_secs(5),
        ..Options::default()
    })
    .await;
    let (mut usual, mut hits, mut late) = (Duration::from_millis(600), 0, 0);
    let mut account = scene.owed(DeviceUuid::fresh()).await;
    // What a kill meets is left to chance: until enough of them met a session.
    while hits < kills || crashed(&scene) <= kills as i64 / 10 {
        let moment = moment(&mut rng, usual);
        let alive = tokio::task::block_in_place(|| killed(&scene, moment));
        if alive {
            hits += 1;
        } else {
            // It had ended by itself: there was too little to do, or too much time.
            late += 1;
            usual = usual.mul_f64(0.9).max(Duration::from_millis(60));
            assert!(late < 20 * kills, "it is never alive when it is killed");
        }
        assert!(hits < 20 * kills, "hardly any kill hit a session");
        let told = format!("seed {seed}, kill {hits}, {moment:?}");
        let Some(held) = held(&scene.mirror()) else { continue };
        let owed = scene.owed(held.device).await;
        nothing_is_lost(&account, &owed, &held, &told);
        if owed.len() < 1_500 {
            edit(&scene, Edit { create: 150, update: 400, delete: 120 }).await;
            account = scene.owed(DeviceUuid::fresh()).await;
        }
    }
    println!("{hits} kills while it was alive, {late} that came too late");

    let began = Instant::now();
    let output = scene.sync().output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let status = Reader::open(&scene.mirror()).unwrap().status().unwrap();
    println!("the last run took {:?}, {} sessions in all", began.elapsed(), status.sessions[0].no);
    // Not one instruction that was committed came again: each would be the same or stale.
    let mut again = Vec::new();
    let reader = Reader::open(&scene.mirror()).unwrap();
    let sql = "SELECT count(*), sum(same), sum(stale), sum(end = 'crashed') FROM _session";
    reader
        .query(sql, &mut |_| {}, &mut |row| {
            again = row;
            true
        })
        .unwrap();
    println!("sessions, same, stale, crashed: {again:?}");
    assert_eq!(again[1..3], [Value::Integer(0), Value::Integer(0)], "committed instructions came again");
    let proof = scene.program(&["verify", "--json", "-q", "--rate", "0"]).output().unwrap();
    let proof = String::from_utf8_lossy(&proof.stdout).into_owned();
    assert!(proof.contains("\"identical\":true"), "{proof}");
}
