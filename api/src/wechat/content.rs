//! Checking what people write and show before others see it: a text at once, a photo by a push that comes later.

use std::fmt;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::WeChat;
use super::error::{Class, Invalid, Meaning, Refusal, WeChatError};
use super::wire::{Call, Repeat, json as read_json};

/// The longest text that WeChat checks, in characters.
pub const TEXT_LONGEST: usize = 2500;

/// A text, and who wrote it where.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    /// 1 to 2500 characters.
    pub content: &'a str,
    /// Where it would be seen.
    pub scene: TextScene,
    /// Its author, who must have been in the mini-program within the last two hours.
    pub openid: &'a str,
    /// Its title, if it has one.
    pub title: Option<&'a str>,
    /// The name that the author goes by.
    pub nickname: Option<&'a str>,
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Text").field("scene", &self.scene).finish_non_exhaustive()
    }
}

/// Where a text is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextScene {
    Profile,
    Comment,
    Forum,
    SocialLog,
}

impl TextScene {
    fn number(self) -> u8 {
        match self {
            Self::Profile => 1,
            Self::Comment => 2,
            Self::Forum => 3,
            Self::SocialLog => 4,
        }
    }
}

/// What is to be done with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub decision: Decision,
    /// WeChat's label: 100 is good; else what is wrong, such as 20001 politics, 20003 abuse.
    pub label: Option<i64>,
    /// WeChat's id of this check, for when it is questioned.
    pub trace_id: Option<String>,
}

/// Publish, ask a human, or reject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Publish,
    AskHuman(WhyHuman),
    Reject,
}

/// Why a human must look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyHuman {
    /// WeChat is not sure.
    WeChatUnsure,
    /// WeChat does not check for somebody who was not in the mini-program lately.
    AuthorAbsent,
    /// WeChat did not check: no answer, busy, or out of quota.
    NotChecked,
}

impl WeChat {
    /// Checks a text. Not being able to is a decision too: a human looks. The text is never let through
    /// unchecked.
    ///
    /// # Errors
    /// [`WeChatError::Invalid`] for a text too long to check, and what an operator must put right. The
    /// text then waits for a human as well.
    pub async fn check_text(&self, text: &Text<'_>) -> Result<Verdict, WeChatError> {
        if text.openid.is_empty() {
            return Err(WeChatError::Invalid(Invalid::OpenId));
        }
        if text.content.trim().is_empty() || text.content.chars().count() > TEXT_LONGEST {
            return Err(WeChatError::Invalid(Invalid::TextLength));
        }
        let mut body = json!({
            "content": text.content,
            "version": 2,
            "scene": text.scene.number(),
            "openid": text.openid,
        });
        if let Some(body) = body.as_object_mut() {
            body.extend(text.title.map(|title| ("title".to_owned(), json!(title))));
            body.extend(text.nickname.map(|name| ("nickname".to_owned(), json!(name))));
        }
        match self.post::<Checked>(&msg_sec_check(), &body, read_json).await {
            Ok(checked) => Ok(checked.verdict()),
            Err(error) => unchecked(error),
        }
    }
}

/// A photo, and who sent it.
#[derive(Clone, Copy)]
pub struct Photo<'a> {
    /// Where WeChat fetches it, without a sign-in.
    pub url: &'a str,
    /// Its author, who must have been in the mini-program within the last two hours.
    pub openid: &'a str,
}

impl fmt::Debug for Photo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Photo")
    }
}

impl WeChat {
    /// Asks WeChat to look at a photo, as of a forum. What it finds is pushed within half an hour, under the id that this
    /// answers; see [`photo_finding`]. Asked again it looks again, under another id.
    ///
    /// # Errors
    /// [`WeChatError`].
    pub async fn check_photo(&self, photo: &Photo<'_>) -> Result<String, WeChatError> {
        if photo.openid.is_empty() {
            return Err(WeChatError::Invalid(Invalid::OpenId));
        }
        let body = json!({
            "media_url": photo.url,
            "media_type": 2,
            "version": 2,
            "scene": TextScene::Forum.number(),
            "openid": photo.openid,
        });
        let taken: Taken = self.post(&media_check_async(), &body, read_json).await?;
        Ok(taken.trace_id)
    }

