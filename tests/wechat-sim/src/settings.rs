//! The ways in which WeChat is known to vary, each to be chosen by a test.

use serde::{Deserialize, Serialize};

#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Out of a hundred sign-ins, how many change the session key.
    pub session_rotate_percent: u64,
    /// No change sooner than this after the last one.
    pub session_rotate_min_seconds: u64,
    pub session_key_seconds: u64,
    /// A granted `jscode2session` carries `"errcode": 0`, as the documentation's sample does.
    pub login_says_errcode_zero: bool,
    /// `countryCode` is a number, as it was documented once.
    pub country_code_as_number: bool,
    /// The watermark names this app instead of the caller's.
    pub watermark_appid: Option<String>,
    /// The watermark is this old.
    pub watermark_age_seconds: u64,
    /// A refused code comes as `text/plain`, as it did before.
    pub code_refusal_as_text: bool,
    /// Real milliseconds that a send takes; another to the same user meanwhile is refused.
    pub send_takes_ms: u64,
    /// Characters of an access token; WeChat asks for room for 512.
    pub token_length: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            session_rotate_percent: 50,
            session_rotate_min_seconds: 60,
            session_key_seconds: 3 * 86_400,
            login_says_errcode_zero: false,
            country_code_as_number: false,
            watermark_appid: None,
            watermark_age_seconds: 0,
            code_refusal_as_text: false,
            send_takes_ms: 20,
            token_length: 136,
        }
    }
}
