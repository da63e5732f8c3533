//! A user's home in which the program runs, and everything that it wrote there and elsewhere.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use portable_pty::CommandBuilder;
use tempfile::TempDir;

use crate::pty;
use crate::search::find;

/// A home of one's own. All modes are the program's own work: it runs with an umask of 0.
pub(crate) struct Den {
    home: TempDir,
    pub(crate) token: String,
    /// Name and bytes of what was written anywhere but into files.
    heard: RefCell<Vec<(String, Vec<u8>)>>,
    /// Paths that the test made, below which nothing is the program's.
    ours: RefCell<Vec<PathBuf>>,
}

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.status.code(), Some(code), "{}\n{}", self.stdout, self.stderr);
        self
    }
}

impl Den {
    pub(crate) fn new(token: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let (heard, ours) = (RefCell::default(), RefCell::default());
        Self { home, token: token.to_owned(), heard, ours }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// A file that the test makes, with a mode.
    pub(crate) fn write(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        self.ours.borrow_mut().push(path.clone());
        path
    }

    /// The program in this home, without token and service.
    pub(crate) fn bare(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "umask 0; ulimit -c unlimited 2>/dev/null; exec \"$@\"", "sh"]);
        command.arg(env!("CARGO_BIN_EXE_drainboard")).args(arguments);
        command.env_clear().envs(self.environment()).current_dir(self.home.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let home = self.home.path().to_str().unwrap().to_owned();
        let path = std::env::var("PATH").unwrap();
        // No way to the keyring of whoever runs this.
        let bus = format!("unix:path={home}/no-bus");
        let backtrace = "full".to_owned();
        vec![
            ("HOME", home.clone()),
            ("TMPDIR", home),
            ("PATH", path),
            ("RUST_BACKTRACE", backtrace),
            ("DBUS_SESSION_BUS_ADDRESS", bus),
        ]
    }

    /// The same with this token, for that service.
    pub(crate) fn command(&self, url: &str, arguments: &[&str]) -> Command {
        let mut command = self.bare(arguments);
        command.env("BASECRM_ACCESS_TOKEN", &self.token).env("DRAINBOARD_BASE_URL", url);
        command
    }

    /// The same in a terminal.
    pub(crate) fn console(&self, url: &str, arguments: &[&str]) -> CommandBuilder {
        let program = pty::program(arguments);
        let mut command = CommandBuilder::new("/bin/sh");
        command.args(["-c", "umask 0; exec \"$@\"", "sh"]);
        command.args(program.get_argv());
        command.env_clear();
        for (name, value) in self.environment() {
            command.env(name, value);
        }
        command.env("TERM", "xterm-256color");
        command.env("BASECRM_ACCESS_TOKEN", &self.token);
        command.env("DRAINBOARD_BASE_URL", url);
        command.cwd(self.home.path());
        command
    }

    /// Keeps what was written somewhere.
    pub(crate) fn hear(&self, what: &str, bytes: impl Into<Vec<u8>>) {
        self.heard.borrow_mut().push((what.to_owned(), bytes.into()));
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, command: Command) -> Ended {
        self.start(command).end()
    }

