//! `drainboard verify`: is the mirror the account's copy? Synchronizes it, drains the account once more as a throw-away
//! device into a temporary mirror, and compares the two record by record, byte by byte.
//!
//! Promises: the mirror is changed only as a `sync` changes it; a difference is reported only where a second look,
//! after both were synchronized again, finds it once more: whoever edits the account meanwhile is no difference.

use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::arguments::{Common, Verify};
use super::folder;
use super::headless::{self, Run, Voice};
use super::output::{self, Ending, Failure};
use super::progress::Progress;
use super::settings;
use super::signals::{Signal, Signals};
use crate::config::Config;
use crate::engine::{self, Engine, Mode, Settings};
use crate::mirror::compare::{Comparison, Wrong, compare};
use crate::mirror::{Identity, Mirror, MirrorError, Reader};
use crate::protocol::{DeviceUuid, RecordId};
use crate::text::{bytes, counted, grouped, span, visible};

/// Looks at the two mirrors before what differs is reported.
const LOOKS: u32 = 2;
/// Differing records that are named; `--json` names all that were listed.
const NAMED: usize = 20;

/// Verifies.
pub(super) fn run(verify: &Verify, common: &Common, mut config: Config) -> Ending {
    settings::check(&mut config)?;
    let mirror = config.mirror.clone();
    // There is nothing to verify where there is nothing yet.
    Reader::open(&mirror).map_err(Failure::mirror)?;
    let settings = settings::engine(config);
    let scratch = folder::temporary("verify")?;
    let device = DeviceUuid::fresh();
    let mut again = settings.clone();
    again.mirror = scratch.path().join("fresh-copy.db");
    again.identity.device = Some(device);
    let runtime = super::runtime()?;
    let ending = runtime.block_on(Verification { verify, common, device }.run(settings, again));
    // A run that a signal cut short may leave a write behind; it is committed or it is not.
    runtime.shutdown_timeout(Duration::from_millis(100));
    ending
}

struct Verification<'a> {
    verify: &'a Verify,
    common: &'a Common,
    device: DeviceUuid,
}

/// One of the two mirrors, and who keeps it up to date.
struct Copy {
    what: &'static str,
    engine: Engine,
}

impl Verification<'_> {
    async fn run(self, settings: Settings, again: Settings) -> Ending {
        let began = Instant::now();
        let mut signals = Signals::listen().map_err(Failure::other)?;
        let voice = Voice {
            lines: None,
            verbose: self.common.verbose,
            progress: (!self.common.quiet).then(Progress::new),
        };
        let paths = (settings.mirror.clone(), again.mirror.clone());
        let identity = settings.identity.clone();
        let mut mine = Copy { what: "the mirror", engine: engine::spawn(settings) };
        let mut fresh = Copy { what: "a fresh copy", engine: engine::spawn(again) };
        let mut found: Option<Comparison> = None;
        for look in 1..=LOOKS {
            for copy in [&mut mine, &mut fresh] {
                if !self.common.quiet {
                    voice.say(&format!(
                        "synchronizing {}{}",
                        copy.what,
                        if look > 1 { " again" } else { "" }
                    ));
                }
                let run = headless::run(&mut copy.engine, Mode::Full, &voice, &mut signals).await;
                if !run.converged() {
                    return self.not_up_to_date(copy.what, &run);
                }
            }
            let (a, b, quiet) = (paths.0.clone(), paths.1.clone(), self.common.quiet);
            let looked = tokio::task::spawn_blocking(move || side_by_side(&a, &b, quiet));
            let now = tokio::select! {
                biased;
                // It ends with the process, which first removes the fresh copy.
                signal = signals.next() => return self.interrupted(signal),
                looked = looked => looked.map_err(Failure::other)?.map_err(Failure::mirror)?,
            };
            let now = match &found {
                None => now,
                Some(earlier) => now.again(earlier),
            };
            let done = now.identical();
            found = Some(now);
            if done {
                break;
            }
        }
        headless::leave(mine.engine, false).await;
        headless::leave(fresh.engine, false).await;
        let found = found.unwrap_or_default();
        if found.identical() && found.undelivered == 0 {
            nothing_is_lost(&paths.0, &identity);
        }
        self.tell(&found, began.elapsed())
    }

    /// One of the two could not be brought up to date: nothing can be said of the copy.
    fn not_up_to_date(&self, what: &str, run: &Run) -> Ending {
        let why = run.error().unwrap_or_else(|| "the run ended early".to_owned());
        let message = format!("{what} could not be brought up to date, so nothing is verified\n{why}");
        self.unverified(run.exit_status().max(1), message)
    }

    /// Both are up to date, and there was no time to compare them.
    fn interrupted(&self, signal: Signal) -> Ending {
        let message = format!("{} before the two were compared, so nothing is verified", signal.name());
        self.unverified(signal.exit_status(), message)
    }

    fn unverified(&self, status: u8, message: String) -> Ending {
        if self.verify.json {
            let mut out = output::stdout();
            let nothing = Comparison::default();
            let line =
                Report { identical: false, error: Some(&message), ..Report::of(&nothing, self.device) };
            output::written(line.write(&mut out))?;
        }
        Err(Failure { status, message })
    }

    fn tell(&self, found: &Comparison, took: Duration) -> Ending {
        let mut out = output::stdout();
        let written = if self.verify.json {
            let seconds = took.as_millis() as f64 / 1000.0;
            let report = Report { seconds, ..Report::of(found, self.device) };
            report.write(&mut out)
        } else {
            write_plain(found, self.device, took, &mut out)
        };
        let status = output::written(written)?;
        Ok(if found.identical() { status } else { 1 })
    }
}

