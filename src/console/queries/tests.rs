//! Statements on a real mirror, through the real thread.

use std::time::{Duration, Instant};

use super::*;
use crate::mirror::{Identity, Mirror};

/// Runs for ever unless it is stopped.
const ENDLESS: &str =
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
/// A bound on what a busy machine needs.
const PATIENCE: Duration = Duration::from_secs(30);

struct Scene {
    folder: tempfile::TempDir,
    inbox: Arc<Inbox>,
    queries: Queries,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let identity = Identity { host: "http://127.0.0.1:8080".into(), device: None };
        drop(Mirror::open(&folder.path().join("mirror.db"), &identity).unwrap());
        Self::in_folder(folder)
    }

    fn in_folder(folder: tempfile::TempDir) -> Self {
        let inbox = Arc::new(Inbox::default());
        let statements = Some(folder.path().join("state/statements.sql"));
        let queries =
            Queries::start(folder.path().join("mirror.db"), statements, Arc::clone(&inbox), Formulas::Exact)
                .unwrap();
        Self { folder, inbox, queries }
    }

    /// Answers until one fits.
    fn until(&self, fits: impl Fn(&SqlAnswer) -> bool) -> Vec<SqlAnswer> {
        let deadline = Instant::now() + PATIENCE;
        let mut all = Vec::new();
        while !all.iter().any(&fits) {
            assert!(Instant::now() < deadline, "{all:?}");
            let messages = self.inbox.wait(Some(deadline), deadline);
            all.extend(messages.into_iter().filter_map(|message| match message {
                Message::Sql(answer) => Some(answer),
                _ => None,
            }));
        }
        all
    }

    fn run(&self, ticket: u64, sql: &str) -> (SqlEnd, Vec<Vec<Cell>>) {
        self.queries.ask(SqlRequest::Run { ticket, sql: sql.to_owned() });
        let mut rows = Vec::new();
        let mut ended = None;
        for answer in self.until(|a| matches!(a, SqlAnswer::Ended { .. })) {
            match answer {
                SqlAnswer::Rows { rows: more, .. } => {
                    assert!(more.len() <= CHUNK);
                    rows.extend(more);
                }
                SqlAnswer::Ended { end, .. } => ended = Some(end),
                _ => {}
            }
        }
        (ended.unwrap(), rows)
    }
}

#[test]
fn a_runaway_statement_stops_when_it_is_told_and_the_next_one_runs() {
    let scene = Scene::new();
    for ticket in [1, 3] {
        scene.queries.ask(SqlRequest::Run { ticket, sql: ENDLESS.into() });
        scene.until(|a| matches!(a, SqlAnswer::Columns { .. }));
        let told = Instant::now();
        // It may be told before it began: the console insists.
        let deadline = told + PATIENCE;
        loop {
            scene.queries.ask(SqlRequest::Cancel(ticket));
            let soon = Instant::now() + Duration::from_millis(20);
            let ended = scene.inbox.wait(Some(soon), deadline).into_iter().find_map(|m| match m {
                Message::Sql(SqlAnswer::Ended { end, .. }) => Some(end),
                _ => None,
            });
            if let Some(end) = ended {
                assert_eq!(end, SqlEnd::Cancelled);
                break;
            }
            assert!(Instant::now() < deadline);
        }
        assert_eq!(scene.run(ticket + 1, "SELECT 7").1[0][0].text.as_ref(), "7");
    }
}

#[test]
fn what_is_kept_of_an_answer_is_bounded_and_says_so() {
    let scene = Scene::new();
    let numbers = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)";
    let (end, rows) = scene.run(1, &format!("{numbers} SELECT x FROM n"));
    assert_eq!((end, rows.len()), (SqlEnd::Cut, ROWS));
    let (end, rows) = scene.run(2, &format!("{numbers} SELECT x FROM n LIMIT {ROWS}"));
    assert_eq!((end, rows.len()), (SqlEnd::All, ROWS));
    let (end, rows) = scene.run(3, &format!("{numbers} SELECT printf('%.*c', 100000, 'é') FROM n"));
    assert_eq!(end, SqlEnd::Cut);
    assert!(rows.iter().flatten().all(|c| c.cut && c.text.len() <= VALUE));
    assert!(rows.len() * VALUE <= BYTES + 2 * VALUE, "{}", rows.len());
}

#[test]
fn values_are_shown_as_what_they_are() {
    let scene = Scene::new();
    let (end, rows) = scene.run(1, "SELECT NULL, 9007199254740993, 1.0, 'a' || char(27), x'00ff'");
    assert_eq!(end, SqlEnd::All);
    let seen: Vec<_> = rows[0].iter().map(|c| (c.kind, c.text.as_ref())).collect();
    assert_eq!(
        seen,
        [
            (CellKind::Null, ""),
            (CellKind::Number, "9007199254740993"),
            (CellKind::Number, "1.0"),
            (CellKind::Text, "a\u{1b}"),
            (CellKind::Blob, "x'00ff'"),
        ]
    );
}

