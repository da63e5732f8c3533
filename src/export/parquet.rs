//! Parquet files: typed columns, Snappy, row groups of bounded size.
//!
//! All columns are optional. A column's type is chosen by all of its values ([`super::typing`]); texts are UTF-8
//! strings. `_data` has the JSON as received, so nothing is lost to a type.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DoubleType, FixedLenByteArray, FixedLenByteArrayType, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnPath, Type};

use super::cell::Cell;
use super::layout::{DATA, Layout};
use super::manifest::PROGRAM;
use super::staging::Staged;
use super::typing::{DIGITS, Kind, decimal, instant};

/// Rows of a row group, at most.
const ROWS: usize = 65_536;
/// Bytes of a row group before they are written, about.
const BYTES: usize = 32 << 20;

/// A file that is being written.
pub(super) struct Sheet {
    writer: SerializedFileWriter<BufWriter<Staged>>,
    columns: Vec<Column>,
    rows: usize,
    bytes: usize,
}

/// The values of a column that wait for their row group.
struct Column {
    values: Values,
    /// 1 for a value, 0 for none.
    levels: Vec<i16>,
}

enum Values {
    Integer(Vec<i64>),
    Double(Vec<f64>),
    Boolean(Vec<bool>),
    Decimal(Vec<FixedLenByteArray>),
    Time(Vec<i64>),
    Text(Vec<ByteArray>),
}

impl Sheet {
    /// Begins a file for a table.
    pub(super) fn begin(out: BufWriter<Staged>, layout: &Layout) -> io::Result<Self> {
        let fields = layout.typed().map(|(name, kind)| field(name, kind).map(Arc::new));
        let fields = fields.collect::<Result<Vec<_>, _>>().map_err(told)?;
        let schema = Type::group_type_builder("record").with_fields(fields).build().map_err(told)?;
        let kind = KeyValue::new("drainboard.type".to_owned(), layout.kind().to_owned());
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(PROGRAM.to_owned())
            .set_column_dictionary_enabled(ColumnPath::from(DATA), false)
            .set_key_value_metadata(Some(vec![kind]));
        let writer = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties.build()));
        let columns = layout.typed().map(|(_, kind)| Column::new(kind)).collect();
        Ok(Self { writer: writer.map_err(told)?, columns, rows: 0, bytes: 0 })
    }

    /// Takes a row; writes a row group where there are enough.
    pub(super) fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            self.bytes += column.push(cell)?;
        }
        self.rows += 1;
        if self.rows >= ROWS || self.bytes >= BYTES { self.flush() } else { Ok(()) }
    }

    /// Ends the file.
    pub(super) fn end(mut self) -> io::Result<Staged> {
        self.flush()?;
        self.writer.flush()?;
        let mut out = self.writer.into_inner().map_err(told)?;
        out.flush()?;
        out.into_inner().map_err(io::IntoInnerError::into_error)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group().map_err(told)?;
        for column in &mut self.columns {
            column.write(&mut group).map_err(told)?;
        }
        group.close().map_err(told)?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }
}

impl Column {
    fn new(kind: Kind) -> Self {
        let values = match kind {
            Kind::Integer => Values::Integer(Vec::new()),
            Kind::Double => Values::Double(Vec::new()),
            Kind::Boolean => Values::Boolean(Vec::new()),
            Kind::Decimal(_) => Values::Decimal(Vec::new()),
            Kind::Time(_) => Values::Time(Vec::new()),
            Kind::Text => Values::Text(Vec::new()),
        };
        Self { values, levels: Vec::new() }
    }

    /// Takes a value; about how many bytes it has.
    fn push(&mut self, cell: &Cell<'_>) -> io::Result<usize> {
        // The types were chosen by these very values, in the same state of the mirror.
        let unfit = || io::Error::other("a value does not fit the type of its column");
        self.levels.push(i16::from(*cell != Cell::Null));
        match (&mut self.values, cell) {
            (_, Cell::Null) => return Ok(2),
            (Values::Integer(values), Cell::Number(text)) => values.push(text.parse().map_err(|_| unfit())?),
            (Values::Double(values), Cell::Number(text)) => values.push(text.parse().map_err(|_| unfit())?),
            (Values::Boolean(values), Cell::Boolean(value)) => values.push(*value),
            (Values::Decimal(values), Cell::Number(text) | Cell::Text(text)) => {
                let (unscaled, _) = decimal(text).ok_or_else(unfit)?;
                values.push(unscaled.to_be_bytes().to_vec().into());
                return Ok(48);
            }
            (Values::Time(values), Cell::Text(text)) => values.push(instant(text).ok_or_else(unfit)?.0),
            (Values::Text(values), cell) => {
                let text = cell.words();
                values.push(ByteArray::from(text.as_bytes().to_vec()));
                return Ok(text.len() + 48);
            }
            _ => return Err(unfit()),
        }
        Ok(10)
    }

    fn write(
        &mut self,
        group: &mut SerializedRowGroupWriter<'_, BufWriter<Staged>>,
    ) -> Result<(), ParquetError> {
        let Some(mut column) = group.next_column()? else { return Ok(()) };
        let levels = Some(self.levels.as_slice());
        match &mut self.values {
            Values::Integer(values) | Values::Time(values) => {
                column.typed::<Int64Type>().write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Double(values) => {
                column.typed::<DoubleType>().write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Boolean(values) => {
                column.typed::<BoolType>().write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Decimal(values) => {
                column.typed::<FixedLenByteArrayType>().write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Text(values) => {
                column.typed::<ByteArrayType>().write_batch(values, levels, None)?;
                values.clear();
            }
        }
        self.levels.clear();
        column.close()
    }
}

/// The rows that a file says it has; none where it is no Parquet.
pub(super) fn rows(path: &Path) -> Option<u64> {
    let reader = SerializedFileReader::new(File::open(path).ok()?).ok()?;
    u64::try_from(reader.metadata().file_metadata().num_rows()).ok()
}

fn field(name: &str, kind: Kind) -> Result<Type, ParquetError> {
    let physical = match kind {
        Kind::Integer | Kind::Time(_) => Physical::INT64,
        Kind::Decimal(_) => Physical::FIXED_LEN_BYTE_ARRAY,
        Kind::Double => Physical::DOUBLE,
        Kind::Boolean => Physical::BOOLEAN,
        Kind::Text => Physical::BYTE_ARRAY,
    };
    let field = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
    match kind {
        Kind::Text => field
            .with_logical_type(Some(LogicalType::String))
            .with_converted_type(ConvertedType::UTF8)
            .build(),
        Kind::Decimal(scale) => {
            let (scale, precision) = (i32::from(scale), i32::from(DIGITS));
            field
                .with_length(16)
                .with_logical_type(Some(LogicalType::decimal(scale, precision)))
                .with_converted_type(ConvertedType::DECIMAL)
                .with_precision(precision)
                .with_scale(scale)
                .build()
        }
        Kind::Time(_) => field
            .with_logical_type(Some(LogicalType::timestamp(true, TimeUnit::MICROS)))
            .with_converted_type(ConvertedType::TIMESTAMP_MICROS)
            .build(),
        _ => field.build(),
    }
}

/// The file system's error where there is one below.
fn told(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(below) => match below.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}
