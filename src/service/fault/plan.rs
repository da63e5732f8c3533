//! When a fault meets requests, and how that is written: `503 page every=5 times=3`.

use std::str::FromStr;

use serde::Deserialize;

use super::kind::Fault;

/// A fault for some of the requests that come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Plan {
    fault: Fault,
    /// Only paths that contain this.
    path: String,
    /// It meets each n-th request, from the first after `after` on.
    every: u32,
    /// Requests that pass before.
    after: u32,
    /// How many more it meets; none = no end.
    times: Option<u32>,
    /// Requests that it was about so far.
    seen: u32,
}

impl Plan {
    fn new(fault: Fault, path: String, every: Option<u32>, after: u32, times: Option<u32>) -> Self {
        // Without a word on how often: once. What only changes an answer's form does so always.
        let form = matches!(fault, Fault::Ack200 | Fault::Json204);
        let times = times.or((every.is_none() && !form).then_some(1));
        let path = if path.is_empty() { fault.home().unwrap_or_default().to_owned() } else { path };
        Self { fault, path, every: every.unwrap_or(1).max(1), after, times, seen: 0 }
    }

    /// A fault for the next `times` requests of paths that contain `path`.
    pub(in super::super) fn next(fault: Fault, times: u32, path: &str) -> Self {
        Self::new(fault, path.to_owned(), None, 0, Some(times))
    }

    pub(super) fn fault(&self) -> Fault {
        self.fault
    }

    /// How many requests it still meets; one that has no end counts as one.
    pub(super) fn left(&self) -> u32 {
        self.times.unwrap_or(1)
    }

    pub(super) fn is_about(&self, path: &str) -> bool {
        path.contains(&self.path)
    }

    /// Counts a request; whether it is this one's turn. `every=5` is the fifth, the tenth and so on.
    pub(super) fn is_turn(&mut self) -> bool {
        if self.seen < self.after {
            self.seen += 1;
            return false;
        }
        self.seen = self.seen.saturating_add(1);
        (self.seen - self.after).is_multiple_of(self.every) && !self.is_over()
    }

    /// Uses it once.
    pub(super) fn take(&mut self) -> Fault {
        self.times = self.times.map(|times| times.saturating_sub(1));
        self.fault
    }

    pub(super) fn is_over(&self) -> bool {
        self.times == Some(0)
    }

    /// Reads the body of a request: the words, or JSON.
    pub(in super::super) fn from_body(body: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(body).map_err(|e| format!("It is no UTF-8: {e}"))?;
        if text.trim_start().starts_with('{') {
            serde_json::from_str::<Json>(text).map_err(|e| e.to_string())?.plan()
        } else {
            text.parse()
        }
    }
}

impl FromStr for Plan {
    type Err = String;

    /// A fault's kind, then in any order: `start`, `page` or `ack`; `every=N`, `after=N`, `times=N`; with a status
    /// `retry-after=SECONDS`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split([' ', ',']).filter(|word| !word.is_empty());
        let mut fault = Fault::parse(words.next().ok_or("a fault needs a kind, like 503 or cut")?)?;
        let (mut path, mut every, mut after, mut times) = ("", None, 0, None);
        for word in words {
            let number = |value: &str| {
                value
                    .parse::<u32>()
                    .map_err(|_| format!("{word:?} needs a number that is no larger than {}", u32::MAX))
            };
            match word.split_once('=') {
                None => path = endpoint(word)?,
                Some(("every", value)) => every = Some(number(value)?),
                Some(("after", value)) => after = number(value)?,
                Some(("times", value)) => times = Some(number(value)?),
                Some(("retry-after", value)) => match &mut fault {
                    Fault::Instead(_, retry) => *retry = Some(number(value)?),
                    _ => return Err("retry-after goes with a status".to_owned()),
                },
                Some(_) => {
                    return Err(format!(
                        "{word:?} is none of every=N, after=N, times=N, retry-after=SECONDS"
                    ));
                }
            }
        }
        if every == Some(0) || times == Some(0) {
            return Err("every and times are at least 1".to_owned());
        }
        Ok(Self::new(fault, path.to_owned(), every, after, times))
    }
}

/// The part of a path that an endpoint's name stands for.
fn endpoint(word: &str) -> Result<&'static str, String> {
    match word {
        "start" => Ok("/start"),
        "page" => Ok("/queues/"),
        "ack" => Ok("/ack"),
        _ => Err(format!("{word:?} is no endpoint: they are start, page and ack")),
    }
}

/// The same as JSON: `{"fault":"cut","path":"queues","times":2}`, a status also as `{"instead":503}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    fault: Word,
    #[serde(default)]
    path: String,
    every: Option<u32>,
    #[serde(default)]
    after: u32,
    times: Option<u32>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Word {
    Word(String),
    Status { instead: u16 },
}

impl Json {
    fn plan(self) -> Result<Plan, String> {
        let fault = match self.fault {
            Word::Word(word) => Fault::parse(&word)?,
            Word::Status { instead } => Fault::parse(&instead.to_string())?,
        };
        Ok(Plan::new(fault, self.path, self.every, self.after, self.times))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Which of the next requests a plan meets.
    fn met(text: &str, requests: u32) -> Vec<u32> {
        let mut plan: Plan = text.parse().unwrap();
        (1..=requests)
            .filter(|_| {
                let turn = plan.is_turn();
                if turn {
                    plan.take();
                }
                turn
            })
            .collect()
    }

    #[test]
    fn a_plan_counts_as_it_says() {
        assert_eq!(met("503", 10), [1]);
        assert_eq!(met("503 times=3", 10), [1, 2, 3]);
        assert_eq!(met("503 every=4", 10), [4, 8]);
        assert_eq!(met("503, every=2, times=2, after=3", 10), [5, 7]);
        assert_eq!(met("cut after=9", 10), [10]);
        assert_eq!(met("ack200", 3), [1, 2, 3]);
    }

    #[test]
    fn what_is_written_is_read() {
        let plan: Plan = "429 page retry-after=2".parse().unwrap();
        assert_eq!((plan.fault, plan.path.as_str()), (Fault::Instead(429, Some(2)), "/queues/"));
        let plan: Plan = "stall=30s start".parse().unwrap();
        assert_eq!((plan.fault, plan.path.as_str()), (Fault::Stall(Duration::from_secs(30)), "/start"));
        for wrong in [
            "",
            "99",
            "600",
            "boom",
            "cut=3s",
            "latency",
            "stall=x",
            "503 every=0",
            "503 often",
            "503 every=x",
            "cut retry-after=3",
            "503 of=2",
        ] {
            assert!(wrong.parse::<Plan>().is_err(), "{wrong}");
        }
        assert_eq!(Plan::from_body(br#"{"fault":{"instead":502},"times":2}"#), "502 times=2".parse());
        assert_eq!(Plan::from_body(b"502, times=2"), "502 times=2".parse());
        assert!(Plan::from_body(br#"{"fault":{"instead":502},"time":2}"#).is_err());
    }
}
