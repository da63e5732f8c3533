//! A whole drain over loopback HTTP beside its floor, both on one service, in turns: the least that any program must do
//! (take, write, acknowledge on three threads), written by hand, and `drainboard sync --rate 0`.
//!
//! `cargo bench --bench drain [-- RECORDS [ROUNDS]]`; `-- growth` prints the table of growth instead.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

#[path = "drain/floor.rs"]
mod floor;
#[path = "drain/growth.rs"]
mod growth;
#[path = "../service/process.rs"]
#[expect(dead_code, reason = "shared with tests, which use all of it")]
mod process;
#[path = "drain/service.rs"]
mod service;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use floor::Columns;
use service::Service;

/// What one drain took.
#[derive(Debug, Clone, Copy)]
struct Took {
    time: Duration,
    /// Processor time of the draining process, in seconds; zero for a floor, which shares the benchmark's.
    processor: f64,
    /// The most memory it had, in MiB.
    memory: f64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    if arguments.first().is_some_and(|a| a == "growth") {
        return growth::table(arguments.get(1).and_then(|a| a.parse().ok()).unwrap_or(1_000_000));
    }
    let number = |at: usize| arguments.get(at).and_then(|a| a.parse().ok());
    let (records, rounds) = (number(0).unwrap_or(200_000), number(1).unwrap_or(5));
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(records, folder.path());
    println!("{records} records, {rounds} rounds, the middle one of each");
    let mut times: [Vec<f64>; 4] = Default::default();
    let mut last = None;
    for round in 0..rounds {
        // A floor leaves to the system what it wrote: each begins on a disk that has nothing more to write.
        let file = |name: &str| {
            settle(folder.path());
            folder.path().join(format!("{name}{round}.db"))
        };
        times[0].push(floor::throw_away(&service).as_secs_f64());
        times[1].push(floor::drain(&service, &file("floor"), Columns::None).as_secs_f64());
        times[2].push(floor::drain(&service, &file("columns"), Columns::All).as_secs_f64());
        let took = drainboard(&service, &file("mirror"));
        times[3].push(took.time.as_secs_f64());
        last = Some(took);
    }
    let middle: Vec<f64> = times
        .into_iter()
        .map(|mut times| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        })
        .collect();
    let names = [
        "taken and thrown away",
        "floor: id, revision, data",
        "floor: and a column for each field",
        "drainboard sync --rate 0",
    ];
    for (name, time) in names.iter().zip(&middle) {
        println!(
            "{name:<36} {time:>7.2} s  {:>9.0} records/s  {:>5.2} of it",
            records as f64 / time,
            time / middle[3]
        );
    }
    if let Some(took) = last {
        println!("drainboard: {:.1} s of processor, {:.0} MiB", took.processor, took.memory);
    }
}

/// Waits until all that was written to the folder's files is on the disk.
fn settle(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        std::fs::File::open(entry.unwrap().path()).unwrap().sync_all().unwrap();
    }
}

/// Drains with the program itself, into a new mirror.
fn drainboard(service: &Service, mirror: &Path) -> Took {
    let begun = Instant::now();
    let child = Command::new(env!("CARGO_BIN_EXE_drainboard"))
        .args(["sync", "-q", "--rate", "0", "--base-url", service.base(), "--mirror"])
        .arg(mirror)
        .env("BASECRM_ACCESS_TOKEN", service.token())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    service::ended(child, begun)
}
