//! Models for the console's tests and its picture: written down, no clock, no mirror, no engine.

use std::sync::Arc;
use std::time::Duration;

use drainboard::client::Operation;
use drainboard::console::Manner;
use drainboard::console::key::{Code, Key};
use drainboard::console::message::{Answer, Effect, Message, Request};
use drainboard::console::model::browse::story::{Acked, Scene, Told};
use drainboard::console::model::browse::tree::{About, Found, Named, Pointing};
use drainboard::console::model::browse::{Gone, Page};
use drainboard::console::model::{Model, Screen};
use drainboard::console::update::update;
use drainboard::engine::budget::{Budget, Reason, Wait};
use drainboard::engine::event::{
    PackState, PackView, QueueView, SessionView, Snapshot, Totals, WaitView, WorkerView,
};
use drainboard::engine::{Event, EventKind, Mode, Outcome, Phase, RunEnd};
use drainboard::mirror::changes::{Change, State};
use drainboard::mirror::find::Sheet;
use drainboard::mirror::reader::{Kind, Row, SessionRow, Status};
use drainboard::mirror::refs::{Incoming, Reference};
use drainboard::mirror::story::{Event as Happened, Step};
use drainboard::mirror::{Counts, Outbox, SessionEnd};
use drainboard::protocol::{DeviceUuid, FailedObject, QueueName, RecordId, SessionId};
use jiff::Timestamp;

/// The time of all models.
pub(crate) fn now() -> Timestamp {
    "2026-11-20T12:04:11.482Z".parse().unwrap()
}

fn ago(ms: i64) -> Timestamp {
    now() - Duration::from_millis(ms.unsigned_abs())
}

fn device() -> DeviceUuid {
    "6dadcec8-6e61-4691-b318-1aab27b8fecf".parse().unwrap()
}

/// A console that knows nothing yet.
pub(crate) fn fresh() -> Model {
    let mut model = Model::new("demo", "127.0.0.1:41234", now());
    "/home/ada/.local/share/drainboard/default/mirror.db".clone_into(&mut model.mirror);
    model
}

fn kinds() -> Vec<Kind> {
    let all = [
        ("note", 1_204_331),
        ("contact", 312_408),
        ("deal", 98_112),
        ("lead", 44_020),
        ("task", 21_377),
        ("call", 9_120),
        ("deal_source", 31),
        ("loss_reason", 12),
        ("stage", 9),
        ("user", 9),
        ("pipeline", 2),
        ("account", 1),
    ];
    all.iter().map(|(n, rows)| Kind { name: (*n).into(), table: (*n).into(), rows: *rows }).collect()
}

fn status() -> Status {
    let session = SessionRow {
        no: 41,
        id: "29f2aeeb-8d68-4ea7-95c3-a2c8e151f5a3".into(),
        started: "2026-11-19T17:31:02Z".into(),
        ended: Some("2026-11-19T17:31:11Z".into()),
        end: Some(SessionEnd::Drained),
        pages: 25,
        instructions: 2_471,
        created: 2_000,
        updated: 400,
        deleted: 71,
        stale: 0,
        failed_objects: 0,
        retries: 1,
        error: None,
    };
    Status {
        device: device(),
        host: "https://api.getbase.com".into(),
        account: Some("Lindqvist & Töchter AB (1771)".into()),
        schema: 1,
        outbox: Outbox { pending: 740, refused: 0, held: 0 },
        kinds: kinds(),
        sessions: vec![session],
        tombstones: 312,
        unkeyed: 0,
        lost_pages: 0,
        converged: None,
        bytes: 1_311_203_328,
    }
}

/// Nothing is configured.
pub(crate) fn welcome() -> Model {
    use drainboard::console::model::Welcome;
    use drainboard::console::welcome::Offer;
    let mut model = fresh();
    model.welcome = Some(Welcome::new(Offer {
        base_url: "https://api.getbase.com".into(),
        mirror: "~/.local/share/drainboard/default/mirror.db".into(),
        configuration: "~/.config/drainboard/config.toml".into(),
        kept: "the system's keyring, else ~/.config/drainboard/token".into(),
    }));
    model
}

/// An account is connected: so many answers are given.
pub(crate) fn connecting(answers: usize) -> Model {
    let mut model = welcome();
    update(&mut model, Message::Key(Key::char('c')));
    for answer in 0..answers {
        if answer == 2 {
            update(&mut model, Message::Paste("0123456789abcdef".repeat(4)));
        }
        update(&mut model, Message::Key(Key::plain(Code::Enter)));
    }
    model
}

