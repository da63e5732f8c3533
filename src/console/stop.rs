//! Ends what a thread reads for a question, and nothing else.
//!
//! Questions have numbers that grow. SQLite's interruption knows none: it hits whatever the connection does just then,
//! even the reading of a statement's text, where it comes out as some other error. So it is called only while the
//! question that is being worked on is one that shall end: then nobody wants to know of an error.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::mirror::reader::Interrupter;

/// Which questions are not wanted any more, and what is being worked on. The first question is number 1.
#[derive(Debug, Default)]
pub(super) struct Stop {
    /// Questions up to this number shall end.
    ended: AtomicU64,
    work: Mutex<Work>,
}

#[derive(Debug, Default)]
struct Work {
    /// Ends what the connection does.
    interrupter: Option<Interrupter>,
    /// The question that the connection works on.
    on: Option<u64>,
}

impl Stop {
    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Questions up to this number are not wanted any more; one of them that is worked on ends soon.
    pub(super) fn up_to(&self, number: u64) {
        self.ended.fetch_max(number, Ordering::SeqCst);
        let work = self.work();
        if let (Some(on), Some(interrupter)) = (work.on, &work.interrupter)
            && on <= number
        {
            interrupter.interrupt();
        }
    }

    /// Whether the question's answer is still wanted.
    pub(super) fn wanted(&self, number: u64) -> bool {
        self.ended.load(Ordering::SeqCst) < number
    }

    /// The connection that is worked with from now on; none once it is closed.
    pub(super) fn connected(&self, interrupter: Option<Interrupter>) {
        self.work().interrupter = interrupter;
    }

    /// Works on a question; none where it is not wanted any more. Where it is not wanted afterwards, an error means
    /// nothing.
    pub(super) fn on<T>(&self, number: u64, work: impl FnOnce() -> T) -> Option<T> {
        self.work().on = Some(number);
        // Who ends it now sees what is worked on; who did so before is seen here.
        let done = self.wanted(number).then(work);
        self.work().on = None;
        done
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::mirror::{Identity, Mirror, Reader};

    /// Somebody ends older questions again and again, at any moment of a newer one: the newer one never notices.
    #[test]
    fn an_end_that_is_meant_for_another_question_is_not_felt() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mirror.db");
        let identity = Identity { host: "http://127.0.0.1:8080".into(), device: None };
        drop(Mirror::open(&path, &identity).unwrap());
        let reader = Reader::open_for_statements(&path).unwrap();
        let stop = Arc::new(Stop::default());
        stop.connected(Some(reader.interrupter()));
        stop.up_to(1);
        let over = Arc::new(AtomicBool::new(false));
        let (theirs, ended) = (Arc::clone(&stop), Arc::clone(&over));
        let other = std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                theirs.up_to(1);
            }
        });
        for n in 0..3_000 {
            // A text of its own each time, so that it is read anew.
            let sql = format!("SELECT name, {n} FROM sqlite_schema WHERE name > '' ORDER BY name");
            let read = || reader.query(&sql, &mut |_| (), &mut |_| true);
            assert!(matches!(stop.on(2, read), Some(Ok(()))), "statement {n}");
            assert!(stop.on(1, read).is_none());
        }
        over.store(true, Ordering::Relaxed);
        other.join().unwrap();
    }
}
