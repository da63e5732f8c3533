//! From the log of requests to a verdict in words. Pure: the same log gives the same words.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::scenarios::{Item, Rule, Scenario};
use super::stage::{Call, Given, Seen};

/// How a client did in a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it should.
    Passed,
    /// It did not.
    Failed,
    /// It sent nothing.
    Untouched,
}

/// What is said of a client in a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How it did.
    pub outcome: Outcome,
    /// Why, in a line. Some of the words may be the client's own: make them visible before a terminal gets them.
    pub says: String,
    /// Requests that came.
    pub requests: usize,
}

/// How the client's process ended, as far as anybody saw it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Exit {
    /// Somebody runs it by hand.
    #[default]
    Unseen,
    /// With status 0, or it was still there when all was seen.
    Well,
    /// Otherwise, as it does where nothing goes wrong too: it means something by it.
    AsUsual(String),
    /// Otherwise: how, in words.
    Ill(String),
}

/// Workers that share a session have requests under way when the first 429 arrives.
const UNDER_WAY: Duration = Duration::from_millis(300);
/// How exactly a client's clock is held to a time.
const CLOCK: Duration = Duration::from_millis(50);

/// Judges what was seen.
pub(super) fn judge(scenario: &Scenario, log: &[Seen], exit: &Exit) -> Verdict {
    if log.is_empty() {
        let says = "the client sent nothing".to_owned();
        return Verdict { outcome: Outcome::Untouched, says, requests: 0 };
    }
    let facts = Facts::of(scenario, log, exit);
    let mut wrong: Vec<String> = scenario.rules.iter().filter_map(|rule| facts.broken(*rule)).collect();
    wrong.extend(always(&facts));
    let outcome = if wrong.is_empty() { Outcome::Passed } else { Outcome::Failed };
    let says = match wrong.is_empty() {
        true if scenario.ends_in_trouble() && !facts.lives() => UNPROVEN.to_owned(),
        true => scenario.praise.to_owned(),
        false => wrong.join("; "),
    };
    Verdict { outcome, says, requests: log.len() }
}

/// What is said of a client that did all it should and may have perished at the end of it.
const UNPROVEN: &str =
    "all done up to the 204; whether it survived that, neither the wire nor an exit status tells";

/// What the rules ask about.
struct Facts<'a> {
    log: &'a [Seen],
    exit: &'a Exit,
    items: Vec<&'a Item>,
    delivered: BTreeSet<&'a str>,
    accepted: BTreeSet<&'a str>,
    /// Keys that were sent and got another answer than 202: which.
    declined: BTreeMap<&'a str, &'a Given>,
}

impl<'a> Facts<'a> {
    fn of(scenario: &'a Scenario, log: &'a [Seen], exit: &'a Exit) -> Self {
        let pages = scenario.queues.iter().flat_map(|(_, pages)| *pages).copied();
        let items = pages.flatten().chain(scenario.later).collect();
        let mut facts = Self {
            log,
            exit,
            items,
            delivered: BTreeSet::new(),
            accepted: BTreeSet::new(),
            declined: BTreeMap::new(),
        };
        for seen in log {
            match (&seen.call, &seen.given) {
                (_, Given::Page(keys)) => facts.delivered.extend(keys),
                (Call::Ack(keys), Given::Accepted) => facts.accepted.extend(keys.iter().map(String::as_str)),
                (Call::Ack(keys), other) => {
                    facts.declined.extend(keys.iter().map(|key| (key.as_str(), other)));
                }
                _ => {}
            }
        }
        facts
    }

    /// What a client did wrong by a rule.
    fn broken(&self, rule: Rule) -> Option<String> {
        match rule {
            Rule::Fetched => self.missing(),
            Rule::Accepted => self.unaccepted(),
            Rule::AtMost(most) => {
                let trouble = |seen: &&Seen| matches!(seen.given, Given::Status(_) | Given::Dead);
                let met: Vec<&Seen> = self.log.iter().filter(trouble).collect();
                (met.len() > most).then(|| {
                    let (first, last) = (met[0], met[met.len() - 1]);
                    format!(
                        "asked {} times within {} though the answer was {}",
                        met.len(),
                        seconds(last.at.saturating_sub(first.at)),
                        words(&first.given)
                    )
                })
            }
            Rule::Waits(time) => self.impatient(time),
            Rule::Calm(most) => {
                let busiest = busiest(self.log);
                (busiest > most)
                    .then(|| format!("sent {busiest} requests within a second: a loop without a pause"))
            }
            Rule::Survives => match self.exit {
                Exit::Ill(how) => Some(format!("ended with {how} behind {}", self.stopped_at())),
                _ => None,
            },
            Rule::Spare(most) => {
                let lost = |seen: &&Seen| {
                    seen.call == Call::Start && matches!(seen.given, Given::Lost | Given::Session)
                };
                let spare = self.log.iter().filter(lost).count().saturating_sub(1);
                (spare > most)
                    .then(|| format!("left {spare} spare sessions behind (100 are all there are): start was retried blindly"))
            }
        }
    }

