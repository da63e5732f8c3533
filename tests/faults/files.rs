//! Files that are no mirror, or that others have: clear words, exit 5, nothing damaged, no endless wait.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use drainboard::mirror::{Identity, Mirror};
use drainboard::protocol::DeviceUuid;
use rusqlite::Connection;
use tokio::task::block_in_place;

use crate::limits::{slow, under_way};
use crate::nth::{again, scene};
use crate::scene::{Scene, States, held, nothing_is_lost};

/// It waits ten seconds for a lock; on a busy machine everything takes longer, but nothing takes for ever.
const NO_END: Duration = Duration::from_mins(1);

/// Lets a command fail as it should: 5, at once, one or two lines that name the file and what to do.
#[track_caller]
fn refused(mut command: Command, name: &str, why: &str) {
    let began = Instant::now();
    let Output { status, stderr, .. } = command.output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    let told = format!("{name}: {status:?} {stderr}");
    assert_eq!(status.code(), Some(5), "{told}");
    assert!(stderr.contains(name) && stderr.contains(why) && stderr.contains(';'), "{told}");
    assert!(stderr.lines().count() <= 2 && began.elapsed() < NO_END, "{told}");
}

/// A mirror that has everything, in its own folder.
async fn synchronized() -> Scene {
    let scene = scene().await;
    block_in_place(|| assert!(scene.sync().output().unwrap().status.success()));
    scene
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_mirror_is_refused_by_every_command_and_left_as_it_is() {
    let scene = synchronized().await;
    let mirror = fs::read(scene.mirror()).unwrap();
    let other = scene.path("other.db");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE bookmarks (url)").unwrap();
    let newer = scene.path("newer.db");
    fs::write(&newer, &mirror).unwrap();
    Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let cases: [(&str, Vec<u8>); 5] = [
        ("words", b"Dear diary,\n".repeat(2_000)),
        ("noise", (0..60_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()),
        ("half a head", mirror[..60].to_vec()),
        ("of another program", fs::read(&other).unwrap()),
        ("newer", fs::read(&newer).unwrap()),
    ];
    for (told, bytes) in cases {
        fs::write(scene.mirror(), &bytes).unwrap();
        for command in ["sync", "status"] {
            block_in_place(|| refused(scene.program(&[command]), "mirror.db", ""));
            assert!(fs::read(scene.mirror()).unwrap() == bytes, "{told}: {command} wrote to it");
        }
    }
}

/// A mirror that lost its end, or a page in its midst: refused when opened or when it is met, never a panic, and what
/// verify and doctor say is not that all is well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mirror_that_lost_a_part_is_never_called_sound() {
    let scene = synchronized().await;
    let whole = fs::read(scene.mirror()).unwrap();
    let page = 16_384;
    let mut rng = fastrand::Rng::with_seed(7);
    for case in 0..9 {
        let mut bytes = whole.clone();
        let at = rng.usize(1..whole.len() / page) * page;
        match case % 3 {
            0 => bytes.truncate(at),
            1 => bytes.truncate(at + rng.usize(1..page)),
            _ => bytes[at..at + page].fill(0),
        }
        fs::write(scene.mirror(), &bytes).unwrap();
        let told = format!("case {case}, at page {}", at / page);
        block_in_place(|| {
            let doctor = scene.program(&["doctor"]).output().unwrap();
            assert!(!doctor.status.success(), "{told}: {}", String::from_utf8_lossy(&doctor.stdout));
            let sync = scene.sync().output().unwrap();
            let stderr = String::from_utf8_lossy(&sync.stderr);
            // Nothing is to be done, so what is broken may not be met.
            assert!(matches!(sync.status.code(), Some(0 | 5)), "{told}: {:?} {stderr}", sync.status);
            assert!(!stderr.contains("panicked"), "{told}: {stderr}");
        });
    }
}

/// What no later run repairs is not to be repaired by a later run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mirror_whose_own_tables_were_changed_is_corrupt_and_says_so_each_time() {
    let scene = synchronized().await;
    let whole = fs::read(scene.mirror()).unwrap();
    for damage in [
        "DROP TABLE _outbox",
        "ALTER TABLE _outbox RENAME COLUMN settled TO put",
        "INSERT INTO _outbox VALUES (1, 1, 1, NULL, 'none of them', 0)",
        "DELETE FROM _total",
    ] {
        for rest in ["mirror.db-wal", "mirror.db-shm"] {
            let _ = fs::remove_file(scene.path(rest));
        }
        fs::write(scene.mirror(), &whole).unwrap();
        let other = Connection::open(scene.mirror()).unwrap();
        other.execute_batch(damage).unwrap();
        other.close().unwrap();
        for _ in 0..2 {
            block_in_place(|| refused(scene.sync(), "mirror.db", "is corrupt ("));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_file_is_refused() {
    let scene = scene().await;
    let at = |name: &str| scene.path(name);
    fs::create_dir(at("folder")).unwrap();
    symlink(at("nowhere/mirror.db"), at("dangling")).unwrap();
    symlink(at("loop"), at("loop")).unwrap();
    let made = Command::new("mkfifo").arg(at("pipe")).status().unwrap();
    assert!(made.success());
    // A link is told by where it leads.
    for (name, named) in
        [("folder", "folder"), ("dangling", "nowhere/mirror.db"), ("loop", "loop"), ("pipe", "pipe")]
    {
        block_in_place(|| refused(scene.program_at(&at(name), &["sync"]), named, ""));
    }
    assert!(!at("nowhere").exists());
}

/// What `ln` makes is the same file with another log and another lock: two runs would write over each other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_with_two_names_is_written_by_none_of_them() {
    let service = slow().await;
    let account = service.owed(DeviceUuid::fresh()).await;
    let scene = again(&service);
    let other = scene.path("other.db");
    block_in_place(|| {
        // In the midst of a run by the first name.
        let (child, mut lines) = under_way(&scene, 2);
        fs::hard_link(scene.mirror(), &other).unwrap();
        let reading = std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        refused(scene.sync_at(&other), "other.db", "2 names");
        assert!(child.wait_with_output().unwrap().status.success());
        reading.join().unwrap().unwrap();
    });
    let now = held(&scene.mirror()).unwrap();
    assert!(scene.owed(now.device).await.is_empty());
    nothing_is_lost(&account, &States::new(), &now, "after the run by the first name");

    let before = fs::read(scene.mirror()).unwrap();
    block_in_place(|| {
        for name in ["mirror.db", "other.db"] {
            refused(scene.sync_at(&scene.path(name)), name, "cp");
        }
        assert!(fs::read(scene.mirror()).unwrap() == before, "it was written");
        fs::remove_file(&other).unwrap();
        assert!(scene.sync().output().unwrap().status.success());
    });
}

/// Removed, moved away, or an older copy put in its place while a run is on: nothing is acknowledged from then on, the
/// run says so, and what was moved away is whole, without its log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mirror_that_leaves_its_place_in_mid_drain_is_not_up_to_date() {
    let service = slow().await;
    let account = service.owed(DeviceUuid::fresh()).await;
    for replaced in [None, Some(false), Some(true)] {
        let scene = again(&service);
        let (mirror, aside, older) = (scene.mirror(), scene.path("aside.db"), scene.path("older.db"));
        let (output, sent) = block_in_place(|| {
            if replaced == Some(true) {
                let first =
                    scene.program(&["sync", "-q", "--rate", "0", "--single-session"]).output().unwrap();
                assert!(first.status.code().is_some());
                fs::copy(&mirror, &older).unwrap();
                // What comes next is another device's, so that there is something to drain.
                Mirror::renew(&mirror, &Identity { host: scene.url.clone(), device: None }).unwrap();
            }
            let (child, mut lines) = under_way(&scene, 3);
            match replaced {
                None => fs::remove_file(&mirror).unwrap(),
                Some(_) => fs::rename(&mirror, &aside).unwrap(),
            }
            if replaced == Some(true) {
                fs::rename(&older, &mirror).unwrap();
            }
            let mut said = String::new();
            let reading = std::thread::spawn(move || lines.read_to_string(&mut said).map(|_| said));
            (child.wait_with_output().unwrap(), reading.join().unwrap().unwrap())
        });
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(5), "{replaced:?}: {told}");
        assert!(told.contains("mirror.db has been moved, removed or replaced"), "{replaced:?}: {told}");
        // A pack may have left in the moment of the move.
        let packs = sent.matches("\"event\":\"pack_accepted\"").count();
        assert!(packs <= 1, "{replaced:?}: {packs} packs were accepted after it had gone: {sent}");
        let log = fs::metadata(scene.path("mirror.db-wal")).map_or(0, |log| log.len());
        assert_eq!(log, 0, "{replaced:?}: whoever opens the file at its path would take the log for its own");
        if replaced.is_some() {
            let now = held(&aside).unwrap();
            nothing_is_lost(&account, &scene.owed(now.device).await, &now, "in the file that was moved");
        }
    }
}

