//! Models of the SQL and History screens and of the palette.

use std::time::Duration;

use drainboard::console::complete::Table;
use drainboard::console::key::{Code, Key};
use drainboard::console::message::{Answer, Effect, Message, Request, SqlAnswer, SqlEnd, SqlRequest};
use drainboard::console::model::Model;
use drainboard::console::model::grid::{Cell, CellKind};
use drainboard::console::model::saved::Kept;
use drainboard::console::update::update;
use drainboard::mirror::SessionEnd;
use drainboard::mirror::changes::{Change, State};
use drainboard::mirror::deeds::{At, Deed, Event, Inside};
use drainboard::mirror::reader::SessionRow;
use drainboard::mirror::refs::Reference;
use drainboard::protocol::RecordId;

use super::models::{idle, now};

/// Presses a key.
pub(crate) fn press(model: &mut Model, code: Code) -> Vec<Effect> {
    update(model, Message::Key(Key::plain(code)))
}

fn type_in(model: &mut Model, text: &str) {
    for c in text.chars() {
        press(model, Code::Char(c));
    }
}

fn tables() -> Vec<Table> {
    let table = |name: &str, columns: &[&str]| Table {
        name: name.into(),
        columns: columns.iter().map(|c| (*c).to_owned()).collect(),
    };
    vec![
        table("note", &["id", "revision", "data", "content", "resource_type", "resource_id", "created_at"]),
        table("contact", &["id", "revision", "data", "name", "email", "city", "owner_id", "created_at"]),
        table("deal", &["id", "revision", "data", "name", "value", "contact_id", "stage_id", "group"]),
        table("bad\u{1b}[31m name", &["id", "x\u{202e}y"]),
        table("_session", &["no", "id", "started", "ended", "end", "pages"]),
    ]
}

/// Nothing was asked yet.
pub(crate) fn sql() -> Model {
    let mut model = idle();
    press(&mut model, Code::Char('5'));
    update(&mut model, Message::Sql(SqlAnswer::Tables(tables())));
    model
}

/// Several candidates.
pub(crate) fn completing() -> Model {
    let mut model = sql();
    type_in(&mut model, "SELECT * FROM contact WHERE ");
    press(&mut model, Code::Tab);
    press(&mut model, Code::Tab);
    model
}

fn run(model: &mut Model, text: &str) -> u64 {
    type_in(model, text);
    match press(model, Code::Enter).as_slice() {
        [Effect::Sql(SqlRequest::Run { ticket, .. })] => *ticket,
        other => panic!("{other:?}"),
    }
}

fn cell(kind: CellKind, text: &str) -> Cell {
    Cell { kind, text: text.into(), cut: false }
}

fn rows(from: usize, count: usize) -> Vec<Vec<Cell>> {
    let names = [
        "Åsa Lindqvist",
        "阿部 花子",
        "Zoe\u{301} Müller",
        "مريم العبدالله",
        "👩\u{200d}💻 Grace",
        "esc \u{1b}[31mred\u{202e}",
    ];
    let long =
        "Met at the fair. Wants to hear about the move of the whole mirror before the summer. ".repeat(4);
    (from..from + count)
        .map(|n| {
            vec![
                cell(CellKind::Number, &(4_700 + n).to_string()),
                cell(CellKind::Text, names[n % names.len()]),
                if n % 4 == 1 { cell(CellKind::Null, "") } else { cell(CellKind::Text, "New York") },
                cell(CellKind::Number, &format!("{:.2}", n as f64 * 1_200.5)),
                cell(CellKind::Text, &long),
                cell(CellKind::Blob, "x'00ff10'"),
                cell(CellKind::Text, "2026-11-19T17:31:02Z"),
            ]
        })
        .collect()
}

fn asked() -> (Model, u64) {
    let mut model = sql();
    let ticket = run(&mut model, "SELECT id, name, city, value, description, hash, created_at FROM contact");
    let names = ["id", "name", "city", "value", "description", "hash", "created_at"];
    let names = names.iter().map(|n| (*n).to_owned()).collect();
    update(&mut model, Message::Sql(SqlAnswer::Columns { ticket, names }));
    update(&mut model, Message::Sql(SqlAnswer::Rows { ticket, rows: rows(0, 200) }));
    (model, ticket)
}

