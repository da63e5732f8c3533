//! The saved statements over a screen: a line to search in, names with the beginning of their text.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::cells;
use super::super::model::Model;
use super::over::{self, Place, Search};
use super::paint::{gap, s};
use crate::text::visible;

/// Columns of the screen that stay beside it.
const BESIDE: u16 = 16;

/// Where it stands.
pub(super) fn place(model: &Model, area: Rect) -> Place {
    let saved = &model.sql.saved;
    over::searched(area, over::beside(area, BESIDE), saved.chosen, saved.found().len())
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let saved = &model.sql.saved;
    let key = |action| model.keymap.key_of(action).unwrap_or_default();
    let found = saved.found();
    let none = if saved.all.is_empty() {
        format!("none yet: {} saves the statement of the line under a name", key(Action::SqlSave))
    } else {
        "none has this in its name or text".to_owned()
    };
    let title = "Saved statements";
    let search = Search { title, line: &saved.line, found: found.len(), chosen: saved.chosen, none };
    let names = found.iter().map(|kept| cells::width(&visible(&kept.name))).max().unwrap_or(0);
    search.draw(model, buf, area, over::beside(area, BESIDE), |at, room| {
        let kept = found[at];
        let names = names.min(room / 3);
        let room = room.saturating_sub(names + 2);
        let name = s(cells::left(&visible(&kept.name), names), theme.text);
        let rest = if saved.doomed.as_ref() == Some(&kept.name) {
            let forget = format!("{} again forgets it", key(Action::SavedForget));
            s(cells::left(&forget, room), theme.failed)
        } else {
            s(cells::left(&visible(&kept.sql), room), theme.dim)
        };
        vec![name, gap(2), rest]
    });
}

/// The keys that matter now.
pub(super) fn footer() -> Vec<(Action, Option<&'static str>)> {
    vec![
        (Action::Choose, None),
        (Action::SavedEdit, None),
        (Action::SavedForget, None),
        (Action::Down, None),
        (Action::Back, Some("close")),
    ]
}
