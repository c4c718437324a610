//! What may stand in the fields of a subscribe message. A field is named by its kind and a number (`thing1`);
//! lengths count characters, not bytes.

/// Whether `value` may stand in field `key`; `allowed` are the values of an enumerated field.
pub fn fits(key: &str, value: &str, allowed: &[String]) -> bool {
    if value.chars().any(|c| c.is_control() || "\u{2028}\u{2029}".contains(c)) {
        return false;
    }
    let length = value.chars().count();
    match key.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "thing" => length <= 20,
        "number" => decimal(value, 32),
        "letter" => length <= 32 && value.chars().all(|c| c.is_ascii_alphabetic()),
        "symbol" => length <= 5 && value.chars().all(|c| !c.is_alphanumeric() && !c.is_whitespace()),
        "character_string" => length <= 32 && value.chars().all(|c| c.is_ascii_graphic() || c == ' '),
        "time" => span(value, clock_with_or_without_date),
        "date" => span(value, date_with_or_without_clock),
        "amount" => amount(value),
        "phone_number" => length <= 17 && phone(value),
        "car_number" => length <= 8 && plate(value),
        "name" => name(value, length),
        "phrase" => length <= 5 && value.chars().all(chinese),
        "enum" => allowed.iter().any(|one| one == value),
        _ => false,
    }
}

/// Whether a template can have a field of this name.
pub fn is_field(key: &str) -> bool {
    let kinds = [
        "thing",
        "number",
        "letter",
        "symbol",
        "character_string",
        "time",
        "date",
        "amount",
        "phone_number",
        "car_number",
        "name",
        "phrase",
        "enum",
    ];
    let kind = key.trim_end_matches(|c: char| c.is_ascii_digit());
    kind.len() < key.len() && kinds.contains(&kind)
}

/// A Han character.
fn chinese(c: char) -> bool {
    matches!(c, '〇' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}')
}

/// Digits, at most `most` of them, with or without a fraction.
fn decimal(value: &str, most: usize) -> bool {
    let (whole, fraction) = value.split_once('.').map_or((value, None), |(whole, rest)| (whole, Some(rest)));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && fraction.is_none_or(digits) && whole.len() + fraction.map_or(0, str::len) <= most
}

/// A currency sign or none, up to ten digits, 元 at the end or not.
fn amount(value: &str) -> bool {
    let signless = value.strip_prefix(['¥', '￥', '$', '€', '£', '₩']).unwrap_or(value);
    decimal(signless.strip_suffix('元').unwrap_or(signless), 10)
}

/// Digits, and the signs that people write between them or in their place.
fn phone(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_digit())
        && value.chars().all(|c| c.is_ascii_digit() || "+-() *#".contains(c))
}

