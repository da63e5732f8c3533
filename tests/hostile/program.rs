//! The built program, watched from outside: how it ended, what it said, how much memory it took, what its mirror holds.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use drainboard::mirror::Reader;
use drainboard::mirror::reader::Value;
use tempfile::TempDir;

pub(crate) const TOKEN: &str = "t0ken-that-nobody-may-ever-see-4711";

/// A user with an empty home.
pub(crate) struct Home {
    folder: TempDir,
}

/// A run that has ended.
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    /// The last line of stdout.
    pub(crate) summary: serde_json::Value,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
    /// The most memory it had, in MiB; zero where the system does not say.
    pub(crate) peak: u64,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn mirror(&self) -> PathBuf {
        self.folder.path().join("mirror.db")
    }

    /// Starts a synchronization.
    pub(crate) fn begin(&self, url: &str, options: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_drainboard"));
        command.args(["sync", "--json", "--rate", "0"]).args(options);
        command.arg("--mirror").arg(self.mirror()).args(["--base-url", url]);
        command.env_clear().env("BASECRM_ACCESS_TOKEN", TOKEN);
        command.env("HOME", self.folder.path()).env("TMPDIR", self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Synchronizes to the end, which must come within `bound`. Whatever it wrote, the token is not in it, and nothing
    /// panicked.
    pub(crate) fn sync(&self, name: &str, url: &str, options: &[&str], bound: Duration) -> Ended {
        let began = Instant::now();
        let mut child = self.begin(url, options);
        let out = drained(child.stdout.take().unwrap());
        let err = drained(child.stderr.take().unwrap());
        let mut peak = 0;
        let status = loop {
            peak = peak.max(high_water(child.id()));
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if began.elapsed() > bound {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("{name}: not over after {bound:?}:\n{}{}", out.join().unwrap(), err.join().unwrap());
            }
            thread::sleep(Duration::from_millis(4));
        };
        let (stdout, stderr) = (out.join().unwrap(), err.join().unwrap());
        for said in [&stdout, &stderr] {
            assert!(!said.contains(TOKEN), "{name}: the token is out:\n{said:.2000}");
            assert!(!said.contains("panicked"), "{name}:\n{said:.2000}");
        }
        let last = stdout.lines().last().unwrap_or_default();
        let summary =
            serde_json::from_str(last).unwrap_or_else(|e| panic!("{name}: {e}: {last:.300}\n{stderr:.2000}"));
        Ended { status: status.code(), summary, stderr, took: began.elapsed(), peak }
    }

    /// What of these texts the mirror does not have, neither in a table nor among the instructions nor in the past.
    /// Where there is a mirror, it is sound.
    pub(crate) fn misses<'t>(&self, mut wanted: BTreeSet<&'t str>) -> BTreeSet<&'t str> {
        if !self.mirror().exists() {
            return wanted;
        }
        let reader = Reader::open(&self.mirror()).unwrap();
        let check = rows(&reader, "SELECT * FROM pragma_quick_check");
        assert_eq!(check, [[Value::Text("ok".into())]]);
        let mut tables = vec!["_unkeyed".to_owned(), "_history".to_owned()];
        tables.extend(
            rows(&reader, "SELECT table_name FROM _type").into_iter().map(|mut row| text(row.remove(0))),
        );
        for table in tables {
            let sql = format!("SELECT data FROM \"{}\"", table.replace('"', "\"\""));
            let asked = reader.query(&sql, &mut |_| {}, &mut |mut row| {
                wanted.remove(text(row.remove(0)).as_str());
                !wanted.is_empty()
            });
            asked.unwrap_or_else(|e| panic!("{sql:.200}: {e}"));
        }
        wanted
    }

    /// One number that a query answers.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        match rows(&Reader::open(&self.mirror()).unwrap(), sql).remove(0).remove(0) {
            Value::Integer(n) => n,
            other => panic!("{sql}: {other:?}"),
        }
    }

    /// No file of the home holds the token.
    pub(crate) fn holds_no_token(&self, name: &str) {
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    assert!(!holds(&path, TOKEN.as_bytes()), "{name}: the token is in {}", path.display());
                }
            }
        }
    }
}

fn holds(path: &Path, needle: &[u8]) -> bool {
    let bytes = std::fs::read(path).unwrap_or_default();
    memchr::memmem::find(&bytes, needle).is_some()
}

/// Reads a pipe to its end beside everything else.
fn drained(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    })
}

/// The most memory that a process ever had, in MiB; zero where nobody says.
fn high_water(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    // For an instant after its start it is still this process, with our memory and our name.
    if !status.starts_with("Name:\tdrainboard\n") {
        return 0;
    }
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1024
}

fn rows(reader: &Reader, sql: &str) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    let asked = reader.query(sql, &mut |_| {}, &mut |row| {
        rows.push(row);
        true
    });
    asked.unwrap_or_else(|e| panic!("{sql:.200}: {e}"));
    rows
}

fn text(value: Value) -> String {
    match value {
        Value::Text(text) => text,
        other => panic!("no text: {other:?}"),
    }
}
