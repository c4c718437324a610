//! Text tables: encoding, separator, rows one by one.

use std::borrow::Cow;

use csv::{ReaderBuilder, StringRecord};
use encoding_rs::{Encoding, GB18030};

use super::{
    FileError, Heading, Line, MAX_CELL_CHARS, MAX_COLUMNS, MAX_ROWS,
    heading::{self, ROWS_ABOVE},
};

/// A text table whose encoding and separator are known.
pub(super) struct Text<'a> {
    content: Cow<'a, str>,
    separator: u8,
}

pub(super) fn open(bytes: &[u8]) -> Result<(Heading, Text<'_>), FileError> {
    let content = decode(bytes)?;
    if content.trim().is_empty() {
        return Err(FileError::Empty);
    }
    if content.trim_start().starts_with('<') {
        return Err(FileError::WebPage);
    }
    // The separator is the one that makes the best heading; the file's first lines alone cannot tell, since titles
    // and names hold commas too.
    let mut nearest = FileError::Empty;
    for separator in [b',', b'\t', b';'] {
        match first_rows(&content, separator).and_then(|rows| heading::find(&rows)) {
            Ok(heading) => return Ok((heading, Text { content, separator })),
            Err(found) if found.nearness() > nearest.nearness() => nearest = found,
            Err(_) => {}
        }
    }
    Err(nearest)
}

/// UTF-8 or UTF-16 with a byte order mark, UTF-8 without, else GB18030, of which GBK and GB2312 are parts.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, FileError> {
    let text = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => {
            let rest = bytes.get(mark..).unwrap_or_default();
            encoding.decode_without_bom_handling_and_without_replacement(rest)
        }
        None => match std::str::from_utf8(bytes) {
            Ok(text) => Some(Cow::Borrowed(text)),
            Err(_) => GB18030.decode_without_bom_handling_and_without_replacement(bytes),
        },
    };
    let text = text.ok_or(FileError::UnknownEncoding)?;
    let binary = |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\n');
    if text.chars().take(4096).any(binary) || text.contains('\0') {
        return Err(FileError::NotATable);
    }
    // A replacement character was put there by the program that lost the real one.
    if text.contains(char::REPLACEMENT_CHARACTER) { Err(FileError::UnknownEncoding) } else { Ok(text) }
}

fn first_rows(content: &str, separator: u8) -> Result<Vec<(u64, Vec<String>)>, FileError> {
    let mut rows = Vec::new();
    each_record(content, separator, &mut |row, record| {
        rows.push((row, record.iter().map(str::to_owned).collect()));
        rows.len() < ROWS_ABOVE
    })?;
    Ok(rows)
}

/// Calls `visit` with each record and the line it begins on, until that answers no.
fn each_record(
    content: &str,
    separator: u8,
    visit: &mut dyn FnMut(u64, &StringRecord) -> bool,
) -> Result<(), FileError> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(content.as_bytes());
    let mut record = StringRecord::new();
    loop {
        let start = reader.position().clone();
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            // The text is valid UTF-8 and records may be of any length, so nothing else can fail.
            Err(_) => return Err(FileError::NotATable),
        }
        let row = start.line() + blank_lines(content, start.byte());
        bounded(row, &record)?;
        if !visit(row, &record) {
            return Ok(());
        }
    }
}

/// The reader counts blank lines as part of the record that follows them.
fn blank_lines(content: &str, from: u64) -> u64 {
    let rest = usize::try_from(from).ok().and_then(|from| content.as_bytes().get(from..)).unwrap_or_default();
    let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    blank.filter(|byte| **byte == b'\n').map(|_| 1).sum()
}

fn bounded(row: u64, record: &StringRecord) -> Result<(), FileError> {
    if row > MAX_ROWS {
        return Err(FileError::TooManyRows);
    }
    if record.iter().skip(MAX_COLUMNS).any(|cell| !cell.is_empty()) {
        return Err(FileError::TooManyColumns { row });
    }
    // Four bytes are the longest character: most cells need no counting.
    let long = |cell: &str| cell.len() > MAX_CELL_CHARS && cell.chars().count() > MAX_CELL_CHARS;
    if record.iter().any(long) { Err(FileError::CellTooLong { row }) } else { Ok(()) }
}

impl Text<'_> {
    pub(super) fn for_each_line(
        &self,
        heading: &Heading,
        visit: &mut dyn FnMut(&Line),
    ) -> Result<(), FileError> {
        let mut line = Line::default();
        each_record(&self.content, self.separator, &mut |row, record| {
            if row > heading.row() {
                line.row = row;
                heading.read(&mut line, |position| record.get(position));
                line.first.clear();
                let first = record.iter().map(str::trim).find(|cell| !cell.is_empty());
                line.first.push_str(first.unwrap_or_default());
                visit(&line);
            }
            true
        })
    }
}
