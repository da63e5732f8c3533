//! `drainboard serve`: the Sync service alone, until a signal; or watched in the console.

mod console;
mod examined;
mod log;
mod told;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::arguments::{Common, Serve};
use super::conformance;
use super::listening::{bind, ready};
use super::output::{self, Ending, Failure};
use super::signals::Signals;
use told::Told;

use crate::service::{Access, Options, Replay, Script, Serve as _, Service, Sight, Watch};

/// Serves, with the token of the account or the one given.
pub(super) fn run(serve: &Serve, common: &Common, token: Option<String>) -> Ending {
    if let Some(option) = common.place().first() {
        return Err(Failure::usage(format!(
            "serve has an account of its own (--account FILE): {option} has no place there"
        )));
    }
    if let Some(token) = &token
        && !(token.bytes().all(|byte| byte.is_ascii_graphic()))
    {
        return Err(Failure::usage(
            "the token in BASECRM_ACCESS_TOKEN cannot be sent in a header: use letters and digits",
        ));
    }
    if serve.console {
        console::terminal()?;
    }
    let given = token.is_some();
    if serve.examination.conformance {
        if serve.console {
            let token = token.unwrap_or_else(conformance::any_token);
            return examined::examination(serve, common, &token, given);
        }
        let token = token.unwrap_or_else(conformance::any_token);
        let told = Told::asked(common, vec![token.clone()])?;
        return ended(told.as_ref(), conformance::run(serve, &token, watch(told.clone()).as_ref()));
    }
    if let Some(file) = &serve.replay {
        let replay = Replay::open(file).map_err(Failure::usage)?;
        let token = token.unwrap_or_else(conformance::any_token);
        if serve.console {
            return console::replay(serve, common, &replay, token, given);
        }
        let told = Told::asked(common, vec![token.clone()])?;
        return ended(told.as_ref(), blocked(replayed(&serve.listen, replay, &token, told.clone())));
    }
    let script = match serve.examination.scenario.as_slice() {
        [] => None,
        [file] => Some(Script::open(Path::new(file)).map_err(Failure::usage)?),
        _ => return Err(Failure::usage("--scenario takes one file; several names go with --conformance")),
    };
    let service = Service::open(Options {
        account: serve.account.clone(),
        state: serve.state.clone(),
        items: serve.items,
        seed: serve.seed,
        rate: (serve.rate > 0).then_some(serve.rate),
        latency: serve.latency,
        gzip: serve.gzip,
        token,
        faults: serve.fault.clone(),
        ..Options::default()
    })
    .map_err(Failure::mirror)?;
    if let Some(script) = &script {
        script.fits(&service).map_err(Failure::usage)?;
    }
    if serve.account.is_some() && service.is_temporary() {
        output::complain("what devices acknowledge is kept in a temporary file; --state FILE keeps it");
    }
    if serve.console {
        return console::account(serve, common, service, script, given);
    }
    let tokens = service.accesses().into_iter().map(|access| access.token).collect();
    let told = Told::asked(common, tokens)?;
    ended(told.as_ref(), blocked(listen(serve, service, script, told.clone())))
}

/// Who writes the lines of `-v`, for a service.
fn watch(told: Option<Arc<Told>>) -> Option<Arc<dyn Watch>> {
    told.map(|told| told as _)
}

/// An end, once the lines of `-v` are written.
fn ended(told: Option<&Arc<Told>>, ending: Ending) -> Ending {
    if let Some(told) = told {
        told.end();
    }
    ending
}

/// Serves to its end.
fn blocked(serving: impl Future<Output = Ending>) -> Ending {
    let runtime = super::runtime()?;
    let ending = runtime.block_on(serving);
    runtime.shutdown_timeout(Duration::from_millis(200));
    ending
}

/// Serves a recording, and says at the end what nobody asked for.
async fn replayed(address: &str, replay: Replay, token: &str, told: Option<Arc<Told>>) -> Ending {
    let signals = Signals::listen().map_err(Failure::other)?;
    let listener = bind(address).await?;
    ready(&listener, token)?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = replay.clone().watched_by(watch(told)).serve(listener, async {
        let _ = stopped.await;
    });
    let ending = until_signal(serving, stop, signals).await;
    say_left(&replay);
    ending
}

/// Says what of a recording nobody asked for.
fn say_left(replay: &Replay) {
    match replay.left() {
        0 => {}
        left => output::complain(&format!("{left} recorded requests were never asked for")),
    }
}

/// How long the end may take after a signal: the service gives what is in flight a second, then writes its sessions.
const GRACE: Duration = Duration::from_millis(1_700);

async fn listen(serve: &Serve, service: Service, script: Option<Script>, told: Option<Arc<Told>>) -> Ending {
    let signals = Signals::listen().map_err(Failure::other)?;
    let listener = bind(&serve.listen).await?;
    ready(&listener, service.token())?;
    if serve.tokens {
        tokens(&service);
    }
    if let Some(script) = script {
        let service = service.clone();
        tokio::spawn(async move {
            if let Err(error) = script.play(service).await {
                output::complain(&error.to_string());
            }
        });
    }
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = service.watched_by(watch(told)).serve(listener, async {
        let _ = stopped.await;
    });
    until_signal(serving, stop, signals).await
}

/// The other users' tokens, a line each.
fn tokens(service: &Service) {
    let mut out = output::stdout();
    for access in service.accesses().iter().skip(1) {
        let _ = writeln!(out, "user {}  {}  token {}", access.user, sees(access), access.token);
    }
    let _ = out.flush();
}

/// What a token's user sees, in words.
fn sees(access: &Access) -> &'static str {
    match (access.sync, access.sight) {
        (false, _) => "no sync scope",
        (true, Sight::Everything) => "sees everything",
        (true, Sight::Own(_)) => "sees their own",
    }
}

/// Serves until a signal comes, then gives what is in flight its time.
async fn until_signal(
    serving: impl Future<Output = std::io::Result<()>>,
    stop: tokio::sync::oneshot::Sender<()>,
    mut signals: Signals,
) -> Ending {
    tokio::pin!(serving);
    tokio::select! {
        result = &mut serving => return result.map(|()| 0).map_err(Failure::other),
        _ = signals.next() => {}
    }
    let _ = stop.send(());
    tokio::select! {
        _ = &mut serving => {}
        () = tokio::time::sleep(GRACE) => {}
        _ = signals.next() => {}
    }
    Ok(0)
}
