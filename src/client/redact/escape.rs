//! What a character may be written as: percent-encoding, JSON's and HTML's escapes; and what stands for white space. Pure.

/// The most bytes that one character takes in a form that [`escaped`] reads.
pub(super) const LONGEST_FORM: usize = 12;

/// The character that an escape at the start of `bytes` stands for and the escape's length, in each way to read it.
pub(super) fn escaped(bytes: &[u8]) -> [Option<(u8, usize)>; 2] {
    match bytes {
        [b'%', high, low, ..] => [hex(&[*high, *low]).map(|c| (c, 3)), None],
        // \u0041, with as many backslashes as the JSON in JSON has.
        [b'\\', ..] => {
            let slashes = bytes.iter().take(LONGEST_FORM - 5).take_while(|c| **c == b'\\').count();
            let four = match bytes.get(slashes..) {
                Some([b'u', b'0', b'0', high, low, ..]) => hex(&[*high, *low]).map(|c| (c, slashes + 5)),
                _ => None,
            };
            let one =
                bytes.get(slashes).filter(|c| matches!(c, b'"' | b'/' | b'\'')).map(|c| (*c, slashes + 1));
            [four.or(one), (slashes > 1).then_some((b'\\', 2))]
        }
        [b'&', ..] => [entity(bytes), None],
        _ => [None, None],
    }
}

/// An HTML entity of visible ASCII.
fn entity(bytes: &[u8]) -> Option<(u8, usize)> {
    let end = bytes.iter().take(LONGEST_FORM).position(|c| *c == b';')?;
    let name = &bytes[1..end];
    let c = match name {
        b"amp" => b'&',
        b"lt" => b'<',
        b"gt" => b'>',
        b"quot" => b'"',
        b"apos" => b'\'',
        [b'#', b'x' | b'X', digits @ ..] => hex(digits)?,
        [b'#', digits @ ..] => std::str::from_utf8(digits).ok()?.parse().ok()?,
        _ => return None,
    };
    Some((c, end + 1))
}

fn hex(digits: &[u8]) -> Option<u8> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// How much white space begins here: a byte, or a line's end as JSON writes it.
pub(super) fn blank(bytes: &[u8]) -> usize {
    match bytes {
        [b'\\', b'n' | b'r' | b't', ..] => 2,
        [byte, ..] if byte.is_ascii_whitespace() => 1,
        _ => 0,
    }
}
