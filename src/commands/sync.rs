//! `drainboard sync`: synchronizes without the console and sums up.
//!
//! Promise: with `--json` the last line on stdout is the summary, on every exit behind the command line's parsing.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::arguments::{Common, Pause, Sync};
use super::headless::{self, Run, Voice};
use super::lines::Lines;
use super::metrics::Metrics;
use super::output::{self, Ending, Failure};
use super::progress::Progress;
use super::settings;
use super::signals::Signals;
use super::summary::Summary;
use super::watch::Watch;
use crate::config::Config;
use crate::engine::{self, Mode, RunEnd, Settings};
use crate::mirror::Reader;
use crate::text::{grouped, visible};

/// Synchronizes as asked.
pub(super) fn run(sync: &Sync, common: &Common, config: Result<Config, Failure>) -> Ending {
    let mirror = config.as_ref().ok().map(|config| config.mirror.clone());
    let metrics = sync.metrics.clone().map(|file| Metrics::new(file, config.as_ref().ok()));
    let refused = |failure| if sync.json { of_nothing(failure, mirror.as_deref()) } else { failure };
    if let Some(failure) = metrics.as_ref().and_then(|metrics| metrics.prove().err()) {
        return Err(refused(failure));
    }
    let prepared = config.and_then(|config| Job::prepare(sync, config));
    let (job, runtime) = match prepared.and_then(|job| Ok((job, super::runtime()?))) {
        Ok(ready) => ready,
        Err(failure) => {
            if let Some(error) = metrics.as_ref().and_then(|metrics| metrics.write_failure(&failure).err()) {
                output::complain(&error);
            }
            return Err(refused(failure));
        }
    };
    let ending = runtime.block_on(job.run(sync, common, metrics.as_ref()));
    // A run that a signal cut short may leave a write behind; it is committed or it is not.
    runtime.shutdown_timeout(Duration::from_millis(100));
    ending
}

/// Writes the summary of a run that never began, and hands the failure on.
fn of_nothing(failure: Failure, mirror: Option<&Path>) -> Failure {
    let status = mirror.and_then(|path| Reader::open(path).and_then(|reader| reader.status()).ok());
    let summary =
        Summary::of_nothing(failure.message.clone(), status.map_or(0, |status| status.outbox.pending));
    let mut out = output::stdout();
    // The failure itself says more than a stdout that takes no line.
    let _ = summary.write_json(&mut out).and_then(|()| out.flush());
    failure
}

/// Everything that a synchronization needs, checked before anything is touched.
struct Job {
    settings: Settings,
    mode: Mode,
    /// The time between two runs of a watch; none for one run alone.
    pause: Option<Duration>,
    /// The scratch mirror of `--peek`; removed with this.
    _scratch: Option<TempDir>,
}

impl Job {
    fn prepare(sync: &Sync, mut config: Config) -> Result<Self, Failure> {
        settings::check(&mut config)?;
        let pause = sync.watch.map(|pause| match pause {
            Pause::Usual => config.watch,
            Pause::Of(time) => time,
        });
        let mode = if sync.single_session || sync.peek { Mode::Single } else { Mode::Full };
        let mut settings = settings::engine(config);
        if !sync.peek {
            return Ok(Self { settings, mode, pause, _scratch: None });
        }
        let scratch = settings::peek(&mut settings)?;
        Ok(Self { settings, mode, pause, _scratch: Some(scratch) })
    }

    async fn run(self, sync: &Sync, common: &Common, metrics: Option<&Metrics>) -> Ending {
        let mut signals = Signals::listen().map_err(Failure::other)?;
        let lines = if sync.json { Some(Lines::start().map_err(Failure::other)?) } else { None };
        let voice = Voice { lines, verbose: common.verbose, progress: (!common.quiet).then(Progress::new) };
        let mirror = self.settings.mirror.clone();
        let scratch = self.settings.peek.then(|| mirror.clone());
        let mut engine = engine::spawn(self.settings);
        let run = match self.pause {
            None => headless::run(&mut engine, self.mode, &voice, &mut signals).await,
            Some(pause) => {
                let watch = Watch { mode: self.mode, pause, voice: &voice, metrics };
                watch.run(&mut engine, &mut signals).await?
            }
        };
        if let Some(error) = metrics.and_then(|metrics| metrics.write(&run).err()) {
            voice.say(&error);
        }
        let hurried = run.signal.is_some();
        headless::leave(engine, hurried).await;
        let told = tell(&run, scratch, voice, hurried).await;
        if let Some(error) = run.error() {
            output::complain(&error);
        }
        // Not where the mirror is the trouble: another program may have it, and would be waited for once more.
        if !hurried && run.end() != RunEnd::Mirror {
            let status = Reader::open(&mirror).and_then(|reader| reader.status()).ok();
            status.and_then(|status| status.lost()).iter().for_each(|lost| output::complain(lost));
        }
        // A failure of the run says more than one of stdout.
        let peeked = sync.peek && run.end() == RunEnd::SingleSession && run.error().is_none();
        let status = match (run.signal, self.pause) {
            _ if peeked => 0,
            // Nothing but a signal ends a watch, however the last run went.
            (Some(signal), Some(_)) => signal.exit_status(),
            _ => run.exit_status(),
        };
        if status == 0 { output::written(told) } else { Ok(status) }
    }
}

/// Sums up on stdout: the last line of JSON, or the same for people.
async fn tell(run: &Run, scratch: Option<PathBuf>, voice: Voice, hurried: bool) -> std::io::Result<()> {
    if let Some(lines) = voice.lines {
        return headless::last_line(lines, &run.summary(), hurried).await;
    }
    let mut out = output::stdout();
    let headline = if scratch.is_some() && run.signal.is_none() { "a peek" } else { run.headline() };
    run.summary().write_plain(headline, &mut out)?;
    if let Some(scratch) = scratch {
        write_peek(&scratch, &mut out)?;
    }
    out.flush()
}

/// Says what a peek has seen.
fn write_peek(scratch: &Path, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(
        out,
        "nothing was acknowledged and the mirror was not touched: the next sync brings all of this"
    )?;
    let kinds = Reader::open(scratch).and_then(|reader| reader.kinds()).unwrap_or_default();
    let widest = kinds.iter().map(|kind| grouped(kind.rows).len()).max().unwrap_or(0);
    for kind in kinds {
        writeln!(out, "{:>widest$}  {}", grouped(kind.rows), visible(&kind.name))?;
    }
    Ok(())
}
