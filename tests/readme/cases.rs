//! What is not simply run and expected to succeed: what stands for the README's placeholders, what a command shows or
//! opens, and the commands that cannot run here, each with the reason.

/// What becomes of a command.
pub(crate) enum Does {
    /// Ends with a status and says something.
    Ends(i32, &'static str),
    /// Says where it listens, until it is stopped.
    Listens,
    /// Opens the console, which shows something after some keys.
    Opens(&'static str, &'static str),
    /// Is not run, because …
    NotHere(&'static str),
}
use Does::{Ends, Listens, NotHere, Opens};

/// A command of the README, as it stands there.
pub(crate) struct Case {
    pub(crate) said: &'static str,
    /// Placeholders, and what stands for them.
    pub(crate) with: &'static [(&'static str, &'static str)],
    pub(crate) does: Does,
}

const fn case(said: &'static str, with: &'static [(&'static str, &'static str)], does: Does) -> Case {
    Case { said, with, does }
}

/// Any free port in the place of the usual one.
const ANY_PORT: (&str, &str) = ("drainboard serve", "drainboard serve --listen 127.0.0.1:0");

pub(crate) const CASES: &[Case] = &[
    case(
        "cargo run --release -- demo",
        &[("cargo run --release --", "drainboard")],
        // At the service's pace it takes 12 s: `P` lifts it, as the README says.
        Opens("P", "✓ up to date"),
    ),
    case("drainboard", &[], Opens("", "synchronize until nothing is left")),
    case("drainboard --sync", &[], Opens("", "✓ up to date")),
    case("drainboard sync --json | tail -1", &[], Ends(0, "\"converged\":true")),
    case("drainboard demo", &[], Ends(0, "up to date: 12,")),
    case("drainboard demo | cat", &[], Ends(0, "up to date: 12,")),
    case("drainboard sync", &[], Ends(0, "up to date")),
    case("drainboard sync --rate 0", &[], Ends(0, "up to date")),
    case("drainboard verify", &[], Ends(0, "byte for byte")),
    case("drainboard serve", &[ANY_PORT], Listens),
    case("drainboard serve --console", &[ANY_PORT], Opens("", "Nothing was asked yet")),
    case("drainboard serve --account exit-kit", &[ANY_PORT], Listens),
    case("drainboard serve --replay FILE.har", &[ANY_PORT, ("FILE.har", "bug.har")], Listens),
    // A client that does nothing is told so.
    case(
        "drainboard serve --conformance -- COMMAND",
        &[("COMMAND", "true"), ANY_PORT],
        Ends(1, "of 30 scenarios passed"),
    ),
    case("drainboard query 'SQL'", &[("SQL", "SELECT count(*) AS deals FROM deal")], Ends(0, "deals")),
    case("drainboard export", &[], Ends(2, "--format")),
    case("drainboard token set", &[], NotHere("it would ask the keyring of whoever runs this")),
    case("drainboard completions SHELL", &[("SHELL", "bash")], Ends(0, "complete")),
    case("drainboard COMMAND --help", &[("COMMAND", "sync")], Ends(0, "Examples")),
    case(
        "duckdb -c \"SELECT owner_id_name, count(*) FROM 'lake/deal.parquet' GROUP BY 1\"",
        &[],
        NotHere("DuckDB is no part of this; tests/official/read_export.py asks it the same"),
    ),
    case("kill -9", &[], NotHere("it is a word for the end of a process")),
    case(".ci/run", &[], NotHere("it is what runs this")),
    case(
        ".ci/package",
        &[],
        NotHere("it builds a release; tests/cli/packages.rs looks at what goes into it"),
    ),
];

/// Commands that cannot run here whatever follows; the targets that they name are looked up.
pub(crate) const BUILDERS: &[(&str, &str)] = &[
    ("cargo test", "cargo holds its lock while this test runs, and this is one of them"),
    ("cargo bench", "it measures for minutes"),
    ("cargo install", "it builds for minutes and writes into the user's home"),
    ("cargo binstall", "it installs what was released"),
];

/// Programs that the README may ask somebody to run.
pub(crate) const PROGRAMS: &[&str] = &[
    "drainboard",
    "cargo",
    "rustup",
    "duckdb",
    "pip",
    "pip3",
    "python",
    "python3",
    "curl",
    "jq",
    "sqlite3",
    "kill",
    "bash",
    "sh",
    "git",
    "systemctl",
    "docker",
    "apt",
    "brew",
    "npm",
    "export",
    ".ci/run",
    ".ci/package",
    ".ci/package",
];

/// Options in the text that are another program's.
pub(crate) const OTHERS: &[(&str, &str)] = &[("--no-default-features", "cargo's")];

/// A recording of one exchange, for `--replay`.
pub(crate) const RECORDING: &str = r#"{"log": {"version": "1.2", "entries": [{
    "request": {"method": "POST", "url": "http://127.0.0.1/v2/sync/start", "headers": []},
    "response": {"status": 204, "headers": [], "content": {"size": 0, "mimeType": "", "text": ""}}}]}}"#;
