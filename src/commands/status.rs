//! `drainboard status`: what the mirror is and holds, for people or as one JSON object.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::arguments;
use super::output::{self, Ending, Failure};
use crate::config::duration_text;
use crate::mirror::reader::{SessionRow, Status};
use crate::mirror::{Reader, SessionEnd};
use crate::text::{bytes, counted, grouped, span, visible};

/// The object of `status --json`.
#[derive(Serialize)]
struct Line<'a> {
    event: &'static str,
    mirror: String,
    pending_acks: u64,
    /// The seconds since the service last said that there is nothing more; null where that was never noted.
    converged_seconds_ago: Option<u64>,
    #[serde(flatten)]
    status: &'a Status,
}

/// Reads the mirror and tells; ends with 1 where it is older than it may be.
pub(super) fn run(asked: &arguments::Status, mirror: &Path) -> Ending {
    let status = Reader::open(mirror).and_then(|reader| reader.status()).map_err(Failure::mirror)?;
    let age = status.converged.as_deref().and_then(|at| age(at, Timestamp::now()));
    let mut out = output::stdout();
    let written = if asked.json {
        let pending_acks = status.outbox.pending;
        let mirror = mirror.display().to_string();
        let converged_seconds_ago = age.map(|age| age.as_secs());
        let line = Line { event: "status", mirror, pending_acks, converged_seconds_ago, status: &status };
        serde_json::to_writer(&mut out, &line).map_err(io::Error::from).and_then(|()| out.write_all(b"\n"))
    } else if asked.max_age.is_some_and(|most| age.is_none_or(|age| age > most)) {
        // The one line on stderr says it all.
        Ok(())
    } else {
        write_plain(&status, mirror, &mut out)
    };
    output::written(written.and_then(|()| out.flush()))?;
    match asked.max_age.map(|most| stale(age, most)) {
        Some(Some(why)) => Err(Failure::other(format!("{}: {why}", mirror.display()))),
        _ => Ok(0),
    }
}

/// How long ago a time of the mirror's was; none where it is no time. One that is still to come was just now.
pub(super) fn age(at: &str, now: Timestamp) -> Option<Duration> {
    let at: Timestamp = at.parse().ok()?;
    Some(Duration::try_from(now.duration_since(at)).unwrap_or_default())
}

/// Why a mirror of that age is too old, where it is.
fn stale(age: Option<Duration>, most: Duration) -> Option<String> {
    match age {
        Some(age) if age <= most => None,
        Some(age) => {
            Some(format!("last known to be up to date {} ago, more than {}", rough(age), duration_text(most)))
        }
        None => Some(format!("never known to be up to date, wanted within {}", duration_text(most))),
    }
}

/// A span of time in the unit that people would use.
fn rough(time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    match minutes {
        0..120 => span(time),
        120..2_880 => format!("{} h {:02} min", minutes / 60, minutes % 60),
        _ => format!("{} days", minutes / 1_440),
    }
}

fn write_plain(status: &Status, mirror: &Path, out: &mut impl Write) -> io::Result<()> {
    let account =
        status.account.as_deref().map_or(String::new(), |account| format!(", account {}", visible(account)));
    let rows: u64 = status.kinds.iter().map(|kind| kind.rows).sum();
    let types = status.kinds.len() as u64;
    writeln!(out, "mirror    {} ({})", mirror.display(), bytes(status.bytes))?;
    writeln!(out, "device    {}", status.device)?;
    writeln!(out, "from      {}{account}", visible(&status.host))?;
    write!(out, "holds     {} of {}", counted(rows, "record"), counted(types, "type"))?;
    writeln!(
        out,
        ", {}, {} without an id",
        counted(status.tombstones, "tombstone"),
        grouped(status.unkeyed)
    )?;
    write!(out, "acks      {} pending", grouped(status.outbox.pending))?;
    writeln!(out, ", {} refused, {} held", grouped(status.outbox.refused), grouped(status.outbox.held))?;
    if let Some(lost) = status.lost() {
        writeln!(out, "missing   {lost}")?;
    }
    match status.converged.as_deref().and_then(|at| Some((at, age(at, Timestamp::now())?))) {
        Some((at, age)) => writeln!(out, "fresh     up to date {} ago, {}", rough(age), local(at))?,
        None => writeln!(out, "fresh     not known to be up to date")?,
    }
    if !status.kinds.is_empty() {
        writeln!(out)?;
    }
    let widest = status.kinds.iter().map(|kind| grouped(kind.rows).len()).max().unwrap_or(0);
    for kind in &status.kinds {
        writeln!(out, "{:>widest$}  {}", grouped(kind.rows), visible(&kind.name))?;
    }
    if !status.sessions.is_empty() {
        writeln!(out, "\nlast sessions, newest first")?;
    }
    status.sessions.iter().take(10).try_for_each(|session| write_session(session, out))
}

fn write_session(session: &SessionRow, out: &mut impl Write) -> io::Result<()> {
    let end = session.end.map_or("running", SessionEnd::as_str);
    write!(out, "#{}  {}  {end:<8}", session.no, local(&session.started))?;
    write!(out, "  {}", counted(session.instructions, "instruction"))?;
    let (created, updated) = (grouped(session.created), grouped(session.updated));
    write!(out, " (+{created} ~{updated} -{})", grouped(session.deleted))?;
    if session.retries > 0 {
        write!(out, ", {} tried again", grouped(session.retries))?;
    }
    if let Some(error) = &session.error {
        write!(out, ", {}", visible(error))?;
    }
    writeln!(out)
}

/// A time of the mirror's, as a clock on the wall shows it here; as it is where it is none.
pub(super) fn local(time: &str) -> String {
    let Ok(time) = time.parse::<jiff::Timestamp>() else { return visible(time).into_owned() };
    time.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_is_as_old_as_its_last_convergence() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let old =
            |at: Option<&str>, most: u64| stale(at.and_then(|at| age(at, now)), Duration::from_secs(most));
        assert_eq!(old(Some("2026-11-20T11:00:00.000Z"), 3_600), None);
        assert_eq!(
            old(Some("2026-11-20T11:00:00Z"), 3_599).as_deref(),
            Some("last known to be up to date 1 h ago, more than 59m 59s")
        );
        // A clock that was set back is no age.
        assert_eq!(old(Some("2026-11-21T12:00:00Z"), 0), None);
        for never in [None, Some("yesterday")] {
            assert!(old(never, 1_000_000).is_some_and(|why| why.starts_with("never known")));
        }
        assert_eq!(rough(Duration::from_hours(50)), "2 days");
        assert_eq!(rough(Duration::from_mins(125)), "2 h 05 min");
    }
}
