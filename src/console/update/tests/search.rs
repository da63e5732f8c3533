//! Screen 2: a text that is looked for among the rows.

use super::super::super::message::{Search, Spotted};
use super::super::super::model::browse::Pane;
use super::super::super::model::browse::search::State;
use super::*;
use crate::mirror::find::{From, Hit, Place};
use crate::protocol::RecordId;

/// What was asked for; there is one question.
fn asked(effects: &[Effect]) -> Search {
    let mut searches = effects.iter().filter_map(|e| match e {
        Effect::Read(Request::Search(search)) => Some(search.clone()),
        _ => None,
    });
    let search = searches.next().unwrap_or_else(|| panic!("{effects:?}"));
    assert!(searches.next().is_none(), "{effects:?}");
    search
}

fn spot(model: &mut Model, effects: &[Effect], id: i64, no: u64, round: bool) -> Vec<Effect> {
    let found = Ok(Some(Spotted { hit: Hit { id: RecordId::Int(id), no, round }, of: 3 }));
    update(model, Message::Read(Answer::Spotted { ticket: asked(effects).ticket, found }))
}

fn picture(model: &Model) -> String {
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(120, 40)).unwrap();
    terminal.draw(|frame| view::view(model, frame)).unwrap();
    terminal.backend().to_string()
}

fn here(model: &Model) -> RecordId {
    model.browse.current().unwrap().row.id.clone()
}

#[test]
fn a_text_is_looked_for_row_by_row_both_ways_and_round() {
    let mut model = browsing();
    press(&mut model, 'j');
    assert!(keys(&mut model, "sn, 4").is_empty(), "what is typed is only shown");
    assert!(!model.browse.words().is_empty());
    let effects = plain(&mut model, Code::Enter);
    let first = asked(&effects);
    assert_eq!((first.text.as_str(), first.query.filter.is_empty()), ("n, 4", true));
    assert_eq!(first.from, From { id: Some(RecordId::Int(2)), with: true, back: false });
    // Nothing is asked twice, and nothing is held up meanwhile.
    assert_eq!(press(&mut model, 'n'), []);
    assert!(model.toast.as_ref().unwrap().text.contains("still looking"));
    press(&mut model, 'j');
    spot(&mut model, &effects, 4, 1, false);
    assert_eq!((here(&model), model.browse.pane), (RecordId::Int(4), Pane::Rows));
    assert!(picture(&model).contains("s n, 4  2 of 3 hits"), "{}", picture(&model));
    // The record is shown at the place that has it: its name.
    assert_eq!(model.browse.line, 1);
    let effects = press(&mut model, 'n');
    assert_eq!(asked(&effects).from, From { id: Some(RecordId::Int(4)), with: false, back: false });
    spot(&mut model, &effects, 1, 0, true);
    assert_eq!(here(&model), RecordId::Int(1));
    assert_eq!(model.toast.as_ref().unwrap().text, "round from the first row");
    let effects = press(&mut model, 'N');
    assert!(asked(&effects).from.back);
    // What is not at hand is gone to.
    let effects = spot(&mut model, &effects, 700, 2, true);
    let goes = effects
        .iter()
        .any(|e| matches!(e, Effect::Read(Request::Page { place: Place::At(RecordId::Int(700)), .. })));
    assert!(goes, "{effects:?}");
    assert_eq!(model.toast.as_ref().unwrap().text, "round from the last row");
}

#[test]
fn esc_ends_a_search_before_it_takes_the_filter_away() {
    let mut model = browsing();
    let effects = keys(&mut model, "/n");
    answer(&mut model, &effects);
    plain(&mut model, Code::Enter);
    keys(&mut model, "sada");
    let effects = plain(&mut model, Code::Enter);
    let search = asked(&effects);
    assert_eq!(search.query.filter.to_string(), "n", "it is looked for in what is shown");
    update(&mut model, Message::Read(Answer::Looked { ticket: search.ticket, progress: (4, 10, 1) }));
    assert!(picture(&model).contains("/ n  s ada  looking … 40%  Esc stops"), "{}", picture(&model));
    assert_eq!(plain(&mut model, Code::Esc), [Effect::Read(Request::NoSearch)]);
    assert!(model.browse.search.is_none() && !model.browse.lens().text.is_empty());
    // An answer that comes late changes nothing.
    spot(&mut model, &effects, 9, 0, false);
    assert_eq!(here(&model), RecordId::Int(1));
    keys(&mut model, "sada");
    let effects = plain(&mut model, Code::Enter);
    let ticket = asked(&effects).ticket;
    update(&mut model, Message::Read(Answer::Spotted { ticket, found: Ok(None) }));
    assert!(picture(&model).contains("s ada  no row has it"), "{}", picture(&model));
    assert_eq!(plain(&mut model, Code::Esc), [Effect::Read(Request::NoSearch)]);
    let effects = plain(&mut model, Code::Esc);
    assert!(answer(&mut model, &effects).filter.is_empty());
}

#[test]
fn in_the_record_the_same_keys_go_through_its_places() {
    let mut model = browsing();
    keys(&mut model, "sn, 1");
    let effects = plain(&mut model, Code::Enter);
    spot(&mut model, &effects, 1, 0, false);
    plain(&mut model, Code::Enter);
    assert_eq!(model.browse.pane, Pane::Record);
    assert_eq!(press(&mut model, 'n'), []);
    assert_eq!(model.toast.as_ref().unwrap().text, "1 of 1");
    // Looked for in the record alone, the rows are left alone.
    keys(&mut model, "Fn, 1");
    plain(&mut model, Code::Enter);
    // Who points here is looked for meanwhile, and Esc ends that first.
    plain(&mut model, Code::Esc);
    plain(&mut model, Code::Esc);
    assert_eq!((model.browse.pane, press(&mut model, 'n')), (Pane::Rows, Vec::new()));
}

#[test]
fn a_hit_that_no_column_shows_is_named() {
    let mut model = browsing();
    press(&mut model, 'c');
    plain(&mut model, Code::Enter);
    plain(&mut model, Code::Esc);
    keys(&mut model, "sn, 4");
    let effects = plain(&mut model, Code::Enter);
    spot(&mut model, &effects, 4, 1, false);
    assert!(picture(&model).contains("2 of 3 hits in name"), "{}", picture(&model));
}

#[test]
fn in_another_view_it_is_looked_for_anew_from_the_row_that_is_there() {
    let mut model = browsing();
    keys(&mut model, "sn");
    let effects = plain(&mut model, Code::Enter);
    let first = asked(&effects);
    spot(&mut model, &effects, 4, 1, false);
    let effects = keys(&mut model, ">o");
    answer(&mut model, &effects);
    assert!(picture(&model).contains("s n  n looks here"), "{}", picture(&model));
    let effects = press(&mut model, 'n');
    let again = asked(&effects);
    assert_eq!((again.from.with, again.edition != first.edition), (true, true));
    assert_ne!(again.query.sort, first.query.sort);
    // And so are rows that are made again.
    spot(&mut model, &effects, 4, 1, false);
    let effects = press(&mut model, 'r');
    answer(&mut model, &effects);
    let effects = press(&mut model, 'n');
    assert_ne!(asked(&effects).edition, again.edition);
    // A mirror that cannot be read is told.
    let failed =
        Answer::Spotted { ticket: asked(&effects).ticket, found: Err("the disk is gone".to_owned()) };
    update(&mut model, Message::Read(failed));
    assert_eq!(model.browse.search.as_ref().unwrap().state, State::Failed);
    assert!(picture(&model).contains("the disk is gone"));
}
