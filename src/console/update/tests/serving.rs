//! A console over a service: one screen, news from it, its clients' panel.

use super::*;
use crate::console::message::WireRequest;
use crate::console::model::Serving;
use crate::console::model::serving::LOOK;
use crate::console::serving::{Entrance, Standing};

fn serving() -> Model {
    let mut model = Model::new("serve", "127.0.0.1:8080", Timestamp::UNIX_EPOCH);
    model.screen = Screen::Wire;
    let entrances = ["user 1", "user 2"].map(|who| Entrance { who: who.to_owned(), sees: "all".to_owned() });
    model.serving = Some(Serving::new("http://127.0.0.1:8080", entrances.to_vec()));
    model
}

fn looks(effects: &[Effect]) -> usize {
    let list = effects.iter().filter(|e| matches!(e, Effect::Wire(WireRequest::List(_)))).count();
    assert_eq!(list, effects.iter().filter(|e| **e == Effect::Standing).count(), "{effects:?}");
    list
}

#[test]
fn a_flood_of_news_is_looked_at_now_and_then() {
    let mut model = serving();
    assert_eq!(looks(&opening(&mut model)), 1);
    assert_eq!(model.next_tick(), None, "where nothing happens nothing is done");
    let asked: usize = (0..100).map(|_| looks(&update(&mut model, Message::News))).sum();
    assert_eq!(asked, 0, "it was looked at just now");
    assert_eq!(model.next_tick(), Some(LOOK));
    model.now += LOOK;
    assert_eq!(looks(&update(&mut model, Message::Tick)), 1, "what came last is not missed");
    assert_eq!(model.next_tick(), None);
}

/// What hangs is seen to hang.
#[test]
fn the_time_of_what_waits_grows() {
    use crate::client::tap::exchange::{Body, Label};
    use crate::client::tap::{Exchange, State};
    let mut model = serving();
    opening(&mut model);
    let waiting = Exchange {
        number: 1,
        at: model.now,
        operation: crate::client::Operation::Start,
        method: "POST",
        url: "http://h/v2/sync/start".to_owned(),
        headers: [].into(),
        body: Body::default(),
        response: None,
        first_byte: None,
        elapsed: None,
        state: State::UnderWay,
        attempt: 1,
        label: Label::default(),
    };
    model.wire.list = vec![Arc::new(waiting)];
    assert!(model.next_tick().is_some_and(|tick| tick <= Duration::from_millis(250)));
    model.focused = false;
    assert_eq!(model.next_tick(), None, "nobody looks");
}

#[test]
fn no_key_leads_away_from_the_only_screen() {
    let mut model = serving();
    for key in ['1', '2', '3', '5', '6'] {
        assert_eq!(press(&mut model, key), []);
        assert!(model.screen == Screen::Wire && model.toast.is_some(), "{key} says why not");
    }
    for _ in 0..5 {
        update(&mut model, Message::Key(Key::plain(Code::Esc)));
    }
    assert!(model.screen == Screen::Wire);
    assert_eq!(press(&mut model, 'q'), [Effect::Leave(Left::Quit)]);
}

/// A recording is served as it is: no lever, and the palette offers none.
#[test]
fn what_cannot_be_bent_says_so() {
    let mut model = serving();
    for key in ['b', 'e', 'P'] {
        assert_eq!(press(&mut model, key), []);
        assert!(model.overlay.is_none() && model.toast.take().is_some(), "{key}");
    }
    model.demo = true;
    assert_eq!(press(&mut model, 'b'), [Effect::Levers]);
}

#[test]
fn a_token_is_copied_and_never_known_here() {
    let mut model = serving();
    assert_eq!(press(&mut model, 'c'), [Effect::Standing]);
    press(&mut model, 'j');
    press(&mut model, 'j');
    let copied = update(&mut model, Message::Key(Key::plain(Code::Enter)));
    assert_eq!(copied, [Effect::CopyToken { what: "the token of user 2".to_owned(), entrance: 1 }]);
    let copied = press(&mut model, 'u');
    assert!(matches!(&copied[..], [Effect::Copy { text, .. }] if text == "http://127.0.0.1:8080"));
    press(&mut model, 'c');
    assert!(model.overlay.is_none());
}

#[test]
fn trouble_is_told_once_and_goes_when_it_has_gone() {
    let mut model = serving();
    let trouble = || Message::Standing(Err("the disk is full".to_owned()));
    update(&mut model, trouble());
    update(&mut model, trouble());
    assert_eq!(model.notices.len(), 1);
    update(&mut model, Message::Standing(Ok(Standing::Recording { left: 3, all: 9 })));
    assert!(model.serving.is_some_and(|serving| serving.trouble.is_none()));
}