fn ended(mut model: Model, ticket: u64, end: SqlEnd) -> Model {
    let elapsed = Duration::from_millis(1_204);
    update(&mut model, Message::Sql(SqlAnswer::Ended { ticket, end, elapsed }));
    model
}

/// Rows have come and more come.
pub(crate) fn running() -> Model {
    let (mut model, _) = asked();
    model.now = now() + Duration::from_millis(700);
    update(&mut model, Message::Tick);
    model
}

/// More rows than the console keeps; the cursor is on a long text.
pub(crate) fn answered() -> Model {
    let (mut model, ticket) = asked();
    update(&mut model, Message::Sql(SqlAnswer::Rows { ticket, rows: rows(200, 1_034) }));
    let mut model = ended(model, ticket, SqlEnd::Cut);
    press(&mut model, Code::Esc);
    for code in [Code::Down, Code::Right, Code::Right, Code::Right, Code::Right] {
        press(&mut model, code);
    }
    model
}

/// All rows go to a file.
pub(crate) fn exporting() -> Model {
    let mut model = answered();
    press(&mut model, Code::Char('w'));
    let [Effect::Sql(SqlRequest::Export { ticket, .. })] = press(&mut model, Code::Enter)[..] else {
        panic!()
    };
    update(&mut model, Message::Sql(SqlAnswer::Written { ticket, rows: 1_204_331 }));
    model
}

/// A value in full.
pub(crate) fn in_full() -> Model {
    let mut model = answered();
    press(&mut model, Code::Char('v'));
    model
}

fn kept(name: &str, sql: &str) -> Kept {
    Kept { name: name.into(), sql: sql.into() }
}

/// The saved statements, one about to go.
pub(crate) fn saved() -> Model {
    let mut model = sql();
    let all = vec![
        kept("contacts by city", "SELECT city, count(*) FROM contact GROUP BY 1 ORDER BY 2 DESC"),
        kept(
            "deals without a contact",
            "SELECT * FROM deal WHERE contact_id NOT IN (SELECT id FROM contact)",
        ),
        kept("bad \u{1b}[2J name \u{202e}", "SELECT '\u{1b}[31m'"),
    ];
    update(&mut model, Message::Sql(SqlAnswer::Saved(all)));
    update(&mut model, Message::Key(Key::parse("ctrl-o").unwrap()));
    press(&mut model, Code::Down);
    update(&mut model, Message::Key(Key::parse("ctrl-x").unwrap()));
    model
}

/// The name of a statement is asked for, and is there already.
pub(crate) fn naming() -> Model {
    let mut model = saved();
    press(&mut model, Code::Esc);
    type_in(&mut model, "SELECT 7");
    update(&mut model, Message::Key(Key::parse("ctrl-s").unwrap()));
    type_in(&mut model, "contacts by city");
    press(&mut model, Code::Enter);
    model
}

/// SQLite says no, and hostile words come with it.
pub(crate) fn refused() -> Model {
    let mut model = sql();
    let ticket = run(&mut model, "SELECT nmae FROM contact");
    ended(model, ticket, SqlEnd::Failed("no such column: nmae\u{1b}[2J (at character 8)".into()))
}

fn session(no: i64, hour: u8, end: Option<SessionEnd>, counts: [u64; 3]) -> SessionRow {
    SessionRow {
        no,
        id: format!("29f2aeeb-8d68-4ea7-95c3-a2c8e151f{no:03}"),
        started: format!("2026-11-19T{hour:02}:31:02Z"),
        ended: end.map(|_| format!("2026-11-19T{hour:02}:32:11Z")),
        end,
        pages: counts.iter().sum::<u64>() / 100 + 1,
        instructions: counts.iter().sum(),
        created: counts[0],
        updated: counts[1],
        deleted: counts[2],
        stale: no as u64 % 3,
        failed_objects: no as u64 % 2,
        retries: no as u64 % 5,
        error: (end == Some(SessionEnd::Failed))
            .then(|| "the service answered 503 eight times \u{1b}[31m".to_owned()),
    }
}

