//! What WeChat pushes: its events, signed, and in safe mode encrypted, as its servers would send them. A test carries them
//! to the service under test.

use aes::Aes256;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use base64::alphabet::STANDARD as LETTERS;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

const AES_BLOCK: usize = 16;
/// The padding's blocks.
const PADDED_TO: usize = 32;

/// What the console has.
pub struct Console<'a> {
    pub token: &'a str,
    /// `EncodingAESKey`; without it in plain mode.
    pub key: Option<&'a str>,
    pub appid: &'a str,
}

/// A way in which a push can be wrong.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// The plain signature is right, and stands where that of the message should.
    PlainSignature,
    /// Encrypted for another app.
    ForeignAppid,
    /// The length inside reaches beyond the message.
    LengthBeyond,
    /// The last letter of what is encrypted was changed after signing.
    Tampered,
}

/// When, and with what of chance.
pub struct Moment {
    /// Seconds since 1970.
    pub timestamp: u64,
    pub nonce: u64,
    /// Sixteen bytes.
    pub random: Vec<u8>,
}

/// Query and body of a push of this message; None when the key is none.
pub fn pushed(message: &str, console: &Console<'_>, moment: &Moment, flaw: Option<Flaw>) -> Option<Value> {
    let (timestamp, nonce) = (moment.timestamp.to_string(), moment.nonce.to_string());
    let plain = signature(&[console.token, &timestamp, &nonce]);
    let mut query = format!("signature={plain}&timestamp={timestamp}&nonce={nonce}");
    let Some(key) = console.key else {
        return Some(json!({"query": query, "body": message}));
    };
    let appid = if flaw == Some(Flaw::ForeignAppid) { "wx00000000000000ff" } else { console.appid };
    let length = message.len() + if flaw == Some(Flaw::LengthBeyond) { 4096 } else { 0 };
    let length = u32::try_from(length).ok()?.to_be_bytes();
    let inside = [moment.random.as_slice(), &length, message.as_bytes(), appid.as_bytes()].concat();
    let mut sealed = seal(inside, key)?;
    let signed = signature(&[console.token, &timestamp, &nonce, &sealed]);
    if flaw == Some(Flaw::Tampered) {
        let first = if sealed.starts_with('A') { "B" } else { "A" };
        sealed.replace_range(..1, first);
    }
    let signed = if flaw == Some(Flaw::PlainSignature) { plain } else { signed };
    query.push_str("&encrypt_type=aes&msg_signature=");
    query.push_str(&signed);
    let body = json!({"ToUserName": "gh_000000000001", "Encrypt": sealed}).to_string();
    Some(json!({"query": query, "body": body}))
}

/// The query with which WeChat asks whether a server is there.
pub fn greeting(console: &Console<'_>, moment: &Moment, echo: &str) -> String {
    let (timestamp, nonce) = (moment.timestamp.to_string(), moment.nonce.to_string());
    let signed = signature(&[console.token, &timestamp, &nonce]);
    format!("signature={signed}&timestamp={timestamp}&nonce={nonce}&echostr={echo}")
}

fn signature(parts: &[&str]) -> String {
    let mut sorted = parts.to_vec();
    sorted.sort_unstable();
    hex::encode(Sha1::digest(sorted.concat()))
}

/// AES-256-CBC under the key's 32 bytes, its first half the initial vector.
fn seal(mut inside: Vec<u8>, key: &str) -> Option<String> {
    let loose = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let key: [u8; 32] = GeneralPurpose::new(&LETTERS, loose).decode(key).ok()?.try_into().ok()?;
    let pad = PADDED_TO - inside.len() % PADDED_TO;
    inside.resize(inside.len() + pad, u8::try_from(pad).ok()?);
    let cipher = Aes256::new(&Array::from(key));
    let mut previous: [u8; AES_BLOCK] = *key.first_chunk()?;
    let mut sealed = Vec::with_capacity(inside.len());
    for block in inside.chunks(AES_BLOCK) {
        for (chained, plain) in previous.iter_mut().zip(block) {
            *chained ^= plain;
        }
        let mut whole = Array::from(previous);
        cipher.encrypt_block(&mut whole);
        previous = whole.into();
        sealed.extend(previous);
    }
    Some(STANDARD.encode(sealed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_pushes_come_out() {
        let all: Value = serde_json::from_str(include_str!("../../data/wechat.json")).unwrap();
        let text = |name: &str, member: &str| all[name][member].as_str().unwrap().to_owned();
        let safe = |member: &str| text("push_safe_in", member);
        let (token, key, appid) = (safe("token"), safe("encoding_aes_key"), safe("appid"));
        let console = Console { token: &token, key: Some(&key), appid: &appid };
        let moment = Moment {
            timestamp: safe("timestamp").parse().unwrap(),
            nonce: safe("nonce").parse().unwrap(),
            // Written as text in the published sample.
            random: safe("random").into_bytes(),
        };
        let made = pushed(&safe("msg"), &console, &moment, None).unwrap();
        let body: Value = serde_json::from_str(made["body"].as_str().unwrap()).unwrap();
        assert_eq!(body["Encrypt"], safe("Encrypt"));
        let query = made["query"].as_str().unwrap();
        assert!(query.contains(&format!("msg_signature={}", safe("msg_signature"))), "{query}");
        let verify = |member: &str| text("push_url_verify", member);
        let token = verify("token");
        let console = Console { token: &token, key: None, appid: "" };
        let moment = Moment {
            timestamp: verify("timestamp").parse().unwrap(),
            nonce: verify("nonce").parse().unwrap(),
            random: Vec::new(),
        };
        let asked = greeting(&console, &moment, &verify("echostr"));
        assert!(asked.contains(&format!("signature={}", verify("signature"))), "{asked}");
    }
}
