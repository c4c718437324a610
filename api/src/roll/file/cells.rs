//! What one cell means.

use std::fmt;

use super::{HomeStatus, Problem, mask};

/// A person's ID number (GB 11643) or an organisation's unified social credit code (GB 32100), its checksum verified.
/// It is what an owner is known by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdNumber(String);

impl IdNumber {
    /// The number in the clear, letters in upper case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is an organisation's.
    pub fn is_organisation(&self) -> bool {
        !person_checksum(&self.0)
    }

    /// # Errors
    /// [`Problem::IdNumberMalformed`] or [`Problem::IdNumberChecksum`].
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let number: String = fold(text).chars().filter(|c| !c.is_whitespace()).collect();
        let number = number.to_ascii_uppercase();
        if number.len() != 18 || !number.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Problem::IdNumberMalformed);
        }
        if person_checksum(&number) || (may_be_organisation(&number) && organisation_checksum(&number)) {
            return Ok(Self(number));
        }
        let well_formed = number.bytes().take(17).all(|byte| byte.is_ascii_digit())
            && number.ends_with(|c: char| c.is_ascii_digit() || c == 'X');
        let organisation = may_be_organisation(&number)
            && number.bytes().skip(2).take(6).all(|byte| byte.is_ascii_digit())
            && number.bytes().all(|byte| ORGANISATION_ALPHABET.contains(&byte));
        Err(if well_formed || organisation { Problem::IdNumberChecksum } else { Problem::IdNumberMalformed })
    }
}

impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&mask::id_number(&self.0))
    }
}

/// GB 11643: weights 2^(18-i) mod 11 over the first 17 digits.
fn person_checksum(number: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits = number.chars().take(17).map(|c| c.to_digit(10));
    let sum: Option<u32> = digits.zip(WEIGHTS).map(|(digit, weight)| digit.map(|digit| digit * weight)).sum();
    let Some(sum) = sum else { return false };
    let expected = "10X98765432".chars().nth(usize::try_from(sum % 11).unwrap_or_default());
    number.len() == 18 && number.chars().last() == expected
}

/// GB 32100 leaves out I, O, S, V and Z.
const ORGANISATION_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Two checksums on one number would let twice as many slips through, so the second is tried only on what looks like a
/// credit code: a letter among the first 17, or the registry of companies (91–93).
fn may_be_organisation(number: &str) -> bool {
    let letter = number.bytes().take(17).any(|byte| byte.is_ascii_alphabetic());
    letter || ["91", "92", "93"].iter().any(|registry| number.starts_with(registry))
}

/// GB 32100: weights 3^(i-1) mod 31.
fn organisation_checksum(number: &str) -> bool {
    const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
    let value = |byte: u8| ORGANISATION_ALPHABET.iter().position(|known| *known == byte);
    let sum: Option<usize> = number
        .bytes()
        .take(17)
        .zip(WEIGHTS)
        .map(|(byte, weight)| value(byte).map(|value| value * weight))
        .sum();
    let (Some(sum), Some(last)) = (sum, number.bytes().last().and_then(value)) else { return false };
    last == (31 - sum % 31) % 31
}

/// Whose phone it is decides whether a landline is one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PhoneOf {
    Person,
    Organisation,
}

/// A mobile number of 11 digits; for an organisation also a landline with its area code, as digits.
pub(super) fn phone(text: &str, owner: PhoneOf) -> Result<String, Problem> {
    let mut digits = String::new();
    for (at, c) in fold(text).chars().enumerate() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if at == 0 => {}
            '-' | '(' | ')' | ' ' | '.' => {}
            _ => return Err(Problem::PhoneMalformed),
        }
    }
    let bare = digits.strip_prefix("0086").or_else(|| digits.strip_prefix("86"));
    let digits = match bare {
        Some(bare) if digits.len() > 11 => bare.to_owned(),
        _ => digits,
    };
    let mobile = digits.len() == 11 && digits.starts_with('1');
    let landline = (10..=12).contains(&digits.len()) && digits.starts_with('0') && !digits.starts_with("00");
    if mobile || (landline && owner == PhoneOf::Organisation) {
        Ok(digits)
    } else {
        Err(Problem::PhoneMalformed)
    }
}

/// The largest area one home can have, 100,000 m²: more is a slipped decimal point.
const MAX_AREA: u64 = 10_000_000;

