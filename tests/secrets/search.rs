//! What is looked for: the token and what it becomes in the encodings that anybody can undo. Written apart from the
//! program's own redaction, so that both are not wrong in the same way.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use memchr::memmem;

/// Bytes of a piece: of any 31 bytes of the token in a row one piece is whole, so that half a token is found too.
const PIECE: usize = 16;

/// A token of 64 random characters, some of them such as URLs, JSON, HTML and Base64 treat in their own way.
pub(crate) fn token() -> String {
    let mut token = plain_token();
    token.replace_range(4..12, "?>~/&+=%");
    token
}

/// A token of 64 random letters and digits.
#[expect(clippy::print_stdout, reason = "a failure can be looked at again")]
pub(crate) fn plain_token() -> String {
    let token: String = (0..64).map(|_| fastrand::alphanumeric()).collect();
    println!("the token is {token}");
    token
}

/// Every `c` of the text as `form` writes it.
pub(crate) fn each(text: &str, form: impl Fn(u8) -> String) -> String {
    text.bytes().map(form).collect()
}

/// The token in every form that is looked for, with the form's name.
fn forms(token: &str) -> Vec<(&'static str, String)> {
    let mut forms = vec![
        ("plain", token.to_owned()),
        ("hex", each(token, |c| format!("{c:02x}"))),
        ("percent", each(token, |c| format!("%{c:02x}"))),
        ("JSON", each(token, |c| format!("\\u{c:04x}"))),
        ("HTML", each(token, |c| format!("&#{c};"))),
        ("JSON's own", serde_json::to_string(token).unwrap().trim_matches('"').to_owned()),
    ];
    for before in 0..3 {
        let text = format!("{}{token}", "-".repeat(before));
        // Without the groups that have something else in them.
        for encoded in [STANDARD.encode(&text), URL_SAFE.encode(&text)] {
            forms.push(("Base64", encoded[4..encoded.len() - 4].to_owned()));
        }
    }
    forms
}

/// The form in which a part of the token is there, and where.
pub(crate) fn find(token: &str, bytes: &[u8]) -> Option<(&'static str, usize)> {
    let lower = bytes.to_ascii_lowercase();
    forms(token).into_iter().find_map(|(name, form)| {
        let (form, hay) = if name == "Base64" { (form, bytes) } else { (form.to_ascii_lowercase(), &*lower) };
        let pieces: Vec<&[u8]> = form.as_bytes().chunks_exact(PIECE).collect();
        pieces.iter().find_map(|piece| memmem::find(hay, piece)).map(|at| (name, at))
    })
}

#[test]
fn a_leak_is_found_in_each_form() {
    let token = token();
    for (name, form) in forms(&token) {
        let text = format!("before {form} after");
        assert!(find(&token, text.as_bytes()).is_some(), "{name}: {form}");
        let half = &form[form.len() / 2..];
        assert!(find(&token, half.as_bytes()).is_some(), "half of {name}: {half}");
    }
    for around in ["Bearer ", "x", "ab", "abc", ":"] {
        let encoded = STANDARD.encode(format!("{around}{token}{around}"));
        assert!(find(&token, encoded.as_bytes()).is_some(), "{encoded}");
    }
    assert_eq!(find(&token, plain_token().as_bytes()), None);
}
