//! The WAL of a program that died: a torn end is what a power cut leaves, and costs nothing; other damage gives an
//! earlier state or a refusal, never a mixture.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use drainboard::mirror::reader::Value;
use drainboard::mirror::{Identity, Mirror, Reader};
use drainboard::protocol::DeviceUuid;
use tokio::task::block_in_place;

use crate::disk::{Call, Fault};
use crate::nth::{TRIES, again, scene, seeded};
use crate::scene::{Scene, States, held, nothing_is_lost};

/// Bytes before the first frame, and of a frame: its head and a page of 16 KiB.
const HEAD: usize = 32;
const FRAME: usize = 24 + 16_384;

/// The files of a program that died in mid-drain.
struct Wreck {
    database: Vec<u8>,
    wal: Vec<u8>,
    /// The lock's file, with the last acknowledged page.
    lock: Vec<u8>,
    /// Bytes of the WAL that the disk has confirmed.
    synced: usize,
}

impl Wreck {
    /// Lets the program die at its nth call of a kind. How many calls a run makes is left to chance, since one sync
    /// covers all the commits that wait for it: a run that ends well is made anew.
    fn of(scene: &Scene, call: Call, nth: usize) -> Self {
        (0..TRIES).find_map(|_| Self::once(scene, call, nth)).unwrap_or_else(|| panic!("no {call:?} {nth}"))
    }

    fn once(scene: &Scene, call: Call, nth: usize) -> Option<Self> {
        let syncs = scene.path("syncs.log");
        for name in ["mirror.db", "mirror.db-wal", "mirror.db-shm", "mirror.db.lock", "syncs.log"] {
            let _ = fs::remove_file(scene.path(name));
        }
        let mut command = scene.sync();
        Fault { call, nth, on: false, torn: false, error: None }.meets(
            &mut command,
            &scene.mirror(),
            &scene.path("faults.log"),
        );
        let output = command.env("FAULT_SYNCS", &syncs).output().unwrap();
        if output.status.success() {
            return None;
        }
        assert_eq!(output.status.code(), None, "{nth}: {}", String::from_utf8_lossy(&output.stderr));
        let syncs = fs::read_to_string(&syncs).unwrap_or_default();
        let synced = syncs.lines().rfind(|line| line.ends_with("-wal"));
        let synced = synced.map_or(0, |line| line.split(' ').next().unwrap().parse().unwrap());
        let read = |name: &str| fs::read(scene.path(name)).unwrap();
        let (database, wal, lock) = (read("mirror.db"), read("mirror.db-wal"), read("mirror.db.lock"));
        Some(Self { database, wal, lock, synced })
    }

    /// The same files with another WAL, in a folder of their own.
    fn with(&self, folder: &Path, wal: Option<&[u8]>) -> PathBuf {
        let path = folder.join("mirror.db");
        for name in ["mirror.db-wal", "mirror.db-shm"] {
            let _ = fs::remove_file(folder.join(name));
        }
        fs::write(&path, &self.database).unwrap();
        fs::write(folder.join("mirror.db.lock"), &self.lock).unwrap();
        if let Some(wal) = wal {
            fs::write(folder.join("mirror.db-wal"), wal).unwrap();
        }
        path
    }
}

/// Damage to the WAL from `from` on.
fn damaged(wal: &[u8], from: usize, rng: &mut fastrand::Rng) -> (String, Vec<u8>) {
    let mut bytes = wal.to_vec();
    let at = if from < wal.len() { rng.usize(from..wal.len()) } else { wal.len() };
    let frame = HEAD + at.saturating_sub(HEAD) / FRAME * FRAME;
    let told = match rng.u8(..7) {
        0 => {
            bytes.truncate(at);
            format!("cut at {at}")
        }
        1 => {
            bytes.truncate(frame.max(from));
            format!("cut at the frame at {}", frame.max(from))
        }
        2 => {
            bytes.truncate((frame + 24).max(from).min(wal.len()));
            format!("cut behind the frame's head at {frame}")
        }
        3 => {
            bytes[at..].iter_mut().take(1).for_each(|byte| *byte ^= 1 << rng.u8(..8));
            format!("a bit at {at}")
        }
        4 => {
            let begin = frame.max(from).min(wal.len());
            bytes[begin..].iter_mut().take(FRAME).for_each(|byte| *byte = 0);
            format!("a frame of zeros at {begin}")
        }
        5 => {
            bytes[at..].fill_with(|| rng.u8(..));
            format!("noise from {at}")
        }
        _ => {
            bytes.extend((0..rng.usize(1..2 * FRAME)).map(|_| rng.u8(..)));
            "noise behind the end".to_owned()
        }
    };
    (told, bytes)
}

