//! The power goes at the moment when an ack arrives: what the disk had not confirmed by then is gone, and yet all that
//! the ack names is there. And at the end of an export: where its manifest stands, all files that it names do.

use std::collections::BTreeSet;
use std::fs;
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

/// Pages come by and by, so that some are being committed when an ack leaves.
const LATENCY: Duration = Duration::from_millis(8);

/// Cuts the log back to what the disk has confirmed; how many bytes that were.
fn cut(scene: &Scene, syncs: &Path) -> usize {
    let syncs = fs::read_to_string(syncs).unwrap();
    let last = syncs.lines().rfind(|line| line.ends_with("-wal"));
    let synced: usize = last.map_or(0, |line| line.split(' ').next().unwrap().parse().unwrap());
    let path = scene.path("mirror.db-wal");
    let mut wal = fs::read(&path).unwrap();
    let gone = wal.len().saturating_sub(synced);
    wal.truncate(synced);
    fs::write(path, wal).unwrap();
    let _ = fs::remove_file(scene.path("mirror.db-shm"));
    gone
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_ack_names_is_on_the_disk_when_it_arrives() {
    let service = Scene::new(Options { items: 900, page: 10, latency: LATENCY, ..Options::default() }).await;
    let mut cuts = 0;
    for case in 0..6 {
        let mut scene = again(&service);
        let gate = Gate::new(&scene.url);
        gate.url.clone_into(&mut scene.url);
        // Syncs that take their time, so that what does not wait for them runs ahead.
        let syncs = scene.path("syncs.log");
        let mut sync = scene.program(&["sync", "--json", "--rate", "0", "--ack-pack", "40"]);
        sync.env("LD_PRELOAD", library("disk")).env("FAULT_UNDER", scene.mirror());
        sync.env("FAULT_SYNCS", &syncs).env("FAULT_SLOW", "60000");
        let nth = 1 + case % 2;
        let ran =
            block_in_place(|| gate.run(sync, scene.mirror(), (Point(Ack, Asked), nth), BTreeSet::new()));
        assert!(ran.hit && ran.broken.is_empty(), "{}", ran.stderr);
        let gone = cut(&scene, &syncs);
        cuts += usize::from(gone > 0);
        println!("{gone} bytes gone at ack {nth}");
        let left = held(&scene.mirror()).unwrap();
        for key in &ran.sent {
            let (about, revision, there) = gate.told(key);
            let mine = left.states.get(&about).map(|(mine, _)| *mine);
            let durable = if there { mine.is_some_and(|mine| mine >= revision) } else { mine.is_none() };
            assert!(durable, "case {case}: {gone} bytes are gone, and with them {key}, which was sent");
        }
    }
    assert!(cuts > 2, "only {cuts} of 6 had anything to lose");
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
