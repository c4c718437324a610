//! Subscribe messages: one message to one person who asked for it.
//!
//! A one-time subscription is spent by one message, and WeChat cannot be asked how many are left: whoever
//! sends keeps that account. One person's messages go one after the other, never at once.

use std::fmt;

use chrono::{Datelike, NaiveDate, NaiveTime};
use reqwest::Method;
use serde_json::{Map, Value, json};
use thiserror::Error;

use super::client::WeChat;
use super::codes::Release;
use super::error::{Errcode, FieldName, Invalid, Meaning, Refusal, WeChatError};
use super::wire::{Call, Repeat, json as read_json};

/// A message, and to whom.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// The recipient.
    pub openid: &'a str,
    /// The mini-program's own id of the template.
    pub template_id: &'a str,
    /// The page that a tap opens, with its query.
    pub page: Option<&'a str>,
    /// The version of the mini-program that a tap opens.
    pub release: Release,
    /// The language of the fixed words around the values.
    pub language: Language,
    /// The template's fields and their values, such as `("thing1", "电梯已修好")`.
    pub fields: &'a [(&'a str, &'a str)],
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("template_id", &self.template_id).finish_non_exhaustive()
    }
}

/// The languages of WeChat's message frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    SimplifiedChinese,
    English,
    HongKongChinese,
    TaiwanChinese,
}

impl Language {
    fn word(self) -> &'static str {
        match self {
            Self::SimplifiedChinese => "zh_CN",
            Self::English => "en_US",
            Self::HongKongChinese => "zh_HK",
            Self::TaiwanChinese => "zh_TW",
        }
    }
}

/// WeChat took the message and spent a subscription. Whether it arrived is told later, by an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted;

impl WeChat {
    /// Sends a message. Its values are checked first, so that WeChat does not refuse them. A message whose
    /// fate is unknown ([`Class::Uncertain`](super::Class::Uncertain)) is not sent again: it would reach
    /// the person twice, and spend two subscriptions.
    ///
    /// # Errors
    /// [`WeChatError::Invalid`] before sending; [`Refusal::NotSubscribed`], [`Refusal::TemplateBanned`],
    /// [`Refusal::SendInProgress`], [`Refusal::FieldRefused`] and others of WeChat's.
    pub async fn send_message(&self, message: &Message<'_>) -> Result<Accepted, WeChatError> {
        let body = body_of(message).map_err(WeChatError::Invalid)?;
        let _answer: Value = self.post(&send(), &body, read_json).await?;
        Ok(Accepted)
    }
}

fn body_of(message: &Message<'_>) -> Result<Value, Invalid> {
    if message.openid.is_empty() {
        return Err(Invalid::OpenId);
    }
    if message.template_id.is_empty() {
        return Err(Invalid::Template);
    }
    if message.fields.is_empty() {
        return Err(Invalid::NoField);
    }
    let mut data = Map::new();
    for (name, value) in message.fields {
        check_field(name, value)?;
        data.insert((*name).to_owned(), json!({ "value": value }));
    }
    let mut body = json!({
        "touser": message.openid,
        "template_id": message.template_id,
        "miniprogram_state": message.release.state(),
        "lang": message.language.word(),
        "data": data,
    });
    if let (Some(page), Some(body)) = (message.page, body.as_object_mut()) {
        body.insert("page".to_owned(), json!(page));
    }
    Ok(body)
}

fn send() -> Call {
    Call {
        method: Method::POST,
        path: "/cgi-bin/message/subscribe/send",
        quota: "/cgi-bin/message/subscribe/send",
        repeat: Repeat::IfNotDone,
        meaning: |Errcode { code, field, .. }| {
            Some(Meaning::Refusal(match code {
                40003 => Refusal::PersonUnknown,
                40037 => Refusal::TemplateUnknown,
                41030 => Refusal::PageUnknown,
                43101 => Refusal::NotSubscribed,
                43107 => Refusal::TemplateBanned,
                43108 => Refusal::SendInProgress,
                45168 => Refusal::SensitiveWord,
                47003 => Refusal::FieldRefused { field: field.clone() },
                _ => return None,
            }))
        },
    }
}

