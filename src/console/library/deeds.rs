//! What a session did, on a thread of its own: of an old session in a large mirror it takes its time. A newer question
//! ends an older one.

use super::{Desk, bounded, say};
use crate::console::message::{Answer, Message, Request};

pub(super) fn work(mut desk: Desk) {
    while let Some((number, request)) = desk.next() {
        let Request::Deeds { session, wanted, behind, limit } = request else { continue };
        let found = desk.read_for(number, |_, reader| {
            let deeds = reader.deeds(session, &wanted, behind, limit + 1)?;
            let inside = if behind.is_none() { Some(reader.inside(session)?) } else { None };
            Ok((deeds, inside))
        });
        if !desk.wanted(number) {
            continue;
        }
        let (deeds, inside) = match found.map(Option::unwrap_or_default) {
            Ok((deeds, inside)) => (Ok(bounded(deeds, limit)), inside),
            Err(e) => (Err(say(&e)), None),
        };
        desk.inbox.push(Message::Read(Answer::Deeds { session, wanted, behind, deeds, inside }));
    }
}
