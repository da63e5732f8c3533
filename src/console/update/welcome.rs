//! The welcome screen: one question after the other, then the service is asked, then the answers are written.

use super::super::Left;
use super::super::action::Action;
use super::super::edit::Edit;
use super::super::message::{Effect, WelcomeAnswer, WelcomeRequest};
use super::super::model::Model;
use super::super::model::welcome::{At, Source, Welcome};
use super::super::welcome::{Answer, Trouble};
use crate::client::{self, Door};
use crate::text::visible;

/// Takes typed or pasted text; none where there is no line.
pub(super) fn insert(model: &mut Model, text: &str) -> Option<Vec<Effect>> {
    let welcome = model.welcome.as_mut()?;
    let whole = if welcome.hides() { welcome.secret.insert(text) } else { welcome.line()?.insert(text) };
    welcome.wrong = (!whole).then(|| "there is no room for more".to_owned());
    Some(Vec::new())
}

/// Does an action; none where it is nothing special here.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let welcome = model.welcome.as_mut()?;
    let effects = match action {
        Action::WelcomeDemo if welcome.at == At::Choosing => vec![Effect::Leave(Left::Demo)],
        Action::WelcomeConnect if welcome.at == At::Choosing => {
            welcome.at = At::Service;
            Vec::new()
        }
        Action::Text(edit) => {
            write(welcome, edit);
            Vec::new()
        }
        Action::Up | Action::PreviousPane if welcome.at == At::Source => turn(welcome, -1),
        Action::Down | Action::NextPane if welcome.at == At::Source => turn(welcome, 1),
        Action::Accept => {
            let now = model.now;
            let welcome = model.welcome.as_mut()?;
            welcome.wrong = wrong(welcome);
            if welcome.wrong.is_some() {
                return Some(Vec::new());
            }
            forward(welcome, now)
        }
        Action::Back => back(welcome),
        // Leaving is always possible, and so is the help; whatever else a key means elsewhere, it means nothing here.
        Action::Help
        | Action::Quit
        | Action::Interrupt
        | Action::Redraw
        | Action::Suspend
        | Action::Mouse => return None,
        _ => Vec::new(),
    };
    Some(effects)
}

/// A click on one of the token's sources; the second takes it.
pub(super) fn press(model: &mut Model, row: usize, twice: bool) -> Vec<Effect> {
    let (Some(welcome), Some(source)) = (&mut model.welcome, Source::ALL.get(row)) else { return Vec::new() };
    welcome.source = *source;
    if twice { act(model, Action::Accept).unwrap_or_default() } else { Vec::new() }
}

fn turn(welcome: &mut Welcome, by: isize) -> Vec<Effect> {
    welcome.turn(by);
    Vec::new()
}

fn write(welcome: &mut Welcome, edit: Edit) {
    welcome.wrong = None;
    if welcome.hides() {
        match edit {
            Edit::DeleteLeft => welcome.secret.pop(),
            Edit::DeleteWord | Edit::DeleteStart => welcome.secret.clear(),
            // What is not shown has no places in it.
            _ => {}
        }
    } else if let Some(line) = welcome.line() {
        line.edit(edit);
    }
}

/// What is wrong with the answer, as far as it can be seen from here.
fn wrong(welcome: &Welcome) -> Option<String> {
    let empty = |text: &str, what: &str| text.trim().is_empty().then(|| what.to_owned());
    match (welcome.at, welcome.source) {
        (At::Service, _) => {
            client::origin(welcome.url.text().trim(), Door::Questions).err().map(|error| error.0)
        }
        (At::Place, Source::File) => empty(welcome.file.text(), "name the file that has the token in it"),
        (At::Place, Source::Command) => {
            empty(welcome.command.text(), "write a command whose first line is the token")
        }
        (At::Place, Source::Typed) => empty(welcome.secret.expose(), "type or paste the token"),
        (At::Mirror, _) => empty(welcome.mirror.text(), "name a file for the mirror"),
        _ => None,
    }
}

/// To the next question; behind the last one the service is asked.
fn forward(welcome: &mut Welcome, now: jiff::Timestamp) -> Vec<Effect> {
    welcome.at = match welcome.at {
        At::Service => At::Source,
        At::Source => At::Place,
        At::Place => At::Mirror,
        At::Mirror => {
            welcome.ticket += 1;
            (welcome.at, welcome.since) = (At::Testing, Some(now));
            let (ticket, answers) = (welcome.ticket, Box::new(welcome.answers()));
            return vec![Effect::Welcome(WelcomeRequest::Test { ticket, answers })];
        }
        other => other,
    };
    Vec::new()
}

