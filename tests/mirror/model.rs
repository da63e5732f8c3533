//! Apply against a simple model: random pages over few records, hostile names and deep JSON, reopened at random.
//! Promises 3 and 5: revisions, tombstones, nothing dropped, byte for byte.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use drainboard::mirror::Settlement;
use drainboard::mirror::reader::{From, Value};
use drainboard::protocol::RecordId;
use drainboard::protocol::record;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use crate::kit::{self, Instruction, Scratch, page, rows, session};

const KINDS: [&str; 9] = [
    "contact",
    "Contact",
    "CONTACT",
    "",
    "_outbox",
    "sqlite_x",
    "a\0b",
    "we\"ird'; DROP TABLE _type; --",
    "select",
];
const FIELDS: [&str; 23] = [
    "name",
    "Name",
    "NAME",
    "ID",
    "revision",
    "data",
    "_session",
    "_deep",
    "oid",
    "",
    "a\"b",
    "a'b",
    "a\\b",
    "a.b",
    "[0]",
    "$",
    "a\0b",
    "é",
    "É",
    "rowid",
    "x\n\u{1b}[31m",
    "name_field",
    "data_field",
];
const IDS: [&str; 8] =
    ["1", "2", "\"1\"", "9007199254740992", "9007199254740993", "18446744073709551616", "null", "\"\""];

