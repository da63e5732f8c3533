//! A clock that jumps by years at each look: whatever waits or decides asks the clock that only counts on.

use std::process::Command;
use std::time::{Duration, Instant};

use drainboard::service::{Options, PlannedFault};
use tokio::task::block_in_place;

use crate::disk::library;
use crate::scene::{Scene, held};

fn jumping(mut command: Command) -> Command {
    command.env("LD_PRELOAD", library("clock"));
    command
}

/// A service that makes a run wait in every way: told to, after failures, for its rate.
async fn scene() -> Scene {
    let faults = [
        "429 page every=5 times=2 retry-after=1",
        "503 page every=3 times=3",
        "503 ack times=2",
        "429 start",
    ];
    let faults = faults.iter().map(|fault| fault.parse::<PlannedFault>().unwrap()).collect();
    Scene::new(Options { items: 260, page: 20, faults, ..Options::default() }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_changes_no_wait_and_no_decision() {
    let mut took = Vec::new();
    for jumps in [false, true] {
        let scene = scene().await;
        let run = |arguments: &[&str]| {
            let command = scene.program(arguments);
            let mut command = if jumps { jumping(command) } else { command };
            block_in_place(|| command.output().unwrap())
        };
        let began = Instant::now();
        let output = run(&["sync", "--json", "--rate", "20"]);
        took.push(began.elapsed());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stderr}");
        let left = held(&scene.mirror()).unwrap();
        assert!(left.pending.is_empty() && scene.owed(left.device).await.is_empty());
        for command in [
            &["status"][..],
            &["doctor"],
            &["verify", "-q"],
            &["query", "SELECT started, ended FROM _session"],
        ] {
            let output = run(command);
            let stderr = String::from_utf8_lossy(&output.stderr);
            // A doctor may well complain of such a clock.
            assert!(output.status.success() || command == ["doctor"], "{command:?}: {stderr}");
            assert!(!stderr.contains("panicked"), "{command:?}: {stderr}");
        }
        if jumps {
            let output = run(&[
                "query",
                "--csv",
                "SELECT count(*) FROM _session WHERE abs(julianday(ended) - julianday(started)) > 1",
            ]);
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(said.lines().nth(1).is_some_and(|n| n != "0"), "the clock did not jump: {said}");
        }
    }
    println!("{took:?}");
    // Jitter alone makes them differ, and a busy machine does; what a clock of years gives is longer than any test.
    assert!(took[1] < took[0] * 3 + Duration::from_mins(1), "{took:?}");
    assert!(took[1] > Duration::from_secs(1), "it did not wait as it was told: {took:?}");
}