/// Somebody without rights: this user, or where this is the superuser, nobody. The program must be where they can reach
/// it.
struct Powerless(PathBuf);

impl Powerless {
    fn new(folder: &Path) -> Self {
        let program = folder.join("program");
        fs::copy(env!("CARGO_BIN_EXE_drainboard"), &program).unwrap();
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
        Self(program)
    }

    const NOBODY: u32 = 65_534;

    fn is_needed() -> bool {
        rustix::process::geteuid().is_root()
    }

    fn owns(path: &Path) {
        if Self::is_needed() {
            chown(path, Some(Self::NOBODY), Some(Self::NOBODY)).unwrap();
        }
    }

    fn runs(&self, command: &Command) -> Command {
        let mut theirs = Command::new(&self.0);
        theirs.args(command.get_args()).env_clear();
        theirs.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if Self::is_needed() {
            theirs.uid(Self::NOBODY).gid(Self::NOBODY);
        }
        theirs
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_be_written_is_refused_and_can_be_read() {
    let scene = synchronized().await;
    let powerless = Powerless::new(scene.folder.path());
    let rights = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let before = fs::read(scene.mirror()).unwrap();
    for name in ["mirror.db", "mirror.db.lock"] {
        Powerless::owns(&scene.path(name));
    }
    // The file, then the folder, then both.
    for (file, folder) in [(0o444, 0o777), (0o644, 0o555), (0o444, 0o555)] {
        rights(&scene.mirror(), file);
        rights(scene.folder.path(), folder);
        let told = format!("{file:o} in {folder:o}");
        block_in_place(|| {
            refused(powerless.runs(&scene.sync()), "mirror.db", "writable");
            let status = powerless.runs(&scene.program(&["status"])).output().unwrap();
            assert!(status.status.success(), "{told}: {}", String::from_utf8_lossy(&status.stderr));
        });
        rights(scene.folder.path(), 0o755);
        assert!(fs::read(scene.mirror()).unwrap() == before, "{told}: it was written");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mirror_that_another_program_has_is_waited_for_but_not_for_ever() {
    let scene = synchronized().await;
    let before = held(&scene.mirror()).unwrap().states;
    // A long write, and a program that shares with nobody; both at once, since each is waited for.
    let locks =
        ["BEGIN IMMEDIATE", "PRAGMA locking_mode = exclusive; BEGIN EXCLUSIVE; UPDATE _total SET one = 1"];
    let refusal = |lock: &str| {
        let path = scene.path(&format!("{}-mirror.db", lock.len()));
        fs::copy(scene.mirror(), &path).unwrap();
        let other = Connection::open(&path).unwrap();
        other.execute_batch(lock).unwrap();
        refused(scene.program_at(&path, &["sync"]), "mirror.db", "another program");
        other.execute_batch("ROLLBACK").unwrap();
        drop(other);
        assert!(held(&path).unwrap().states == before);
    };
    block_in_place(|| {
        std::thread::scope(|threads| {
            for lock in locks {
                threads.spawn(|| refusal(lock));
            }
        });
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_lock_taken_in_mid_drain_is_waited_for_and_then_told() {
    let service = slow().await;
    let account = service.owed(DeviceUuid::fresh()).await;
    for (long, code) in [(false, 0), (true, 5)] {
        let scene = again(&service);
        let output = block_in_place(|| {
            let (child, mut lines) = under_way(&scene, 2);
            let other = Connection::open(scene.mirror()).unwrap();
            other.busy_timeout(Duration::from_secs(5)).unwrap();
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
            let reading = std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
            if !long {
                std::thread::sleep(Duration::from_millis(500)); // how long the other program writes
                other.execute_batch("ROLLBACK").unwrap();
            }
            let began = Instant::now();
            let output = child.wait_with_output().unwrap();
            assert!(began.elapsed() < NO_END, "no end of waiting: {:?}", began.elapsed());
            reading.join().unwrap().unwrap();
            output
        });
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        assert!(!long || stderr.contains("write-locked by another program"), "{stderr}");
        let now = held(&scene.mirror()).unwrap();
        nothing_is_lost(&account, &scene.owed(now.device).await, &now, "after the lock");
    }
}
