//! A disk that is full and a system that gives no more: the limits of a process, set while it runs.

use std::io::{BufRead, BufReader, Write as _};
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
    for files in (3..32).step_by(4) {
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

/// In a name space of its own the program gets a file system of 2 MiB, later of 64. `$1` is where, `$2` is where its
/// words and copies of its files go.
const SMALL: &str = r#"
mount -t tmpfs none "$1" || exit 99
small=$1 out=$2; shift 2
for size in 2m 64m; do
    mount -o remount,size=$size "$small" || exit 99
    "$@" >"$out/stdout-$size" 2>"$out/stderr-$size"
    echo $? >"$out/code-$size"
    cp -R "$small" "$out/files-$size"
done
"#;

/// A real one, where the system lets anybody mount in a name space; where it does not, the same words are shown to come
/// of writes that are refused for want of room (`nth`).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_really_full_is_told_and_costs_nothing() {
    let scene = slow().await;
    let account = scene.owed(DeviceUuid::fresh()).await;
    let (small, out) = (scene.path("small"), scene.path("out"));
    std::fs::create_dir(&small).unwrap();
    std::fs::create_dir(&out).unwrap();
    let program = scene.sync_at(&small.join("mirror.db"));
    let mut apart = Command::new("unshare");
    apart.args(["--map-root-user", "--mount", "sh", "-c", SMALL, "sh"]).args([&small, &out]);
    apart.arg(program.get_program()).args(program.get_args());
    apart.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let done = block_in_place(|| apart.output());
    if !done.as_ref().is_ok_and(|done| done.status.success()) {
        // Past the harness, which keeps what a test prints that passes.
        writeln!(std::io::stderr(), "NOT TRIED: a disk that is really full (nobody may mount here)").unwrap();
        println!("{done:?}");
        return;
    }
    let said = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
    let full = said("stderr-2m");
    assert_eq!(said("code-2m"), "5\n", "{full}");
    assert!(full.contains("is full; free some room"), "{full}");
    let before = held(&out.join("files-2m/mirror.db")).unwrap();
    assert!(!before.pending.is_empty(), "nothing was committed before");
    assert_eq!(said("code-64m"), "0\n", "{}", said("stderr-64m"));
    let after = held(&out.join("files-64m/mirror.db")).unwrap();
    nothing_is_lost(&account, &scene.owed(after.device).await, &after, "after there was room");
}
