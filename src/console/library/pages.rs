//! Views and their pages: made, kept, ranked; and the search index beside them.

use std::collections::VecDeque;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use super::{Desk, dead, say};
use crate::console::message::{Answer, Message, Request};
use crate::console::model::browse::Page;
use crate::mirror::MirrorError;
use crate::mirror::find::{News, Place, Query, Sheet, View};
use crate::mirror::index::{Index, Indexer, State};

/// Views kept: the one that is shown, and the one before it.
const VIEWS: usize = 2;
/// How long nothing is asked before the numbers of rows are learned.
const PAUSE: Duration = Duration::from_millis(60);
/// How often the index is asked how far it is, while it works.
const LOOK: Duration = Duration::from_millis(400);
/// How often the making of a view tells how far it is, and when it does so first: within a frame.
const TELL: Duration = Duration::from_millis(50);
const FIRST: Duration = Duration::from_millis(16);

/// A page that was asked for.
struct Asked {
    number: u64,
    ticket: u64,
    query: Query,
    place: Place,
    limit: usize,
    anew: bool,
    dead: bool,
}

struct Pages {
    desk: Desk,
    views: VecDeque<View>,
    indexer: Option<Indexer>,
    index: Option<Index>,
    told: State,
    /// The last question that was worked on.
    answered: u64,
    /// The question that is likely asked because the numbers of rows were told: it needs no others.
    echo: u64,
}

pub(super) fn work(desk: Desk) {
    let mut pages = Pages {
        desk,
        views: VecDeque::new(),
        indexer: None,
        index: None,
        told: State::default(),
        answered: 0,
        echo: 0,
    };
    let mut unranked = false;
    loop {
        let wait = match (unranked, pages.told.working) {
            (true, _) => Some(PAUSE),
            (false, true) => Some(LOOK),
            (false, false) => None,
        };
        let first = match wait {
            Some(wait) => pages.desk.requests.recv_timeout(wait),
            None => pages.desk.requests.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match first {
            Ok(first) => {
                let last = pages.desk.requests.try_iter().last().unwrap_or(first);
                let (number, Request::Page { ticket, query, place, limit, anew, dead }) = last else {
                    continue;
                };
                pages.answer(&Asked { number, ticket, query, place, limit, anew, dead });
                unranked |= number != pages.echo;
            }
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                if std::mem::take(&mut unranked) {
                    pages.rank();
                }
                pages.look();
            }
        }
    }
}

impl Pages {
    fn answer(&mut self, asked: &Asked) {
        self.answered = asked.number;
        let page = self.page(asked);
        if !self.desk.wanted(asked.number) {
            return;
        }
        let page = page.map_err(|e| say(&e));
        self.desk.inbox.push(Message::Read(Answer::Page { ticket: asked.ticket, page }));
    }

    fn page(&mut self, asked: &Asked) -> Result<Page, MirrorError> {
        if asked.anew || self.indexer.is_none() {
            self.refresh_index();
        }
        if asked.dead {
            let place = asked.place.clone();
            let page = self.desk.read_for(asked.number, |_, reader| {
                dead::page(reader, &asked.query.kind, &place, asked.limit)
            })?;
            return Ok(page.unwrap_or_else(|| Page { complete: true, ..Page::default() }));
        }
        let known = self.views.iter().position(|v| *v.query() == asked.query);
        let known = known.and_then(|at| self.views.remove(at)).filter(|_| !asked.anew);
        let mut took = None;
        let view = if let Some(view) = known {
            view
        } else {
            let begun = Instant::now();
            let index = self.index.as_ref();
            let made = self.desk.read_for(asked.number, |desk, reader| {
                let mut due = Instant::now() + FIRST;
                reader.view(&asked.query, index, &mut |news| {
                    news_of(desk, asked, &news, &mut due);
                    desk.wanted(asked.number)
                })
            })?;
            let Some(view) = made else { return Ok(Page { complete: true, ..Page::default() }) };
            took = view.hits().map(|_| begun.elapsed());
            view
        };
        let sheet =
            self.desk.read_for(asked.number, |_, reader| reader.page(&view, &asked.place, asked.limit));
        let hits = view.hits();
        self.views.push_front(view);
        self.views.truncate(VIEWS);
        Ok(Page { sheet: sheet?.unwrap_or_default(), hits, took, complete: true, ..Page::default() })
    }

    /// Learns the numbers of the rows that are shown.
    fn rank(&mut self) {
        let Some(view) = self.views.pop_front() else { return };
        let number = self.answered;
        if view.hits().is_none() {
            let ranked =
                self.desk.read_for(number, |desk, reader| reader.rank(&view, &mut |_| desk.wanted(number)));
            if matches!(ranked, Ok(Some(()))) {
                self.echo = number + 1;
                self.desk.inbox.push(Message::Read(Answer::Ranked));
            }
        }
        self.views.push_front(view);
    }

    /// The index takes in what is new.
    fn refresh_index(&mut self) {
        if let Some(indexer) = &self.indexer {
            indexer.poke();
        } else if self.desk.mirror.exists() {
            // Without a thread for it, search reads all rows.
            self.indexer = Indexer::start(&self.desk.mirror).ok();
        }
        self.told.working = self.indexer.is_some();
        if self.index.is_none() {
            self.index = self.desk.read(|_, reader| Ok(Index::open(reader))).ok().flatten().flatten();
        }
    }

    /// Tells how far the index is.
    fn look(&mut self) {
        let Some(state) = self.indexer.as_ref().map(Indexer::state) else { return };
        if state == self.told {
            return;
        }
        if !state.working {
            self.index = self.desk.read(|_, reader| Ok(Index::open(reader))).ok().flatten().flatten();
        }
        self.told = state.clone();
        self.desk.inbox.push(Message::Read(Answer::Index(state)));
    }
}

/// Tells what is known of a view that is being made.
fn news_of(desk: &Desk, asked: &Asked, news: &News<'_>, due: &mut Instant) {
    let answer = match *news {
        News::First(rows) if asked.place == Place::Top => {
            let sheet = Sheet { rows: rows.to_vec(), first: Some(0), exact: true, above: None, below: None };
            let page = Page { sheet, complete: false, ..Page::default() };
            Answer::Page { ticket: asked.ticket, page: Ok(page) }
        }
        News::Scanned { rows, of, hits } if Instant::now() >= *due => {
            *due = Instant::now() + TELL;
            Answer::Scanned { ticket: asked.ticket, progress: (rows, of, hits) }
        }
        _ => return,
    };
    desk.inbox.push(Message::Read(answer));
}