/// The service did not take the token.
pub(crate) fn refused_token() -> Model {
    use drainboard::console::message::WelcomeAnswer;
    use drainboard::console::welcome::{Answer, Trouble};
    let mut model = connecting(4);
    let text = "the service does not accept the token from answer 2; make a new one (Settings › OAuth › Access \
                Tokens) and put it there: the queue answered 401";
    let result = Err(Trouble { at: Answer::Token, text: text.into() });
    update(&mut model, Message::Welcome(WelcomeAnswer::Tested { ticket: 1, result }));
    model
}

/// Idle, and there is no mirror.
pub(crate) fn idle_without_mirror() -> Model {
    let mut model = fresh();
    model.demo = true;
    update(&mut model, Message::Read(Answer::Status(Ok(None))));
    update(&mut model, Message::Read(Answer::Kinds(Ok(Vec::new()))));
    model
}

/// Idle on a mirror.
pub(crate) fn idle() -> Model {
    let mut model = fresh();
    (model.title, model.host) = ("acme".into(), "api.getbase.com".into());
    update(&mut model, Message::Read(Answer::Status(Ok(Some(Box::new(status()))))));
    update(&mut model, Message::Read(Answer::Kinds(Ok(kinds()))));
    model
}

fn counts(created: u64, updated: u64, deleted: u64, stale: u64) -> Counts {
    Counts { created, updated, deleted, stale, ..Counts::default() }
}

fn totals() -> Totals {
    let kinds = [
        ("contact", counts(3_120, 214, 11, 0)),
        ("note", counts(1_870, 0, 0, 0)),
        ("deal", counts(1_044, 92, 3, 0)),
        ("task", counts(966, 40, 7, 2)),
        ("lead", counts(301, 12, 0, 0)),
        ("call", counts(120, 0, 0, 0)),
        ("loss_reason", counts(12, 0, 0, 0)),
        ("stage", counts(9, 0, 0, 0)),
        ("user", counts(8, 1, 0, 0)),
        ("tag", counts(7, 0, 0, 0)),
        ("pipeline", counts(2, 0, 0, 0)),
        ("account", counts(1, 0, 0, 0)),
    ];
    Totals {
        sessions: 1,
        pages: 78,
        instructions: 7_740,
        created: 7_460,
        updated: 359,
        deleted: 21,
        stale: 2,
        acked: 7_000,
        packs: 7,
        pending_acks: 740,
        requests: 86,
        retries: 1,
        bytes: 9_500_000,
        kinds: kinds.into_iter().map(|(n, c)| (n.to_owned(), c)).collect(),
        ..Totals::default()
    }
}

fn pack(no: Option<i64>, keys: u64, state: PackState, tries: u32, ms: u64) -> PackView {
    PackView { no, keys, state, tries, time: Duration::from_millis(ms) }
}

fn snapshot() -> Snapshot {
    let packs = vec![
        pack(None, 740, PackState::Filling, 0, 1_100),
        pack(Some(7), 1_000, PackState::InFlight, 1, 204),
        pack(Some(6), 1_000, PackState::Accepted, 1, 131),
        pack(Some(5), 1_000, PackState::Accepted, 2, 128),
        pack(Some(4), 1_000, PackState::Accepted, 1, 140),
        pack(Some(3), 1_000, PackState::Refused, 1, 96),
        pack(Some(2), 1_000, PackState::Failed, 1, 5_000),
        pack(Some(1), 1_000, PackState::Accepted, 1, 133),
    ];
    let queue = QueueView {
        name: "main".into(),
        announced: Some(12_480),
        done: 7_740,
        left: Some(4_740),
        drained: false,
        grew: false,
    };
    Snapshot {
        phase: Phase::Draining,
        totals: Arc::new(totals()),
        started: Some(ago(9_400)),
        elapsed: Duration::from_millis(9_400),
        device: Some(device()),
        session: Some(SessionView { no: 1, short: "29f2aeeb".into(), queues: vec![queue] }),
        packs,
        workers: vec![WorkerView::Taking, WorkerView::Applying, WorkerView::Paced, WorkerView::Retrying],
        request_rate: 9.8,
        rate_limit: 10,
        budget: Budget {
            last_second: 9,
            per_second: 10,
            last_hour: 842,
            per_hour: 36_000,
            wait: Some(Wait { reason: Reason::Pacing, left: Some(Duration::from_millis(90)) }),
        },
        p50_ms: Some(118),
        p95_ms: Some(163),
        ..Snapshot::default()
    }
}

