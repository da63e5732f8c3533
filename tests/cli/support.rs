//! What the command line's tests share: a folder of one's own, the real binary in a clean environment, the real service
//! as a child process, and a stand-in for servers that are none.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

pub(crate) use crate::process::Served;
use crate::process::drainboard;

/// A user with an empty home and a mirror in it.
pub(crate) struct User {
    home: TempDir,
    token: String,
    url: String,
}

impl User {
    /// A user of that service.
    pub(crate) fn of(served: &Served) -> Self {
        Self::with(&served.url, &served.token)
    }

    /// A user of whatever answers at a URL.
    pub(crate) fn with(url: &str, token: &str) -> Self {
        Self { home: tempfile::tempdir().unwrap(), token: token.to_owned(), url: url.to_owned() }
    }

    /// A path in the user's home.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The user's mirror.
    pub(crate) fn mirror(&self) -> PathBuf {
        self.path("mirror.db")
    }

    /// The binary without token, mirror or service.
    pub(crate) fn bare(&self, arguments: &[&str]) -> Command {
        let mut command = drainboard(self.home.path());
        command.args(arguments);
        command
    }

    /// The binary with the user's token, mirror and service.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.bare(arguments);
        command
            .env("BASECRM_ACCESS_TOKEN", &self.token)
            .env("DRAINBOARD_BASE_URL", &self.url)
            .env("DRAINBOARD_MIRROR", self.mirror());
        command
    }

    /// Runs a command to its end. Whatever it says, the token is not in it.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.ended(self.command(arguments))
    }

    /// The same for a command that was prepared otherwise.
    pub(crate) fn ended(&self, mut command: Command) -> Ended {
        Ended::of(command.output().unwrap(), &self.token)
    }

    /// Synchronizes at full speed and returns the summary.
    pub(crate) fn sync(&self) -> Value {
        let ended = self.run(&["sync", "--json", "--rate", "0"]);
        ended.status(0);
        ended.summary()
    }

    /// Starts a synchronization whose events are read as they come.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let mut child =
            self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Running { child, lines, seen: String::new(), token: self.token.clone() }
    }

    /// The one number that a query answers.
    pub(crate) fn number(&self, sql: &str) -> u64 {
        let ended = self.run(&["query", "--csv", sql]);
        ended.status(0);
        ended.stdout.lines().nth(1).unwrap().parse().unwrap()
    }

    /// The mirror's rows a type, those of the types aside whose records have no id.
    pub(crate) fn rows(&self) -> Vec<(String, u64)> {
        let status = self.status();
        let kinds = status["kinds"].as_array().unwrap();
        let mut rows: Vec<(String, u64)> = kinds
            .iter()
            .map(|kind| {
                let name = kind["name"].as_str().unwrap();
                let counted = self.number(&format!("SELECT count(*) FROM \"{name}\""));
                assert_eq!(kind["rows"], counted, "the counter of {name}");
                (name.to_owned(), counted)
            })
            .filter(|(_, rows)| *rows > 0)
            .collect();
        rows.sort();
        rows
    }

    /// `status --json`
    pub(crate) fn status(&self) -> Value {
        let ended = self.run(&["status", "--json"]);
        ended.status(0);
        serde_json::from_str(&ended.stdout).unwrap()
    }
}

/// A command that has ended.
pub(crate) struct Ended {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    code: Option<i32>,
}

impl Ended {
    fn of(output: Output, token: &str) -> Self {
        let ended = Self {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code(),
        };
        assert!(token.is_empty() || !ended.stdout.contains(token), "the token is on stdout");
        assert!(token.is_empty() || !ended.stderr.contains(token), "the token is on stderr");
        ended
    }