/// What the mirror was said to have lost is not said any more. Where that cannot be written it stays said.
fn nothing_is_lost(mirror: &Path, identity: &Identity) {
    let status = Reader::open(mirror).and_then(|reader| reader.status());
    if status.is_ok_and(|status| status.lost_pages > 0) {
        let _ = Mirror::proven_whole(mirror, identity);
    }
}

/// Compares, with a word on progress now and then.
fn side_by_side(mine: &Path, fresh: &Path, quiet: bool) -> Result<Comparison, MirrorError> {
    let (mine, fresh) = (Reader::open_for_statements(mine)?, Reader::open_for_statements(fresh)?);
    let mut said = Instant::now();
    compare(&mine, &fresh, &mut |seen, of| {
        if !quiet && said.elapsed() > Duration::from_secs(2) {
            said = Instant::now();
            output::complain(&format!("compared {} of {} records", grouped(seen.min(of)), grouped(of)));
        }
        true
    })
}

fn words(wrong: Wrong) -> (&'static str, &'static str) {
    match wrong {
        Wrong::Missing => ("missing", "the account has them, the mirror does not"),
        Wrong::Extra => ("extra", "the mirror has them, the account does not"),
        Wrong::Stale => ("stale", "the account has a newer revision"),
        Wrong::Ahead => ("ahead", "the mirror has a newer revision than the account"),
        Wrong::Different => ("different", "the same revision with other bytes"),
    }
}

fn write_plain(
    found: &Comparison,
    device: DeviceUuid,
    took: Duration,
    out: &mut impl Write,
) -> io::Result<()> {
    let types = counted(found.types, "type");
    if found.identical() {
        writeln!(
            out,
            "verified: {} of {types} are the account's, byte for byte ({}), {}",
            counted(found.same, "record"),
            bytes(found.bytes),
            span(took)
        )?;
    } else {
        let wrong: u64 = Wrong::ALL.iter().map(|wrong| found.count(*wrong)).sum();
        writeln!(
            out,
            "not the account's copy: {} in {} of {types}, looked at twice, {}",
            counted(wrong + found.unkeyed, "difference"),
            counted(found.same + wrong, "record"),
            span(took)
        )?;
        for wrong in Wrong::ALL.into_iter().filter(|wrong| found.count(*wrong) > 0) {
            let (word, meaning) = words(wrong);
            writeln!(out, "  {word:<9}  {:>9}  {meaning}", grouped(found.count(wrong)))?;
        }
        if found.unkeyed > 0 {
            let n = grouped(found.unkeyed);
            writeln!(out, "  missing    {n:>9}  instructions without an id that the account has")?;
        }
        let mut named = found.differences();
        for difference in named.by_ref().take(NAMED) {
            let id = difference.id.to_string();
            writeln!(out, "  {} {}: {}", visible(&difference.kind), visible(&id), words(difference.wrong).0)?;
        }
        let more = named.count();
        if more > 0 {
            writeln!(out, "  … {} more; --json names them", grouped(more as u64))?;
        }
        if wrong + found.unkeyed > found.count(Wrong::Extra) {
            writeln!(
                out,
                "the service sends these only if they change: make the mirror a new device (N in the console), then \
                 everything is sent again"
            )?;
        }
    }
    if found.undelivered > 0 {
        let objects = counted(found.undelivered, "object");
        writeln!(out, "the service could not deliver {objects} to the fresh copy: these are not compared")?;
    }
    writeln!(out, "the throw-away device {device} stays known to the service; nothing uses it again")?;
    out.flush()
}

/// The line of `verify --json`.
#[derive(Serialize)]
struct Report<'a> {
    event: &'static str,
    identical: bool,
    records: u64,
    bytes: u64,
    types: u64,
    missing: u64,
    extra: u64,
    stale: u64,
    ahead: u64,
    different: u64,
    missing_without_id: u64,
    failed_objects: u64,
    differences: Vec<Named<'a>>,
    device: String,
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct Named<'a> {
    r#type: &'a str,
    id: Id<'a>,
    wrong: Wrong,
}

/// A number where it is one, else text.
#[derive(Serialize)]
#[serde(untagged)]
enum Id<'a> {
    Int(i64),
    Text(&'a str),
}

impl<'a> Report<'a> {
    fn of(found: &'a Comparison, device: DeviceUuid) -> Self {
        let named = found.differences().map(|difference| Named {
            r#type: &difference.kind,
            id: match &difference.id {
                RecordId::Int(id) => Id::Int(*id),
                RecordId::Text(id) => Id::Text(id),
            },
            wrong: difference.wrong,
        });
        Self {
            event: "verification",
            identical: found.identical(),
            records: found.same,
            bytes: found.bytes,
            types: found.types,
            missing: found.count(Wrong::Missing),
            extra: found.count(Wrong::Extra),
            stale: found.count(Wrong::Stale),
            ahead: found.count(Wrong::Ahead),
            different: found.count(Wrong::Different),
            missing_without_id: found.unkeyed,
            failed_objects: found.undelivered,
            differences: named.collect(),
            device: device.to_string(),
            seconds: 0.0,
            error: None,
        }
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")?;
        out.flush()
    }
}
