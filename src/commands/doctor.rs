//! `drainboard doctor`: is all in order here? Configuration, token, service, clock, mirror, each with what to do.
//!
//! Promise: nothing is changed, here or there. The service is asked one thing, the page of a session that does not
//! exist: its refusal tells that it is there, that it takes the token and that the token has the scope.

use std::io::{self, Write};
use std::path::Path;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde::Serialize;

use super::arguments::Common;
use super::output::{self, Ending, Failure};
use super::probe::{self, Probe};
use super::settings;
use super::status::local;
use super::window;
use crate::client::{Client, Tap};
use crate::config::{Config, Origin};
use crate::console::keymap::Keymap;
use crate::files;
use crate::mirror::orphans::Orphaned;
use crate::mirror::{Identity, Mirror, MirrorError, Reader, SessionEnd};
use crate::protocol::DeviceUuid;
use crate::text::{bytes, counted, grouped, span, visible};

/// A clock that is off by so many seconds misleads whoever reads times.
const CLOCK: i64 = 120;

/// Free bytes below which a run may not get far.
const ROOM: u64 = 64 << 20;

/// Fields whose references lead nowhere that are told, and records of each.
const ORPHANS: usize = 5;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Fine,
    /// Works, but not as one would wish.
    Warning,
    /// Does not work; with the exit status that a run would end with.
    Fault,
}

#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    state: State,
    /// What is, and what to do where it is not fine; a line or more.
    text: String,
    /// The references that lead nowhere, counted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    orphans: Vec<Orphan>,
    #[serde(skip)]
    status: u8,
}

/// Records of a type whose field points to records of another that are not in the mirror.
#[derive(Debug, Serialize)]
struct Orphan {
    #[serde(rename = "type")]
    kind: String,
    field: String,
    to: String,
    /// Whether nothing of the type `to` ever came.
    never_came: bool,
    count: u64,
}

impl Check {
    fn fine(name: &'static str, text: impl Into<String>) -> Self {
        Self { name, state: State::Fine, text: text.into(), orphans: Vec::new(), status: 0 }
    }

    fn warning(name: &'static str, text: impl Into<String>) -> Self {
        Self { name, state: State::Warning, text: text.into(), orphans: Vec::new(), status: 0 }
    }

    fn fault(name: &'static str, status: u8, text: impl Into<String>) -> Self {
        Self { name, state: State::Fault, text: text.into(), orphans: Vec::new(), status }
    }
}

/// The checks so far. People see each as soon as it is had: the next may have to wait for something.
struct Checks<W> {
    list: Vec<Check>,
    plain: bool,
    out: W,
    written: io::Result<()>,
}

impl<W: Write> Checks<W> {
    fn push(&mut self, check: Check) {
        if self.plain && self.written.is_ok() {
            self.written = write_plain(&check, &mut self.out).and_then(|()| self.out.flush());
        }
        self.list.push(check);
    }

    fn extend(&mut self, checks: impl IntoIterator<Item = Check>) {
        checks.into_iter().for_each(|check| self.push(check));
    }

    fn end(mut self) -> Ending {
        if !self.plain {
            self.written = write_json(&self.list, &mut self.out).and_then(|()| self.out.flush());
        }
        output::written(self.written)?;
        Ok(self.list.iter().find(|check| check.state == State::Fault).map_or(0, |check| check.status))
    }
}

/// Looks at everything and tells. The exit status is that of the first fault; warnings are none.
pub(super) fn run(json: bool, common: &Common, config: &mut Result<Config, Failure>) -> Ending {
    let mut checks = Checks { list: Vec::new(), plain: !json, out: output::stdout(), written: Ok(()) };
    let mirror = match config {
        Ok(config) => {
            config.token.aloud();
            checks.push(configuration(config));
            checks.extend(keys(config));
            checks.extend(themes(config));
            let client = token(config, &mut checks);
            if let Some(client) = client {
                let runtime = super::runtime()?;
                checks.extend(runtime.block_on(service(&client)));
            }
            let identity = Identity { host: config.origin(), device: config.device };
            Some((config.mirror.clone(), Some(identity)))
        }
        Err(failure) => {
            checks.push(Check::fault("configuration", failure.status, &failure.message));
            // What else is wrong with the settings is not the mirror's matter.
            settings::mirror(common).ok().map(|path| (path, None))
        }
    };
    if let Some((path, identity)) = mirror {
        look(&path, identity.as_ref(), &mut checks);
    }
    checks.end()
}

