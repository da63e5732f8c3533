//! `sync --metrics FILE`: how the last run went, as a text file for Prometheus (node_exporter's textfile collector).
//!
//! Promises: the file is whole or the one before, and everybody may read it: it says nothing of the account but counts.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;

use jiff::Timestamp;

use super::headless::Run;
use super::output::Failure;
use super::summary::Summary;
use crate::config::{Config, PROFILE};
use crate::files::{Draft, folder_of};
use crate::mirror::Reader;
use crate::mirror::reader::Status;
use crate::text::visible;

/// Where the figures go, and whose they are.
pub(super) struct Metrics {
    file: PathBuf,
    mirror: PathBuf,
    profile: String,
}

/// What is known after a run.
struct Known<'a> {
    profile: &'a str,
    summary: &'a Summary,
    exit_status: u8,
    status: Option<&'a Status>,
    now: Timestamp,
}

impl Metrics {
    /// Figures of what is configured; where that cannot be told, of nothing.
    pub(super) fn new(file: PathBuf, config: Option<&Config>) -> Self {
        let mirror = config.map(|config| config.mirror.clone()).unwrap_or_default();
        let profile = config.map_or(PROFILE, |config| &config.profile).to_owned();
        Self { file, mirror, profile }
    }

    /// Sees whether the file can be written, before a run that would be measured in vain.
    ///
    /// # Errors
    /// Why not; exit status 2.
    pub(super) fn prove(&self) -> Result<(), Failure> {
        // A file can be replaced. A folder cannot; a device, and what a link leads to it by, must not be.
        match self.file.metadata() {
            Ok(there) if there.is_dir() => return Err(Failure::usage(self.cannot("it is a folder"))),
            Ok(there) if !there.is_file() => {
                return Err(Failure::usage(self.cannot("it is no ordinary file")));
            }
            _ => {}
        }
        Draft::beside(&self.file).map(drop).map_err(|error| Failure::usage(self.refused(&error)))
    }

    /// Writes what the run came to.
    ///
    /// # Errors
    /// What could not be written, in a line.
    pub(super) fn write(&self, run: &Run) -> Result<(), String> {
        self.tell(&run.summary(), run.exit_status())
    }

    /// Writes that no run could begin.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub(super) fn write_failure(&self, failure: &Failure) -> Result<(), String> {
        self.tell(&Summary::of_nothing(failure.message.clone(), 0), failure.status)
    }

    fn tell(&self, summary: &Summary, exit_status: u8) -> Result<(), String> {
        let status = Reader::open(&self.mirror).and_then(|reader| reader.status()).ok();
        let known = Known {
            profile: &self.profile,
            summary,
            exit_status,
            status: status.as_ref(),
            now: Timestamp::now(),
        };
        self.replace(&known.text()).map_err(|error| self.refused(&error))
    }

    /// Why the file cannot be written. The system's words would name the draft's file.
    fn refused(&self, error: &io::Error) -> String {
        self.cannot(&match error.kind() {
            // Some folders that are there, like /proc, say that too.
            io::ErrorKind::NotFound if folder_of(&self.file).is_dir() => {
                "nothing can be made in its folder".to_owned()
            }
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => "there is no such folder".to_owned(),
            kind => kind.to_string(),
        })
    }

    fn cannot(&self, why: &str) -> String {
        let file = self.file.to_string_lossy();
        format!("cannot write the metrics {}: {why}; --metrics names another file", visible(&file))
    }

    /// Puts a text in the file's place, all at once.
    fn replace(&self, text: &str) -> io::Result<()> {
        // The collector reads what ends with .prom, which a draft does not.
        let mut draft = Draft::beside(&self.file)?;
        draft.write_all(text.as_bytes())?;
        readable(draft.file())?;
        draft.replace()
    }
}

/// The collector is another user.
#[cfg(unix)]
fn readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

/// Elsewhere the folder decides who reads.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "its twin may fail")]
fn readable(_: &File) -> io::Result<()> {
    Ok(())
}

