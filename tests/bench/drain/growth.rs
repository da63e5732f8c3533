//! Growth: what a record, a look and a small session cost on copies of all sizes.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::floor::{self, Columns};
use super::service::Service;
use super::{Took, drainboard, here, settle};

/// Records that change before the small session.
const CHANGES: usize = 10;

/// Prints a line a size: 10,000 and each tenfold, up to `most`, and `most` itself.
pub(super) fn table(most: usize) {
    println!(
        "{:>10} {:>9} {:>10} {:>8} {:>8} {:>8} {:>8} {:>8} | {:>12} {:>12} {:>9} | {:>9}",
        "records",
        "made in",
        "drained in",
        "a record",
        "on disk",
        "memory",
        "floor",
        "on disk",
        "10 changes",
        "nothing new",
        "service",
        "status"
    );
    let mut size = 10_000;
    loop {
        line(size.min(most));
        if size >= most {
            return;
        }
        size *= 10;
    }
}

fn line(records: usize) {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(records, folder.path(), "0", "0ms");
    let mirror = folder.path().join("mirror.db");
    settle(folder.path());
    let (first, waited) = stalled(|| drainboard(&service, &mirror));
    settle(folder.path());
    let beside = folder.path().join("floor.db");
    let (floor, floor_waited) = stalled(|| here(|| floor::drain(&service, &beside, Columns::All)));
    std::fs::remove_file(beside).unwrap();
    service.edit(CHANGES);
    let before = service.processor();
    let second = drainboard(&service, &mirror);
    let served = service.processor() - before;
    let third = drainboard(&service, &mirror);
    let status = status(&mirror);
    println!(
        "{records:>10} {:>7.2} s {:>8.2} s {:>5.1} µs {:>5.1} µs {:>4.0} MiB {:>5.1} µs {:>5.1} µs | {:>9.0} ms \
         {:>9.0} ms {:>6.0} ms | {:>6.0} ms",
        service.ready.as_secs_f64(),
        first.time.as_secs_f64(),
        first.time.as_secs_f64() * 1e6 / records as f64,
        waited * 1e6 / records as f64,
        first.memory,
        floor.time.as_secs_f64() * 1e6 / records as f64,
        floor_waited * 1e6 / records as f64,
        milliseconds(second),
        milliseconds(third),
        served * 1e3,
        status * 1e3,
    );
}

/// What work took, and how long somebody on this machine waited for a disk meanwhile, in seconds: that part is not the
/// program's. 0 where the system does not say (Linux does, with pressure stall information).
fn stalled(work: impl FnOnce() -> Took) -> (Took, f64) {
    let total = || {
        let pressure = std::fs::read_to_string("/proc/pressure/io").unwrap_or_default();
        let some = pressure.lines().find(|line| line.starts_with("some")).unwrap_or_default();
        some.rsplit("total=").next().and_then(|total| total.parse::<f64>().ok()).unwrap_or_default() / 1e6
    };
    let before = total();
    let took = work();
    (took, total() - before)
}

fn milliseconds(took: Took) -> f64 {
    took.time.as_secs_f64() * 1e3
}

/// How long `drainboard status` takes, in seconds.
fn status(mirror: &Path) -> f64 {
    let begun = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_drainboard"))
        .args(["status", "--json", "--mirror"])
        .arg(mirror)
        .stdout(Stdio::null())
        .status();
    assert!(status.unwrap().success());
    begun.elapsed().as_secs_f64()
}
