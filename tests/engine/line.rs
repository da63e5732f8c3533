//! The whole line for a test: a real service on loopback, a real mirror in a folder of its own, a real engine between.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use drainboard::client::{Client, ClientConfig, MAX_PAGE};
use drainboard::engine::{
    self, Command, Engine, Event, EventKind, Mode, Outcome, Settings, Snapshot, Totals,
};
use drainboard::mirror::{Identity, Reader};
use drainboard::service::{Options, Serve as _, Service};
use secrecy::SecretString;
use tokio::net::TcpListener;

/// No test waits longer than this for anything.
const LONG: Duration = Duration::from_mins(1);

pub(crate) struct Line {
    pub(crate) service: Service,
    pub(crate) address: SocketAddr,
    folder: tempfile::TempDir,
}

impl Line {
    /// A service with a generated account, answering on a port of its own.
    pub(crate) async fn new(items: u64) -> Self {
        let options = Options { items, ..Options::default() };
        let service = tokio::task::spawn_blocking(move || Service::open(options)).await.unwrap().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(service.clone().serve(listener, std::future::pending()));
        Self { service, address, folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn mirror(&self) -> PathBuf {
        self.folder.path().join("mirror.db")
    }

    pub(crate) fn settings(&self) -> Settings {
        settings(self.mirror(), self.address, self.service.token())
    }

    /// The account's records a type, and the mirror's: equal when the line has done its work. Without the type that
    /// has no ids: the mirror keeps its instructions apart, and they are no current state.
    pub(crate) fn both_sides(&self) -> [Vec<(String, u64)>; 2] {
        let mut account: Vec<(String, u64)> = self.service.counts().unwrap();
        account.retain(|(kind, rows)| *rows > 0 && kind != "associated_contact");
        account.sort();
        let reader = Reader::open(&self.mirror()).unwrap();
        let mut mirror: Vec<(String, u64)> = reader
            .kinds()
            .unwrap()
            .into_iter()
            .map(|kind| (kind.name, kind.rows))
            .filter(|(_, rows)| *rows > 0)
            .collect();
        mirror.sort();
        [account, mirror]
    }
}

/// Unpaced, quick to give up.
pub(crate) fn settings(mirror: PathBuf, address: SocketAddr, token: &str) -> Settings {
    let (base_url, token) = (format!("http://{address}"), token.to_owned());
    Settings {
        mirror,
        identity: Identity { host: base_url.clone(), device: None },
        connect: Arc::new(move |device| {
            Client::new(ClientConfig {
                base_url: base_url.clone(),
                token: SecretString::from(token.clone()),
                token_source: "BASECRM_ACCESS_TOKEN".to_owned(),
                device,
                max_page: MAX_PAGE,
                door: drainboard::client::Door::Options,
            })
        }),
        rate: 0,
        workers: 4,
        ack_pack: 500,
        ack_most: 0,
        ack_interval: Duration::from_secs(5),
        tries: 3,
        peek: false,
        spent: None,
    }
}

/// An engine and everything that it said.
pub(crate) struct Watched {
    pub(crate) engine: Engine,
    pub(crate) heard: Vec<Event>,
}

impl Watched {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { engine: engine::spawn(settings), heard: Vec::new() }
    }

    pub(crate) async fn ask(&self, command: Command) {
        self.engine.commands.send(command).await.unwrap();
    }

    /// Waits for an event.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&EventKind) -> bool) -> Event {
        let waiting = async {
            loop {
                let event = self.engine.events.recv().await.expect("the engine ended");
                self.heard.push(event.clone());
                if wanted(&event.kind) {
                    return event;
                }
            }
        };
        let found = tokio::time::timeout(LONG, waiting).await;
        found.unwrap_or_else(|_| panic!("never came; heard: {:#?}", self.heard.last()))
    }

    /// Waits for a snapshot.
    pub(crate) async fn shows(&mut self, wanted: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
        let waiting = self.engine.snapshot.wait_for(|snapshot| wanted(snapshot));
        Arc::clone(&*tokio::time::timeout(LONG, waiting).await.expect("never shown").unwrap())
    }

    /// Waits for the run's end.
    pub(crate) async fn ended(&mut self) -> (Outcome, Arc<Totals>) {
        let event = self.until(|kind| matches!(kind, EventKind::RunEnded { .. })).await;
        let EventKind::RunEnded { outcome } = event.kind else { unreachable!() };
        (outcome, event.totals)
    }

    /// A whole run.
    pub(crate) async fn run(&mut self) -> (Outcome, Arc<Totals>) {
        self.ask(Command::Start(Mode::Full)).await;
        self.ended().await
    }
}
