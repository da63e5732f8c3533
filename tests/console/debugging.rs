//! Models of the debugging screens: Acks, Wire, the panel that bends the service.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use drainboard::client::Operation;
use drainboard::client::tap::exchange::Headers;
use drainboard::client::tap::{Body, Exchange, Label, Recorded, Response, State, Usage};
use drainboard::console::Lever;
use drainboard::console::body;
use drainboard::console::key::{Code, Key};
use drainboard::console::message::{Answer, Effect, Message, WireAnswer, WireRequest};
use drainboard::console::model::Model;
use drainboard::console::model::acks::{Book, Content, Followed, Opened};
use drainboard::console::model::wire::Found;
use drainboard::console::update::update;
use drainboard::console::view::view;
use drainboard::mirror::Outbox;
use drainboard::mirror::debug::{
    Brought, LeftOut, PackRow, PageRecord, PageRecords, RefusedKey, Stuck, WaitingPage,
};
use drainboard::mirror::notes::{About, Note};
use drainboard::mirror::orphans::{Orphaned, Orphans};
use drainboard::protocol::RecordId;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use super::models;

const SESSION: &str = "29f2aeeb-8d68-4ea7-95c3-a2c8e151f5a3";
const HOSTILE: &str = "x\u{1b}[2J\u{202e}evil";

pub(crate) fn exchange(number: u64, ago_ms: u64, took: u64, status: u16, operation: Operation) -> Exchange {
    let (method, path) = match operation {
        Operation::Start => ("POST", "/v2/sync/start".to_owned()),
        Operation::Take => ("GET", format!("/v2/sync/{SESSION}/queues/main")),
        Operation::Acknowledge => ("POST", "/v2/sync/ack".to_owned()),
        Operation::Other => ("GET", "/v2/contacts?page=2".to_owned()),
    };
    let headers: Headers = vec![
        (Cow::Borrowed("authorization"), "Bearer [token]".to_owned()),
        (Cow::Borrowed("x-basecrm-device-uuid"), "6dadcec8-6e61-4691-b318-1aab27b8fecf".to_owned()),
    ]
    .into();
    let json = r#"{"items":[{"data":{"id":4711,"name":"Åsa Lindqvist","city":null},"meta":{"type":"contact","sync":{"event_type":"created","revision":9}}},{"data":{"id":4712,"name":"阿部 花子"},"meta":{"type":"contact","sync":{"event_type":"upd"#;
    let body = Body { kept: json.as_bytes().to_vec().into(), size: 121_000, cut: true, beside: 0 };
    let state = match status {
        200..300 => State::Answered,
        _ => State::Failed(format!("the service answered {status}: {HOSTILE}")),
    };
    let response = Response {
        status,
        version: "HTTP/1.1",
        headers: [(Cow::Borrowed("content-type"), "application/json".to_owned())].into(),
        body: if status == 200 { body } else { Body::default() },
        wire: None,
        peer: Some("127.0.0.1".to_owned()),
    };
    let took = Duration::from_millis(took);
    Exchange {
        number,
        at: models::now() - Duration::from_millis(ago_ms),
        operation,
        method,
        url: format!("http://127.0.0.1:41234{path}"),
        headers,
        body: Body::default(),
        response: Some(response),
        first_byte: Some(took * 3 / 4),
        elapsed: Some(took),
        state,
        attempt: 1,
        label: Label {
            page: (status == 200).then_some(number.cast_signed()),
            pack: (operation == Operation::Acknowledge).then_some(7),
            items: Some(100),
            ..Label::default()
        },
    }
}

pub(crate) fn exchanges() -> Vec<Arc<Exchange>> {
    let mut all = Vec::new();
    for number in 1..=86_u64 {
        let ago = (87 - number) * 105;
        all.push(Arc::new(match number {
            1 => exchange(number, ago, 142, 201, Operation::Start),
            80 => exchange(number, ago, 90, 429, Operation::Take),
            70 => exchange(number, ago, 700, 503, Operation::Take),
            n if n % 12 == 0 => exchange(number, ago, 131, 202, Operation::Acknowledge),
            86 => Exchange {
                response: None,
                first_byte: None,
                elapsed: None,
                state: State::UnderWay,
                label: Label::default(),
                ..exchange(number, 204, 0, 200, Operation::Take)
            },
            _ => exchange(number, ago, 100 + number * 7 % 40, 200, Operation::Take),
        }));
    }
    all.reverse();
    all
}