fn configuration(config: &Config) -> Check {
    let device = config.device.map_or(String::new(), |device| format!(", device {device}"));
    let said = |name| match config.origin_of(name) {
        Origin::Default => String::new(),
        origin => format!(" ({})", settings::origin(origin)),
    };
    let (profile, url) = (said("profile"), said("base_url"));
    let text = format!("profile {}{profile}, {}{url}{device}", config.profile, config.base_url);
    match settings::configuration() {
        Some(file) if file.exists() => Check::fine(
            "configuration",
            format!("{text}\n{} (`drainboard config` shows the rest)", file.display()),
        ),
        _ => Check::fine("configuration", text),
    }
}

/// The user's key map, where there is one.
fn keys(config: &Config) -> Option<Check> {
    let file = config.keymap.as_deref().filter(|file| file.exists())?;
    let (_, mistakes) = Keymap::load(Some(file));
    let name = file.display();
    Some(match mistakes.first() {
        None => Check::fine("keys", format!("{name} is laid over the built-in ones")),
        Some(first) => {
            let more = mistakes.len() as u64;
            let mistakes = counted(more, "mistake");
            Check::warning(
                "keys",
                format!(
                    "{mistakes} in {name}, the first: {first}\nmend the file: what is wrong in it is left out"
                ),
            )
        }
    })
}

/// The theme that was asked for, where it is none of the built-in ones.
fn themes(config: &Config) -> Option<Check> {
    match window::looks(config) {
        Err(failure) => Some(Check::fault("theme", failure.status, failure.message)),
        Ok(looks) => looks.mistakes.first().map(|first| Check::warning("theme", first.to_string())),
    }
}

/// The token, and a client for it where it can be one.
fn token(config: &Config, checks: &mut Checks<impl Write>) -> Option<(Client, Tap)> {
    let device = Reader::open(&config.mirror).and_then(|reader| reader.status()).map(|status| status.device);
    let device = device.ok().or(config.device).unwrap_or_else(DeviceUuid::fresh);
    let tap = Tap::new();
    let (source, client) = match config.token.read().and_then(|token| {
        let source = token.source.clone();
        Ok((source, config.client_with(token, device)?.with_tap(tap.clone())))
    }) {
        Ok(ready) => ready,
        Err(error) => {
            checks.push(Check::fault("token", 2, error.to_string()));
            return None;
        }
    };
    checks.push(Check::fine("token", format!("from {source}")));
    Some((client, tap))
}

/// Asks the service for what it must refuse.
async fn service((client, tap): &(Client, Tap)) -> Vec<Check> {
    let check = match probe::ask(client).await {
        Probe::Fine(took) => Check::fine(
            "service",
            format!("answers in {}, takes the token, the token has the sync scope", span(took)),
        ),
        Probe::Odd(took) => Check::warning(
            "service",
            format!(
                "answers 404 in {}, but not in the words of the Sync API: if a sync fails, check --base-url",
                span(took)
            ),
        ),
        Probe::Strange(status) => {
            let text = format!(
                "answers a session that does not exist with {status}, as no Sync API does: check --base-url"
            );
            return vec![Check::warning("service", text)];
        }
        Probe::Busy(message) => Check::warning("service", message),
        Probe::Refused(message) => Check::fault("service", 3, message),
        Probe::Failed(message) | Probe::Troubled(message) => Check::fault("service", 4, message),
    };
    let mut checks = vec![check];
    checks.extend(clock(tap));
    checks
}

