//! Lines of NDJSON: a record, or an instruction as the service sent it.

use std::io::{self, Write};

use super::cell::Cell;

/// What a line says beside `data`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Line<'a> {
    /// The type as received.
    pub(super) kind: &'a str,
    /// The revision, where there is one.
    pub(super) revision: Option<i64>,
    /// For instructions: what happened, and the key where there is one.
    pub(super) event: Option<(&'a str, Option<&'a str>)>,
    /// The JSON as received.
    pub(super) data: &'a str,
}

/// Writes a line. `names` are fields and the names of what they point to.
pub(super) fn line(line: &Line<'_>, names: &[(&str, &Cell<'_>)], out: &mut impl Write) -> io::Result<()> {
    let kind = quoted(line.kind);
    match line.event {
        None => {
            write!(out, "{{\"type\":{kind}")?;
            revision(line.revision, out)?;
            data(line.data, out)?;
        }
        Some((event, ack_key)) => {
            write!(out, "{{\"meta\":{{\"type\":{kind},\"sync\":{{\"event_type\":{}", quoted(event))?;
            if let Some(key) = ack_key {
                write!(out, ",\"ack_key\":{}", quoted(key))?;
            }
            revision(line.revision, out)?;
            out.write_all(b"}}")?;
            data(line.data, out)?;
        }
    }
    let mut names = names.iter().filter_map(|(field, cell)| match cell {
        Cell::Text(name) => Some((field, name)),
        _ => None,
    });
    if let Some((field, name)) = names.next() {
        write!(out, ",\"names\":{{{}:{}", quoted(field), quoted(name))?;
        for (field, name) in names {
            write!(out, ",{}:{}", quoted(field), quoted(name))?;
        }
        out.write_all(b"}")?;
    }
    out.write_all(b"}\n")
}

fn revision(revision: Option<i64>, out: &mut impl Write) -> io::Result<()> {
    revision.map_or(Ok(()), |revision| write!(out, ",\"revision\":{revision}"))
}

/// The JSON as received. In texts a line break is always escaped, so a bare one stands between tokens.
fn data(data: &str, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b",\"data\":")?;
    if memchr::memchr2(b'\n', b'\r', data.as_bytes()).is_none() {
        return out.write_all(data.as_bytes());
    }
    for part in data.split_inclusive(['\n', '\r']) {
        match part.strip_suffix(['\n', '\r']) {
            Some(part) => write!(out, "{part} ")?,
            None => out.write_all(part.as_bytes())?,
        }
    }
    write!(out, ",\"raw\":{}", quoted(data))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_and_keeps_every_byte() {
        let written = |of: Line<'_>, names: &[(&str, &Cell<'_>)]| {
            let mut out = Vec::new();
            line(&of, names, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let plain = Line { kind: "a\"b", revision: Some(-3), data: r#"{"x": 1.10}"#, ..Line::default() };
        assert_eq!(written(plain, &[]), "{\"type\":\"a\\\"b\",\"revision\":-3,\"data\":{\"x\": 1.10}}\n");
        let broken = Line { kind: "a", data: "{\r\n\"x\":\t1}", ..Line::default() };
        assert_eq!(
            written(broken, &[]),
            "{\"type\":\"a\",\"data\":{  \"x\":\t1},\"raw\":\"{\\r\\n\\\"x\\\":\\t1}\"}\n"
        );
        let item = Line { kind: "a", event: Some(("deleted", Some("K-1"))), data: "{}", ..Line::default() };
        let name = Cell::text("Ada");
        assert_eq!(
            written(item, &[("owner_id", &name), ("x_id", &Cell::Null)]),
            "{\"meta\":{\"type\":\"a\",\"sync\":{\"event_type\":\"deleted\",\"ack_key\":\"K-1\"}},\"data\":{},\"names\":{\"owner_id\":\"Ada\"}}\n"
        );
    }
}
