//! `drainboard config`: what all layers come to, setting by setting, with who said so; and a file to begin with.
//!
//! Promise: the token is never shown, only where it is.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::arguments;
use super::output::{self, Ending, Failure};
use super::settings;
use super::window;
use crate::config::{Answers, CONFIG_VAR, Config, Origin, Setting, template, write_new};
use crate::text::visible;

/// Does what is asked; the layers are put together only where they are shown.
pub(super) fn run(asked: &arguments::Config, resolve: impl FnOnce() -> Result<Config, Failure>) -> Ending {
    let file = settings::configuration().ok_or_else(|| {
        Failure::usage(format!(
            "no home folder is known for the configuration; name its file with {CONFIG_VAR}"
        ))
    });
    let mut out = output::stdout();
    let written = if asked.path {
        writeln!(out, "{}", file?.display())
    } else if asked.init {
        let file = file?;
        init(&file)?;
        writeln!(out, "{} is written; every setting in it is a comment yet", file.display())
    } else {
        let config = resolve()?;
        // Only the console draws, and a name that it would refuse is no setting to be shown as one.
        window::looks(&config)?;
        let file = file.ok();
        if asked.json {
            write_json(&config, file.as_deref(), &mut out)
        } else {
            write_plain(&config, file.as_deref(), &mut out)
        }
    };
    output::written(written.and_then(|()| out.flush()))
}

fn init(file: &Path) -> Result<(), Failure> {
    write_new(file, &template(&Answers::default())).map_err(|error| {
        let name = file.display();
        if error.kind() == io::ErrorKind::AlreadyExists {
            Failure::usage(format!("{name} is there already and stays as it is; move it away for a new one"))
        } else {
            Failure::other(format!("cannot write {name}: {error}"))
        }
    })
}

/// The object of `config --json`.
#[derive(Serialize)]
struct Line<'a> {
    event: &'static str,
    file: Option<&'a str>,
    exists: bool,
    settings: Map<String, Value>,
}

fn write_json(config: &Config, file: Option<&Path>, out: &mut impl Write) -> io::Result<()> {
    let told = |setting: &Setting| {
        let from = match setting.origin {
            Origin::Flag(_) => "option",
            Origin::Variable(_) => "environment",
            Origin::File(_) => "file",
            Origin::Default => "default",
        };
        let origin = settings::origin(setting.origin);
        (setting.name.to_owned(), json!({"value": setting.value, "from": from, "origin": origin}))
    };
    let name = file.map(|file| file.display().to_string());
    let line = Line {
        event: "config",
        file: name.as_deref(),
        exists: file.is_some_and(Path::exists),
        settings: config.settings.iter().map(told).collect(),
    };
    serde_json::to_writer(&mut *out, &line)?;
    out.write_all(b"\n")
}

fn write_plain(config: &Config, file: Option<&Path>, out: &mut impl Write) -> io::Result<()> {
    let text = |value: &Value| match value {
        Value::String(text) => visible(text).into_owned(),
        Value::Null => "none".to_owned(),
        other => other.to_string(),
    };
    let rows: Vec<_> =
        config.settings.iter().map(|s| (s.name, text(&s.value), settings::origin(s.origin))).collect();
    let names = rows.iter().map(|row| row.0.len()).max().unwrap_or(0);
    // A long value pushes only its own line.
    let values = rows.iter().map(|row| row.1.chars().count()).filter(|n| *n <= 60).max().unwrap_or(0);
    for (name, value, origin) in rows {
        writeln!(out, "{name:<names$}  {value:<values$}  {origin}")?;
    }
    match file {
        Some(file) if file.exists() => writeln!(out, "\nfile  {}", visible(&file.to_string_lossy())),
        Some(file) => writeln!(
            out,
            "\nfile  {} (there is none; `drainboard config --init` writes one)",
            visible(&file.to_string_lossy())
        ),
        None => Ok(()),
    }
}
