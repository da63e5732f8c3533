//! The mirror's reader on a thread of its own: the drawing never waits for a query. Of questions that wait, only the
//! newest of each kind is answered.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;

use super::inbox::Inbox;
use super::message::{Answer, Message, Request};
use super::model::acks::{ASKED, Book, Content, DETAILS, Opened};
use crate::mirror::{MirrorError, Reader};
use crate::text::visible;

/// Starts the thread; it ends when the sender is dropped.
pub(super) fn start(mirror: PathBuf, inbox: Arc<Inbox>) -> std::io::Result<mpsc::Sender<Request>> {
    let (sender, requests) = mpsc::channel();
    std::thread::Builder::new().name("reader".into()).spawn(move || {
        let mut reader = None;
        while let Ok(first) = requests.recv() {
            let mut waiting = vec![first];
            waiting.extend(requests.try_iter());
            for request in newest(waiting) {
                inbox.push(Message::Read(answer(&mirror, &mut reader, request)));
            }
        }
    })?;
    Ok(sender)
}

/// The newest request of each kind, rows before the rest: they are what one looks at.
fn newest(waiting: Vec<Request>) -> Vec<Request> {
    let (mut window, mut kinds, mut status) = (None, None, None);
    let (mut sessions, mut touched, mut change) = (None, None, None);
    let (mut acks, mut opened) = (None, None);
    for request in waiting {
        match request {
            Request::Window { .. } => window = Some(request),
            Request::Change { .. } => change = Some(request),
            Request::Touched { .. } => touched = Some(request),
            Request::Sessions { .. } => sessions = Some(request),
            Request::Acks => acks = Some(request),
            Request::Opened(_) => opened = Some(request),
            Request::Kinds => kinds = Some(request),
            Request::Status => status = Some(request),
        }
    }
    [window, change, opened, touched, acks, sessions, kinds, status].into_iter().flatten().collect()
}

fn answer(mirror: &Path, reader: &mut Option<Reader>, request: Request) -> Answer {
    match request {
        Request::Status => Answer::Status(read(mirror, reader, |r| r.status().map(Box::new))),
        Request::Kinds => Answer::Kinds(read(mirror, reader, Reader::kinds).map(Option::unwrap_or_default)),
        Request::Acks => {
            Answer::Acks(read(mirror, reader, book).map(|book| Box::new(book.unwrap_or_default())))
        }
        Request::Opened(of) => {
            let content = read(mirror, reader, |r| content(r, &of)).map(Option::unwrap_or_default);
            Answer::Opened { of, content }
        }
        Request::Sessions { before, limit } => {
            // One more than asked for tells whether there are more.
            let sessions = read(mirror, reader, |r| r.sessions_before(before, limit + 1));
            Answer::Sessions { before, sessions: sessions.map(|rows| bounded(rows, limit)) }
        }
        Request::Touched { session, behind, limit } => {
            let touched = read(mirror, reader, |r| r.touched(session, behind, limit + 1));
            Answer::Touched { session, behind, touched: touched.map(|rows| bounded(rows, limit)) }
        }
        Request::Change { session, touched } => {
            let change = read(mirror, reader, |r| r.change(&touched.kind, &touched.id, Some(session)));
            Answer::Change { change: change.map(|c| c.flatten().map(Box::new)), touched }
        }
        Request::Window { ticket, kind, from, limit } => {
            let window =
                read(mirror, reader, |r| r.window(&kind, &from, limit)).map(Option::unwrap_or_default);
            Answer::Window { ticket, kind, from, window }
        }
    }
}

/// Packs, the outbox, what is stuck.
fn book(reader: &Reader) -> Result<Book, MirrorError> {
    Ok(Book {
        packs: reader.packs(None, ASKED)?,
        waiting: reader.waiting(None, ASKED)?,
        stuck: reader.stuck()?,
        refused: reader.refused(None, ASKED)?,
    })
}

/// The keys and records of a pack, of a page, or of what waits for the next packs.
fn content(reader: &Reader, of: &Opened) -> Result<Content, MirrorError> {
    let mut content = Content::default();
    let mut pages = Vec::new();
    match of {
        Opened::Pack(no) => {
            content.keys = reader.pack_keys(*no, DETAILS)?;
            let found = reader.packs(Some(no.saturating_add(1)), 1)?;
            let slices = found.into_iter().filter(|pack| pack.no == *no).flat_map(|pack| pack.slices);
            pages.extend(slices.map(|(page, ..)| page));
        }
        Opened::Page(page) => {
            content.keys = reader.waiting_keys(*page)?;
            pages.push(*page);
        }
        Opened::Filling => pages.extend(reader.waiting(None, 20)?.iter().map(|page| page.page)),
    }
    pages.dedup();
    for page in pages.into_iter().take(20) {
        if *of == Opened::Filling {
            content.keys.extend(reader.waiting_keys(page)?);
        }
        content.pages.push((page, reader.page_records(page, DETAILS)?));
    }
    content.keys.truncate(DETAILS);
    Ok(content)
}

/// So many rows, and whether there were more.
fn bounded<T>(rows: Option<Vec<T>>, limit: usize) -> (Vec<T>, bool) {
    let mut rows = rows.unwrap_or_default();
    let more = rows.len() > limit;
    rows.truncate(limit);
    (rows, more)
}

/// Reads; none where there is no mirror yet. After a failure the mirror is opened anew the next time.
fn read<T>(
    mirror: &Path,
    reader: &mut Option<Reader>,
    query: impl FnOnce(&Reader) -> Result<T, MirrorError>,
) -> Result<Option<T>, String> {
    if reader.is_none() {
        match Reader::open(mirror) {
            Ok(opened) => *reader = Some(opened),
            Err(MirrorError::Missing { .. }) => return Ok(None),
            Err(e) => return Err(visible(&e.to_string()).into_owned()),
        }
    }
    let Some(open) = reader.as_ref() else { return Ok(None) };
    query(open).map(Some).map_err(|e| {
        *reader = None;
        visible(&e.to_string()).into_owned()
    })
}
