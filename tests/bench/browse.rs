//! Browse on 1,000,000 rows in one table, beside SQLite's own answer to the same question on the mirror's table.
//!
//! `cargo bench --bench browse [-- ROWS [FILE]]`. A FILE is kept and used again. Each line: ours, SQLite's, the ratio,
//! and the most memory that the process had meanwhile.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

#[path = "filler.rs"]
mod filler;

use std::time::{Duration, Instant};

use drainboard::mirror::Reader;
use drainboard::mirror::filter::Filter;
use drainboard::mirror::find::{News, Place, Query, Sort, SortBy, View};
use drainboard::mirror::index::{Index, Indexer};
use drainboard::mirror::refs::Reference;
use drainboard::protocol::RecordId;

struct Bench {
    reader: Reader,
    index: Option<Index>,
}

impl Bench {
    fn view(&self, filter: &str, by: SortBy, descending: bool, index: bool) -> (View, Option<Duration>) {
        let begun = Instant::now();
        let filter = Filter::parse(filter).expect("a filter");
        let query = Query { kind: "contact".into(), filter, sort: Sort { by, descending } };
        let mut first = None;
        let index = self.index.as_ref().filter(|_| index);
        let view = self.reader.view(&query, index, &mut |news| {
            if matches!(news, News::First(_)) {
                first = Some(begun.elapsed());
            }
            true
        });
        (view.expect("a view"), first)
    }

    fn sql(&self, sql: &str) -> (Duration, u64) {
        let begun = Instant::now();
        let mut rows = 0;
        let mut count = |_: Vec<_>| {
            rows += 1;
            true
        };
        self.reader.query(sql, &mut |_| {}, &mut count).expect(sql);
        (begun.elapsed(), rows)
    }

    fn page(&self, view: &View, place: &Place) -> u64 {
        self.reader.page(view, place, 40).expect("a page").rows.len() as u64
    }

    /// A line of the table: the better of two times, ours and theirs. `ours` answers with a note.
    fn line(&self, what: &str, sql: &str, ours: impl Fn(&Self) -> String) -> Option<Duration> {
        let theirs = (!sql.is_empty()).then(|| self.sql(sql).0.min(self.sql(sql).0));
        reset_memory();
        let timed = || {
            let begun = Instant::now();
            let note = ours(self);
            (begun.elapsed(), note)
        };
        let (one, two) = (timed(), timed());
        let (time, note) = if one.0 < two.0 { one } else { two };
        line(what, time, theirs, &note);
        theirs
    }

    /// Lines of a view's making: the whole, and its first page.
    fn making(&self, what: &str, sql: &str, view: impl Fn(&Self) -> (View, Option<Duration>)) {
        let firsts = std::cell::RefCell::new(Vec::new());
        let theirs = self.line(what, sql, |bench| {
            let (view, first) = view(bench);
            bench.page(&view, &Place::Top);
            firsts.borrow_mut().extend(first);
            format!("{} hits", view.hits().unwrap_or(0))
        });
        if let Some(first) = firsts.into_inner().into_iter().min() {
            line("  its first page", first, theirs, "");
        }
    }

    /// Lines of pages in a view: at the top, in the middle and at the end, the first of a view and the next ones.
    fn turning(&self, view: &View, rows: u64) {
        for (what, row) in [("top", 0), ("middle", rows / 2), ("end", rows.saturating_sub(120))] {
            let begun = Instant::now();
            self.page(view, &Place::Row(row));
            let first = begun.elapsed();
            let begun = Instant::now();
            for page in 1..3 {
                self.page(view, &Place::Row(row + page * 40));
            }
            let first = format!("{:.2} ms at first", first.as_secs_f64() * 1e3);
            line(&format!("  page down at the {what}"), begun.elapsed() / 2, None, &first);
        }
    }

    /// A line on 1,000 pages in a row: the time of one, and the memory before and after.
    fn further(&self, what: &str, view: &View) {
        let (before, begun) = (resident(), Instant::now());
        let mut place = Some(Place::Percent(30.0));
        for _ in 0..1_000 {
            let Some(at) = place else { break };
            place = self.reader.page(view, &at, 40).expect("a page").below;
        }
        let time = begun.elapsed() / 1_000;
        line(what, time, None, &format!("{before} MiB before them, {} after", resident()));
    }
}

fn line(what: &str, ours: Duration, theirs: Option<Duration>, note: &str) {
    let ms = |time: Duration| format!("{:.2}", time.as_secs_f64() * 1e3);
    let (beside, ratio) = theirs.map_or((String::new(), String::new()), |theirs| {
        (ms(theirs), format!("{:.2}", ours.as_secs_f64() / theirs.as_secs_f64()))
    });
    println!("{what:<44} {:>10} {beside:>10} {ratio:>8} {:>6}  {note}", ms(ours), memory());
}

/// The most memory since the last [`reset_memory`], in MiB; on Linux only.
fn memory() -> String {
    (status("VmHWM:") / 1024).to_string()
}

/// The memory now, in MiB.
fn resident() -> String {
    format!("{:.1}", status("VmRSS:") as f64 / 1024.0)
}

/// A figure of this process, in KiB.
fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let figure = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    figure.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}

