//! The phone number behind the code of the phone button.

use std::fmt;

use reqwest::Method;
use secrecy::SecretString;
use serde::Deserialize;

use super::client::WeChat;
use super::error::{Invalid, Meaning, Refusal, WeChatError};
use super::login::{check_code, code_meaning, maybe_spent};
use super::wire::{Call, Repeat, json, lenient_integer, lenient_text};

/// How far a watermark's time may be from ours: as long as a code lives.
const WATERMARK_LIFE_SECONDS: u64 = 300;

/// A phone number that WeChat says the person has bound. Not a fresh proof that they hold it.
pub struct Phone {
    /// Without the country code.
    pub number: SecretString,
    /// Such as `86`.
    pub country_code: String,
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Phone").finish_non_exhaustive()
    }
}

impl WeChat {
    /// Exchanges the code of the phone button, which lives five minutes and can be exchanged once. WeChat
    /// checks that the code belongs to `openid`; we check that the answer is for us and fresh.
    ///
    /// # Errors
    /// As [`WeChat::exchange_code`]; also [`Refusal::CodeOfAnotherApp`], [`Refusal::PersonUnknown`],
    /// [`Refusal::ForeignWatermark`], [`Refusal::StaleWatermark`].
    pub async fn phone_number(&self, code: &str, openid: &str) -> Result<Phone, WeChatError> {
        check_code(code)?;
        if openid.is_empty() {
            return Err(WeChatError::Invalid(Invalid::OpenId));
        }
        let body = serde_json::json!({ "code": code, "openid": openid });
        let call = getuserphonenumber();
        let told: Told = self.post(&call, &body, json).await.map_err(maybe_spent)?;
        let Told { phone_info } = told;
        self.check_watermark(&phone_info.watermark)?;
        if phone_info.pure_phone_number.is_empty() {
            return Err(maybe_spent(WeChatError::Unreadable { path: call.path }));
        }
        Ok(Phone { number: phone_info.pure_phone_number.into(), country_code: phone_info.country_code })
    }

    fn check_watermark(&self, watermark: &Watermark) -> Result<(), WeChatError> {
        let refused = |refusal| Err(WeChatError::Refused { refusal, code: 0, rid: None });
        if watermark.appid != self.appid {
            return refused(Refusal::ForeignWatermark);
        }
        if self.wire.now().timestamp().abs_diff(watermark.timestamp) > WATERMARK_LIFE_SECONDS {
            return refused(Refusal::StaleWatermark);
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Told {
    phone_info: PhoneInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PhoneInfo {
    pure_phone_number: String,
    #[serde(deserialize_with = "lenient_text")]
    country_code: String,
    watermark: Watermark,
}

#[derive(Deserialize)]
struct Watermark {
    #[serde(deserialize_with = "lenient_integer")]
    timestamp: i64,
    appid: String,
}

fn getuserphonenumber() -> Call {
    Call {
        method: Method::POST,
        path: "/wxa/business/getuserphonenumber",
        quota: "/wxa/business/getuserphonenumber",
        repeat: Repeat::IfNotDone,
        meaning: |errcode| {
            code_meaning(errcode).or(match errcode.code {
                40013 => Some(Meaning::Refusal(Refusal::CodeOfAnotherApp)),
                40003 => Some(Meaning::Refusal(Refusal::PersonUnknown)),
                _ => None,
            })
        },
    }
}
