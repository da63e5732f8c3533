//! Short questions: the status, the types, what is known of a record.

use super::{Desk, say};
use crate::console::message::{Answer, Message, Request};
use crate::console::model::browse::tree::{About, Named};
use crate::mirror::refs::{Reference, name};
use crate::mirror::{MirrorError, Reader};
use crate::protocol::record::each_field;

/// References of one record that are looked up.
const REFERENCES: usize = 40;

pub(super) fn work(mut desk: Desk) {
    while let Ok((_, first)) = desk.requests.recv() {
        let mut waiting = vec![first];
        waiting.extend(desk.requests.try_iter().map(|(_, request)| request));
        for request in newest(waiting) {
            let answer = match request {
                Request::Status => {
                    let status = desk.read(|_, r| r.status().map(Box::new));
                    Answer::Status(status.map_err(|e| say(&e)))
                }
                Request::Kinds => {
                    let kinds = desk.read(|_, r| r.kinds());
                    Answer::Kinds(kinds.map(Option::unwrap_or_default).map_err(|e| say(&e)))
                }
                Request::About { of, revision, data } => {
                    match desk.read(|_, r| about(r, &of, revision, &data)) {
                        Ok(Some(about)) => Answer::About(Box::new(about)),
                        // Names are an extra: without them the record is as it came.
                        _ => continue,
                    }
                }
                _ => continue,
            };
            desk.inbox.push(Message::Read(answer));
        }
    }
}

/// The newest request of each kind, the record that is looked at first.
fn newest(waiting: Vec<Request>) -> Vec<Request> {
    let (mut about, mut kinds, mut status) = (None, None, None);
    for request in waiting {
        match request {
            Request::About { .. } => about = Some(request),
            Request::Kinds => kinds = Some(request),
            Request::Status => status = Some(request),
            _ => {}
        }
    }
    [about, kinds, status].into_iter().flatten().collect()
}

fn about(reader: &Reader, of: &Reference, revision: Option<i64>, data: &str) -> Result<About, MirrorError> {
    let mut fields = Vec::new();
    each_field(data, |field, _| {
        if field.ends_with("_id") || field.ends_with("_ids") {
            fields.push(field.to_owned());
        }
    });
    let mut names: Vec<Named> = Vec::new();
    for field in fields {
        for to in reader.references(&of.kind, &field, data)? {
            if names.len() < REFERENCES {
                let row = reader.record(&to.kind, &to.id)?;
                let called = row.as_ref().and_then(|row| name(&row.data));
                names.push(Named { field: field.clone(), to, there: row.is_some(), name: called });
            }
        }
    }
    let change = reader.change(&of.kind, &of.id, None)?;
    let session = reader.sessions(1)?.first().map_or(0, |s| s.no);
    Ok(About { of: of.clone(), revision, names, change, session })
}
