//! What is put to a client: a small account each, what goes wrong, and what is expected. Data alone; the order is that
//! of the report, from what every client needs to what few think of.

use std::time::Duration;

use super::super::fault::Fault;

/// One thing that breaks clients.
#[derive(Debug)]
pub struct Scenario {
    /// Its name in options and reports.
    pub name: &'static str,
    /// What the service does, in a line.
    pub about: &'static str,
    /// What is said of a client that gets it right.
    pub(super) praise: &'static str,
    /// Each queue's name and pages. A page without items is handed out as one.
    pub(super) queues: &'static [(&'static str, &'static [&'static [Item]])],
    /// What is only offered from the second session on.
    pub(super) later: &'static [Item],
    /// What the pages of the first session say could not be delivered, as JSON.
    pub(super) failed: &'static str,
    /// Pages and items as `start` tells them, where they are wrong.
    pub(super) guide: Option<(usize, usize)>,
    pub(super) troubles: &'static [Trouble],
    pub(super) rules: &'static [Rule],
}

impl Scenario {
    /// Whether an answer of it never ends, so that a client says nothing until its own patience does.
    pub fn hangs(&self) -> bool {
        self.troubles.iter().any(|trouble| matches!(trouble.fault, Fault::Stall(_)))
    }

    /// Whether all is refused, so that a client does well to end as a failure.
    pub fn refuses(&self) -> bool {
        self.troubles
            .iter()
            .any(|trouble| matches!((trouble.when, trouble.fault), (When::Ever, Fault::Instead(..))))
    }

    /// Whether a client may perish at the last thing that it is answered, where the wire shows nothing of it.
    pub fn ends_in_trouble(&self) -> bool {
        self.rules.contains(&Rule::Survives)
    }
}

/// An instruction.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) key: &'static str,
    pub(super) kind: &'static str,
    pub(super) event: &'static str,
    pub(super) revision: u64,
    pub(super) data: &'static str,
}

/// What a trouble is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    Start,
    Page,
    Ack,
    Any,
}

/// Which calls it meets, counted from 1 for each endpoint.
#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    Ever,
    /// From this one to that one.
    Calls(u32, u32),
    /// From this one on, for so long.
    For(u32, Duration),
}

/// What goes wrong.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trouble {
    pub(super) on: On,
    pub(super) when: When,
    pub(super) fault: Fault,
}

/// What is expected, beside what always is (`judge` has that).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Every item arrives.
    Fetched,
    /// Every key of an item that arrived is answered 202.
    Accepted,
    /// At most so many requests meet trouble: who retries pauses, and who is refused stops.
    AtMost(usize),
    /// Nothing comes before this time is over, from the first 429 on.
    Waits(Duration),
    /// At most so many requests within any second.
    Calm(usize),
    /// Goes on behind the first 204, or ends there as it does where nothing goes wrong.
    Survives,
    /// At most so many sessions that nobody took a page of.
    Spare(usize),
}

const fn item(
    key: &'static str,
    kind: &'static str,
    event: &'static str,
    revision: u64,
    data: &'static str,
) -> Item {
    Item { key, kind, event, revision, data }
}

const fn trouble(on: On, when: When, fault: Fault) -> Trouble {
    Trouble { on, when, fault }
}

