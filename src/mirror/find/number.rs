//! Decimal numbers as text, compared exactly: no float comes near them. Pure.

use std::cmp::Ordering;

/// A number as JSON writes one: its sign, its digits without zeros at the ends, and where the point stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::mirror) struct Number {
    negative: bool,
    /// Empty for zero.
    digits: Vec<u8>,
    /// The value is `0.DIGITS * 10^point`.
    point: i64,
}

impl Number {
    /// Reads JSON's grammar; none for anything else.
    pub(in crate::mirror) fn parse(text: &[u8]) -> Option<Self> {
        let (negative, rest) = match text {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let whole = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if whole == 0 || (whole > 1 && rest[0] == b'0') {
            return None;
        }
        let (mut digits, mut rest) = (rest[..whole].to_vec(), &rest[whole..]);
        if let [b'.', behind @ ..] = rest {
            let count = behind.iter().take_while(|b| b.is_ascii_digit()).count();
            if count == 0 {
                return None;
            }
            digits.extend_from_slice(&behind[..count]);
            rest = &behind[count..];
        }
        let exponent = match rest {
            [] => 0,
            [b'e' | b'E', behind @ ..] => std::str::from_utf8(behind).ok()?.parse::<i64>().ok()?,
            _ => return None,
        };
        let zeros = digits.iter().take_while(|b| **b == b'0').count();
        digits.drain(..zeros);
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let point = (whole as i64 - zeros as i64).saturating_add(exponent);
        let zero = digits.is_empty();
        Some(Self { negative: negative && !zero, point: if zero { 0 } else { point }, digits })
    }

    fn magnitude(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.point.cmp(&other.point).then_with(|| self.digits.cmp(&other.digits)),
        }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.magnitude(other),
            (true, true) => other.magnitude(self),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_compare_exactly() {
        let rising = [
            "-2e400",
            "-10",
            "-9.5",
            "-0.001",
            "0",
            "1e-400",
            "0.1",
            "0.10000000000000001",
            "9",
            "10",
            "1.1e1",
            "9007199254740992",
            "9007199254740993",
            "1e400",
        ];
        let numbers: Vec<_> = rising.iter().map(|n| Number::parse(n.as_bytes()).unwrap()).collect();
        for (i, a) in numbers.iter().enumerate() {
            for (j, b) in numbers.iter().enumerate() {
                assert_eq!(a.cmp(b), i.cmp(&j), "{} {}", rising[i], rising[j]);
            }
        }
        for (a, b) in [("1.50", "1.5"), ("0", "-0.0"), ("100", "1e2"), ("0e9", "0")] {
            assert_eq!(Number::parse(a.as_bytes()), Number::parse(b.as_bytes()), "{a} {b}");
        }
        for none in ["", "-", "007", "1.", ".5", "1e", "+1", "0x1", "1 ", "NaN"] {
            assert_eq!(Number::parse(none.as_bytes()), None, "{none}");
        }
    }
}
