//! `drainboard serve --console`: the service in the console. Here the two meet: the service tells, the wire tap keeps,
//! the console shows.
//!
//! Promise: no token reaches the tap, and the console shows none. The line that says the token is written before the
//! console opens, and is there again when it has closed; a token from the environment is in no line at all.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::super::arguments::{Common, Serve};
use super::super::levers::{Levers, Pace};
use super::super::listening::{bind, ready};
use super::super::output::{self, Ending, Failure};
use super::log::Log;
use super::{GRACE, sees, tokens};
use crate::client::Tap;
use crate::client::tap::Witness;
use crate::config::Folders;
use crate::console::serving::{Device, Entrance, Served, Serving, Standing};
use crate::console::theme::Looks;
use crate::console::{self, Demo};
use crate::service::{Replay, Script, Serve as _, Service, Watch};

/// Fails where there is no terminal to show a console in.
pub(super) fn terminal() -> Result<(), Failure> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return Ok(());
    }
    Err(Failure::usage("this is no terminal: --console needs one; `drainboard serve` serves without"))
}

/// The tokens of what is served.
pub(super) struct Tokens {
    /// First the one that the line says.
    pub(super) all: Vec<String>,
    /// Whether the environment said the first.
    pub(super) given: bool,
}

impl Tokens {
    /// The line that others wait for. A token that came from the environment is known to who set it.
    fn tell(&self, listener: &TcpListener) -> Result<(), Failure> {
        if !self.given {
            return ready(listener, self.all.first().map_or("", String::as_str));
        }
        let address = listener.local_addr().map_err(Failure::other)?;
        let mut out = output::stdout();
        let _ = writeln!(out, "listening on http://{address}  token from BASECRM_ACCESS_TOKEN")
            .and_then(|()| out.flush());
        Ok(())
    }
}

/// What is shown of a service beside its exchanges.
pub(super) struct Face {
    pub(super) title: &'static str,
    pub(super) entrances: Vec<Entrance>,
    pub(super) served: Arc<dyn Served>,
    pub(super) levers: Option<Arc<dyn Demo>>,
}

/// Where a service and a console meet.
pub(super) struct Stage {
    pub(super) runtime: Runtime,
    listener: TcpListener,
    address: String,
    tap: Tap,
    pub(super) log: Arc<dyn Watch>,
    news: Receiver<()>,
    /// Says that there is news.
    pub(super) tell: SyncSender<()>,
    keymap: Option<PathBuf>,
    looks: Looks,
}

impl Stage {
    /// Listens, and says where.
    pub(super) fn set(serve: &Serve, common: &Common, tokens: &Tokens) -> Result<Self, Failure> {
        let keymap = Folders::of_user().map(|folders| folders.keymap());
        let own = keymap.as_deref().and_then(Path::parent);
        let looks = output::looks("--theme", common.theme.as_deref(), common.color.unwrap_or_default(), own)?;
        let runtime = super::super::runtime()?;
        let listener = runtime.block_on(bind(&serve.listen))?;
        let address = format!("http://{}", listener.local_addr().map_err(Failure::other)?);
        tokens.tell(&listener)?;
        let (tell, news) = sync_channel(1);
        let tap = Tap::new();
        let known = tokens.all.iter().map(|token| SecretString::from(token.as_str())).collect();
        let log = Arc::new(Log::new(Witness::new(tap.clone(), known), &address, tell.clone()));
        Ok(Self { runtime, listener, address, tap, log, news, tell, keymap, looks })
    }

    /// Serves and shows, until the user leaves.
    pub(super) fn show<S>(self, face: Face, serve: impl FnOnce(TcpListener, CancellationToken) -> S) -> Ending
    where
        S: Future<Output = io::Result<()>> + Send + 'static,
    {
        let stop = CancellationToken::new();
        let serving = self.runtime.spawn(serve(self.listener, stop.clone()));
        let left = console::serve(Serving {
            title: face.title.to_owned(),
            address: self.address,
            entrances: face.entrances,
            tap: self.tap,
            news: self.news,
            served: face.served,
            levers: face.levers,
            keymap: self.keymap,
            folder: std::env::temp_dir(),
            looks: self.looks,
        });
        stop.cancel();
        let ended = self.runtime.block_on(async { tokio::time::timeout(GRACE, serving).await });
        self.runtime.shutdown_timeout(Duration::from_millis(200));
        let left = left.map_err(|error| Failure::other(format!("the console ended: {error}")))?;
        match ended {
            Ok(Ok(Err(error))) => Err(Failure::other(error)),
            _ => Ok(left.exit_status()),
        }
    }
}

