//! The built program killed with SIGKILL while it synchronizes, again and again, at random moments and at chosen ones, and
//! both sides compared after each: promises 1, 2 and 3 of the crate, where power and patience end.
//!
//! After each kill: what the service does not owe the device any more is in the mirror, at the newest revision (nothing
//! acknowledged is missing); the mirror is sound; and over all runs not one instruction came twice that was committed. At
//! the end the copy is proven byte by byte.
//!
//! `cargo test --release --test crash -- --ignored --nocapture` kills more often and says how often it hit what;
//! `DRAINBOARD_SEED=S` repeats its choices.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails by panicking")]
#![expect(clippy::print_stdout, reason = "the seed, and what the long run found")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use drainboard::client::{Client, ClientConfig, MAX_PAGE, Started, Taken};
use drainboard::mirror::Reader;
use drainboard::mirror::reader::Value;
use drainboard::protocol::{DeviceUuid, EventType};
use drainboard::service::{Edit, Options, Service};
use tokio::net::TcpListener;

const KILLS: usize = 60;
/// What gives a run its length; the test itself is answered at once.
const LATENCY: Duration = Duration::from_millis(4);

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// What an instruction is about: the record, or where it has no id its text.
type Key = (String, String);

/// The newest of each: its revision, and whether it is there (and not deleted).
type States = BTreeMap<Key, (i64, bool)>;

