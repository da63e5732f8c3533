//! The type of a column, chosen by all of its values. Pure.
//!
//! A column of numbers is `Integer` where each is an integer of 64 bits in its usual form, `Decimal` where all have the
//! same number of digits behind the point, `Double` where each is a double that says the same number again when it is
//! written in decimal, and else text: no number is rounded, and no zero at the end of an amount is lost. Texts that are
//! such amounts, as the service sends money, are `Decimal` too, and texts that are times in UTC `Time`, each where every
//! value of the column writes itself again as it was. A text of digits without a point stays one: it may be a telephone
//! number. Null fits all.

use std::borrow::Cow;

use jiff::Timestamp;

use super::cell::Cell;
use crate::mirror::find::equal_numbers;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// INT64.
    Integer,
    /// DECIMAL with [`DIGITS`] digits, so many of them behind the point.
    Decimal(u8),
    /// DOUBLE.
    Double,
    /// BOOLEAN.
    Boolean,
    /// Microseconds in UTC; so many digits of a second's fraction are written.
    Time(u8),
    /// UTF-8; what is no text is its JSON text.
    Text,
}

/// The digits that a decimal has room for.
pub(super) const DIGITS: u8 = 38;

impl Kind {
    /// Its word in the manifest.
    pub(super) fn word(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Integer => "INT64",
            Self::Double => "DOUBLE",
            Self::Boolean => "BOOLEAN",
            Self::Text => "UTF8",
            Self::Decimal(scale) => return Cow::Owned(format!("DECIMAL({DIGITS},{scale})")),
            Self::Time(digits) => return Cow::Owned(format!("TIMESTAMP({digits})")),
        })
    }
}

/// What the values seen so far could all be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Guess {
    integer: bool,
    double: bool,
    boolean: bool,
    /// Digits behind the point, of numbers and of texts. Every value closes the first.
    number: Digits,
    amount: Digits,
    /// Digits of a second's fraction.
    time: Digits,
}

/// The digits that all values have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Digits {
    /// No value was seen.
    Open,
    /// So many.
    Same(u8),
    /// Some have others, or a value is none of the kind.
    Unlike,
}

impl Digits {
    fn see(self, digits: Option<u8>) -> Self {
        match (self, digits) {
            (Self::Open, Some(digits)) => Self::Same(digits),
            (Self::Same(same), Some(digits)) if same == digits => self,
            _ => Self::Unlike,
        }
    }
}

impl Guess {
    /// Before any value.
    pub(super) const NEW: Self = Self {
        integer: true,
        double: true,
        boolean: true,
        number: Digits::Open,
        amount: Digits::Open,
        time: Digits::Open,
    };

    /// Sees a value.
    pub(super) fn see(&mut self, cell: &Cell<'_>) {
        let (mut integer, mut double, mut boolean) = (false, false, false);
        let (mut number, mut amount, mut time) = (Digits::Unlike, Digits::Unlike, Digits::Unlike);
        match cell {
            Cell::Null => return,
            Cell::Boolean(_) => boolean = self.boolean,
            Cell::Number(text) => {
                integer = self.integer && is_integer(text);
                double = self.double && is_double(text);
                number = self.number.see(decimal(text).map(|(_, scale)| scale));
            }
            Cell::Text(text) => {
                // What is no longer in question is not read.
                if self.amount != Digits::Unlike {
                    amount = self.amount.see(decimal(text).map(|(_, scale)| scale));
                }
                if self.time != Digits::Unlike {
                    time = self.time.see(instant(text).map(|(_, digits)| digits));
                }
            }
            Cell::Nested(_) => {}
        }
        *self = Self { integer, double, boolean, number, amount, time };
    }

    /// The narrowest type of all values; text where there were none.
    pub(super) fn kind(self) -> Kind {
        match self {
            Self { number: Digits::Open, .. } => Kind::Text,
            Self { integer: true, .. } => Kind::Integer,
            Self { number: Digits::Same(scale), .. } | Self { amount: Digits::Same(scale), .. } => {
                Kind::Decimal(scale)
            }
            Self { double: true, .. } => Kind::Double,
            Self { boolean: true, .. } => Kind::Boolean,
            Self { time: Digits::Same(digits), .. } => Kind::Time(digits),
            _ => Kind::Text,
        }
    }
}