    fn missing(&self) -> Option<String> {
        let missing: Vec<&str> =
            distinct(self.items.iter().map(|item| item.key).filter(|key| !self.delivered.contains(key)));
        let first = missing.first()?;
        let number = match distinct(self.items.iter().map(|item| item.key)).len() {
            all if all == missing.len() => "no item was fetched".to_owned(),
            _ if missing.len() == 1 => format!("{first} was never fetched"),
            _ => format!("{} items were never fetched ({first} …)", missing.len()),
        };
        Some(format!("stopped at {}: {number}", self.stopped_at()))
    }

    fn unaccepted(&self) -> Option<String> {
        let open: Vec<&str> = self.delivered.difference(&self.accepted).copied().collect();
        let first = open.first()?;
        Some(match self.declined.get(first) {
            Some(given) => format!(
                "{} was taken for an acceptance: {} never sent again",
                words(given),
                keys(first, open.len())
            ),
            None => format!("{} fetched and never acknowledged", keys(first, open.len())),
        })
    }

    fn impatient(&self, time: Duration) -> Option<String> {
        let refused = self.log.iter().find(|seen| seen.given == Given::Status(429))?.at;
        let early = self.log.iter().find(|seen| {
            seen.at > refused + UNDER_WAY
                && seen.at + CLOCK < refused + time
                && !matches!(seen.call, Call::Ack(_))
        })?;
        Some(format!(
            "came again {} after the 429 that said Retry-After: {}",
            seconds(early.at.saturating_sub(refused)),
            time.as_secs()
        ))
    }

    /// Whether the client is known to have outlived a 204: it asked for something behind it, or ended well.
    fn lives(&self) -> bool {
        let ends = |seen: &Seen| matches!(seen.given, Given::Drained | Given::UpToDate);
        let asked = self.log.iter().position(ends).is_some_and(|first| first + 1 < self.log.len());
        asked || *self.exit == Exit::Well
    }

    /// What the client got last, acknowledgements aside.
    fn stopped_at(&self) -> String {
        let last = self.log.iter().rev().find(|seen| seen.given != Given::Accepted);
        last.map_or_else(|| "the first request".to_owned(), |seen| words(&seen.given))
    }
}

/// What no scenario allows.
fn always(facts: &Facts) -> Vec<String> {
    let mut wrong = Vec::new();
    if let Some(Given::Refused(status, why)) =
        facts.log.iter().map(|seen| &seen.given).find(|given| matches!(given, Given::Refused(..)))
    {
        wrong.push(format!("a request was refused with {status}: {why}"));
    }
    let devices: BTreeSet<&str> =
        facts.log.iter().map(|seen| seen.device.as_str()).filter(|device| !device.is_empty()).collect();
    if devices.len() > 1 {
        wrong.push(format!("came as {} devices: the UUID has to stay the same", devices.len()));
    }
    let (mut delivered, mut accepted) = (BTreeSet::new(), BTreeSet::new());
    let (mut early, mut invented): (Vec<&str>, Option<&String>) = (Vec::new(), None);
    for seen in facts.log {
        match (&seen.call, &seen.given) {
            (Call::Ack(keys), given) => {
                invented = invented.or(keys.iter().find(|key| !delivered.contains(key.as_str())));
                if *given == Given::Accepted {
                    accepted.extend(keys.iter().map(String::as_str));
                }
            }
            (_, Given::Page(keys)) => delivered.extend(keys.iter().copied()),
            (Call::Start, _) if early.is_empty() => early.extend(delivered.difference(&accepted).copied()),
            _ => {}
        }
    }
    if let Some(key) = early.first() {
        let taken =
            facts.declined.get(key).map(|given| format!("took {} for an acceptance and ", words(given)));
        let taken = taken.unwrap_or_default();
        wrong.push(format!("{taken}started a session while {} unacknowledged", some_keys(early.len())));
    }
    if let Some(key) = invented {
        wrong.push(format!("acknowledged {key}, which it had not been given"));
    }
    wrong
}

fn some_keys(number: usize) -> String {
    if number == 1 { "1 key was".to_owned() } else { format!("{number} keys were") }
}

fn keys(first: &str, number: usize) -> String {
    match number {
        1 => format!("{first} was"),
        _ => format!("{number} keys ({first} …) were"),
    }
}

/// What an answer is called.
fn words(given: &Given) -> String {
    match given {
        Given::Session => "the session's start".to_owned(),
        Given::UpToDate => "the start that was answered 204".to_owned(),
        Given::Page(_) => "a page".to_owned(),
        Given::Empty => "the empty page".to_owned(),
        Given::Drained => "the end of the queue (204)".to_owned(),
        Given::Accepted => "an acknowledgement".to_owned(),
        Given::Ack200 => "the ack's 200".to_owned(),
        Given::Dead => "the expired session (404)".to_owned(),
        Given::Status(status) => format!("the {status}"),
        Given::Lost => "the answer that got lost".to_owned(),
        Given::Refused(status, _) => format!("the refusal ({status})"),
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// The most requests that any second had.
fn busiest(log: &[Seen]) -> usize {
    let within = |first: Duration| {
        log.iter().filter(|seen| seen.at >= first && seen.at < first + Duration::from_secs(1)).count()
    };
    log.iter().map(|first| within(first.at)).max().unwrap_or(0)
}

fn distinct<'a>(keys: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut known = BTreeSet::new();
    keys.filter(|key| known.insert(*key)).collect()
}