#[test]
fn a_statement_that_writes_or_is_none_is_refused_in_words() {
    let scene = Scene::new();
    for (ticket, sql, words) in [
        (1, "SELECT nmae FROM _session", "no such column: nmae"),
        (6, "SELECT * FROM _sesion", "no such table: _sesion; did you mean `_session`?"),
        (2, "DELETE FROM _session", "the mirror is only read here"),
        (3, "SELECT 1; SELECT 2", "one statement"),
        (4, "SELEC 1", "syntax error"),
    ] {
        let (SqlEnd::Failed(error), _) = scene.run(ticket, sql) else { panic!("{sql}") };
        assert!(error.contains(words), "{sql}: {error}");
    }
    assert_eq!(scene.run(5, "SELECT 1").0, SqlEnd::All);
}

#[test]
fn without_a_mirror_it_says_so_until_there_is_one() {
    let scene = Scene::in_folder(tempfile::tempdir().unwrap());
    let (SqlEnd::Failed(error), _) = scene.run(1, "SELECT 1") else { panic!() };
    assert!(error.contains("no mirror yet"), "{error}");
    let identity = Identity { host: "http://127.0.0.1:8080".into(), device: None };
    drop(Mirror::open(&scene.folder.path().join("mirror.db"), &identity).unwrap());
    assert_eq!(scene.run(2, "SELECT 1").0, SqlEnd::All);
}

#[test]
fn the_mirrors_own_tables_can_be_completed() {
    let scene = Scene::new();
    scene.queries.ask(SqlRequest::Tables);
    let answers = scene.until(|a| matches!(a, SqlAnswer::Tables(_)));
    let tables =
        answers.into_iter().find_map(|a| if let SqlAnswer::Tables(all) = a { Some(all) } else { None });
    let tables = tables.unwrap();
    let session = tables.iter().find(|t| t.name == "_session").unwrap();
    assert_eq!(session.columns[..2], ["no", "id"]);
}

#[test]
fn statements_are_there_the_next_day_and_only_for_their_user() {
    let first = Scene::new();
    first.run(1, "SELECT 1");
    first.run(2, "SELECT 'é'");
    let Scene { folder, queries, .. } = first;
    drop(queries);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let known = std::fs::metadata(folder.path().join("state/statements.sql")).unwrap();
        assert_eq!(known.permissions().mode() & 0o777, 0o600);
    }
    let second = Scene::in_folder(folder);
    let answers = second.until(|a| matches!(a, SqlAnswer::Statements(_)));
    let statements =
        answers.iter().find_map(|a| if let SqlAnswer::Statements(all) = a { Some(all) } else { None });
    let statements = statements.unwrap();
    assert_eq!(statements[..], ["SELECT 1", "SELECT 'é'"]);
}

#[test]
fn all_rows_go_to_a_file_and_not_only_those_that_are_kept() {
    let scene = Scene::new();
    let many = ROWS + 2_345;
    let sql = format!(
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x, 'a,\"' || x AS x FROM n LIMIT {many}"
    );
    for (ticket, name) in [(1, "rows.csv"), (2, "rows.ndjson")] {
        let path = scene.folder.path().join(name);
        scene.queries.ask(SqlRequest::Export { ticket, sql: sql.clone(), path: path.clone() });
        let all = scene.until(|a| matches!(a, SqlAnswer::Exported { .. }));
        let Some(SqlAnswer::Exported { result: Ok(said), .. }) = all.last() else { panic!("{all:?}") };
        assert!(said.contains("12,345 rows"), "{said}");
        let text = std::fs::read_to_string(&path).unwrap();
        if ticket == 1 {
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            assert_eq!(reader.headers().unwrap(), vec!["x", "x_2"]);
            assert_eq!(reader.records().map(Result::unwrap).last().unwrap(), vec!["12345", "a,\"12345"]);
        } else {
            assert_eq!(text.lines().count(), many);
            let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
            assert_eq!(last, serde_json::json!({"x": many, "x_2": "a,\"12345"}));
        }
        // What is there is never written over.
        scene.queries.ask(SqlRequest::Export {
            ticket: ticket + 10,
            sql: "SELECT 1".into(),
            path: path.clone(),
        });
        let all = scene.until(|a| matches!(a, SqlAnswer::Exported { .. }));
        assert!(matches!(all.last(), Some(SqlAnswer::Exported { result: Err(_), .. })), "{all:?}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn an_export_that_is_stopped_leaves_nothing_and_the_next_statement_runs() {
    let scene = Scene::new();
    let place = scene.folder.path().join("out");
    std::fs::create_dir(&place).unwrap();
    let endless =
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n".to_owned();
    let export = |ticket, sql, name| SqlRequest::Export { ticket, sql, path: place.join(name) };
    scene.queries.ask(export(1, endless, "endless.csv"));
    scene.until(|a| matches!(a, SqlAnswer::Written { .. }));
    scene.queries.ask(SqlRequest::Cancel(1));
    let all = scene.until(|a| matches!(a, SqlAnswer::Exported { .. }));
    assert!(
        all.iter()
            .any(|a| matches!(a, SqlAnswer::Exported { result: Ok(said), .. } if said.contains("stopped")))
    );
    // Neither does one that fails in its midst.
    scene.queries.ask(export(2, "SELECT 1 UNION ALL SELECT abs(-9223372036854775808)".into(), "broken.csv"));
    let all = scene.until(|a| matches!(a, SqlAnswer::Exported { .. }));
    assert!(matches!(all.last(), Some(SqlAnswer::Exported { result: Err(_), .. })), "{all:?}");
    assert_eq!(std::fs::read_dir(&place).unwrap().count(), 0);
    assert_eq!(scene.run(3, "SELECT 7").1[0][0].text.as_ref(), "7");
}
