//! Screen 2's longer stories: what is remembered, what was deleted, what happened to a record, where it came from, what
//! is looked for in it, what is new since, and the mouse.

use std::path::PathBuf;

use super::super::super::message::{Export, Mouse, MouseKind, WireAnswer, WireRequest};
use super::super::super::model::browse::story::{Acked, Scene, Told};
use super::super::super::model::browse::tree::About;
use super::super::super::model::browse::{Gone, Page, Pane, Show};
use super::super::super::record::kept::{self, Kept, Shelf};
use super::*;
use crate::client::tap::filter::Filter as WireFilter;
use crate::mirror::Counts;
use crate::mirror::find::{Sheet, SortBy};
use crate::mirror::reader::{Kind, Row};
use crate::mirror::story::{Event as Happened, Step};
use crate::protocol::RecordId;

/// A console that remembers this, before anything was shown.
fn remembering(shelf: Shelf) -> (Model, Vec<Effect>) {
    let mut model = model(Phase::Idle);
    (model.screen, model.size) = (Screen::Browse, (120, 40));
    model.browse.remember(PathBuf::from("/state/browse.json"), shelf);
    let kind = |name: &str| Kind { name: name.into(), table: name.into(), rows: 10 };
    let effects = update(&mut model, Message::Read(Answer::Kinds(Ok(vec![kind("contact"), kind("user")]))));
    (model, effects)
}

fn kept(effects: &[Effect]) -> Option<&Shelf> {
    effects.iter().rev().find_map(|e| match e {
        Effect::Read(Request::Keep { types, .. }) => Some(types),
        _ => None,
    })
}

#[test]
fn columns_and_order_are_remembered_from_run_to_run() {
    let (mut first, effects) = remembering(Shelf::new());
    answer(&mut first, &effects);
    assert_eq!(kept(&press(&mut first, '>')), None, "to look around changes nothing");
    let effects = keys(&mut first, "L+z");
    let columns = kept(&effects).unwrap()["contact"].columns.clone().unwrap();
    assert_eq!(
        columns.iter().map(|c| (c.field.as_str(), c.width.is_some())).collect::<Vec<_>>(),
        [("owner_id", false), ("name", true)]
    );
    let effects = press(&mut first, 'o');
    answer(&mut first, &effects);
    let shelf = kept(&effects).unwrap().clone();
    assert_eq!((shelf.len(), shelf["contact"].frozen), (1, 2));

    let (mut second, effects) = remembering(kept::read(&kept::write(Shelf::new(), &shelf)).unwrap());
    assert_eq!(answer(&mut second, &effects).sort.by, SortBy::Field("name".into()));
    let columns = &second.browse.table.columns;
    assert_eq!((columns.fields(), columns.frozen()), (vec!["owner_id".to_owned(), "name".to_owned()], 2));
    assert_eq!(columns, &first.browse.table.columns);
    assert_eq!(second.browse.current().unwrap().cells, ["17", "n, 1"]);
    // A filter is for the run, a way through references changes nothing.
    keys(&mut second, "/q");
    assert_eq!(kept(&plain(&mut second, Code::Esc)), None);
    // Without a place to remember in, nothing is written.
    assert_eq!(kept(&keys(&mut browsing(), ">L+")), None);
}

#[test]
fn an_order_that_the_type_cannot_have_any_more_is_forgotten() {
    let sort = crate::mirror::find::Sort { by: SortBy::Field("gone".into()), descending: true };
    let shelf = Shelf::from([("contact".to_owned(), Kept { sort: sort.into(), ..Kept::default() })]);
    let (mut model, effects) = remembering(shelf);
    let Some(Effect::Read(Request::Page { ticket, query, .. })) = effects.last() else {
        panic!("{effects:?}")
    };
    assert!(query.sort.descending);
    let page = Err("contact has no field gone".to_owned());
    let effects = update(&mut model, Message::Read(Answer::Page { ticket: *ticket, page }));
    assert_eq!(answer(&mut model, &effects).sort, crate::mirror::find::Sort::default());
    assert!(
        model.browse.error.is_none()
            && model.toast.as_ref().is_some_and(|t| t.text.contains("no field gone"))
    );
}

