//! Screen 2's short stories: what is written there, copied, opened, followed and moved.

use super::*;
use crate::mirror::find::SortBy;

#[test]
fn what_is_written_is_text_and_no_action() {
    let mut model = browsing();
    press(&mut model, '/');
    let effects = keys(&mut model, "q2 d");
    assert!(effects.iter().all(|e| matches!(e, Effect::Read(Request::Page { .. }))), "{effects:?}");
    assert_eq!(answer(&mut model, &effects[effects.len() - 1..]).filter.to_string(), "q2 d");
    // A mistake is told at once and asks nothing.
    keys(&mut model, " rev");
    assert_eq!(press(&mut model, '>'), []);
    assert!(model.browse.prompt.as_ref().unwrap().error.as_ref().unwrap().contains("at character"));
    assert_eq!(plain(&mut model, Code::Enter), []);
    assert!(model.browse.prompt.is_some());
    let effects = press(&mut model, '8');
    assert_eq!(answer(&mut model, &effects).filter.to_string(), "q2 d rev>8");
    plain(&mut model, Code::Enter);
    assert!(model.browse.prompt.is_none());
    // Esc takes the filter away, and then leaves.
    let effects = plain(&mut model, Code::Esc);
    assert!(answer(&mut model, &effects).filter.is_empty());
    plain(&mut model, Code::Esc);
    assert_eq!(model.screen, Screen::Sync);
}

#[test]
fn earlier_filters_come_again_by_the_arrows() {
    let mut model = browsing();
    for filter in ["one", "two", "one"] {
        press(&mut model, '/');
        // What the type was filtered by stands there already.
        update(&mut model, Message::Key(Key::ctrl('u')));
        keys(&mut model, filter);
        plain(&mut model, Code::Enter);
    }
    assert_eq!(model.browse.filters, ["two", "one"], "each once, the newest last");
    press(&mut model, '/');
    update(&mut model, Message::Key(Key::ctrl('u')));
    keys(&mut model, "new");
    let shown = |model: &Model| model.browse.prompt.as_ref().unwrap().line.text().to_owned();
    let mut seen = Vec::new();
    for code in [Code::Up, Code::Up, Code::Up, Code::Down, Code::Down, Code::Down] {
        plain(&mut model, code);
        seen.push(shown(&model));
    }
    assert_eq!(seen, ["one", "two", "two", "one", "new", "new"]);
    plain(&mut model, Code::Up);
    assert_eq!(model.browse.lens().filter.to_string(), "one", "what is recalled filters at once");
}

#[test]
fn an_unfinished_filter_leaves_the_rows_and_the_example_is_of_the_types_fields() {
    let mut model = browsing();
    assert_eq!(model.browse.example(), "owner:grace name:ada rev>8 word");
    press(&mut model, '/');
    keys(&mut model, "name");
    let effects = press(&mut model, ':');
    answer(&mut model, &effects);
    let effects = press(&mut model, '"');
    assert_eq!(effects, [], "nothing is asked");
    let error = model.browse.prompt.as_ref().unwrap().error.clone().unwrap();
    assert_eq!(error, "this quote is not closed (at character 6)");
    model.browse.table.rows.clear();
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(120, 40)).unwrap();
    terminal.draw(|frame| view::view(&model, frame)).unwrap();
    let picture = terminal.backend().to_string();
    assert!(picture.contains("no row was like the last filter that could be read"), "{picture}");
}

#[test]
fn a_value_is_seen_in_full_and_a_long_one_is_cut_in_the_record() {
    let mut model = browsing();
    keys(&mut model, ">v");
    assert_eq!(
        (model.overlay, model.whole.title.as_str(), model.whole.text.as_str()),
        (Some(Overlay::Whole), "name", "n, 1")
    );
    plain(&mut model, Code::Esc);
    let long = "word ".repeat(1_000);
    let entry = &mut model.browse.table.rows[0];
    entry.row.data = format!(r#"{{"id":1,"name":"{long}","city":"Ghent"}}"#);
    plain(&mut model, Code::Enter);
    press(&mut model, 'j');
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(120, 40)).unwrap();
    terminal.draw(|frame| view::view(&model, frame)).unwrap();
    let picture = terminal.backend().to_string();
    assert!(picture.contains("… v") && picture.contains("Ghent"), "{picture}");
    press(&mut model, 'v');
    assert_eq!(model.whole.text, long);
}