    /// Reads what WeChat pushes about a photo; None when it is a push about something else, or for another mini-program.
    pub fn photo_finding(&self, push: &Value) -> Option<PhotoFinding> {
        let text = |name: &str| push.get(name).and_then(Value::as_str);
        let is_ours = text("appid").is_none_or(|appid| appid == self.appid);
        if text("Event") != Some("wxa_media_check") || !is_ours {
            return None;
        }
        let looked = push.get("errcode").and_then(super::wire::integer).is_none_or(|errcode| errcode == 0);
        let checked = serde_json::from_value::<Checked>(push.clone()).ok().filter(|_| looked);
        Some(PhotoFinding { trace_id: text("trace_id")?.to_owned(), verdict: checked.map(Checked::verdict) })
    }
}

/// What WeChat pushed about a photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoFinding {
    /// The id that [`WeChat::check_photo`] answered.
    pub trace_id: String,
    /// None when WeChat could not look, for one because it could not fetch the photo.
    pub verdict: Option<Verdict>,
}

#[derive(Deserialize)]
struct Taken {
    trace_id: String,
}

fn media_check_async() -> Call {
    Call { path: "/wxa/media_check_async", quota: "/wxa/media_check_async", ..msg_sec_check() }
}

fn unchecked(error: WeChatError) -> Result<Verdict, WeChatError> {
    let why = match (error.class(), &error) {
        (_, WeChatError::Refused { refusal: Refusal::PersonAbsent, .. }) => WhyHuman::AuthorAbsent,
        (Class::Retry | Class::Uncertain | Class::Quota { .. }, _) => WhyHuman::NotChecked,
        _ => return Err(error),
    };
    Ok(Verdict { decision: Decision::AskHuman(why), label: None, trace_id: None })
}

fn msg_sec_check() -> Call {
    Call {
        method: Method::POST,
        path: "/wxa/msg_sec_check",
        quota: "/wxa/msg_sec_check",
        repeat: Repeat::IfNotDone,
        meaning: |errcode| {
            Some(Meaning::Refusal(match errcode.code {
                40003 | 43104 => Refusal::PersonUnknown,
                40129 => Refusal::SceneRefused,
                61010 => Refusal::PersonAbsent,
                40004 => Refusal::ParameterRefused,
                _ => return None,
            }))
        },
    }
}

#[derive(Deserialize)]
struct Checked {
    result: Opinion,
    #[serde(default)]
    detail: Details,
    trace_id: Option<String>,
}

#[derive(Deserialize)]
struct Opinion {
    suggest: Suggestion,
    #[serde(default)]
    label: serde_json::Value,
}

/// In XML one of them stands alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Details {
    Several(Vec<Detail>),
    One(Detail),
}

impl Default for Details {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl Details {
    fn all(&self) -> &[Detail] {
        match self {
            Self::Several(all) => all,
            Self::One(one) => std::slice::from_ref(one),
        }
    }
}

/// One strategy's opinion. It counts only if the strategy ran.
#[derive(Deserialize)]
struct Detail {
    #[serde(default)]
    errcode: serde_json::Value,
    #[serde(default)]
    suggest: Option<Suggestion>,
}

/// Ordered from harmless to harmful. A word that we do not know is for a human.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(from = "String")]
enum Suggestion {
    Pass,
    Review,
    Risky,
}

impl From<String> for Suggestion {
    fn from(word: String) -> Self {
        match word.as_str() {
            "pass" => Self::Pass,
            "risky" => Self::Risky,
            _ => Self::Review,
        }
    }
}

impl Checked {
    /// The gravest of the whole and of the strategies that ran.
    fn verdict(self) -> Verdict {
        let counted =
            self.detail.all().iter().filter(|detail| detail.ran()).filter_map(|detail| detail.suggest);
        let gravest = counted.fold(self.result.suggest, Suggestion::max);
        let decision = match gravest {
            Suggestion::Pass => Decision::Publish,
            Suggestion::Review => Decision::AskHuman(WhyHuman::WeChatUnsure),
            Suggestion::Risky => Decision::Reject,
        };
        let label = super::wire::integer(&self.result.label);
        Verdict { decision, label, trace_id: self.trace_id }
    }
}

impl Detail {
    fn ran(&self) -> bool {
        self.errcode.is_null() || super::wire::integer(&self.errcode) == Some(0)
    }
}
