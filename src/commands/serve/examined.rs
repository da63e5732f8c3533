//! `drainboard serve --conformance --console`: a client that somebody runs by hand, examined before their eyes. The
//! scenario that is up stands above its requests; the report is written when the console has closed.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use super::super::arguments::{Common, Serve};
use super::super::conformance::{self, Board, Report, Up};
use super::super::output::Ending;
use super::console::{Face, Stage, Tokens};
use super::log;
use crate::console::serving::{Entrance, Served, Standing};
use crate::service::Serve as _;
use crate::service::conformance::Examination;

/// Examines until the user leaves; the status is the examination's, where the console was left by key.
pub(super) fn examination(serve: &Serve, common: &Common, token: &str, given: bool) -> Ending {
    let scenarios = conformance::chosen(&serve.examination)?;
    let Some(first) = scenarios.first() else { return Ok(1) };
    let stage = Stage::set(serve, common, &Tokens { all: vec![token.to_owned()], given })?;
    let examination = Examination::new(first, token.to_owned());
    let watched = examination.clone().watched_by(Some(Arc::clone(&stage.log)));
    let news = stage.tell.clone();
    let board = Arc::new(Board::new(move || log::tell(&news)));
    let (status, left) = (Arc::new(Mutex::new(1)), CancellationToken::new());
    let mut report = Report::shown(&board);
    // Before anybody looks.
    report.up(first, 1, scenarios.len());
    let examining = stage.runtime.spawn({
        let (left, status) = (left.clone(), Arc::clone(&status));
        async move {
            let ended =
                conformance::go_through(&examination, &scenarios, &mut report, left.cancelled()).await;
            *status.lock().unwrap_or_else(PoisonError::into_inner) = ended;
        }
    });
    let entrance =
        Entrance { who: "the client".to_owned(), sees: "what the scenario that is up has".to_owned() };
    let face = Face {
        title: "conformance",
        entrances: vec![entrance],
        levers: None,
        served: Arc::new(Examined { board: Arc::clone(&board), token: token.to_owned() }),
    };
    let ending = stage.show(face, |listener, stop| async move {
        let served = watched.serve(listener, stop.cancelled_owned()).await;
        left.cancel();
        // It has only the verdict on what is up to write.
        let _ = examining.await;
        served
    });
    for line in board.shown().lines {
        conformance::print(&line);
    }
    let examined = *status.lock().unwrap_or_else(PoisonError::into_inner);
    ending.map(|left| if left == 0 { examined } else { left })
}

/// A client that is examined.
struct Examined {
    board: Arc<Board>,
    token: String,
}

impl Served for Examined {
    fn standing(&self) -> Result<Standing, String> {
        let shown = self.board.shown();
        let Some(Up { scenario, number, all }) = shown.up else { return Err("nothing is up yet".to_owned()) };
        let about =
            if shown.over { "all were up; the report is written when you leave" } else { scenario.about };
        Ok(Standing::Examination {
            name: scenario.name.to_owned(),
            about: about.to_owned(),
            number,
            all,
            passed: shown.passed,
            report: shown.lines,
        })
    }

    fn token(&self, _: usize) -> Option<String> {
        Some(self.token.clone())
    }
}