/// This machine's clock beside the service's, to the second.
fn clock(tap: &Tap) -> Option<Check> {
    let exchange = tap.list(None, 1).into_iter().next()?;
    let headers = &exchange.response.as_ref()?.headers;
    let (_, date) = headers.iter().find(|(name, _)| name == "date")?;
    let theirs = rfc2822::DateTimeParser::new().parse_timestamp(date).ok()?;
    let ours = exchange.first_byte.map_or(exchange.at, |took| exchange.at + took);
    Some(judge(ours, theirs))
}

fn judge(ours: Timestamp, theirs: Timestamp) -> Check {
    let ahead = ours.as_second() - theirs.as_second();
    let off = span(std::time::Duration::from_secs(ahead.unsigned_abs()));
    if ahead.abs() < CLOCK {
        return Check::fine("clock", "agrees with the service's");
    }
    let way = if ahead > 0 { "ahead of" } else { "behind" };
    Check::warning(
        "clock",
        format!(
            "this machine is {off} {way} the service: set its clock, or times mislead (waits do not depend on it)"
        ),
    )
}

/// The mirror's file, its integrity, its acks; where it is known whose it should be, whether a run could write it.
fn look(path: &Path, identity: Option<&Identity>, checks: &mut Checks<impl Write>) {
    checks.extend(disk(path));
    let status = match Reader::open(path).and_then(|reader| Ok((reader.status()?, reader))) {
        Ok((status, reader)) => {
            let user = Mirror::holder(path).map_or(String::new(), |holder| format!(", in use by {holder}"));
            let text = format!(
                "{}, {}, schema {}, device {}{user}",
                path.display(),
                bytes(status.bytes),
                status.schema,
                status.device
            );
            checks.push(match identity.map(|identity| Mirror::could_be_opened(path, identity)) {
                Some(Err(error)) => Check::fault("mirror", 5, format!("{text}\n{error}")),
                _ => Check::fine("mirror", text),
            });
            checks.push(integrity(&reader));
            checks.extend(status.lost().map(|lost| Check::warning("missing", lost)));
            checks.push(references(&reader));
            status
        }
        Err(MirrorError::Missing { .. }) => {
            let text = format!("none yet at {}: the first sync makes it", path.display());
            checks.push(Check::warning("mirror", text));
            return;
        }
        Err(error) => {
            checks.push(Check::fault("mirror", 5, error.to_string()));
            return;
        }
    };
    let outbox = status.outbox;
    checks.push(if outbox.refused > 0 {
        let keys = counted(outbox.refused, "key");
        Check::warning(
            "acks",
            format!(
                "the service refused {keys} for good: screen 3 of the console shows which and why; {} pending",
                grouped(outbox.pending)
            ),
        )
    } else if outbox.held > 0 {
        let keys = counted(outbox.held, "key");
        Check::warning(
            "acks",
            format!("{keys} held back by hand: H on screen 3 of the console releases them"),
        )
    } else if outbox.pending > 0 {
        Check::fine("acks", format!("{} pending: they go first in the next sync", grouped(outbox.pending)))
    } else {
        Check::fine("acks", "none pending")
    });
    checks.push(match status.sessions.first() {
        None => Check::warning("last sync", "never: `drainboard sync` makes the first"),
        Some(last) => {
            let end = last.end.map_or("not ended", SessionEnd::as_str);
            let text = format!("session {} of {}: {end}", last.no, local(&last.started));
            match (&last.error, last.end) {
                (Some(error), _) => Check::warning(
                    "last sync",
                    format!("{text}, {}\nthe next sync goes on from there", visible(error)),
                ),
                (None, Some(SessionEnd::Drained | SessionEnd::Stopped)) => Check::fine("last sync", text),
                (None, Some(SessionEnd::Lost | SessionEnd::Failed | SessionEnd::Crashed) | None) => {
                    Check::warning(
                        "last sync",
                        format!("{text}; nothing committed is lost, the next sync goes on"),
                    )
                }
            }
        }
    });
}

/// What is left of the disk that the mirror is on, or will be.
fn disk(mirror: &Path) -> Option<Check> {
    let folder = files::folder_of(mirror).ancestors().find(|folder| folder.exists())?;
    let free = files::free_bytes(folder)?;
    let text = format!("{} free on the disk of {}", bytes(free), folder.display());
    (free < ROOM).then(|| Check::warning("disk", format!("{text}: free some room before the next sync")))
}

