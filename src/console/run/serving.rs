//! The loop for a console over a service: no engine, no mirror.

use std::io;
use std::sync::Arc;

use jiff::Timestamp;

use super::super::Left;
use super::super::exchanges::Exchanges;
use super::super::inbox::Inbox;
use super::super::model::{Model, Screen, Serving as Watched};
use super::super::serving::{Serving, pass_on};
use super::{Outside, furnish, show};

/// Shows a service's exchanges until the user leaves.
pub(in super::super) fn run(serving: Serving) -> io::Result<Left> {
    let inbox = Arc::new(Inbox::default());
    let mut model = model(&serving);
    let exchanges = Exchanges::start(serving.tap, serving.folder, Arc::clone(&inbox))?;
    pass_on(serving.news, Arc::clone(&inbox))?;
    let outside = Outside {
        inbox,
        commands: None,
        library: None,
        queries: None,
        exchanges,
        demo: serving.levers,
        served: Some(serving.served),
        connecting: None,
    };
    show(&mut model, &outside, None)
}

fn model(serving: &Serving) -> Model {
    let host = serving.address.split_once("://").map_or(serving.address.as_str(), |(_, host)| host);
    let mut model = Model::new(&serving.title, host, Timestamp::now());
    model.screen = Screen::Wire;
    model.demo = serving.levers.is_some();
    furnish(&mut model, serving.keymap.as_deref(), &serving.looks);
    model.serving = Some(Watched::new(&serving.address, serving.entrances.clone()));
    model
}
