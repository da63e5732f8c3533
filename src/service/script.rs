//! What happens to a running service by and by, from a TOML file: edits, faults, another pace. The file is read and
//! checked whole before anything happens; mistakes are told with their line and the nearest right key.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;
use toml::Spanned;

use super::fault::Plan;
use super::{Edit, PlannedFault, Service, ServiceError};
use crate::text;

/// How often the number of requests is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// Every key, for whoever writes one wrongly.
const KEYS: [&str; 13] = [
    "step",
    "after",
    "at_request",
    "edit",
    "fault",
    "rate",
    "latency",
    "expire",
    "sight",
    "create",
    "update",
    "delete",
    "everything",
];

/// Steps that a service goes through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The file, for what is said of it.
    name: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    when: When,
    edit: Option<Edit>,
    faults: Vec<Plan>,
    /// 0 = no limit.
    rate: Option<u32>,
    latency: Option<Duration>,
    expire: bool,
    /// And the line that says so.
    sight: Option<(Sight, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    After(Duration),
    AtRequest(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sight {
    user: i64,
    everything: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    step: Vec<Spanned<WrittenStep>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStep {
    after: Option<Spanned<String>>,
    at_request: Option<u64>,
    edit: Option<Edit>,
    fault: Option<Spanned<Faults>>,
    rate: Option<u32>,
    latency: Option<Spanned<String>>,
    #[serde(default)]
    expire: bool,
    sight: Option<Spanned<Sight>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Faults {
    One(String),
    Several(Vec<String>),
}

/// What is wrong and at which byte.
type Mistake = (usize, String);

impl Script {
    /// Reads a file. Blocks.
    ///
    /// # Errors
    /// [`ServiceError`] with file and line.
    pub fn open(file: &Path) -> Result<Self, ServiceError> {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file)
            .map_err(|e| ServiceError(format!("The scenario {name} cannot be read: {e}.")))?;
        let steps = Self::parse(&text).map_err(|(at, why)| wrong(&name, line(&text, at), &why))?;
        Ok(Self { name, steps })
    }

    /// Whether the service has what the steps name, before any of them happens.
    ///
    /// # Errors
    /// [`ServiceError`] with file and line.
    pub fn fits(&self, service: &Service) -> Result<(), ServiceError> {
        let mut sights = self.steps.iter().filter_map(|step| step.sight);
        sights.try_for_each(|(sight, line)| {
            service.inner.has_user(sight.user).map_err(|why| wrong(&self.name, line, &why))
        })
    }

    fn parse(text: &str) -> Result<Vec<Step>, Mistake> {
        let written: Written = toml::from_str(text).map_err(|e| {
            let at = e.span().map_or(0, |span| span.start);
            (at, words(text, at, e.message()))
        })?;
        let steps: Vec<Step> =
            written.step.into_iter().map(|step| WrittenStep::read(step, text)).collect::<Result<_, _>>()?;
        if steps.is_empty() { Err((0, "it has no [[step]]".to_owned())) } else { Ok(steps) }
    }

    /// Does each step at its time; ends with the last. Whoever does not await it to its end stops it.
    ///
    /// # Errors
    /// [`ServiceError`] where a step cannot be done.
    pub async fn play(self, service: Service) -> Result<(), ServiceError> {
        let begun = Instant::now();
        let mut steps = self.steps;
        while !steps.is_empty() {
            let (now, requests) = (begun.elapsed(), service.requests());
            let due = steps.extract_if(.., |step| match step.when {
                When::After(time) => now >= time,
                When::AtRequest(number) => requests >= number,
            });
            for step in due.collect::<Vec<_>>() {
                let service = service.clone();
                let done = tokio::task::spawn_blocking(move || step.act(&service)).await;
                done.map_err(|e| ServiceError(format!("A step of the scenario failed: {e}.")))??;
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }
}

impl WrittenStep {
    /// Checks a step of `text`.
    fn read(this: Spanned<Self>, text: &str) -> Result<Step, Mistake> {
        let at = this.span().start;
        let this = this.into_inner();
        let when = match (this.after, this.at_request) {
            (Some(time), None) => When::After(span(&time)?),
            (None, Some(number)) => When::AtRequest(number),
            _ => return Err((at, "a step needs either after = \"2s\" or at_request = 40".to_owned())),
        };
        let mut faults = Vec::new();
        if let Some(written) = this.fault {
            let at = written.span().start;
            let several = match written.into_inner() {
                Faults::One(one) => vec![one],
                Faults::Several(several) => several,
            };
            for fault in several {
                let PlannedFault(plan) = fault.parse().map_err(|why| (at, why))?;
                faults.push(plan);
            }
        }
        let latency = this.latency.as_ref().map(span).transpose()?;
        let step = Step {
            when,
            edit: this.edit,
            faults,
            rate: this.rate,
            latency,
            expire: this.expire,
            sight: this.sight.map(|sight| (*sight.get_ref(), line(text, sight.span().start))),
        };
        let idle = Step {
            edit: None,
            faults: Vec::new(),
            rate: None,
            latency: None,
            expire: false,
            sight: None,
            when,
        };
        if step == idle {
            return Err((
                at,
                "a step does something: edit, fault, rate, latency, expire or sight".to_owned(),
            ));
        }
        Ok(step)
    }
}

impl Step {
    fn act(self, service: &Service) -> Result<(), ServiceError> {
        // Who sees one of the others may count on these.
        for plan in self.faults {
            if !service.inner.faults.plan(plan) {
                return Err(ServiceError("There are too many faults.".to_owned()));
            }
        }
        if let Some(edit) = self.edit {
            service.edit(edit)?;
        }
        if let Some((sight, _)) = self.sight {
            service.set_sight(sight.user, sight.everything)?;
        }
        if let Some(rate) = self.rate {
            service.set_rate((rate > 0).then_some(rate));
        }
        if let Some(latency) = self.latency {
            service.set_latency(latency);
        }
        if self.expire {
            service.expire_sessions()?;
        }
        Ok(())
    }
}

/// The line of a byte, from 1.
fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

fn wrong(name: &str, line: usize, why: &str) -> ServiceError {
    ServiceError(format!("The scenario {name}, line {line}: {why}."))
}

fn span(text: &Spanned<String>) -> Result<Duration, Mistake> {
    let time: Option<jiff::SignedDuration> = text.get_ref().parse().ok();
    time.and_then(|time| Duration::try_from(time).ok()).ok_or_else(|| {
        (text.span().start, format!("{:?} is no time; write it like 120ms, 5s or 2m", text.get_ref()))
    })
}

/// The reader's words, with the key that may have been meant.
fn words(source: &str, at: usize, message: &str) -> String {
    let message = message.trim_end_matches('.');
    let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
    match unknown.map(|word| (word, text::nearest(word, KEYS))) {
        Some((word, Some(near))) => format!("there is no key {word}; perhaps {near} is meant"),
        _ => text::notation::broken(source, at, message).what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_read() {
        let steps = Script::parse(include_str!("../../assets/scenarios/bad-day.toml")).unwrap();
        assert_eq!(steps.len(), 5);
        assert_eq!(steps[1].faults.len(), 2);
        assert_eq!(steps[3].when, When::AtRequest(30));
    }

    #[test]
    fn a_mistake_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.toml");
        for (text, line, words) in [
            ("[[step]]\nafter = \"2s\"\nfalt = \"503\"\n", 3, "perhaps fault is meant"),
            ("[[step]]\nafter = \"2s\"\nedit = { creat = 3 }\n", 3, "perhaps create is meant"),
            ("[[step]]\nafter = \"2s\"\nfault = \"boom\"\n", 3, "is no fault"),
            ("\n[[step]]\nexpire = true\n", 2, "either after"),
            ("[[step]]\nafter = \"soon\"\nexpire = true\n", 2, "is no time"),
            ("[[step]]\nafter = \"1s\"\n", 1, "does something"),
            ("", 1, "no [[step]]"),
            ("[[step]]\nafter = \"1s\"\nrate = -5\n", 3, "`rate`: a whole number, 0 or more, is wanted"),
            ("[[step]]\nafter = 3\nrate = 5\n", 2, "`after`: a text in quotes is wanted"),
        ] {
            std::fs::write(&file, text).unwrap();
            let told = Script::open(&file).unwrap_err().to_string();
            assert!(told.contains(&format!("line {line}: ")) && told.contains(words), "{text}: {told}");
        }
    }
}
