//! Killed at named points around commits and acks, by the gate on the way to the service; after each the mirror, the
//! service's ledger and the gate's own books must agree on what was committed, sent and accepted.

use std::collections::BTreeSet;
use std::time::Duration;

use drainboard::mirror::Reader;
use drainboard::mirror::reader::Value;
use drainboard::protocol::DeviceUuid;
use drainboard::service::{Edit, Options};
use tokio::task::block_in_place;

use crate::gate::Exchange::{Ack, Closing, End, First, Page, Start};
use crate::gate::Stage::{Answered, Asked, Heard, Taken, Torn};
use crate::gate::{Gate, Point, Ran};
use crate::scene::{Held, Scene, States, held, nothing_is_lost};

/// Every point: around a session's start, a page's commit, an ack, and the start that says that this was all.
const POINTS: [Point; 20] = [
    Point(Start, Asked),
    Point(Start, Taken),
    Point(Start, Torn),
    Point(Start, Answered),
    Point(First, Asked),
    Point(Page, Asked),
    Point(Page, Taken),
    Point(Page, Torn),
    Point(Page, Answered),
    Point(Page, Heard),
    Point(Ack, Asked),
    Point(Ack, Taken),
    Point(Ack, Torn),
    Point(Ack, Answered),
    Point(Ack, Heard),
    Point(End, Taken),
    Point(End, Answered),
    Point(Closing, Asked),
    Point(Closing, Answered),
    Point(Closing, Heard),
];

/// Runs that may end before they come to a point, each time.
const MISSES: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_point_around_a_commit_or_an_ack_nothing_is_lost_and_nothing_committed_comes_twice() {
    killing(2).await;
}

/// The figures of the README's reliability section.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the long run"]
async fn three_hundred_kills_at_points() {
    killing(15).await;
}

/// Ack keys of pages that are committed and not wholly acknowledged, as the mirror has them.
fn outbox(reader: &Reader) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut take = |row: Vec<Value>| {
        let Value::Text(keys) = &row[0] else { panic!("{row:?}") };
        all.extend(serde_json::from_str::<Vec<String>>(keys).unwrap());
        true
    };
    reader.query("SELECT keys FROM _outbox", &mut |_| {}, &mut take).unwrap();
    all
}

/// A scene whose way to the service leads through a gate.
struct Guarded {
    scene: Scene,
    gate: Gate,
    account: States,
    /// What the device is still owed.
    owed: usize,
    /// Keys that were committed by the end of the last run.
    committed: BTreeSet<String>,
}

impl Guarded {
    async fn new() -> Self {
        let session_idle = Duration::from_secs(2);
        let mut scene =
            Scene::new(Options { items: 900, page: 40, session_idle, ..Options::default() }).await;
        let gate = Gate::new(&scene.url);
        gate.url.clone_into(&mut scene.url);
        let account = scene.owed(DeviceUuid::fresh()).await;
        let owed = account.len();
        Self { scene, gate, account, owed, committed: BTreeSet::new() }
    }

    /// Work for a run: at least so many instructions.
    async fn fill(&mut self) {
        if self.owed < 400 {
            let service = self.scene.service.clone();
            let edit = Edit { create: 90, update: 320, delete: 60 };
            tokio::task::spawn_blocking(move || service.edit(edit)).await.unwrap().unwrap();
            self.account = self.scene.owed(DeviceUuid::fresh()).await;
        }
    }

    /// A run that is killed at a point, and all that must hold then. Whether it came to the point.
    async fn kill(&mut self, point: Point, nth: usize, told: &str) -> bool {
        let mut sync = self.scene.sync();
        if point == Point(Page, Heard) || point.0 == End {
            sync.args(["--workers", "1"]);
        }
        if nth.is_multiple_of(2) {
            // Debug builds then move the log into the database every few pages.
            sync.env("DRAINBOARD_CHECKPOINT", "20");
        }
        let due = self.committed.clone();
        let ran = block_in_place(|| self.gate.run(sync, self.scene.mirror(), (point, nth), due));
        assert!(ran.hit || ran.status.success(), "{told}: {:?} {}", ran.status, ran.stderr);
        assert_eq!(ran.broken.first(), None, "{told}, and {} more", ran.broken.len());
        let Some(held) = held(&self.scene.mirror()) else {
            // Before its first answer there may be no mirror.
            assert!(point.0 == Start && ran.sent.is_empty(), "{told}: there is no mirror");
            return ran.hit;
        };
        let owed = self.scene.owed(held.device).await;
        nothing_is_lost(&self.account, &owed, &held, told);
        let pending = outbox(&Reader::open(&self.scene.mirror()).unwrap());
        self.sent_is_durable(&ran, &held, told);
        if ran.hit {
            self.is_there(point, &ran, &pending, &owed, told);
        }
        self.committed = pending;
        self.owed = owed.len();
        ran.hit
    }

