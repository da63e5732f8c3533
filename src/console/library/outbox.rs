//! What screen 3 shows of the mirror: the packs, what comes again, what is stuck, and what is in each.

use crate::console::model::acks::{ASKED, Book, Content, DETAILS, FAILED, Opened};
use crate::mirror::notes::About;
use crate::mirror::{MirrorError, Reader};

/// Packs, the outbox, what is stuck.
pub(super) fn book(reader: &Reader) -> Result<Book, MirrorError> {
    let last = reader.sessions(1)?.first().map(|session| session.no);
    let failed = match last {
        Some(session) => reader.notes(Some(About::Failed), Some(session), None, FAILED)?,
        None => Vec::new(),
    };
    Ok(Book {
        failed,
        packs: reader.packs(None, ASKED)?,
        waiting: reader.waiting(None, ASKED)?,
        stuck: reader.stuck()?,
        refused: reader.refused(None, ASKED)?,
    })
}

/// The keys and records of a pack, of a page, or of what waits for the next packs.
pub(super) fn content(reader: &Reader, of: &Opened) -> Result<Content, MirrorError> {
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