/// Screen 6.
pub(crate) fn history() -> Model {
    let mut model = idle();
    press(&mut model, Code::Char('6'));
    let mut sessions = vec![
        session(41, 12, None, [120, 7, 0]),
        session(40, 11, Some(SessionEnd::Failed), [0, 12, 3]),
        session(39, 10, Some(SessionEnd::Drained), [3_120, 214, 11]),
        session(38, 9, Some(SessionEnd::Lost), [0, 0, 0]),
        session(37, 8, Some(SessionEnd::Crashed), [1_204_331, 0, 0]),
        session(36, 7, Some(SessionEnd::Stopped), [9, 1, 1]),
    ];
    sessions.extend((1..36).rev().map(|no| session(no, 6, Some(SessionEnd::Drained), [1, 2, 0])));
    let answer = Answer::Sessions { before: None, sessions: Ok((sessions, false)) };
    update(&mut model, Message::Read(answer));
    press(&mut model, Code::Down);
    model
}

fn deed(no: i64) -> Deed {
    let event = [Event::Updated, Event::Updated, Event::Created, Event::Deleted][(no % 4) as usize];
    Deed {
        at: At::default(),
        kind: if no % 3 == 0 { "contact" } else { "deal" }.into(),
        id: Some(RecordId::Int(4_700 + no)),
        event,
        page: (no % 7 != 0).then_some(78),
        revision: None,
        why: None,
    }
}

/// What a session brought that changed nothing.
pub(crate) fn notes() -> Model {
    let mut model = changes();
    for _ in 0..3 {
        press(&mut model, Code::Char('e'));
    }
    let [Effect::Read(Request::Deeds { session, ref wanted, .. })] = press(&mut model, Code::Char('e'))[..]
    else {
        panic!()
    };
    let note = |no: i64| Deed {
        event: Event::Stale,
        revision: Some(no),
        why: Some("the mirror has revision 12 \u{1b}[31m".into()),
        ..deed(no)
    };
    let deeds = Ok(((1..=3).map(note).collect(), false));
    let answer = Answer::Deeds { session, wanted: wanted.clone(), behind: None, deeds, inside: None };
    update(&mut model, Message::Read(answer));
    model
}

/// A session that cannot be looked into.
pub(crate) fn unread() -> Model {
    let mut model = history();
    let [Effect::Read(Request::Deeds { session, ref wanted, .. })] = press(&mut model, Code::Enter)[..]
    else {
        panic!()
    };
    let why = "cannot read ~/.local/share/drainboard/mirror.db: the disk refused to read; see to it, then synchronize again: \
               nothing that was committed is lost";
    let deeds = Err(why.to_owned());
    let answer = Answer::Deeds { session, wanted: wanted.clone(), behind: None, deeds, inside: None };
    update(&mut model, Message::Read(answer));
    model
}

/// What a session did.
pub(crate) fn changes() -> Model {
    let mut model = history();
    let [Effect::Read(Request::Deeds { session, ref wanted, .. })] = press(&mut model, Code::Enter)[..]
    else {
        panic!()
    };
    let rows: Vec<_> = (1..=60).map(deed).collect();
    let of = Reference { kind: "deal".into(), id: RecordId::Int(4_701) };
    let inside = Some(Inside { pages: Some((41, 78)), packs: Vec::new() });
    let answer =
        Answer::Deeds { session, wanted: wanted.clone(), behind: None, deeds: Ok((rows, true)), inside };
    update(&mut model, Message::Read(answer));
    let state =
        |revision, data: &str| State { revision: Some(revision), data: Some(data.into()), session: 1 };
    let before = r#"{"id":4701,"name":"Åsa Lindqvist","value":1200.50,"hot":true,"custom_fields":{"budget":1.0},"note":"\u001b[31m"}"#;
    let after = r#"{"id":4701,"name":"阿部 花子","value":1200.5,"hot":true,"custom_fields":{"budget":2,"new":[1]},"description":"Met at the fair. Wants to hear about the move of the whole mirror before the summer, and to see the numbers."}"#;
    let change = Change::new("deal", RecordId::Int(4_701), Some(state(8, before)), state(9, after));
    let change = Ok(Some(Box::new(change)));
    update(&mut model, Message::Read(Answer::Change { session, of, change }));
    model
}

/// A record before and after.
pub(crate) fn change() -> Model {
    let mut model = changes();
    press(&mut model, Code::Enter);
    model
}

/// The palette with a few letters typed.
pub(crate) fn palette() -> Model {
    let mut model = idle();
    press(&mut model, Code::Char(':'));
    type_in(&mut model, "s");
    press(&mut model, Code::Down);
    model
}
