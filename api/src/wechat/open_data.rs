//! What WeChat encrypts and signs with a person's `session_key`. No call is made here.
//!
//! A failure nearly always means that the key has changed since: sign in again and repeat. All failures
//! read the same from outside, so that nobody can probe the encryption by them.

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, KeyIvInit};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha1::{Digest, Sha1};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use thiserror::Error;

use super::wire::integer;

/// How old a watermark may be.
const WATERMARK_LIFE_SECONDS: u64 = 300;

/// Why open data cannot be read. The message is the same for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("WeChat's data cannot be read: sign in again and repeat")]
pub enum OpenDataError {
    /// The `session_key` is not 16 bytes in base64.
    Key,
    /// The initial vector is not 16 bytes in base64.
    Vector,
    /// The data is not base64 of whole blocks, or was not encrypted with this key.
    Data,
    /// What was decrypted is not a JSON object with a watermark.
    Content,
    /// The watermark names another mini-program.
    ForeignWatermark,
    /// The watermark is more than five minutes from now.
    StaleWatermark,
}

/// Decrypts `encryptedData` (AES-128-CBC, PKCS#7) and checks that it was made for `appid` within five
/// minutes of `now`.
///
/// # Errors
/// [`OpenDataError`]; to the phone they are one and the same.
pub fn decrypt_open_data(
    session_key: &SecretString,
    iv: &str,
    encrypted: &str,
    appid: &str,
    now: DateTime<Utc>,
) -> Result<Value, OpenDataError> {
    let key = sixteen(session_key.expose_secret()).ok_or(OpenDataError::Key)?;
    let iv = sixteen(iv).ok_or(OpenDataError::Vector)?;
    let encrypted = BASE64_STANDARD.decode(encrypted).map_err(|_| OpenDataError::Data)?;
    let plain = cbc::Decryptor::<aes::Aes128>::new(&key.into(), &iv.into())
        .decrypt_padded_vec::<Pkcs7>(&encrypted)
        .map_err(|_| OpenDataError::Data)?;
    let content: Value = serde_json::from_slice(&plain).map_err(|_| OpenDataError::Content)?;
    check_watermark(&content, appid, now)?;
    Ok(content)
}

fn sixteen(base64: &str) -> Option<[u8; 16]> {
    BASE64_STANDARD.decode(base64).ok()?.try_into().ok()
}

fn check_watermark(content: &Value, appid: &str, now: DateTime<Utc>) -> Result<(), OpenDataError> {
    let watermark = content.get("watermark").ok_or(OpenDataError::Content)?;
    if watermark.get("appid").and_then(Value::as_str) != Some(appid) {
        return Err(OpenDataError::ForeignWatermark);
    }
    let made = watermark.get("timestamp").and_then(integer).ok_or(OpenDataError::Content)?;
    if now.timestamp().abs_diff(made) > WATERMARK_LIFE_SECONDS {
        return Err(OpenDataError::StaleWatermark);
    }
    Ok(())
}

/// Whether `signature` is WeChat's for `raw_data` (hex SHA-1 of both, the key as its base64 text). Pass the
/// bytes as they came: data written anew is not what was signed.
pub fn raw_data_is_signed(raw_data: &[u8], session_key: &SecretString, signature: &str) -> bool {
    let digest = Sha1::new().chain_update(raw_data).chain_update(session_key.expose_secret()).finalize();
    hex::encode(digest).as_bytes().ct_eq(signature.as_bytes()).into()
}