/// Letters and digits; only the first and the last may be Chinese.
fn plate(value: &str) -> bool {
    let inner = value.strip_prefix(chinese).unwrap_or(value);
    let inner = inner.strip_suffix(chinese).unwrap_or(inner);
    inner.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Ten characters when any is Chinese, else twenty letters and signs; no digits.
fn name(value: &str, length: usize) -> bool {
    let most = if value.chars().any(chinese) { 10 } else { 20 };
    length <= most && !value.chars().any(|c| c.is_numeric() && !chinese(c))
}

/// One moment, or two with `~` between.
fn span(value: &str, moment: fn(&str) -> bool) -> bool {
    match value.split_once('~') {
        Some((from, to)) => moment(from.trim()) && moment(to.trim()),
        None => moment(value),
    }
}

fn clock_with_or_without_date(value: &str) -> bool {
    match value.rsplit_once(' ') {
        Some((day, hour)) => date(day) && clock(hour),
        None => clock(value),
    }
}

fn date_with_or_without_clock(value: &str) -> bool {
    match value.rsplit_once(' ') {
        Some((day, hour)) => date(day) && clock(hour),
        None => date(value),
    }
}

/// `HH:MM` or `HH:MM:SS` of 24 hours.
fn clock(value: &str) -> bool {
    let parts: Vec<&str> = value.split(':').collect();
    match parts.as_slice() {
        [hour, minute] => within(hour, 2, 0, 23) && within(minute, 2, 0, 59),
        [hour, minute, second] => {
            within(hour, 2, 0, 23) && within(minute, 2, 0, 59) && within(second, 2, 0, 59)
        }
        _ => false,
    }
}

/// `2026年11月22日`, or with `-`, `/` or `.` between; a day that the calendar has.
fn date(value: &str) -> bool {
    let parts = match value.strip_suffix('日') {
        Some(rest) => rest.split_once('年').and_then(|(year, rest)| {
            let (month, day) = rest.split_once('月')?;
            Some([year, month, day])
        }),
        None => ['-', '/', '.'].into_iter().find_map(|mark| {
            let (year, rest) = value.split_once(mark)?;
            let (month, day) = rest.split_once(mark)?;
            Some([year, month, day])
        }),
    };
    parts.is_some_and(|[year, month, day]| {
        year.len() == 4
            && within(year, 4, 1900, 2999)
            && within(month, 2, 1, 12)
            && within(day, 2, 1, days_of(year.parse().unwrap_or(0), month.parse().unwrap_or(0)))
    })
}

fn days_of(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// At most `width` digits, between `low` and `high`. A clock's parts have exactly two: `9:5` is no time.
fn within(part: &str, width: usize, low: u32, high: u32) -> bool {
    let full = low > 0 || part.len() == width;
    full && part.len() <= width
        && part.bytes().all(|byte| byte.is_ascii_digit())
        && part.parse::<u32>().is_ok_and(|number| (low..=high).contains(&number))
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[track_caller]
    fn good(key: &str, values: &[&str]) {
        for value in values {
            assert!(fits(key, value, &["开门".to_owned()]), "{key} should take {value:?}");
        }
    }

    #[track_caller]
    fn bad(key: &str, values: &[&str]) {
        for value in values {
            assert!(!fits(key, value, &["开门".to_owned()]), "{key} should refuse {value:?}");
        }
    }

    #[test]
    fn a_thing_has_twenty_characters_and_an_emoji_is_one() {
        good("thing1", &["一", &"字".repeat(20), &"😀".repeat(20), "a1 ，b"]);
        bad(
            "thing1",
            &[
                &"字".repeat(21),
                &"😀".repeat(21),
                &format!("{}😀", "a".repeat(20)),
                "a\nb",
                "a\u{2028}b",
                "a\u{7}",
            ],
        );
    }

    #[test]
    fn a_number_is_digits_with_or_without_a_fraction() {
        good("number2", &["0", "12.50", &"9".repeat(32)]);
        bad(
            "number2",
            &["-1", "1,000", "12.", ".5", "十", &"9".repeat(33), &format!("{}.5", "9".repeat(32))],
        );
    }

    #[test]
    fn letters_symbols_and_character_strings_keep_to_their_alphabets() {
        good("letter1", &["abc"]);
        bad("letter1", &["abc1", "字", &"a".repeat(33)]);
        good("symbol1", &["*-*"]);
        bad("symbol1", &["a", "******", "字"]);
        good("character_string1", &["NO.2026-11_22", "a b"]);
        bad("character_string1", &["编号1", &"a".repeat(33)]);
    }

    #[test]
    fn times_and_dates_are_written_as_people_do_and_not_as_machines_do() {
        good(
            "time1",
            &["15:01", "15:01:59", "2019年10月1日 15:01", "2019-10-01 15:01", "15:01~16:02", "08:00 ~ 09:00"],
        );
        bad(
            "time1",
            &["24:00", "9:5", "15:60", "2020-01-18 16:18:49.0", "2020-01-18T16:18:49Z", "15点", "15:01~"],
        );
        good(
            "date1",
            &[
                "2019年10月1日",
                "2019-10-01",
                "2019/10/1",
                "2019.10.01",
                "2019年10月1日 15:01",
                "2019-10-01~2019-10-02",
            ],
        );
        bad(
            "date1",
            &[
                "2019年13月1日",
                "2019月10年1日",
                "2019-02-29",
                "2019-10-01  15:01",
                "2019-10/01",
                "19-10-01",
                "2019-10",
                "2020-01-18T16:18:49+08:00",
                "2020-01-18 16:18:49.0",
                "明天",
            ],
        );
    }

    #[test]
    fn amounts_phones_and_plates_keep_to_their_forms() {
        good("amount1", &["¥100", "₩100", "100元", "￥12.50元", "1234567890"]);
        bad("amount1", &["¥¥1", "12345678901", "元", "一百元"]);
        good("phone_number1", &["+86-0766-66888866", "15400000000"]);
        good("phone_number1", &["154****0001"]);
        bad("phone_number1", &["+86-0766-668888661", "电话", "+-()"]);
        good("car_number1", &["粤A8Z888挂"]);
        bad("car_number1", &["粤A8Z88888挂", "粤A·8", "A粤8Z888", "粤粤粤"]);
    }

    #[test]
    fn a_name_is_ten_chinese_or_twenty_letters_and_a_phrase_five_chinese() {
        good("name1", &["张三", &"王".repeat(10), &"a".repeat(20)]);
        bad("name1", &[&"王".repeat(11), &"a".repeat(21), &format!("王{}", "a".repeat(10)), "张3"]);
        good("phrase1", &["已受理", "〇豈𠀀"]);
        bad("phrase1", &["已受理了没有", "处理2", "ok", "好 的"]);
    }

    #[test]
    fn an_enumerated_field_takes_only_its_own_values_and_an_unknown_kind_takes_none() {
        good("enum1", &["开门"]);
        bad("enum1", &["关门"]);
        bad("story1", &["一"]);
    }
}
