//! The console as people have it: the real program in a pseudo-terminal of 120x40, on a mirror with 1,000,000 rows in
//! one table. From the key to what is on the screen, beside SQLite's own answer to the same question on the mirror's
//! table.
//!
//! `cargo bench --bench console [-- ROWS [FILE]]`, on a quiet machine. A FILE is kept and used again. What watching costs
//! a drain, alone: `cargo bench --bench console -- draining`.

#![cfg(target_os = "linux")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

#[path = "filler.rs"]
mod filler;
#[path = "../terminal/pty.rs"]
#[expect(dead_code, reason = "the rest is for the tests")]
mod pty;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use drainboard::mirror::Reader;
use drainboard::text::grouped;
use portable_pty::CommandBuilder;
use rustix::process::Signal;

use pty::{Terminal, program, status, wakeups};

const PAGE_DOWN: &[u8] = b"\x1b[6~";
const ALL: &str = "SELECT id, revision, data FROM contact";
/// How long nothing must be written for the screen to be at rest: longer than a remark stays.
const REST: Duration = Duration::from_millis(4_500);

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A line of the table: ours, the bound, and SQLite's own time where there is one.
fn line(what: &str, ours: f64, unit: &str, bound: &str, theirs: Option<Duration>, note: &str) {
    let beside = theirs.map_or(String::new(), |theirs| format!("SQLite {:.1} ms", ms(theirs)));
    println!("{what:<44} {ours:>9.1} {unit:<5} {bound:<14} {beside:<18} {note}");
}

/// The middle one and the longest.
fn middle(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort();
    (times[times.len() / 2], times[times.len() - 1])
}

struct Bench {
    terminal: Terminal,
    reader: Reader,
    rows: u64,
}

/// The id of the row under the cursor, as soon as it is one.
fn chosen(terminal: &Terminal) -> Option<u64> {
    let text = terminal.text();
    let (_, row) = text.split_once("│▸")?;
    row.split_whitespace().next()?.parse().ok()
}

impl Bench {
    /// SQLite's own time, the better of two.
    fn sql(&self, sql: &str) -> Duration {
        let once = || {
            let begun = Instant::now();
            self.reader.query(sql, &mut |_| {}, &mut |_| true).unwrap();
            begun.elapsed()
        };
        once().min(once())
    }

    /// From the keys to what is wanted on the screen.
    fn until(&mut self, keys: &[u8], what: &str, seen: impl Fn(&Terminal) -> bool) -> Duration {
        let begun = Instant::now();
        self.terminal.press(keys);
        self.terminal.until_all(what, seen);
        begun.elapsed()
    }

    /// From the keys to another row under the cursor.
    fn moved(&mut self, keys: &[u8], what: &str) -> Duration {
        let before = chosen(&self.terminal);
        let time = self.until(keys, what, |t| chosen(t).is_some_and(|now| Some(now) != before));
        // What is drawn later is not waited for, but must not meet the next key.
        self.terminal.settle(Duration::from_millis(120));
        time
    }

    fn pages(&mut self, what: &str, sql: &str) {
        let times = (0..9).map(|_| self.moved(PAGE_DOWN, what)).collect();
        let (time, most) = middle(times);
        line(what, ms(time), "ms", "5 ms", Some(self.sql(sql)), &format!("longest {:.1} ms", ms(most)));
    }

    fn jump(&mut self, what: &str, keys: &str, sql: &str) {
        let time = self.moved(keys.as_bytes(), what);
        line(what, ms(time), "ms", "20 ms", Some(self.sql(sql)), "");
    }

    fn rss(&self) -> f64 {
        status(&proc(&self.terminal), "VmRSS").unwrap_or(0) as f64 / 1024.0
    }
}

fn proc(terminal: &Terminal) -> PathBuf {
    PathBuf::from(format!("/proc/{}", terminal.pid().as_raw_nonzero()))
}

