//! Short questions of every screen: the status, the types, what is known of a record, packs, sessions, changes.

use super::{Desk, bounded, outbox, say, shelf, story};
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
            if let Some(answer) = answer(&mut desk, request) {
                desk.inbox.push(Message::Read(answer));
            }
        }
    }
}

/// The kinds of these questions: what is looked at before what lies beside it, and what is only kept last.
#[derive(Debug, Clone, Copy)]
enum Kind {
    About,
    Names,
    Story,
    Change,
    Opened,
    Acks,
    Sessions,
    Kinds,
    Status,
    Keep,
}

/// The kind of a question; none where another thread answers it.
fn kind(request: &Request) -> Option<Kind> {
    Some(match request {
        Request::About { .. } => Kind::About,
        Request::Names { .. } => Kind::Names,
        Request::Story { .. } => Kind::Story,
        Request::Change { .. } => Kind::Change,
        Request::Opened(_) => Kind::Opened,
        Request::Acks => Kind::Acks,
        Request::Sessions { .. } => Kind::Sessions,
        Request::Kinds => Kind::Kinds,
        Request::Status => Kind::Status,
        Request::Keep { .. } => Kind::Keep,
        Request::Page { .. }
        | Request::Search(_)
        | Request::NoSearch
        | Request::Pointing { .. }
        | Request::NoPointing
        | Request::Export(_)
        | Request::NoExport
        | Request::Deeds { .. }
        | Request::Orphans
        | Request::NoOrphans => return None,
    })
}

/// The newest request of each kind, in the order of the kinds.
fn newest(waiting: Vec<Request>) -> Vec<Request> {
    let mut newest: [Option<Request>; Kind::Keep as usize + 1] = Default::default();
    for request in waiting {
        if let Some(kind) = kind(&request) {
            newest[kind as usize] = Some(request);
        }
    }
    newest.into_iter().flatten().collect()
}

fn answer(desk: &mut Desk, request: Request) -> Option<Answer> {
    Some(match request {
        Request::Status => Answer::Status(read(desk, |r| r.status().map(Box::new))),
        Request::Kinds => Answer::Kinds(read(desk, Reader::kinds).map(Option::unwrap_or_default)),
        // Names are an extra: without them the record is as it came.
        Request::About { of, revision, data } => {
            let about = read(desk, |r| about(r, &of, revision, &data)).ok().flatten()?;
            Answer::About(Box::new(about))
        }
        Request::Names { of } => {
            // One that cannot be read has no name, as one that is not there.
            let named = |to: Reference| {
                let name = read(desk, |r| r.name_of(&to)).ok().flatten().flatten();
                (to, name)
            };
            Answer::Names(of.into_iter().map(named).collect())
        }
        Request::Acks => {
            Answer::Acks(read(desk, outbox::book).map(|book| Box::new(book.unwrap_or_default())))
        }
        Request::Opened(of) => {
            let content = read(desk, |r| outbox::content(r, &of)).map(Option::unwrap_or_default);
            Answer::Opened { of, content }
        }
        Request::Sessions { before, limit } => {
            // One more than asked for tells whether there are more.
            let sessions = read(desk, |r| r.sessions_before(before, limit + 1));
            Answer::Sessions {
                before,
                sessions: sessions.map(|rows| bounded(rows.unwrap_or_default(), limit)),
            }
        }
        Request::Change { session, of } => {
            let change = read(desk, |r| r.change(&of.kind, &of.id, Some(session)));
            Answer::Change { session, change: change.map(|c| c.flatten().map(Box::new)), of }
        }
        Request::Story { of } => {
            let told = read(desk, |r| story::tell(r, &of)).map(Option::unwrap_or_default);
            Answer::Story { of, told }
        }
        Request::Keep { path, types } => Answer::NotKept(shelf::save(&path, &types).err()?),
        _ => return None,
    })
}

fn read<T>(desk: &mut Desk, query: impl Fn(&Reader) -> Result<T, MirrorError>) -> Result<Option<T>, String> {
    desk.read(|_, reader| query(reader)).map_err(|e| say(&e))
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
    let origin = reader.origin(&of.kind, &of.id)?;
    Ok(About { origin, of: of.clone(), revision, names, change, session })
}