/// The signature by which we prove a `session_key` to WeChat: hex HMAC-SHA256 of `message`, the key being
/// the base64 text as it is.
pub fn session_signature(session_key: &SecretString, message: &[u8]) -> String {
    let key = session_key.expose_secret().as_bytes();
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mac| hex::encode(mac.chain_update(message).finalize().into_bytes()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use aes::cipher::BlockModeEncrypt;
    use chrono::TimeDelta;

    use super::*;

    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../../tests/data/wechat.json")).unwrap()
    }

    fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
        vector[name].as_str().unwrap()
    }

    fn made() -> DateTime<Utc> {
        DateTime::from_timestamp(1_477_314_187, 0).unwrap()
    }

    #[test]
    fn the_published_sample_decrypts() {
        let sample = &vectors()["open_data_decrypt"];
        let key = SecretString::from(text(sample, "session_key"));
        let (iv, data, appid) = (text(sample, "iv"), text(sample, "encryptedData"), text(sample, "appid"));
        let expected: Value = serde_json::from_str(text(sample, "plaintext")).unwrap();
        assert_eq!(decrypt_open_data(&key, iv, data, appid, made()), Ok(expected));

        let late = made() + TimeDelta::seconds(301);
        assert_eq!(decrypt_open_data(&key, iv, data, appid, late), Err(OpenDataError::StaleWatermark));
        let foreign = decrypt_open_data(&key, iv, data, "wx0000000000000000", made());
        assert_eq!(foreign, Err(OpenDataError::ForeignWatermark));
    }

    #[test]
    fn whatever_is_wrong_is_an_error_with_one_message() {
        let sample = &vectors()["open_data_decrypt"];
        let (good_key, iv) = (text(sample, "session_key"), text(sample, "iv"));
        let (data, appid) = (text(sample, "encryptedData"), text(sample, "appid"));
        let short = BASE64_STANDARD.encode([0_u8; 15]);
        let other_key = BASE64_STANDARD.encode([7_u8; 16]);
        let odd = BASE64_STANDARD.encode([0_u8; 33]);
        let cases = [
            (short.as_str(), iv, data, OpenDataError::Key),
            ("not base64!", iv, data, OpenDataError::Key),
            (good_key, short.as_str(), data, OpenDataError::Vector),
            (good_key, iv, odd.as_str(), OpenDataError::Data),
            (good_key, iv, "", OpenDataError::Data),
            (good_key, iv, "§", OpenDataError::Data),
        ];
        for (key, iv, data, expected) in cases {
            let end = decrypt_open_data(&SecretString::from(key), iv, data, appid, made());
            assert_eq!(end, Err(expected));
            assert_eq!(expected.to_string(), OpenDataError::StaleWatermark.to_string());
        }
        let wrong = decrypt_open_data(&SecretString::from(other_key), iv, data, appid, made());
        assert!(matches!(wrong, Err(OpenDataError::Data | OpenDataError::Content)));
    }

    #[test]
    fn padding_and_content_are_checked() {
        let key = [3_u8; 16];
        let encrypt = |plain: &[u8]| {
            let blocks = cbc::Encryptor::<aes::Aes128>::new(&key.into(), &key.into());
            BASE64_STANDARD.encode(blocks.encrypt_padded_vec::<aes::cipher::block_padding::NoPadding>(plain))
        };
        let held = BASE64_STANDARD.encode(key);
        let read = |plain: &[u8]| {
            decrypt_open_data(&SecretString::from(held.as_str()), &held, &encrypt(plain), "wx", made())
        };
        assert_eq!(read(b"0123456789abcde\x00"), Err(OpenDataError::Data));
        assert_eq!(read(b"0123456789abcde\x11"), Err(OpenDataError::Data));
        assert_eq!(read(b"0123456789abc\x01\x03\x03"), Err(OpenDataError::Data));
        assert_eq!(read(b"0123456789abcde\x01"), Err(OpenDataError::Content));
        assert_eq!(read(b"{\"a\":1}\x09\x09\x09\x09\x09\x09\x09\x09\x09"), Err(OpenDataError::Content));
    }

    #[test]
    fn the_published_signatures_agree() {
        let vectors = vectors();
        let signed = &vectors["raw_data_signature"];
        let key = SecretString::from(text(signed, "session_key"));
        let raw = text(signed, "rawData");
        assert!(raw_data_is_signed(raw.as_bytes(), &key, text(signed, "sha1")));
        let changed = raw.replace("Band", "Bend");
        assert!(!raw_data_is_signed(changed.as_bytes(), &key, text(signed, "sha1")));

        let session = &vectors["session_hmac"];
        let key = SecretString::from(text(session, "session_key"));
        let body = text(session, "post_body").as_bytes();
        assert_eq!(session_signature(&key, body), text(session, "hmac_sha256_hex"));
        assert_eq!(session_signature(&key, b""), text(session, "empty_body_hex_computed_here"));
    }
}