/// A service that goes on living, and the folder of the program that does not.
struct Scene {
    service: Service,
    url: String,
    folder: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let options = Options {
            items: 2_500,
            page: 50,
            latency: LATENCY,
            // Sessions of the dead must not pile up to the service's hundred.
            session_idle: Duration::from_secs(5),
            ..Options::default()
        };
        let service = tokio::task::spawn_blocking(|| Service::open(options)).await.unwrap().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(service.clone().serve(listener, std::future::pending()));
        Self { service, url, folder: tempfile::tempdir().unwrap() }
    }

    fn mirror(&self) -> PathBuf {
        self.folder.path().join("mirror.db")
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_drainboard"));
        command.args(arguments).arg("--mirror").arg(self.mirror()).args(["--base-url", &self.url]);
        command.env_clear().env("BASECRM_ACCESS_TOKEN", self.service.token());
        command.env("HOME", self.folder.path()).env("TMPDIR", self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn sync(&self) -> Command {
        self.program(&["sync", "--json", "--rate", "0", "--ack-pack", "120", "--ack-interval", "20ms"])
    }

    /// Edits, so that there is work left after the next kill.
    async fn edit(&self, edit: Edit) {
        let service = self.service.clone();
        tokio::task::spawn_blocking(move || service.edit(edit)).await.unwrap().unwrap();
    }

    /// Everything that the service would send to a device, without acknowledging any of it.
    async fn owed(&self, device: DeviceUuid) -> States {
        let client = Client::new(ClientConfig {
            base_url: self.url.clone(),
            token: self.service.token().into(),
            token_source: "the test".to_owned(),
            device,
            max_page: MAX_PAGE,
        })
        .unwrap();
        let mut owed = States::new();
        self.service.set_latency(Duration::ZERO);
        let Started::Session(session) = client.start().await.unwrap().value else {
            self.service.set_latency(LATENCY);
            return owed;
        };
        for queue in &session.queues {
            while let Taken::Page(page) = client.take(&session.id, &queue.name).await.unwrap().value {
                for item in page.items() {
                    let about = item.id.map_or_else(|| item.data.to_owned(), ToString::to_string);
                    let state = (item.revision.unwrap_or(0), item.event != EventType::Deleted);
                    owed.insert((item.kind.to_owned(), about), state);
                }
            }
        }
        self.service.set_latency(LATENCY);
        owed
    }
}

/// What a mirror holds.
struct Held {
    device: DeviceUuid,
    states: States,
    /// The records whose last instruction is not acknowledged yet: until it is, the service need not know that the device
    /// has them, and owes no deletion.
    pending: BTreeSet<Key>,
}

/// What a mirror holds. None where the kill came before there was one.
fn held(mirror: &std::path::Path) -> Option<Held> {
    let reader = Reader::open(mirror).ok()?;
    assert_eq!(reader.health().unwrap(), [], "the mirror is not sound");
    let device = reader.status().unwrap().device;
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
fn nothing_is_lost(account: &States, owed: &States, held: &Held, told: &str) {
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

/// When to kill.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// After so long.
    After(Duration),
    /// As soon as the nth event of a name is told.
    At(&'static str, usize),
}

fn moment(rng: &mut fastrand::Rng, usual: Duration) -> Moment {
    let names =
        ["session_opened", "page_committed", "pack_sent", "pack_accepted", "queue_drained", "session_ended"];
    match rng.u8(..10) {
        0..5 => Moment::After(usual.mul_f64(rng.f64())),
        5 | 6 => Moment::At("page_committed", rng.usize(1..40)),
        7 => Moment::At("pack_sent", rng.usize(1..10)),
        8 => Moment::At("pack_accepted", rng.usize(1..10)),
        _ => Moment::At(names[rng.usize(..names.len())], 1),
    }
}

/// Runs a sync and kills it at the moment; whether it was still alive then.
fn killed(scene: &Scene, moment: Moment) -> bool {
    let mut child = scene.sync().spawn().unwrap();
    match moment {
        Moment::After(time) => std::thread::sleep(time),
        Moment::At(name, nth) => {
            let name = format!("\"event\":\"{name}\"");
            let lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let _ = lines.filter(|line| line.as_ref().is_ok_and(|line| line.contains(&name))).nth(nth - 1);
        }
    }
    let alive = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    alive
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whenever_it_is_killed_nothing_is_lost_and_nothing_committed_comes_twice() {
    killing(KILLS).await;
}

/// The figures of the README's reliability section.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the long run"]
async fn three_hundred_kills() {
    killing(300).await;
}

async fn killing(kills: usize) {
    let seed = number("DRAINBOARD_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("seed {seed}");
    let mut rng = fastrand::Rng::with_seed(seed);
    let scene = Scene::new().await;
    let (mut usual, mut hits, mut late) = (Duration::from_millis(600), 0, 0);
    let mut account = scene.owed(DeviceUuid::fresh()).await;
    while hits < kills {
        let moment = moment(&mut rng, usual);
        let alive = tokio::task::block_in_place(|| killed(&scene, moment));
        if alive {
            hits += 1;
        } else {
            // It had ended by itself: there was too little to do, or too much time.
            late += 1;
            usual = usual.mul_f64(0.9).max(Duration::from_millis(60));
            assert!(late < 20 * kills, "it is never alive when it is killed");
        }
        let told = format!("seed {seed}, kill {hits}, {moment:?}");
        let Some(held) = held(&scene.mirror()) else { continue };
        let owed = scene.owed(held.device).await;
        nothing_is_lost(&account, &owed, &held, &told);
        if owed.len() < 1_500 {
            scene.edit(Edit { create: 150, update: 400, delete: 120 }).await;
            account = scene.owed(DeviceUuid::fresh()).await;
        }
    }
    println!("{hits} kills while it was alive, {late} that came too late");

    let began = Instant::now();
    let output = scene.sync().output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let status = Reader::open(&scene.mirror()).unwrap().status().unwrap();
    println!("the last run took {:?}, {} sessions in all", began.elapsed(), status.sessions[0].no);
    // Not one instruction that was committed came again: each would be the same or stale.
    let mut again = Vec::new();
    let reader = Reader::open(&scene.mirror()).unwrap();
    let sql = "SELECT count(*), sum(same), sum(stale), sum(end = 'crashed') FROM _session";
    reader
        .query(sql, &mut |_| {}, &mut |row| {
            again = row;
            true
        })
        .unwrap();
    println!("sessions, same, stale, crashed: {again:?}");
    assert_eq!(again[1..3], [Value::Integer(0), Value::Integer(0)], "committed instructions came again");
    assert!(matches!(again[3], Value::Integer(n) if n > kills as i64 / 4), "hardly any kill hit a session");
    let proof = scene.program(&["verify", "--json", "-q", "--rate", "0"]).output().unwrap();
    let proof = String::from_utf8_lossy(&proof.stdout).into_owned();
    assert!(proof.contains("\"identical\":true"), "{proof}");
}
