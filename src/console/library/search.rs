//! Rows of a view that have a text: all of them found once, then one after the other at once.

use std::time::Instant;

use super::{Desk, say};
use crate::console::inbox::TELL;
use crate::console::message::{Answer, Message, Request, Search, Spotted};
use crate::mirror::MirrorError;
use crate::mirror::find::{News, View};
use crate::mirror::index::Index;

/// The hits of a text, and of which state of which view they are.
struct Hits {
    edition: u64,
    view: View,
}

pub(super) fn work(mut desk: Desk) {
    let mut hits: Option<Hits> = None;
    while let Some((number, request)) = desk.next() {
        let Request::Search(search) = request else {
            hits = None;
            continue;
        };
        let found = find(&mut desk, number, &search, &mut hits);
        if desk.wanted(number) {
            let found = found.map_err(|e| say(&e));
            desk.inbox.push(Message::Read(Answer::Spotted { ticket: search.ticket, found }));
        }
    }
}

fn find(
    desk: &mut Desk,
    number: u64,
    search: &Search,
    hits: &mut Option<Hits>,
) -> Result<Option<Spotted>, MirrorError> {
    let wanted = search.query.with_text(&search.text);
    let known = hits.take().filter(|hits| hits.edition == search.edition && *hits.view.query() == wanted);
    let found = desk.read_for(number, |desk, reader| {
        let view = if let Some(known) = known {
            known.view
        } else {
            let index = Index::open(reader);
            let mut told = Instant::now();
            reader.view(&wanted, index.as_ref(), &mut |news| {
                if let News::Scanned { rows, of, hits } = news
                    && told.elapsed() >= TELL
                {
                    told = Instant::now();
                    let (ticket, progress) = (search.ticket, (rows, of, hits));
                    desk.inbox.push(Message::Read(Answer::Looked { ticket, progress }));
                }
                desk.wanted(number)
            })?
        };
        let hit = reader.next_hit(&view, &search.from)?;
        Ok((hit, view))
    })?;
    let Some((hit, view)) = found else { return Ok(None) };
    let of = view.hits().unwrap_or(0);
    *hits = Some(Hits { edition: search.edition, view });
    Ok(hit.map(|hit| Spotted { hit, of }))
}
