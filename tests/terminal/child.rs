//! A console in this very program, run by the tests of how it ends in a terminal of its own: its demo's levers panic,
//! one on a thread of the console, one on the engine's.

use std::path::PathBuf;
use std::sync::Arc;

use drainboard::console::{Demo, Setup, run};
use drainboard::engine::{Engine, Snapshot};

struct Broken;

impl Demo for Broken {
    fn edit(&self) -> Result<String, String> {
        panic!("the lever broke")
    }

    fn toggle_pace(&self) -> String {
        let task = || panic!("the task broke");
        let thread = std::thread::Builder::new().name(drainboard::console::ENGINE_THREAD.into());
        let _ = thread.spawn(task).unwrap().join();
        "broken".into()
    }
}

#[test]
#[ignore = "needs a terminal; run by another test"]
fn console() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (commands, _commands) = tokio::sync::mpsc::channel(1);
    let (_events, events) = tokio::sync::mpsc::channel(1);
    let (_snapshots, snapshot) = tokio::sync::watch::channel(Arc::new(Snapshot::default()));
    let task = runtime.spawn(async {});
    let left = run(Setup {
        manner: drainboard::console::Manner::Plain,
        engine: Engine { commands, events, snapshot, task },
        mirror: PathBuf::from("/nonexistent/mirror.db"),
        title: "broken".into(),
        host: String::new(),
        start: None,
        tap: drainboard::client::Tap::new(),
        demo: Some(Arc::new(Broken)),
        keymap: None,
        statements: None,
        browse: None,
        looks: drainboard::console::theme::Looks::default(),
        formulas: drainboard::spreadsheet::Formulas::Exact,
        tells: drainboard::console::model::telling::Tells::default(),
        watch: None,
        welcome: None,
        notice: None,
    });
    std::process::exit(if left.is_err() { 101 } else { 0 });
}
