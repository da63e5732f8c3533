//! The sixteen colours in their own words. Crossterm says `38;5;N` for them, which a terminal of sixteen colours reads
//! as blinking; what goes out says `30–37`, `90–97` and the same for the ground, which every terminal knows.

/// The bytes with each of the sixteen colours said so. Everything else stays.
pub(super) fn plain(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(begin) = memchr::memmem::find(&bytes[at..], b"\x1b[").map(|n| at + n + 2) {
        out.extend_from_slice(&bytes[at..begin]);
        let numbers = bytes[begin..].iter().take_while(|b| b.is_ascii_digit() || **b == b';').count();
        let end = begin + numbers;
        match std::str::from_utf8(&bytes[begin..end]) {
            Ok(numbers) if bytes.get(end) == Some(&b'm') => out.extend_from_slice(style(numbers).as_bytes()),
            _ => out.extend_from_slice(&bytes[begin..end]),
        }
        at = end;
    }
    out.extend_from_slice(&bytes[at..]);
    out
}

/// The numbers of a style.
fn style(numbers: &str) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut left = numbers.split(';').peekable();
    while let Some(number) = left.next() {
        match (number, left.peek()) {
            ("38" | "48", Some(&"5")) => {
                left.next();
                let colour = left.next().unwrap_or_default();
                let ground = if number == "48" { 10 } else { 0 };
                said.push(match colour.parse::<u16>() {
                    Ok(n @ 0..8) => (30 + ground + n).to_string(),
                    Ok(n @ 8..16) => (90 + ground + n - 8).to_string(),
                    _ => format!("{number};5;{colour}"),
                });
            }
            ("38" | "48", Some(&"2")) => {
                // Red, green and blue are no styles.
                said.push(number.to_owned());
                said.extend(left.by_ref().take(4).map(str::to_owned));
            }
            _ => said.push(number.to_owned()),
        }
    }
    said.join(";")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixteen_are_said_as_every_terminal_knows_them() {
        for (sent, said) in [
            ("\x1b[38;5;6;48;5;0ma", "\x1b[36;40ma"),
            ("\x1b[38;5;12;49m", "\x1b[94;49m"),
            ("\x1b[1m\x1b[38;5;15;48;5;8m", "\x1b[1m\x1b[97;100m"),
            ("\x1b[38;5;16;48;5;255m", "\x1b[38;5;16;48;5;255m"),
            ("\x1b[38;2;38;5;7;48;2;1;2;3m", "\x1b[38;2;38;5;7;48;2;1;2;3m"),
            ("\x1b[38;5m\x1b[1;2H38;5;6m阿\x1b[", "\x1b[38;5;m\x1b[1;2H38;5;6m阿\x1b["),
            ("\x1b[m\x1b[0m\x1b[?25l", "\x1b[m\x1b[0m\x1b[?25l"),
        ] {
            assert_eq!(String::from_utf8(plain(sent.as_bytes())).unwrap(), said);
        }
    }
}