    /// Promise 1, as seen on the wire: what left in a pack is in the mirror, or a later state of it.
    fn sent_is_durable(&self, ran: &Ran, held: &Held, told: &str) {
        for key in &ran.sent {
            let (about, revision, there) = self.gate.told(key);
            let mine = held.states.get(&about).map(|(mine, _)| *mine);
            // What was deleted later is gone.
            let durable = mine.map_or(!there || !self.account.contains_key(&about), |mine| mine >= revision);
            assert!(durable, "{told}: {key} was sent and is not durable");
        }
    }

    /// That it was killed where it is said.
    fn is_there(
        &self,
        Point(exchange, stage): Point,
        ran: &Ran,
        pending: &BTreeSet<String>,
        owed: &States,
        told: &str,
    ) {
        let all = |keys: &BTreeSet<String>| ran.keys.iter().all(|key| keys.contains(key));
        let none = |keys: &BTreeSet<String>| !ran.keys.iter().any(|key| keys.contains(key));
        for key in &ran.handed {
            let (about, ..) = self.gate.told(key);
            let kept = pending.contains(key) || self.gate.accepted(key) || owed.contains_key(&about);
            // Of what came and went between two acks nothing is owed.
            assert!(kept || !self.account.contains_key(&about), "{told}: nobody has {key}");
        }
        match (exchange, stage) {
            (Start | First, _) => assert!(ran.handed.is_empty(), "{told}: it has pages"),
            (Page, Taken | Torn | Heard) => {
                assert!(!ran.keys.is_empty() && none(pending), "{told}: the page is committed");
            }
            (Page, Asked) => {
                let known = |key: &String| ran.handed.contains(key) || self.committed.contains(key);
                assert!(ran.keys.is_empty() && ran.sent.iter().all(known), "{told}: it has the page");
            }
            (Page, Answered) => {
                assert!(!ran.keys.is_empty(), "{told}: an empty page");
                assert!(all(pending) || none(pending), "{told}: half a page is committed");
            }
            (End, _) => {
                // Its one worker asks when it has all pages: what is owed was on one of them.
                let handed: BTreeSet<_> = ran.handed.iter().map(|key| self.gate.told(key).0).collect();
                let missed = owed.keys().find(|about| !handed.contains(*about));
                assert!(ran.keys.is_empty() && missed.is_none(), "{told}: {missed:?} was never handed out");
            }
            (Ack, _) => {
                assert!(!ran.keys.is_empty(), "{told}: an empty pack");
                assert!(stage == Answered || all(pending), "{told}: some of its keys are not in the outbox");
                for key in &ran.keys {
                    let (about, revision, _) = self.gate.told(key);
                    let owes = owed.get(&about).map(|(owes, _)| *owes);
                    let right = if stage != Asked || self.gate.accepted(key) {
                        owes.is_none_or(|newer| newer > revision)
                    } else {
                        // Of what came and went between two acks nothing is owed.
                        owes.is_some() || !self.account.contains_key(&about)
                    };
                    assert!(right, "{told}: of {key} the service owes {owes:?}");
                }
            }
            (Closing, _) => assert!(pending.is_empty() && owed.is_empty(), "{told}: {} keys", pending.len()),
        }
    }

    /// Lets it run to its end, and proves the copy.
    async fn converge(mut self, told: &str) {
        let never = Point(First, Heard);
        assert!(!self.kill(never, 1, told).await && self.committed.is_empty() && self.owed == 0, "{told}");
        let mut again = Vec::new();
        let reader = Reader::open(&self.scene.mirror()).unwrap();
        let sql = "SELECT sum(same), sum(stale) FROM _session";
        reader
            .query(sql, &mut |_| {}, &mut |row| {
                again = row;
                true
            })
            .unwrap();
        assert_eq!(
            again,
            [Value::Integer(0), Value::Integer(0)],
            "{told}: committed instructions came again"
        );
        let proof = self.scene.program(&["verify", "--json", "-q", "--rate", "0"]).output().unwrap();
        let proof = String::from_utf8_lossy(&proof.stdout).into_owned();
        assert!(proof.contains("\"identical\":true"), "{told}: {proof}");
    }
}

/// Kills at every point so often, in a random order.
async fn killing(rounds: usize) {
    let (seed, mut rng) = crate::seeded();
    let mut guarded = Guarded::new().await;
    let (mut kills, mut misses) = (0, 0);
    for round in 1..=rounds {
        let mut points = POINTS;
        rng.shuffle(&mut points);
        for point in points {
            let mut tries = 0;
            loop {
                guarded.fill().await;
                let nth = match point {
                    Point(Page, _) => rng.usize(1..9),
                    Point(Ack, _) => rng.usize(1..4),
                    _ => 1,
                };
                let told = format!("seed {seed}, round {round}, {point}, number {nth}");
                if guarded.kill(point, nth, &told).await {
                    kills += 1;
                    break;
                }
                tries += 1;
                assert!(tries < MISSES, "{told}: it is never there");
            }
            misses += tries;
        }
    }
    println!("{kills} kills at points, {misses} runs that did not come to theirs");
    guarded.converge(&format!("seed {seed}")).await;
}
