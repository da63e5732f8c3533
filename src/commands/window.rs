//! `drainboard` alone: the console on the configured account. It starts idle and asks for nothing: no token, no network.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::time::Duration;

use super::arguments::{Common, Manner, Pacing};
use super::output::{self, Ending, Failure};
use super::settings;
use crate::client::Tap;
use crate::config::{Config, Origin};
use crate::console;
use crate::engine::{self, Mode};
use crate::spreadsheet::Formulas;

/// Opens the console; `sync` starts a synchronization at once.
pub(super) fn run(
    sync: bool,
    manner: Manner,
    formulas: Formulas,
    common: &Common,
    pacing: &Pacing,
) -> Ending {
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        return Err(Failure::usage(
            "this is no terminal: use `drainboard sync` (`drainboard --help` shows the others)",
        ));
    }
    let config = settings::resolve(common, pacing)?;
    let tap = Tap::new();
    let (title, host) = (config.profile.clone(), host(&config.origin()));
    let (keymap, statements, browse) =
        (config.keymap.clone(), config.statements.clone(), config.browse.clone());
    let looks = looks(&config)?;
    let mut settings = settings::tapped(config, tap.clone());
    let scratch = if manner.peek { Some(settings::peek(&mut settings)?) } else { None };
    let runtime = super::runtime()?;
    let inside = runtime.enter();
    let setup = console::Setup {
        mirror: settings.mirror.clone(),
        manner: match manner {
            Manner { peek: true, .. } => console::Manner::Peek,
            Manner { read_only: true, .. } => console::Manner::ReadOnly,
            Manner { .. } => console::Manner::Plain,
        },
        title,
        host,
        start: sync.then_some(Mode::Full),
        tap,
        demo: None,
        keymap,
        statements,
        browse,
        looks,
        formulas,
        engine: engine::spawn(settings),
    };
    let ended = console::run(setup);
    drop(inside);
    // The console has stopped the engine; what may still be in flight is committed or it is not.
    runtime.shutdown_timeout(Duration::from_secs(1));
    drop(scratch);
    ended
        .map(console::Left::exit_status)
        .map_err(|error| Failure::other(format!("the console ended: {error}")))
}

/// The console's colours as they are configured.
pub(super) fn looks(config: &Config) -> Result<console::theme::Looks, Failure> {
    let folder = config.keymap.as_deref().and_then(Path::parent);
    output::looks(config.theme.as_deref(), config.color, folder).map_err(|failure| {
        match config.origin_of("theme") {
            Origin::Flag(_) => failure,
            origin => {
                let said = failure.message.trim_start_matches("--");
                Failure::usage(format!("{}: {said}", settings::origin(origin)))
            }
        }
    })
}

/// An origin without its scheme.
pub(super) fn host(origin: &str) -> String {
    origin.split_once("://").map_or(origin, |(_, host)| host).to_owned()
}