/// Does what the threads beside the console do: answers what the model asks for.
pub(crate) fn answered(model: &mut Model, message: Message) {
    let mut effects = update(model, message);
    while let Some(effect) = effects.pop() {
        let answer = match effect {
            Effect::Wire(WireRequest::List(filter)) => {
                let list: Vec<_> = exchanges().into_iter().filter(|e| filter.passes(e)).collect();
                let packs =
                    exchanges().iter().rev().filter_map(|e| Some((e.label.pack?, e.number))).collect();
                let usage = Usage { exchanges: 86, bytes: 9_123_456, gone: 0 };
                WireAnswer::List(Found { list, usage, packs, recorded: None })
            }
            Effect::Wire(WireRequest::Show(exchange)) => {
                WireAnswer::Shown { lines: Arc::new(body::lines(&exchange)), exchange }
            }
            Effect::Wire(WireRequest::Find(filter)) => {
                WireAnswer::Found(exchanges().iter().find(|e| filter.passes(e)).map(|e| e.number))
            }
            _ => continue,
        };
        effects.extend(update(model, Message::Wire(answer)));
    }
}

/// What is drawn at a size.
pub(crate) fn drawn(model: &mut Model, columns: u16, rows: u16) -> Buffer {
    answered(model, Message::Resized(columns, rows));
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| view(model, frame)).unwrap();
    terminal.backend().buffer().clone()
}

pub(crate) fn press(mut model: Model, keys: &[Key]) -> Model {
    for key in keys {
        answered(&mut model, Message::Key(*key));
    }
    model
}

pub(crate) fn chars(text: &str) -> Vec<Key> {
    text.chars().map(Key::char).collect()
}

pub(crate) fn wire() -> Model {
    press(models::draining(), &[Key::char('4')])
}

pub(crate) fn wire_detail() -> Model {
    press(wire(), &[Key::char('j'), Key::plain(Code::Enter)])
}

pub(crate) fn wire_filtered() -> Model {
    press(wire(), &chars("/op:take -status:200"))
}

pub(crate) fn wire_mistake() -> Model {
    press(wire(), &chars("/status:no"))
}

/// A text is looked for in the open request.
pub(crate) fn wire_searching() -> Model {
    let mut model = press(wire_detail(), &chars("sname"));
    model = press(model, &[Key::plain(Code::Enter)]);
    press(model, &chars("n"))
}

/// Whole exchanges go to a file.
pub(crate) fn wire_recording() -> Model {
    let mut model = wire();
    let recorded = Recorded { path: "/home/ada/wire.har".into(), exchanges: 61, bytes: 7_345_678, missed: 0 };
    update(&mut model, Message::Wire(WireAnswer::Recording(Ok(recorded))));
    model.toast = None;
    model
}

/// A header in full, over the request.
pub(crate) fn wire_in_full() -> Model {
    press(wire_detail(), &chars("jjjjjjjv"))
}

