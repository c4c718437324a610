//! The server side of WeChat: the calls that only our server may make to `api.weixin.qq.com`.
//!
//! **For:** exchanging a sign-in code, learning a phone number, sending a subscribe message, checking
//! texts and photos, drawing a mini-program code, and reading what WeChat encrypted or signed.
//!
//! **Promises**
//! - One access token for all processes: fetched once, renewed before it ends, replaced at most once when
//!   WeChat refuses it, and never by two at a time ([`TokenStore`]).
//! - A code is exchanged once. A message whose fate is unknown is not sent again.
//! - A quota that is used up is not asked again until it opens.
//! - Every failure is a [`WeChatError`] with a [`Class`] that says what to do next.
//!
//! **Never** writes a secret, access token, `session_key`, openid or phone number into an error, a log line
//! or a `Debug` output; asks the system for time or randomness ([`Time`], [`Chance`]); follows a redirect
//! or a proxy; treats what WeChat says about a person as a right to vote.
//!
//! ```text
//! login      GET  /sns/jscode2session
//! token      POST /cgi-bin/stable_token
//! phone      POST /wxa/business/getuserphonenumber
//! subscribe  POST /cgi-bin/message/subscribe/send
//! content    POST /wxa/msg_sec_check
//!            POST /wxa/media_check_async
//! codes      POST /wxa/getwxacodeunlimit
//! open_data  no call: decrypts and verifies
//! push       no call: verifies and decrypts
//! ```

mod circuit;
mod client;
mod codes;
mod content;
mod error;
mod login;
mod open_data;
mod phone;
mod push;
mod subscribe;
mod time;
mod token;
mod token_redis;
mod wire;

#[cfg(test)]
mod tests;

pub use client::{Hosts, OFFICIAL_BASE_URL, WeChat, WeChatSettings};
pub use codes::{MiniCode, PageCheck, Picture, PictureFormat, Release};
pub use content::{Decision, Photo, PhotoFinding, TEXT_LONGEST, Text, TextScene, Verdict, WhyHuman};
pub use error::{Class, Delivery, FieldName, Invalid, Refusal, Rid, WeChatError};
pub use login::Login;
pub use open_data::{OpenDataError, decrypt_open_data, raw_data_is_signed, session_signature};
pub use phone::Phone;
pub use push::{NotPushed, PushKeys, Signed};
pub use subscribe::{Accepted, FieldKind, FieldProblem, Language, Message, check_field, fit_thing};
pub use time::{Chance, Time};
pub use token::{MemoryTokenStore, StoreDown, TokenStore};
pub use token_redis::RedisTokenStore;
