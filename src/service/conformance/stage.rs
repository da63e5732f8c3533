//! One scenario as a service: what each request is answered, and the log of what came. The time comes from outside.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;

use super::super::fault::Fault;
use super::super::reply::{Problem, Reply};
use super::super::request;
use super::scenarios::{Item, On, Scenario, Trouble, When};

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Call {
    Start,
    Page {
        session: String,
        queue: String,
    },
    Ack(Vec<String>),
    /// What the service would refuse whatever the scenario is.
    Wrong,
}

/// What it got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Given {
    Session,
    UpToDate,
    /// The keys of the items.
    Page(Vec<&'static str>),
    /// A page without items.
    Empty,
    Drained,
    Accepted,
    /// An ack answered 200: nothing was accepted.
    Ack200,
    /// The session has expired.
    Dead,
    /// Another status, on purpose.
    Status(u16),
    /// No answer, or half of one.
    Lost,
    /// The request was wrong: status and words.
    Refused(u16, String),
}

/// One exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    /// Since the scenario was put up.
    pub(super) at: Duration,
    pub(super) device: String,
    pub(super) call: Call,
    pub(super) given: Given,
}

/// What goes onto the wire.
#[derive(Debug)]
pub(super) enum Act {
    Reply(Reply),
    /// The request is not done.
    Instead(Fault),
    /// The request is done and its answer made wrong.
    Spoilt(Reply, Fault),
    /// The connection ends.
    Dropped,
}

/// A scenario under way.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) scenario: &'static Scenario,
    pub(super) log: Vec<Seen>,
    acked: BTreeSet<String>,
    sessions: Vec<Session>,
    /// Calls so far: start, page, ack.
    calls: [u32; 3],
    /// When each trouble that lasts for a time began.
    begun: Vec<Option<Duration>>,
}

#[derive(Debug)]
struct Session {
    id: String,
    alive: bool,
    queues: Vec<(&'static str, VecDeque<Vec<&'static Item>>)>,
}

impl Stage {
    pub(super) fn new(scenario: &'static Scenario) -> Self {
        Self {
            scenario,
            log: Vec::new(),
            acked: BTreeSet::new(),
            sessions: Vec::new(),
            calls: [0; 3],
            begun: vec![None; scenario.troubles.len()],
        }
    }

    /// Whether the client has all and was told so.
    pub(super) fn is_complete(&self) -> bool {
        self.log.last().is_some_and(|seen| seen.given == Given::UpToDate)
    }

    /// Notes a request that no scenario allows.
    pub(super) fn refused(&mut self, at: Duration, problem: &Problem) {
        let given = Given::Refused(problem.status(), problem.message().to_owned());
        self.log.push(Seen { at, device: String::new(), call: Call::Wrong, given });
    }

    /// Answers a request that came at this time.
    pub(super) fn answer(&mut self, at: Duration, device: &str, call: Call, base: &str) -> Act {
        let fault = self.fault(at, &call);
        let (given, act) = match fault {
            Some(fault @ Fault::Instead(status, _)) => (Given::Status(status), Act::Instead(fault)),
            Some(fault @ Fault::Bare) => (Given::Status(503), Act::Instead(fault)),
            Some(fault @ Fault::Html) => (Given::Status(200), Act::Instead(fault)),
            Some(fault @ Fault::Empty) => (Given::Empty, Act::Instead(fault)),
            Some(Fault::Reset) => (Given::Lost, Act::Dropped),
            Some(Fault::Ack200) => {
                (Given::Ack200, Act::Spoilt(Reply::Bare(StatusCode::ACCEPTED), Fault::Ack200))
            }
            _ => self.done(fault, &call, base),
        };
        self.log.push(Seen { at, device: device.to_owned(), call, given });
        act
    }

    /// Does what is asked for, and spoils the answer where the scenario wants it.
    fn done(&mut self, fault: Option<Fault>, call: &Call, base: &str) -> (Given, Act) {
        if fault == Some(Fault::Expire) {
            self.sessions.iter_mut().for_each(|session| session.alive = false);
        }
        let (given, reply) = match call {
            Call::Start => self.start(base),
            Call::Page { session, queue } => self.page(session, queue),
            Call::Ack(keys) => {
                self.acked.extend(keys.iter().cloned());
                (Given::Accepted, Reply::Bare(StatusCode::ACCEPTED))
            }
            Call::Wrong => (Given::Status(400), Reply::Bare(StatusCode::BAD_REQUEST)),
        };
        match fault {
            Some(Fault::Lost) => (Given::Lost, Act::Dropped),
            Some(fault @ (Fault::Cut | Fault::Stall(_))) => (Given::Lost, Act::Spoilt(reply, fault)),
            Some(fault) => (given, Act::Spoilt(reply, fault)),
            None => (given, Act::Reply(reply)),
        }
    }

