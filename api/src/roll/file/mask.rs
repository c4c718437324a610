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

/// What places, areas and states are written with. A run of other Chinese characters may be someone's name.
const HARMLESS: &str = "号楼栋幢座单元门梯室房层东西南北区期甲乙丙丁零一二三四五六七八九十百千万点两米\
                        已未待不交付售出入住空置自用租是否详清知正常无合总小计\
                        宅商铺店办公寓车位库摊储藏设施";

/// A cell that should hold nothing private, but may when a column slipped: a run of 7 or more digits is masked as a
/// phone, a run of Chinese characters that no place, area or state is written with as a name, and the rest is cut at
/// 40 characters.
pub(super) fn stray(value: &str) -> String {
    #[derive(PartialEq)]
    enum Run {
        Digits,
        Words,
        Marks,
    }
    let kind = |c: &char| match c {
        _ if c.is_ascii_digit() => Run::Digits,
        _ if c.is_alphabetic() && !c.is_ascii() => Run::Words,
        _ => Run::Marks,
    };
    let mut rest = value.chars().take(40).peekable();
    let mut shown = String::new();
    while let Some(run) = rest.peek().map(kind) {
        let mut text = String::new();
        while let Some(c) = rest.next_if(|c| kind(c) == run) {
            text.push(c);
        }
        shown.push_str(&match run {
            Run::Digits if text.len() >= 7 => phone(&text),
            Run::Words if !text.chars().all(|c| HARMLESS.contains(c)) => name(&text),
            _ => text,
        });
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
