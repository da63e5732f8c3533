//! `drainboard export`: the mirror as files, and `--check`, which proves them later.
//!
//! Promise: a signal ends it within two seconds and leaves no temporary file.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use super::arguments::{Common, Export, Form};
use super::output::{self, Ending, Failure};
use super::settings;
use super::signals::{Signal, Signals};
use crate::export::{self, Checked, ExportError, Format, Manifest, Order, Report, Step};
use crate::mirror::filter::Filter;
use crate::mirror::reader::Interrupter;
use crate::mirror::{MirrorError, Reader};
use crate::spreadsheet::Formulas;
use crate::text::{bytes, counted, grouped, span, visible};

/// How long an interrupted export may take to end by itself.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Faults that are named; `--json` names all.
const NAMED: usize = 20;

/// Exports, or checks an export.
pub(super) fn run(export: &Export, common: &Common) -> Ending {
    let began = Instant::now();
    if let Some(folder) = &export.check {
        let folder = folder.clone();
        let checked = watched(common.quiet, None, None, move |stop, bar| {
            export::check(&folder, &mut |read, of| {
                bar.set_length(of);
                bar.set_position(read);
                !stop.load(Ordering::Relaxed)
            })
        })?;
        return match checked {
            Done::Ended(checked) => tell_checked(export, &checked.map_err(failure)?),
            Done::Signalled(signal, _) => {
                output::complain(&format!("{}: nothing is proven", signal.name()));
                Ok(signal.exit_status())
            }
        };
    }
    let order = order(export)?;
    let reader = Reader::open(&settings::mirror(common)?).map_err(Failure::mirror)?;
    let (interrupter, folder, all) = (reader.interrupter(), order.folder.clone(), export.all);
    let ended = watched(common.quiet, Some(&interrupter), Some(&folder), move |stop, bar| {
        let mut tell = |step: Step<'_>| {
            bar.set_length(step.of);
            bar.set_position(step.rows);
            bar.set_message(visible(step.what).into_owned());
            !stop.load(Ordering::Relaxed)
        };
        if all {
            export::kit(&reader, &order, &mut tell).map(|(manifest, report)| (manifest, Some(report)))
        } else {
            export::run(&reader, &order, &mut tell).map(|manifest| (manifest, None))
        }
    })?;
    match ended {
        Done::Ended(made) => {
            let (manifest, report) = made.map_err(failure)?;
            tell(export, &folder, &manifest, report.as_ref(), began.elapsed())
        }
        Done::Signalled(signal, late) => {
            let what = match late {
                Some(Ok(_)) => "the export was complete by then",
                _ => "nothing was exported",
            };
            output::complain(&format!("{}: {what}", signal.name()));
            Ok(signal.exit_status())
        }
    }
}

fn order(export: &Export) -> Result<Order, Failure> {
    let format = match export.format {
        Some(Form::Ndjson) => Format::Ndjson,
        #[cfg(feature = "parquet")]
        Some(Form::Parquet) => Format::Parquet,
        #[cfg(not(feature = "parquet"))]
        Some(Form::Parquet) => {
            return Err(Failure::usage(
                "this drainboard was built without Parquet (cargo feature `parquet`)",
            ));
        }
        Some(Form::Csv) | None => Format::Csv,
    };
    if export.csv_safe && format != Format::Csv {
        return Err(Failure::usage("--csv-safe is for --format csv: every other form keeps values exact"));
    }
    let filter = Filter::parse(export.filter.as_deref().unwrap_or_default())
        .map_err(|error| Failure::usage(format!("--where cannot be read: {error}")))?;
    Ok(Order {
        format,
        folder: export.output.clone().unwrap_or_default(),
        force: export.force,
        types: export.types.clone(),
        filter,
        resolve: export.resolve,
        formulas: Formulas::disarmed(export.csv_safe),
        batch: export.batch,
    })
}

/// The exit status of an export that cannot be made.
fn failure(error: ExportError) -> Failure {
    match error {
        ExportError::Mirror(MirrorError::Query { .. })
        | ExportError::UnknownType { .. }
        | ExportError::Filter { .. }
        | ExportError::Occupied { .. }
        | ExportError::Busy { .. }
        | ExportError::NoFolder { .. } => Failure::usage(error),
        ExportError::Mirror(error) => Failure::mirror(error),
        error => Failure::other(error),
    }
}

/// How watched work ended.
enum Done<T> {
    /// By itself.
    Ended(T),
    /// By a signal, with what the work came to where it ended soon.
    Signalled(Signal, Option<T>),
}

/// Does work on a thread of its own, with a bar on stderr where that is a terminal, until it ends or a signal comes.
fn watched<T: Send + 'static>(
    quiet: bool,
    interrupter: Option<&Interrupter>,
    folder: Option<&Path>,
    work: impl FnOnce(&AtomicBool, &ProgressBar) -> T + Send + 'static,
) -> Result<Done<T>, Failure> {
    let runtime = super::runtime()?;
    let stop = Arc::new(AtomicBool::new(false));
    let bar = bar(quiet);
    let (report, done) = mpsc::channel();
    let ended = runtime.block_on(async {
        let mut signals = Signals::listen().map_err(Failure::other)?;
        let (flag, drawn) = (Arc::clone(&stop), bar.clone());
        let worker = tokio::task::spawn_blocking(move || {
            let _ = report.send(work(&flag, &drawn)); // who waits for it is told by the task's end as well
        });
        tokio::select! {
            biased;
            signal = signals.next() => {
                stop.store(true, Ordering::Relaxed);
                if let Some(interrupter) = interrupter {
                    interrupter.interrupt();
                }
                bar.finish_and_clear();
                // The work sees the flag between two rows; what does not, leaves its files to be removed here.
                let late = done.recv_timeout(PATIENCE).ok();
                if let (None, Some(folder)) = (&late, folder) {
                    export::sweep(folder);
                }
                Ok(Done::Signalled(signal, late))
            }
            worked = worker => {
                bar.finish_and_clear();
                worked.map_err(Failure::other)?;
                done.recv().map(Done::Ended).map_err(Failure::other)
            }
        }
    });
    runtime.shutdown_timeout(Duration::from_millis(100));
    ended
}

