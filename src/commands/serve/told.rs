//! `serve -v`: a line a request on stderr: the time, method, path, status, size and duration.
//!
//! Promises: no token is in a line, whoever sent it and wherever it stood (a path's query is left out, what looks like a
//! token in it too); a reader that stands still costs lines, which are counted, and never an answer.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::super::arguments::Common;
use super::super::output::Failure;
use crate::config::looks_like_a_token;
use crate::service::{Answered, Head, Watch, Watched};
use crate::text::{self, visible};

/// Lines that may wait for stderr.
const WAITING: usize = 1024;
/// What the last lines are given to be written in.
const DREGS: Duration = Duration::from_millis(200);

/// What the writing thread is told.
enum Word {
    Line(String),
    /// Everything before is to be written; then whoever waits hears of it.
    End(SyncSender<()>),
}

/// Who writes the lines.
pub(super) struct Told {
    tokens: Vec<String>,
    lines: SyncSender<Word>,
    lost: Arc<AtomicU64>,
}

impl Told {
    /// Begins, where `-v` asks for it; the tokens that are known are in no line.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(super) fn asked(common: &Common, tokens: Vec<String>) -> Result<Option<Arc<Self>>, Failure> {
        if !common.verbose {
            return Ok(None);
        }
        let (lines, waiting) = sync_channel(WAITING);
        let lost = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&lost);
        let started = thread::Builder::new().name("requests".into()).spawn(move || write(&waiting, &counted));
        started.map_err(|error| Failure::other(format!("the system gives no threads: {error}")))?;
        Ok(Some(Arc::new(Self { tokens, lines, lost })))
    }

    /// Waits a moment until what was told is written.
    pub(super) fn end(&self) {
        let (done, written) = sync_channel(1);
        if self.lines.try_send(Word::End(done)).is_ok() {
            let _ = written.recv_timeout(DREGS); // a reader that stands still is not waited for
        }
    }

    /// A method or a path as it may be shown.
    fn safe(&self, words: &str) -> String {
        let words = words.split_once('?').map_or(words, |(path, _)| path);
        let hides = |part: &str| {
            part.contains('%')
                || looks_like_a_token(part)
                || self.tokens.iter().any(|token| part.contains(&**token))
        };
        let parts: Vec<_> =
            words.split('/').map(|part| if hides(part) { "[…]".into() } else { visible(part) }).collect();
        parts.join("/")
    }
}

/// Writes lines until nobody tells any more. A closed stderr is nobody's error.
fn write(waiting: &Receiver<Word>, lost: &AtomicU64) {
    for word in waiting {
        match word {
            Word::Line(line) => {
                let mut stderr = std::io::stderr().lock();
                match lost.swap(0, Ordering::Relaxed) {
                    0 => {}
                    lost => {
                        let _ = writeln!(
                            stderr,
                            "{} of before could not be written",
                            text::counted(lost, "line")
                        );
                    }
                }
                let _ = writeln!(stderr, "{line}");
            }
            Word::End(done) => {
                let _ = done.try_send(());
            }
        }
    }
}

impl Watch for Told {
    fn begin(&self, head: &Head<'_>) -> Box<dyn Watched> {
        Box::new(Line {
            asked: format!("{:.3} {} {}", Timestamp::now(), self.safe(head.method), self.safe(head.target)),
            begun: Instant::now(),
            status: None,
            lines: self.lines.clone(),
            lost: Arc::clone(&self.lost),
            over: false,
        })
    }
}

/// One exchange.
struct Line {
    asked: String,
    begun: Instant,
    status: Option<u16>,
    lines: SyncSender<Word>,
    lost: Arc<AtomicU64>,
    over: bool,
}

impl Line {
    fn tell(&mut self, size: u64, besides: &str) {
        self.over = true;
        let status = self.status.map_or_else(|| "-".to_owned(), |status| status.to_string());
        let took = self.begun.elapsed().as_secs_f64() * 1_000.0;
        let line = format!("{} {status} {size} B {took:.1} ms{besides}", self.asked);
        if self.lines.try_send(Word::Line(line)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Watched for Line {
    fn asked(&mut self, _: &[u8]) {}

    fn answered(&mut self, head: &Answered<'_>) {
        self.status = Some(head.status);
    }

    fn end(mut self: Box<Self>, body: &[u8], on_purpose: Option<String>) {
        let besides = on_purpose.map(|what| format!("; {what}")).unwrap_or_default();
        self.tell(body.len() as u64, &besides);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.over {
            self.tell(0, "; the client went away");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_token_is_in_a_line() {
        let (lines, _) = sync_channel(1);
        let told = Told { tokens: vec!["s3cret-one".into()], lines, lost: Arc::default() };
        let stranger = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01";
        for (words, shown) in [
            ("POST", "POST"),
            ("/v2/sync/start", "/v2/sync/start"),
            ("/v2/sync/a1b2-c3/queues/main", "/v2/sync/a1b2-c3/queues/main"),
            ("/v2/sync/start?access_token=s3cret-one", "/v2/sync/start"),
            ("/v2/s3cret-one/x", "/v2/[…]/x"),
            (stranger, "[…]"),
            ("/v2/s3cret%2Done/x", "/v2/[…]/x"),
            ("/a\u{1b}[2J", "/a␛[2J"),
        ] {
            assert_eq!(told.safe(words), shown);
        }
    }
}
