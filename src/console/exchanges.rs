//! The wire tap's reader on a thread of its own: lists, lays out, exports. Neither a filter over all bodies nor a slow
//! disk holds up a frame.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use jiff::Zoned;

use super::body;
use super::inbox::Inbox;
use super::message::{Message, WireAnswer, WireRequest};
use super::model::wire::{Found, LISTED};
use crate::client::har;
use crate::client::tap::filter::Filter;
use crate::client::tap::{Exchange, Recorded, Tap};
use crate::files;
use crate::text::{bytes, counted, grouped, visible};

/// How long the thread is waited for at the end: a recording is written to its last exchange.
const PATIENCE: Duration = Duration::from_millis(500);

/// The way to the thread; it ends when this is dropped, and a recording with it.
pub(super) struct Exchanges {
    requests: Option<Sender<WireRequest>>,
    /// Closed when the thread has ended.
    ended: Receiver<()>,
}

impl Exchanges {
    /// Starts the thread. `folder` takes exports where the current one cannot.
    pub(super) fn start(tap: Tap, folder: PathBuf, inbox: Arc<Inbox>) -> io::Result<Self> {
        let (sender, requests) = channel();
        let (running, ended) = channel();
        std::thread::Builder::new().name("exchanges".into()).spawn(move || {
            while let Some(waiting) = all(&requests) {
                for request in waiting {
                    inbox.push(Message::Wire(answer(&tap, &folder, request)));
                }
            }
            // Nobody is left to be told what became of it.
            drop(tap.stop_recording());
            drop(running);
        })?;
        Ok(Self { requests: Some(sender), ended })
    }

    /// Asks; the answer comes to the inbox.
    pub(super) fn ask(&self, request: WireRequest) {
        // The thread ends only with this.
        if let Some(requests) = &self.requests {
            let _ = requests.send(request);
        }
    }
}

impl Drop for Exchanges {
    fn drop(&mut self) {
        self.requests = None;
        let _ = self.ended.recv_timeout(PATIENCE); // what hangs is left behind
    }
}

/// What waits: of lists and layouts the newest one each, since nobody looks at the others any more.
fn all(requests: &Receiver<WireRequest>) -> Option<Vec<WireRequest>> {
    let mut waiting = vec![requests.recv().ok()?];
    waiting.extend(requests.try_iter());
    let newest = |wanted: fn(&WireRequest) -> bool| waiting.iter().rposition(wanted);
    let list = newest(|r| matches!(r, WireRequest::List(_)));
    let show = newest(|r| matches!(r, WireRequest::Show(_)));
    let mut at = 0;
    waiting.retain(|request| {
        let wanted = match request {
            WireRequest::List(_) => Some(at) == list,
            WireRequest::Show(_) => Some(at) == show,
            _ => true,
        };
        at += 1;
        wanted
    });
    Some(waiting)
}

fn answer(tap: &Tap, folder: &Path, request: WireRequest) -> WireAnswer {
    match request {
        WireRequest::List(filter) => WireAnswer::List(list(tap, &filter)),
        WireRequest::Show(exchange) => {
            let lines = Arc::new(body::lines(&exchange));
            WireAnswer::Shown { exchange, lines }
        }
        WireRequest::Find(filter) => {
            WireAnswer::Found(tap.find(None, 1, |exchange| filter.passes(exchange)).pop().map(|e| e.number))
        }
        WireRequest::Export(filter) => {
            let found = tap.find(None, usize::MAX, |exchange| filter.passes(exchange));
            WireAnswer::Exported(export(&found, folder))
        }
        WireRequest::Record(path) => WireAnswer::Recording(record(tap, &path)),
        WireRequest::StopRecording => WireAnswer::Recorded(match tap.stop_recording() {
            Ok(Some(recorded)) => Ok(recording(&recorded)),
            Ok(None) => Err("nothing was recorded".to_owned()),
            Err(e) => Err(visible(&format!("the recording broke off: {e}")).into_owned()),
        }),
    }
}

fn list(tap: &Tap, filter: &Filter) -> Found {
    let all = tap.list(None, usize::MAX);
    let packs = all.iter().rev().filter_map(|e| e.label.pack.map(|pack| (pack, e.number))).collect();
    let list = all.into_iter().filter(|exchange| filter.passes(exchange)).take(LISTED).collect();
    Found { list, usage: tap.usage(), packs, recorded: tap.recorded() }
}

fn record(tap: &Tap, path: &Path) -> Result<Recorded, String> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let failed = |e: io::Error| {
        let why = match e.kind() {
            io::ErrorKind::AlreadyExists => "it is there already; name another file".to_owned(),
            _ => e.to_string(),
        };
        visible(&format!("cannot record to {}: {why}", path.display())).into_owned()
    };
    tap.record_to(&path).map_err(failed)?;
    Ok(tap.recorded().unwrap_or(Recorded { path, exchanges: 0, bytes: 0, missed: 0 }))
}

/// What a recording became, in a line.
fn recording(recorded: &Recorded) -> String {
    let Recorded { path, exchanges, bytes: size, missed } = recorded;
    let missed =
        if *missed > 0 { format!(", {} missed: the disk is slow", grouped(*missed)) } else { String::new() };
    let many = counted(*exchanges, "exchange");
    let text = format!("{many}{missed}, {}, HAR in {}", bytes(*size), path.display());
    visible(&text).into_owned()
}

/// Writes an archive for its owner alone: into the current folder, or else beside the mirror. Says where.
fn export(exchanges: &[Arc<Exchange>], folder: &Path) -> Result<String, String> {
    if exchanges.is_empty() {
        return Err("no exchange to export: none passes the filter".to_owned());
    }
    let name = Zoned::now().strftime("drainboard-%Y%m%d-%H%M%S").to_string();
    let here = std::env::current_dir().unwrap_or_default();
    let (path, file) = create(&here, &name).or_else(|_| create(folder, &name)).map_err(|e| {
        visible(&format!("no archive could be made in {} or {}: {e}", here.display(), folder.display()))
            .into_owned()
    })?;
    write(file, exchanges).map_err(|e| visible(&format!("{}: {e}", path.display())).into_owned())?;
    let many = counted(exchanges.len() as u64, "exchange");
    let cut = exchanges.iter().any(|exchange| {
        exchange.body.cut || exchange.response.as_ref().is_some_and(|response| response.body.cut)
    });
    let cut = if cut { "; bodies are cut: R records whole ones, for serve --replay" } else { "" };
    Ok(visible(&format!("{many} in {}{cut}", path.display())).into_owned())
}

/// A new file of that name, or of that name and a number.
fn create(folder: &Path, name: &str) -> io::Result<(PathBuf, File)> {
    let mut path = folder.join(format!("{name}.har"));
    for n in 2..100 {
        match files::private().write(true).create_new(true).open(&path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                path = folder.join(format!("{name}-{n}.har"));
            }
            opened => return opened.map(|file| (path, file)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn write(file: File, exchanges: &[Arc<Exchange>]) -> io::Result<()> {
    let mut file = io::BufWriter::new(file);
    serde_json::to_writer_pretty(&mut file, &har::archive(exchanges.iter().map(AsRef::as_ref)))?;
    file.write_all(b"\n")?;
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_for_its_owner_alone_and_overwrites_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (first, file) = create(folder.path(), "x").unwrap();
        write(file, &[]).unwrap();
        let (second, _) = create(folder.path(), "x").unwrap();
        assert_ne!(first, second);
        assert!(std::fs::read_to_string(&first).unwrap().contains("\"1.2\""));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(first.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