/// To the question before, or from what is waited for to the last answer. What is being written is not called back.
fn back(welcome: &mut Welcome) -> Vec<Effect> {
    welcome.wrong = None;
    let (at, effects) = match welcome.at {
        At::Choosing | At::Service => (At::Choosing, Vec::new()),
        At::Source => (At::Service, Vec::new()),
        At::Place => (At::Source, Vec::new()),
        At::Mirror => (At::Place, Vec::new()),
        At::Testing => {
            welcome.ticket += 1;
            (At::Mirror, vec![Effect::Welcome(WelcomeRequest::GiveUp)])
        }
        At::Saving => (At::Saving, Vec::new()),
    };
    welcome.at = at;
    effects
}

/// Takes an answer, unless it was given up.
pub(super) fn on_answer(model: &mut Model, answer: WelcomeAnswer) -> Vec<Effect> {
    let Some(welcome) = &mut model.welcome else { return Vec::new() };
    let trouble = match answer {
        WelcomeAnswer::Tested { ticket, .. } | WelcomeAnswer::Saved { ticket, .. }
            if ticket != welcome.ticket =>
        {
            return Vec::new();
        }
        WelcomeAnswer::Tested { ticket, result: Ok(_) } => {
            welcome.at = At::Saving;
            let answers = Box::new(welcome.answers());
            return vec![Effect::Welcome(WelcomeRequest::Save { ticket, answers })];
        }
        WelcomeAnswer::Saved { result: Ok(()), .. } => return vec![Effect::Leave(Left::Connected)],
        WelcomeAnswer::Tested { result: Err(trouble), .. }
        | WelcomeAnswer::Saved { result: Err(trouble), .. } => trouble,
        WelcomeAnswer::Failed(text) => Trouble { at: Answer::Mirror, text },
    };
    welcome.correct(Trouble { text: visible(&trouble.text).into_owned(), ..trouble });
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::super::super::key::{Code, Key};
    use super::super::super::message::Message;
    use super::super::super::model::{Overlay, Screen};
    use super::super::super::welcome::{Offer, TokenAnswer};
    use super::super::update;
    use super::*;

    fn welcome() -> Model {
        let mut model = Model::new("default", "", jiff::Timestamp::UNIX_EPOCH);
        model.welcome = Some(Welcome::new(Offer {
            base_url: "https://api.getbase.com".into(),
            mirror: "/m.db".into(),
            ..Offer::default()
        }));
        model
    }

    fn press(model: &mut Model, code: Code) -> Vec<Effect> {
        update(model, Message::Key(Key::plain(code)))
    }

    fn at(model: &Model) -> At {
        model.welcome.as_ref().unwrap().at
    }

    /// Through the three answers with a typed token; what is asked for then.
    fn answered(model: &mut Model) -> WelcomeRequest {
        press(model, Code::Char('c'));
        press(model, Code::Enter);
        press(model, Code::Enter);
        update(model, Message::Paste("s3cret\n".into()));
        press(model, Code::Enter);
        let effects = press(model, Code::Enter);
        let [Effect::Welcome(request)] = effects.as_slice() else { panic!("{effects:?}") };
        request.clone()
    }

    #[test]
    fn three_answers_are_tested_and_then_written() {
        let mut model = welcome();
        let WelcomeRequest::Test { ticket, answers } = answered(&mut model) else { panic!("no test") };
        assert_eq!(
            (answers.base_url.as_str(), answers.mirror.as_str()),
            ("https://api.getbase.com", "/m.db")
        );
        assert!(matches!(&answers.token, TokenAnswer::Typed(secret) if secret.expose() == "s3cret"));
        let fine = WelcomeAnswer::Tested { ticket, result: Ok("fine".into()) };
        let effects = update(&mut model, Message::Welcome(fine));
        assert_eq!(effects, [Effect::Welcome(WelcomeRequest::Save { ticket, answers })]);
        let effects = update(&mut model, Message::Welcome(WelcomeAnswer::Saved { ticket, result: Ok(()) }));
        assert_eq!(effects, [Effect::Leave(Left::Connected)]);
    }

    #[test]
    fn a_refusal_leads_back_to_the_answer_that_is_wrong() {
        for (answer, expected) in
            [(Answer::Service, At::Service), (Answer::Token, At::Place), (Answer::Mirror, At::Mirror)]
        {
            let mut model = welcome();
            let WelcomeRequest::Test { ticket, .. } = answered(&mut model) else { panic!("no test") };
            let trouble = Trouble { at: answer, text: "no\u{1b}[2J".into() };
            update(&mut model, Message::Welcome(WelcomeAnswer::Tested { ticket, result: Err(trouble) }));
            let welcome = model.welcome.as_ref().unwrap();
            assert_eq!((welcome.at, welcome.wrong.as_deref()), (expected, Some("no␛[2J")));
        }
    }

    #[test]
    fn what_was_given_up_writes_nothing() {
        let mut model = welcome();
        let WelcomeRequest::Test { ticket, .. } = answered(&mut model) else { panic!("no test") };
        assert_eq!(press(&mut model, Code::Esc), [Effect::Welcome(WelcomeRequest::GiveUp)]);
        assert_eq!(at(&model), At::Mirror);
        let late = WelcomeAnswer::Tested { ticket, result: Ok("fine".into()) };
        assert_eq!(update(&mut model, Message::Welcome(late)), []);
        assert_eq!(at(&model), At::Mirror);
        // And back, question by question, with nothing lost.
        let way = [At::Place, At::Source, At::Service, At::Choosing, At::Choosing];
        for expected in way {
            press(&mut model, Code::Esc);
            assert_eq!(at(&model), expected);
        }
        assert_eq!(model.welcome.as_ref().unwrap().secret.expose(), "s3cret");
    }

    #[test]
    fn keys_are_text_where_something_is_typed_and_nothing_else_works() {
        let mut model = welcome();
        for c in "s1:2".chars() {
            assert_eq!(press(&mut model, Code::Char(c)), [], "{c}");
        }
        assert!(at(&model) == At::Choosing && model.overlay.is_none());
        press(&mut model, Code::Char('c'));
        for c in "/q?".chars() {
            assert_eq!(press(&mut model, Code::Char(c)), []);
        }
        assert_eq!(model.welcome.as_ref().unwrap().url.text(), "https://api.getbase.com/q?");
        let mut other = welcome();
        assert_eq!(press(&mut other, Code::Char('d')), [Effect::Leave(Left::Demo)]);
        assert_eq!(press(&mut other, Code::Char('q')), [Effect::Leave(Left::Quit)]);
    }

    #[test]
    fn the_help_lies_over_it_and_leads_nowhere_else() {
        let mut model = welcome();
        press(&mut model, Code::Char('?'));
        for c in "2:sd".chars() {
            assert_eq!(press(&mut model, Code::Char(c)), [], "{c}");
            assert_eq!((model.overlay, model.screen), (Some(Overlay::Help(0)), Screen::Sync), "{c}");
        }
        press(&mut model, Code::Esc);
        assert_eq!((model.overlay, at(&model)), (None, At::Choosing));
        // Where a line is typed it is F1.
        press(&mut model, Code::Char('c'));
        press(&mut model, Code::F(1));
        assert_eq!((model.overlay, at(&model)), (Some(Overlay::Help(0)), At::Service));
    }

    #[test]
    fn an_answer_that_is_none_stays() {
        let mut model = welcome();
        press(&mut model, Code::Char('c'));
        update(&mut model, Message::Key(Key::ctrl('u')));
        update(&mut model, Message::Paste("http://api.getbase.com".into()));
        press(&mut model, Code::Enter);
        let welcome = model.welcome.as_ref().unwrap();
        assert!(welcome.at == At::Service && welcome.wrong.as_ref().is_some_and(|w| w.contains("https")));
        update(&mut model, Message::Key(Key::ctrl('u')));
        update(&mut model, Message::Paste("https://sync.example".into()));
        press(&mut model, Code::Enter);
        for (down, source) in
            [(0, Source::Typed), (1, Source::Command), (1, Source::File), (1, Source::Environment)]
        {
            for _ in 0..down {
                press(&mut model, Code::Down);
            }
            assert_eq!(model.welcome.as_ref().unwrap().source, source);
            press(&mut model, Code::Enter);
            press(&mut model, Code::Enter);
            let expected = if source == Source::Environment { At::Mirror } else { At::Place };
            assert_eq!(at(&model), expected, "{source:?}");
            press(&mut model, Code::Esc);
        }
    }
}
