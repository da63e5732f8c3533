//! A folder, the real binary in it, and what a mirror has.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use crate::process::{Served, drainboard};

/// A folder with mirrors and services of its own.
pub(crate) struct Bench {
    home: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.home.path()
    }

    /// A file with these lines.
    pub(crate) fn file(&self, name: &str, lines: &[&str]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, lines.join("\n")).unwrap();
        path
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = drainboard(self.home.path());
        command.current_dir(self.home.path()).args(arguments);
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Serves on a free port, once it accepts connections.
    pub(crate) fn serve(&self, options: &[&str]) -> Served {
        Served::at(self.home.path(), options)
    }

    /// Synchronizes a mirror in this folder until it converged.
    pub(crate) fn sync(&self, served: &Served, mirror: &str) -> Output {
        let mut command = self.command(&["sync", "--rate", "0", "--json", "--mirror", mirror]);
        command.env("BASECRM_ACCESS_TOKEN", &served.token).env("DRAINBOARD_BASE_URL", &served.url);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// Serves `account` and synchronizes it into a fresh mirror; what that has then.
    pub(crate) fn replay(&self, account: &str, mirror: &str) -> Rows {
        let served = self.serve(&["--account", account]);
        self.sync(&served, mirror);
        rows(&self.path(mirror))
    }
}

impl Served {
    /// One POST by hand; the whole answer.
    pub(crate) fn post(&self, path: &str, body: &str) -> String {
        self.ask("POST", path, body)
    }

    pub(crate) fn get(&self, path: &str) -> String {
        self.ask("GET", path, "")
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> String {
        use std::io::{Read as _, Write as _};
        let host = self.url.strip_prefix("http://").unwrap();
        let mut stream = std::net::TcpStream::connect(host).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nUser-Agent: t\r\n\
             X-Basecrm-Device-UUID: 00000000-0000-4000-8000-000000000001\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

/// What a mirror has, by table: each row's id (or event and ack key), revision and data, sorted.
pub(crate) type Rows = BTreeMap<String, Vec<String>>;

/// Reads a mirror, apart from what is the synchronization's own.
pub(crate) fn rows(path: &Path) -> Rows {
    let mirror = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    let types: Vec<(String, String)> = mirror
        .prepare("SELECT name, table_name FROM _type WHERE rows > 0")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut all = Rows::new();
    for (name, table) in types {
        let table = table.replace('"', "\"\"");
        all.insert(name, read(&mirror, &format!("SELECT id, revision, data FROM \"{table}\"")));
    }
    let unkeyed = read(&mirror, "SELECT type, ack_key, event_type, revision, data FROM _unkeyed");
    all.insert("_unkeyed".to_owned(), unkeyed);
    all
}

fn read(mirror: &Connection, sql: &str) -> Vec<String> {
    let mut statement = mirror.prepare(sql).unwrap();
    let width = statement.column_count();
    let mut found: Vec<String> = statement
        .query_map([], |row| {
            (0..width).map(|at| row.get::<_, Value>(at)).collect::<rusqlite::Result<Vec<_>>>()
        })
        .unwrap()
        // The debug form tells 12 from '12'.
        .map(|row| format!("{:?}", row.unwrap()))
        .collect();
    found.sort();
    found
}