/// A decimal with a point, as its digits without it and how many stand behind it; none where these would write another
/// text again, or are more than [`DIGITS`].
pub(super) fn decimal(text: &str) -> Option<(i128, u8)> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.')?;
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let usual = whole == "0" || !whole.starts_with('0');
    if !(are_digits(whole) && are_digits(fraction) && usual) || whole.len() + fraction.len() > DIGITS.into() {
        return None;
    }
    let unscaled: i128 = format!("{whole}{fraction}").parse().ok()?;
    match (digits.len() < text.len(), unscaled) {
        (true, 0) => None, // its sign would go
        (minus, unscaled) => {
            Some((if minus { -unscaled } else { unscaled }, u8::try_from(fraction.len()).ok()?))
        }
    }
}

/// A time in UTC, as microseconds since 1970 and the digits of its second's fraction; none where these would write
/// another text again.
pub(super) fn instant(text: &str) -> Option<(i64, u8)> {
    const SHORTEST: usize = "2026-01-02T03:04:05Z".len();
    const MOST: usize = 6;
    if text.len() < SHORTEST || text.len() > SHORTEST + 1 + MOST || !text.ends_with('Z') {
        return None;
    }
    let digits = text.len().saturating_sub(SHORTEST + 1);
    let time: Timestamp = text.parse().ok()?;
    (format!("{time:.digits$}") == text).then(|| Some((time.as_microsecond(), u8::try_from(digits).ok()?)))?
}

fn is_integer(text: &str) -> bool {
    text.parse::<i64>().is_ok_and(|n| n.to_string() == text)
}

fn is_double(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(|x| x.is_finite() && equal_numbers(text, &format!("{x:e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(raw: &[&str]) -> Kind {
        let mut guess = Guess::NEW;
        for raw in raw {
            guess.see(&Cell::from_json(raw));
        }
        guess.kind()
    }

    #[test]
    fn a_type_holds_every_value_exactly() {
        let cases: &[(&[&str], Kind)] = &[
            (&[], Kind::Text),
            (&["null"], Kind::Text),
            (&["1", "null", "-9223372036854775808"], Kind::Integer),
            (&["1", "1.10", "1e300", "-0.5"], Kind::Double),
            (&["1000.10", "null", "-0.50"], Kind::Decimal(2)),
            (&["1000.10", "0.5"], Kind::Double),
            (&["\"1000.10\"", "\"0.00\"", "null"], Kind::Decimal(2)),
            (&["\"1000.10\"", "\"0.5\""], Kind::Text), // a zero at the end would be lost or made
            (&["\"1000.10\"", "1000.10"], Kind::Text),
            (&["\"10\"", "\"2000\""], Kind::Text), // may be telephone numbers
            (&["\"01.50\""], Kind::Text),
            (&["\"-0.00\""], Kind::Text),
            (&["\"+1.50\""], Kind::Text),
            (&["\"1.\""], Kind::Text),
            (&["\".5\""], Kind::Text),
            (&["\"12345678901234567890123456789012345678.9\""], Kind::Text), // 39 digits
            (&["\"1234567890123456789012345678901234567.8\""], Kind::Decimal(1)),
            (&["\"2026-01-02T03:04:05Z\"", "null", "\"1969-12-31T23:59:59Z\""], Kind::Time(0)),
            (&["\"2026-01-02T03:04:05.120Z\""], Kind::Time(3)),
            (&["\"2026-01-02T03:04:05.123456Z\""], Kind::Time(6)),
            (&["\"2026-01-02T03:04:05.12Z\"", "\"2026-01-02T03:04:05Z\""], Kind::Text),
            (&["\"2026-01-02T03:04:05.1234567Z\""], Kind::Text),
            (&["\"2026-01-02T03:04:05.Z\""], Kind::Text),
            (&["\"2026-01-02T03:04:60Z\""], Kind::Text),
            (&["\"2026-01-02T03:04:05+00:00\""], Kind::Text),
            (&["\"2026-01-02t03:04:05z\""], Kind::Text),
            (&["\"2026-02-30T03:04:05Z\""], Kind::Text),
            (&["\"2026-01-02\""], Kind::Text),
            (&["\"2026-01-02T03:04:05Z\"", "\"1.50\""], Kind::Text),
            (&["9007199254740993", "0.5"], Kind::Text), // a double would round it
            (&["9223372036854775808"], Kind::Text),     // 2^63 is a double, which writes itself otherwise
            (&["9223372036854775809"], Kind::Text),
            (&["123456789012345678901234567890"], Kind::Text),
            (&["0.1", "0.10000000000000000001"], Kind::Text),
            (&["1e400"], Kind::Text),
            (&["-0"], Kind::Double),
            (&["true", "null", "false"], Kind::Boolean),
            (&["true", "1"], Kind::Text),
            (&["1", "\"1\""], Kind::Text),
            (&["[1]"], Kind::Text),
        ];
        for (raw, expected) in cases {
            assert_eq!(kind(raw), *expected, "{raw:?}");
        }
    }
}