pub(crate) fn book() -> Book {
    let row = |no: i64, state: &str, status, answer: Option<&str>| PackRow {
        no,
        state: state.to_owned(),
        keys: 1_000,
        tries: 1 + u64::from(no == 5),
        status,
        answer: answer.map(str::to_owned),
        at: "2026-11-20T12:04:10Z".to_owned(),
        slices: vec![(61, 0, 100), (62, 0, 100)],
    };
    let page = |page, pending| WaitingPage { page, session: 1, keys: 100, pending, held: false };
    Book {
        packs: vec![
            row(6, "accepted", Some(202), None),
            row(5, "accepted", Some(202), None),
            row(4, "refused", Some(422), Some("ack_keys[3] is invalid")),
            row(3, "failed", None, Some("the connection was cut")),
            row(2, "accepted", Some(202), None),
            row(1, "accepted", Some(202), None),
        ],
        waiting: (61..=78).map(|n| page(n, if n == 61 { 40 } else { 100 })).collect(),
        stuck: Stuck {
            outbox: Outbox { pending: 1_740, refused: 1, held: 0 },
            failing: None,
            failed_objects: 3,
            unkeyed: 3,
            left_out: vec![LeftOut {
                kind: "contact".to_owned(),
                fields: vec![HOSTILE.to_owned()],
                more: 11,
            }],
        },
        failed: vec![Note {
            no: 1,
            about: About::Failed,
            kind: "deal".to_owned(),
            id: Some(RecordId::Int(9)),
            event: None,
            revision: None,
            why: String::new(),
            session: 1,
            page: 77,
        }],
        refused: vec![RefusedKey {
            no: 1,
            key: "Contact-4711-9".to_owned(),
            page: 31,
            session: 1,
            pack: 4,
            status: 422,
            answer: HOSTILE.to_owned(),
            at: "2026-11-20T12:04:10Z".to_owned(),
        }],
    }
}

pub(crate) fn acks() -> Model {
    let mut model = press(models::draining(), &[Key::char('3')]);
    update(&mut model, Message::Read(Answer::Acks(Ok(Box::new(book())))));
    model
}

/// What is stuck has the focus.
pub(crate) fn acks_stuck() -> Model {
    press(acks(), &[Key::plain(Code::Tab), Key::plain(Code::Tab), Key::char('j')])
}

/// The run is over; notes and tasks point to what is not here, and the first of them has the focus.
pub(crate) fn acks_orphans() -> Model {
    let mut model = press(models::done(), &[Key::char('3')]);
    update(&mut model, Message::Read(Answer::Acks(Ok(Box::default()))));
    update(&mut model, Message::Read(Answer::Orphans(Followed::Looking(41_200, 98_112))));
    let orphaned = |kind: &str, field: &str, to: &str, named_by: Option<&str>, count| Orphaned {
        kind: kind.to_owned(),
        field: field.to_owned(),
        to: to.to_owned(),
        never_came: false,
        named_by: named_by.map(str::to_owned),
        count,
        first: Vec::new(),
    };
    let found = vec![
        orphaned("note", "resource_id", "contact", Some("resource_type"), 1_214),
        orphaned("task", "owner_id", "user", None, 1),
        orphaned(HOSTILE, "contact_id", "contact", None, 14),
    ];
    update(
        &mut model,
        Message::Read(Answer::Orphans(Followed::All(Orphans { found, may_come: false, pages: 78 }))),
    );
    press(model, &[Key::plain(Code::Tab), Key::plain(Code::Tab)])
}

pub(crate) fn acks_detail() -> Model {
    let mut model = press(acks(), &[Key::char('j'), Key::char('j'), Key::plain(Code::Enter)]);
    let record = |id, change| PageRecord { kind: "contact".to_owned(), id: Some(RecordId::Int(id)), change };
    let records = vec![
        record(4_711, Brought::Created),
        record(4_712, Brought::Updated),
        record(4_713, Brought::Deleted),
        PageRecord { kind: HOSTILE.to_owned(), id: None, change: Brought::Unkeyed },
    ];
    let pages = vec![(61, PageRecords { records, complete: true })];
    let content = Content { keys: (0..40).map(|n| format!("Contact-{n}-9")).collect(), pages };
    update(&mut model, Message::Read(Answer::Opened { of: Opened::Pack(6), content: Ok(content) }));
    model
}

pub(crate) fn held(model: Model) -> Model {
    models::with(model, |snapshot| {
        (snapshot.holding, snapshot.held) = (true, 1_740);
        snapshot.packs.remove(1);
    })
}

pub(crate) fn bending() -> Model {
    let mut model = press(models::draining(), &[Key::char('b')]);
    let lever = |name, state: &str, straight| Lever {
        name,
        state: state.to_owned(),
        straight,
        help: "what it does, in a line",
    };
    let levers = vec![
        lever("latency", "120 ms", true),
        lever("rate limit", "10 a second", true),
        lever("429", "every 5th", false),
        lever("503", "3 to come", false),
    ];
    update(&mut model, Message::Levers(levers));
    press(model, &[Key::char('j')])
}