/// The kind of a template's field: the letters of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Anything, up to 20 characters.
    Thing,
    /// Up to 32 digits, perhaps with a decimal point.
    Number,
    /// Up to 32 letters.
    Letter,
    /// Up to 5 symbols.
    Symbol,
    /// Up to 32 digits, letters or symbols as a keyboard has them, none Chinese.
    CharacterString,
    /// `HH:MM` or `HH:MM:SS`, perhaps after a date; or two of them around `~`.
    Time,
    /// Year, month and day, perhaps with a time; or two of them around `~`.
    Date,
    /// A currency sign and up to 10 digits, perhaps with a decimal point, perhaps with 元.
    Amount,
    /// Up to 17 digits and symbols.
    PhoneNumber,
    /// Up to 8 letters and digits; the first and the last may be Chinese.
    CarNumber,
    /// Up to 10 Chinese characters, or up to 20 letters and signs; a mixture counts as Chinese. No digits.
    Name,
    /// Up to 5 Chinese characters, nothing else.
    Phrase,
    /// One of the values that the template lists.
    Enumeration,
}

/// What is wrong with a field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FieldProblem {
    #[error("the value is empty")]
    Empty,
    #[error("the value holds a control character or a new line")]
    ControlCharacter,
    #[error("the value is longer than {limit} characters")]
    TooLong { limit: usize },
    #[error("the value does not have the form of its kind")]
    Form,
    #[error("the kind is unknown")]
    UnknownKind,
}

/// Refuses a value that WeChat would refuse with 47003. Characters are counted, not bytes.
///
/// # Errors
/// [`Invalid::FieldName`] or [`Invalid::Field`], which names the field and its problem, never the value.
pub fn check_field(name: &str, value: &str) -> Result<(), Invalid> {
    let field = FieldName::parse(name).ok_or(Invalid::FieldName)?;
    let end = FieldKind::of(&field).ok_or(FieldProblem::UnknownKind).and_then(|kind| kind.check(value));
    end.map_err(|problem| Invalid::Field { field, problem })
}

/// `text` as a `thing` can hold it: on one line, at most 20 characters, the last one `…` if it was longer.
pub fn fit_thing(text: &str) -> String {
    let limit = FieldKind::Thing.limit().unwrap_or(usize::MAX);
    let one_line: String = text.split(breaks).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let one_line = one_line.trim();
    if one_line.chars().count() <= limit {
        return one_line.to_owned();
    }
    one_line.chars().take(limit - 1).chain(['…']).collect()
}

impl FieldKind {
    /// The kind that a field's name says.
    pub fn of(field: &FieldName) -> Option<Self> {
        Some(match field.kind() {
            "thing" => Self::Thing,
            "number" => Self::Number,
            "letter" => Self::Letter,
            "symbol" => Self::Symbol,
            "character_string" => Self::CharacterString,
            "time" => Self::Time,
            "date" => Self::Date,
            "amount" => Self::Amount,
            "phone_number" => Self::PhoneNumber,
            "car_number" => Self::CarNumber,
            "name" => Self::Name,
            "phrase" => Self::Phrase,
            "enum" => Self::Enumeration,
            _ => return None,
        })
    }

    /// The most characters, where that alone is the limit.
    fn limit(self) -> Option<usize> {
        match self {
            Self::Thing => Some(20),
            Self::Letter | Self::CharacterString => Some(32),
            Self::Symbol | Self::Phrase => Some(5),
            Self::PhoneNumber => Some(17),
            Self::CarNumber => Some(8),
            Self::Number | Self::Time | Self::Date | Self::Amount | Self::Name | Self::Enumeration => None,
        }
    }

    fn check(self, value: &str) -> Result<(), FieldProblem> {
        if value.trim().is_empty() {
            return Err(FieldProblem::Empty);
        }
        if value.contains(breaks) {
            return Err(FieldProblem::ControlCharacter);
        }
        if let Some(limit) = self.limit().filter(|limit| value.chars().count() > *limit) {
            return Err(FieldProblem::TooLong { limit });
        }
        match self {
            Self::Number => number(value, 32),
            Self::Amount => amount(value),
            Self::Name => name(value),
            _ => form(self.has_form(value)),
        }
    }