fn event(ms: i64, kind: EventKind) -> Message {
    Message::Event(Event { at: ago(ms), kind, totals: Arc::default() })
}

fn page(no: i64, elapsed_ms: u64, failed: &[&str]) -> EventKind {
    EventKind::PageCommitted {
        page: no,
        queue: QueueName("main".into()),
        instructions: 100,
        counts: counts(98, 2, 0, 0),
        count_left: Some(4_740),
        failed_objects: failed
            .iter()
            .map(|id| FailedObject { kind: "deal".into(), id: id.parse().unwrap() })
            .collect(),
        bytes: 120_000,
        elapsed_ms,
        commit_us: 900,
        worker: 1,
    }
}

fn history() -> Vec<Message> {
    let mut all = vec![
        event(9_400, EventKind::RunStarted { device: device(), mode: Mode::Full, pending_acks: 0 }),
        event(
            9_200,
            EventKind::SessionOpened {
                no: 1,
                session: SessionId("29f2aeeb-8d68-4ea7-95c3-a2c8e151f5a3".into()),
                announced: Some(12_480),
                elapsed_ms: 142,
            },
        ),
    ];
    for n in 1..=74 {
        all.push(event(9_100 - n * 100, page(n, 110 + (n as u64 * 7) % 30, &[])));
        if n % 10 == 0 && n <= 60 {
            let pack = n / 10;
            all.push(event(9_060 - n * 100, EventKind::PackSent { pack, keys: 1_000, attempt: 1 }));
            let accepted = EventKind::PackAccepted { pack, keys: 1_000, attempt: 1, elapsed_ms: 131 };
            all.push(event(9_055 - n * 100, accepted));
        }
    }
    all.push(event(1_500, page(75, 118, &[])));
    all.push(event(1_392, page(76, 121, &["9"])));
    all.push(event(
        872,
        EventKind::RetryScheduled {
            operation: Operation::Take,
            status: Some(429),
            reason: "too many requests".into(),
            request_id: Some("5f0b1c".into()),
            wait_ms: 400,
            attempt: 2,
        },
    ));
    all.push(event(420, EventKind::PackSent { pack: 7, keys: 1_000, attempt: 1 }));
    all.push(event(390, page(77, 121, &[])));
    all.push(event(278, page(78, 118, &[])));
    counted(all)
}

/// The same, each with the counts behind it: pages of contacts, then of deals and notes.
fn counted(messages: Vec<Message>) -> Vec<Message> {
    let mut so_far = Totals::default();
    let told = messages.into_iter().map(|message| {
        let Message::Event(mut event) = message else { return message };
        if let EventKind::PageCommitted { page, .. } = event.kind {
            let of_types: &[(&str, u64)] = if page < 60 {
                &[("contact", 100)]
            } else {
                &[("deal", 30 + page as u64 % 7), ("note", 70 - page as u64 % 7)]
            };
            for (kind, more) in of_types {
                so_far.kinds.entry((*kind).to_owned()).or_default().created += more;
            }
        }
        event.totals = Arc::new(so_far.clone());
        Message::Event(event)
    });
    told.collect()
}

/// In the middle of a drain.
pub(crate) fn draining() -> Model {
    let mut model = fresh();
    model.demo = true;
    for message in history() {
        update(&mut model, message);
    }
    let whole = snapshot();
    // The pace comes from totals over time: nine seconds of them, a little uneven.
    let mut done = 0;
    for half in 0..19_i64 {
        model.now = ago(9_500 - half * 500);
        let mut totals = totals();
        totals.instructions = done;
        let early = Snapshot { totals: Arc::new(totals), ..whole.clone() };
        update(&mut model, Message::Snapshot(Arc::new(early)));
        done += [120, 260, 380, 430, 460, 410, 470, 455, 300, 440][half as usize % 10];
    }
    model.now = now();
    update(&mut model, Message::Snapshot(Arc::new(whole)));
    model
}

pub(crate) fn with(mut model: Model, change: impl FnOnce(&mut Snapshot)) -> Model {
    let mut snapshot = model.snapshot.as_ref().clone();
    change(&mut snapshot);
    update(&mut model, Message::Snapshot(Arc::new(snapshot)));
    model
}