fn integrity(reader: &Reader) -> Check {
    match reader.health() {
        Ok(faults) if faults.is_empty() => {
            Check::fine("integrity", "file, tables, records and outbox hold what they promise")
        }
        Ok(faults) => {
            let words: Vec<&str> = faults.iter().take(5).map(|fault| fault.0.as_str()).collect();
            let more = faults.len().saturating_sub(5);
            let more = if more > 0 { format!("\n… {more} more") } else { String::new() };
            let text = format!(
                "{}{more}\nkeep this file, move it away and synchronize as a new device into a new one",
                words.join("\n")
            );
            Check::fault("integrity", 5, text)
        }
        Err(error) => Check::fault("integrity", 5, error.to_string()),
    }
}

/// Records that point to what is not in the mirror.
fn references(reader: &Reader) -> Check {
    const NAME: &str = "references";
    let orphans = match reader.orphans(ORPHANS, &mut |_| true) {
        Ok(orphans) => orphans,
        Err(error) => return Check::warning(NAME, format!("cannot be followed: {error}")),
    };
    let Some(first) = orphans.found.first() else {
        return Check::fine(NAME, "every one leads to a record that is here");
    };
    let mut lines: Vec<String> = orphans.found.iter().take(ORPHANS).map(line).collect();
    let more = orphans.found.len().saturating_sub(ORPHANS);
    if more > 0 {
        lines.push(format!("… and {} more", counted(more as u64, "field")));
    }
    let show = format!("in Browse {} shows them", first.query().filter);
    lines.push(if orphans.may_come {
        format!("the last session did not end by itself, so they may still come: sync once more; {show}")
    } else {
        format!("perhaps deleted, or not visible to this token; {show}")
    });
    let found = orphans.found.into_iter();
    let found = found.map(|o| Orphan {
        kind: o.kind,
        field: o.field,
        to: o.to,
        never_came: o.never_came,
        count: o.count,
    });
    Check { orphans: found.collect(), ..Check::warning(NAME, lines.join("\n")) }
}

/// What, by which field, and whose: the first of them.
fn line(orphaned: &Orphaned) -> String {
    let first: Vec<String> = orphaned.first.iter().map(ToString::to_string).collect();
    let more = if orphaned.count > first.len() as u64 { " …" } else { "" };
    format!("{orphaned} ({} of {} {}{more})", orphaned.field, orphaned.kind, first.join(", "))
}

fn write_plain(check: &Check, out: &mut impl Write) -> io::Result<()> {
    let sign = match check.state {
        State::Fine => "✓",
        State::Warning => "▲",
        State::Fault => "✖",
    };
    let mut lines = check.text.lines();
    writeln!(out, "{sign} {:<14} {}", check.name, visible(lines.next().unwrap_or_default()))?;
    lines.try_for_each(|line| writeln!(out, "{:17}{}", "", visible(line)))
}

/// The line of `doctor --json`.
#[derive(Serialize)]
struct Line<'a> {
    event: &'static str,
    healthy: bool,
    checks: &'a [Check],
}

fn write_json(checks: &[Check], out: &mut impl Write) -> io::Result<()> {
    let healthy = checks.iter().all(|check| check.state != State::Fault);
    serde_json::to_writer(&mut *out, &Line { event: "doctor", healthy, checks })?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_may_be_off_by_what_an_answer_takes_and_no_more() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let after = |seconds: i64| now + std::time::Duration::from_secs(seconds.unsigned_abs());
        assert_eq!(judge(after(5), now).state, State::Fine);
        assert_eq!(judge(now, after(119)).state, State::Fine);
        let late = judge(now, after(423));
        assert_eq!(late.state, State::Warning);
        assert!(late.text.contains("7 min 03 s behind"), "{}", late.text);
        assert!(judge(after(3_600), now).text.contains("1 h ahead of"));
    }
}
