//! Measures the package under a workbook before calamine unpacks any of it, so that neither a zip bomb nor a part that
//! lies about itself can take memory. What a part really unpacks to is measured, not what its header claims.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::FileError;

/// All parts together, unpacked.
const MAX_TOTAL: u64 = 256 << 20;
/// How many times its packed size a part may unpack to, once it is larger than [`RATIO_FROM`].
const MAX_RATIO: u64 = 200;
const RATIO_FROM: u64 = 1 << 20;
/// Parts that the reader holds whole: the shared strings, and the small ones.
const MAX_STRINGS: u64 = 32 << 20;
const MAX_SMALL: u64 = 4 << 20;
/// Parts that a roll has no use for: pictures, calculation chains, whatever else.
const MAX_OTHER: u64 = 32 << 20;
/// A workbook of a thousand sheets has fewer.
const MAX_PARTS: usize = 4096;
/// The longest text or tag of a sheet: the reader holds one at a time.
const MAX_TOKEN: u64 = 1 << 20;

/// What is known of a part by its name. A small part cannot pass for a large one by being put in another folder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Sheet,
    Strings,
    Small,
    Other,
}

impl Part {
    fn of(name: &str) -> Self {
        let name = name.to_lowercase().replace('\\', "/");
        let file = name.rsplit('/').next().unwrap_or_default();
        let end = file.rsplit('.').next().unwrap_or_default();
        match file {
            "sharedstrings.xml" => Self::Strings,
            "styles.xml" | "workbook.xml" | "[content_types].xml" => Self::Small,
            _ if end == "rels" || file.starts_with("theme") => Self::Small,
            _ if end == "xml" && (name.contains("worksheets/") || file.starts_with("sheet")) => Self::Sheet,
            _ => Self::Other,
        }
    }

    fn most(self) -> u64 {
        match self {
            Self::Sheet => MAX_TOTAL,
            Self::Strings => MAX_STRINGS,
            Self::Small => MAX_SMALL,
            Self::Other => MAX_OTHER,
        }
    }
}

/// # Errors
/// [`FileError::NotAWorkbook`], [`FileError::BrokenWorkbook`] or [`FileError::UnpacksTooLarge`].
pub(super) fn measure(bytes: &[u8]) -> Result<(), FileError> {
    // Each entry of the directory costs the archive reader far more memory than its 46 bytes.
    if entries(bytes) > MAX_PARTS {
        return Err(FileError::UnpacksTooLarge);
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| FileError::BrokenWorkbook)?;
    let types = |name: &str| name.eq_ignore_ascii_case("[Content_Types].xml");
    if !archive.file_names().filter_map(Result::ok).any(|name| types(&name)) {
        return Err(FileError::NotAWorkbook);
    }
    let mut total = 0_u64;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|_| FileError::BrokenWorkbook)?;
        let part = Part::of(&entry.name().map_err(|_| FileError::BrokenWorkbook)?);
        let packed = entry.compressed_size();
        let most = part.most().min(MAX_TOTAL - total);
        total += measure_part(&mut entry, part, packed, most)?;
    }
    Ok(())
}

fn entries(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    let mut count = 0;
    while let Some(at) = rest.iter().position(|byte| *byte == b'P') {
        rest = rest.get(at + 1..).unwrap_or_default();
        count += usize::from(rest.starts_with(b"K\x01\x02"));
    }
    count
}

fn measure_part(entry: &mut impl Read, part: Part, packed: u64, most: u64) -> Result<u64, FileError> {
    let mut chunk = vec![0_u8; 64 << 10];
    let mut kept = Vec::new();
    let mut token = Token::default();
    let mut size = 0_u64;
    loop {
        let read = entry.read(&mut chunk).map_err(|_| FileError::BrokenWorkbook)?;
        let Some(bytes) = chunk.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        if size == 0 && part != Part::Other {
            plain_utf8(bytes)?;
        }
        size += length(bytes);
        if size > most || (size > RATIO_FROM && size > packed.saturating_mul(MAX_RATIO)) {
            return Err(FileError::UnpacksTooLarge);
        }
        match part {
            Part::Sheet => token.pass(bytes)?,
            Part::Strings => kept.extend_from_slice(bytes),
            Part::Small | Part::Other => {}
        }
    }
    honest_count(&kept)?;
    Ok(size)
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// The measures below look for bytes, so a part must be what every spreadsheet writes: UTF-8.
fn plain_utf8(start: &[u8]) -> Result<(), FileError> {
    let start = String::from_utf8_lossy(start.get(..256).unwrap_or(start)).to_lowercase();
    let declared =
        start.split_once("encoding").map(|(_, rest)| rest.trim_start_matches([' ', '=', '"', '\'']));
    let utf16 = start.starts_with(char::REPLACEMENT_CHARACTER) || start.contains('\0');
    if utf16 || declared.is_some_and(|name| !name.starts_with("utf-8") && !name.starts_with("us-ascii")) {
        return Err(FileError::BrokenWorkbook);
    }
    Ok(())
}

/// The reader makes room at once for as many strings as the part claims to have.
fn honest_count(strings: &[u8]) -> Result<(), FileError> {
    let text = String::from_utf8_lossy(strings);
    for (at, key) in text.match_indices("uniqueCount") {
        let rest = text
            .get(at + key.len()..)
            .unwrap_or_default()
            .trim_start_matches([' ', '\t', '\r', '\n', '=', '"', '\'']);
        let digits: String = rest.chars().take_while(char::is_ascii_digit).take(20).collect();
        if digits.parse::<u64>().is_ok_and(|claimed| claimed > length(strings)) || digits.len() == 20 {
            return Err(FileError::UnpacksTooLarge);
        }
    }
    Ok(())
}

/// Follows markup just far enough to know how long each tag, text and comment is.
#[derive(Default)]
struct Token {
    length: u64,
    inside: Inside,
    last: [u8; 3],
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Inside {
    #[default]
    Plain,
    /// Just after `<`.
    Opened,
    /// Just after `<!`.
    Special,
    /// Until `-->`.
    Comment,
    /// Until `]]>`.
    Data,
}

impl Token {
    fn pass(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        for &byte in bytes {
            let [_, b, c] = self.last;
            self.last = [b, c, byte];
            self.length += 1;
            self.inside = match (self.inside, byte) {
                (Inside::Plain | Inside::Opened, b'<') => {
                    self.length = 0;
                    Inside::Opened
                }
                (Inside::Opened, b'!') => Inside::Special,
                (Inside::Special, b'-') => Inside::Comment,
                (Inside::Special, b'[') => Inside::Data,
                // No spreadsheet writes a document type, and nothing good is done with one.
                (Inside::Special, _) => return Err(FileError::BrokenWorkbook),
                (Inside::Comment, b'>') if self.last == *b"-->" => Inside::Plain,
                (Inside::Data, b'>') if self.last == *b"]]>" => Inside::Plain,
                (Inside::Opened, _) => Inside::Plain,
                (same, _) => same,
            };
            if self.length > MAX_TOKEN {
                return Err(FileError::UnpacksTooLarge);
            }
        }
        Ok(())
    }
}