/// A 429 holds everything up.
pub(crate) fn waiting() -> Model {
    with(draining(), |s| {
        s.wait =
            Some(WaitView { until: now() + Duration::from_millis(2_400), reason: "429".into(), attempt: 2 });
    })
}

/// Step mode.
pub(crate) fn stepping() -> Model {
    let mut model = with(draining(), |s| {
        s.phase = Phase::Paused;
        s.next_step = Some("take a page from main".into());
        s.workers = vec![WorkerView::Idle; 4];
    });
    update(&mut model, event(100, EventKind::Paused));
    model
}

/// A page was taken and waits for the next step.
pub(crate) fn looking() -> Model {
    let mut model = with(stepping(), |s| {
        s.next_step = Some("commit the page of main, 100 instructions".into());
        s.looked_at = Some(100);
    });
    let queue = QueueName("main".into());
    update(&mut model, event(20, EventKind::PageTaken { queue, instructions: 100, elapsed_ms: 121 }));
    model
}

fn ended(model: Model, outcome: Outcome, change: impl FnOnce(&mut Snapshot, &mut Totals)) -> Model {
    let mut model = with(model, |s| {
        let mut totals = s.totals.as_ref().clone();
        s.phase = Phase::Idle;
        s.outcome = Some(outcome.clone());
        s.workers = vec![WorkerView::Idle; 4];
        change(s, &mut totals);
        s.totals = Arc::new(totals);
    });
    update(&mut model, event(10, EventKind::RunEnded { outcome }));
    model
}

/// Up to date.
pub(crate) fn done() -> Model {
    let mut model = draining();
    update(&mut model, event(60, EventKind::QueueDrained { queue: QueueName("main".into()) }));
    update(&mut model, event(50, EventKind::SessionEnded { no: 1, end: SessionEnd::Drained }));
    update(&mut model, event(20, EventKind::UpToDate { elapsed_ms: 12 }));
    let outcome = Outcome { converged: true, end: RunEnd::Converged, error: None };
    ended(model, outcome, |s, t| {
        (t.acked, t.pending_acks, t.sessions) = (7_740, 0, 2);
        s.packs.retain(|p| p.state == PackState::Accepted);
        s.session = None;
    })
}

/// Refused.
pub(crate) fn failed() -> Model {
    let error = "the service refused the token (401 invalid_token; from BASECRM_ACCESS_TOKEN)\nmake a new one in Sell \
                 under Settings › OAuth › Access tokens and set it there";
    let outcome = Outcome { converged: false, end: RunEnd::Refused, error: Some(error.into()) };
    ended(draining(), outcome, |s, _| s.session = None)
}

fn contacts() -> Vec<Row> {
    let names = [
        ("Åsa Lindqvist", "asa@example.se", "Malmö"),
        ("阿部 花子", "hanako@example.jp", "東京"),
        ("Zoe\u{301} Müller-Lüdenscheidt", "zoe@example.de", "Köln"),
        ("مريم العبدالله", "maryam@example.ae", "دبي"),
        ("👩\u{200d}💻 Grace", "grace@example.com", "New York"),
        ("esc \u{1b}[31mred\u{202e}", "bad@example.com", "Line\nbreak"),
        ("Ngô Thị Hương", "huong@example.vn", "Hà Nội"),
        ("Иван Петров", "ivan@example.ru", "Казань"),
        ("A very long name that goes on and on until it is cut at a border", "long@example.com", "Oslo"),
    ];
    let updated =
        ["2026-11-19T17:31:02Z", "2026-11-20T10:00:11Z", "2026-11-20T11:41:00Z", "2025-02-28T08:15:00Z"];
    (0..120_i64)
        .map(|n| {
            let (name, email, city) = names[n as usize % names.len()];
            let name = serde_json::to_string(name).unwrap();
            let city = serde_json::to_string(city).unwrap();
            let data = format!(
                r#"{{"id":{id},"name":{name},"email":"{email}","is_organization":false,"owner_id":{owner},"phone":null,"address":{{"line1":"Storgatan {n}","city":{city},"geo":[59.3293000,18.0686000]}},"tags":["vip","2026"],"custom_fields":{{"budget":1200.50,"big":12345678901234567890123}},"description":"Met at the fair. Wants to hear about the move of the whole mirror before the summer, and to see the numbers first.","created_at":"2026-01-02T03:04:05Z","updated_at":"{updated}"}}"#,
                id = 4_700 + n,
                owner = 17 + n % 3,
                updated = updated[n as usize % updated.len()],
            );
            Row { id: RecordId::Int(4_700 + n), revision: Some(9), data, session: 41 }
        })
        .collect()
}