const ADA: Item =
    item("Contact-1-7", "contact", "created", 7, r#"{"id":1,"name":"Ada","email":"ada@example.com"}"#);
const BOB: Item = item("Contact-2-8", "contact", "created", 8, r#"{"id":2,"name":"Bob"}"#);
const DEAL: Item =
    item("Deal-3-9", "deal", "updated", 9, r#"{"id":3,"name":"A deal","contact_id":1,"value":"1200.50"}"#);
const TWO_PAGES: &[(&str, &[&[Item]])] = &[("main", &[&[ADA, BOB], &[DEAL]])];
const ALL: &[Rule] = &[Rule::Fetched, Rule::Accepted];
/// Tries that a client with a pause between them does not need while a trouble of [`A_WHILE`] lasts.
const TRIES: Rule = Rule::AtMost(12);
const A_WHILE: Duration = Duration::from_millis(400);

const USUAL: Scenario = Scenario {
    name: "plain",
    about: "two pages, three items, nothing goes wrong",
    praise: "all fetched, all acknowledged",
    queues: TWO_PAGES,
    later: &[],
    failed: "",
    guide: None,
    troubles: &[],
    rules: ALL,
};

/// All of them.
pub static SCENARIOS: &[Scenario] = &[
    USUAL,
    Scenario {
        name: "start204",
        about: "there is nothing to synchronize",
        praise: "stopped at once",
        queues: &[("main", &[])],
        rules: &[Rule::Calm(3), Rule::Survives],
        ..USUAL
    },
    Scenario {
        name: "empty_mid",
        about: "a page without items comes in the middle of the queue",
        praise: "went on behind the empty page until 204",
        queues: &[("main", &[&[ADA, BOB], &[], &[DEAL]])],
        ..USUAL
    },
    Scenario {
        name: "empty_long",
        about: "for a second and a half all pages are empty",
        praise: "waited between empty pages and went on",
        troubles: &[trouble(On::Page, When::For(2, Duration::from_millis(1_500)), Fault::Empty)],
        // The documented limit is 10 a second; twice that is no pause at all.
        rules: &[Rule::Fetched, Rule::Accepted, Rule::Calm(20)],
        ..USUAL
    },
    Scenario {
        name: "unknown",
        about: "an item is of a type that nobody has heard of, with fields to match",
        praise: "took the unknown type like any other",
        queues: &[(
            "main",
            &[
                &[
                    ADA,
                    item(
                        "Hologram-1-4",
                        "hologram",
                        "created",
                        4,
                        r#"{"id":1,"depth":[1,[2,{"κ":null}]],"custom_fields":{"Größe":"XL"}}"#,
                    ),
                ],
                &[DEAL],
            ],
        )],
        ..USUAL
    },
    Scenario {
        name: "nack_page",
        about: "a page holds nothing that a usual client can use",
        praise: "acknowledged the useless page and went on",
        queues: &[(
            "main",
            &[
                &[
                    item("Hologram-9-1", "hologram", "created", 1, r#"{"id":9}"#),
                    item("Lead-404-2", "lead", "deleted", 2, r#"{"id":404}"#),
                ],
                &[DEAL],
            ],
        )],
        ..USUAL
    },
    Scenario {
        name: "delete_absent",
        about: "something is deleted that the device never had",
        praise: "acknowledged the delete of what it never had",
        queues: &[(
            "main",
            &[&[item("Contact-55-12", "contact", "deleted", 12, r#"{"id":55}"#), ADA], &[DEAL]],
        )],
        ..USUAL
    },
    Scenario {
        name: "older_later",
        about: "an older revision of a contact comes after a newer one",
        praise: "acknowledged both (which one it kept, the wire does not tell)",
        queues: &[(
            "main",
            &[
                &[item("Contact-1-9", "contact", "updated", 9, r#"{"id":1,"name":"Ada the second"}"#)],
                &[ADA, DEAL],
            ],
        )],
        ..USUAL
    },
    Scenario {
        name: "same_key",
        about: "the same instruction comes on two pages",
        praise: "acknowledged what came twice",
        queues: &[("main", &[&[ADA, BOB], &[ADA], &[DEAL]])],
        ..USUAL
    },
    Scenario {
        name: "decimals",
        about: "amounts come as strings, as long numbers and as null",
        praise: "took the amounts (what it made of them, the wire does not tell)",
        queues: &[(
            "main",
            &[
                &[
                    item("Deal-4-1", "deal", "created", 1, r#"{"id":4,"value":"123456789012345678.90"}"#),
                    item("Deal-5-2", "deal", "created", 2, r#"{"id":5,"value":0.1000000000000000055511}"#),
                    item("Deal-6-3", "deal", "created", 3, r#"{"id":6,"value":null,"currency":null}"#),
                ],
                &[ADA],
            ],
        )],
        ..USUAL
    },
    Scenario {
        name: "wrong_count",
        about: "the counts are wrong: one page and one item are announced, three pages come",
        praise: "trusted 204 alone, and no count",
        queues: &[("main", &[&[ADA], &[BOB], &[DEAL]])],
        guide: Some((1, 1)),
        ..USUAL
    },
    Scenario {
        name: "queues",
        about: "the session has two queues",
        praise: "drained both queues",
        queues: &[("main", &[&[ADA, BOB]]), ("second", &[&[DEAL]])],
        ..USUAL
    },
    Scenario {
        name: "failed_objects",
        about: "a page names an object that could not be delivered; the next session has it",
        praise: "started again and got what had failed before",
        later: &[item("Deal-9-3", "deal", "created", 3, r#"{"id":9,"name":"late"}"#)],
        failed: r#"{"type":"deal","id":9}"#,
        ..USUAL
    },
    Scenario {
        name: "json204",
        about: "every 204 says that it is JSON",
        praise: "read no body where none can be",
        troubles: &[trouble(On::Any, When::Ever, Fault::Json204)],
        rules: &[Rule::Fetched, Rule::Accepted, Rule::Survives],
        ..USUAL
    },
    Scenario {
        name: "ack500",
        about: "acknowledging fails for a moment with 500",
        praise: "sent the refused keys again until 202",
        troubles: &[trouble(On::Ack, When::For(1, A_WHILE), Fault::Instead(500, None))],
        rules: &[Rule::Fetched, Rule::Accepted, TRIES],
        ..USUAL
    },
    Scenario {
        name: "ack200",
        about: "the first acknowledgement is answered 200, which accepts nothing",
        praise: "took 202 alone for an acceptance",
        troubles: &[trouble(On::Ack, When::Calls(1, 1), Fault::Ack200)],
        ..USUAL
    },
    Scenario {
        name: "ack_lost",
        about: "the first acknowledgement is taken, and its answer gets lost",
        praise: "sent the keys again whose answer was lost",
        troubles: &[trouble(On::Ack, When::Calls(1, 1), Fault::Lost)],
        ..USUAL
    },
    Scenario {
        name: "fetch429",
        about: "the second page is refused for a moment with 429",
        praise: "paused and went on",
        troubles: &[trouble(On::Page, When::For(2, A_WHILE), Fault::Instead(429, None))],
        rules: &[Rule::Fetched, Rule::Accepted, TRIES],
        ..USUAL
    },
    Scenario {
        name: "retry_after",
        about: "the second page is refused with 429 and Retry-After: 2",
        praise: "waited as long as it was told to",
        troubles: &[trouble(
            On::Page,
            When::For(2, Duration::from_millis(1_800)),
            Fault::Instead(429, Some(2)),
        )],
        rules: &[Rule::Fetched, Rule::Accepted, Rule::Waits(Duration::from_secs(2))],
        ..USUAL
    },
    Scenario {
        name: "fetch503",
        about: "the second page fails for a moment with 503",
        praise: "paused and went on",
        troubles: &[trouble(On::Page, When::For(2, A_WHILE), Fault::Instead(503, None))],
        rules: &[Rule::Fetched, Rule::Accepted, TRIES],
        ..USUAL
    },
    Scenario {
        name: "bare_error",
        about: "the second page fails for a moment with 503, in an error body without `meta.logref`",
        praise: "paused and went on, whatever the error's body lacks",
        troubles: &[trouble(On::Page, When::For(2, A_WHILE), Fault::Bare)],
        rules: &[Rule::Fetched, Rule::Accepted, TRIES],
        ..USUAL
    },
    Scenario {
        name: "html502",
        about: "a gateway answers the second page with 502 and HTML",
        praise: "tried again behind the gateway's HTML",
        troubles: &[trouble(On::Page, When::Calls(2, 2), Fault::Instead(502, None))],
        ..USUAL
    },
    Scenario {
        name: "fetch404",
        about: "the session expires behind its first page",
        praise: "started another session for the rest",
        troubles: &[trouble(On::Page, When::Calls(2, 2), Fault::Expire)],
        // Several workers may each meet the dead session.
        rules: &[Rule::Fetched, Rule::Accepted, TRIES],
        ..USUAL
    },
    Scenario {
        name: "drop",
        about: "the connection closes instead of the second page, which is lost for this session",
        praise: "got the lost page in another session",
        troubles: &[trouble(On::Page, When::Calls(2, 2), Fault::Lost)],
        ..USUAL
    },
    Scenario {
        name: "cut",
        about: "the second page ends in its middle and is lost for this session",
        praise: "got the cut page in another session",
        troubles: &[trouble(On::Page, When::Calls(2, 2), Fault::Cut)],
        ..USUAL
    },
    Scenario {
        name: "stall",
        about: "the second page stops in its middle and nothing more comes; it is lost for this session",
        praise: "gave the silent answer up and got the page in another session",
        troubles: &[trouble(On::Page, When::Calls(2, 2), Fault::Stall(Duration::from_hours(1)))],
        ..USUAL
    },
    Scenario {
        name: "start503",
        about: "starting fails for a moment with 503",
        praise: "paused and started again",
        troubles: &[trouble(On::Start, When::For(1, A_WHILE), Fault::Instead(503, None))],
        rules: &[Rule::Fetched, Rule::Accepted, TRIES],
        ..USUAL
    },
    Scenario {
        name: "start_lost",
        about: "sessions are started, and for a moment the answers get lost",
        praise: "left few spare sessions behind",
        troubles: &[trouble(On::Start, When::For(1, A_WHILE), Fault::Lost)],
        // 100 sessions are all there are.
        rules: &[Rule::Fetched, Rule::Accepted, Rule::Spare(4)],
        ..USUAL
    },
    Scenario {
        name: "noscope",
        about: "the token lacks the sync scope: 403",
        praise: "stopped at the refusal",
        troubles: &[trouble(On::Any, When::Ever, Fault::Instead(403, None))],
        rules: &[Rule::AtMost(2)],
        ..USUAL
    },
    Scenario {
        name: "unauthorized",
        about: "the token is wrong: 401",
        praise: "stopped at the refusal",
        troubles: &[trouble(On::Any, When::Ever, Fault::Instead(401, None))],
        rules: &[Rule::AtMost(2)],
        ..USUAL
    },
];
