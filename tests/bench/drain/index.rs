//! The search index: how large it is, how long it takes to make, and what it costs a drain that it follows.

use std::path::Path;
use std::time::{Duration, Instant};

use drainboard::mirror::Reader;
use drainboard::mirror::index::Indexer;

use super::service::{self, Service};
use super::{Took, drainboard, here, settle, spread, start};

/// Drains in pairs, without an index and followed by one, then makes an index of a whole mirror.
pub(super) fn table(records: usize, rounds: usize) {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(records, folder.path(), "0", "0ms");
    let (mut alone, mut followed) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let file = |name: &str| {
            settle(folder.path());
            folder.path().join(format!("{name}{round}.db"))
        };
        alone.push(drainboard(&service, &file("alone")));
        followed.push(drain_followed(&service, &file("followed")));
    }
    let mirror = folder.path().join("alone0.db");
    let made = here(|| Indexer::pass(&mirror, &mut |_, _| true).unwrap());
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len()) as f64 / f64::from(1 << 20);
    let mut index = mirror.as_os_str().to_owned();
    index.push(".search");
    println!("{records} records, {rounds} pairs: the least, the middle and the most");
    println!(
        "the index of a mirror of {:.0} MiB: {:.0} MiB, made in {:.2} s ({:.2} s of processor)",
        size(&mirror),
        size(index.as_ref()),
        made.time.as_secs_f64(),
        made.processor
    );
    let ratios =
        |of: fn(&Took) -> f64| spread(followed.iter().zip(&alone).map(|(one, other)| of(one) / of(other)));
    let print = |what: &str, [least, middle, most]: [f64; 3]| {
        println!("a drain that it follows: {least:.2} {middle:.2} {most:.2} of {what} of one alone");
    };
    print("the time", ratios(|took| took.time.as_secs_f64()));
    print("the processor time", ratios(|took| took.processor));
}

/// Drains while an indexer follows, as the console has it; its processor time is counted too.
fn drain_followed(service: &Service, mirror: &Path) -> Took {
    let before = service::processor(std::process::id());
    let begun = Instant::now();
    let mut child = start(service, mirror);
    while Reader::open(mirror).is_err() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let indexer = Indexer::start(mirror).unwrap();
    let took = service::watched(&mut child, begun, || indexer.poke());
    drop(indexer);
    Took { processor: took.processor + service::processor(std::process::id()) - before, ..took }
}
