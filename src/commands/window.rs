//! `drainboard` alone: the console on the configured account. It starts idle and asks for nothing: no token, no
//! network. Only behind the welcome screen, whose last answer says so, it begins with a run.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::arguments::{Common, Demo, Manner, Pacing};
use super::connect;
use super::demo;
use super::output::{self, Ending, Failure};
use super::settings;
use crate::client::{Door, Tap};
use crate::config::{Config, Origin};
use crate::console;
use crate::console::model::telling::Tells;
use crate::console::welcome::{Connect, Offer};
use crate::engine::{self, Mode};
use crate::spreadsheet::Formulas;

/// Opens the console; `sync` starts a synchronization at once. Where nothing is configured the welcome screen comes
/// first.
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
    // The welcome screen may write the file that is named; nobody else makes do without.
    let config = settings::resolve_at(common, pacing, Door::Options)?;
    let plain = manner == Manner::default();
    let Some((offer, connector)) = plain.then(|| connect::offer(&config, common, pacing)).flatten() else {
        settings::named_is_there()?;
        return open(config, sync, manner, formulas, Begins::default()).map(console::Left::exit_status);
    };
    let connector = Arc::new(connector);
    let connect: Arc<dyn Connect> = Arc::<connect::Connector>::clone(&connector);
    let welcome = Begins { welcome: Some((offer, connect)), notice: None };
    match open(config, false, manner, formulas, welcome)? {
        console::Left::Demo => {
            let looks = Common {
                theme: common.theme.clone(),
                color: common.color,
                quiet: common.quiet,
                verbose: common.verbose,
                ..Common::default()
            };
            demo::run(&Demo::usual(), &looks)
        }
        console::Left::Connected => {
            let config = settings::resolve(common, pacing)?;
            // The last answer said so; without a token there is nothing to begin with.
            let sync = sync || config.token.is_there();
            let said = Begins { welcome: None, notice: connector.said() };
            open(config, sync, manner, formulas, said).map(console::Left::exit_status)
        }
        left => Ok(left.exit_status()),
    }
}

/// What the console begins with.
#[derive(Default)]
struct Begins {
    /// The welcome screen, and with whom to connect an account.
    welcome: Option<(Offer, Arc<dyn Connect>)>,
    /// Something to be read.
    notice: Option<String>,
}

/// The console on a configuration.
fn open(
    config: Config,
    sync: bool,
    manner: Manner,
    formulas: Formulas,
    Begins { welcome, notice }: Begins,
) -> Result<console::Left, Failure> {
    let tap = Tap::new();
    let (title, host) = (config.profile.clone(), settings::host(&config.origin()));
    let (keymap, statements, browse) =
        (config.keymap.clone(), config.statements.clone(), config.browse.clone());
    let looks = looks(&config)?;
    let tells = Tells { title: config.title, bell: config.bell };
    let watch = (config.origin_of("watch") != Origin::Default).then_some(config.watch);
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
        tells,
        watch,
        welcome,
        notice,
        engine: engine::spawn(settings),
    };
    let ended = console::run(setup);
    drop(inside);
    // The console has stopped the engine; what may still be in flight is committed or it is not.
    runtime.shutdown_timeout(Duration::from_secs(1));
    drop(scratch);
    ended.map_err(|error| Failure::other(format!("the console ended: {error}")))
}

/// The console's colours as they are configured.
pub(super) fn looks(config: &Config) -> Result<console::theme::Looks, Failure> {
    let folder = config.keymap.as_deref().and_then(Path::parent);
    let named = match config.origin_of("theme") {
        Origin::Flag(option) => option.to_owned(),
        origin => format!("{}: theme", settings::origin(origin)),
    };
    output::looks(&named, config.theme.as_deref(), config.color, folder)
}
