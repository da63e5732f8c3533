//! Clicks on what no screen takes for itself: tabs, the footer's keys, what lies over a screen.

use super::*;
use crate::console::message::{Mouse, MouseKind};
use crate::console::view::{Target, target};

fn click(model: &mut Model, place: (u16, u16)) -> Vec<Effect> {
    update(model, Message::Mouse(Mouse { kind: MouseKind::Press, column: place.0, row: place.1 }))
}

/// The first place of the screen where this lies.
fn place(model: &Model, wanted: Target) -> (u16, u16) {
    let (columns, rows) = model.size;
    let all = (0..rows).flat_map(|row| (0..columns).map(move |column| (column, row)));
    let found = all.into_iter().find(|place| target(model, *place) == Some(wanted));
    found.unwrap_or_else(|| panic!("nowhere: {wanted:?}"))
}

#[test]
fn a_click_on_a_tab_shows_its_screen_and_one_on_a_key_presses_it() {
    let mut model = model(Phase::Draining);
    let screens = [Screen::Browse, Screen::Acks, Screen::Wire, Screen::Sql, Screen::History, Screen::Sync];
    for screen in screens {
        let tab = place(&model, Target::Do(screen.shown_by()));
        assert_eq!(tab.1, 1);
        click(&mut model, tab);
        assert_eq!(model.screen, screen);
    }
    let pause = place(&model, Target::Do(Action::Pause));
    assert_eq!(pause.1, 23);
    assert_eq!(click(&mut model, pause), [Effect::Command(Command::Pause)]);
    // Between two keys there is none.
    assert_eq!(target(&model, (0, 23)), None);
}

#[test]
fn a_click_on_a_row_chooses_it_a_second_does_it_and_one_beside_closes() {
    let mut model = model(Phase::Draining);
    press(&mut model, ':');
    let row = place(&model, Target::Row(2));
    assert_eq!(click(&mut model, row), []);
    assert_eq!((model.palette.chosen, model.overlay), (2, Some(Overlay::Palette)));
    click(&mut model, row);
    assert_eq!(model.overlay, None, "the second click does it");
    for key in [':', '?', 'q'] {
        press(&mut model, key);
        assert!(model.overlay.is_some(), "{key}");
        let over = place(&model, Target::Over);
        click(&mut model, over);
        assert!(model.overlay.is_some(), "{key}: a click on it leaves it");
        let beside = place(&model, Target::Beside);
        click(&mut model, beside);
        assert_eq!(model.overlay, None, "{key}");
    }
    press(&mut model, 'q');
    let yes = place(&model, Target::Do(Action::Yes));
    assert_eq!(click(&mut model, yes), [Effect::Leave(Left::Quit)]);
}

#[test]
fn the_welcome_screens_choices_can_be_clicked() {
    use crate::console::model::Welcome;
    use crate::console::model::welcome::{At, Source};
    let mut model = Model::new("default", "", Timestamp::UNIX_EPOCH);
    model.welcome = Some(Welcome::default());
    let demo = place(&model, Target::Do(Action::WelcomeDemo));
    assert_eq!(click(&mut model, demo), [Effect::Leave(Left::Demo)]);
    let connect = place(&model, Target::Do(Action::WelcomeConnect));
    click(&mut model, connect);
    model.welcome.as_mut().unwrap().at = At::Source;
    let row = place(&model, Target::Row(2));
    click(&mut model, row);
    let welcome = model.welcome.as_ref().unwrap();
    assert_eq!((welcome.at, welcome.source), (At::Source, Source::ALL[2]));
    click(&mut model, row);
    assert_eq!(model.welcome.as_ref().unwrap().at, At::Place, "the second click takes it");
}