    fn start(&mut self, base: &str) -> (Given, Reply) {
        let again = !self.sessions.is_empty();
        let mut queues: Vec<(&'static str, VecDeque<Vec<&'static Item>>)> = Vec::new();
        for (name, pages) in self.scenario.queues {
            queues.push((name, pages.iter().filter_map(|page| self.owed(page)).collect()));
        }
        if again && let Some((_, pages)) = queues.first_mut() {
            pages.extend(self.owed(self.scenario.later).filter(|page| !page.is_empty()));
        }
        let total: usize = queues.iter().flat_map(|(_, pages)| pages).map(Vec::len).sum();
        if total == 0 {
            return (Given::UpToDate, Reply::Bare(StatusCode::NO_CONTENT));
        }
        let id = uuid::Uuid::new_v4().to_string();
        let listed: Vec<_> = queues
            .iter()
            .map(|(name, pages)| {
                let items: usize = pages.iter().map(Vec::len).sum();
                let (pages, items) = self.scenario.guide.unwrap_or((pages.len(), items));
                json!({
                    "data": {"name": name, "pages": pages, "total_count": items},
                    "meta": {"type": "sync_queue", "links": {"self": format!("{base}/v2/sync/{id}/queues/{name}")}},
                })
            })
            .collect();
        let body = json!({"data": {"id": id, "queues": listed}, "meta": {"type": "sync_session"}});
        self.sessions.push(Session { id, alive: true, queues });
        (Given::Session, Reply::Json(StatusCode::CREATED, body.to_string().into_bytes()))
    }

    /// What the device lacks of a page; none where it has all of it. A page without items stays one.
    fn owed(&self, page: &'static [Item]) -> Option<Vec<&'static Item>> {
        let owed: Vec<_> = page.iter().filter(|item| !self.acked.contains(item.key)).collect();
        (page.is_empty() || !owed.is_empty()).then_some(owed)
    }

    fn page(&mut self, id: &str, queue: &str) -> (Given, Reply) {
        let first = self.sessions.len() == 1;
        let Some(session) = self.sessions.iter_mut().find(|session| session.id == id && session.alive) else {
            return (Given::Dead, request::unknown(id).into());
        };
        let Some((_, pages)) = session.queues.iter_mut().find(|(name, _)| *name == queue) else {
            return (Given::Dead, request::unknown(id).into());
        };
        let Some(items) = pages.pop_front() else {
            return (Given::Drained, Reply::Bare(StatusCode::NO_CONTENT));
        };
        let left: usize = pages.iter().map(Vec::len).sum();
        let left = if self.scenario.guide.is_some() { 0 } else { left };
        let failed = if first { self.scenario.failed } else { "" };
        let body = body(&items, left, failed);
        let keys: Vec<_> = items.iter().map(|item| item.key).collect();
        let given = if keys.is_empty() { Given::Empty } else { Given::Page(keys) };
        (given, Reply::Json(StatusCode::OK, body.into_bytes()))
    }

    /// What goes wrong with this call: the first trouble whose turn it is.
    fn fault(&mut self, at: Duration, call: &Call) -> Option<Fault> {
        let on = match call {
            Call::Start => On::Start,
            Call::Page { .. } => On::Page,
            Call::Ack(_) => On::Ack,
            Call::Wrong => return None,
        };
        self.calls[on as usize] += 1;
        let nth = self.calls[on as usize];
        let mut troubles = self.scenario.troubles.iter().zip(&mut self.begun);
        let due = |(trouble, begun): &mut (&'static Trouble, &mut Option<Duration>)| {
            (trouble.on == on || trouble.on == On::Any)
                && match trouble.when {
                    When::Ever => true,
                    When::Calls(first, last) => (first..=last).contains(&nth),
                    When::For(first, time) if nth >= first => at < *begun.get_or_insert(at) + time,
                    When::For(..) => false,
                }
        };
        troubles.find_map(|mut pair| due(&mut pair).then_some(pair.0.fault))
    }
}

/// A page's body, byte for byte as the scenario has its items.
fn body(items: &[&Item], left: usize, failed: &str) -> String {
    let items_text: Vec<String> = items
        .iter()
        .map(|item| {
            format!(
                r#"{{"data":{},"meta":{{"type":"{}","sync":{{"event_type":"{}","ack_key":"{}","revision":{}}}}}}}"#,
                item.data, item.kind, item.event, item.key, item.revision
            )
        })
        .collect();
    let failed = if failed.is_empty() { String::new() } else { format!(r#","failed_objects":[{failed}]"#) };
    format!(
        r#"{{"items":[{}],"meta":{{"type":"collection","count":{},"count_left":{left}{failed}}}}}"#,
        items_text.join(","),
        items.len()
    )
}
