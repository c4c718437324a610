//! Who somebody is, on paper: the forms of ID numbers, phones and names, how they are made comparable, and how little
//! of them is shown. None of the types here prints its content by accident.

use std::fmt;

use chrono::NaiveDate;

/// Full-width letters, digits and signs become half-width; the ideographic space becomes a space. Nothing else changes.
pub fn half_width(text: &str) -> String {
    const FULL_TO_HALF: u32 = 0xFEE0;
    text.chars()
        .map(|character| match character {
            '\u{3000}' => ' ',
            '\u{FF01}'..='\u{FF5E}' => {
                char::from_u32(u32::from(character) - FULL_TO_HALF).unwrap_or(character)
            }
            other => other,
        })
        .collect()
}

/// The number of a document that says who an owner is: a resident identity number (GB 11643), an organisation's unified
/// social credit code (GB 32100), or a passport, travel permit or other document without a check digit. Whether it was
/// ever issued, and to whom, is not known here.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdNumber {
    number: String,
    kind: IdNumberKind,
}

/// What kind of document a number is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdNumberKind {
    /// 居民身份证 and 居住证: 18 characters, check digit verified.
    Resident,
    /// 统一社会信用代码: 18 characters, check character verified.
    Organisation,
    /// 护照, 通行证 and others, taken as written.
    Document,
}

/// Why a text is not an identity number. The text itself is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdNumberFault {
    #[error(
        "an ID number has 17 digits and then a digit or X, with a birth date in places 7 to 14; a document of another kind has letters and then digits, or is named in front of its number"
    )]
    Malformed,
    #[error("the last character of the ID number does not agree with the others: one of them is mistyped")]
    Checksum,
}

impl IdNumber {
    /// Reads a number as people type it: full-width digits, small letters and spaces are put right, and an ID number of
    /// 15 digits becomes that of 18 which the same person has had since 1999.
    ///
    /// Form and check digit are those of GB 11643-1999 and GB 32100-2015. The region is not looked up: regions are merged
    /// and renamed, old numbers stay. A document that is neither begins with letters (`E12345678`, `H12345678`,
    /// `A123456(7)`), or its kind stands in front (`护照123456789`): digits alone may be a slip of the pen.
    pub fn read(text: &str) -> Result<Self, IdNumberFault> {
        let unseen = |c: char| c.is_whitespace() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{FEFF}');
        let written: String =
            half_width(text).chars().filter(|c| !unseen(*c)).map(|c| c.to_ascii_uppercase()).collect();
        if let Some(number) = named_document(&written) {
            return Ok(Self { number, kind: IdNumberKind::Document });
        }
        if let Some(number) = first_generation(&written) {
            return Ok(Self { number, kind: IdNumberKind::Resident });
        }
        if let Some(number) = lettered_document(&written) {
            return Ok(Self { number, kind: IdNumberKind::Document });
        }
        if written.len() != 18 || !written.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(IdNumberFault::Malformed);
        }
        let resident = resident_fits(&written);
        if resident == Some(true) && has_birth_date(&written) {
            return Ok(Self { number: written, kind: IdNumberKind::Resident });
        }
        let organisation = may_be_organisation(&written).then(|| organisation_fits(&written)).flatten();
        match (resident, organisation) {
            (_, Some(true)) => Ok(Self { number: written, kind: IdNumberKind::Organisation }),
            (Some(false), _) | (_, Some(false)) => Err(IdNumberFault::Checksum),
            _ => Err(IdNumberFault::Malformed),
        }
    }

    /// The number itself, letters in upper case; for encryption and blind indexes only.
    pub fn as_str(&self) -> &str {
        &self.number
    }

    pub const fn kind(&self) -> IdNumberKind {
        self.kind
    }

    /// Whether it is an organisation's.
    pub fn is_organisation(&self) -> bool {
        self.kind == IdNumberKind::Organisation
    }

    /// The last four characters, for a verifier only: with the birth date they are enough to guess the rest.
    pub fn last_four(&self) -> &str {
        self.number.get(self.number.len().saturating_sub(4)..).unwrap_or_default()
    }
}

impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdNumber(**)")
    }
}

/// The digits of a text, if it has nothing else.
fn digits(text: &str) -> Option<Vec<u32>> {
    text.chars().map(|c| c.to_digit(10)).collect()
}