/// Answers what screen 2 waits for.
fn answer(model: &mut Model, request: Option<&Request>, hits: Option<u64>, rows: Vec<Row>) {
    let Some(&Request::Page { ticket, .. }) = request else { panic!("{request:?}") };
    let sheet = Sheet { rows, first: Some(0), exact: true, above: None, below: None };
    let took = hits.map(|_| Duration::from_millis(4));
    let page = Page { sheet, hits, took, complete: true, gone: Vec::new() };
    let effects = update(model, Message::Read(Answer::Page { ticket, page: Ok(page) }));
    for effect in effects {
        if let Effect::Read(Request::Names { of }) = effect {
            let name = |to: Reference| {
                let name = ["Ada Lovelace", "Grace Hopper"];
                // The third is not in the mirror.
                let name = match to.id {
                    RecordId::Int(id) => name.get(usize::try_from(id - 17).unwrap()).map(|n| (*n).to_owned()),
                    RecordId::Text(_) => None,
                };
                (to, name)
            };
            update(model, Message::Read(Answer::Names(of.into_iter().map(name).collect())));
        }
    }
}

/// Screen 2 on contacts.
pub(crate) fn browsing() -> Model {
    let mut model = idle();
    model.screen = Screen::Browse;
    let request = model.browse.show("contact");
    answer(&mut model, Some(&request), None, contacts());
    model
}

fn press(model: &mut Model, keys: &str) -> Option<Request> {
    let mut last = None;
    for c in keys.chars() {
        for effect in update(model, Message::Key(Key::char(c))) {
            if let Effect::Read(request @ Request::Page { .. }) = effect {
                last = Some(request);
            }
        }
    }
    last
}

/// A filter that is being written.
pub(crate) fn filtering() -> Model {
    let mut model = browsing();
    let request = press(&mut model, "/city:Malmö email:asa");
    let rows = contacts().into_iter().step_by(9).collect();
    answer(&mut model, request.as_ref(), Some(14), rows);
    press(&mut model, " rev>");
    model
}

/// Sorted by the second column, downwards.
pub(crate) fn sorted() -> Model {
    let mut model = browsing();
    press(&mut model, ">>o");
    let request = press(&mut model, "o");
    let mut rows = contacts();
    rows.sort_by_key(|r| std::cmp::Reverse(r.data.split("email").nth(1).map(str::to_owned)));
    answer(&mut model, request.as_ref(), Some(120), rows);
    model
}

fn about(change: Option<Change>) -> About {
    let of = Reference { kind: "contact".into(), id: RecordId::Int(4_700) };
    let to = Reference { kind: "user".into(), id: RecordId::Int(17) };
    let named = Named { field: "owner_id".into(), to, there: true, name: Some("Ada Lovelace".into()) };
    About { of, revision: Some(9), names: vec![named], change, session: 41, origin: Some((41, 1_203)) }
}

/// The record as a tree, on its reference, with a folded part and those who point to it.
pub(crate) fn tree() -> Model {
    let mut model = browsing();
    update(&mut model, Message::Key(Key::plain(Code::Enter)));
    update(&mut model, Message::Read(Answer::About(Box::new(about(None)))));
    let from = |kind: &str, field: &str, count| Incoming {
        kind: kind.into(),
        field: field.into(),
        count,
        first: vec![RecordId::Int(1)],
    };
    let all = vec![from("note", "resource_id", 1_204), from("deal", "contact_id", 3)];
    let to = Reference { kind: "contact".into(), id: RecordId::Int(4_700) };
    update(&mut model, Message::Read(Answer::Pointing(Pointing { to, found: Found::All(all) })));
    press(&mut model, "jjjjjj");
    update(&mut model, Message::Key(Key::plain(Code::Enter)));
    press(&mut model, "kk");
    model
}

/// What the last session changed in a record.
pub(crate) fn changed() -> Model {
    let mut model = browsing();
    let after = contacts().swap_remove(0);
    let before = after.data.replace("asa@example.se", "asa.l@example.se").replace("1200.50", "900.00");
    let before = State { revision: Some(8), data: Some(before), session: 12 };
    let now = State { revision: Some(9), data: Some(after.data), session: 41 };
    let change = Change::new("contact", after.id, Some(before), now);
    update(&mut model, Message::Read(Answer::About(Box::new(about(Some(change))))));
    press(&mut model, "d");
    model
}