    /// Checks the exit status.
    #[track_caller]
    pub(crate) fn status(&self, expected: i32) -> &Self {
        assert_eq!(self.code, Some(expected), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Checks that stderr is one or two lines of `drainboard: …` and names something.
    #[track_caller]
    pub(crate) fn complains_of(&self, what: &str) -> &Self {
        let lines = self.stderr.lines().count();
        assert!((1..=2).contains(&lines), "{} lines:\n{}", lines, self.stderr);
        assert!(
            self.stderr.starts_with("drainboard: ") && self.stderr.contains(what),
            "{what} in:\n{}",
            self.stderr
        );
        self
    }

    /// The last line of stdout, which must be a summary with every field of the contract.
    #[track_caller]
    pub(crate) fn summary(&self) -> Value {
        summary(self.stdout.lines().last().unwrap_or_default())
    }
}

/// Reads a summary line; every field of the contract must be there, in its order.
#[track_caller]
fn summary(line: &str) -> Value {
    let summary: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
    let mut names: Vec<&str> = summary.as_object().unwrap().keys().map(String::as_str).collect();
    let failed = names.pop_if(|name| *name == "error").is_some();
    assert_eq!(
        names,
        [
            "event",
            "converged",
            "sessions",
            "pages",
            "instructions",
            "created",
            "updated",
            "deleted",
            "stale",
            "acked",
            "pending_acks",
            "failed_objects",
            "retries",
            "seconds",
            "refused"
        ]
    );
    assert_eq!(summary["event"], "summary");
    assert!(!(failed && summary["converged"] == true), "{summary}");
    summary
}

/// A synchronization under way.
pub(crate) struct Running {
    child: Child,
    lines: BufReader<ChildStdout>,
    seen: String,
    token: String,
}

impl Running {
    /// Reads events until one of that name has come `times` times.
    pub(crate) fn wait_for(&mut self, event: &str, times: usize) {
        let mut left = times;
        while left > 0 {
            let mut line = String::new();
            assert!(
                self.lines.read_line(&mut line).unwrap() > 0,
                "ended before {times} {event}:\n{}",
                self.seen
            );
            let parsed: Value = serde_json::from_str(&line).unwrap();
            left -= usize::from(parsed["event"] == event);
            self.seen += &line;
        }
    }

    /// Sends a signal.
    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal).unwrap();
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`, then waits for it to be gone.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ended {
        self.lines.read_to_string(&mut self.seen).unwrap();
        let mut stderr = Vec::new();
        self.child.stderr.take().unwrap().read_to_end(&mut stderr).unwrap();
        let status = self.child.wait().unwrap();
        Ended::of(Output { status, stdout: self.seen.into_bytes(), stderr }, &self.token)
    }
}

impl Served {
    /// Asks the service's own side: edits, faults, figures.
    pub(crate) fn emulator(&self, method: &str, path: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(self.url.strip_prefix("http://").unwrap()).unwrap();
        write!(
            stream,
            "{method} /emulator/{path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: test\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() }
    }

    /// The account's records a type, as the service counts them, those without an id aside.
    pub(crate) fn rows(&self) -> Vec<(String, u64)> {
        let status = self.emulator("GET", "status", "");
        let counts = status["counts"].as_object().unwrap();
        let rows = counts.iter().map(|(kind, count)| (kind.clone(), count.as_u64().unwrap()));
        // These records have no id of their own: the mirror keeps them as instructions.
        let mut rows: Vec<(String, u64)> =
            rows.filter(|(kind, count)| *count > 0 && kind != "associated_contact").collect();
        rows.sort();
        rows
    }

    /// The account's records, all types.
    pub(crate) fn total(&self) -> u64 {
        let status = self.emulator("GET", "status", "");
        status["counts"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum()
    }
}

/// Something that answers every request the same, and is no Sync service. Returns its base URL.
pub(crate) fn stand_in(status: &'static str, content_type: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = BufReader::new(stream.try_clone().unwrap());
            let mut line = String::new();
            // The head's end is an empty line; bodies of `start` are empty.
            while head.read_line(&mut line).is_ok_and(|read| read > 2) {
                line.clear();
            }
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    url
}

/// A base URL where nobody listens.
pub(crate) fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