/// Whether the last character is the check digit of the 17 before it; none where it cannot be a resident's at all.
fn resident_fits(number: &str) -> Option<bool> {
    let (body, check) = number.split_at_checked(17)?;
    let check = if check == "X" { 10 } else { check.parse().ok()? };
    Some(check_value(&digits(body)?) == check)
}

fn has_birth_date(number: &str) -> bool {
    number.get(..17).and_then(digits).is_some_and(|values| birth_date(&values).is_some())
}

/// A number of 15 digits has the year of birth, in the last century, in two places and no check digit.
fn first_generation(number: &str) -> Option<String> {
    if number.len() != 15 {
        return None;
    }
    let (region, rest) = number.split_at_checked(6)?;
    let body = format!("{region}19{rest}");
    let values = digits(&body)?;
    birth_date(&values)?;
    Some(match check_value(&values) {
        10 => format!("{body}X"),
        check => format!("{body}{check}"),
    })
}

/// Letters and then digits, as passports, travel permits and identity cards of Hong Kong, Macau and Taiwan have.
fn lettered_document(number: &str) -> Option<String> {
    let plain: String = number.chars().filter(|c| !matches!(c, '(' | ')')).collect();
    let letters = plain.bytes().take_while(u8::is_ascii_uppercase).count();
    let rest = plain.get(letters..)?;
    // The last character of a Hong Kong card may be an A.
    let rest = rest.strip_suffix('A').filter(|rest| rest.len() == 6).unwrap_or(rest);
    let figures = rest.bytes().all(|byte| byte.is_ascii_digit());
    let usual = (1..=2).contains(&letters) && (6..=10).contains(&rest.len());
    let residence = letters == 3 && rest.len() == 12;
    (figures && (usual || residence)).then_some(plain)
}

/// A number after the word for its document.
fn named_document(written: &str) -> Option<String> {
    const WORDS: [&str; 9] =
        ["护照", "通行证", "台胞证", "回乡证", "居留证", "居留身份证", "军官证", "士官证", "警官证"];
    let (at, word) = WORDS.iter().find_map(|word| Some((written.find(word)?, word)))?;
    let rest = written.get(at + word.len()..)?.trim_start_matches(['号', '码', ':']);
    let plain: String = rest.chars().filter(|c| !matches!(c, '(' | ')' | '-')).collect();
    let fits = (5..=20).contains(&plain.len()) && plain.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then_some(plain)
}

/// GB 32100 leaves out I, O, S, V and Z.
const ORGANISATION_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Two checksums on one number would let twice as many slips through, so the second is tried only on what looks like a
/// credit code: a letter that no resident's number with its last places swapped has, or the registry of companies
/// (91–93) and no date of birth.
fn may_be_organisation(number: &str) -> bool {
    let letter = number.bytes().take(16).any(|byte| byte.is_ascii_alphabetic())
        || number.ends_with(|c: char| c.is_ascii_alphabetic() && c != 'X');
    let company = ["91", "92", "93"].iter().any(|registry| number.starts_with(registry));
    letter || (company && !has_birth_date(number))
}

/// GB 32100: weights 3^(i-1) mod 31; none where it is no credit code at all.
fn organisation_fits(number: &str) -> Option<bool> {
    const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
    let region = number.bytes().skip(2).take(6).all(|byte| byte.is_ascii_digit());
    let value = |byte: u8| ORGANISATION_ALPHABET.iter().position(|known| *known == byte);
    let values: Vec<usize> = number.bytes().map(value).collect::<Option<_>>()?;
    let (last, body) = values.split_last()?;
    let sum: usize = body.iter().zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
    region.then_some(*last == (31 - sum % 31) % 31)
}

// Places 7 to 14 are the date of birth. Nobody on a roll was born before 1880 or can be born after 2199.
fn birth_date(digits: &[u32]) -> Option<NaiveDate> {
    let number = |from: usize, to: usize| {
        digits.get(from..to).map(|places| places.iter().fold(0, |number, digit| number * 10 + digit))
    };
    let year = number(6, 10).filter(|year| (1880..2200).contains(year))?;
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, number(10, 12)?, number(12, 14)?)
}

// GB 11643: place i (from 18 down to 2) weighs 2^(i-1) mod 11, and with the check value the sum is 1 mod 11 (ISO 7064 MOD 11-2).
fn check_value(digits: &[u32]) -> u32 {
    let sum = digits.iter().fold(0, |sum, digit| (sum + digit) * 2 % 11);
    (12 - sum) % 11
}

