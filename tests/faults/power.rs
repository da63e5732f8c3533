//! The power goes at the moment when an ack arrives: what the disk had not confirmed by then is gone, and yet all that
//! the ack names is there. And at the end of an export: where its manifest stands, all files that it names do.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Duration;

use drainboard::service::Options;
use tokio::task::block_in_place;

use crate::disk::{Call, Fault, library};
use crate::gate::Exchange::Ack;
use crate::gate::Stage::Asked;
use crate::gate::{Gate, Point};
use crate::nth::{again, scene};
use crate::scene::{Scene, held};

/// Pages come by and by, for longer than the acks need that are looked at: so that some are being committed when an ack
/// arrives, however fast the machine is.
const LATENCY: Duration = Duration::from_millis(40);

/// Takes back what a file's disk had not confirmed, the last write first; how many writes that were, and whether one of
/// them, or one before, began a log anew.
fn cut(file: &Path, syncs: &Path, undo: &Path) -> (usize, bool) {
    let end = format!(" synced {}", file.display());
    let syncs = fs::read_to_string(syncs).unwrap();
    let synced = syncs.lines().rfind(|line| line.ends_with(&end));
    let synced: usize = synced.map_or(0, |line| line.split(' ').next().unwrap().parse().unwrap());
    let list = fs::read(undo.join(file.file_name().unwrap())).unwrap_or_default();
    let number = |at: usize| u64::from_ne_bytes(list[at..at + 8].try_into().unwrap());
    let (mut at, mut writes, mut anew) = (0, Vec::new(), false);
    // The last record may be half there: its write was not begun.
    while at + HEAD <= list.len() && at + HEAD + number(at + 8) as usize <= list.len() {
        anew |= number(at) == 0 && number(at + 16) > 0;
        writes.push(at);
        at += HEAD + number(at + 8) as usize;
    }
    let gone: Vec<usize> = writes.into_iter().filter(|at| *at >= synced).collect();
    let Ok(whole) = fs::OpenOptions::new().write(true).open(file) else { return (0, anew) };
    for at in gone.iter().rev() {
        let (place, length, size) = (number(*at), number(at + 8) as usize, number(at + 16));
        whole.write_all_at(&list[at + HEAD..at + HEAD + length], place).unwrap();
        whole.set_len(size).unwrap();
    }
    (gone.len(), anew)
}

/// Three numbers before each undone write.
const HEAD: usize = 24;

/// A run whose power is cut when its nth ack arrives; how many writes were gone of the log and of the database, and
/// whether the log had been begun anew.
fn power_cut(service: &Scene, nth: usize, log_pages: &str) -> (usize, usize, bool) {
    let mut scene = again(service);
    let gate = Gate::new(&scene.url);
    gate.url.clone_into(&mut scene.url);
    let (syncs, undo) = (scene.path("syncs.log"), scene.path("undo"));
    fs::create_dir(&undo).unwrap();
    // Syncs that take their time, so that what does not wait for them runs ahead.
    let mut sync = scene.program(&["sync", "--json", "--rate", "0", "--ack-pack", "40"]);
    sync.env("LD_PRELOAD", library("disk")).env("FAULT_UNDER", scene.mirror());
    sync.env("FAULT_SYNCS", &syncs).env("FAULT_SLOW", "60000").env("FAULT_UNDO", &undo);
    sync.env("DRAINBOARD_CHECKPOINT", log_pages);
    let ran = block_in_place(|| gate.run(sync, scene.mirror(), (Point(Ack, Asked), nth), BTreeSet::new()));
    assert!(ran.hit && ran.broken.is_empty(), "{}", ran.stderr);
    let (log, anew) = cut(&scene.path("mirror.db-wal"), &syncs, &undo);
    let (database, _) = cut(&scene.mirror(), &syncs, &undo);
    let _ = fs::remove_file(scene.path("mirror.db-shm"));
    println!(
        "at ack {nth} {log} writes to the log are gone and {database} to the database; begun anew: {anew}"
    );
    let left = held(&scene.mirror()).unwrap();
    for key in &ran.sent {
        let (about, revision, there) = gate.told(key);
        let mine = left.states.get(&about).map(|(mine, _)| *mine);
        let durable = if there { mine.is_some_and(|mine| mine >= revision) } else { mine.is_none() };
        assert!(durable, "ack {nth}: the power went, and with it {key}, which was sent");
    }
    (log, database, anew)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_ack_names_is_on_the_disk_when_it_arrives() {
    let service = Scene::new(Options { items: 900, page: 10, latency: LATENCY, ..Options::default() }).await;
    let mut cuts = 0;
    // What a cut meets is left to chance: until enough of them had something to lose.
    for case in 0..60 {
        let (log, ..) = power_cut(&service, 1 + case % 2, "4000");
        cuts += usize::from(log > 0);
        if case >= 5 && cuts > 2 {
            return;
        }
    }
    panic!("only {cuts} of 60 had anything to lose");
}

/// A name is on the disk when its folder is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manifest_stands_only_where_all_files_of_the_kit_have_their_names() {
    let scene = scene().await;
    block_in_place(|| {
        assert!(scene.sync().output().unwrap().status.success());
        let (out, syncs) = (scene.path("kit"), scene.path("syncs.log"));
        let export = || {
            let _ = fs::remove_dir_all(&out);
            let _ = fs::remove_file(&syncs);
            let mut export = scene.program(&["export", "--all", "--output", out.to_str().unwrap()]);
            export.env("LD_PRELOAD", library("disk")).env("FAULT_UNDER", &out).env("FAULT_SYNCS", &syncs);
            export
        };
        let synced = || fs::read_to_string(&syncs).unwrap_or_default();
        assert!(export().output().unwrap().status.success());
        let all = synced().lines().count();
        let mut stood = 0;
        // Before each of the last syncs, so that some come behind the manifest's name.
        for nth in all - 8..=all {
            let mut dying = export();
            let fault = Fault { call: Call::Sync, nth, on: false, torn: false, error: None };
            fault.meets(&mut dying, &out, &scene.path("faults.log"));
            assert!(!dying.output().unwrap().status.success(), "it did not die at sync {nth} of {all}");
            if !out.join("manifest.json").exists() {
                continue;
            }
            stood += 1;
            for folder in [out.join("csv"), out.join("ndjson"), out.clone()] {
                let line = format!("synced {}", folder.display());
                assert!(
                    synced().lines().any(|l| l.ends_with(&line)),
                    "sync {nth}: {line} is missing:\n{}",
                    synced()
                );
            }
        }
        assert!((1..8).contains(&stood), "the manifest stood {stood} times");
    });
}

/// The same while the log is moved into the database again and again, and begun anew. What moves it at such lengths is in
/// debug builds alone.
#[cfg(debug_assertions)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_ack_names_is_on_the_disk_while_the_log_is_moved_into_the_database() {
    let service =
        Scene::new(Options { items: 3_000, page: 10, latency: LATENCY, ..Options::default() }).await;
    let (mut moved, mut anew) = (0, 0);
    for case in 0..90 {
        let (_, database, begun) = power_cut(&service, 2 + case % 9, ["40", "80", "150"][case % 3]);
        moved += usize::from(database > 0);
        anew += usize::from(begun);
        if case >= 8 && moved > 0 && anew > 2 {
            return; // enough of what is left to chance
        }
    }
    panic!("the database lost something {moved} times, the log was begun anew {anew} times");
}
