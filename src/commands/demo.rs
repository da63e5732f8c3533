//! `drainboard demo`: a service with a demo account and a mirror, both in a fresh folder, and the console on them; where
//! stdout is no terminal, the same synchronization headless.
//!
//! Promise: it reads no configuration and no environment and touches nothing outside its folder.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::arguments::{self, Common};
use super::folder::Folder;
use super::headless::{self, Voice};
use super::output::{self, Ending, Failure};
use super::progress::Progress;
use super::signals::Signals;
use super::summary::counted;
use super::window;
use crate::client::{Client, ClientConfig, MAX_PAGE};
use crate::config;
use crate::console;
use crate::engine::{self, Command, Mode, Settings};
use crate::mirror::reader::Value;
use crate::mirror::{Identity, MirrorError, Reader};
use crate::protocol::DOCUMENTED_RATE;
use crate::service::{self, Edit, Service};

/// The real service's latency, as far as anybody measured it.
const LATENCY: Duration = Duration::from_millis(120);

/// Runs the demo to its end.
pub(super) fn run(demo: &arguments::Demo, common: &Common) -> Ending {
    if let Some(option) = common.place().first() {
        return Err(Failure::usage(format!(
            "demo works on an account and a mirror of its own: {option} has no place there (--keep DIR chooses the folder)"
        )));
    }
    let headless = !(io::stdout().is_terminal() && io::stdin().is_terminal());
    let looks = output::looks(common, None)?;
    let folder = Folder::open(demo.keep.as_deref())?;
    let pace = Pace::of(demo, headless);
    let service = Service::open(service::Options {
        account: Some(folder.path().join(ACCOUNT)),
        items: demo.items,
        seed: demo.seed,
        rate: pace.service_rate(),
        latency: pace.latency,
        ..service::Options::default()
    })
    .map_err(Failure::other)?;
    let runtime = super::runtime()?;
    let stop = CancellationToken::new();
    let base_url = runtime.block_on(listen(service.clone(), stop.clone())).map_err(Failure::other)?;
    let settings = settings(&folder, &base_url, service.token(), pace.rate);
    let ending = if headless {
        runtime.block_on(drain(settings, &service, &folder, common))
    } else {
        watch(&runtime, settings, &service, &folder, looks)
    };
    stop.cancel();
    runtime.shutdown_timeout(Duration::from_millis(200));
    ending
}

/// The account's file in the demo's folder.
const ACCOUNT: &str = "account.db";
/// The mirror's file in the demo's folder.
const MIRROR: &str = "mirror.db";

/// How fast the demo's service answers and its engine asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pace {
    /// Requests a second; 0 = no limit.
    rate: u32,
    latency: Duration,
}

impl Pace {
    const REAL: Self = Self { rate: DOCUMENTED_RATE, latency: LATENCY };
    const NONE: Self = Self { rate: 0, latency: Duration::ZERO };

    fn of(demo: &arguments::Demo, headless: bool) -> Self {
        let usual = if headless { Self::NONE } else { Self::REAL };
        Self { rate: demo.rate.unwrap_or(usual.rate), latency: demo.latency.unwrap_or(usual.latency) }
    }

    fn service_rate(self) -> Option<u32> {
        (self.rate > 0).then_some(self.rate)
    }
}

/// Serves on a free port of this machine until `stop`; returns the base URL.
async fn listen(service: Service, stop: CancellationToken) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(service.serve(listener, stop.cancelled_owned()));
    Ok(base_url)
}

fn settings(folder: &Folder, base_url: &str, token: &str, rate: u32) -> Settings {
    let (base_url, token) = (base_url.to_owned(), SecretString::from(token));
    let host = base_url.clone();
    Settings {
        mirror: folder.path().join(MIRROR),
        identity: Identity { host, device: None },
        connect: Arc::new(move |device| {
            Client::new(ClientConfig {
                base_url: base_url.clone(),
                token: token.clone(),
                token_source: "the demo".into(),
                device,
                max_page: MAX_PAGE,
            })
        }),
        rate,
        workers: config::WORKERS,
        ack_pack: config::ACK_PACK,
        ack_interval: config::ACK_INTERVAL,
        tries: config::TRIES,
        peek: false,
    }
}

/// The headless demo: drains, then says what is in the mirror.
async fn drain(settings: Settings, service: &Service, folder: &Folder, common: &Common) -> Ending {
    let mut signals = Signals::listen().map_err(Failure::other)?;
    let voice =
        Voice { lines: None, verbose: common.verbose > 0, progress: (common.quiet == 0).then(Progress::new) };
    let mirror = settings.mirror.clone();
    let mut engine = engine::spawn(settings);
    let run = headless::run(&mut engine, Mode::Full, &voice, &mut signals).await;
    headless::leave(engine, run.signal.is_some()).await;
    let mut out = output::stdout();
    let written = run.summary().write_plain(run.headline(), &mut out).and_then(|()| {
        if run.converged() {
            writeln!(out, "{}", compare(&mirror, service))?;
        }
        if let Some(kept) = folder.kept() {
            writeln!(out, "kept in {0}: drainboard --mirror {0}/{MIRROR} status", kept.display())?;
        }
        out.flush()
    });
    if let Some(error) = run.error() {
        output::complain(&error);
    }
    output::written(written)?;
    Ok(run.exit_status())
}