    fn has_form(self, value: &str) -> bool {
        match self {
            Self::Letter => value.chars().all(|c| c.is_ascii_alphabetic()),
            Self::Symbol => value.chars().all(|c| !c.is_alphanumeric() && !c.is_whitespace()),
            Self::CharacterString => value.chars().all(|c| c.is_ascii_graphic() || c == ' '),
            Self::Time => moments(value, |date, time| date.is_none_or(is_date) && time.is_some_and(is_time)),
            Self::Date => moments(value, |date, time| date.is_some_and(is_date) && time.is_none_or(is_time)),
            Self::PhoneNumber => {
                value.contains(|c: char| c.is_ascii_digit())
                    && value.chars().all(|c| c.is_ascii_digit() || "+-() *#".contains(c))
            }
            Self::CarNumber => is_car_number(value),
            Self::Phrase => value.chars().all(chinese),
            Self::Thing | Self::Enumeration | Self::Number | Self::Amount | Self::Name => true,
        }
    }
}

fn form(fits: bool) -> Result<(), FieldProblem> {
    if fits { Ok(()) } else { Err(FieldProblem::Form) }
}

/// What may not stand in any value.
fn breaks(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

fn chinese(c: char) -> bool {
    matches!(c, '\u{3007}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{323AF}')
}

fn currency(c: char) -> bool {
    matches!(c, '¥' | '￥' | '$' | '€' | '£' | '₩')
}

fn amount(value: &str) -> Result<(), FieldProblem> {
    let value = value.strip_prefix(currency).unwrap_or(value);
    number(value.strip_suffix('元').unwrap_or(value), 10)
}

/// Digits with at most one point between them.
fn number(value: &str, limit: usize) -> Result<(), FieldProblem> {
    let (whole, part) = value.split_once('.').unwrap_or((value, "0"));
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    form(digits(whole) && digits(part))?;
    if value.chars().filter(char::is_ascii_digit).count() > limit {
        return Err(FieldProblem::TooLong { limit });
    }
    Ok(())
}

fn name(value: &str) -> Result<(), FieldProblem> {
    let limit = if value.contains(chinese) { 10 } else { 20 };
    if value.chars().count() > limit {
        return Err(FieldProblem::TooLong { limit });
    }
    form(!value.contains(|c: char| c.is_numeric() && !chinese(c)))
}

fn is_car_number(value: &str) -> bool {
    let last = value.chars().count() - 1;
    value
        .chars()
        .enumerate()
        .all(|(at, c)| c.is_ascii_alphanumeric() || (chinese(c) && (at == 0 || at == last)))
}

/// One moment, or two around `~`, each handed to `fits` as its date and its time.
fn moments(value: &str, fits: fn(Option<&str>, Option<&str>) -> bool) -> bool {
    let moment = |text: &str| match text.split_once(' ') {
        Some((date, time)) => fits(Some(date), Some(time)),
        None if text.contains(':') => fits(None, Some(text)),
        None => fits(Some(text), None),
    };
    match value.split_once('~') {
        Some((from, until)) => moment(from.trim()) && moment(until.trim()),
        None => moment(value),
    }
}

/// A day of the calendar. One of the year 1 is a default that was never filled in.
fn is_date(text: &str) -> bool {
    const FORMS: [&str; 4] = ["%Y年%m月%d日", "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d"];
    let day = FORMS.iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok());
    is_unspaced(text)
        && starts_with_digits(text, 4)
        && day.is_some_and(|day| (1900..3000).contains(&day.year()))
}

fn is_time(text: &str) -> bool {
    let form = if text.len() == 5 { "%H:%M" } else { "%H:%M:%S" };
    matches!(text.len(), 5 | 8)
        && is_unspaced(text)
        && starts_with_digits(text, 2)
        // chrono takes the leap second that it may be.
        && !text.ends_with(":60")
        && NaiveTime::parse_from_str(text, form).is_ok()
}

