//! What of a private value may be shown back: enough for its keeper to find the cell, too little to use it.

/// A name: the first character, one `*` for each further one.
pub(super) fn name(name: &str) -> String {
    keep(name, 1, 0)
}

/// An ID number: of 16 characters and more the first 6 and the last 4, of a shorter one the first and the last.
pub(super) fn id_number(number: &str) -> String {
    if number.chars().count() >= 16 { keep(number, 6, 4) } else { keep(number, 1, 1) }
}

/// A phone: of 10 characters and more the first 3 and the last 4, of a shorter one the first and the last.
pub(super) fn phone(phone: &str) -> String {
    if phone.chars().count() >= 10 { keep(phone, 3, 4) } else { keep(phone, 1, 1) }
}

/// A cell that should hold nothing private, but may when a column slipped: every run of 7 or more digits is masked as
/// a phone or an ID number would be, and the rest is cut at 40 characters.
pub(super) fn stray(value: &str) -> String {
    let mut shown = String::new();
    let mut digits = String::new();
    for c in value.chars().take(40).chain(std::iter::once('\0')) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        let run = std::mem::take(&mut digits);
        shown.push_str(&if run.len() >= 7 { phone(&run) } else { run });
        if c != '\0' {
            shown.push(c);
        }
    }
    shown
}

fn keep(value: &str, head: usize, tail: usize) -> String {
    let length = value.chars().count();
    if length <= head + tail {
        // A value so short is shown only in its length, but for a name of one character.
        return if tail == 0 { value.to_owned() } else { "*".repeat(length) };
    }
    let shown = |(i, c)| if i < head || i >= length - tail { c } else { '*' };
    value.chars().enumerate().map(shown).collect()
}
