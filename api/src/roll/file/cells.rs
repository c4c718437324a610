//! What one cell means.

use super::{HomeKind, HomeStatus, Problem};

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

/// What a yes or no in a column of states answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    Delivered,
    Sold,
}

/// An empty cell is a home handed over: rolls mark only the exceptions, and one without owner is refused anyway. So is a
/// home of which it is only said that it is sold, let or empty: a roll that knows of homes sold and not handed over says
/// so.
pub(super) fn status(text: &str, question: Question) -> Result<HomeStatus, Problem> {
    let text: String = fold(text).chars().filter(|c| !c.is_whitespace()).collect();
    match text.to_uppercase().as_str() {
        "" | "已交付" | "交付" | "已交房" | "交房" | "已交楼" | "交楼" | "已收房" | "收房" | "已收楼"
        | "已接房" | "接房" | "已入住" | "入住" | "自住" | "自用" | "出租" | "已出租" | "空置" | "空关"
        | "已装修" | "装修中" | "已售" | "已出售" | "已销售" | "售出" | "已售已交付" | "是" | "Y" | "YES"
        | "√" | "✓" | "DELIVERED" => Ok(HomeStatus::Delivered),
        "未售" | "未出售" | "未销售" | "待售" | "在售" | "空置未售" | "UNSOLD" => {
            Ok(HomeStatus::Unsold)
        }
        "已售未交付" | "未交付" | "已售未交" | "已售未交房" | "未交房" | "未交楼" | "未收房" | "未收楼"
        | "未接房" | "待交付" | "待交房" | "SOLD_UNDELIVERED" => Ok(HomeStatus::SoldUndelivered),
        "否" | "N" | "NO" | "×" | "✗" => Ok(match question {
            Question::Delivered => HomeStatus::SoldUndelivered,
            Question::Sold => HomeStatus::Unsold,
        }),
        _ => Err(Problem::StatusUnknown),
    }
}

/// What a row is a row of. An empty cell says nothing: rolls mark only what is no dwelling.
pub(super) fn kind(text: &str) -> Result<Option<HomeKind>, Problem> {
    let text: String = fold(text).chars().filter(|c| !c.is_whitespace()).collect();
    Ok(Some(match text.to_uppercase().as_str() {
        "" | "-" | "/" | "—" => return Ok(None),
        "住宅" | "住宅用房" | "成套住宅" | "商品住宅" | "普通住宅" | "居住" | "居住用房" | "公寓"
        | "别墅" | "高层" | "多层" | "洋房" | "商住" | "商铺" | "商业" | "商业用房" | "商业服务" | "商服"
        | "店铺" | "店面" | "门面" | "门面房" | "门市" | "底商" | "办公" | "办公用房" | "写字楼" | "HOME" => {
            HomeKind::Home
        }
        "车位" | "停车位" | "机动车位" | "产权车位" | "地下车位" | "地上车位" | "地面车位" | "人防车位"
        | "车库" | "地下车库" | "车房" | "摊位" | "储藏室" | "储藏间" | "储物间" | "杂物间" | "地下室"
        | "PARKING" => HomeKind::Parking,
        "公共设施" | "公用设施" | "公共用房" | "公用房" | "公建" | "配套公建" | "配套用房" | "物业用房"
        | "物业管理用房" | "社区用房" | "设备用房" | "PUBLIC" => HomeKind::Public,
        _ => return Err(Problem::KindUnknown),
    }))
}

/// Whether the name of a building, unit or room is that of a parking bay, garage, stall or store.
pub(super) fn names_a_space(place: &str) -> bool {
    ["车位", "车库", "车房", "摊位", "储藏"].iter().any(|word| place.contains(word))
}

/// Whether a cell says that its row sums up others: 合计, 1号楼小计, 共528户.
pub(super) fn is_footer(text: &str) -> bool {
    let text: String = fold(text).chars().filter(|c| !c.is_whitespace()).collect();
    if text.is_empty() || text.chars().count() > 20 {
        return false;
    }
    let sums = ["合计", "总计", "小计", "共计", "累计", "总合计"];
    let bare = text.trim_end_matches(|c: char| !c.is_alphabetic());
    let told = |rest: &str| rest.starts_with(|c: char| c == ':' || c.is_ascii_digit());
    sums.iter().any(|sum| bare.ends_with(sum) || text.strip_prefix(sum).is_some_and(told))
        || text.strip_prefix('共').is_some_and(|rest| told(rest) && rest.ends_with('户'))
}

/// The name of a building, unit or room: width and white space do not matter.
pub(super) fn place(text: &str) -> String {
    fold(text).chars().filter(|c| !c.is_whitespace()).collect()
}

/// What places are called after their number or letter, the longer ones first.
const ENDINGS: [&str; 16] =
    ["号楼", "楼幢", "楼栋", "单元", "幢", "栋", "楼", "座", "号", "室", "房", "#", "户", "门", "梯", "院"];

/// What tells two places apart: 1号楼, 1#楼, 第1幢, 一号楼 and 1 are one building, 2单元 and 2 one unit, 101室 and 101 one
/// room. Only a number stands for the whole: A座 and A are one building, but 东1号楼 is not 1号楼.
pub fn place_key(name: &str) -> String {
    let name = fold(name).to_uppercase();
    let mut bare = name.strip_prefix(['第', '#']).unwrap_or(&name);
    while let Some(shorter) = ENDINGS.iter().find_map(|ending| bare.strip_suffix(ending)) {
        bare = shorter;
    }
    if let Some(number) = number(bare) {
        return number;
    }
    let endings = ENDINGS.iter().take(12);
    let bare = endings.filter_map(|ending| name.strip_suffix(ending)).find(|bare| !bare.is_empty());
    bare.unwrap_or(&name).to_owned()
}

/// A whole number in digits, or in words from 一 to 九十九.
fn number(text: &str) -> Option<String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.to_owned());
    }
    chinese_number(text).map(|number| number.to_string())
}

/// 一 to 九十九.
pub(super) fn chinese_number(text: &str) -> Option<usize> {
    let digit = |text: &str| "一二三四五六七八九".chars().position(|c| text.chars().eq([c])).map(|at| at + 1);
    let Some((tens, ones)) = text.split_once('十') else { return digit(text) };
    let tens = if tens.is_empty() { 1 } else { digit(tens)? };
    let ones = if ones.is_empty() { 0 } else { digit(ones)? };
    Some(tens * 10 + ones)
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
