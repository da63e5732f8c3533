//! The request log of a service that is watched: what the service tells goes into the wire tap, without tokens, and the
//! console hears that there is news.

use std::sync::mpsc::SyncSender;

use crate::client::tap::{Asked, Seen, Witness};
use crate::protocol::error::ErrorBody;
use crate::service::{Answered, Head, Watch, Watched};

/// The log.
pub(super) struct Log {
    witness: Witness,
    /// The service's base URL.
    address: String,
    /// One message is enough: whoever reads it looks at everything.
    news: SyncSender<()>,
}

impl Log {
    pub(super) fn new(witness: Witness, address: &str, news: SyncSender<()>) -> Self {
        Self { witness, address: address.to_owned(), news }
    }
}

/// Says that there is news; where some is waiting already, that is enough.
pub(super) fn tell(news: &SyncSender<()>) {
    let _ = news.try_send(());
}

impl Watch for Log {
    fn begin(&self, head: &Head<'_>) -> Box<dyn Watched> {
        let url = format!("{}{}", self.address, head.target);
        let seen = self.witness.begin(&Asked { method: head.method, url: &url, headers: head.headers });
        tell(&self.news);
        Box::new(Line { seen: Some(seen), news: self.news.clone() })
    }
}

/// One exchange.
struct Line {
    seen: Option<Seen>,
    news: SyncSender<()>,
}

impl Line {
    fn seen(&mut self, told: impl FnOnce(&mut Seen)) {
        if let Some(seen) = &mut self.seen {
            told(seen);
        }
        tell(&self.news);
    }
}

impl Watched for Line {
    fn asked(&mut self, body: &[u8]) {
        self.seen(|seen| seen.asked(body));
    }

    fn answered(&mut self, head: &Answered<'_>) {
        self.seen(|seen| seen.answered(head.status, head.version, head.headers));
    }

    fn end(mut self: Box<Self>, body: &[u8], on_purpose: Option<String>) {
        if let Some(seen) = self.seen.take() {
            seen.end(body, on_purpose.as_deref(), words);
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        drop(self.seen.take()); // recorded before it is told
        tell(&self.news);
    }
}

/// Why a request failed, in the service's own words.
fn words(status: u16, body: &[u8]) -> String {
    let ErrorBody { message, details, .. } = ErrorBody::parse(body);
    let said: Vec<String> = message.into_iter().chain(details).collect();
    if said.is_empty() { format!("answered {status}") } else { said.join(" ") }
}
