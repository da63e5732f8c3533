//! A disk that is full and a system that gives no more: the limits of a process, set while it runs.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Output};
use std::time::Duration;

use drainboard::protocol::DeviceUuid;
use drainboard::service::Options;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tokio::task::block_in_place;

use crate::nth::{again, scene};
use crate::scene::{Scene, held, nothing_is_lost};

/// A sync under way, once the nth page is committed.
pub(crate) fn under_way(scene: &Scene, pages: usize) -> (Child, BufReader<ChildStdout>) {
    let mut child = scene.sync().spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut left = pages;
    while left > 0 {
        let mut line = String::new();
        assert!(lines.read_line(&mut line).unwrap() > 0, "it ended before page {pages}");
        left -= usize::from(line.contains("\"event\":\"page_committed\""));
    }
    (child, lines)
}

/// A slow service, so that a run can be met in its midst.
pub(crate) async fn slow() -> Scene {
    let (latency, session_idle) = (Duration::from_millis(25), Duration::from_secs(3));
    Scene::new(Options { items: 700, page: 40, latency, session_idle, ..Options::default() }).await
}

/// Runs a command under a limit of the shell.
fn under(limit: &str, command: &Command) -> Output {
    let mut limited = Command::new("sh");
    limited.args(["-c", &format!("{limit}; exec \"$0\" \"$@\"")]).arg(command.get_program());
    limited.args(command.get_args()).env_clear();
    limited.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited.output().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_of_file_sizes_met_in_mid_drain_is_told_and_costs_nothing() {
    let service = slow().await;
    let account = service.owed(DeviceUuid::fresh()).await;
    // In mid-drain, then from the beginning on: kibibytes that the WAL does not need at once, and cannot do without.
    for (pages, limit) in [(1, 0), (2, 20_000), (0, 600), (0, 1_500)] {
        let scene = again(&service);
        let told = format!("{limit} after page {pages}");
        let output = block_in_place(|| {
            if pages == 0 {
                return under(&format!("ulimit -f {}", limit * 1024 / 512), &scene.sync());
            }
            let (child, _lines) = under_way(&scene, pages);
            let size = std::fs::metadata(scene.path("mirror.db-wal")).unwrap().len();
            let limit = Rlimit { current: Some(size + limit), maximum: None };
            prlimit(Some(Pid::from_child(&child)), Resource::Fsize, limit).unwrap();
            // What it still says is not read: a watcher that sleeps holds nothing up at this length.
            child.wait_with_output().unwrap()
        });
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(5), "{told}: {:?} {stderr}", output.status);
        let name = scene.mirror().display().to_string();
        assert!(stderr.contains(&name) && stderr.contains("limit of file sizes"), "{told}: {stderr}");
        let before = held(&scene.mirror()).unwrap();
        nothing_is_lost(&account, &scene.owed(before.device).await, &before, &told);
        let output = block_in_place(|| scene.sync().output().unwrap());
        assert!(output.status.success(), "{told}: {}", String::from_utf8_lossy(&output.stderr));
        nothing_is_lost(&account, &scene.owed(before.device).await, &held(&scene.mirror()).unwrap(), &told);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_few_files_end_with_words_and_never_with_a_panic() {
    let service = scene().await;
    let account = service.owed(DeviceUuid::fresh()).await;
    let mut ended = Vec::new();
    for files in (3..32).step_by(2) {
        let scene = again(&service);
        let output = block_in_place(|| under(&format!("ulimit -n {files}"), &scene.sync()));
        let stderr = String::from_utf8_lossy(&output.stderr);
        let told = format!("{files} files: {:?} {stderr}", output.status);
        assert!(!stderr.contains("panicked"), "{told}");
        assert!(matches!(output.status.code(), Some(0 | 1 | 4 | 5 | 127)), "{told}");
        assert!(output.status.success() || (1..=2).contains(&stderr.lines().count()), "{told}");
        if let Some(held) = held(&scene.mirror()) {
            nothing_is_lost(&account, &scene.owed(held.device).await, &held, &told);
        }
        ended.push((files, output.status.code()));
    }
    println!("{ended:?}");
    assert_eq!(ended.last().unwrap().1, Some(0), "31 files are enough");
}

/// `sudo -E cargo test --test faults full -- --ignored`: mounts a file system of 2 MiB, which takes rights.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "mounts a small file system: see its words"]
async fn a_disk_that_is_really_full_is_told_and_costs_nothing() {
    let scene = slow().await;
    let account = scene.owed(DeviceUuid::fresh()).await;
    let small = scene.folder.path().to_owned();
    let mount = |arguments: &[&str]| {
        let done = Command::new(arguments[0]).args(&arguments[1..]).arg(&small).status();
        assert!(done.unwrap().success(), "{arguments:?}: not without rights");
    };
    mount(&["mount", "-t", "tmpfs", "-o", "size=2m", "drainboard-test"]);
    let run = || {
        block_in_place(|| {
            let output = scene.sync().output().unwrap();
            (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
        })
    };
    let full = run();
    let before = held(&scene.mirror());
    mount(&["mount", "-o", "remount,size=64m"]);
    let then = run();
    let after = held(&scene.mirror());
    mount(&["umount"]);
    assert!(full.0 == Some(5) && full.1.contains("is full; free some room"), "{full:?}");
    assert!(before.is_some_and(|held| !held.pending.is_empty()), "nothing was committed before");
    assert_eq!(then.0, Some(0), "{then:?}");
    nothing_is_lost(&account, &std::collections::BTreeMap::new(), &after.unwrap(), "after there was room");
}