/// Answers with two deleted records, of one of which nothing is known.
fn bury(model: &mut Model, effects: &[Effect]) {
    let Some(Effect::Read(Request::Page { ticket, dead: true, query, .. })) = effects.first() else {
        panic!("{effects:?}")
    };
    assert!(query.filter.is_empty() && query.sort.by == SortBy::Id);
    let row = |n, data: &str| Row { id: RecordId::Int(n), revision: Some(4), data: data.into(), session: 3 };
    let rows = vec![row(5, r#"{"id":5,"name":"was here"}"#), row(6, "")];
    let gone = |known| Gone { page: 12, at: Some("2026-11-19T17:31:02Z".into()), known };
    let sheet = Sheet { rows, first: Some(0), exact: true, above: None, below: None };
    let page =
        Page { sheet, hits: Some(2), complete: true, gone: vec![gone(true), gone(false)], ..Page::default() };
    update(model, Message::Read(Answer::Page { ticket: *ticket, page: Ok(page) }));
}

#[test]
fn deleted_records_are_shown_on_request_and_exported() {
    let mut model = browsing();
    let effects = press(&mut model, 't');
    bury(&mut model, &effects);
    assert!(model.browse.is_dead());
    assert_eq!(model.browse.current().unwrap().cells[0], "was here");
    // They are no list to filter or to sort.
    assert_eq!(press(&mut model, '/'), []);
    assert!(model.browse.prompt.is_none() && model.toast.is_some());
    // What it was is copied; what nobody knows is not made up.
    let copied = press(&mut model, 'J');
    assert!(matches!(&copied[..], [Effect::Copy { text, .. }] if text.contains("was here")), "{copied:?}");
    press(&mut model, 'j');
    assert!(!press(&mut model, 'J').iter().any(|e| matches!(e, Effect::Copy { .. })));
    press(&mut model, 'w');
    let effects = plain(&mut model, Code::Enter);
    let [Effect::Read(Request::Export(Export { dead, of, .. }))] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!((*dead, *of), (true, 2));
    update(&mut model, Message::Read(Answer::Exported(Ok("2 rows written".into()))));
    // Esc: what is there.
    let effects = plain(&mut model, Code::Esc);
    let Some(Effect::Read(Request::Page { dead, .. })) = effects.first() else { panic!("{effects:?}") };
    assert!(!dead);
    answer(&mut model, &effects);
    assert!(!model.browse.is_dead() && model.screen == Screen::Browse);
}

fn told(model: &mut Model) {
    let of = model.browse.record().unwrap();
    let scene = |event, session, page, data: Option<&str>| Scene {
        step: Step { event, session, page, revision: Some(session), data: data.map(str::to_owned) },
        at: None,
        acked: Acked::Unknown,
    };
    let scenes = vec![
        scene(Happened::Came, 1, None, Some(r#"{"id":1,"name":"a"}"#)),
        scene(Happened::Updated, 2, Some(20), Some(r#"{"id":1,"name":"b"}"#)),
        scene(Happened::Deleted, 3, Some(30), None),
        scene(Happened::Revived, 4, Some(40), Some(r#"{"id":1,"name":"b"}"#)),
    ];
    update(model, Message::Read(Answer::Story { of, told: Ok(Told { scenes, left_out: 0 }) }));
}

#[test]
fn a_records_history_is_walked_and_shows_it_as_it_was() {
    let mut model = browsing();
    let effects = press(&mut model, 'D');
    assert!(effects.iter().any(|e| matches!(e, Effect::Read(Request::Story { .. }))), "{effects:?}");
    assert_eq!(model.browse.pane, Pane::Record);
    told(&mut model);
    let at = |model: &Model| model.browse.story.as_ref().unwrap().current().unwrap().step.session;
    assert_eq!(at(&model), 4, "it begins with the newest");
    let fields = |model: &Model| -> Vec<String> {
        model.browse.story.as_ref().unwrap().differences().into_iter().map(|f| f.field).collect()
    };
    assert_eq!(fields(&model), ["id", "name"], "after a delete everything is new");
    press(&mut model, 'k');
    assert_eq!((at(&model), fields(&model)), (3, vec!["id".to_owned(), "name".to_owned()]));
    press(&mut model, 'k');
    assert_eq!((at(&model), fields(&model)), (2, vec!["name".to_owned()]));
    plain(&mut model, Code::Enter);
    assert!(model.browse.story.as_ref().unwrap().whole);
    let copied = press(&mut model, 'J');
    assert!(matches!(&copied[..], [Effect::Copy { text, .. }] if text == r#"{"id":1,"name":"b"}"#));
    plain(&mut model, Code::Home);
    assert_eq!(at(&model), 1);
    plain(&mut model, Code::End);
    assert_eq!(at(&model), 4);
    // Another record's story is another question; an answer for the first one is dropped.
    let first = model.browse.record().unwrap();
    plain(&mut model, Code::Tab);
    model.browse.pane = Pane::Rows;
    let effects = press(&mut model, 'j');
    assert!(effects.iter().any(|e| matches!(e, Effect::Read(Request::Story { .. }))));
    update(&mut model, Message::Read(Answer::Story { of: first, told: Ok(Told::default()) }));
    assert!(model.browse.story.as_ref().unwrap().told.is_none());
    model.browse.pane = Pane::Record;
    plain(&mut model, Code::Esc);
    assert_eq!((model.browse.show, model.screen), (Show::Tree, Screen::Browse));
}

#[test]
fn a_record_leads_to_the_request_that_brought_it_or_says_which_it_was() {
    let mut model = browsing();
    let of = model.browse.record().unwrap();
    let about =
        About { of, revision: Some(1), names: vec![], change: None, session: 9, origin: Some((9, 77)) };
    update(&mut model, Message::Read(Answer::About(Box::new(about))));
    let wanted = |page| Effect::Wire(WireRequest::Find(WireFilter::parse(page).unwrap()));
    assert_eq!(press(&mut model, 'W'), [wanted("page:77")]);
    update(&mut model, Message::Wire(WireAnswer::Found(None)));
    let said = model.toast.clone().unwrap().text;
    assert!(said.contains("page 77") && said.contains("session 9"), "{said}");
    assert_eq!(model.screen, Screen::Browse);
    // In its history: that of the step.
    press(&mut model, 'D');
    told(&mut model);
    assert_eq!(press(&mut model, 'W'), [wanted("page:40")]);
    update(&mut model, Message::Wire(WireAnswer::Found(Some(5))));
    assert_eq!(model.screen, Screen::Wire);
    model.screen = Screen::Browse;
    keys(&mut model, "kkk");
    assert_eq!(press(&mut model, 'W'), []);
    assert!(model.toast.as_ref().unwrap().text.contains("session 1"));
    // What the other screens look for is said in their own words.
    update(&mut model, Message::Wire(WireAnswer::Found(None)));
    assert!(!model.toast.as_ref().unwrap().text.contains("page"));
}

#[test]
fn hits_in_the_record_are_found_in_folded_parts_too() {
    let mut model = browsing();
    assert_eq!(press(&mut model, 'n'), []);
    assert!(model.toast.as_ref().unwrap().text.contains('F'), "it says how to look for something");
    plain(&mut model, Code::Enter);
    // `tags` is folded, and its only part is what is looked for.
    keys(&mut model, "jjj");
    plain(&mut model, Code::Enter);
    assert_eq!(model.browse.folded.len(), 1);
    keys(&mut model, "gg");
    press(&mut model, 'F');
    keys(&mut model, "A");
    plain(&mut model, Code::Enter);
    // name, tags, its part, and round again.
    let mut lines = vec![model.browse.line];
    for _ in 0..3 {
        press(&mut model, 'n');
        lines.push(model.browse.line);
    }
    assert_eq!(lines, [1, 3, 4, 1]);
    assert!(model.browse.folded.is_empty());
    press(&mut model, 'N');
    assert_eq!(model.browse.line, 4);
    assert_eq!(model.toast.as_ref().unwrap().text, "3 of 3");
    // A filter's words are hits as well, once nothing else is looked for.
    press(&mut model, 'F');
    plain(&mut model, Code::Esc);
    let effects = keys(&mut model, "/17");
    answer(&mut model, &effects[effects.len() - 1..]);
    plain(&mut model, Code::Enter);
    press(&mut model, 'n');
    assert_eq!(model.browse.line, 2);
}

#[test]
fn a_column_is_found_by_its_name_and_shown() {
    let mut model = browsing();
    keys(&mut model, "c/TAG");
    assert_eq!(model.browse.choosing, Some(2));
    plain(&mut model, Code::Enter);
    assert!(model.browse.prompt.is_none());
    plain(&mut model, Code::Enter);
    assert_eq!(model.browse.table.columns.fields(), ["name", "owner_id", "tags"]);
    keys(&mut model, "/zzz");
    assert!(model.browse.prompt.as_ref().unwrap().error.is_some());
    plain(&mut model, Code::Esc);
    plain(&mut model, Code::Esc);
    assert_eq!((model.browse.choosing, model.screen), (None, Screen::Browse));
}

#[test]
fn a_list_says_what_changed_since_and_is_made_again() {
    let mut model = browsing();
    let counted = |model: &mut Model, created| {
        let counts = Counts { created, stale: 1, same: 1, ..Counts::default() };
        let totals = Totals { kinds: [("contact".to_owned(), counts)].into(), ..Totals::default() };
        let snapshot = Snapshot { totals: Arc::new(totals), ..Snapshot::default() };
        update(model, Message::Snapshot(Arc::new(snapshot)));
    };
    counted(&mut model, 10);
    assert_eq!(model.browse.changed_since(), None, "rows by id are always new");
    let effects = keys(&mut model, "/n");
    answer(&mut model, &effects[effects.len() - 1..]);
    plain(&mut model, Code::Enter);
    assert_eq!(model.browse.changed_since(), None);
    counted(&mut model, 13);
    assert_eq!(model.browse.changed_since(), Some(3));
    let effects = press(&mut model, 'r');
    let anew = effects.iter().any(|e| matches!(e, Effect::Read(Request::Page { anew: true, .. })));
    assert!(anew, "{effects:?}");
    answer(&mut model, &effects);
    assert_eq!(model.browse.changed_since(), None);
    // A new run counts from nothing.
    counted(&mut model, 4);
    assert_eq!(model.browse.changed_since(), Some(2));
}

/// A place of the screen where this lies.
fn place(model: &Model, wanted: impl Fn(view::Spot) -> bool) -> (u16, u16) {
    let all = (0..40).flat_map(|row| (0..120).map(move |column| (column, row)));
    let mut found = all.filter(|(column, row)| view::spot(model, *column, *row).is_some_and(&wanted));
    found.next().unwrap()
}

#[test]
fn the_mouse_sorts_by_headings_and_its_wheel_moves_what_is_under_it() {
    use view::Spot;
    let mut model = browsing();
    let mouse =
        |model: &mut Model, kind, (column, row)| update(model, Message::Mouse(Mouse { kind, column, row }));
    let heading = place(&model, |s| s == Spot::Heading(1));
    let effects = mouse(&mut model, MouseKind::Press, heading);
    let query = answer(&mut model, &effects);
    assert_eq!((query.sort.by, query.sort.descending), (SortBy::Field("name".into()), false));
    let effects = mouse(&mut model, MouseKind::Press, heading);
    assert!(answer(&mut model, &effects).sort.descending);
    assert_eq!(model.browse.lens().at, 1);
    // The wheel: rows, types, the record.
    let row = place(&model, |s| s == Spot::Row(0));
    mouse(&mut model, MouseKind::WheelDown, row);
    assert_eq!(model.browse.table.cursor, 3);
    let line = place(&model, |s| matches!(s, Spot::Line(_)));
    mouse(&mut model, MouseKind::WheelDown, line);
    assert_eq!((model.browse.table.cursor, model.browse.line), (3, 3));
    let kind = place(&model, |s| matches!(s, Spot::Kind(_)));
    let effects = mouse(&mut model, MouseKind::WheelDown, kind);
    assert_eq!(answer(&mut model, &effects).kind, "user");
    // Twice on a type: into its rows. Twice on a part of the record: it folds.
    let effects = mouse(&mut model, MouseKind::Press, kind);
    answer(&mut model, &effects);
    mouse(&mut model, MouseKind::Press, kind);
    assert_eq!(model.browse.pane, Pane::Rows);
    let tags = place(&model, |s| s == Spot::Line(3));
    mouse(&mut model, MouseKind::Press, tags);
    assert_eq!((model.browse.pane, model.browse.folded.len()), (Pane::Record, 0));
    mouse(&mut model, MouseKind::Press, tags);
    assert_eq!(model.browse.folded.len(), 1);
    // Twice on a column in the list: it is hidden.
    press(&mut model, 'c');
    let column = place(&model, |s| s == Spot::Column(1));
    mouse(&mut model, MouseKind::Press, column);
    mouse(&mut model, MouseKind::Press, column);
    assert_eq!(model.browse.table.columns.fields(), ["name"]);
}

#[test]
fn a_click_on_a_step_of_the_history_goes_to_it() {
    let mut model = browsing();
    press(&mut model, 'D');
    told(&mut model);
    let (column, row) = place(&model, |s| s == view::Spot::Line(1));
    update(&mut model, Message::Mouse(Mouse { kind: MouseKind::Press, column, row }));
    assert_eq!(model.browse.story.as_ref().unwrap().at, 1);
}

#[test]
fn an_export_is_shown_and_stopped_by_escape() {
    let mut model = browsing();
    press(&mut model, 'w');
    let effects = plain(&mut model, Code::Enter);
    assert!(matches!(effects[..], [Effect::Read(Request::Export(_))]), "{effects:?}");
    update(&mut model, Message::Read(Answer::Exporting(4, 10)));
    assert_eq!(model.browse.export, Some((4, 10)));
    // One at a time.
    assert_eq!(press(&mut model, 'w'), []);
    assert!(model.browse.prompt.is_none());
    assert_eq!(plain(&mut model, Code::Esc), [Effect::Read(Request::NoExport)]);
    update(&mut model, Message::Read(Answer::Exported(Ok("export stopped; nothing was written".into()))));
    assert!(model.browse.export.is_none() && model.screen == Screen::Browse);
    assert!(model.toast.as_ref().unwrap().text.contains("stopped"));
}
