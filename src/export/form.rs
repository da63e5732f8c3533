//! A file of one form: rows go in, bytes come out.

use std::io::{self, BufWriter, Write as _};

use super::cell::Cell;
use super::layout::Layout;
use super::ndjson::Line;
use super::order::{Format, Order};
#[cfg(feature = "parquet")]
use super::parquet;
use super::staging::Staged;
use super::{csv, ndjson};
use crate::spreadsheet::Formulas;

/// Bytes that wait before they are written.
const BUFFER: usize = 1 << 18;

/// A row, as the forms want it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    /// What NDJSON writes.
    pub(super) line: Line<'a>,
    /// What tables write; may be empty for NDJSON without names.
    pub(super) cells: &'a [Cell<'a>],
}

/// A file that is being written.
pub(super) enum Sheet<'a> {
    Ndjson {
        out: BufWriter<Staged>,
        layout: &'a Layout,
    },
    Csv {
        out: BufWriter<Staged>,
        formulas: Formulas,
    },
    #[cfg(feature = "parquet")]
    Parquet(Box<parquet::Sheet>),
}

impl<'a> Sheet<'a> {
    /// Begins a file.
    pub(super) fn begin(file: Staged, layout: &'a Layout, order: &Order) -> io::Result<Self> {
        let mut out = BufWriter::with_capacity(BUFFER, file);
        Ok(match order.format {
            Format::Ndjson => Self::Ndjson { out, layout },
            Format::Csv => {
                csv::header(layout.names(), order.formulas, &mut out)?;
                Self::Csv { out, formulas: order.formulas }
            }
            #[cfg(feature = "parquet")]
            Format::Parquet => Self::Parquet(Box::new(parquet::Sheet::begin(out, layout)?)),
        })
    }

    /// Writes a row.
    pub(super) fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        match self {
            Self::Ndjson { out, layout } => {
                let names: Vec<_> = layout.named(row.cells).collect();
                ndjson::line(&row.line, &names, out)
            }
            Self::Csv { out, formulas } => csv::row(row.cells, *formulas, out),
            #[cfg(feature = "parquet")]
            Self::Parquet(sheet) => sheet.row(row.cells),
        }
    }

    /// Ends the file.
    pub(super) fn end(self) -> io::Result<Staged> {
        let mut out = match self {
            Self::Ndjson { out, .. } | Self::Csv { out, .. } => out,
            #[cfg(feature = "parquet")]
            Self::Parquet(sheet) => return sheet.end(),
        };
        out.flush()?;
        out.into_inner().map_err(io::IntoInnerError::into_error)
    }
}
