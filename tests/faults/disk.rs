//! A disk that fails on purpose: a small library in C, built once a run, that the program is started with, since no
//! safe Rust can stand between SQLite and the system. SQLite itself is built from C, so a compiler is where these tests
//! are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use rustix::io::Errno;

/// A call on files that can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Open,
    Read,
    Write,
    Sync,
    Truncate,
    Unlink,
}

impl Call {
    pub(crate) const ALL: [Self; 6] =
        [Self::Sync, Self::Truncate, Self::Unlink, Self::Write, Self::Open, Self::Read];

    fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Read => "read",
            Self::Write => "write",
            Self::Sync => "sync",
            Self::Truncate => "truncate",
            Self::Unlink => "unlink",
        }
    }
}

/// What goes wrong with the mirror's files.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) call: Call,
    /// Which call of this kind fails: 1, 2, 3 …
    pub(crate) nth: usize,
    /// Whether all that follow fail too.
    pub(crate) on: bool,
    /// Whether a failing write leaves half of its bytes.
    pub(crate) torn: bool,
    /// What the system says; none = the process dies there, by SIGKILL.
    pub(crate) error: Option<Errno>,
}

/// A library of `tests/faults`, by its name; built when it is first asked for.
pub(crate) fn library(name: &'static str) -> PathBuf {
    static BUILT: Mutex<BTreeMap<&str, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().unwrap();
    let library = built.entry(name).or_insert_with(|| {
        let source =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults").join(name).with_extension("c");
        let library = format!("{name}-{}.so", std::process::id());
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(library);
        let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
        let done = Command::new(compiler)
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([&library, &source])
            .status()
            .expect("a C compiler, as SQLite needs one");
        assert!(done.success());
        library
    });
    library.clone()
}

impl Fault {
    /// Lets the command meet this fault on the files whose path begins with `under`; `log` has what failed.
    pub(crate) fn meets(self, command: &mut Command, under: &Path, log: &Path) {
        command.env("LD_PRELOAD", library("disk")).env("FAULT_UNDER", under).env("FAULT_LOG", log);
        command.env("FAULT_CALL", self.call.word()).env("FAULT_NTH", self.nth.to_string());
        if let Some(error) = self.error {
            command.env("FAULT_ERROR", error.raw_os_error().to_string());
        }
        if self.on {
            command.env("FAULT_ON", "1");
        }
        if self.torn {
            command.env("FAULT_TORN", "1");
        }
    }
}
