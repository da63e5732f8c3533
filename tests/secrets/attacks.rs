//! A hundred statements that would write, reach out or never end, against `query` and against the reader that the
//! console's SQL screen has: refused or harmless, the mirror's bytes unchanged, no file made anywhere.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use drainboard::mirror::Reader;

use crate::den::{Den, Served};
use crate::search::token;

/// What must be refused. `{evil}` is a path where no file is.
const REFUSED: &[&str] = &[
    "ATTACH '{evil}' AS x",
    "ATTACH DATABASE ':memory:' AS x",
    "ATTACH '' AS x",
    "ATTACH 'file:{evil}?mode=rwc' AS x",
    "attach/**/'{evil}'/**/as/**/x",
    "-- harmless\nATTACH '{evil}' AS x",
    "/* SELECT 1; */ ATTACH '{evil}' AS x",
    "\u{feff}ATTACH '{evil}' AS x",
    "DETACH main",
    "VACUUM",
    "VACUUM INTO '{evil}'",
    "VACUUM main INTO '{evil}'",
    "EXPLAIN VACUUM INTO '{evil}'; VACUUM INTO '{evil}'",
    "SELECT load_extension('{evil}')",
    "SELECT load_extension('{evil}', 'main')",
    "SELECT \"load_extension\"('{evil}')",
    "SELECT LOAD_EXTENSION('/lib/x86_64-linux-gnu/libc.so.6')",
    "SELECT fts3_tokenizer('simple')",
    "SELECT fts3_tokenizer('evil', x'4141414141414141')",
    "SELECT readfile('/etc/passwd')",
    "SELECT writefile('{evil}', 'x')",
    "SELECT edit('x', 'touch {evil}')",
    "SELECT * FROM fsdir('/')",
    "SELECT * FROM zipfile('{evil}')",
    "SELECT shell('touch {evil}')",
    "SELECT system('touch {evil}')",
    ".shell touch {evil}",
    ".open {evil}",
    "PRAGMA query_only = 0",
    "PRAGMA query_only(0)",
    "PRAGMA main.query_only = off",
    "PRAGMA writable_schema = 1",
    "PRAGMA writable_schema = RESET",
    "PRAGMA trusted_schema = 1",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA journal_mode(off)",
    "PRAGMA main.journal_mode = MEMORY",
    "PRAGMA user_version = 7",
    "PRAGMA application_id = 7",
    "PRAGMA schema_version = 7",
    "PRAGMA encoding = 'UTF-16'",
    "PRAGMA page_size = 512",
    "PRAGMA synchronous = OFF",
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "PRAGMA wal_autocheckpoint = 1",
    "PRAGMA incremental_vacuum",
    "PRAGMA auto_vacuum = 1",
    "PRAGMA optimize",
    "PRAGMA analysis_limit = 1",
    "PRAGMA shrink_memory",
    "PRAGMA temp_store_directory = '/tmp'",
    "PRAGMA data_store_directory = '/tmp'",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA mmap_size = 999999999",
    "PRAGMA cache_size = 999999999",
    "PRAGMA hard_heap_limit = 0",
    "PRAGMA soft_heap_limit = 0",
    "PRAGMA secure_delete = 1",
    "PRAGMA foreign_keys = 0",
    "PRAGMA recursive_triggers = 1",
    "PRAGMA ignore_check_constraints = 1",
    "PRAGMA cell_size_check = 0",
    "PRAGMA threads = 64",
    "PRAGMA busy_timeout = 0",
    "PRAGMA case_sensitive_like = 1",
    "PRAGMA/**/writable_schema/**/=/**/1",
    "CREATE TABLE evil (a)",
    "CREATE TEMP TABLE evil (a)",
    "CREATE TEMP TABLE evil AS SELECT * FROM contact",
    "CREATE TEMP VIEW evil AS SELECT 1",
    "CREATE TEMP TRIGGER evil AFTER INSERT ON contact BEGIN DELETE FROM contact; END",
    "CREATE VIEW evil AS SELECT 1",
    "CREATE INDEX evil ON contact (id)",
    "CREATE VIRTUAL TABLE evil USING fts5(a)",
    "CREATE VIRTUAL TABLE temp.evil USING fts5(a)",
    "CREATE VIRTUAL TABLE temp.evil USING dbstat",
    "CREATE TRIGGER evil AFTER UPDATE ON contact BEGIN DELETE FROM contact; END",
    "DROP TABLE contact",
    "DROP TABLE IF EXISTS contact",
    "ALTER TABLE contact RENAME TO evil",
    "ALTER TABLE contact ADD COLUMN evil",
    "REINDEX",
    "ANALYZE",
    "INSERT INTO contact (id, data) VALUES (1, '{}')",
    "INSERT OR REPLACE INTO _meta SELECT * FROM _meta",
    "REPLACE INTO contact (id, data) VALUES (1, '{}')",
    "INSERT INTO contact (id, data) VALUES (1, '{}') RETURNING id",
    "UPDATE contact SET revision = 0",
    "UPDATE contact SET revision = 0 RETURNING id",
    "DELETE FROM contact",
    "DELETE FROM contact RETURNING *",
    "WITH x AS (SELECT 1) DELETE FROM contact",
    "WITH RECURSIVE x(n) AS (SELECT 1) INSERT INTO contact (id, data) SELECT n, '{}' FROM x RETURNING id",
    "UPDATE sqlite_schema SET sql = 'x'",
    "DELETE FROM sqlite_master",
    "EXPLAIN DELETE FROM contact",
    "EXPLAIN QUERY PLAN UPDATE contact SET revision = 0",
    "EXPLAIN ATTACH '{evil}' AS x",
    "BEGIN",
    "BEGIN IMMEDIATE",
    "BEGIN EXCLUSIVE",
    "SAVEPOINT x",
    "COMMIT",
    "ROLLBACK",
    "SELECT 1; DELETE FROM contact",
    "SELECT 1; ATTACH '{evil}' AS x",
    "SELECT 1;;DELETE FROM contact",
    "SELECT 1; -- \nVACUUM INTO '{evil}'",
    "SELECT 1;\u{a0}DELETE FROM contact",
    "SELECT 1\u{37e} DELETE FROM contact",
    "ＤＥＬＥＴＥ FROM contact",
    "DELETE\u{200b}FROM contact",
    "",
    ";",
    "-- nothing",
    "SELECT zeroblob(999999999)",
    "SELECT randomblob(2147483647)",
    "SELECT printf('%999999999d', 1)",
    "SELECT format('%.*c', 2000000000, 'x')",
    "SELECT a, a, a, a, a, a, a, a, a, a, a, a FROM (SELECT randomblob(200000000) a)",
    "SELECT randomblob(200000000), randomblob(200000000), randomblob(200000000), randomblob(200000000), \
     randomblob(200000000), randomblob(200000000), randomblob(200000000), randomblob(200000000)",
];

