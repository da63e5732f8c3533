//! JSON written by hand into one string that is used again: a million records are made in seconds that way.

use std::fmt::Write;

/// A JSON object in the making.
#[derive(Debug, Default)]
pub(super) struct Json(String);

impl Json {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    pub(super) fn take(self) -> String {
        self.0
    }

    /// Opens an object; within one, as the value of [`Self::key`].
    pub(super) fn open(&mut self) {
        self.0.push('{');
    }

    pub(super) fn close(&mut self) {
        self.0.push('}');
    }

    /// Writes a field's name.
    pub(super) fn key(&mut self, name: &str) {
        if !self.0.ends_with(['{', '[']) {
            self.0.push(',');
        }
        self.quoted(name);
        self.0.push(':');
    }

    /// A field with JSON as its value.
    pub(super) fn raw(&mut self, name: &str, value: &str) {
        self.key(name);
        self.0.push_str(value);
    }

    /// A field with a whole number.
    pub(super) fn number(&mut self, name: &str, value: u64) {
        self.key(name);
        self.digits(value);
    }

    /// A field with a whole number, or null.
    pub(super) fn link(&mut self, name: &str, value: Option<u64>) {
        match value {
            Some(value) => self.number(name, value),
            None => self.raw(name, "null"),
        }
    }

    /// A field that is true or false.
    pub(super) fn flag(&mut self, name: &str, value: bool) {
        self.raw(name, if value { "true" } else { "false" });
    }

    /// A field with a text.
    pub(super) fn string(&mut self, name: &str, value: &str) {
        self.key(name);
        self.quoted(value);
    }

    /// A field with a text that is made of parts.
    pub(super) fn parts(&mut self, name: &str, parts: &[&str]) {
        self.key(name);
        self.0.push('"');
        for part in parts {
            self.escaped(part);
        }
        self.0.push('"');
    }

    /// A field with a list of texts.
    pub(super) fn list(&mut self, name: &str, values: &[&str]) {
        self.key(name);
        self.0.push('[');
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                self.0.push(',');
            }
            self.quoted(value);
        }
        self.0.push(']');
    }

    /// A field with an amount of hundredths, as a decimal within a text: money never passes through a float.
    pub(super) fn money(&mut self, name: &str, cents: u64) {
        self.key(name);
        self.0.push('"');
        self.digits(cents / 100);
        self.0.push('.');
        self.pair(cents % 100);
        self.0.push('"');
    }

    /// A field with a moment, in seconds since 1970, as ISO 8601 in UTC.
    pub(super) fn time(&mut self, name: &str, seconds: u64) {
        self.date_part(name, seconds);
        let clock = seconds % 86_400;
        self.0.push('T');
        self.pair(clock / 3_600);
        self.0.push(':');
        self.pair(clock / 60 % 60);
        self.0.push(':');
        self.pair(clock % 60);
        self.0.push_str("Z\"");
    }

    /// A field with a day.
    pub(super) fn date(&mut self, name: &str, seconds: u64) {
        self.date_part(name, seconds);
        self.0.push('"');
    }

    fn date_part(&mut self, name: &str, seconds: u64) {
        let (year, month, day) = civil(seconds / 86_400);
        self.key(name);
        self.0.push('"');
        self.digits(year);
        self.0.push('-');
        self.pair(month);
        self.0.push('-');
        self.pair(day);
    }

    fn pair(&mut self, value: u64) {
        self.0.push(char::from(b'0' + (value / 10 % 10) as u8));
        self.0.push(char::from(b'0' + (value % 10) as u8));
    }

    fn digits(&mut self, value: u64) {
        // Writing into a string cannot fail.
        let _ = write!(self.0, "{value}");
    }

    fn quoted(&mut self, text: &str) {
        self.0.push('"');
        self.escaped(text);
        self.0.push('"');
    }

    fn escaped(&mut self, text: &str) {
        if !text.bytes().any(|b| b < 0x20 || b == b'"' || b == b'\\') {
            self.0.push_str(text);
            return;
        }
        for c in text.chars() {
            match c {
                '"' => self.0.push_str("\\\""),
                '\\' => self.0.push_str("\\\\"),
                '\n' => self.0.push_str("\\n"),
                '\t' => self.0.push_str("\\t"),
                c if c < ' ' => {
                    let _ = write!(self.0, "\\u{:04x}", c as u32);
                }
                c => self.0.push(c),
            }
        }
    }
}

/// Year, month and day of a day counted from 1970-01-01 (after Howard Hinnant's `civil_from_days`).
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}
