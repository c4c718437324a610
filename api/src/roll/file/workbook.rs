//! XLSX workbooks: which sheet is the roll, its merged cells, its rows one by one.

use std::collections::HashMap;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Reader, Xlsx, XlsxError};

use super::{
    Column, FileError, Heading, Line, MAX_CELL_CHARS, MAX_COLUMNS, MAX_ROWS, Part,
    heading::{self, ROWS_ABOVE},
    package,
};

/// How many sheets are looked at for a roll.
const MAX_SHEETS: usize = 20;
/// What stands for a date in a column that has none: the spreadsheet took `1-101` for the first of some month.
const DATE: &str = "#DATE!";

/// A workbook that was measured, and the sheet in it that is the roll.
pub(super) struct Workbook<'a> {
    file: Xlsx<Cursor<&'a [u8]>>,
    sheet: String,
    merged: Merged,
}

pub(super) fn open(bytes: &[u8]) -> Result<(Heading, Workbook<'_>), FileError> {
    package::measure(bytes)?;
    guarded(|| {
        let mut file = Xlsx::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
        let mut nearest = FileError::Empty;
        for sheet in file.sheet_names().into_iter().take(MAX_SHEETS) {
            // A chart is a sheet without cells.
            let Ok(merged) = Merged::read(&mut file, &sheet) else { continue };
            let mut rows = Vec::new();
            let outcome = each_row(&mut file, &sheet, &merged, None, &mut |row, cells, _| {
                rows.push((row, cells.to_vec()));
                rows.len() < ROWS_ABOVE
            });
            match outcome.and_then(|()| heading::find(&rows)) {
                Ok(heading) => return Ok((heading, Workbook { file, sheet, merged })),
                Err(found) if found.nearness() > nearest.nearness() => nearest = found,
                Err(_) => {}
            }
        }
        Err(nearest)
    })
}

/// The reader computes with numbers that a damaged file chose, and panics where they overflow.
fn guarded<T>(work: impl FnOnce() -> Result<T, FileError>) -> Result<T, FileError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(FileError::BrokenWorkbook))
}

/// The reader's own words may repeat a cell's value, so they are not passed on.
fn broken(error: &XlsxError) -> FileError {
    match error {
        XlsxError::Password => FileError::OldWorkbook,
        XlsxError::FileNotFound(_) => FileError::NotAWorkbook,
        _ => FileError::BrokenWorkbook,
    }
}

/// The merged areas of a sheet, by their first cell: (row, column) from 0, and the last row.
struct Merged(HashMap<(u32, u32), u32>);

impl Merged {
    fn read(file: &mut Xlsx<Cursor<&[u8]>>, sheet: &str) -> Result<Self, FileError> {
        let areas = file.merge_cells_by_sheet_name(sheet).map_err(|error| broken(&error))?;
        let down = areas.into_iter().filter(|area| area.end.0 > area.start.0);
        Ok(Self(down.map(|area| (area.start, area.end.0)).collect()))
    }
}

/// What each column carries down from a merged cell: from which row, to which, and the value.
type Carried = [Option<(u32, u32, String)>; MAX_COLUMNS];

/// From which row to which the merged cell goes that a cell of this row is part of, without being its first.
type Spans = [Option<(u32, u32)>; MAX_COLUMNS];

/// Calls `visit` with each row that has cells of its own, merged cells filled down, until that answers no. The row
/// counts from 1, as the spreadsheet shows it. An area merged over several homes may be the area of each or of all
/// together, so the column `area` is left as it is.
fn each_row(
    file: &mut Xlsx<Cursor<&[u8]>>,
    sheet: &str,
    merged: &Merged,
    area: Option<usize>,
    visit: &mut dyn FnMut(u64, &[String], &Spans) -> bool,
) -> Result<(), FileError> {
    let mut reader = file.worksheet_cells_reader(sheet).map_err(|error| broken(&error))?;
    let mut carried: Carried = [const { None }; MAX_COLUMNS];
    let mut cells = vec![String::new(); MAX_COLUMNS];
    let mut current = None;
    while let Some(cell) = reader.next_cell().map_err(|error| broken(&error))? {
        let (row, column) = cell.get_position();
        let value = text_of(cell.get_value());
        if value.is_empty() {
            continue;
        }
        if current != Some(row) {
            if let Some(done) = current {
                // A file may claim its rows in any order; only a spreadsheet's own is read.
                if row < done {
                    return Err(FileError::BrokenWorkbook);
                }
                let spans = fill(done, &mut cells, &carried, area);
                if !visit(u64::from(done) + 1, &cells, &spans) {
                    return Ok(());
                }
            }
            if u64::from(row) >= MAX_ROWS {
                return Err(FileError::TooManyRows);
            }
            cells.iter_mut().for_each(String::clear);
            current = Some(row);
        }
        let number = u64::from(row) + 1;
        let place = usize::try_from(column).ok().filter(|column| *column < MAX_COLUMNS);
        let Some((own, below)) = place.and_then(|at| cells.get_mut(at).zip(carried.get_mut(at))) else {
            return Err(FileError::TooManyColumns { row: number });
        };
        if value.len() > MAX_CELL_CHARS && value.chars().count() > MAX_CELL_CHARS {
            return Err(FileError::CellTooLong { row: number });
        }
        if let Some(last) = merged.0.get(&(row, column)) {
            *below = Some((row, *last, value.clone()));
        }
        *own = value;
    }
    if let Some(done) = current {
        let spans = fill(done, &mut cells, &carried, area);
        visit(u64::from(done) + 1, &cells, &spans);
    }
    Ok(())
}

