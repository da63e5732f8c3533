//! CSV for spreadsheets: what begins like a formula is disarmed where that is asked for, by type, and nowhere else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::den::{Den, Served};
use crate::pty::Terminal;
use crate::search::token;

#[test]
fn formulas_are_disarmed_on_demand() {
    let den = Den::new(&token());
    let theirs = Den::new(&den.token);
    let served = Served::start(&theirs, &["--items", "10"]);
    den.run(den.command(&served.url, &["sync", "--rate", "0"])).code(0);
    let sql = "SELECT '=1+1' AS \"=a\", '+48 22' b, '-x' c, '@f' d, char(9)||'t' e, char(13)||'r' f, char(0)||'n' g, \
               char(10)||'=l' lf, '＝1' w, '＋1' wp, '－1' wm, '＠f' wa, -1 h, -1.5 i, '-1' j, 'x=1' k, NULL l, \
               x'3d' m, '' n";
    let exact = den.run(den.bare(&["query", "--csv", sql])).code(0).stdout;
    let safe = den.run(den.bare(&["query", "--csv", "--csv-safe", sql])).code(0).stdout;
    let row = |text: &str| -> Vec<String> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        reader
            .records()
            .flat_map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    };
    let (exact, safe) = (row(&exact), row(&safe));
    let risky = ["=1+1", "+48 22", "-x", "@f", "\tt", "\rr", "\0n", "\n=l", "＝1", "＋1", "－1", "＠f"];
    assert_eq!(exact[19..31], risky);
    for (plain, disarmed) in exact.iter().zip(&safe) {
        let risky = plain.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠']);
        let number = plain == "-1.5" || std::ptr::eq(plain, &raw const exact[31]);
        assert_eq!(disarmed == &format!("'{plain}"), risky && !number, "{plain:?} {disarmed:?}");
        assert!(disarmed.ends_with(plain.as_str()));
    }
    den.run(den.bare(&["query", "--csv-safe", sql])).code(2);
    den.run(den.bare(&["--csv-safe", "status"])).code(2);
}

/// What the console put into the clipboard last.
fn copied(terminal: &Terminal) -> String {
    let raw = String::from_utf8_lossy(&terminal.raw).into_owned();
    let (_, last) = raw.rsplit_once("\x1b]52;c;").unwrap();
    let text = last.split(['\x07', '\x1b']).next().unwrap();
    String::from_utf8(STANDARD.decode(text).unwrap()).unwrap()
}

#[test]
fn copied_rows_are_disarmed_on_demand_and_values_are_exact() {
    let den = Den::new(&token());
    let theirs = Den::new(&den.token);
    let served = Served::start(&theirs, &["--items", "10"]);
    den.run(den.command(&served.url, &["sync", "--rate", "0"])).code(0);
    let sql = "SELECT '=1+1' a, -1 b, '-2' c, x'2b' d";
    for (arguments, row) in [(&[][..], "=1+1,-1,-2,x'2b'"), (&["--csv-safe"], "'=1+1,-1,'-2,x'2b'")] {
        let mut terminal = Terminal::start(den.console(&served.url, arguments), 120, 40);
        terminal.see("6 History");
        terminal.press(b"5");
        terminal.press(sql.as_bytes());
        terminal.press(b"\r");
        terminal.see("1 row");
        terminal.press(b"\x1b");
        terminal.gone("Esc to the rows");
        terminal.press(b"Y");
        terminal.see("the row");
        assert_eq!(copied(&terminal), row, "{arguments:?}");
        terminal.press(b"y");
        terminal.gone("the row");
        assert_eq!(copied(&terminal), "=1+1", "{arguments:?}");
        terminal.quit();
    }
}
