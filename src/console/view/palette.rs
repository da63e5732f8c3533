//! The palette over a screen: a line to search in, the actions found with their keys.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::cells;
use super::super::model::{Model, Stand};
use super::super::palette::Found;
use super::over::{self, Place, Search};
use super::paint::{gap, s};

/// Columns of the actions' names.
const NAME: usize = 18;
/// Columns of their keys, at the most.
const KEYS: usize = 18;

/// Where it stands.
pub(super) fn place(model: &Model, area: Rect) -> Place {
    let found = model.palette.found(|action| model.stand(action)).len();
    over::searched(area, over::width(area), model.palette.chosen, found)
}

pub(super) fn draw(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let found = model.palette.found(|action| model.stand(action));
    let search = Search {
        title: "Commands",
        line: &model.palette.line,
        found: found.len(),
        chosen: model.palette.chosen,
        none: "no action has these letters in this order".to_owned(),
    };
    search.draw(model, buf, area, over::width(area), |at, room| {
        let Found { entry, stand } = found[at];
        let scopes = if matches!(stand, Stand::Elsewhere(_)) { entry.scopes } else { model.scopes() };
        let keys = model.keymap.keys_in(scopes, entry.action);
        let keys = cells::fit(&keys.join("  "), KEYS).into_owned();
        let place = match stand {
            Stand::Elsewhere(screen) => screen.shown_by().entry().short,
            Stand::Works | Stand::Idle => "",
        };
        let right = cells::width(place) + 2 + cells::width(&keys);
        let help = room.saturating_sub(NAME + 2 + right + 2);
        let (name, key) =
            if stand == Stand::Works { (theme.text, theme.key) } else { (theme.dim, theme.dim) };
        vec![
            s(cells::left(entry.short, NAME), name),
            gap(2),
            s(cells::left(entry.help, help), theme.dim),
            gap(2),
            s(place, theme.dim),
            gap(2),
            s(keys, key),
        ]
    });
}
