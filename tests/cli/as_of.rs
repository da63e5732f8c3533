//! `query --as-of`: what was there after a session.

use super::support::{Served, User};

/// The rows of each type, as a query writes them.
fn answers(user: &User, kinds: &[String], more: &[&str]) -> Vec<String> {
    let ask = |kind: &String| {
        let sql = format!("SELECT id, revision, data, _session FROM \"{kind}\" ORDER BY id");
        let ended = user.run(&[&["query", "--csv", &sql][..], more].concat());
        ended.status(0).stdout.clone()
    };
    kinds.iter().map(ask).collect()
}

#[test]
fn a_query_sees_the_tables_as_they_were_after_a_session() {
    let served = Served::start(&["--items", "900"]);
    let user = User::of(&served);
    user.sync();
    let kinds: Vec<String> = user.rows().into_iter().map(|(kind, _)| kind).collect();
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push((user.number("SELECT max(no) FROM _session"), answers(&user, &kinds, &[])));
        served.emulator("POST", "edit", r#"{"create": 9, "update": 25, "delete": 9}"#);
        user.sync();
    }
    assert!(seen[0].1 != seen[1].1 && seen[1].1 != seen[2].1, "the edits came");
    for (session, answered) in &seen {
        assert_eq!(
            answers(&user, &kinds, &["--as-of", &session.to_string()]),
            *answered,
            "session {session}"
        );
    }
    // A statement of any shape, in any form.
    let sql = "SELECT count(*) AS n FROM contact c JOIN deal d ON d.contact_id = c.id";
    let joined = user.run(&["query", "--json", "--as-of", &seen[0].0.to_string(), sql]);
    assert!(joined.status(0).stdout.starts_with("{\"n\":"), "{}", joined.stdout);
}

#[test]
fn what_cannot_be_told_is_refused_with_a_word() {
    let served = Served::start(&["--items", "50"]);
    let user = User::of(&served);
    let ask = |session: &str, sql: &str, status, words: &str| {
        let ended = user.run(&["query", "--as-of", session, sql]);
        assert!(ended.status(status).stderr.contains(words), "{session}: {}", ended.stderr);
        assert!(ended.stdout.is_empty(), "{}", ended.stdout);
    };
    ask("1", "SELECT 1", 5, "there is no mirror");
    user.sync();
    ask("999", "SELECT 1", 1, "there is no session 999: the mirror has 1 to ");
    ask("1", "SELECT count(*), max(id) FROM _tombstone", 1, "only the tables of the types");
    ask("one", "SELECT 1", 2, "--as-of");
}
