//! A whole drain over loopback HTTP beside its floor, both on one service, in turns: the least that any program must do
//! (take, write, acknowledge on three threads), written by hand, and `drainboard sync --rate 0`.
//!
//! `cargo bench --bench drain [-- RECORDS [ROUNDS]]`; `-- growth [RECORDS]` prints the table of growth
//! instead, `-- paced` what a drain takes at the documented rate, `-- index [RECORDS [ROUNDS]]` what the search index
//! is and costs.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

#[path = "drain/floor.rs"]
mod floor;
#[path = "drain/growth.rs"]
mod growth;
#[path = "drain/index.rs"]
mod index;
#[path = "drain/paced.rs"]
mod paced;
#[path = "../service/process.rs"]
#[expect(dead_code, reason = "shared with tests, which use all of it")]
mod process;
#[path = "drain/service.rs"]
mod service;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use floor::Columns;
use service::Service;

/// What one drain took.
#[derive(Debug, Clone, Copy)]
struct Took {
    time: Duration,
    /// Processor time of the draining process, in seconds.
    processor: f64,
    /// The most memory it had, in MiB; 0 for a floor, which shares the benchmark's.
    memory: f64,
}

/// What the rounds of one contender took, in seconds.
#[derive(Debug, Default)]
struct Rounds {
    times: Vec<f64>,
    processor: Vec<f64>,
    /// Processor time of the service.
    served: Vec<f64>,
    memory: f64,
}

impl Rounds {
    fn add(&mut self, service: &Service, drain: impl FnOnce() -> Took) {
        let before = service.processor();
        let took = drain();
        self.times.push(took.time.as_secs_f64());
        self.processor.push(took.processor);
        self.served.push(service.processor() - before);
        self.memory = self.memory.max(took.memory);
    }

    fn line(&self, name: &str, records: usize, ours: &Self) {
        let time = spread(self.times.iter().copied())[1];
        // Round by round, since the machine's speed is another one a minute later.
        let [least, middle, most] =
            spread(self.times.iter().zip(&ours.times).map(|(time, ours)| time / ours));
        println!(
            "{name:<36} {time:>6.2} s {:>9.0} records/s {least:>6.2} {middle:>5.2} {most:>5.2} {:>8.2} s {:>6.2} s",
            records as f64 / time,
            spread(self.processor.iter().copied())[1],
            spread(self.served.iter().copied())[1],
        );
    }
}

/// The least, the middle and the most.
fn spread(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    [values[0], values[values.len() / 2], values[values.len() - 1]]
}

/// What work in this process took.
fn here(work: impl FnOnce()) -> Took {
    let (begun, before) = (Instant::now(), service::processor(std::process::id()));
    work();
    let processor = service::processor(std::process::id()) - before;
    Took { time: begun.elapsed(), processor, memory: 0.0 }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    match arguments.first().map(String::as_str) {
        Some("growth") => {
            return growth::table(arguments.get(1).and_then(|a| a.parse().ok()).unwrap_or(1_000_000));
        }
        Some("paced") => return paced::table(),
        _ => {}
    }
    let indexed = arguments.first().is_some_and(|a| a == "index");
    let arguments = &arguments[usize::from(indexed)..];
    let number = |at: usize| arguments.get(at).and_then(|a| a.parse().ok());
    let (records, rounds) = (number(0).unwrap_or(200_000), number(1).unwrap_or(5));
    if indexed {
        return index::table(records, rounds);
    }
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(records, folder.path(), "0", "0ms");
    let mut contenders: [Rounds; 4] = Default::default();
    for round in 0..rounds {
        // A floor leaves to the system what it wrote: each begins on a disk that has nothing more to write.
        let file = |name: &str| {
            settle(folder.path());
            folder.path().join(format!("{name}{round}.db"))
        };
        let [away, floor, columns, ours] = &mut contenders;
        away.add(&service, || here(|| floor::throw_away(&service)));
        let mirror = file("floor");
        floor.add(&service, || here(|| floor::drain(&service, &mirror, Columns::None)));
        let mirror = file("columns");
        columns.add(&service, || here(|| floor::drain(&service, &mirror, Columns::All)));
        let mirror = file("mirror");
        ours.add(&service, || drainboard(&service, &mirror));
    }
    println!(
        "{records} records, {rounds} rounds: the middle one of each, and of the ratios the least and the most too"
    );
    println!(
        "{:<36} {:>8} {:>19} {:>18} {:>10} {:>8}",
        "", "time", "", "of drainboard's", "processor", "service"
    );
    let names = [
        "taken and thrown away",
        "floor: id, revision, data",
        "floor: and a column for each field",
        "drainboard sync --rate 0",
    ];
    let ours = &contenders[3];
    for (name, rounds) in names.iter().zip(&contenders) {
        rounds.line(name, records, ours);
    }
    println!("drainboard: {:.0} MiB", ours.memory);
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
    service::ended(start(service, mirror), begun)
}

/// The program, draining into a new mirror.
fn start(service: &Service, mirror: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_drainboard"))
        .args(["sync", "-q", "--rate", "0", "--base-url", service.base(), "--mirror"])
        .arg(mirror)
        .env("BASECRM_ACCESS_TOKEN", service.token())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}