/// The CPU time of a process so far, and whether it has ended.
fn cpu(folder: &Path) -> (Duration, bool) {
    let stat = std::fs::read_to_string(folder.join("stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[11..=12].iter().map(|n| n.parse::<u64>().unwrap()).sum();
    (Duration::from_millis(ticks * 10), fields[0] == "Z")
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let (first, folder) = (arguments.next(), tempfile::tempdir().unwrap());
    if first.as_deref() == Some("draining") {
        return draining(folder.path());
    }
    let rows: u64 = first.and_then(|rows| rows.parse().ok()).unwrap_or(1_000_000);
    let path = arguments.next().map_or(folder.path().join("mirror.db"), Into::into);
    filler::mirror(&path, rows, true);
    let mut bench = start(&path, folder.path(), rows);
    moves(&mut bench);
    scans(&mut bench);
    memory(&mut bench);
    idle(&mut bench);
    held(&mut bench);
    let begun = Instant::now();
    bench.terminal.signal(Signal::TERM);
    bench.terminal.until_all("the terminal back", |t| !t.screen.screen().alternate_screen());
    let time = begun.elapsed();
    line("SIGTERM → terminal given back", ms(time), "ms", "300 ms", None, "");
    assert_eq!(bench.terminal.ended(), 143);
    draining(folder.path());
}

fn start(path: &Path, home: &Path, rows: u64) -> Bench {
    let mut command: CommandBuilder = program(&["--mirror"]);
    command.arg(path);
    command.env("HOME", home);
    command.cwd(home);
    // Once for the file's pages; the second time counts.
    drop(Terminal::start(command.clone(), 120, 40));
    let begun = Instant::now();
    let terminal = Terminal::start(command, 120, 40);
    let mut bench = Bench { terminal, reader: Reader::open(path).unwrap(), rows };
    bench.terminal.until_all("a frame", |t| t.frames(0) > 0);
    line("start → first frame", ms(begun.elapsed()), "ms", "30 ms", None, "");
    bench.until(b"2", "the rows", |t| chosen(t) == Some(1));
    line(
        "start → first rows",
        ms(begun.elapsed()),
        "ms",
        "100 ms",
        Some(bench.sql(&format!("{ALL} LIMIT 40"))),
        "",
    );
    line("memory then", bench.rss(), "MiB", "30 MiB", None, "");
    bench.terminal.settle(REST);
    bench
}

fn moves(bench: &mut Bench) {
    let (last, far) = ((bench.rows - 1) * 7 + 1, bench.rows * 9 / 10);
    let after = |id: u64| format!("{ALL} WHERE id > {id} ORDER BY id LIMIT 40");
    bench.pages("page down at the top", &after(300));
    bench.jump("end", "G", &format!("{ALL} ORDER BY id DESC LIMIT 40"));
    assert_eq!(chosen(&bench.terminal), Some(last));
    bench.jump("home", "gg", &format!("{ALL} ORDER BY id LIMIT 40"));
    assert_eq!(chosen(&bench.terminal), Some(1));
    bench.jump("row 900,000 of a million", "%90\r", &format!("{ALL} ORDER BY id LIMIT 40 OFFSET {far}"));
    bench.pages("page down there", &after(far * 7));
    let id = bench.rows / 2 * 7 + 1;
    bench.jump("to an id in the middle", &format!("#{id}\r"), &after(id));
    assert_eq!(chosen(&bench.terminal), Some(id));
    bench.pages("page down there", &after(id));
    bench.moved(b"%99.9\r", "near the end");
    bench.pages("page down near the end", &after(last - 5_000));
    bench.jump("home again", "gg", &format!("{ALL} ORDER BY id LIMIT 40"));
}

fn scans(bench: &mut Bench) {
    let all = format!(" of {}", grouped(bench.rows));
    let done = |t: &Terminal| {
        let text = t.text();
        text.contains(&all) && !text.contains("Esc stops")
    };
    let found = |t: &Terminal| {
        let text = t.text();
        text.contains("1 of ") && !text.contains(&all) && !text.contains("Esc stops")
    };
    let all_rows = |bench: &mut Bench, keys: &[u8]| {
        bench.terminal.press(keys);
        bench.terminal.until_all("all rows by id", |t| {
            let text = t.text();
            chosen(t).is_some()
                && text.contains(&all)
                && !text.contains(['▲', '▼'])
                && !text.contains("Esc stops")
        });
        bench.terminal.settle(Duration::from_millis(300));
    };
    // SQLite first, and again afterwards: what the system had forgotten of the file is not read again at our cost.
    let sorted = |bench: &mut Bench, keys: &[u8], what: &str, by: &str| {
        let sql = format!("{ALL} ORDER BY {by}, id LIMIT 40");
        let theirs = bench.sql(&sql);
        let seen = bench.until(keys, what, |t| t.text().contains('▲') && t.text().contains("Esc stops"));
        let time = seen + bench.until(b"", what, done);
        bench.terminal.settle(Duration::from_millis(300));
        let theirs = theirs.min(bench.sql(&sql));
        let note = format!("{:.2} ×, seen {:.1} ms", time.as_secs_f64() / theirs.as_secs_f64(), ms(seen));
        line(what, ms(time), "ms", "1.5 × SQLite", Some(theirs), &note);
    };
    sorted(bench, b">o", "sort by name", "name");
    let time = bench.moved(b"G", "the end of it");
    line("  then its end", ms(time), "ms", "50 ms", None, "");
    let time = bench.moved(b"\x1b[5~", "a page");
    line("  then a page", ms(time), "ms", "50 ms", None, "");
    sorted(bench, b"gg>o", "sort by email", "email");
    // Another order, and Esc in the middle of it.
    bench.terminal.press(b"o");
    bench.terminal.read_for(Duration::from_millis(120));
    let time = bench.until(b"\x1b", "the stop", |t| !t.text().contains("Esc stops"));
    line("Esc stops a sort", ms(time), "ms", "100 ms", None, "40 ms of it are the key's own");
    all_rows(bench, b"O");
    for (filter, bound, theirs) in [
        ("hanako", "50 ms", "data LIKE '%hanako%'"),
        ("lovelace", "50 ms at first", "data LIKE '%lovelace%'"),
        ("name:hanako", "2 × SQLite", "name LIKE '%hanako%'"),
        ("custom_fields.budget>99000", "2 × SQLite", "custom_fields ->> 'budget' > 99000"),
    ] {
        let sql = format!("SELECT count(*) FROM contact WHERE {theirs}");
        let theirs = bench.sql(&sql);
        let keys = format!("/{filter}");
        let first = bench.until(keys.as_bytes(), filter, |t| {
            chosen(t).is_some_and(|id| id != 1) && t.text().contains(filter)
        });
        let time = first + bench.until(b"", filter, found);
        all_rows(bench, b"\x1b");
        let theirs = theirs.min(bench.sql(&sql));
        let note =
            format!("{:.2} ×, first rows {:.1} ms", time.as_secs_f64() / theirs.as_secs_f64(), ms(first));
        line(&format!("filter {filter}"), ms(time), "ms", bound, Some(theirs), &note);
    }
}

fn memory(bench: &mut Bench) {
    line("memory after all that", bench.rss(), "MiB", "60 MiB", None, "");
    bench.terminal.settle(Duration::from_millis(300));
    bench.moved(b"%10\r", "a tenth");
    let before = bench.rss();
    for _ in 0..1_000 {
        let at = chosen(&bench.terminal);
        bench.until(PAGE_DOWN, "a page", |t| chosen(t).is_some_and(|now| Some(now) != at));
    }
    let note = format!("{before:.1} MiB before");
    line("memory after 1,000 more pages", bench.rss(), "MiB", "no growth", None, &note);
}

fn idle(bench: &mut Bench) {
    bench.terminal.settle(REST);
    let (bytes, switches) = (bench.terminal.raw.len(), wakeups(bench.terminal.pid()));
    bench.terminal.read_for(Duration::from_secs(5));
    let woken = (wakeups(bench.terminal.pid()) - switches) as f64 / 5.0;
    let note = format!("{} bytes in 5 s", bench.terminal.raw.len() - bytes);
    line("idle: wake-ups a second", woken, "", "5", None, &note);
}

fn held(bench: &mut Bench) {
    bench.moved(b"G", "the end");
    bench.moved(b"gg", "the top");
    for _ in 0..90 {
        bench.terminal.press(b"j");
        bench.terminal.read_for(Duration::from_millis(33));
    }
    let time = bench.until(b"", "the row", |t| chosen(t) == Some(90 * 7 + 1));
    line("a key held for 3 s: the last one's lag", ms(time), "ms", "no lag", None, "");
}

/// Drains that are compared, in turns: one alone says more of the machine than of the console.
const DRAINS: usize = 5;
const DEMO: [&str; 7] = ["demo", "--items", "240000", "--rate", "0", "--latency", "0ms"];

/// The console beside the same drain without one: the demo without a terminal.
fn draining(home: &Path) {
    let (mut alone, mut watched, mut frames, mut keys) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut unseen, mut only_seen) = (Vec::new(), Vec::new());
    let mut took = Duration::ZERO;
    for _ in 0..DRAINS {
        let (processor, time) = headless(home);
        alone.push(processor);
        unseen.push(time);
        only_seen.push(watch(0).took);
        let seen = watch(6);
        watched.push(seen.processor);
        frames.push(seen.frames / seen.took.as_secs_f64());
        took += seen.took / DRAINS as u32;
        keys.extend(seen.keys);
    }
    frames.sort_by(f64::total_cmp);
    line("draining: frames a second", frames[DRAINS - 1], "", "30", None, "");
    let (alone, _) = middle(alone);
    let (watched, _) = middle(watched);
    let more = (watched.as_secs_f64() - alone.as_secs_f64()) / took.as_secs_f64() * 100.0;
    let note = format!(
        "{:.2} s of processor in {:.1} s, without {:.2}; the middle of {DRAINS} each",
        watched.as_secs_f64(),
        took.as_secs_f64(),
        alone.as_secs_f64(),
    );
    line("draining: more than headless", more, "%", "10 % of a core", None, &note);
    let (unseen, only_seen) = (middle(unseen).0.as_secs_f64(), middle(only_seen).0.as_secs_f64());
    let note = format!("{only_seen:.2} s to the end, without {unseen:.2}; the middle of {DRAINS} each");
    line("draining: longer than headless", (only_seen / unseen - 1.0) * 100.0, "%", "5 %", None, &note);
    let (time, most) = middle(keys);
    line("draining: a key", ms(time), "ms", "a frame", None, &format!("longest {:.1} ms", ms(most)));
}

/// Processor time of the demo's drain without a console, and the time until it was up to date.
fn headless(home: &Path) -> (Duration, Duration) {
    let begun = Instant::now();
    let mut headless = Command::new(env!("CARGO_BIN_EXE_drainboard"));
    headless.args(DEMO).current_dir(home).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut headless = headless.spawn().unwrap();
    let mut said = BufReader::new(headless.stdout.take().unwrap()).lines();
    let up_to_date = said.any(|line| line.unwrap().starts_with("up to date"));
    let took = begun.elapsed();
    assert!(up_to_date);
    std::thread::spawn(move || said.for_each(drop));
    let folder = PathBuf::from(format!("/proc/{}", headless.id()));
    let alone = loop {
        let (time, ended) = cpu(&folder);
        if ended {
            break time;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(headless.wait().unwrap().success());
    (alone, took)
}

/// A drain that somebody watches.
struct Seen {
    processor: Duration,
    took: Duration,
    frames: f64,
    keys: Vec<Duration>,
}

/// Watches a drain, and presses a key so often meanwhile.
fn watch(presses: usize) -> Seen {
    let begun = Instant::now();
    let mut terminal = Terminal::start(program(&DEMO), 120, 40);
    terminal.until_all("a frame", |t| t.frames(0) > 0);
    terminal.see("draining");
    // Keys are as quick as ever.
    let mut keys = Vec::new();
    for _ in 0..presses {
        terminal.read_for(Duration::from_millis(150));
        let pressed = Instant::now();
        terminal.press(b"?");
        terminal.see("On this screen");
        keys.push(pressed.elapsed());
        terminal.read_for(Duration::from_millis(150));
        terminal.press(b"?");
        terminal.gone("On this screen");
    }
    terminal.see("✓ up to date");
    let took = begun.elapsed();
    let (processor, _) = cpu(&proc(&terminal));
    let frames = terminal.frames(0) as f64;
    terminal.quit();
    Seen { processor, took, frames, keys }
}
