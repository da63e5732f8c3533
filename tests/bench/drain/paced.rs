//! Under the documented limit: what a drain takes beside what its fetches and acks cost at that rate, `drainboard sync`
//! and a bare client that does nothing else. Both have four exchanges at a time and kept connections.

use std::collections::VecDeque;
use std::process::Stdio;
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use super::floor::{Client, Columns, Page, ack_body, device};
use super::service::Service;

const RECORDS: usize = 10_000;
const RATE: usize = 10;
const WORKERS: usize = 4;
/// Keys of the bare client's packs.
const PACK: usize = 2_000;

/// What a drain asked for, and how long it took.
struct Asked {
    fetches: usize,
    acks: usize,
    seconds: f64,
}

/// Prints a line a client, without latency and with that of a far service.
pub(super) fn table() {
    println!("{RECORDS} records, {RATE} requests a second; at the limit: what fetches and acks alone take");
    println!("{:<32} {:>8} {:>8} {:>13} {:>6}", "", "requests", "took", "at the limit", "ratio");
    for latency in ["0ms", "120ms"] {
        let folder = tempfile::tempdir().unwrap();
        let service = Service::start(RECORDS, folder.path(), &RATE.to_string(), latency);
        let mirror = folder.path().join("mirror.db");
        line(&service, &format!("drainboard sync, {latency}"), || drainboard(&service, &mirror));
        line(&service, &format!("a bare client, {latency}"), || bare(&service));
    }
}

fn line(service: &Service, name: &str, drain: impl FnOnce() -> Asked) {
    std::thread::sleep(Duration::from_millis(1_500)); // what was asked before counts no more
    let before = service.requests();
    let Asked { fetches, acks, seconds } = drain();
    let limit = (fetches + acks) as f64 / RATE as f64;
    println!(
        "{name:<32} {:>8} {seconds:>6.2} s {limit:>11.2} s {:>6.3}",
        service.requests() - before,
        limit / seconds
    );
}

fn drainboard(service: &Service, mirror: &std::path::Path) -> Asked {
    let begun = Instant::now();
    let output = super::process::drainboard(mirror.parent().unwrap())
        .args(["sync", "--json", "--rate", &RATE.to_string(), "--base-url", service.base(), "--mirror"])
        .arg(mirror)
        .env("BASECRM_ACCESS_TOKEN", service.token())
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    assert!(output.status.success(), "{}", output.status);
    let events = String::from_utf8(output.stdout).unwrap();
    let count = |name: &str| events.matches(&format!("\"event\":\"{name}\"")).count();
    Asked { fetches: count("page_committed"), acks: count("pack_accepted"), seconds }
}

/// When requests left.
struct Rate(Mutex<VecDeque<Instant>>);

impl Rate {
    /// Waits until one more may leave: some time after a second, since they take more or less long on their way.
    fn wait(&self) {
        let mut sent = self.0.lock().unwrap();
        if sent.len() == RATE
            && let Some(first) = sent.pop_front()
        {
            let second = Duration::from_millis(1_020);
            std::thread::sleep((first + second).saturating_duration_since(Instant::now()));
        }
        sent.push_back(Instant::now());
    }

    fn ask(&self, client: &Client, method: &reqwest::Method, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
        loop {
            self.wait();
            let (status, body) = client.ask(method.clone(), path, body.to_vec());
            if status != 429 {
                return (status, body);
            }
            std::thread::sleep(Duration::from_secs(1));
        }
    }
}

fn bare(service: &Service) -> Asked {
    let (post, get) = (reqwest::Method::POST, reqwest::Method::GET);
    let begun = Instant::now();
    let (rate, device) = (Rate(Mutex::default()), device());
    let client = Client::new(service, &device);
    let start = || rate.ask(&client, &post, "/v2/sync/start", &[]);
    let path = Client::queue(&start().1);
    let (taken, pages) = mpsc::channel();
    let (mut fetches, mut acks) = (0, 0);
    std::thread::scope(|threads| {
        for _ in 0..WORKERS {
            let (taken, rate, device, path, get) = (taken.clone(), &rate, &device, &path, &get);
            threads.spawn(move || {
                let client = Client::new(service, device);
                while let (200, body) = rate.ask(&client, get, path, &[]) {
                    taken.send(Page::read(body, Columns::None)).unwrap();
                }
            });
        }
        drop(taken);
        let mut pack = Vec::new();
        let mut acknowledge = |pack: &mut Vec<Page>| {
            acks += 1;
            let body = ack_body(&std::mem::take(pack));
            assert_eq!(rate.ask(&client, &post, "/v2/sync/ack", &body).0, 202);
        };
        for page in pages {
            fetches += 1;
            pack.push(page);
            if pack.iter().map(Page::len).sum::<usize>() >= PACK {
                acknowledge(&mut pack);
            }
        }
        if !pack.is_empty() {
            acknowledge(&mut pack);
        }
    });
    assert_eq!(start().0, 204);
    Asked { fetches, acks, seconds: begun.elapsed().as_secs_f64() }
}
