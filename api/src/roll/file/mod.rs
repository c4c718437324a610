//! Roll files as people really keep them: CSV from any spreadsheet program, or XLSX.
//!
//! What it is for: [`read`] recognises the file by its content and finds its heading; [`check`] goes through the rows
//! once and gives the good ones, and every problem with row, column, value and cure.
//!
//! What it promises: areas are exact (0.01 m², never a float); memory and time are bounded by the limits below,
//! whatever the file claims about itself; a name, phone or ID number is masked before it enters a refusal, and none
//! of them enters an error.
//!
//! What it never does: touch a database, repair a doubtful cell silently, or decide who counts as a head beyond what
//! the row says.

mod cells;
mod check;
mod developers;
mod error;
mod heading;
mod mask;
mod package;
mod text;
mod workbook;

#[cfg(test)]
pub(super) mod tests;

pub use cells::place_key;
pub use check::{Buildings, Checked, Cure, Problem, Refusal, RollOwner, RollRow, check};
pub use developers::{Developer, Organisations};
pub use error::FileError;
pub use heading::{Column, Heading};
pub use rules::{
    identity::IdNumber,
    roll::{HomeKind, HomeStatus},
};

/// The largest file that is read, in bytes.
pub const MAX_FILE_BYTES: usize = 32 << 20;
/// The last row that is read: the last that a spreadsheet can have.
pub const MAX_ROWS: u64 = 1_048_576;
/// The most columns a sheet may use.
pub const MAX_COLUMNS: usize = 64;
/// The longest cell, in characters.
pub const MAX_CELL_CHARS: usize = 1_000;

/// How the file was kept, told by its content and never by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text with separators, in UTF-8, UTF-16 or GB18030.
    Csv,
    /// An Office Open XML workbook.
    Xlsx,
}

/// A roll file whose format and heading are known; its rows are read when they are checked.
pub struct Sheet<'a> {
    name: String,
    heading: Heading,
    source: Source<'a>,
}

enum Source<'a> {
    Text(text::Text<'a>),
    Workbook(Box<workbook::Workbook<'a>>),
}

/// One row below the heading; `row` is its number in the file, from 1.
#[derive(Clone, Default)]
struct Line {
    row: u64,
    cells: [String; Column::COUNT],
    /// Of the heading's further columns, in its order.
    others: Vec<String>,
    /// The first cell of the row that holds something, in whatever column.
    first: String,
    part: Part,
    /// Further rows of the same home, each with its own cells alone.
    rest: Vec<Line>,
}

/// What a row is of a home.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Part {
    /// All of it, or its first row.
    #[default]
    Home,
    /// One more row: room and area are merged with the row above.
    MoreOfIt,
}

impl Line {
    fn get(&self, column: Column) -> &str {
        self.cells.get(column.index()).map_or("", String::as_str)
    }
}

/// Recognises the file and finds its heading. `name` is only repeated to people.
///
/// # Errors
/// [`FileError`] says in plain words what the file is instead of a roll, or what its heading lacks.
pub fn read<'a>(bytes: &'a [u8], name: &str) -> Result<Sheet<'a>, FileError> {
    if bytes.is_empty() {
        return Err(FileError::Empty);
    }
    if bytes.len() > MAX_FILE_BYTES {
        return Err(FileError::TooLarge);
    }
    let (heading, source) = if bytes.starts_with(b"PK\x03\x04") {
        let (heading, workbook) = workbook::open(bytes)?;
        (heading, Source::Workbook(Box::new(workbook)))
    } else if bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        return Err(FileError::OldWorkbook);
    } else {
        let (heading, text) = text::open(bytes)?;
        (heading, Source::Text(text))
    };
    Ok(Sheet { name: name.to_owned(), heading, source })
}

impl Sheet<'_> {
    /// The file's name as given by whoever sent it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the heading stands and which column means what.
    pub fn heading(&self) -> &Heading {
        &self.heading
    }

    /// How the file is kept.
    pub fn format(&self) -> Format {
        match self.source {
            Source::Text(_) => Format::Csv,
            Source::Workbook(_) => Format::Xlsx,
        }
    }

    /// Hands every home below the heading to `visit`, in order, one at a time.
    fn for_each_line(&mut self, visit: &mut dyn FnMut(&Line)) -> Result<(), FileError> {
        let heading = &self.heading;
        let mut home: Option<Line> = None;
        let mut each = |line: &Line| {
            let blank = line.cells.iter().chain(&line.others).all(String::is_empty);
            // Printed rolls repeat the heading on every page.
            if blank || heading.is_repeated_by(&line.cells) {
                return;
            }
            match &mut home {
                Some(home) if line.part == Part::MoreOfIt => home.rest.push(line.clone()),
                _ => {
                    if let Some(done) = home.replace(line.clone()) {
                        visit(&done);
                    }
                }
            }
        };
        match &mut self.source {
            Source::Text(text) => text.for_each_line(heading, &mut each)?,
            Source::Workbook(workbook) => workbook.for_each_line(heading, &mut each)?,
        }
        if let Some(done) = home {
            visit(&done);
        }
        Ok(())
    }
}