/// Opens a mirror as a run does, and closes it again; the refusal's words where it is refused.
fn opened(scene: &Scene, path: &Path) -> Result<(), String> {
    let identity = Identity { host: scene.url.clone(), device: None };
    Mirror::open(path, &identity).map(drop).map_err(|e| e.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_torn_end_of_the_wal_loses_nothing_acknowledged() {
    let (seed, mut rng) = seeded();
    let service = scene().await;
    let account = service.owed(DeviceUuid::fresh()).await;
    let mut torn = 0;
    for case in 0..4 * TRIES {
        // Whether anything was unsynced is left to chance: until enough of it was.
        if case >= 4 && torn > 1 {
            return;
        }
        let scene = again(&service);
        // At a sync nothing of a whole page is confirmed, at a write half of it is not even written.
        let (call, nth) =
            if case % 2 == 0 { (Call::Sync, rng.usize(7..12)) } else { (Call::Write, rng.usize(80..260)) };
        let wreck = Wreck::of(&scene, call, nth);
        torn += usize::from(wreck.wal.len() > wreck.synced);
        let Some(device) = held(&scene.mirror()).map(|held| held.device) else { continue };
        let owed = scene.owed(device).await;
        for _ in 0..15 {
            let (told, wal) = damaged(&wreck.wal, wreck.synced, &mut rng);
            let told = format!("seed {seed}, died at {call:?} {nth}, {told}");
            let path = wreck.with(scene.folder.path(), Some(&wal));
            block_in_place(|| opened(&scene, &path)).unwrap_or_else(|why| panic!("{told}: {why}"));
            nothing_is_lost(&account, &owed, &held(&path).unwrap(), &told);
            assert_eq!(missing(&path), 0, "{told}: a false alarm");
        }
        // The last of them goes on, by the program itself.
        let output = block_in_place(|| scene.sync().output().unwrap());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(scene.owed(device).await.is_empty());
        nothing_is_lost(&account, &States::new(), &held(&scene.mirror()).unwrap(), "at the end");
    }
    panic!("nothing unsynced was there to be torn");
}

/// Pages that the mirror says it lacks.
fn missing(path: &Path) -> u64 {
    Reader::open(path).unwrap().status().unwrap().lost_pages
}

/// A mirror's records by the page that brought them; no record changed since.
fn by_page(path: &Path) -> BTreeMap<i64, Vec<String>> {
    let reader = Reader::open(path).unwrap();
    let mut pages = BTreeMap::<i64, Vec<String>>::new();
    for kind in reader.kinds().unwrap() {
        let sql = format!("SELECT _page, id, data FROM \"{}\" ORDER BY id", kind.table);
        let mut take = |row: Vec<Value>| {
            let Value::Integer(page) = row[0] else { panic!("{row:?}") };
            pages.entry(page).or_default().push(format!("{} {:?}", kind.name, &row[1..]));
            true
        };
        reader.query(&sql, &mut |_| {}, &mut take).unwrap();
    }
    for rows in pages.values_mut() {
        rows.sort(); // types come by their size
    }
    pages
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_damage_to_the_wal_gives_an_earlier_state_or_a_refusal() {
    let (seed, mut rng) = seeded();
    let service = scene().await;
    for _ in 0..TRIES {
        // What the dead run had committed and acknowledged is left to chance: until there was enough to be damaged.
        let (earlier, lacking) = damage_it(&again(&service), seed, &mut rng);
        if earlier > 10 && lacking > 5 {
            return;
        }
    }
    panic!("there is never enough to be damaged");
}

/// Damages what a dead run left in many ways: how often that gave an earlier state, and how often acknowledged pages
/// were lacking in it.
fn damage_it(scene: &Scene, seed: u64, rng: &mut fastrand::Rng) -> (usize, usize) {
    let wreck = block_in_place(|| Wreck::of(scene, Call::Sync, 12));
    let whole = by_page(&scene.mirror());
    let lock = String::from_utf8(wreck.lock.clone()).unwrap();
    let noted: u64 = lock.trim().rsplit(' ').next().unwrap().parse().unwrap();
    let (mut earlier, mut refused, mut lacking) = (0, 0, 0);
    for case in 0..60 {
        let (told, wal) = match case {
            0 => ("no WAL".to_owned(), None),
            1 => ("an empty WAL".to_owned(), Some(Vec::new())),
            2 => ("half a head".to_owned(), Some(wreck.wal[..HEAD / 2].to_vec())),
            3 => ("the whole WAL".to_owned(), Some(wreck.wal.clone())),
            _ => {
                let (told, wal) = damaged(&wreck.wal, 0, rng);
                (told, Some(wal))
            }
        };
        let told = format!("seed {seed}, {told}");
        let path = wreck.with(scene.folder.path(), wal.as_deref());
        if let Err(why) = block_in_place(|| opened(scene, &path)) {
            assert!(why.contains("mirror.db") && why.contains(';'), "{told}: {why}");
            refused += 1;
            continue;
        }
        assert_eq!(Reader::open(&path).unwrap().health().unwrap(), [], "{told}");
        let now = by_page(&path);
        let last = now.keys().last().copied().unwrap_or(0);
        let then: BTreeMap<_, _> = whole.range(..=last).map(|(page, rows)| (*page, rows.clone())).collect();
        assert!(now == then, "{told}: no state that ever was, after page {last}");
        earlier += usize::from(now.len() < whole.len());
        let status = Reader::open(&path).unwrap().status().unwrap();
        let committed: u64 = status.sessions.iter().map(|session| session.pages).sum();
        // A mirror of which nothing is left is made anew, as a device that gets everything.
        let same = lock.contains(&status.device.to_string());
        let expected = if same { noted.saturating_sub(committed) } else { 0 };
        assert_eq!(status.lost_pages, expected, "{told}: {noted} noted, {committed} here");
        lacking += usize::from(missing(&path) > 0);
    }
    println!("{earlier} gave an earlier state, {lacking} lacked acknowledged pages, {refused} were refused");
    (earlier, lacking)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_damage_took_away_is_told_and_verify_names_it() {
    let scene = scene().await;
    // All but the last page acknowledged, and a mirror that was set back to a state before.
    let wreck = Wreck::of(&scene, Call::Sync, 12);
    block_in_place(|| assert!(scene.sync().output().unwrap().status.success()));
    assert_eq!(missing(&scene.mirror()), 0);
    let lock = fs::read(scene.path("mirror.db.lock")).unwrap();
    wreck.with(scene.folder.path(), Some(&wreck.wal[..HEAD + 40 * FRAME]));
    fs::write(scene.path("mirror.db.lock"), lock).unwrap();
    // The file alone says nothing of it.
    let alone = scene.folder.path().join("alone");
    fs::create_dir(&alone).unwrap();
    for name in ["mirror.db", "mirror.db-wal"] {
        fs::copy(scene.path(name), alone.join(name)).unwrap();
    }
    assert_eq!(missing(&alone.join("mirror.db")), 0);
    block_in_place(|| {
        let says = |arguments: &[&str], before: &str| {
            let output = scene.program(arguments).output().unwrap();
            let told = format!(
                "{}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
            assert!(told.contains("pages that were acknowledged"), "{arguments:?} {before}: {told}");
        };
        // Before a run has looked at it and after that: new pages take the numbers of those that are gone.
        for before in ["at first", "and later"] {
            says(&["status"], before);
            says(&["doctor"], before);
            says(&["sync", "--rate", "0"], before);
        }
        let proof = scene.program(&["verify", "--json", "-q", "--rate", "0"]).output().unwrap();
        let told = String::from_utf8_lossy(&proof.stdout).into_owned();
        assert!(!proof.status.success() && told.contains("\"identical\":false"), "{told}");
    });
    let lost = missing(&scene.mirror());
    assert!(lost > 0);
    let identity = Identity { host: scene.url.clone(), device: None };
    block_in_place(|| Mirror::renew(&scene.mirror(), &identity)).unwrap();
    assert_eq!(missing(&scene.mirror()), 0, "another device gets all of it");
    block_in_place(|| assert!(scene.sync().output().unwrap().status.success()));
    assert_eq!(missing(&scene.mirror()), 0);
    // What is proven whole has lost nothing, whatever is noted.
    let note = fs::read_to_string(scene.path("mirror.db.lock")).unwrap();
    let (head, page) = note.trim_end().rsplit_once(' ').unwrap();
    let ahead = page.parse::<u64>().unwrap() + 3;
    fs::write(scene.path("mirror.db.lock"), format!("{head} {ahead:020}\n")).unwrap();
    assert_eq!(missing(&scene.mirror()), 3);
    let proof = block_in_place(|| scene.program(&["verify", "-q", "--rate", "0"]).output().unwrap());
    assert!(proof.status.success(), "{}", String::from_utf8_lossy(&proof.stderr));
    assert_eq!(missing(&scene.mirror()), 0);
}
