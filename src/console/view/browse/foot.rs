//! The line under the table: what is asked for, the filter, what goes on, where one is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;
use ratatui::widgets::{Clear, Widget};

use super::super::paint::{gap, line, line_right, s};
use super::super::typed;
use crate::console::action::Action;
use crate::console::cells;
use crate::console::model::Model;
use crate::console::model::browse::search::State;
use crate::console::model::prompt::{Ask, Prompt};
use crate::text::{grouped, visible};

/// The columns of a terminal that what is looked for takes, at most, and that a filter beside it has, at least.
const SOUGHT: usize = 20;
const LEAST: usize = 8;

/// The line under the table: the filter and what came of it, where one is, what goes on.
pub(super) fn position(model: &Model, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let browse = &model.browse;
    let row = usize::from(area.height) - 1;
    // What is written goes first: where one is takes what it leaves, in as many words as fit.
    let sought = sought(model);
    let searched: usize = sought.iter().map(Span::width).sum();
    let wish = match (&browse.prompt, browse.lens().text.as_str()) {
        (Some(prompt), _) => cells::width(prompt.line.text()) + 4,
        (None, text) => cells::width(text) + 3 + searched,
    };
    let room = usize::from(area.width).saturating_sub(wish + 1);
    let forms = [Words::All, Words::NoTime, Words::Place].map(|words| whereabouts(model, words));
    let fits = forms.iter().find(|form| form.iter().map(Span::width).sum::<usize>() <= room);
    let taken = line_right(buf, area, row, fits.unwrap_or(&forms[2]).clone());
    let room = usize::from(area.width).saturating_sub(taken + 2);
    let left = Rect { width: room as u16 + 1, ..area };
    let key = |action| model.keymap.key_of(action).unwrap_or_default();
    if let Some(prompt) = &browse.prompt {
        written(model, prompt, buf, Rect { y: area.y + row as u16, height: 1, ..left });
        if let (Some(error), Some(above)) = (&prompt.error, row.checked_sub(1)) {
            let line_above = Rect { y: area.y + above as u16, height: 1, ..area };
            Clear.render(line_above, buf);
            let text = format!("✖ {}", visible(error));
            let text = cells::fit(&text, usize::from(area.width).saturating_sub(2)).into_owned();
            line(buf, line_above, 0, vec![gap(1), s(text, theme.failed)]);
        }
        return;
    }
    let lens = browse.lens();
    let spans = if let Some(error) = &browse.error {
        vec![s(cells::fit(&format!("✖ {}", visible(error)), room), theme.failed)]
    } else if let Some((rows, of)) = browse.export {
        let text = format!("writing {} of {}   {} stop", grouped(rows), grouped(of), key(Action::Back));
        vec![s(cells::fit(&text, room), theme.pending)]
    } else if !lens.text.is_empty() {
        // How many there are goes before the whole of what is filtered.
        let room = room.saturating_sub(if sought.is_empty() { 2 } else { searched + 4 });
        let filter = cells::fit(&visible(&lens.text), room.max(LEAST)).into_owned();
        let mut spans = vec![s("/ ", theme.key), s(filter, theme.value)];
        if !sought.is_empty() {
            spans.push(gap(2));
            spans.extend(sought);
        }
        spans
    } else if !sought.is_empty() {
        sought
    } else if browse.is_dead() {
        let text = format!("deleted records   {} what is there", key(Action::Back));
        vec![s(cells::fit(&text, room).into_owned(), theme.deleted)]
    } else if browse.table.waits() && !browse.table.loaded {
        vec![s("reading …", theme.dim)]
    } else if browse.index.working && browse.index.of > 0 {
        let share = browse.index.rows.min(browse.index.of) * 100 / browse.index.of;
        vec![s(cells::fit(&format!("search index {share}%"), room), theme.dim)]
    } else {
        Vec::new()
    };
    let mut all = vec![gap(1)];
    all.extend(spans);
    line(buf, left, row, all);
}

