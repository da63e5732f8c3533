//! `drainboard serve` as a process of its own on a free port of this machine, and the environment that tests give the
//! program: one with nothing of whoever runs them.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// The program, with `home` for its home and its temporary folder.
pub(crate) fn drainboard(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_drainboard"));
    command.env_clear();
    for name in ["PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "LLVM_PROFILE_FILE"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.env("HOME", home).env("TMPDIR", home).stdin(Stdio::null());
    // No way to the keyring of whoever runs this.
    command.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", home.join("no-bus").display()));
    command
}

/// Address and token, from the line that a service says first.
pub(crate) fn listening(line: &str) -> (String, String) {
    let rest = line.strip_prefix("listening on ").unwrap_or_else(|| panic!("the service says {line:?}"));
    let (url, token) = rest.trim_end().split_once("  token ").unwrap();
    (url.to_owned(), token.to_owned())
}

/// A running service; it ends with this.
pub(crate) struct Served {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    pub(crate) token: String,
    /// Its own home, where nobody else has one for it.
    home: Option<TempDir>,
}

impl Served {
    /// Serves with these options in a home of its own, and returns once it accepts connections.
    pub(crate) fn start(options: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut served = Self::at(home.path(), options);
        served.home = Some(home);
        served
    }

    /// The same in a folder, which relative names begin at.
    pub(crate) fn at(folder: &Path, options: &[&str]) -> Self {
        let mut command = drainboard(folder);
        command.current_dir(folder).args(["serve", "--listen", "127.0.0.1:0"]).args(options);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (url, token) = listening(&line);
        assert!(token.len() == 64 && token.chars().all(|c| c.is_ascii_alphanumeric()), "{token}");
        Self { child, url, token, home: None }
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal and waits for the end; the exit status.
    #[cfg(unix)]
    pub(crate) fn stop(mut self, signal: rustix::process::Signal) -> Option<i32> {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal).unwrap();
        self.child.wait().unwrap().code()
    }

    /// `kill -9`, then waits for it to be gone.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        drop(self.home.take()); // nobody writes to it any more
    }
}
