//! A page's body, made from the records' text without looking into it.

use std::io::Write as _;

use rusqlite::{Connection, OptionalExtension};

use super::access::Sight;
use super::account::{Account, Owed};
use super::record::{Head, Id, Kind};
use crate::protocol::DeviceUuid;

/// The records of a run, without their data.
pub(super) const fn heads() -> &'static str {
    "SELECT seq, kind, id, owner, revision, prior, deleted FROM record WHERE seq BETWEEN ?1 AND ?2"
}

const WHOLE: &str =
    "SELECT seq, kind, id, owner, revision, prior, deleted, data FROM record WHERE seq BETWEEN ?1 AND ?2";

/// Writes one page.
#[derive(Debug)]
pub(super) struct Writer {
    body: Vec<u8>,
    items: usize,
    size: usize,
    /// What ends each ack key: how often the device's sight changed.
    epoch: String,
}

impl Writer {
    /// An empty page for so many items.
    pub(super) fn new(size: usize, epoch: u64) -> Self {
        let mut body = Vec::with_capacity(size.min(1_000) * 1_400);
        body.extend_from_slice(br#"{"items":["#);
        let epoch = if epoch == 0 { String::new() } else { format!(".{epoch}") };
        Self { body, items: 0, size: size.max(1), epoch }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items == 0
    }

    /// Whether it is worth sending: the last items of a sparse queue cost more than another request.
    pub(super) fn full(&self) -> bool {
        self.items * 4 >= self.size * 3
    }

    /// How many items still fit.
    pub(super) fn room(&self) -> usize {
        self.size - self.items
    }

    /// Adds what a device is owed of a run; the changes that are none of its business come back.
    pub(super) fn fill(
        &mut self,
        account: &Account,
        file: &Connection,
        device: DeviceUuid,
        sight: Sight,
        first: u64,
        last: u64,
    ) -> rusqlite::Result<Vec<u64>> {
        let mut passed = Vec::new();
        let mut handed_out = Vec::with_capacity(self.room().min((last - first) as usize + 1));
        let nothing_held = account.holds_nothing(device);
        let mut met: Option<(i64, &Kind)> = None;
        let mut statement = file.prepare_cached(WHOLE)?;
        let mut rows = statement.query([first as i64, last as i64])?;
        while let Some(row) = rows.next()? {
            let head = Head::from_row(row)?;
            // Types come in runs.
            let kind = match met {
                Some((number, kind)) if number == head.kind => kind,
                _ => {
                    let Some(kind) = account.kinds.get(&head.kind) else { continue };
                    met.insert((head.kind, kind)).1
                }
            };
            // As it was taken in: nobody here has to read it again.
            let data = row.get_ref(7)?.as_bytes()?;
            let (event, deleted);
            // What has no earlier state, and is to be seen, is new to a device that holds nothing else.
            let new = nothing_held && head.prior == 0 && head.wanted(sight);
            let owed = if new { Owed::Created } else { account.owed(file, device, &head, sight)? };
            let (data, word) = match owed {
                Owed::Nothing => {
                    passed.push(head.seq);
                    continue;
                }
                Owed::Deleted => {
                    deleted = identity(&head, data);
                    (deleted.as_bytes(), "deleted")
                }
                Owed::Created => (data, "created"),
                Owed::Updated => (data, "updated"),
            };
            let mut key = None;
            let mut word = word;
            if account.given && word != "deleted" && !head.id.is_its_own() {
                (key, event) = given(file, head.seq)?;
                word = event.as_deref().unwrap_or(word);
            }
            if let (Id::Int(id), None) = (&head.id, &key) {
                handed_out.push((head.seq, head.kind, *id));
            }
            self.item(kind, &head, data, word, key.as_deref());
        }
        account.handed_out(&handed_out);
        Ok(passed)
    }

    /// Writes one instruction. Nothing is allocated for it: a page is a hundred of them.
    fn item(&mut self, kind: &Kind, head: &Head, data: &[u8], event: &str, given: Option<&str>) {
        let out = &mut self.body;
        if self.items > 0 {
            out.push(b',');
        }
        self.items += 1;
        out.extend_from_slice(br#"{"data":"#);
        out.extend_from_slice(data);
        for part in [r#","meta":{"type":"#, &kind.json, r#","sync":{"event_type":""#, event, "\""] {
            out.extend_from_slice(part.as_bytes());
        }
        // Writing into memory cannot fail.
        let _ = self.key(kind, head, event, given);
        if let Some(revision) = head.revision {
            self.body.extend_from_slice(br#","revision":"#);
            number(&mut self.body, revision);
        }
        self.body.extend_from_slice(b"}}}");
    }

    /// Writes an ack key: the one that was given, or one of our own.
    fn key(&mut self, kind: &Kind, head: &Head, event: &str, given: Option<&str>) -> std::io::Result<()> {
        let out = &mut self.body;
        if let Some(key) = given {
            return write!(out, r#","ack_key":{}"#, serde_json::Value::from(key));
        }
        for part in [r#","ack_key":""#, &kind.word, "-"] {
            out.extend_from_slice(part.as_bytes());
        }
        match &head.id {
            Id::Int(id) => number(out, *id),
            // A text is quoted in the key; within the JSON its quotes are escaped.
            Id::Other(text) => write!(out, "{}", text.replace('\\', r"\\").replace('"', r#"\""#))?,
        }
        out.push(b'-');
        number(out, head.seq as i64);
        let mark = if event == "deleted" { "x" } else { "" };
        for part in [mark, &self.epoch, "\""] {
            out.extend_from_slice(part.as_bytes());
        }
        Ok(())
    }

    /// The body, with so many items said to be left.
    pub(super) fn finish(mut self, left: u64) -> Vec<u8> {
        let meta =
            format!(r#"],"meta":{{"type":"collection","count":{},"count_left":{left}}}}}"#, self.items);
        self.body.extend_from_slice(meta.as_bytes());
        self.body
    }
}

/// Writes a number; the machinery of formatting costs several times as much.
fn number(out: &mut Vec<u8>, number: i64) {
    let _ = serde_json::to_writer(out, &number); // writing into memory cannot fail
}

/// The key and the event that an instruction without an id came with; none of ours has any.
fn given(file: &Connection, seq: u64) -> rusqlite::Result<(Option<String>, Option<String>)> {
    let given = file
        .prepare_cached("SELECT ack_key, event FROM given WHERE seq = ?1")?
        .query_row([seq as i64], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(given.unwrap_or_default())
}

/// What a deleted instruction carries: the id alone. A record that has none is named by what it links.
fn identity(head: &Head, data: &[u8]) -> String {
    use serde_json::{Map, Value};
    let fields = match serde_json::from_slice::<Value>(data) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    if head.id.is_its_own() && (fields.contains_key("id") || fields.is_empty()) {
        return format!(r#"{{"id":{}}}"#, head.id);
    }
    let links: Map<String, Value> = fields.into_iter().filter(|(name, _)| name.ends_with("_id")).collect();
    Value::Object(links).to_string()
}