impl Known<'_> {
    fn text(&self) -> String {
        let mut text = String::new();
        let whose = format!("profile=\"{}\"", label(self.profile));
        let mut gauge = |name: &str, help: &str, values: &[(String, f64)]| {
            // A String takes everything.
            let _ = writeln!(text, "# HELP drainboard_{name} {help}\n# TYPE drainboard_{name} gauge");
            for (more, value) in values {
                let _ = writeln!(text, "drainboard_{name}{{{whose}{more}}} {value}");
            }
        };
        let one = |value: f64| [(String::new(), value)];
        gauge("last_run_timestamp_seconds", "When the last run ended.", &one(seconds(self.now)));
        let converged = self.status.and_then(|status| status.converged.as_deref()?.parse().ok());
        let help = "When the service last said that there is nothing more; 0 where that was never noted.";
        gauge("last_success_timestamp_seconds", help, &one(converged.map_or(0.0, seconds)));
        gauge(
            "exit_status",
            "What the last run would have ended the program with.",
            &one(self.exit_status.into()),
        );
        for (name, help, value) in self.summary.figures() {
            gauge(name, help, &one(value));
        }
        let Some(status) = self.status else { return text };
        let rows =
            status.kinds.iter().map(|kind| (format!(",type=\"{}\"", label(&kind.name)), kind.rows as f64));
        gauge("records", "Records in the mirror.", &rows.collect::<Vec<_>>());
        gauge("mirror_bytes", "The mirror's size.", &one(status.bytes as f64));
        text
    }
}

fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

/// A label's value, escaped as the format wants it.
fn label(text: &str) -> String {
    visible(text).replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Totals;

    #[test]
    fn each_line_is_one_that_prometheus_reads() {
        let totals = Totals { instructions: 7, retries: 2, pending_acks: 3, ..Totals::default() };
        let summary = Summary::new(true, &totals, std::time::Duration::from_millis(1_500), None);
        let now: Timestamp = "2026-11-20T12:00:00.250Z".parse().unwrap();
        let known = Known { profile: "a\"b\\c\nd", summary: &summary, exit_status: 0, status: None, now };
        let text = known.text();
        let whose = "{profile=\"a\\\"b\\\\c␊d\"}";
        for line in [
            format!("drainboard_last_run_timestamp_seconds{whose} 1795176000.25"),
            format!("drainboard_last_success_timestamp_seconds{whose} 0"),
            format!("drainboard_converged{whose} 1"),
            format!("drainboard_duration_seconds{whose} 1.5"),
            format!("drainboard_pending_acks{whose} 3"),
            format!("drainboard_retries{whose} 2"),
            format!("drainboard_exit_status{whose} 0"),
        ] {
            assert!(text.lines().any(|l| l == line), "{line} in\n{text}");
        }
        assert!(text.ends_with('\n'));
        for line in text.lines() {
            assert!(
                line.starts_with("# HELP drainboard_")
                    || line.starts_with("# TYPE drainboard_")
                    || line.starts_with("drainboard_"),
                "{line}"
            );
        }
    }

    #[test]
    fn what_cannot_be_replaced_is_seen_before_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let of = |file: PathBuf| Metrics { file, mirror: folder.path().join("none"), profile: "p".into() };
        let file = folder.path().join("x.prom");
        std::fs::write(&file, "before").unwrap();
        of(file.clone()).prove().unwrap();
        of(folder.path().join("new.prom")).prove().unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"before");
        let refused = |file: PathBuf| of(file).prove().unwrap_err();
        let failure = refused(folder.path().to_owned());
        assert!(failure.status == 2 && failure.message.contains("it is a folder"), "{}", failure.message);
        assert!(refused(folder.path().join("none/x.prom")).message.contains("no such folder"));
        #[cfg(target_os = "linux")]
        for (file, words) in [("/dev/null", "no ordinary file"), ("/proc/version", "in its folder")] {
            let failure = refused(file.into());
            assert!(failure.status == 2 && failure.message.contains(words), "{}", failure.message);
        }
    }

    #[test]
    fn the_file_is_whole_and_for_everybody() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("drainboard.prom");
        let metrics = Metrics { file: file.clone(), mirror: folder.path().join("none"), profile: "p".into() };
        metrics.replace("one\n").unwrap();
        metrics.replace("two\n").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"two\n");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
        }
        let lost = Metrics { file: folder.path().join("none/x.prom"), ..metrics };
        assert!(lost.replace("x").is_err());
    }
}