fn reset_memory() {
    let _ = std::fs::write("/proc/self/clear_refs", "5"); // elsewhere the figure is the process's
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let rows: u64 = arguments.next().and_then(|rows| rows.parse().ok()).unwrap_or(1_000_000);
    let folder = tempfile::tempdir().expect("a folder");
    let path = arguments.next().map_or(folder.path().join("mirror.db"), Into::into);
    if path.exists() {
        println!("{} is used again", path.display());
    }
    filler::mirror(&path, rows, false);
    println!(
        "{:<44} {:>10} {:>10} {:>8} {:>6}",
        format!("{rows} rows"),
        "ours ms",
        "SQLite ms",
        "ratio",
        "MiB"
    );
    let mut bench = Bench { reader: Reader::open(&path).expect("the mirror"), index: None };
    pages(&bench, rows);
    scans(&bench);
    reset_memory();
    let begun = Instant::now();
    Indexer::pass(&path, &mut |_, _| true).expect("an index");
    let mut search = path.into_os_string();
    search.push(".search");
    let size = std::fs::metadata(search).map_or(0, |file| file.len());
    line("build the index", begun.elapsed(), None, &format!("{} MiB", size >> 20));
    bench.index = Index::open(&bench.reader);
    searches(&bench);
}

fn pages(bench: &Bench, rows: u64) {
    let far = rows * 9 / 10;
    let all = "SELECT id, revision, data FROM contact ORDER BY id";
    let plain = |bench: &Bench| bench.view("", SortBy::Id, false, false).0;
    bench.line("first page", &format!("{all} LIMIT 40"), |b| b.page(&plain(b), &Place::Top).to_string());
    bench.line("row 900,000 of a million, estimated", &format!("{all} LIMIT 40 OFFSET {far}"), |b| {
        b.page(&plain(b), &Place::Row(far)).to_string()
    });
    bench.line("learn the rows' numbers", "SELECT count(*) FROM contact", |b| {
        b.reader.rank(&plain(b), &mut |_| true).expect("ranks");
        String::new()
    });
    let view = plain(bench);
    bench.reader.rank(&view, &mut |_| true).expect("ranks");
    let id = RecordId::Int((far * 7 + 1) as i64);
    for (what, place, sql) in [
        ("row 900,000 of a million", Place::Row(far), format!("{all} LIMIT 40 OFFSET {far}")),
        ("half way", Place::Percent(50.0), format!("{all} LIMIT 40 OFFSET {}", rows / 2)),
        (
            "to an id",
            Place::At(id.clone()),
            format!("SELECT id, data FROM contact WHERE id >= {id} ORDER BY id LIMIT 40"),
        ),
        (
            "page down in the middle",
            Place::After(id.clone()),
            format!("SELECT id, data FROM contact WHERE id > {id} ORDER BY id LIMIT 40"),
        ),
        ("page up in the middle", Place::Before(id), String::new()),
        ("the end", Place::Bottom, format!("{all} DESC LIMIT 40")),
    ] {
        bench.line(what, &sql, |b| b.page(&view, &place).to_string());
    }
}

fn scans(bench: &Bench) {
    let all = "SELECT id, revision, data FROM contact";
    for (what, by, descending, sql) in [
        ("sort by name", SortBy::Field("name".into()), false, "ORDER BY name, id"),
        ("sort by email, descending", SortBy::Field("email".into()), true, "ORDER BY email DESC, id"),
        ("sort by revision", SortBy::Revision, false, "ORDER BY revision, id"),
        (
            "sort by is_organization",
            SortBy::Field("is_organization".into()),
            false,
            "ORDER BY is_organization, id",
        ),
        ("sort by created_at", SortBy::Field("created_at".into()), true, "ORDER BY created_at DESC, id"),
    ] {
        let sql = format!("{all} {sql} LIMIT 40");
        bench.making(what, &sql, |b| b.view("", by.clone(), descending, false));
    }
    let (view, _) = bench.view("", SortBy::Field("name".into()), false, false);
    let rows = view.hits().unwrap_or(0);
    bench.turning(&view, rows);
    bench.further("  1,000 further pages of it", &view);
    drop(view);
    for (filter, condition) in [
        ("city:\"new york\"", "city LIKE '%new york%'"),
        ("custom_fields.budget>99000", "custom_fields ->> 'budget' > 99000"),
        ("hanako", "data LIKE '%hanako%'"),
        ("\"花子 x\"", "data LIKE '%花子 x%'"),
    ] {
        bench.making(
            &format!("{filter}, by reading all"),
            &format!("SELECT count(*) FROM contact WHERE {condition}"),
            |b| b.view(filter, SortBy::Id, false, false),
        );
    }
    let (view, _) = bench.view("city:\"new york\"", SortBy::Id, false, false);
    bench.turning(&view, view.hits().unwrap_or(0));
    bench.further("  1,000 further pages of it", &view);
    bench.further("1,000 further pages of all", &bench.view("", SortBy::Id, false, false).0);
}

fn searches(bench: &Bench) {
    for (filter, like) in [
        ("hanako", "hanako"),
        ("anako", "anako"),
        ("\"花子 hanako\"", "花子 hanako"),
        ("mail7.example 0042", "0042"),
        ("12345", "12345"),
        ("nothing-like-this", "nothing-like-this"),
        ("lovelace", "lovelace"),
    ] {
        bench.making(
            &format!("{filter}, by index"),
            &format!("SELECT count(*) FROM contact WHERE data LIKE '%{like}%'"),
            |b| b.view(filter, SortBy::Id, false, true),
        );
    }
    let to = Reference { kind: "contact".into(), id: RecordId::Int(700_001) };
    bench.line(
        "who points to a contact, by index",
        "SELECT count(*) FROM contact WHERE contact_id = 700001",
        |b| {
            let found = b.reader.incoming(&to, 10, b.index.as_ref(), &mut |_| true).expect("references");
            format!("{} from {} fields", found.iter().map(|i| i.count).sum::<u64>(), found.len())
        },
    );
    bench.line(
        "who points to a contact, by reading all",
        "SELECT count(*) FROM contact WHERE contact_id = 700001",
        |b| {
            let found = b.reader.incoming(&to, 10, None, &mut |_| true).expect("references");
            format!("{} from {} fields", found.iter().map(|i| i.count).sum::<u64>(), found.len())
        },
    );
}
