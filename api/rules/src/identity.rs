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

/// A resident identity number that has the form and the check digit of GB 11643. Whether it was ever issued, and to
/// whom, is not known here.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdNumber(String);

/// Why a text is not an identity number. The text itself is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdNumberFault {
    #[error("an ID number has 17 digits and then a digit or X, with a birth date in places 7 to 14")]
    Malformed,
    #[error("the last character of the ID number does not agree with the others: one of them is mistyped")]
    Checksum,
}

impl IdNumber {
    /// Reads an ID number as people type it: full-width digits, a small x and spaces are put right.
    ///
    /// Form and check digit are those of GB 11643-1999. The region is not looked up: regions are merged and renamed,
    /// old numbers stay.
    pub fn read(text: &str) -> Result<Self, IdNumberFault> {
        let number: String =
            half_width(text).chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
        let (digits, check) = number
            .char_indices()
            .nth(17)
            .and_then(|(at, _)| number.split_at_checked(at))
            .ok_or(IdNumberFault::Malformed)?;

        let values: Vec<u32> = digits.chars().map_while(|c| c.to_digit(10)).collect();
        let check = match check {
            "X" => 10,
            digit => digit
                .parse::<u8>()
                .ok()
                .filter(|&value| value < 10 && digit.len() == 1)
                .map(u32::from)
                .ok_or(IdNumberFault::Malformed)?,
        };
        if values.len() != 17 || birth_date(&values).is_none() {
            return Err(IdNumberFault::Malformed);
        }
        if check_value(&values) == check { Ok(Self(number)) } else { Err(IdNumberFault::Checksum) }
    }

    /// The number itself, for encryption and blind indexes only.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The last four characters, for a verifier only: with the birth date they are enough to guess the rest.
    pub fn last_four(&self) -> &str {
        self.0.get(14..).unwrap_or_default()
    }
}

impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdNumber(**)")
    }
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
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
        let digits = format!(
            "99999919{:02}0{}{:02}{:03}",
            serial % 100,
            serial % 9 + 1,
            serial % 28 + 1,
            serial % 1000
        );
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
        for malformed in
            ["", "X", short, &long, "99999919990231001X", "999999195513010017", "99999917000101001X"]
        {
            assert_eq!(IdNumber::read(malformed).unwrap_err(), IdNumberFault::Malformed, "{malformed}");
        }
        for malformed in [
            "99999919X001010017",
            "９9999+19900101001X",
            "999999199001010+1X",
            "业主业主业主业主业主业主业主业主业主",
        ] {
            assert_eq!(IdNumber::read(malformed).unwrap_err(), IdNumberFault::Malformed, "{malformed}");
        }
    }

    #[test]
    fn full_width_digits_small_x_and_spaces_are_put_right() {
        let with_x = (0..1000).map(issue).find(|number| number.ends_with('X')).unwrap();
        let typed: String = with_x
            .chars()
            .map(|c| char::from_u32(u32::from(c.to_ascii_lowercase()) + 0xFEE0).unwrap())
            .collect::<String>()
            + "\u{3000}";
        assert_eq!(IdNumber::read(&typed).unwrap().expose(), with_x);
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