#[test]
fn a_file_that_says_no_form_is_refused() {
    let mut model = browsing();
    press(&mut model, 'w');
    for (name, taken) in [("out.xlsx", false), ("out", false), ("out.CSV", true), ("out.jsonl", true)] {
        model.browse.prompt.as_mut().unwrap().line.set(name);
        let effects = plain(&mut model, Code::Enter);
        assert_eq!(!effects.is_empty(), taken, "{name}: {effects:?}");
        if taken {
            press(&mut model, 'w');
            model.browse.export = None;
            press(&mut model, 'w');
        } else {
            let error = model.browse.prompt.as_ref().unwrap().error.clone().unwrap();
            assert!(error.contains(".csv"), "{error}");
        }
    }
}

#[test]
fn fields_inside_objects_are_columns_to_show_sort_and_filter_by() {
    let mut model = browsing();
    for entry in &mut model.browse.table.rows {
        entry.row.data = r#"{"id":1,"name":"n","custom_fields":{"Lead Source":"Fair"},"tags":["a"]}"#.into();
    }
    press(&mut model, 'c');
    keys(&mut model, "/lead s");
    plain(&mut model, Code::Enter);
    plain(&mut model, Code::Enter);
    plain(&mut model, Code::Esc);
    let columns = &model.browse.table.columns;
    assert_eq!(columns.shown().last(), Some("custom_fields.Lead Source"));
    let (len, last) = (columns.len(), columns.get(columns.len() - 1).unwrap());
    assert_eq!(last.heading, "Lead Source");
    assert_eq!(model.browse.current().unwrap().cells.last().map(String::as_str), Some("Fair"));
    for _ in 0..len {
        press(&mut model, '>');
    }
    let effects = press(&mut model, 'f');
    let query = answer(&mut model, &effects);
    assert_eq!(query.filter.to_string(), "\"custom_fields.Lead Source\"=Fair");
    let effects = press(&mut model, 'o');
    assert_eq!(answer(&mut model, &effects).sort.by, SortBy::Field("custom_fields.Lead Source".into()));
    // In the record, too; what lies in a list is no field.
    let entry = &mut model.browse.table.rows[0];
    entry.row.data = r#"{"id":1,"custom_fields":{"Size":4},"tags":["a"]}"#.into();
    plain(&mut model, Code::Enter);
    keys(&mut model, "jj");
    let effects = press(&mut model, 'f');
    assert!(answer(&mut model, &effects).filter.to_string().ends_with(" custom_fields.Size=4"));
    let entry = &mut model.browse.table.rows[0];
    entry.row.data = r#"{"id":1,"custom_fields":{"Size":4},"tags":["a"]}"#.into();
    keys(&mut model, "jj");
    assert_eq!(press(&mut model, 'f'), []);
    assert!(model.toast.as_ref().unwrap().text.contains("no field of its own"));
}

#[test]
fn esc_stops_the_making_of_a_view() {
    let mut model = browsing();
    let effects = keys(&mut model, ">o");
    assert!(!answer(&mut model, &effects).sort.descending);
    let effects = press(&mut model, 'o');
    assert!(model.browse.makes(), "{effects:?}");
    let effects = plain(&mut model, Code::Esc);
    assert!(!answer(&mut model, &effects).sort.descending);
    assert!(!model.browse.makes() && model.screen == Screen::Browse);
}

#[test]
fn a_reference_is_followed_and_the_way_leads_back() {
    use super::super::super::model::browse::tree::{About, Named};
    use crate::mirror::refs::Reference;
    let mut model = browsing();
    let effects = plain(&mut model, Code::Enter);
    assert!(effects.iter().any(|e| matches!(e, Effect::Read(Request::Pointing { .. }))), "{effects:?}");
    let of = model.browse.record().unwrap();
    let to = Reference { kind: "user".into(), id: crate::protocol::RecordId::Int(17) };
    let names = vec![Named { field: "owner_id".into(), to, there: true, name: None }];
    let about = About { of, revision: Some(1), names, change: None, session: 1, origin: Some((1, 7)) };
    update(&mut model, Message::Read(Answer::About(Box::new(about))));
    keys(&mut model, "jj");
    let effects = plain(&mut model, Code::Enter);
    assert_eq!(answer(&mut model, &effects).kind, "user");
    let effects = plain(&mut model, Code::Backspace);
    assert_eq!(answer(&mut model, &effects).kind, "contact");
    assert_eq!(model.browse.line, 2);
    // What leads nowhere says so; what has parts is folded.
    press(&mut model, 'k');
    assert_eq!(plain(&mut model, Code::Enter), []);
    assert!(model.toast.is_some());
    keys(&mut model, "jj");
    plain(&mut model, Code::Enter);
    assert_eq!(model.browse.folded.len(), 1);
}

