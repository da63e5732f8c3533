//! Who points to what is not here, on a thread of its own: it reads every type that has references. What was found is
//! told again while the mirror is as it was.

use std::time::Instant;

use super::{Desk, say};
use crate::console::inbox::TELL;
use crate::console::message::{Answer, Message, Request};
use crate::console::model::acks::Followed;
use crate::mirror::MirrorError;
use crate::mirror::find::News;
use crate::mirror::orphans::Orphans;

pub(super) fn work(mut desk: Desk) {
    let mut known: Option<Orphans> = None;
    while let Some((number, request)) = desk.next() {
        if request != Request::Orphans {
            continue;
        }
        let found = follow(&mut desk, number, known.as_ref());
        if !desk.wanted(number) {
            continue;
        }
        let followed = match found {
            Ok(found) => {
                known.clone_from(&found);
                Followed::All(found.unwrap_or_default())
            }
            Err(e) => Followed::Failed(say(&e)),
        };
        desk.inbox.push(Message::Read(Answer::Orphans(followed)));
    }
}

fn follow(desk: &mut Desk, number: u64, known: Option<&Orphans>) -> Result<Option<Orphans>, MirrorError> {
    desk.read_for(number, |desk, reader| {
        if let Some(known) = known
            && reader.still(known)?
        {
            return Ok(known.clone());
        }
        let mut told = Instant::now();
        reader.orphans(0, &mut |news| {
            if let News::Scanned { rows, of, .. } = news
                && told.elapsed() >= TELL
            {
                told = Instant::now();
                desk.inbox.push(Message::Read(Answer::Orphans(Followed::Looking(rows, of))));
            }
            desk.wanted(number)
        })
    })
}
