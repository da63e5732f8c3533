//! Who points to what is not here, on a thread of its own: it reads every type that has references. What was found is
//! told again while the mirror is as it was.

use std::time::{Duration, Instant};

use super::{Desk, say};
use crate::console::message::{Answer, Message, Request};
use crate::console::model::acks::Followed;
use crate::mirror::MirrorError;
use crate::mirror::find::News;
use crate::mirror::orphans::Orphans;

/// How often is told how far it is.
const TELL: Duration = Duration::from_millis(100);

pub(super) fn work(mut desk: Desk) {
    let mut known: Option<Orphans> = None;
    while let Ok(first) = desk.requests.recv() {
        let (number, request) = desk.requests.try_iter().last().unwrap_or(first);
        if request != Request::Orphans {
            continue;
        }
        let mut found = follow(&mut desk, number, known.as_ref());
        if matches!(found, Err(MirrorError::Stopped)) && desk.wanted(number) {
            // The word was meant for the one before.
            found = follow(&mut desk, number, known.as_ref());
        }
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
    desk.read(|desk, reader| {
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
