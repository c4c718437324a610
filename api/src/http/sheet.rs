//! A table on paper: CSV or XLSX, the same bytes each time it is written.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web,
};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

use super::problem::{Problem, Result};

const SPREADSHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paper {
    Csv,
    Xlsx,
}

/// Rows of text, with what they can be checked against below.
#[derive(Debug)]
pub struct Sheet {
    pub headings: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
    /// Name and value.
    pub seals: Vec<[String; 2]>,
}

impl Sheet {
    /// UTF-8 with a byte order mark, so that Excel reads it right: the table, an empty line, then name and value of
    /// what it can be checked against.
    pub fn csv(&self) -> Result<Vec<u8>> {
        let table = std::iter::once(self.headings.iter().map(|&heading| heading.to_owned()).collect());
        let table = lines(table.chain(self.rows.iter().cloned()))?;
        let seals = lines(self.seals.iter().map(|seal| seal.to_vec()))?;
        Ok([b"\xef\xbb\xbf".as_slice(), &table, b"\r\n", &seals].concat())
    }

    pub fn xlsx(&self) -> Result<Vec<u8>> {
        self.workbook().map_err(Problem::internal)
    }

    /// Everything as text: a cell that is a number loses trailing zeros, and a formula can hide in no text cell.
    fn workbook(&self) -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        // The moment of writing would make other bytes each time.
        book.set_properties(
            &DocProperties::new().set_creation_datetime(&ExcelDateTime::parse_from_str("2026-01-01")?),
        );
        let sheet = book.add_worksheet();
        let bold = Format::new().set_bold();
        for (column, heading) in (0..).zip(&self.headings) {
            sheet.write_string_with_format(0, column, *heading, &bold)?;
        }
        let mut below = 1;
        for row in &self.rows {
            for (column, cell) in (0..).zip(row) {
                sheet.write_string(below, column, cell)?;
            }
            below += 1;
        }
        for [name, value] in &self.seals {
            below += 1;
            sheet.write_string(below, 0, name)?;
            sheet.write_string(below, 1, value)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        book.save_to_buffer()
    }
}

/// Rows of cells as CSV.
pub fn lines(rows: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(|cell| harmless(cell))).map_err(Problem::internal)?;
    }
    writer.into_inner().map_err(Problem::internal)
}

/// A cell that no spreadsheet takes for a formula. A number below zero is none.
fn harmless(cell: &str) -> String {
    let is_number = cell.parse::<f64>().is_ok_and(f64::is_finite) && !cell.starts_with('+');
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number;
    if is_formula { format!("'{cell}") } else { cell.to_owned() }
}

/// A table as a file to keep; `name` without its ending.
pub async fn as_file(sheet: Sheet, paper: Paper, name: &str) -> Result<HttpResponse> {
    match paper {
        Paper::Xlsx => file(move || sheet.xlsx(), SPREADSHEET, &format!("{name}.xlsx")).await,
        Paper::Csv => file(move || sheet.csv(), "text/csv; charset=utf-8", &format!("{name}.csv")).await,
    }
}

/// A file to keep, written beside the threads that answer: some are long.
pub async fn file<W>(write: W, kind: &str, name: &str) -> Result<HttpResponse>
where
    W: FnOnce() -> Result<Vec<u8>> + Send + 'static,
{
    let bytes = web::block(write).await.map_err(Problem::internal)??;
    let file = format!("attachment; filename=\"{name}\"");
    let mut answer = HttpResponse::build(StatusCode::OK);
    answer.insert_header((header::CONTENT_TYPE, kind)).insert_header((header::CONTENT_DISPOSITION, file));
    Ok(answer.body(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_text_and_a_number_a_number() {
        for (cell, written) in
            [("=1", "'=1"), ("-1+1", "'-1+1"), ("+1", "'+1"), ("@a", "'@a"), ("-1.5", "-1.5")]
        {
            assert_eq!(harmless(cell), written);
        }
    }

    #[test]
    fn the_same_table_is_written_in_the_same_bytes() {
        let sheet = || Sheet {
            headings: vec!["a"],
            rows: vec![vec!["=1+1".into()]],
            seals: vec![["hash".into(), "00".into()]],
        };
        let first = sheet().xlsx().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(1100));
        assert_eq!(first, sheet().xlsx().unwrap());
        assert_eq!(sheet().csv().unwrap(), sheet().csv().unwrap());
    }
}
