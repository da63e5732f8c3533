//! `drainboard demo`: a service with a demo account and a mirror, both in a fresh folder, and the console on them;
//! where stdout is no terminal, the same synchronization headless.
//!
//! Promise: it reads no configuration and no environment and touches nothing outside its folder.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::arguments::{self, Common};
use super::folder::Folder;
use super::headless::{self, Voice};
use super::levers::{Levers, Pace};
use super::output::{self, Ending, Failure};
use super::progress::Progress;
use super::settings;
use super::signals::Signals;
use crate::client::{Client, ClientConfig, Door, MAX_PAGE, Tap};
use crate::config;
use crate::console;
use crate::engine::{self, Mode, Settings};
use crate::mirror::reader::Value;
use crate::mirror::{Identity, MirrorError, Reader};
use crate::service::{self, Serve as _, Service};
use crate::spreadsheet::Formulas;
use crate::text::counted;

/// Runs the demo to its end.
pub(super) fn run(demo: &arguments::Demo, common: &Common) -> Ending {
    if let Some(option) = common.place().first() {
        return Err(Failure::usage(format!(
            "demo works on an account and a mirror of its own: {option} has no place there (--keep DIR chooses the folder)"
        )));
    }
    let headless = !(io::stdout().is_terminal() && io::stdin().is_terminal());
    let looks = output::looks("--theme", common.theme.as_deref(), common.color.unwrap_or_default(), None)?;
    let folder = Folder::open(demo.keep.as_deref())?;
    let pace = pace(demo, headless);
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
    let tap = Tap::new();
    let settings = settings(&folder, &base_url, service.token(), pace.rate, (!headless).then(|| tap.clone()));
    let ending = if headless {
        runtime.block_on(drain(settings, &service, &folder, common))
    } else {
        watch(&runtime, Watched { settings, tap, pace }, &service, &folder, looks)
    };
    stop.cancel();
    runtime.shutdown_timeout(Duration::from_millis(200));
    ending
}

/// The account's file in the demo's folder.
const ACCOUNT: &str = "account.db";
/// The mirror's file in the demo's folder.
const MIRROR: &str = "mirror.db";

/// As fast as asked for; else like the real service where somebody looks, and unpaced where nobody does.
fn pace(demo: &arguments::Demo, headless: bool) -> Pace {
    let usual = if headless { Pace::NONE } else { Pace::REAL };
    Pace { rate: demo.rate.unwrap_or(usual.rate), latency: demo.latency.unwrap_or(usual.latency) }
}

/// Serves on a free port of this machine until `stop`; returns the base URL.
async fn listen(service: Service, stop: CancellationToken) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(service.serve(listener, stop.cancelled_owned()));
    Ok(base_url)
}

fn settings(folder: &Folder, base_url: &str, token: &str, rate: u32, tap: Option<Tap>) -> Settings {
    let (base_url, token) = (base_url.to_owned(), SecretString::from(token));
    let host = base_url.clone();
    Settings {
        mirror: folder.path().join(MIRROR),
        identity: Identity { host, device: None },
        connect: Arc::new(move |device| {
            let client = Client::new(ClientConfig {
                base_url: base_url.clone(),
                token: token.clone(),
                token_source: "the demo".into(),
                device,
                max_page: MAX_PAGE,
                door: Door::Options,
            })?;
            Ok(match &tap {
                Some(tap) => client.with_tap(tap.clone()),
                None => client,
            })
        }),
        rate,
        workers: config::WORKERS,
        ack_pack: config::ACK_PACK,
        ack_most: config::ACK_MOST,
        ack_interval: config::ACK_INTERVAL,
        tries: config::TRIES,
        peek: false,
        spent: None,
    }
}

/// The headless demo: drains, then says what is in the mirror.
async fn drain(settings: Settings, service: &Service, folder: &Folder, common: &Common) -> Ending {
    let mut signals = Signals::listen().map_err(Failure::other)?;
    let voice = Voice { lines: None, verbose: common.verbose, progress: (!common.quiet).then(Progress::new) };
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

/// What the console watches.
struct Watched {
    settings: Settings,
    tap: Tap,
    pace: Pace,
}

/// The demo in the console.
fn watch(
    runtime: &Runtime,
    Watched { settings, tap, pace }: Watched,
    service: &Service,
    folder: &Folder,
    looks: console::theme::Looks,
) -> Ending {
    let (mirror, host) = (settings.mirror.clone(), settings.identity.host.clone());
    let _inside = runtime.enter();
    let engine = engine::spawn(settings);
    let levers = Levers::new(service.clone(), engine.commands.downgrade(), pace);
    let setup = console::Setup {
        engine,
        mirror,
        manner: console::Manner::Plain,
        title: "demo".into(),
        host: settings::host(&host),
        start: Some(Mode::Full),
        tap,
        demo: Some(Arc::new(levers)),
        keymap: None,
        statements: None,
        browse: None,
        looks,
        formulas: Formulas::Exact,
        tells: console::model::telling::Tells::USUAL,
        watch: None,
        welcome: None,
        notice: None,
    };
    let left = console::run(setup).map_err(|error| Failure::other(format!("the console ended: {error}")))?;
    if let Some(kept) = folder.kept() {
        let mut out = output::stdout();
        output::written(writeln!(out, "kept in {}", kept.display()).and_then(|()| out.flush()))?;
    }
    Ok(left.exit_status())
}