/// A mobile phone number of mainland China: 11 digits, the first a 1.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

/// A text that is not a mobile phone number. The text itself is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a mobile phone number has 11 digits and starts with 1")]
pub struct PhoneMalformed;

impl Phone {
    /// Reads a phone number as people type it: full-width digits, spaces, hyphens and the country code +86 are put right.
    pub fn read(text: &str) -> Result<Self, PhoneMalformed> {
        let typed: String = half_width(text).chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let number = typed.strip_prefix("+86").or_else(|| typed.strip_prefix("0086")).unwrap_or(&typed);
        let well_formed =
            number.len() == 11 && number.starts_with('1') && number.bytes().all(|byte| byte.is_ascii_digit());
        if well_formed { Ok(Self(number.to_owned())) } else { Err(PhoneMalformed) }
    }

    /// The number itself, for calling, encryption and blind indexes only.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The first three and the last four digits: `154****5045`.
    pub fn masked(&self) -> String {
        let head = self.0.get(..3).unwrap_or_default();
        let tail = self.0.get(7..).unwrap_or_default();
        format!("{head}****{tail}")
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(**)")
    }
}

/// A name made comparable: half-width, without spaces, every dot between its parts the same (`·`).
pub fn plain_name(name: &str) -> String {
    half_width(name)
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '\u{200B}'..='\u{200D}' | '\u{FEFF}'))
        .map(|c| match c {
            '.' | '•' | '・' | '･' | '‧' | '∙' | '⋅' | '●' => '·',
            other => other,
        })
        .collect()
}

