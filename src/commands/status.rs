//! `drainboard status`: what the mirror is and holds, for people or as one JSON object.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::output::{self, Ending, Failure};
use super::summary::counted;
use crate::mirror::Reader;
use crate::mirror::reader::{SessionRow, Status};
use crate::text::{bytes, grouped, visible};

/// The object of `status --json`.
#[derive(Serialize)]
struct Line<'a> {
    event: &'static str,
    mirror: String,
    pending_acks: u64,
    #[serde(flatten)]
    status: &'a Status,
}

/// Reads the mirror and tells.
pub(super) fn run(json: bool, mirror: &Path) -> Ending {
    let status = Reader::open(mirror).and_then(|reader| reader.status()).map_err(Failure::mirror)?;
    let mut out = output::stdout();
    let written = if json {
        let pending_acks = status.outbox.pending;
        let line =
            Line { event: "status", mirror: mirror.display().to_string(), pending_acks, status: &status };
        serde_json::to_writer(&mut out, &line).map_err(io::Error::from).and_then(|()| out.write_all(b"\n"))
    } else {
        write_plain(&status, mirror, &mut out)
    };
    output::written(written.and_then(|()| out.flush()))
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
    let end = session.end.as_deref().unwrap_or("running");
    write!(out, "#{}  {}  {:<8}", session.no, local(&session.started), visible(end))?;
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