/// The list of the columns.
pub(crate) fn choosing() -> Model {
    let mut model = browsing();
    press(&mut model, "cjj");
    model
}

/// The question before a new device, half answered.
pub(crate) fn asking_device() -> Model {
    let mut model = idle();
    for key in ['N', '6', 'd', 'a'] {
        update(&mut model, Message::Key(Key::char(key)));
    }
    model
}

/// Synchronizes every five minutes, the next time in four.
pub(crate) fn every() -> Model {
    let mut model = done();
    for key in ['i', 'i'] {
        update(&mut model, Message::Key(Key::char(key)));
    }
    model.now += Duration::from_secs(52);
    update(&mut model, Message::Tick);
    model
}

/// Looks at what would come.
pub(crate) fn peek() -> Model {
    let mut model = draining();
    model.manner = Manner::Peek;
    model
}

/// Looks at what is there.
pub(crate) fn read_only() -> Model {
    let mut model = browsing();
    model.manner = Manner::ReadOnly;
    model
}

/// A record's story, on its newest step.
pub(crate) fn story() -> Model {
    let mut model = browsing();
    press(&mut model, "D");
    let now = contacts().swap_remove(0).data;
    let states = [
        (Happened::Came, 3, None, Some(5), Some(now.replace("Malmö", "Lund").replace("1200.50", "9.00"))),
        (
            Happened::Updated,
            12,
            Some(388),
            Some(6),
            Some(now.replace("asa@", "asa.l@").replace("1200.50", "9.00")),
        ),
        (Happened::Deleted, 20, Some(611), None, None),
        (
            Happened::Revived,
            21,
            None,
            Some(8),
            Some(now.replace("asa@", "asa.l@").replace("1200.50", "900.00")),
        ),
        (Happened::Updated, 41, Some(1_203), Some(9), Some(now)),
    ];
    let scenes = states.into_iter().map(|(event, session, page, revision, data)| Scene {
        step: Step { event, session, page, revision, data },
        at: Some(format!("2026-{:02}-19T17:31:02Z", session / 4 + 1)),
        acked: match session {
            41 => Acked::Pending,
            12 => Acked::Pack(44, "accepted".into()),
            _ => Acked::Unknown,
        },
    });
    let told = Ok(Told { scenes: scenes.collect(), left_out: 3 });
    let of = Reference { kind: "contact".into(), id: RecordId::Int(4_700) };
    update(&mut model, Message::Read(Answer::Story { of, told }));
    model
}

/// A record as it was after an earlier step.
pub(crate) fn earlier() -> Model {
    let mut model = story();
    press(&mut model, "k");
    update(&mut model, Message::Key(Key::plain(Code::Enter)));
    model
}

/// The deleted contacts.
pub(crate) fn dead() -> Model {
    let mut model = browsing();
    let Some(Request::Page { ticket, dead: true, .. }) = press(&mut model, "t") else { panic!() };
    let mut rows = contacts();
    rows.truncate(14);
    rows[3].data.clear();
    let gone = rows.iter().map(|row| Gone {
        page: 1_203,
        at: Some("2026-11-19T17:31:02Z".into()),
        known: !row.data.is_empty(),
    });
    let gone = gone.collect();
    let sheet = Sheet { rows, first: Some(0), exact: true, above: None, below: None };
    let page = Page { sheet, hits: Some(14), took: None, complete: true, gone };
    update(&mut model, Message::Read(Answer::Page { ticket, page: Ok(page) }));
    model
}

/// A filter's hits, in a view that is older than the mirror; columns are scrolled.
pub(crate) fn stale() -> Model {
    let mut model = with(browsing(), |_| ());
    let request = press(&mut model, "/se owner:ada");
    let rows = contacts().into_iter().step_by(9).collect();
    answer(&mut model, request.as_ref(), Some(14), rows);
    update(&mut model, Message::Key(Key::plain(Code::Enter)));
    update(&mut model, Message::Read(Answer::About(Box::new(about(None)))));
    press(&mut model, ">>>>");
    with(model, |s| {
        let counts = ("contact".to_owned(), counts(100, 20, 7, 0));
        s.totals = Arc::new(Totals { kinds: [counts].into(), ..Totals::default() });
    })
}

/// Looking for something in the record.
pub(crate) fn finding() -> Model {
    let mut model = browsing();
    press(&mut model, "Fmirror");
    update(&mut model, Message::Key(Key::plain(Code::Enter)));
    model.toast = None;
    model
}
