//! Paging against a table in memory: whatever is pressed, the rows on the screen are the table's own.

use super::*;

const HEIGHT: usize = 20;

/// A reader over ids 0, 2, 4 … of a table.
struct Fake(Vec<i64>);

impl Fake {
    fn answer(&self, from: &From, limit: usize) -> Window {
        let at = |id: &RecordId| match id {
            RecordId::Int(n) => *n,
            RecordId::Text(other) => panic!("{other:?}"),
        };
        let n = self.0.len();
        let (a, b) = match from {
            From::Top => (0, limit.min(n)),
            From::Bottom => (n.saturating_sub(limit), n),
            From::At(id) => {
                let a = self.0.partition_point(|x| *x < at(id));
                (a, (a + limit).min(n))
            }
            From::After(id) => {
                let a = self.0.partition_point(|x| *x <= at(id));
                (a, (a + limit).min(n))
            }
            From::Before(id) => {
                let b = self.0.partition_point(|x| *x < at(id));
                (b.saturating_sub(limit), b)
            }
        };
        let row = |n: &i64| Row {
            id: RecordId::Int(*n),
            revision: Some(1),
            data: format!(r#"{{"id":{n},"name":"n{n}"}}"#),
            session: 1,
        };
        Window { rows: self.0[a..b].iter().map(row).collect(), more_above: a > 0, more_below: b < n }
    }

    fn settle(&self, browse: &mut Browse, mut request: Option<Request>) {
        while let Some(Request::Window { ticket, from, limit, .. }) = request {
            request = browse.take_window(ticket, &from, self.answer(&from, limit), HEIGHT);
        }
    }
}

fn kinds(rows: usize) -> Vec<Kind> {
    vec![Kind { name: "contact".into(), table: "contact".into(), rows: rows as u64 }]
}

fn cursor(browse: &Browse) -> i64 {
    match browse.current().unwrap().row.id {
        RecordId::Int(n) => n,
        RecordId::Text(ref other) => panic!("{other:?}"),
    }
}

#[test]
fn every_row_is_reached_and_few_are_kept() {
    let fake = Fake((0..5_000).map(|n| n * 2).collect());
    let mut browse = Browse::default();
    let request = browse.take_kinds(kinds(5_000));
    fake.settle(&mut browse, request);
    for n in 0..5_000_i64 {
        assert_eq!(cursor(&browse), n * 2);
        assert_eq!(browse.table.first.map(|f| f + browse.table.cursor as u64), Some(n as u64));
        assert!(browse.table.rows.len() <= KEPT && browse.table.cursor - browse.table.top < HEIGHT);
        let request = browse.move_row(1, HEIGHT);
        fake.settle(&mut browse, request);
    }
    for n in (0..5_000_i64).rev() {
        assert_eq!(cursor(&browse), n * 2);
        assert!(browse.table.rows.len() <= KEPT + CHUNK + NEAR);
        let request = browse.move_row(-1, HEIGHT);
        fake.settle(&mut browse, request);
    }
    let request = browse.jump(true, HEIGHT);
    fake.settle(&mut browse, request);
    assert_eq!((cursor(&browse), browse.table.top + HEIGHT), (9_998, browse.table.rows.len()));
    let request = browse.jump(false, HEIGHT);
    fake.settle(&mut browse, request);
    assert_eq!(cursor(&browse), 0);
}

#[test]
fn steps_that_found_no_rows_yet_are_made_when_they_come() {
    let fake = Fake((0..5_000).collect());
    let mut browse = Browse::default();
    let request = browse.take_kinds(kinds(5_000));
    fake.settle(&mut browse, request);
    let request = browse.move_row(300, HEIGHT);
    assert_eq!(cursor(&browse), 199);
    fake.settle(&mut browse, request);
    assert_eq!(cursor(&browse), 300);
}

#[test]
fn the_cursor_stays_on_its_record_when_the_table_changes() {
    let mut fake = Fake((0..1_000).map(|n| n * 2).collect());
    let mut browse = Browse::default();
    let request = browse.take_kinds(kinds(1_000));
    fake.settle(&mut browse, request);
    for _ in 0..50 {
        let request = browse.move_row(1, HEIGHT);
        fake.settle(&mut browse, request);
    }
    let line = browse.table.cursor - browse.table.top;
    fake.0.splice(0..2, [1, 3, 5, 7]);
    let request = browse.again();
    fake.settle(&mut browse, request);
    assert_eq!(cursor(&browse), 100);
    assert_eq!(browse.table.cursor - browse.table.top, line);
    fake.0.clear();
    let request = browse.again();
    fake.settle(&mut browse, request);
    assert!(browse.current().is_none());
}

#[test]
fn an_answer_that_nobody_waits_for_is_dropped() {
    let fake = Fake((0..1_000).collect());
    let mut browse = Browse::default();
    let Some(Request::Window { ticket, from, limit, .. }) = browse.take_kinds(kinds(1_000)) else { panic!() };
    let second = browse.jump(true, HEIGHT);
    assert_eq!(browse.take_window(ticket, &from, fake.answer(&from, limit), HEIGHT), None);
    let request = second.or_else(|| browse.again());
    fake.settle(&mut browse, request);
}

#[test]
fn the_largest_type_is_shown_until_one_was_chosen() {
    let kind = |name: &str, rows| Kind { name: name.into(), table: name.into(), rows };
    let mut browse = Browse::default();
    browse.take_kinds(vec![kind("tag", 20)]);
    assert!(browse.take_kinds(vec![kind("contact", 100), kind("tag", 20)]).is_some());
    assert_eq!(browse.kind.as_deref(), Some("contact"));
    browse.move_kind(1);
    assert_eq!(browse.take_kinds(vec![kind("contact", 200), kind("tag", 20)]), None);
    assert_eq!(browse.kind.as_deref(), Some("tag"));
}