/// An account in the console.
pub(super) fn account(
    serve: &Serve,
    common: &Common,
    service: Service,
    script: Option<Script>,
    given: bool,
) -> Ending {
    let accesses = service.accesses();
    let all: Vec<String> = accesses.iter().map(|access| access.token.clone()).collect();
    let stage = Stage::set(serve, common, &Tokens { all: all.clone(), given })?;
    if serve.tokens {
        tokens(&service);
    }
    let trouble = Arc::new(Mutex::new(None));
    if let Some(script) = script {
        let (service, trouble) = (service.clone(), Arc::clone(&trouble));
        stage.runtime.spawn(async move {
            if let Err(error) = script.play(service).await {
                *trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
            }
        });
    }
    let entrances = accesses
        .iter()
        .map(|access| Entrance { who: format!("user {}", access.user), sees: sees(access).to_owned() })
        .collect();
    let face = Face {
        title: "serve",
        entrances,
        levers: Some(Arc::new(Levers::alone(
            service.clone(),
            Pace { rate: serve.rate, latency: serve.latency },
        ))),
        served: Arc::new(Account { service: service.clone(), tokens: all, trouble }),
    };
    let service = service.watched_by(Some(Arc::clone(&stage.log)));
    stage.show(face, |listener, stop| service.serve(listener, stop.cancelled_owned()))
}

/// An account that is served.
struct Account {
    service: Service,
    tokens: Vec<String>,
    /// What stopped the scenario.
    trouble: Arc<Mutex<Option<String>>>,
}

impl Served for Account {
    fn standing(&self) -> Result<Standing, String> {
        if let Some(trouble) = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(trouble);
        }
        let standing = self.service.standing().map_err(|error| error.to_string())?;
        let lately = standing.lately.into_iter().map(|device| Device {
            device: device.device,
            sees: sight(device.sight),
            sessions: device.sessions,
            left: device.left,
            unacknowledged: device.unacknowledged,
        });
        Ok(Standing::Account {
            records: standing.records,
            devices: standing.devices,
            lately: lately.collect(),
        })
    }

    fn token(&self, entrance: usize) -> Option<String> {
        self.tokens.get(entrance).cloned()
    }
}

fn sight(sight: crate::service::Sight) -> String {
    match sight {
        crate::service::Sight::Everything => "everything".to_owned(),
        crate::service::Sight::Own(user) => format!("of {user}"),
    }
}

/// A recording in the console; how many of its requests nobody asked for is said at the end.
pub(super) fn replay(serve: &Serve, common: &Common, replay: &Replay, token: String, given: bool) -> Ending {
    let stage = Stage::set(serve, common, &Tokens { all: vec![token.clone()], given })?;
    let entrance =
        Entrance { who: "anybody".to_owned(), sees: "every token and every device is welcome".to_owned() };
    let face = Face {
        title: "replay",
        entrances: vec![entrance],
        levers: None,
        served: Arc::new(Recording { all: replay.left() as u64, replay: replay.clone(), token }),
    };
    let watched = replay.clone().watched_by(Some(Arc::clone(&stage.log)));
    let ending = stage.show(face, |listener, stop| watched.serve(listener, stop.cancelled_owned()));
    super::say_left(replay);
    ending
}

/// A recording that is served.
struct Recording {
    replay: Replay,
    all: u64,
    token: String,
}

impl Served for Recording {
    fn standing(&self) -> Result<Standing, String> {
        Ok(Standing::Recording { left: self.replay.left() as u64, all: self.all })
    }

    fn token(&self, _: usize) -> Option<String> {
        Some(self.token.clone())
    }
}
