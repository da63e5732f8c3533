//! A page's body, made from the records' text without looking into it.

use rusqlite::Connection;

use super::access::Sight;
use super::account::{Account, Head, Kind, Owed};
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
        let mut statement = file.prepare_cached(WHOLE)?;
        let mut rows = statement.query([first as i64, last as i64])?;
        while let Some(row) = rows.next()? {
            let head = Head::from_row(row)?;
            let Some(kind) = account.kinds.get(&head.kind) else { continue };
            let data = row.get_ref(7)?.as_str()?;
            match account.owed(file, device, &head, sight)? {
                Owed::Nothing => passed.push(head.seq),
                Owed::Deleted => self.item(kind, &head, &identity(&head, data), "deleted"),
                Owed::Created => self.item(kind, &head, data, "created"),
                Owed::Updated => self.item(kind, &head, data, "updated"),
            }
        }
        Ok(passed)
    }

    fn item(&mut self, kind: &Kind, head: &Head, data: &str, event: &str) {
        if self.items > 0 {
            self.body.push(b',');
        }
        self.items += 1;
        let mut revision = itoa(head.revision.unsigned_abs());
        if head.revision < 0 {
            revision.insert(0, '-');
        }
        let seq = itoa(head.seq);
        // An id that is a string is quoted in `head.id`; within the key its quotes are escaped.
        let id = head.id.replace('\\', r"\\").replace('"', r#"\""#);
        for part in [
            r#"{"data":"#,
            data,
            r#","meta":{"type":""#,
            &kind.name,
            r#"","sync":{"event_type":""#,
            event,
            r#"","ack_key":""#,
            &kind.word,
            "-",
            &id,
            "-",
            &seq,
            if event == "deleted" { "x" } else { "" },
            &self.epoch,
            r#"","revision":"#,
            &revision,
            "}}}",
        ] {
            self.body.extend_from_slice(part.as_bytes());
        }
    }

    /// The body, with so many items said to be left.
    pub(super) fn finish(mut self, left: u64) -> Vec<u8> {
        let meta =
            format!(r#"],"meta":{{"type":"collection","count":{},"count_left":{left}}}}}"#, self.items);
        self.body.extend_from_slice(meta.as_bytes());
        self.body
    }
}

fn itoa(number: u64) -> String {
    number.to_string()
}

/// What a deleted instruction carries: the id alone. A record that has none is named by what it links.
fn identity(head: &Head, data: &str) -> String {
    use serde_json::{Map, Value};
    let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(data) else {
        return format!(r#"{{"id":{}}}"#, head.id);
    };
    if fields.contains_key("id") || fields.is_empty() {
        return format!(r#"{{"id":{}}}"#, head.id);
    }
    let links: Map<String, Value> = fields.into_iter().filter(|(name, _)| name.ends_with("_id")).collect();
    Value::Object(links).to_string()
}
