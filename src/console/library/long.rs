//! What takes its time, each on a thread of its own: who points to a record, and the writing of files.

use std::time::Instant;

use super::{Desk, file, say};
use crate::console::inbox::TELL;
use crate::console::message::{Answer, Message, Request};
use crate::console::model::browse::tree::{Found, Pointing};
use crate::mirror::MirrorError;
use crate::mirror::find::News;
use crate::mirror::index::Index;
use crate::mirror::refs::Reference;

/// Records of each kind that are named.
const NAMED: usize = 1;

pub(super) fn pointing(mut desk: Desk) {
    while let Some((number, request)) = desk.next() {
        let Request::Pointing { to } = request else { continue };
        let found = search(&mut desk, number, &to);
        if desk.wanted(number) {
            let found = found.unwrap_or_else(|e| Found::Failed(say(&e)));
            desk.inbox.push(Message::Read(Answer::Pointing(Pointing { to, found })));
        }
    }
}

fn search(desk: &mut Desk, number: u64, to: &Reference) -> Result<Found, MirrorError> {
    let found = desk.read_for(number, |desk, reader| {
        let index = Index::open(reader);
        let mut told = Instant::now();
        reader.incoming(to, NAMED, index.as_ref(), &mut |news| {
            if let News::Scanned { hits, .. } = news
                && told.elapsed() >= TELL
            {
                told = Instant::now();
                let pointing = Pointing { to: to.clone(), found: Found::Searching(hits) };
                desk.inbox.push(Message::Read(Answer::Pointing(pointing)));
            }
            desk.wanted(number)
        })
    })?;
    Ok(Found::All(found.unwrap_or_default()))
}

pub(super) fn exports(mut desk: Desk) {
    while let Ok((number, request)) = desk.requests.recv() {
        let Request::Export(export) = request else { continue };
        let name = crate::text::visible(&export.path.display().to_string()).into_owned();
        let result = match desk.read_for(number, |desk, reader| file::write(desk, reader, number, &export)) {
            Ok(Some(Ok(rows))) => Ok(format!("{} written to {name}", crate::text::counted(rows, "row"))),
            Ok(Some(Err(e))) => Err(format!("cannot write {name}: {e}")),
            Ok(None) => Err("there is no mirror".to_owned()),
            Err(MirrorError::Stopped) => Ok("export stopped; nothing was written".to_owned()),
            Err(e) => Err(say(&e)),
        };
        desk.inbox.push(Message::Read(Answer::Exported(result)));
    }
}
