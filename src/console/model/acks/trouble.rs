//! What is stuck, why, and what helps; and apart from it what is only worth to know.

use super::{Acks, Followed};
use crate::client::tap::filter::Sought;
use crate::mirror::find::Query;
use crate::mirror::notes::Note;
use crate::text::{counted, grouped, visible};

/// Fields whose references lead nowhere that are listed.
const ORPHANS: usize = 50;

/// Something that is stuck, or set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Whether somebody has to do something; else it is only told.
    pub needs: bool,
    /// Whether it is an error.
    pub error: bool,
    /// What it is about.
    pub what: String,
    /// Why.
    pub why: String,
    /// What helps.
    pub remedy: Option<Remedy>,
    /// Its request on the wire, where it has one.
    pub request: Option<Sought>,
}

/// What helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// Release the held keys.
    Release,
    /// Send the pending keys now.
    Send,
    /// One more session.
    Session,
    /// Look at the request.
    Request,
    /// Look at them by this statement.
    Look(&'static str),
    /// Look at them in Browse.
    Show(Box<Query>),
}

impl Remedy {
    /// Its word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Send => "send now",
            Self::Session => "one more session",
            Self::Request => "its request",
            Self::Look(_) | Self::Show(_) => "look at them",
        }
    }
}

impl Acks {
    /// What is stuck, worst first; then what is only told.
    pub fn troubles(&self) -> Vec<Trouble> {
        let mut out = Vec::new();
        self.packs_and_keys(&mut out);
        self.objects(&mut out);
        self.orphans(&mut out);
        self.told(&mut out);
        out
    }

    fn packs_and_keys(&self, out: &mut Vec<Trouble>) {
        let stuck = &self.book.stuck;
        if let Some(pack) = &stuck.failing {
            let status = pack.status.map_or_else(String::new, |status| format!("{status} "));
            let answer = pack.answer.as_deref().unwrap_or("no answer");
            let tries = if pack.tries > 1 { format!(", tried {} times", pack.tries) } else { String::new() };
            let what = format!("pack {}, {}{tries}", pack.no, counted(pack.keys, "key"));
            let why = format!("failed: {status}{answer}; its keys wait and come again");
            out.push(error(&what, &why, Remedy::Send).from(Sought::Pack(pack.no)));
        }
        if stuck.outbox.held > 0 {
            let what = format!("{} held", counted(stuck.outbox.held, "key"));
            let why = "held back by hand: no session starts before they are released";
            out.push(remark(&what, why, Remedy::Release));
        }
        for key in &self.book.refused {
            let what = format!("key {}", key.key);
            let why = format!(
                "refused for good, {}: {} (page {}, pack {}); its record is here, and the service may send it again",
                key.status, key.answer, key.page, key.pack
            );
            out.push(error(&what, &why, Remedy::Request).from(Sought::Pack(key.pack)));
        }
        let more = stuck.outbox.refused.saturating_sub(self.book.refused.len() as u64);
        if more > 0 {
            let what = format!("{} keys more", grouped(more));
            let look = Remedy::Look("SELECT * FROM _refused ORDER BY no DESC");
            out.push(error(&what, "refused for good; kept with their answers", look));
        }
    }

    /// Objects that the service could not deliver.
    fn objects(&self, out: &mut Vec<Trouble>) {
        for Note { kind, id, page, .. } in &self.book.failed {
            let kind = if kind.is_empty() { "an object" } else { kind };
            let what = id.as_ref().map_or_else(|| kind.to_owned(), |id| format!("{kind} {id}"));
            let why =
                format!("the service could not deliver it (page {page}); a later session brings it again");
            out.push(remark(&what, &why, Remedy::Session).from(Sought::Page(*page)));
        }
        let more = self.book.stuck.failed_objects.saturating_sub(self.book.failed.len() as u64);
        if more > 0 {
            let word = if self.book.failed.is_empty() { "object" } else { "more object" };
            let why = "the service could not deliver them in the last session; a later one brings them again";
            out.push(remark(&counted(more, word), why, Remedy::Session));
        }
    }

    /// Records that point to what is not here.
    fn orphans(&self, out: &mut Vec<Trouble>) {
        let mut tell = |what: &str, why: &str, remedy| {
            let told = remark(what, why, Remedy::Session);
            out.push(Trouble { needs: false, remedy, ..told });
        };
        match &self.followed {
            Followed::Not => {}
            Followed::Looking(rows, of) => {
                let part = rows * 100 / (*of).max(1);
                tell("references", &format!("following them … {part} %"), None);
            }
            Followed::Failed(error) => tell("references", &format!("cannot be followed: {error}"), None),
            Followed::All(orphans) => {
                let why = if orphans.may_come {
                    "not converged yet: they may still come"
                } else {
                    "perhaps deleted, or not visible to this token"
                };
                for orphaned in orphans.found.iter().take(ORPHANS) {
                    let show = Remedy::Show(Box::new(orphaned.query()));
                    let why = format!("{} ({}): {why}", orphaned.what(), orphaned.field);
                    tell(&orphaned.who(), &why, Some(show));
                }
                let more = orphans.found.len().saturating_sub(ORPHANS) as u64;
                if more > 0 {
                    let what = format!("{} more like this", counted(more, "field"));
                    tell(&what, "drainboard doctor --json has them all", None);
                }
            }
        }
    }

    /// What is set aside and needs nobody.
    fn told(&self, out: &mut Vec<Trouble>) {
        let stuck = &self.book.stuck;
        if stuck.unkeyed > 0 {
            let look = Remedy::Look("SELECT * FROM _unkeyed");
            let why = "without an id: kept as received in _unkeyed, not as rows";
            out.push(Trouble { needs: false, ..remark(&counted(stuck.unkeyed, "instruction"), why, look) });
        }
        for left in &stuck.left_out {
            let n = left.fields.len() + left.more;
            let first = left.fields.first().map_or("", String::as_str);
            let what = format!("{}: {}", left.kind, counted(n as u64, "field"));
            let why = format!("no column for {first} …: their values are in data");
            let told = remark(&what, &why, Remedy::Request);
            out.push(Trouble { needs: false, remedy: None, ..told });
        }
    }
}

/// Something that waits for the user or for a later session.
fn remark(what: &str, why: &str, remedy: Remedy) -> Trouble {
    let (what, why) = (visible(what).into_owned(), visible(why).into_owned());
    Trouble { needs: true, error: false, what, why, remedy: Some(remedy), request: None }
}

/// Something that went wrong.
fn error(what: &str, why: &str, remedy: Remedy) -> Trouble {
    Trouble { error: true, ..remark(what, why, remedy) }
}

impl Trouble {
    fn from(self, request: Sought) -> Self {
        Self { request: Some(request), ..self }
    }
}