fn fill(row: u32, cells: &mut [String], carried: &Carried, area: Option<usize>) -> Spans {
    let mut spans = [None; MAX_COLUMNS];
    for (at, ((cell, below), span)) in cells.iter_mut().zip(carried).zip(&mut spans).enumerate() {
        if let Some((first, last, value)) = below
            && cell.is_empty()
            && (*first..=*last).contains(&row)
        {
            *span = Some((*first, *last));
            if Some(at) != area {
                cell.clone_from(value);
            }
        }
    }
    spans
}

fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) => text.trim().to_owned(),
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(*number),
        DataRef::Bool(value) => value.to_string().to_uppercase(),
        DataRef::DateTime(_) | DataRef::DateTimeIso(_) | DataRef::DurationIso(_) => DATE.to_owned(),
        DataRef::Error(error) => error.to_string(),
    }
}

/// A number as the spreadsheet shows it: 15 significant digits, which is where binary noise begins. A longer number,
/// such as an ID number kept as a number, has lost its last digits for good and stays in scientific notation, so that
/// nothing takes it for a whole one.
pub(super) fn number_text(number: f64) -> String {
    let scientific = format!("{number:.14e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let Ok(exponent) = exponent.parse::<i32>() else { return scientific };
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits = mantissa.replace('.', "");
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        return "0".to_owned();
    }
    let (Ok(leading), true) = (usize::try_from(exponent.max(0)), (-15..15).contains(&exponent)) else {
        return format!("{sign}{mantissa}E{exponent:+}");
    };
    if exponent < 0 {
        let zeros = usize::try_from(-1 - exponent).unwrap_or_default();
        return format!("{sign}0.{}{digits}", "0".repeat(zeros));
    }
    let whole = leading + 1;
    match digits.split_at_checked(whole) {
        Some((whole, "")) => format!("{sign}{whole}"),
        Some((whole, fraction)) => format!("{sign}{whole}.{fraction}"),
        None => format!("{sign}{digits}{}", "0".repeat(whole - digits.len())),
    }
}

impl Workbook<'_> {
    pub(super) fn for_each_line(
        &mut self,
        heading: &Heading,
        visit: &mut dyn FnMut(&Line),
    ) -> Result<(), FileError> {
        let mut line = Line::default();
        guarded(|| {
            let area = heading.position(Column::Area);
            each_row(&mut self.file, &self.sheet, &self.merged, area, &mut |row, cells, spans| {
                if row > heading.row() {
                    read(&mut line, heading, row, cells, spans);
                    visit(&line);
                }
                true
            })
        })
    }
}

/// One row. Where room and area are merged over the same rows, all of them are one home, and what else is merged was
/// said in the first.
fn read(line: &mut Line, heading: &Heading, row: u64, cells: &[String], spans: &Spans) {
    let span = |column| heading.position(column).and_then(|at| spans.get(at)).copied().flatten();
    line.row = row;
    line.part = match (span(Column::Room), span(Column::Area)) {
        (Some(room), Some(area)) if room == area => Part::MoreOfIt,
        _ => Part::Home,
    };
    let own = |at: usize| spans.get(at).is_none_or(Option::is_none);
    let cell = |at: usize| cells.get(at).filter(|_| line.part == Part::Home || own(at)).map(String::as_str);
    let first = cells.iter().enumerate().find(|(at, cell)| own(*at) && !cell.is_empty());
    let first = first.map(|(_, cell)| cell.clone()).unwrap_or_default();
    let mut filled = Line { row, part: line.part, first, ..Line::default() };
    heading.read(&mut filled, cell);
    *line = filled;
}
