//! `drainboard` alone: the console on the configured account. It starts idle and asks for nothing: no token, no network.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::time::Duration;

use super::arguments::{Common, Pacing};
use super::output::{self, Ending, Failure};
use super::settings;
use crate::client::Tap;
use crate::console;
use crate::engine::{self, Mode};

/// Opens the console; `sync` starts a synchronization at once.
pub(super) fn run(sync: bool, common: &Common, pacing: &Pacing) -> Ending {
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        return Err(Failure::usage(
            "this is no terminal: use `drainboard sync` (`drainboard --help` shows the others)",
        ));
    }
    let config = settings::resolve(common, pacing)?;
    let tap = Tap::new();
    let looks = output::looks(common, config.keymap.as_deref().and_then(Path::parent))?;
    let runtime = super::runtime()?;
    let inside = runtime.enter();
    let setup = console::Setup {
        mirror: config.mirror.clone(),
        title: config.profile.clone(),
        host: host(&config.origin()),
        start: sync.then_some(Mode::Full),
        tap: tap.clone(),
        demo: None,
        keymap: config.keymap.clone(),
        statements: config.statements.clone(),
        browse: config.browse.clone(),
        looks,
        engine: engine::spawn(settings::tapped(config, tap)),
    };
    let ended = console::run(setup);
    drop(inside);
    // The console has stopped the engine; what may still be in flight is committed or it is not.
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
        .map(console::Left::exit_status)
        .map_err(|error| Failure::other(format!("the console ended: {error}")))
}

/// An origin without its scheme.
pub(super) fn host(origin: &str) -> String {
    origin.split_once("://").map_or(origin, |(_, host)| host).to_owned()
}