/// A name as strangers may see it: the first character and one `*` for each further one, surnames of two characters
/// included.
pub fn masked_name(name: &str) -> String {
    plain_name(name).chars().enumerate().map(|(at, c)| if at == 0 { c } else { '*' }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // The weights as the standard's table prints them, for the region 999999 that does not exist.
    fn issue(serial: u32) -> String {
        let digits = format!(
            "99999919{:02}0{}{:02}{:03}",
            serial % 100,
            serial % 9 + 1,
            serial % 28 + 1,
            serial % 1000
        );
        with_check(digits)
    }

    fn with_check(digits: String) -> String {
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
        let sum: u32 = digits.chars().zip(weights).map(|(c, weight)| c.to_digit(10).unwrap() * weight).sum();
        let check =
            ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][usize::try_from(sum % 11).unwrap()];
        digits + check
    }

    #[test]
    fn every_number_with_the_tables_check_digit_is_read() {
        for serial in 0..3000 {
            assert!(IdNumber::read(&issue(serial)).is_ok(), "{}", issue(serial));
        }
    }

    #[test]
    fn any_one_mistyped_digit_and_any_swap_of_neighbours_is_found() {
        for serial in (0..1000).step_by(37) {
            let right: Vec<char> = issue(serial).chars().collect();
            for at in 0..17 {
                for digit in '0'..='9' {
                    let mut wrong = right.clone();
                    wrong[at] = digit;
                    if wrong != right {
                        assert!(IdNumber::read(&wrong.iter().collect::<String>()).is_err());
                    }
                }
                let mut swapped = right.clone();
                swapped.swap(at, at + 1);
                if swapped != right {
                    assert!(IdNumber::read(&swapped.iter().collect::<String>()).is_err());
                }
            }
        }
    }

    #[test]
    fn malformed_and_mistyped_are_told_apart() {
        let right = issue(7);
        let other_check = if right.ends_with('1') { '2' } else { '1' };
        let mistyped = format!("{}{other_check}", &right[..17]);
        assert_eq!(IdNumber::read(&mistyped).unwrap_err(), IdNumberFault::Checksum);
        let short = &right[..17];
        let long = format!("{right}0");
        for malformed in ["", "X", short, &long, "12345", "15400000001", "999999199001010"] {
            assert_eq!(IdNumber::read(malformed).unwrap_err(), IdNumberFault::Malformed, "{malformed}");
        }
        for born_on_no_day in ["99999919990231001", "99999919551301001", "99999917000101001"] {
            let malformed = with_check(born_on_no_day.to_owned());
            assert_eq!(IdNumber::read(&malformed).unwrap_err(), IdNumberFault::Malformed, "{malformed}");
        }
        for malformed in [
            "99999919I001010017",
            "９9999+19900101001X",
            "999999199001010+1X",
            "业主业主业主业主业主业主业主业主业主",
        ] {
            assert_eq!(IdNumber::read(malformed).unwrap_err(), IdNumberFault::Malformed, "{malformed}");
        }
    }

    #[test]
    fn a_number_of_fifteen_digits_is_the_same_persons_as_that_of_eighteen() {
        for serial in (0..3000).step_by(7) {
            let long = issue(serial);
            let short = format!("{}{}", &long[..6], &long[8..17]);
            assert_eq!(IdNumber::read(&short), IdNumber::read(&long), "{short}");
        }
    }

    #[test]
    fn passports_and_permits_are_taken_as_they_are_written() {
        for (written, number) in [
            ("E12345678", "E12345678"),
            ("ea1234567", "EA1234567"),
            ("Ｈ１２３４５６７８", "H12345678"),
            ("M1234567890", "M1234567890"),
            ("A123456(7)", "A1234567"),
            ("A123456（A）", "A123456A"),
            ("ABC123456789012", "ABC123456789012"),
            ("护照：123456789", "123456789"),
            ("台胞证12345678", "12345678"),
            ("港澳居民来往内地通行证 H12345678", "H12345678"),
        ] {
            let read = IdNumber::read(written).unwrap();
            assert_eq!((read.as_str(), read.kind()), (number, IdNumberKind::Document), "{written}");
        }
        for slip in ["123456789", "12345678", "E1234", "E12345678901", "护照", "ABC1234567", "H1234567X"] {
            assert_eq!(IdNumber::read(slip), Err(IdNumberFault::Malformed), "{slip}");
        }
    }

    #[test]
    fn an_organisation_is_known_by_its_credit_code() {
        for code in ["91350100M000100Y43", "91999999MA00000A0X"] {
            assert_eq!(IdNumber::read(code).unwrap().kind(), IdNumberKind::Organisation);
        }
        assert_eq!(IdNumber::read("91999999MA00000A1X"), Err(IdNumberFault::Checksum));
    }

    #[test]
    fn full_width_digits_small_x_and_spaces_are_put_right() {
        let with_x = (0..1000).map(issue).find(|number| number.ends_with('X')).unwrap();
        let typed: String = with_x
            .chars()
            .map(|c| char::from_u32(u32::from(c.to_ascii_lowercase()) + 0xFEE0).unwrap())
            .collect::<String>()
            + "\u{3000}";
        assert_eq!(IdNumber::read(&typed).unwrap().as_str(), with_x);
        assert_eq!(IdNumber::read(&typed).unwrap().last_four(), &with_x[14..]);
    }

    #[test]
    fn phones_are_read_as_typed_and_masked() {
        for typed in
            ["15405555045", "154 0555 5045", "154-0555-5045", "+8615405555045", "１５４０５５５５０４５"]
        {
            let phone = Phone::read(typed).unwrap();
            assert_eq!(phone.expose(), "15405555045");
            assert_eq!(phone.masked(), "154****5045");
        }
        for wrong in ["", "1540555504", "154055550455", "25405555045", "1540555504x", "٠15405555045"] {
            assert_eq!(Phone::read(wrong), Err(PhoneMalformed), "{wrong}");
        }
    }

    #[test]
    fn names_compare_equal_however_they_are_spaced_and_dotted() {
        for typed in [
            "阿依古丽·买买提",
            "阿依古丽 • 买买提",
            "阿依古丽．买买提",
            "阿依古丽・买买提\u{3000}",
            "阿依古丽.买买提",
        ] {
            assert_eq!(plain_name(typed), "阿依古丽·买买提");
        }
        assert_eq!(masked_name("苏勇桂"), "苏**");
        assert_eq!(masked_name(" 叶 凤 "), "叶*");
        assert_eq!(masked_name("𠮷田"), "𠮷*");
        assert_eq!(masked_name(""), "");
    }

    #[test]
    fn nothing_private_is_printed_by_accident() {
        let number = IdNumber::read(&issue(3)).unwrap();
        let phone = Phone::read("15405555045").unwrap();
        assert_eq!(format!("{number:?} {phone:?}"), "IdNumber(**) Phone(**)");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_readers_panic(text in any::<String>()) {
            let seen = (IdNumber::read(&text).is_ok(), Phone::read(&text).is_ok(), masked_name(&text));
            prop_assert_eq!(seen.2.chars().count(), plain_name(&text).chars().count());
        }
    }
}
