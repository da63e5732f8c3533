//! The token in the encodings that it may be echoed in, each with how much of it says too much. Pure.
//!
//! Promise: what is made of the token is zeroed when it goes.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// Characters of the token in a row that say too much; of a long token an eighth, of a short one all of it.
const PART: usize = 16;
/// An encoding shorter than this could be any word.
const SHORTEST: usize = 8;

/// The token as it may be written.
#[derive(Clone)]
pub(super) struct Form {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// Bytes in a row that are not let through.
    pub(super) part: usize,
}

impl Form {
    /// The token itself, then its encodings.
    pub(super) fn all(token: &[u8]) -> Vec<Self> {
        let part = PART.max(token.len() / 8).min(token.len());
        let mut forms = vec![Self { bytes: Zeroizing::new(token.to_vec()), part }];
        for bytes in (0..3).flat_map(|before| base64(token, before)).chain([hexadecimal(token)]) {
            if bytes.len() >= SHORTEST && !forms.iter().any(|form| form.bytes.eq_ignore_ascii_case(&bytes)) {
                let part = bytes.len() * part / token.len().max(1);
                forms.push(Self { bytes, part });
            }
        }
        forms
    }
}

/// What the token is in a Base64 text with `before` bytes before it in its group of three: the digits that it alone
/// decides, in both alphabets.
fn base64(token: &[u8], before: usize) -> [Zeroizing<Vec<u8>>; 2] {
    let mut text = Zeroizing::new(vec![0; before]);
    text.extend_from_slice(token);
    let digits = (before * 8).div_ceil(6)..text.len() * 8 / 6;
    [STANDARD_NO_PAD, URL_SAFE_NO_PAD].map(|alphabet| {
        let encoded = Zeroizing::new(alphabet.encode(text.as_slice()));
        Zeroizing::new(encoded.as_bytes()[digits.clone()].to_vec())
    })
}

/// The token's bytes as digits.
fn hexadecimal(token: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(hex::encode(token).into_bytes())
}
