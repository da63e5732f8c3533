//! The apply step: any page that the decoder takes is applied, or refused whole. Then every record is at the state that
//! the rule of revisions gives it, byte for byte, and every instruction without an id is kept; and the mirror is sound.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use drainboard::mirror::reader::Value;
use drainboard::mirror::{Mirror, Reader, SessionNo};
use drainboard::protocol::{EventType, Page, RecordId};
use tokio::runtime::Runtime;

use crate::driver::{Face, fuzz};
use crate::{kit, page};

/// Pages that one mirror gets before it is checked as a file and a new one is made.
const PAGES: u32 = 25;

#[test]
fn applied_pages() {
    let mut scene = None;
    let faces = fuzz("apply", 4_000, page::WORDS, |input| {
        let Ok(page) = Page::parse(input.to_vec()) else { return Face::of("no page") };
        let scene: &mut Scene = scene.get_or_insert_with(Scene::new);
        let face = scene.apply(page);
        if scene.pages >= PAGES {
            *scene = Scene::new();
        }
        face
    });
    assert!(faces > 20, "only {faces} kinds of input: the mutations have gone dull");
}

/// A record's revision and text; no text where it is deleted.
type State = (Option<i64>, Option<String>);

/// A mirror, and what it must hold.
struct Scene {
    runtime: Runtime,
    folder: tempfile::TempDir,
    mirror: Mirror,
    session: SessionNo,
    pages: u32,
    records: BTreeMap<(String, RecordId), State>,
    unkeyed: BTreeSet<(String, String)>,
}

impl Drop for Scene {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(kit::rows(&self.reader(), "PRAGMA quick_check"), [[kit::text("ok")]]);
        }
    }
}

impl Scene {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        // What is tried is no disk, so memory will do where there is some.
        let memory = Path::new("/dev/shm");
        let folder =
            if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let mirror = Mirror::open(&folder.path().join("mirror.db"), &kit::identity()).unwrap();
        let session = runtime.block_on(mirror.begin_session(&kit::session())).unwrap();
        let (records, unkeyed) = (BTreeMap::new(), BTreeSet::new());
        Self { runtime, folder, mirror, session, pages: 0, records, unkeyed }
    }

    fn reader(&self) -> Reader {
        Reader::open(&self.folder.path().join("mirror.db")).unwrap()
    }

    fn apply(&mut self, page: Page) -> Face {
        self.pages += 1;
        let (records, unkeyed) = (self.records.clone(), self.unkeyed.clone());
        let count = page.len();
        for item in page.items() {
            self.expect(item.kind, item.event, item.revision, item.id, item.data);
        }
        let applied = self.runtime.block_on(self.mirror.apply(self.session, page));
        if applied.is_err() {
            (self.records, self.unkeyed) = (records, unkeyed);
        }
        self.compare();
        match applied {
            Ok(receipt) => {
                let kinds: Vec<_> = receipt
                    .kinds
                    .iter()
                    .map(|(name, counts)| {
                        (name.len().min(2), counts.stale > 0, counts.same > 0, counts.deleted > 0)
                    })
                    .collect();
                Face::of((count.min(4), kinds))
            }
            Err(error) => panic!("an accepted page was not applied: {error}"),
        }
    }

    /// What an instruction must do.
    fn expect(
        &mut self,
        kind: &str,
        event: EventType,
        revision: Option<i64>,
        id: Option<&RecordId>,
        data: &str,
    ) {
        let Some(id) = id else {
            self.unkeyed.insert((kind.to_owned(), data.to_owned()));
            return;
        };
        let key = (kind.to_owned(), id.clone());
        let known = self.records.get(&key).and_then(|state| state.0);
        if revision.zip(known).is_some_and(|(new, known)| new < known) {
            return;
        }
        let text = (event != EventType::Deleted).then(|| data.to_owned());
        self.records.insert(key, (revision.or(known), text));
    }

    fn compare(&self) {
        let reader = self.reader();
        let mut found = BTreeMap::new();
        let mut kinds = 0;
        for row in kit::rows(&reader, "SELECT name, table_name FROM _type") {
            let [Value::Text(kind), Value::Text(table)] = &row[..] else { panic!("{row:?}") };
            kinds += 1;
            let table = table.replace('"', "\"\"");
            for row in kit::rows(&reader, &format!("SELECT id, revision, data FROM \"{table}\"")) {
                let [id, revision, Value::Text(data)] = &row[..] else { panic!("{row:?}") };
                found.insert((kind.clone(), id_of(id)), (number(revision), data.clone()));
            }
        }
        let alive = self
            .records
            .iter()
            .filter_map(|(key, (revision, data))| Some((key.clone(), (*revision, data.clone()?))));
        assert_eq!(found, alive.collect(), "of {kinds} types");
        let mut missing = self.unkeyed.clone();
        for sql in ["SELECT type, data FROM _unkeyed", "SELECT type, data FROM _history WHERE id IS NULL"] {
            for row in kit::rows(&reader, sql) {
                let [Value::Text(kind), Value::Text(data)] = &row[..] else { panic!("{row:?}") };
                missing.remove(&(kind.clone(), data.clone()));
            }
        }
        assert!(missing.is_empty(), "instructions that are lost: {missing:?}");
    }
}

fn id_of(value: &Value) -> RecordId {
    match value {
        Value::Integer(id) => RecordId::Int(*id),
        Value::Text(id) => RecordId::Text(id.clone()),
        other => panic!("an id is {other:?}"),
    }
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(n) => Some(*n),
        Value::Null => None,
        other => panic!("no number: {other:?}"),
    }
}