/// Says whether the mirror holds as many records of each type as the account, in words.
fn compare(mirror: &Path, service: &Service) -> String {
    let read = Reader::open(mirror).and_then(|reader| Ok((reader.kinds()?, unkeyed(&reader)?)));
    let (Ok((kinds, unkeyed)), Ok(counts)) = (read, service.counts()) else {
        return "the mirror could not be compared with the account".into();
    };
    let rows: u64 = kinds.iter().map(|kind| kind.rows).sum();
    let held = |name: &str| kinds.iter().find(|kind| kind.name == name).map_or(0, |kind| kind.rows);
    let keyed = counts.iter().filter(|(name, count)| *count > 0 && !unkeyed.contains(name));
    let differing: Vec<&str> =
        keyed.clone().filter(|(name, count)| held(name) != *count).map(|(name, _)| name.as_str()).collect();
    if !differing.is_empty() {
        let rows = counted(rows, "record");
        return format!(
            "the mirror has {rows}; these types differ from the account: {}",
            differing.join(", ")
        );
    }
    let types = counted(keyed.count() as u64, "type");
    let others =
        if unkeyed.is_empty() { String::new() } else { format!("; without an id: {}", unkeyed.join(", ")) };
    format!("the mirror has the account's {} of {types}{others}", counted(rows, "record"))
}

/// The types whose instructions carry no id: the mirror keeps these as instructions and cannot count records.
fn unkeyed(reader: &Reader) -> Result<Vec<String>, MirrorError> {
    let mut types = Vec::new();
    reader.query("SELECT DISTINCT type FROM _unkeyed", &mut |_| (), &mut |row| {
        types.extend(row.into_iter().filter_map(|value| match value {
            Value::Text(name) => Some(name),
            _ => None,
        }));
        true
    })?;
    Ok(types)
}

/// The demo in the console.
fn watch(
    runtime: &Runtime,
    settings: Settings,
    service: &Service,
    folder: &Folder,
    looks: console::theme::Looks,
) -> Ending {
    let (mirror, host) = (settings.mirror.clone(), settings.identity.host.clone());
    let realistic = settings.rate == DOCUMENTED_RATE;
    let _inside = runtime.enter();
    let engine = engine::spawn(settings);
    let levers = Levers {
        service: service.clone(),
        commands: engine.commands.downgrade(),
        real: AtomicBool::new(realistic),
    };
    let setup = console::Setup {
        engine,
        mirror,
        title: "demo".into(),
        host: window::host(&host),
        start: Some(Mode::Full),
        demo: Some(Arc::new(levers)),
        keymap: None,
        statements: None,
        looks,
    };
    let left = console::run(setup).map_err(|error| Failure::other(format!("the console ended: {error}")))?;
    if let Some(kept) = folder.kept() {
        let mut out = output::stdout();
        output::written(writeln!(out, "kept in {}", kept.display()).and_then(|()| out.flush()))?;
    }
    Ok(left.exit_status())
}

/// What the console can do to the demo's service.
struct Levers {
    service: Service,
    /// Weak: the engine ends when the console lets go of it.
    commands: mpsc::WeakSender<Command>,
    real: AtomicBool,
}

impl console::Demo for Levers {
    fn edit(&self) -> Result<String, String> {
        let done = self
            .service
            .edit(Edit { create: 5, update: 12, delete: 3 })
            .map_err(|error| error.to_string())?;
        Ok(format!(
            "the account was edited: {} created, {} updated, {} deleted",
            done.create, done.update, done.delete
        ))
    }

    fn toggle_pace(&self) -> String {
        let real = !self.real.fetch_xor(true, Ordering::Relaxed);
        let pace = if real { Pace::REAL } else { Pace::NONE };
        self.service.set_rate(pace.service_rate());
        self.service.set_latency(pace.latency);
        if let Some(commands) = self.commands.upgrade() {
            // Where the engine has no room for it, it goes on at its old pace: slower, or stopped by the service's limit.
            let _ = commands.try_send(Command::SetRate(pace.rate));
        }
        if real {
            format!("like the real service: {DOCUMENTED_RATE} requests a second, {} ms", LATENCY.as_millis())
        } else {
            "no limit, no latency".into()
        }
    }
}
