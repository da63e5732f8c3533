//! Where the README's commands are run: a home of their own, a shell that finds the program under its name, and a
//! service on this machine in the place of the real one.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use portable_pty::CommandBuilder;
use tempfile::TempDir;

use crate::pty::Terminal;

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A home, a service, and what was exported to the environment so far.
pub(crate) struct Scene {
    home: TempDir,
    service: Listening,
    exported: BTreeMap<String, String>,
}

impl Scene {
    pub(crate) fn set() -> Self {
        let home = tempfile::tempdir().unwrap();
        let bin = home.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_drainboard"), bin.join("drainboard")).unwrap();
        let variables = environment(home.path());
        let serve = shell("drainboard serve --listen 127.0.0.1:0 --items 500", home.path(), &variables);
        let service = Listening::start(serve);
        let exported = BTreeMap::from([("DRAINBOARD_BASE_URL".to_owned(), service.url.clone())]);
        Self { home, service, exported }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The service's token.
    pub(crate) fn token(&self) -> &str {
        &self.service.token
    }

    /// From now on a variable is as somebody exported it.
    pub(crate) fn export(&mut self, name: &str, value: &str) {
        self.exported.insert(name.to_owned(), value.to_owned());
    }

    fn variables(&self) -> BTreeMap<String, String> {
        let mut variables = environment(self.home.path());
        variables.extend(self.exported.clone());
        variables
    }

    /// Runs a line to its end; a pipe fails where a part of it does.
    pub(crate) fn run(&self, line: &str) -> Ended {
        let output = shell(line, self.home.path(), &self.variables()).output().unwrap();
        Ended {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Starts a service and sees it listen.
    pub(crate) fn listen(&self, line: &str) -> String {
        Listening::start(shell(line, self.home.path(), &self.variables())).url.clone()
    }

    /// Opens the console, presses the keys, sees the words, and leaves by key.
    pub(crate) fn open(&self, line: &str, keys: &str, words: &str) {
        let mut command = CommandBuilder::new("bash");
        command.args(["-c", line]);
        command.env_clear();
        for (name, value) in self.variables() {
            command.env(name, value);
        }
        command.env("TERM", "xterm-256color");
        command.cwd(self.home.path());
        let mut terminal = Terminal::start(command, 120, 40);
        terminal.until("the console", |screen| !screen.trim().is_empty());
        terminal.press(keys.as_bytes());
        terminal.see(words);
        terminal.quit();
    }
}

/// Nothing of the user's.
fn environment(home: &Path) -> BTreeMap<String, String> {
    let path = std::env::var("PATH").unwrap();
    let home = home.to_str().unwrap();
    [
        ("PATH", format!("{home}/bin:{path}")),
        ("HOME", home.to_owned()),
        ("TMPDIR", home.to_owned()),
        // No way to the keyring of whoever runs this.
        ("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={home}/no-bus")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

fn shell(line: &str, home: &Path, variables: &BTreeMap<String, String>) -> Command {
    let mut command = Command::new("bash");
    command.args(["-o", "pipefail", "-c", line]).current_dir(home).env_clear().envs(variables);
    command.stdin(Stdio::null());
    command
}

/// A `drainboard serve`; it ends with this.
struct Listening {
    child: Child,
    url: String,
    token: String,
}

impl Listening {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let rest = line.strip_prefix("listening on ").unwrap_or_else(|| panic!("the service says {line:?}"));
        let (url, token) = rest.trim_end().split_once("  token ").unwrap_or((rest.trim_end(), ""));
        Self { child, url: url.to_owned(), token: token.to_owned() }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