/// An area in 0.01 m², exactly.
pub(super) fn area(text: &str) -> Result<u64, Problem> {
    let text: String = fold(text).chars().filter(|c| !c.is_whitespace()).collect();
    if text.is_empty() {
        return Err(Problem::AreaMissing);
    }
    let units = ["平方米", "平米", "平方", "平", "㎡", "m²", "M²", "m2", "M2"];
    let bare = units.iter().find_map(|unit| text.strip_suffix(unit)).unwrap_or(&text);
    let (negative, bare) = match bare.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest),
        None => (false, bare.strip_prefix('+').unwrap_or(bare)),
    };
    let (whole, fraction) = bare.split_once('.').unwrap_or((bare, "0"));
    let whole = without_thousands(whole).ok_or(Problem::AreaNotANumber)?;
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(&whole) || !digits(fraction) {
        return Err(Problem::AreaNotANumber);
    }
    let fraction = fraction.trim_end_matches('0');
    if negative || (whole.trim_matches('0').is_empty() && fraction.is_empty()) {
        return Err(Problem::AreaNotPositive);
    }
    if fraction.len() > 2 {
        return Err(Problem::AreaTooPrecise);
    }
    let hundredths = format!("{whole}{fraction:0<2}").parse::<u64>().map_err(|_| Problem::AreaTooLarge)?;
    if hundredths > MAX_AREA { Err(Problem::AreaTooLarge) } else { Ok(hundredths) }
}

/// Commas are thousands separators only where thousands end: `1,089` is a number, `89,34` is a doubt.
fn without_thousands(whole: &str) -> Option<String> {
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let mut rest = groups.peekable();
    if rest.peek().is_some() && !(1..=3).contains(&first.len()) {
        return None;
    }
    let mut number = first.to_owned();
    for group in rest {
        if group.len() != 3 {
            return None;
        }
        number.push_str(group);
    }
    Some(number)
}

/// An empty cell is a home handed over: rolls mark only the exceptions, and one without owner is refused anyway.
pub(super) fn status(text: &str) -> Result<HomeStatus, Problem> {
    let text: String = fold(text).chars().filter(|c| !c.is_whitespace()).collect();
    match text.as_str() {
        "" | "已交付" | "交付" | "已交房" | "交房" | "已收房" | "已接房" | "已入住" | "入住"
        | "已售已交付" | "是" | "DELIVERED" => Ok(HomeStatus::Delivered),
        "未售" | "未出售" | "未销售" | "待售" | "在售" | "空置未售" | "UNSOLD" => {
            Ok(HomeStatus::Unsold)
        }
        "已售未交付" | "未交付" | "已售未交" | "已售未交房" | "未交房" | "待交付" | "SOLD_UNDELIVERED" => {
            Ok(HomeStatus::SoldUndelivered)
        }
        _ => Err(Problem::StatusUnknown),
    }
}

/// The name of a building, unit or room: width and white space do not matter.
pub(super) fn place(text: &str) -> String {
    fold(text).chars().filter(|c| !c.is_whitespace()).collect()
}

/// What tells two places apart: 1号楼, 1幢 and 1 are one building, 2单元 and 2 one unit, 101室 and 101 one room.
pub fn place_key(name: &str) -> String {
    let name = name.to_uppercase();
    let endings = ["号楼", "楼幢", "楼栋", "单元", "幢", "栋", "楼", "座", "号", "室", "房", "#"];
    let bare = endings.iter().find_map(|ending| name.strip_suffix(ending)).filter(|bare| !bare.is_empty());
    bare.unwrap_or(&name).to_owned()
}

/// A name: white space inside a Chinese name is only there to line up with longer ones.
pub(super) fn name(text: &str) -> String {
    let latin = |c: char| c.is_ascii_alphanumeric() || c == '.';
    let mut name = String::new();
    let folded = fold(text);
    let mut words = folded.split_whitespace();
    name.push_str(words.next().unwrap_or_default());
    for word in words {
        if name.ends_with(latin) && word.starts_with(latin) {
            name.push(' ');
        }
        name.push_str(word);
    }
    name
}

/// The parts of a cell that holds several: co-owners, their numbers, their phones. Empty parts keep their place, but
/// none is at the end.
pub(super) fn parts(text: &str) -> Vec<String> {
    let folded = fold(text);
    let separators = ['、', ',', ';', '/', '\n', '\r', '､'];
    let mut parts: Vec<String> = folded.split(separators).map(|part| part.trim().to_owned()).collect();
    while parts.last().is_some_and(String::is_empty) {
        parts.pop();
    }
    parts
}

/// Whether the spreadsheet shows an error here (`#REF!`, `#N/A`) instead of a value.
pub(super) fn is_error(text: &str) -> bool {
    let code = text.strip_prefix('#').unwrap_or_default();
    code == "N/A"
        || code == "NAME?"
        || (code.ends_with('!') && code.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// Full-width letters, digits and marks in their usual width; unseen characters gone.
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.trim().to_owned();
    }
    let folded = text.chars().filter_map(|c| match c {
        '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' => None,
        '\u{3000}' | '\u{a0}' => Some(' '),
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
        _ => Some(c),
    });
    folded.collect::<String>().trim().to_owned()
}