/// A bar on stderr; it hides itself where stderr is no terminal.
fn bar(quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(10) };
    let bar = ProgressBar::with_draw_target(None, target);
    let style = ProgressStyle::with_template("{bar:24} {percent:>3} %  {elapsed}  {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏░"));
    bar
}

/// The line of `export --json`.
#[derive(Serialize)]
struct Summary<'a> {
    event: &'static str,
    output: String,
    format: &'a str,
    types: u64,
    records: u64,
    deleted: u64,
    unkeyed: u64,
    files: u64,
    bytes: u64,
    /// What is not complete, in words; only of the exit kit.
    #[serde(skip_serializing_if = "Option::is_none")]
    open: Option<&'a [String]>,
    seconds: f64,
}

fn tell(
    export: &Export,
    folder: &Path,
    manifest: &Manifest,
    report: Option<&Report>,
    took: Duration,
) -> Ending {
    let totals = &manifest.totals;
    if let (Some(filter), 0) = (&export.filter, totals.records) {
        output::complain(&format!(
            "no record matched --where '{filter}': `drainboard export --help` has its words"
        ));
    }
    let mut out = output::stdout();
    if export.json {
        let summary = Summary {
            event: "export",
            output: folder.display().to_string(),
            format: &manifest.asked.form,
            types: totals.types,
            records: totals.records,
            deleted: totals.deleted,
            unkeyed: totals.unkeyed,
            files: totals.files,
            bytes: totals.bytes,
            open: report.map(|report| report.open.as_slice()),
            seconds: took.as_millis() as f64 / 1000.0,
        };
        return output::written(line(&summary, &mut out));
    }
    let some = |n: u64, text: String| if n > 0 { text } else { String::new() };
    let deleted = some(totals.deleted, format!(", {} deleted ones", grouped(totals.deleted)));
    let unkeyed = counted(totals.unkeyed, "instruction");
    let unkeyed = some(totals.unkeyed, format!(", {unkeyed} without an id"));
    output::written(
        writeln!(
            out,
            "exported {} of {}{deleted}{unkeyed} to {}: {}, {}, {}",
            counted(totals.records, "record"),
            counted(totals.types, "type"),
            visible(&folder.display().to_string()),
            counted(totals.files, "file"),
            bytes(totals.bytes),
            span(took)
        )
        .and_then(|()| tell_report(report, &mut out))
        .and_then(|()| out.flush()),
    )
}

fn tell_report(report: Option<&Report>, out: &mut output::Stdout) -> io::Result<()> {
    let Some(report) = report else { return Ok(()) };
    for open in &report.open {
        writeln!(out, "  {}", visible(open))?;
    }
    let days = grouped(report.days_left.max(0).unsigned_abs());
    writeln!(out, "report.md says what is complete; {days} days until Sell ends")
}

/// The line of `export --check --json`.
#[derive(Serialize)]
struct CheckLine<'a> {
    event: &'static str,
    intact: bool,
    made: &'a str,
    files: u64,
    bytes: u64,
    faults: Vec<FaultLine<'a>>,
    others: &'a [String],
}

#[derive(Serialize)]
struct FaultLine<'a> {
    file: &'a str,
    what: &'a str,
}

fn tell_checked(export: &Export, checked: &Checked) -> Ending {
    let intact = checked.faults.is_empty();
    let (totals, mut out) = (&checked.manifest.totals, output::stdout());
    let written = if export.json {
        let faults = checked.faults.iter().map(|fault| FaultLine { file: &fault.file, what: &fault.what });
        let check = CheckLine {
            event: "check",
            intact,
            made: &checked.manifest.made,
            files: totals.files,
            bytes: totals.bytes,
            faults: faults.collect(),
            others: &checked.others,
        };
        line(&check, &mut out)
    } else {
        plainly(checked, &mut out)
    };
    let status = output::written(written)?;
    Ok(if intact { status } else { 1 })
}

fn plainly(checked: &Checked, out: &mut output::Stdout) -> io::Result<()> {
    let (totals, made) = (&checked.manifest.totals, visible(&checked.manifest.made));
    let files = counted(totals.files, "file");
    if checked.faults.is_empty() {
        let records = counted(totals.records, "record");
        writeln!(out, "intact: {files} of {made}, {records}, {}", bytes(totals.bytes))?;
    } else {
        let faults = grouped(checked.faults.len() as u64);
        writeln!(out, "not what was exported: {faults} of {files} of {made}")?;
        for fault in checked.faults.iter().take(NAMED) {
            writeln!(out, "  {} {}", visible(&fault.file), visible(&fault.what))?;
        }
        if checked.faults.len() > NAMED {
            let more = grouped((checked.faults.len() - NAMED) as u64);
            writeln!(out, "  … {more} more; --json names them")?;
        }
    }
    if !checked.others.is_empty() {
        let named: Vec<_> = checked.others.iter().take(NAMED).map(|name| visible(name)).collect();
        writeln!(out, "no part of it: {}", named.join(", "))?;
    }
    out.flush()
}

fn line(value: &impl Serialize, out: &mut output::Stdout) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")?;
    out.flush()
}