/// chrono overlooks blanks before a number, wide ones too.
fn is_unspaced(text: &str) -> bool {
    !text.contains(char::is_whitespace)
}

fn starts_with_digits(text: &str, count: usize) -> bool {
    text.chars().take_while(char::is_ascii_digit).count() == count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(name: &str, value: &str) -> Option<FieldProblem> {
        match check_field(name, value) {
            Ok(()) => None,
            Err(Invalid::Field { problem, .. }) => Some(problem),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn values_that_wechat_takes_are_let_through() {
        for (name, value) in [
            ("thing1", "电梯已修好，请试用 lift 2"),
            ("thing1", "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀"),
            ("number2", "12345678901234567890123456789012"),
            ("number2", "12.50"),
            ("letter3", "abcXYZ"),
            ("symbol4", "!@#%&"),
            ("character_string5", "NO-2026/11 #7"),
            ("time6", "15:01"),
            ("time6", "15:01:59"),
            ("time6", "2019年10月1日 15:01"),
            ("time6", "09:00~11:30"),
            ("date7", "2019年10月1日"),
            ("date7", "2019-10-01 15:01"),
            ("date7", "2019/10/1~2019/10/3"),
            ("date7", "2019.10.01"),
            ("amount8", "¥100"),
            ("amount8", "￥12.50元"),
            ("phone_number9", "+86-0766-66888866"),
            ("car_number10", "粤A8Z888挂"),
            ("name11", "张三"),
            ("name11", "Johann Sebastian"),
            ("phrase12", "处理中"),
            ("enum13", "已完成"),
        ] {
            assert_eq!(problem(name, value), None, "{name} {value}");
        }
    }

    #[test]
    fn values_that_wechat_refuses_are_named() {
        use FieldProblem::{ControlCharacter, Empty, Form, TooLong, UnknownKind};
        for (name, value, expected) in [
            ("thing1", "", Empty),
            ("thing1", "  ", Empty),
            ("thing1", "一二三四五六七八九十一二三四五六七八九十一", TooLong { limit: 20 }),
            ("thing1", "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀", TooLong { limit: 20 }),
            ("thing1", "two\nlines", ControlCharacter),
            ("number2", "123456789012345678901234567890123", TooLong { limit: 32 }),
            ("number2", "1,000", Form),
            ("number2", "1.", Form),
            ("letter3", "a1", Form),
            ("symbol4", "!!!!!!", TooLong { limit: 5 }),
            ("character_string5", "编号1", Form),
            ("time6", "25:01", Form),
            ("time6", "2019-10-01", Form),
            ("time6", "2020-01-18 16:18:49.0", Form),
            ("date7", "2020-01-18T16:18:49Z", Form),
            ("date7", "2020-02-30", Form),
            ("date7", "15:01", Form),
            ("amount8", "¥12345678901", TooLong { limit: 10 }),
            ("amount8", "¥¥1", Form),
            ("amount8", "元", Form),
            ("phone_number9", "123456789012345678", TooLong { limit: 17 }),
            ("phone_number9", "电话", Form),
            ("car_number10", "A粤8Z888", Form),
            ("name11", "一二三四五六七八九十一", TooLong { limit: 10 }),
            ("name11", "abcdefghijklmnopqrstu", TooLong { limit: 20 }),
            ("phrase12", "第2步", Form),
            ("phrase12", "正在处理之中", TooLong { limit: 5 }),
            ("mood1", "x", UnknownKind),
        ] {
            assert_eq!(problem(name, value), Some(expected), "{name} {value}");
        }
        for name in ["thing", "1", "thing 1", "Thing1", ""] {
            assert_eq!(check_field(name, "x"), Err(Invalid::FieldName), "{name}");
        }
    }

    #[test]
    fn a_long_title_is_cut_to_what_a_thing_holds() {
        let cut = fit_thing("三号楼二单元的\n电梯又坏了，老人被困在十一楼，请尽快派人来");
        assert_eq!(cut, "三号楼二单元的 电梯又坏了，老人被困在…");
        assert_eq!(check_field("thing1", &cut), Ok(()));
        assert_eq!(fit_thing("短"), "短");
    }
}
