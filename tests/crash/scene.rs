//! The scene of the tests of crashes and of broken disks: a service that goes on living, the built program in a folder
//! of its own, and what both sides have in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use drainboard::client::{Client, ClientConfig, MAX_PAGE, Started, Taken};
use drainboard::mirror::Reader;
use drainboard::mirror::reader::Value;
use drainboard::protocol::{DeviceUuid, EventType, Item};
use drainboard::service::{Options, Serve as _, Service};
use tokio::net::TcpListener;

/// What an instruction is about: the record, or where it has no id its text.
pub(crate) type Key = (String, String);

/// What an instruction is about.
pub(crate) fn about(item: &Item<'_>) -> Key {
    let id = item.id.map_or_else(|| item.data.to_owned(), ToString::to_string);
    (item.kind.to_owned(), id)
}

/// The newest of each: its revision, and whether it is there (and not deleted).
pub(crate) type States = BTreeMap<Key, (i64, bool)>;

/// A service that goes on living, and the folder of the program that does not.
pub(crate) struct Scene {
    pub(crate) service: Service,
    pub(crate) url: String,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) latency: Duration,
}

impl Scene {
    pub(crate) async fn new(options: Options) -> Self {
        let latency = options.latency;
        let service = tokio::task::spawn_blocking(|| Service::open(options)).await.unwrap().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(service.clone().serve(listener, std::future::pending()));
        Self { service, url, folder: tempfile::tempdir().unwrap(), latency }
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn mirror(&self) -> PathBuf {
        self.path("mirror.db")
    }

    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        self.program_at(&self.mirror(), arguments)
    }

    /// The program with another mirror.
    pub(crate) fn program_at(&self, mirror: &Path, arguments: &[&str]) -> Command {
        let mut command = self.bare(arguments);
        command.arg("--mirror").arg(mirror).args(["--base-url", &self.url]);
        command
    }

    /// The program with a home and a token, and nothing else.
    pub(crate) fn bare(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_drainboard"));
        command.args(arguments).env_clear().env("BASECRM_ACCESS_TOKEN", self.service.token());
        command.env("HOME", self.folder.path()).env("TMPDIR", self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn sync(&self) -> Command {
        self.sync_at(&self.mirror())
    }

    /// A sync of another mirror.
    pub(crate) fn sync_at(&self, mirror: &Path) -> Command {
        let options = ["--json", "--rate", "0", "--ack-pack", "120", "--ack-interval", "20ms"];
        self.program_at(mirror, &[&["sync"], &options[..]].concat())
    }

    /// Everything that the service would send to a device, without acknowledging any of it.
    pub(crate) async fn owed(&self, device: DeviceUuid) -> States {
        let client = Client::new(ClientConfig {
            base_url: self.url.clone(),
            token: self.service.token().into(),
            token_source: "the test".to_owned(),
            device,
            max_page: MAX_PAGE,
            door: drainboard::client::Door::Options,
        })
        .unwrap();
        let mut owed = States::new();
        self.service.set_latency(Duration::ZERO);
        let Started::Session(session) = client.start().await.unwrap().value else {
            self.service.set_latency(self.latency);
            return owed;
        };
        for queue in &session.queues {
            while let Taken::Page(page) = client.take(&session.id, &queue.name).await.unwrap().value {
                for item in page.items() {
                    let state = (item.revision.unwrap_or(0), item.event != EventType::Deleted);
                    owed.insert(about(&item), state);
                }
            }
        }
        self.service.set_latency(self.latency);
        owed
    }
}

/// What a mirror holds.
pub(crate) struct Held {
    pub(crate) device: DeviceUuid,
    pub(crate) states: States,
    /// The records whose last instruction is not acknowledged yet: until it is, the service need not know that the
    /// device has them, and owes no deletion.
    pub(crate) pending: BTreeSet<Key>,
}

/// What a mirror holds. None where the kill came before there was one.
pub(crate) fn held(mirror: &Path) -> Option<Held> {
    let reader = Reader::open(mirror).ok()?;
    assert_eq!(reader.health().unwrap(), [], "the mirror is not sound");
    let status = reader.status().unwrap();
    assert_eq!(status.lost_pages, 0, "nothing that was acknowledged is said to have gone");
    let device = status.device;
    let (mut states, mut pending) = (States::new(), BTreeSet::new());
    let mut read = |sql: &str, kind: Option<&str>| {
        let mut take = |row: Vec<Value>| {
            let text = |value: &Value| match value {
                Value::Integer(n) => n.to_string(),
                Value::Text(text) => text.clone(),
                other => panic!("{other:?}"),
            };
            let Value::Integer(revision) = row[2] else { panic!("{row:?}") };
            let kind = kind.map_or_else(|| text(&row[0]), str::to_owned);
            let key = (kind, text(&row[1]));
            if row[3] == Value::Integer(1) {
                pending.insert(key.clone());
            }
            states.insert(key, (revision, true));
            true
        };
        reader.query(sql, &mut |_| {}, &mut take).unwrap();
    };
    for kind in reader.kinds().unwrap() {
        let sql = format!("SELECT 0, id, revision, {PENDING} FROM \"{}\"", kind.table);
        read(&sql, Some(&kind.name));
    }
    read(&format!("SELECT type, data, coalesce(revision, 0), {PENDING} FROM _unkeyed"), None);
    Some(Held { device, states, pending })
}

const PENDING: &str = "_page IN (SELECT page FROM _outbox)";

/// Nothing acknowledged is missing: what the account has is in the mirror or still owed, and what the mirror has too
/// much is still to be deleted.
pub(crate) fn nothing_is_lost(account: &States, owed: &States, held: &Held, told: &str) {
    for (key, (revision, _)) in account {
        let here = held.states.get(key).is_some_and(|(mine, _)| mine >= revision);
        assert!(here || owed.contains_key(key), "{told}: {key:?} is acknowledged and not in the mirror");
    }
    for key in held.states.keys().filter(|key| !account.contains_key(*key)) {
        let dies = held.pending.contains(key) || owed.get(key).is_some_and(|(_, there)| !there);
        // What has no id is kept as instructions, also former ones.
        let unkeyed = key.0 == "associated_contact";
        assert!(dies || unkeyed, "{told}: the deletion of {key:?} is acknowledged and not done");
    }
}
