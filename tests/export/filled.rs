//! A mirror with these instructions in it, and exports of it in this process.

use std::fs;
use std::path::{Path, PathBuf};

use drainboard::export::{self, ExportError, Format, Manifest, Order};
use drainboard::mirror::filter::Filter;
use drainboard::spreadsheet::Formulas;

use crate::mirrors::{Instruction, Scratch, item, page, session};

/// A mirror, and room for exports beside it.
pub(crate) struct Filled {
    scratch: Scratch,
}

impl Filled {
    /// A mirror that these instructions made, each slice in a session of its own.
    pub(crate) fn with(sessions: &[&[Instruction]]) -> Self {
        let filled = Self { scratch: Scratch::new() };
        for items in sessions {
            filled.add(items);
        }
        filled
    }

    /// One more session with these instructions.
    pub(crate) fn add(&self, items: &[Instruction]) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mirror = self.scratch.open();
            let no = mirror.begin_session(&session()).await.unwrap();
            mirror.apply(no, page(items)).await.unwrap();
            let end = drainboard::mirror::SessionEnd::Drained;
            mirror.end_session(no, end, 0, 0, None).await.unwrap();
            mirror.close().await.unwrap();
        });
    }

    /// A small account: two users, a stage, deals and a contact, one deal deleted again.
    pub(crate) fn small() -> Self {
        let one = [
            item("user", "created", "u1", 1, r#"{"id":1,"name":"Ada Baker"}"#),
            item("user", "created", "u2", 2, r#"{"id":2,"name":"Ben"}"#),
            item("stage", "created", "s1", 3, r#"{"id":5,"name":"Won"}"#),
            item("contact", "created", "c1", 4, r#"{"id":9,"name":"Acme","owner_id":2}"#),
            item(
                "deal",
                "created",
                "d1",
                5,
                r#"{"id":11,"name":"One","owner_id":1,"stage_id":5,"value":"10"}"#,
            ),
            item(
                "deal",
                "created",
                "d2",
                6,
                r#"{"id":12,"name":"Two","owner_id":2,"stage_id":5,"value":"2000"}"#,
            ),
            item("deal", "created", "d3", 7, r#"{"id":13,"name":"Gone","owner_id":404}"#),
            item("associated_contact", "created", "a1", 8, r#"{"deal_id":11,"contact_id":9}"#),
        ];
        let two = [item("deal", "deleted", "d3x", 8, r#"{"id":13}"#)];
        Self::with(&[&one, &two])
    }

    pub(crate) fn mirror(&self) -> PathBuf {
        self.scratch.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.scratch.folder().join(name)
    }

    /// What an export to the folder `name` would be asked for; the rest is the caller's.
    pub(crate) fn order(&self, format: Format, name: &str) -> Order {
        Order {
            format,
            folder: self.path(name),
            force: false,
            types: Vec::new(),
            filter: Filter::default(),
            resolve: false,
            formulas: Formulas::Exact,
            batch: None,
        }
    }

    pub(crate) fn try_export(&self, order: &Order) -> Result<Manifest, ExportError> {
        export::run(&self.scratch.reader(), order, &mut |_| true)
    }

    pub(crate) fn export(&self, order: &Order) -> Manifest {
        self.try_export(order).unwrap()
    }
}

/// The names in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A CSV file as another program reads it: header and rows.
pub(crate) fn csv(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(path).unwrap();
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}