    pub(crate) fn start(&self, mut command: Command) -> Running<'_> {
        let what = command.get_args().skip(3).fold(String::new(), |mut all, word| {
            let _ = write!(all, " {}", word.to_string_lossy());
            all
        });
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut pipe = child.stderr.take().unwrap();
        let stderr = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            pipe.read_to_end(&mut bytes).unwrap();
            bytes
        });
        Running { den: self, what, child: Some(child), stdout, seen: Vec::new(), stderr: Some(stderr) }
    }

    /// What other users see of a process, its threads and its children.
    pub(crate) fn spy(&self, pid: u32) {
        let root = PathBuf::from(format!("/proc/{pid}"));
        for name in ["cmdline", "comm", "status"] {
            // A process may just be gone; elsewhere than on Linux there is nothing to see.
            self.hear(&format!("{name} of {pid}"), fs::read(root.join(name)).unwrap_or_default());
        }
        for thread in fs::read_dir(root.join("task")).into_iter().flatten().flatten() {
            let read = |name: &str| fs::read(thread.path().join(name)).unwrap_or_default();
            self.hear("the name of a thread", read("comm"));
            for child in String::from_utf8(read("children")).unwrap().split_whitespace() {
                self.spy(child.parse().unwrap());
            }
        }
    }

    /// Searches all that was written, and looks at the modes of all that was made. `allowed`: bytes that may be there.
    #[track_caller]
    pub(crate) fn is_tight(&self) {
        let mut faults = String::new();
        for (what, bytes) in self.heard.borrow().iter() {
            if let Some((form, at)) = find(&self.token, bytes) {
                let around = &bytes[at.saturating_sub(80)..bytes.len().min(at + 80)];
                let _ = writeln!(faults, "{what}: {form} in {:?}", String::from_utf8_lossy(around));
            }
        }
        let mut files = Vec::new();
        walk(self.home.path(), &mut files);
        for path in files.iter().filter(|path| !self.ours.borrow().contains(path)) {
            let name = path.strip_prefix(self.home.path()).unwrap().display();
            let meta = path.symlink_metadata().unwrap();
            let wanted = match path.extension() {
                _ if meta.is_dir() => 0o700,
                // For Prometheus, which is another user.
                Some(end) if end == "prom" => 0o644,
                _ => 0o600,
            };
            let mode = meta.permissions().mode() & 0o7777;
            if mode != wanted {
                let _ = writeln!(faults, "{name} has mode {mode:04o}");
            }
            if meta.is_file()
                && let Some((form, at)) = find(&self.token, &fs::read(path).unwrap())
            {
                let _ = writeln!(faults, "{name}: {form} at byte {at}");
            }
            if let Some((form, _)) = find(&self.token, path.as_os_str().as_encoded_bytes()) {
                let _ = writeln!(faults, "a file's name: {form}");
            }
        }
        assert!(!self.heard.borrow().is_empty() || !files.is_empty(), "nothing was written");
        assert!(faults.is_empty(), "the token, or a mode:\n{faults}");
    }

    /// The files below the home, by their names.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        walk(self.home.path(), &mut files);
        let name = |path: &PathBuf| path.strip_prefix(self.home.path()).unwrap().display().to_string();
        files.iter().map(name).collect()
    }
}

fn walk(folder: &Path, all: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        all.push(path.clone());
        if path.is_dir() && !path.is_symlink() {
            walk(&path, all);
        }
    }
}

/// A command under way. What it writes is kept when it ends.
pub(crate) struct Running<'a> {
    den: &'a Den,
    what: String,
    child: Option<Child>,
    stdout: BufReader<std::process::ChildStdout>,
    seen: Vec<u8>,
    stderr: Option<std::thread::JoinHandle<Vec<u8>>>,
}

impl Running<'_> {
    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Reads stdout until a line has these words.
    #[track_caller]
    pub(crate) fn line(&mut self, words: &str) -> String {
        loop {
            let mut line = Vec::new();
            let n = self.stdout.read_until(b'\n', &mut line).unwrap();
            assert!(n > 0, "no {words} in {}", String::from_utf8_lossy(&self.seen));
            self.seen.extend_from_slice(&line);
            let line = String::from_utf8(line).unwrap();
            if line.contains(words) {
                return line;
            }
        }
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(self.child.as_ref().unwrap());
        rustix::process::kill_process(pid, signal).unwrap();
    }

    pub(crate) fn end(mut self) -> Ended {
        let mut child = self.child.take().unwrap();
        self.stdout.read_to_end(&mut self.seen).unwrap();
        let stderr = self.stderr.take().unwrap().join().unwrap();
        let status = child.wait().unwrap();
        let stdout = std::mem::take(&mut self.seen);
        self.den.hear(&format!("stdout of{}", self.what), stdout.clone());
        self.den.hear(&format!("stderr of{}", self.what), stderr.clone());
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended { status, stdout: text(stdout), stderr: text(stderr) }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// `drainboard serve` in a home of its own, with a token that is given.
pub(crate) struct Served<'a> {
    running: Running<'a>,
    pub(crate) url: String,
}

impl<'a> Served<'a> {
    pub(crate) fn start(den: &'a Den, options: &[&str]) -> Self {
        let mut command = den.bare(&[&["serve", "--listen", "127.0.0.1:0"], options].concat());
        command.env("BASECRM_ACCESS_TOKEN", &den.token);
        let mut running = den.start(command);
        let line = running.line("listening on ");
        let (url, token) = crate::process::listening(&line);
        assert_eq!(token, den.token);
        // The one line that tells it, by contract.
        running.seen.clear();
        Self { running, url }
    }

    /// Its process, and how it ends when it is asked to.
    pub(crate) fn stop(self) -> Ended {
        self.running.den.spy(self.running.id());
        self.running.signal(rustix::process::Signal::TERM);
        self.running.end()
    }
}
