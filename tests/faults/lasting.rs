//! SIGINT and SIGTERM against every command that lasts: it ends within two seconds with the signal's status, and
//! nothing temporary stays behind.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use drainboard::service::{Edit, Options};
use rusqlite::Connection;
use rustix::process::{Pid, Signal, kill_process};
use tokio::task::block_in_place;

use crate::scene::Scene;
use crate::signals::{LOCK, in_time};

const LIMIT: Duration = Duration::from_secs(2);
/// Into a wait that no words announce; what comes is not judged by it.
const A_MOMENT: Duration = Duration::from_millis(400);

const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";

/// What lasts, and its words that say that it is under way.
const LASTING: [(&[&str], &str); 9] = [
    (&["sync", "--json", "--rate", "2"], "session_opened"),
    (&["sync", "--peek", "--json", "--rate", "2"], "session_opened"),
    (&["sync", "--watch", "1h", "--json", "--rate", "0"], "run_ended"),
    (&["verify", "--rate", "2"], "synchronizing the mirror"),
    (&["verify", "--rate", "2"], "synchronizing a fresh copy"),
    (&["query", ENDLESS], ""),
    (&["doctor"], ""),
    (&["demo", "-v", "--rate", "2"], "opened"),
    (&["serve", "--listen", "127.0.0.1:0"], "listening on"),
];

/// What is in the scene's folder, but the mirror's own files and what runs tell each other.
fn others(scene: &Scene) -> BTreeSet<String> {
    let names = std::fs::read_dir(scene.folder.path()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !name.starts_with("mirror.db") && name != ".local").collect()
}

/// Runs a command until what it says shows that it is under way, and a moment more; sends the signal, and holds what is
/// promised. How long it took to end.
fn ends(
    scene: &Scene,
    arguments: &[&str],
    signal: Signal,
    mut under_way: impl FnMut(&str) -> bool,
) -> Duration {
    let before = others(scene);
    let program = if matches!(arguments[0], "demo" | "serve") {
        scene.bare(arguments)
    } else {
        scene.program(arguments)
    };
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$0\" \"$@\" 2>&1"]).arg(program.get_program()).args(program.get_args());
    command.env_clear().envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    while !under_way(&said) {
        assert!(lines.read_line(&mut said).unwrap() > 0, "{arguments:?} ended: {said}");
    }
    let rest = std::thread::spawn(move || lines.read_to_string(&mut said).map(|_| said));
    std::thread::sleep(A_MOMENT);
    assert_eq!(child.try_wait().unwrap(), None, "{arguments:?} does not last");
    let told = Instant::now();
    kill_process(Pid::from_child(&child), signal).unwrap();
    let status = child.wait().unwrap();
    let took = told.elapsed();
    let said = rest.join().unwrap().unwrap();
    let told = format!("{arguments:?}, {signal:?}: {status:?} in {took:?}: {said}");
    // Who has nothing to lose dies of the signal itself; a service that is told to stop has done its work.
    let expected = if signal == Signal::INT { 130 } else { 143 };
    let right = match status.code() {
        None => matches!(arguments[0], "doctor" | "query"),
        Some(0) => arguments[0] == "serve",
        Some(code) => code == expected,
    };
    assert!(right && !said.contains("panicked"), "{told}");
    assert_eq!(others(scene), before, "{told}");
    took
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_ends_every_command_that_lasts_and_nothing_stays_behind() {
    for (round, (arguments, words)) in LASTING.into_iter().enumerate() {
        let signal = if round % 2 == 0 { Signal::INT } else { Signal::TERM };
        in_time(LIMIT, || lasts(arguments, words, signal)).await;
    }
}

async fn lasts(arguments: &[&str], words: &str, signal: Signal) -> Duration {
    let scene = Scene::new(Options { items: 200, page: 20, ..Options::default() }).await;
    block_in_place(|| {
        if matches!(arguments[0], "verify" | "query") {
            assert!(scene.sync().output().unwrap().status.success());
        }
        match (arguments[0], words) {
            // So that the mirror's own run has something to do.
            ("verify", "synchronizing the mirror") => {
                scene.service.edit(Edit { update: 150, ..Edit::default() }).map(drop).unwrap();
            }
            ("doctor", _) => scene.service.set_latency(Duration::from_hours(1)),
            _ => {}
        }
        ends(&scene, arguments, signal, |said| said.contains(words))
    })
}

/// While it compares it reads the mirror, and here waits for somebody who keeps it to themselves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_ends_a_comparison_and_the_fresh_copy_goes() {
    in_time(LIMIT, comparing).await;
}

async fn comparing() -> Duration {
    let scene = Scene::new(Options { items: 200, page: 20, ..Options::default() }).await;
    let mut keeper = None;
    let comparing = |said: &str| {
        let converged = said.matches("drainboard: converged").count();
        if converged == 1 && keeper.is_none() {
            // The mirror's own run is over: nobody else has it open.
            let other = Connection::open(scene.mirror()).unwrap();
            other.busy_timeout(LOCK).unwrap();
            other.execute_batch("PRAGMA locking_mode = exclusive; BEGIN EXCLUSIVE").unwrap();
            keeper = Some(other);
        }
        converged == 2
    };
    block_in_place(|| {
        assert!(scene.sync().output().unwrap().status.success());
        ends(&scene, &["verify", "-v", "--rate", "10"], Signal::TERM, comparing)
    })
}

/// The first asks politely, and what hangs may take its second; after another one nothing is waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_it_at_once_and_nothing_stays_behind() {
    for arguments in [&["sync", "--json"][..], &["sync", "--peek", "--json"]] {
        in_time(LIMIT / 2, || twice(arguments)).await;
    }
}

/// How long the end took after the second signal.
async fn twice(arguments: &[&str]) -> Duration {
    let faults = vec!["stall=1h page times=9".parse().unwrap()];
    let scene = Scene::new(Options { items: 200, page: 20, faults, ..Options::default() }).await;
    let before = others(&scene);
    let (output, took) = block_in_place(|| {
        let mut child = scene.program(arguments).spawn().unwrap();
        let pid = Pid::from_child(&child);
        // Once it has asked for pages it listens.
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains("session_opened") {
            assert!(lines.read_line(&mut said).unwrap() > 0, "{arguments:?} ended: {said}");
        }
        std::thread::sleep(A_MOMENT);
        kill_process(pid, Signal::INT).unwrap();
        std::thread::sleep(A_MOMENT / 2);
        let told = Instant::now();
        // It may have ended by itself by then.
        let _ = kill_process(pid, Signal::INT);
        lines.read_to_string(&mut said).unwrap();
        let mut output = child.wait_with_output().unwrap();
        output.stdout = said.into_bytes();
        (output, told.elapsed())
    });
    let said = String::from_utf8_lossy(&output.stdout);
    let told =
        format!("{arguments:?}: {:?} {said} {}", output.status, String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(130), "{told}");
    assert!(said.lines().last().is_some_and(|line| line.contains("interrupted")), "{told}");
    assert_eq!(others(&scene), before, "{told}");
    took
}