#[derive(Debug, Clone)]
enum Step {
    Page(Vec<Instruction>),
    Reopen { close: bool },
    Acknowledge(usize),
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("1.10".to_owned()),
        Just("null".to_owned()),
        Just("12345678901234567890123".to_owned()),
        Just(r#""Åsa \u0041""#.to_owned()),
        Just(r#""\ud800 lone""#.to_owned()),
        Just(r#""nul \u0000 in it""#.to_owned()),
        Just(" { \"a\" : [ 1 , 2 ] } ".to_owned()),
        (990_usize..1_010).prop_map(|n| format!("{}{}", "[".repeat(n), "]".repeat(n))),
        (990_usize..1_010).prop_map(|n| format!("{}1{}", "{\"a\":".repeat(n), "}".repeat(n))),
    ]
}

fn data() -> impl Strategy<Value = String> {
    let id = prop::sample::select(&IDS[..]);
    let fields = prop::collection::vec((prop::sample::select(&FIELDS[..]), value()), 0..5);
    (id, fields, any::<bool>()).prop_map(|(id, fields, first)| {
        let mut parts: Vec<String> = fields
            .into_iter()
            .map(|(field, value)| format!("{}:{value}", serde_json::Value::from(field)))
            .collect();
        parts.insert(if first { 0 } else { parts.len() }, format!("\"id\": {id}"));
        format!("{{{}}}", parts.join(", "))
    })
}

fn instruction() -> impl Strategy<Value = Instruction> {
    let revision = prop::option::weighted(0.85, 1_i64..5);
    let event = prop_oneof![Just("created"), Just("updated"), Just("deleted")];
    let key = prop::option::weighted(0.9, "[a-d]{1,2}");
    (prop::sample::select(&KINDS[..]), event, key, revision, data()).prop_map(
        |(kind, event, key, revision, data)| Instruction { kind: kind.into(), event, key, revision, data },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop::collection::vec(instruction(), 0..12).prop_map(Step::Page),
        1 => any::<bool>().prop_map(|close| Step::Reopen { close }),
        2 => (1_usize..9).prop_map(Step::Acknowledge),
    ]
}

type Key = (String, RecordId);

/// Type, id, revision, data and event, as the history has them.
type Past = (String, Option<RecordId>, Option<i64>, String, &'static str);

#[derive(Debug, Default)]
struct Model {
    rows: BTreeMap<Key, (Option<i64>, String)>,
    tombstones: BTreeMap<Key, Option<i64>>,
    history: Vec<Past>,
    keyed: BTreeMap<(String, String), (Option<i64>, &'static str, String)>,
    nameless: BTreeSet<(String, Option<i64>, &'static str, String)>,
    outbox: VecDeque<String>,
    kinds: BTreeSet<String>,
}

impl Model {
    fn deliver(&mut self, i: &Instruction) {
        self.kinds.insert(i.kind.clone());
        self.outbox.extend(i.key.clone());
        // The id as the text that came: the model reads it its own way.
        let start = i.data.find("\"id\": ").map(|at| &i.data[at + 6..]);
        let text = start.and_then(|rest| rest.split([',', '}']).next()).unwrap_or("null").trim();
        let id = match text {
            "null" => None,
            quoted if quoted.starts_with('"') => Some(RecordId::Text(quoted.trim_matches('"').to_owned())),
            number => Some(number.parse().map_or_else(|_| RecordId::Text(number.into()), RecordId::Int)),
        };
        match id {
            None => self.deliver_unkeyed(i),
            Some(id) => self.deliver_record(i, (i.kind.clone(), id)),
        }
    }

    fn deliver_unkeyed(&mut self, i: &Instruction) {
        let Some(key) = &i.key else {
            self.nameless.insert((i.kind.clone(), i.revision, i.event, i.data.clone()));
            return;
        };
        let new = (i.revision, i.event, i.data.clone());
        let old = self.keyed.insert((i.kind.clone(), key.clone()), new.clone());
        if let Some(old) = old.filter(|old| *old != new) {
            self.history.push((i.kind.clone(), None, old.0, old.2, "updated"));
        }
    }

    fn deliver_record(&mut self, i: &Instruction, key: Key) {
        let row = self.rows.get(&key).cloned();
        let known = row.as_ref().map_or_else(|| self.tombstones.get(&key).copied().flatten(), |row| row.0);
        if i.revision.zip(known).is_some_and(|(new, known)| new < known) {
            return; // an older one never wins
        }
        let revision = i.revision.or(known);
        if i.event == "deleted" {
            if let Some((revision, data)) = self.rows.remove(&key) {
                self.history.push((key.0.clone(), Some(key.1.clone()), revision, data, "deleted"));
            }
            self.tombstones.insert(key, revision);
            return;
        }
        self.tombstones.remove(&key);
        let new = (revision, i.data.clone());
        if let Some(old) = row.filter(|row| *row != new) {
            self.history.push((key.0.clone(), Some(key.1.clone()), old.0, old.1, "updated"));
        }
        self.rows.insert(key, new);
    }
}

fn id_of(value: &Value) -> Option<RecordId> {
    match value {
        Value::Integer(id) => Some(RecordId::Int(*id)),
        Value::Text(id) => Some(RecordId::Text(id.clone())),
        Value::Null => None,
        other => panic!("an id is {other:?}"),
    }
}

fn string(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        other => panic!("no text: {other:?}"),
    }
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(n) => Some(*n),
        Value::Null => None,
        other => panic!("no number: {other:?}"),
    }
}

/// What a column shows of a record: the values of [`value`], by hand.
fn shown(data: &str, field: &str) -> Value {
    let mut shown = None;
    record::each_field(data, |name, raw| {
        if name == field && shown.is_none() {
            shown = Some(match raw {
                "null" => Value::Null,
                "1.10" => Value::Real(1.1),
                "12345678901234567890123" => Value::Real(12_345_678_901_234_567_890_123.0),
                r#""Åsa \u0041""# => Value::Text("Åsa A".into()),
                r#""nul \u0000 in it""# => Value::Text("nul \0 in it".into()),
                other => Value::Text(other.into()),
            });
        }
    });
    shown.unwrap_or(Value::Null)
}

fn compare(scratch: &Scratch, model: &Model) {
    let reader = scratch.reader();
    assert_eq!(rows(&reader, "PRAGMA integrity_check"), vec![vec![Value::Text("ok".into())]]);
    let kinds = reader.kinds().unwrap();
    assert_eq!(kinds.iter().map(|k| k.name.clone()).collect::<BTreeSet<_>>(), model.kinds);
    for kind in &kinds {
        let window = reader.window(&kind.name, &From::Top, 1_000).unwrap();
        let expected: Vec<_> = model.rows.iter().filter(|((name, _), _)| *name == kind.name).collect();
        assert_eq!(kind.rows, expected.len() as u64);
        let found: Vec<_> = window.rows.iter().map(|row| (&row.id, row.revision, &row.data)).collect();
        let expected: Vec<_> =
            expected.iter().map(|((_, id), (revision, data))| (id, *revision, data)).collect();
        assert_eq!(found, expected, "{kind:?}");
        let all = rows(&reader, &format!("SELECT * FROM \"{}\"", kind.table.replace('"', "\"\"")));
        assert_eq!(all.len(), found.len());
        let columns = reader.columns(&kind.name).unwrap();
        let names: BTreeSet<_> = columns.iter().map(|c| c.name.to_ascii_lowercase()).collect();
        assert_eq!(names.len(), columns.len(), "{columns:?}");
        for column in &columns {
            let table = kind.table.replace('"', "\"\"");
            let name = column.name.replace('"', "\"\"");
            for row in rows(&reader, &format!("SELECT data, \"{name}\" FROM \"{table}\"")) {
                assert_eq!(row[1], shown(&string(&row[0]), &column.field), "{column:?} of {row:?}");
            }
            let bare = ["name", "a'b", "é", "É"].contains(&column.field.as_str());
            assert!(!bare || column.name == column.field, "{column:?}");
        }
    }
    let tombstones = rows(&reader, "SELECT type, id, revision FROM _tombstone");
    let tombstones: BTreeMap<_, _> =
        tombstones.iter().map(|r| ((string(&r[0]), id_of(&r[1]).unwrap()), number(&r[2]))).collect();
    assert_eq!(tombstones, model.tombstones);
    let history = rows(&reader, "SELECT type, id, revision, data, event FROM _history ORDER BY no");
    let history: Vec<_> = history
        .iter()
        .map(|r| (string(&r[0]), id_of(&r[1]), number(&r[2]), string(&r[3]), string(&r[4])))
        .collect();
    let expected: Vec<_> =
        model.history.iter().map(|h| (h.0.clone(), h.1.clone(), h.2, h.3.clone(), h.4.to_owned())).collect();
    assert_eq!(history, expected);
    let unkeyed = rows(&reader, "SELECT type, ack_key, revision, event_type, data FROM _unkeyed");
    let mut unkeyed: Vec<_> = unkeyed
        .iter()
        .map(|r| {
            let key = if r[1] == Value::Null { None } else { Some(string(&r[1])) };
            (string(&r[0]), key, number(&r[2]), string(&r[3]), string(&r[4]))
        })
        .collect();
    unkeyed.sort();
    let keyed = model.keyed.iter().map(|((kind, key), (revision, event, data))| {
        (kind.clone(), Some(key.clone()), *revision, (*event).to_owned(), data.clone())
    });
    let nameless = model.nameless.iter().map(|(kind, revision, event, data)| {
        (kind.clone(), None, *revision, (*event).to_owned(), data.clone())
    });
    let mut expected: Vec<_> = keyed.chain(nameless).collect();
    expected.sort();
    assert_eq!(unkeyed, expected);
    let status = reader.status().unwrap();
    assert_eq!(status.tombstones, model.tombstones.len() as u64);
    assert_eq!(status.unkeyed, (model.keyed.len() + model.nameless.len()) as u64);
    assert_eq!(status.outbox.pending, model.outbox.len() as u64);
}

async fn follow(steps: &[Step]) {
    let scratch = Scratch::new();
    let mut model = Model::default();
    let mut mirror = scratch.open();
    let mut no = mirror.begin_session(&session()).await.unwrap();
    for step in steps {
        match step {
            Step::Page(items) => {
                for i in items {
                    model.deliver(i);
                }
                let receipt = mirror.apply(no, page(items)).await.unwrap();
                assert_eq!(receipt.pending, model.outbox.len() as u64);
            }
            Step::Reopen { close } => {
                if *close {
                    mirror.close().await.unwrap();
                } else {
                    drop(mirror);
                }
                mirror = scratch.open();
                no = mirror.begin_session(&session()).await.unwrap();
            }
            Step::Acknowledge(max) => {
                if let Some(pack) = mirror.next_pack(*max).await.unwrap() {
                    let expected: Vec<_> = model.outbox.drain(..pack.keys.len()).collect();
                    assert_eq!(pack.keys, expected);
                    mirror.settle(pack.no, Settlement::Accepted).await.unwrap();
                }
            }
        }
    }
    compare(&scratch, &model);
    drop(mirror);
    compare(&scratch, &model);
}

#[test]
fn whatever_comes_the_mirror_is_what_the_model_says() {
    let config = Config {
        cases: 48,
        rng_seed: RngSeed::Fixed(kit::seed()),
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let steps = prop::collection::vec(step(), 1..14);
    TestRunner::new(config)
        .run(&steps, |steps| {
            runtime.block_on(follow(&steps));
            Ok(())
        })
        .unwrap();
}
