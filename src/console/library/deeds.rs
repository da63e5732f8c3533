//! What a session did, on a thread of its own: of an old session in a large mirror it takes its time. A newer question
//! ends an older one.

use super::{Desk, say};
use crate::console::message::{Answer, Message, Request};
use crate::mirror::MirrorError;

pub(super) fn work(mut desk: Desk) {
    while let Ok(first) = desk.requests.recv() {
        let (number, request) = desk.requests.try_iter().last().unwrap_or(first);
        let Request::Deeds { session, wanted, behind, limit } = request else { continue };
        // One more than asked for tells whether there are more.
        let mut read = || {
            desk.read(|_, reader| {
                let deeds = reader.deeds(session, &wanted, behind, limit + 1)?;
                let inside = if behind.is_none() { Some(reader.inside(session)?) } else { None };
                Ok((deeds, inside))
            })
        };
        let mut found = read();
        if matches!(found, Err(MirrorError::Stopped)) {
            // The word may have been meant for the one before.
            found = read();
        }
        if !desk.wanted(number) {
            continue;
        }
        let (deeds, inside) = match found {
            Ok(found) => {
                let (mut deeds, inside) = found.unwrap_or_default();
                let more = deeds.len() > limit;
                deeds.truncate(limit);
                (Ok((deeds, more)), inside)
            }
            Err(e) => (Err(say(&e)), None),
        };
        desk.inbox.push(Message::Read(Answer::Deeds { session, wanted, behind, deeds, inside }));
    }
}
