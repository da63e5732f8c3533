//! Compressed bodies: much out of little, packed twice, cut, and what only says that it is compressed.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::case::{Case, run_all};
use crate::network::ALL;
use crate::server::{Act, On, http, page};

fn say(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Act {
    Act::Say(http(status, headers, body))
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// Much out of little: 32 MiB of blanks in 32 KiB.
fn bomb() -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let blanks = vec![b' '; 1 << 20];
    for _ in 0..32 {
        encoder.write_all(&blanks).unwrap();
    }
    encoder.finish().unwrap()
}

/// More out of less: 256 MiB of blanks.
const BROTLI_BOMB: &str = "z///fwAkQOKxQHLv//n//w+ABEAcFoDu/T////8BkACIwwLQvf/n//8/ABIAcVgAuvf//P//B0ACIA4LQPf+n////wBIAMRhAeje\
//P//x8ACYA4LADd+3/+//8DIAEQhwWge//z//9/ACQA4rAAdO//+f//D4AEQBwWgO79P////wGQAIjDAtC9/+f//z8AEgBxWAC69//8//8HQAIgDgtA\
9/6f////AEgAxGEB6N7/8///HwAJgDgsAN37f/7//wMgARCHBaB7/z8=";
/// 16 MiB of blanks that want a window of 1 GiB, which is no brotli of the web.
const BROTLI_WINDOW: &str = "ER7///8BkACJxwIh9/5/";

fn decoded(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

#[test]
fn brotli_is_weighed_unpacked_too() {
    let bomb = decoded(BROTLI_BOMB);
    let coded = |coding: &str, body: &[u8]| say(200, &format!("content-encoding: {coding}\r\n"), body);
    let say_br = |status, body: &[u8]| say(status, "content-encoding: br\r\n", body);
    let bound = &["--max-page", "4MiB", "--tries", "5"];
    let mut cases = vec![
        Case::fault("a brotli bomb", On::Take, say_br(200, &bomb)).lost(),
        Case::fault("a brotli bomb in a session", On::Start, say_br(201, &bomb)),
    ];
    // The second run takes up to the usual 128 MiB, beside its own 30 or so.
    cases = cases.into_iter().map(|case| case.with(bound).ends(1).says("--max-page").within(192)).collect();
    // What is packed twice is not unpacked twice: it is no page.
    for (name, act) in [
        ("brotli in gzip", coded("br, gzip", &gzip(&bomb))),
        ("brotli in gzip, the wrong way round", coded("gzip, br", &gzip(&bomb))),
        ("gzip in brotli, that is none", coded("gzip, br", &bomb)),
        ("brotli that says it is gzip", coded("gzip", &bomb)),
        ("brotli of another width", coded("br", &decoded(BROTLI_WINDOW))),
        ("a cut brotli", coded("br", &bomb[..20])),
        ("ten codings", coded(&["gzip"; 10].join(", "), &gzip(&bomb))),
    ] {
        cases.push(Case::fault(name, On::Take, act).lost());
    }
    cases.extend(ALL.map(|on| Case::fault("a brotli bomb in an error", on, say_br(503, &bomb)).says("503")));
    cases.push(Case::fault("a brotli bomb in an acceptance", On::Ack, say_br(202, &bomb)).lost().ends(0));
    run_all(&cases);
}

#[test]
fn compressed_bodies_are_weighed_unpacked() {
    let bomb = bomb();
    let packed = gzip(page("").as_bytes());
    let coded = |coding: &str, body: &[u8]| say(200, &format!("content-encoding: {coding}\r\n"), body);
    let bound = &["--max-page", "4MiB", "--tries", "5"];
    let mut cases = vec![
        Case::fault("a bomb", On::Take, coded("gzip", &bomb)).lost(),
        Case::fault("a bomb in a session", On::Start, say(201, "content-encoding: gzip\r\n", &bomb)),
    ];
    cases = cases.into_iter().map(|case| case.with(bound).ends(1).says("--max-page").within(300)).collect();
    for (name, act) in [
        ("a bomb in a bomb", coded("gzip, gzip", &gzip(&bomb))),
        ("no gzip", coded("gzip", b"{\"items\":[]}")),
        ("a cut gzip", coded("gzip", &packed[..packed.len() - 9])),
        ("no brotli", coded("br", &[0xff; 64])),
        ("a coding that we did not ask for", coded("zstd", &packed)),
        ("a coding of no name", coded("\u{7}x", &packed)),
        ("gzip that does not say so", coded("identity", &packed)),
    ] {
        cases.push(Case::fault(name, On::Take, act).lost());
    }
    for on in ALL {
        cases.push(
            Case::fault("a bomb in an error", on, say(503, "content-encoding: gzip\r\n", &bomb)).says("503"),
        );
    }
    cases.push(
        Case::fault("a bomb in an acceptance", On::Ack, say(202, "content-encoding: gzip\r\n", &bomb))
            .lost()
            .ends(0),
    );
    run_all(&cases);
}