/// What is looked for among the rows, and what came of it: `s hanako  3 of 120 hits`.
fn sought(model: &Model) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let Some(search) = &model.browse.search else { return Vec::new() };
    let key = |action| model.keymap.key_of(action).unwrap_or_default();
    let text = cells::fit(&visible(&search.text), SOUGHT).into_owned();
    let mut spans = vec![s(key(Action::SearchRows), theme.key), gap(1), s(text, theme.value), gap(2)];
    let here = model.browse.current().map(|entry| &entry.row.id);
    let counted = |n: u64| if n == 1 { "hit" } else { "hits" };
    match (&search.state, model.browse.searched()) {
        (State::Looking(progress), _) => {
            let share = progress.map(|(rows, of, _)| (rows.min(of) * 100).checked_div(of).unwrap_or(0));
            let share = share.map_or_else(String::new, |share| format!(" {share}%"));
            spans.push(s(format!("looking …{share}  "), theme.pending));
            spans.extend([s(key(Action::Back), theme.key), s(" stops", theme.dim)]);
        }
        (State::Failed, _) => spans.push(s("cannot be looked for", theme.failed)),
        // The rows are others now.
        (_, None) => spans.extend([s(key(Action::FindNext), theme.key), s(" looks here", theme.dim)]),
        (State::Nowhere, _) => spans.push(s("no row has it", theme.pending)),
        (State::At { id, no, of, place }, _) if here == Some(id) => {
            let mut text = format!("{} of {} {}", grouped(no + 1), grouped(*of), counted(*of));
            // What no column shows lies in the record.
            let columns = &model.browse.table.columns;
            let path = place.as_ref().map_or_else(String::new, |place| place.replace('\u{0}', "."));
            let outer = path.split('.').next().unwrap_or_default();
            if !path.is_empty() && !columns.shows(outer) && !columns.shows(&path) {
                text = format!("{text} in {path}");
            }
            spans.push(s(text, theme.text));
        }
        (State::At { of, .. }, _) => spans.push(s(format!("{} {}", grouped(*of), counted(*of)), theme.text)),
    }
    spans
}

/// How much is said of where one is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    All,
    /// Not how long it took.
    NoTime,
    /// Nor of how many rows in all.
    Place,
}

/// `4,711 of 312,408`, or in a filtered view `3 of 98 in 312,408  4 ms`.
fn whereabouts(model: &Model, words: Words) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let table = &model.browse.table;
    if let Some((rows, of, hits)) = table.progress {
        let key = model.keymap.key_of(Action::Back).unwrap_or_default();
        let share = (rows.min(of) * 100).checked_div(of).unwrap_or(0);
        let found = if model.browse.lens().filter.is_empty() {
            "sorting".to_owned()
        } else {
            format!("{} found", grouped(hits))
        };
        return vec![
            s(format!("{found}  {share:>3}%"), theme.pending),
            gap(2),
            s(key, theme.key),
            s(" stops ", theme.dim),
        ];
    }
    let mut spans = place(model, words);
    if let Some(since) = model.browse.changed_since() {
        // In the place of the time, which is that of a list that is old now.
        let key = model.keymap.key_of(Action::Refresh).unwrap_or_default();
        let text = format!("{} changed since", grouped(since));
        spans.extend([gap(2), s(text, theme.pending), gap(2), s(key, theme.key), s(" refreshes", theme.dim)]);
    } else if words == Words::All
        && let Some(took) = table.took
    {
        spans.extend([gap(2), s(crate::text::span(took), theme.dim)]);
    }
    spans.push(gap(1));
    spans
}

/// Which row it is, of how many.
fn place(model: &Model, words: Words) -> Vec<Span<'static>> {
    let theme = &model.theme;
    let table = &model.browse.table;
    let all = model.browse.count();
    let filtered = model.browse.applied().is_some_and(|q| !q.filter.is_empty());
    let count = table.hits.unwrap_or_else(|| all.max(table.first.unwrap_or(0) + table.rows.len() as u64));
    let whole = grouped(count);
    let about = if table.exact || table.hits.is_some() { "" } else { "~" };
    let here = match table.first {
        _ if table.rows.is_empty() => "none".to_owned(),
        Some(first) => {
            cells::right(&format!("{about}{}", grouped(first + table.cursor as u64 + 1)), whole.len())
        }
        None => "…".to_owned(),
    };
    // Where nothing is found, it is all that it was looked for in; and that is said once where all are found.
    let (whole, of) = if count == 0 { (grouped(all), 0) } else { (whole, all) };
    let mut spans = vec![s(here, theme.value), s(" of ", theme.dim), s(whole, theme.value)];
    let among = filtered && table.hits.is_some_and(|hits| hits > 0 && hits != of);
    if words != Words::Place && among && model.browse.changed_since().is_none() {
        spans.extend([s(" in ", theme.dim), s(grouped(all), theme.dim)]);
    }
    spans
}

/// What is asked for, what is typed, and the cursor.
fn written(model: &Model, prompt: &Prompt, buf: &mut Buffer, area: Rect) {
    let theme = &model.theme;
    let sign = format!(" {} ", prompt.ask.sign());
    let used = (cells::width(&sign) as u16).min(area.width);
    line(buf, area, 0, vec![s(sign, theme.key)]);
    let rest = Rect { x: area.x + used, width: area.width - used, ..area };
    typed::draw(&prompt.line, true, theme, buf, rest);
    if prompt.line.text().is_empty() {
        let room = usize::from(rest.width).saturating_sub(1);
        let hint = match prompt.ask {
            Ask::Filter => model.browse.example(),
            ask => ask.hint().to_owned(),
        };
        let hint = s(cells::fit(&hint, room).into_owned(), theme.dim);
        line(buf, Rect { x: rest.x + 1, width: room as u16, ..rest }, 0, vec![hint]);
    }
}
