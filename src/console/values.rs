//! How one value of a query's answer is written: exactly for CSV and JSON. Pure, but for the writer it is given.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{self, Write};

use crate::mirror::reader::Value;
use crate::spreadsheet::Formulas;

/// A value as text, nothing changed: NULL is empty, doubles have the shortest digits that read back as the same
/// double, bytes are hexadecimal.
pub fn exact(value: &Value) -> Cow<'_, [u8]> {
    match value {
        Value::Null => Cow::Borrowed(b""),
        Value::Integer(n) => Cow::Owned(n.to_string().into_bytes()),
        Value::Real(x) => Cow::Owned(real(*x).into_bytes()),
        Value::Text(text) => Cow::Borrowed(text.as_bytes()),
        Value::Blob(bytes) => Cow::Owned(hex::encode(bytes).into_bytes()),
    }
}

/// A value as a cell of CSV: exactly, but for texts that begin like a formula where those are to be disarmed.
pub fn cell(value: &Value, formulas: Formulas) -> Cow<'_, [u8]> {
    let exact = exact(value);
    if matches!(value, Value::Text(_)) { formulas.text(exact) } else { exact }
}

/// A double as SQL and JSON read it: `1200.5`, `1.0`, `1e300`; infinity as a number that overflows to it.
pub fn real(x: f64) -> String {
    match serde_json::Number::from_f64(x) {
        Some(number) => number.to_string(),
        None if x > 0.0 => "9e999".into(),
        None => "-9e999".into(),
    }
}

/// Writes a row as one line with a JSON object.
///
/// # Errors
/// What the writer says.
pub fn write_object(names: &[String], row: &[Value], out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"{")?;
    for (i, (name, value)) in names.iter().zip(row).enumerate() {
        if i > 0 {
            out.write_all(b",")?;
        }
        serde_json::to_writer(&mut *out, name)?;
        out.write_all(b":")?;
        match value {
            Value::Null => out.write_all(b"null")?,
            Value::Integer(n) => write!(out, "{n}")?,
            Value::Real(x) => out.write_all(real(*x).as_bytes())?,
            Value::Text(text) => serde_json::to_writer(&mut *out, text)?,
            Value::Blob(bytes) => serde_json::to_writer(&mut *out, &hex::encode(bytes))?,
        }
    }
    out.write_all(b"}\n")
}

/// Names for an object's fields: a column whose name was there before gets `_2`, `_3` … behind it.
pub fn distinct(columns: &[String]) -> Vec<String> {
    let mut taken: HashSet<String> = columns.iter().cloned().collect();
    let mut seen = HashSet::new();
    columns
        .iter()
        .map(|column| {
            if seen.insert(column.clone()) {
                return column.clone();
            }
            // One of so many is free: there are fewer names than that.
            let mut numbered = (2..=columns.len() + 2).map(|n| format!("{column}_{n}"));
            let name = numbered.find(|name| !taken.contains(name)).unwrap_or_else(|| column.clone());
            taken.insert(name.clone());
            name
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_exactly() {
        let row = [
            Value::Null,
            Value::Integer(i64::MAX),
            Value::Real(0.1),
            Value::Text("a \"b\"\n\u{1b}".into()),
            Value::Blob(vec![0, 255]),
        ];
        let names: Vec<String> = ["n", "i", "r", "t", "b"].map(String::from).to_vec();
        let mut out = Vec::new();
        write_object(&names, &row, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"n\":null,\"i\":9223372036854775807,\"r\":0.1,\"t\":\"a \\\"b\\\"\\n\\u001b\",\"b\":\"00ff\"}\n"
        );
        assert_eq!(real(1.0), "1.0");
        assert_eq!(real(f64::NEG_INFINITY), "-9e999");
    }

    #[test]
    fn no_field_of_an_object_is_lost() {
        let columns = ["id", "id", "id_2", "id"].map(String::from);
        assert_eq!(distinct(&columns), ["id", "id_3", "id_2", "id_4"]);
    }
}