/// What may run: it tells and changes nothing.
const HARMLESS: &[&str] = &[
    "EXPLAIN SELECT * FROM contact",
    "EXPLAIN QUERY PLAN SELECT * FROM contact",
    "PRAGMA table_info(contact)",
    "PRAGMA user_version",
    "PRAGMA quick_check(1)",
    "SELECT * FROM pragma_table_xinfo('contact')",
    "SELECT sql FROM sqlite_schema",
    "SELECT 'DELETE FROM contact; ATTACH x'",
    "VALUES (1), (2)",
    "SELECT 1; -- and no more",
    "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x LIMIT 1000) SELECT count(*) FROM x",
    "SELECT * FROM contact a, contact b ORDER BY a.data, b.data LIMIT 3",
];

/// Every file with its bytes, but the empty WAL and its index, which come and go with a reader.
fn content(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    let kept = all.into_iter().filter(|path| {
        let name = path.to_str().unwrap();
        !(name.ends_with("-shm") || name.ends_with("-wal") && path.metadata().unwrap().len() == 0)
    });
    kept.filter(|path| path.is_file())
        .map(|path| (path.display().to_string(), fs::read(&path).unwrap()))
        .collect()
}

/// A den with a mirror.
fn mirrored() -> Den {
    let den = Den::new(&token());
    let theirs = Den::new(&den.token);
    let served = Served::start(&theirs, &["--items", "60"]);
    let mut command = den.command(&served.url, &["sync", "--rate", "0", "--mirror"]);
    command.arg(den.path("mirror.db"));
    den.run(command).code(0);
    den
}

#[test]
fn statements_read_and_do_nothing_else() {
    assert!(REFUSED.len() >= 100);
    let den = mirrored();
    let (mirror, evil) = (den.path("mirror.db"), den.path("evil"));
    let before = content(&den.path(""));
    let fill = |sql: &str| sql.replace("{evil}", evil.to_str().unwrap());
    // One connection for all, as the console has it: what one statement changed the next would use.
    let reader = Reader::open_for_statements(&mirror).unwrap();
    let ask = |sql: &str| {
        let mut rows = 0;
        let done = reader.query(sql, &mut |_| (), &mut |_| {
            rows += 1;
            rows < 10_000
        });
        (done, rows)
    };
    for sql in REFUSED.iter().map(|sql| fill(sql)) {
        let (done, rows) = ask(&sql);
        assert!(done.is_err(), "{sql} answered with {rows} rows");
        assert_eq!(rows, 0, "{sql}");
        assert!(!evil.exists(), "{sql}");
    }
    for sql in HARMLESS {
        ask(sql).0.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    assert!(ask("SELECT count(*) FROM contact").0.is_ok());
    drop(reader);
    assert!(content(&den.path("")) == before, "a file changed or was made: {:?}", den.files());
}

#[test]
fn the_query_command_refuses_them_too() {
    let den = mirrored();
    let evil = den.path("evil");
    let before = content(&den.path(""));
    for sql in REFUSED.iter().map(|sql| sql.replace("{evil}", evil.to_str().unwrap())) {
        let mut command = den.bare(&["query", "--csv", "--mirror", "mirror.db"]);
        let ended = den.run({
            command.args(["--", &sql]);
            command
        });
        assert!(!ended.status.success(), "{sql}: {}", ended.stdout);
        assert!(ended.stdout.lines().count() <= 1, "{sql}: {}", ended.stdout);
        assert_ne!(ended.status.code(), Some(101), "{sql}: {}", ended.stderr);
    }
    assert!(content(&den.path("")) == before, "a file changed or was made: {:?}", den.files());
    den.is_tight();
}

#[test]
fn what_never_ends_ends_with_an_interruption() {
    let den = mirrored();
    let before = content(&den.path(""));
    for sql in [
        "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT count(*) FROM x",
        "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT length(group_concat(n)) FROM x",
        "WITH RECURSIVE x(n) AS (SELECT 1 UNION SELECT n + 1 FROM x) SELECT 1 FROM x UNION ALL SELECT max(n) FROM x",
    ] {
        let mut command = den.bare(&["query", "--json", "--mirror", "mirror.db"]);
        command.args([sql]);
        let running = den.start(command);
        std::thread::sleep(Duration::from_millis(300));
        let begun = Instant::now();
        running.signal(rustix::process::Signal::INT);
        assert!(!running.end().status.success());
        assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
    }
    assert!(content(&den.path("")) == before, "a file changed or was made: {:?}", den.files());
}