#[test]
fn a_reference_that_is_pressed_before_its_end_is_known_is_followed_when_it_is() {
    use super::super::super::model::browse::tree::{About, Named};
    use crate::mirror::refs::Reference;
    for (keys_between, followed) in [("", true), ("j", false)] {
        let mut model = browsing();
        plain(&mut model, Code::Enter);
        keys(&mut model, "jj");
        assert_eq!(plain(&mut model, Code::Enter), []);
        assert!(
            model.toast.as_ref().is_some_and(|remark| remark.text.contains("looking")),
            "{:?}",
            model.toast
        );
        keys(&mut model, keys_between);
        let of = model.browse.record().unwrap();
        let to = Reference { kind: "user".into(), id: crate::protocol::RecordId::Int(17) };
        let names = vec![Named { field: "owner_id".into(), to, there: true, name: None }];
        let about = About { of, revision: Some(1), names, change: None, session: 1, origin: Some((1, 7)) };
        let effects = update(&mut model, Message::Read(Answer::About(Box::new(about))));
        assert_eq!(!effects.is_empty(), followed, "{effects:?}");
        assert_eq!(model.browse.kind.as_deref(), Some(if followed { "user" } else { "contact" }));
    }
}

#[test]
fn copies_are_whole_and_as_received() {
    let mut model = browsing();
    let copied = |effects: Vec<Effect>| match effects.as_slice() {
        [Effect::Copy { text, .. }] => text.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(copied(press(&mut model, 'y')), "1");
    press(&mut model, '>');
    assert_eq!(copied(press(&mut model, 'y')), "n, 1");
    assert_eq!(copied(press(&mut model, 'J')), r#"{"id":1,"name":"n, 1","owner_id":17,"tags":["a"]}"#);
    assert_eq!(copied(press(&mut model, 'Y')), "1,\"n, 1\",17");
    plain(&mut model, Code::Enter);
    plain(&mut model, Code::End);
    keys(&mut model, "k");
    assert_eq!(copied(press(&mut model, 'y')), "a");
}

#[test]
fn the_mouse_points_opens_and_drags() {
    use super::super::super::message::{Mouse, MouseKind};
    use super::super::super::model::browse::Pane;
    let mut model = browsing();
    let mouse = |kind, column, row| Message::Mouse(Mouse { kind, column, row });
    update(&mut model, mouse(MouseKind::Press, 40, 8));
    assert_eq!((model.browse.table.cursor, model.browse.pane), (4, Pane::Rows));
    update(&mut model, mouse(MouseKind::Press, 40, 8));
    assert_eq!(model.browse.pane, Pane::Record);
    update(&mut model, mouse(MouseKind::WheelDown, 40, 8));
    assert_eq!(model.browse.table.cursor, 7);
    let divider = (0..120).find(|x| view::spot(&model, *x, 10) == Some(view::Spot::Divider)).unwrap();
    update(&mut model, mouse(MouseKind::Press, divider, 10));
    update(&mut model, mouse(MouseKind::Drag, divider - 9, 20));
    update(&mut model, mouse(MouseKind::Release, divider - 9, 20));
    assert_eq!(view::spot(&model, divider - 9, 10), Some(view::Spot::Divider));
    // Once it is let go, it stays.
    update(&mut model, mouse(MouseKind::Drag, divider, 20));
    assert_eq!(view::spot(&model, divider - 9, 10), Some(view::Spot::Divider));
}

#[test]
fn columns_are_moved_widened_and_hidden_for_the_type() {
    let mut model = browsing();
    keys(&mut model, ">L");
    assert_eq!(model.browse.table.columns.fields(), ["owner_id", "name"]);
    let width = model.browse.table.columns.get(1).unwrap().width;
    press(&mut model, '+');
    assert_eq!(model.browse.table.columns.get(1).unwrap().width, width + 2);
    press(&mut model, 'c');
    plain(&mut model, Code::Enter);
    plain(&mut model, Code::Esc);
    assert_eq!(model.browse.table.columns.fields(), ["name"]);
    assert_eq!(model.browse.current().unwrap().cells, ["n, 1"]);
    let effects = update(&mut model, Message::Key(Key::char('O')));
    answer(&mut model, &effects);
    assert_eq!(model.browse.table.columns.fields(), ["name"]);
}

#[test]
fn rows_like_this_cell_and_jumps_that_find_nothing() {
    let mut model = browsing();
    press(&mut model, '>');
    let effects = press(&mut model, 'f');
    assert_eq!(answer(&mut model, &effects).filter.to_string(), "name=\"n, 1\"");
    // The same again changes nothing.
    assert_eq!(press(&mut model, 'f'), []);
    keys(&mut model, "#77");
    let effects = plain(&mut model, Code::Enter);
    answer(&mut model, &effects);
    assert!(model.toast.as_ref().is_some_and(|t| t.text.contains("77")));
    keys(&mut model, "%101");
    assert_eq!(plain(&mut model, Code::Enter), []);
    assert!(model.browse.prompt.as_ref().is_some_and(|p| p.error.is_some()));
}
