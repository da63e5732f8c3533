//! The real mirror beside the model: the same schedule, and the same to be seen after each step. Its files are in
//! memory where the system has a file system there.

use std::collections::BTreeMap;
use std::path::Path;

use drainboard::mirror::reader::Value;
use drainboard::mirror::{Counts, Identity, Mirror, Outbox, PackNo, Reader, Receipt, SessionNo, Settlement};
use drainboard::protocol::{Page, Session};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::model::{Key, is_dead};

/// Whose keys are `id-revision`, and whose records are of the type `thing`.
#[derive(Debug)]
pub(crate) struct Twin {
    folder: TempDir,
    mirror: Option<Mirror>,
    runtime: Runtime,
    session: SessionNo,
    /// The real numbers of the packs in flight, by the model's.
    packs: BTreeMap<PackNo, PackNo>,
}

impl Twin {
    pub(crate) fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut twin =
            Self { folder: folder.unwrap(), mirror: None, runtime, session: 0, packs: BTreeMap::new() };
        twin.open();
        twin
    }

    fn open(&mut self) {
        let identity = Identity { host: "http://127.0.0.1:8080".into(), device: None };
        self.mirror = Some(Mirror::open(&self.folder.path().join("mirror.db"), &identity).unwrap());
    }

    fn mirror(&self) -> &Mirror {
        self.mirror.as_ref().unwrap()
    }

    pub(crate) fn begin_session(&mut self, model: SessionNo) {
        let session = Session::parse(br#"{"data": {"id": "s-1", "queues": []}}"#.to_vec()).unwrap();
        self.session = self.runtime.block_on(self.mirror().begin_session(&session)).unwrap();
        assert_eq!(self.session, model, "the number of a session");
    }

    pub(crate) fn apply(&mut self, keys: &[Key], model: &Receipt) {
        let page = self.runtime.block_on(self.mirror().apply(self.session, page(keys))).unwrap();
        let sum = |receipt: &Receipt| {
            let all =
                |of: fn(&Counts) -> u64| receipt.kinds.iter().map(|(_, counts)| of(counts)).sum::<u64>();
            (all(|c| c.created), all(|c| c.deleted), all(|c| c.same), all(|c| c.stale))
        };
        assert_eq!(
            (page.keys, page.changed, page.echo.is_some(), page.pending, sum(&page)),
            (model.keys, model.changed, model.echo.is_some(), model.pending, sum(model)),
            "what became of {keys:?}"
        );
    }

    pub(crate) fn hold(&mut self, hold: bool, model: &Outbox) {
        let outbox = self.runtime.block_on(self.mirror().hold(hold)).unwrap();
        assert_eq!(outbox, *model, "held: {hold}");
    }

    pub(crate) fn next_pack(&mut self, max: usize, no: PackNo, model: &[Key]) {
        let pack = self.runtime.block_on(self.mirror().next_pack(max)).unwrap();
        let keys: Vec<String> = model.iter().copied().map(key).collect();
        assert_eq!(pack.as_ref().map_or(&[][..], |pack| &pack.keys), keys, "the next pack of {max}");
        if let Some(pack) = pack {
            self.packs.insert(no, pack.no);
        }
    }

    pub(crate) fn settle(&mut self, pack: PackNo, settlement: &Settlement, model: &Outbox) {
        let Some(pack) = self.packs.remove(&pack) else { return };
        let outbox = self.runtime.block_on(self.mirror().settle(pack, settlement.clone())).unwrap();
        assert_eq!(outbox, *model, "settled: {settlement:?}");
    }

    pub(crate) fn reopen(&mut self, model: &Outbox, rows: &BTreeMap<u32, u32>) {
        self.packs.clear();
        self.mirror = None;
        self.open();
        let outbox = self.runtime.block_on(self.mirror().outbox()).unwrap();
        assert_eq!(outbox, *model, "the outbox after a crash");
        assert_eq!(self.rows(), *rows, "the records after a crash");
    }

    /// Every record and every tombstone with its revision.
    pub(crate) fn rows(&self) -> BTreeMap<u32, u32> {
        let reader = Reader::open(&self.folder.path().join("mirror.db")).unwrap();
        let mut rows = BTreeMap::new();
        let mut read = |sql: &str, dead: bool| {
            let mut take = |row: Vec<Value>| {
                let [Value::Integer(id), Value::Integer(revision)] = row[..] else { panic!("{row:?}") };
                let (id, revision) = (u32::try_from(id).unwrap(), u32::try_from(revision).unwrap());
                assert_eq!(is_dead(revision), dead, "{id} at {revision}");
                assert_eq!(rows.insert(id, revision), None, "a record and its tombstone: {id}");
                true
            };
            reader.query(sql, &mut |_| {}, &mut take).map(drop)
        };
        // Before the first record there is no table.
        let _ = read("SELECT id, revision FROM thing", false);
        read("SELECT id, revision FROM _tombstone", true).unwrap();
        rows
    }
}

fn key((id, revision): Key) -> String {
    format!("{id}-{revision}")
}

fn page(keys: &[Key]) -> Page {
    let items: Vec<String> = keys
        .iter()
        .map(|&(id, revision)| {
            let (event, data) = if is_dead(revision) {
                ("deleted", format!(r#"{{"id":{id}}}"#))
            } else {
                ("created", format!(r#"{{"id":{id},"name":"as of {revision}"}}"#))
            };
            let key = key((id, revision));
            format!(
                r#"{{"data":{data},"meta":{{"type":"thing","sync":{{"event_type":"{event}","ack_key":"{key}","revision":{revision}}}}}}}"#
            )
        })
        .collect();
    Page::parse(format!(r#"{{"items":[{}]}}"#, items.join(",")).into_bytes()).unwrap()
}
