//! What WeChat pushes to us: who sent it, and what it says. No call is made here.
//!
//! In safe mode the body is encrypted and `msg_signature` covers it; the plain `signature` covers nothing of the body
//! and is not looked at then. All failures read the same from outside. The console may be set to JSON or to XML, which is
//! read as a tree of texts: what is there several times is a list.

use aes::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::NoPadding};
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
    prelude::BASE64_STANDARD,
};
use chrono::{DateTime, Utc};
use quick_xml::{Reader, escape::resolve_xml_entity, events::Event};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;
use thiserror::Error;

/// How far the time of a push may be from ours.
const LIFE_SECONDS: i64 = 600;

/// The largest padding: the blocks of this padding have 32 bytes.
const BLOCK: u8 = 32;

/// A push that is not WeChat's, or not readable. The message is the same for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("this is not a push of WeChat's")]
pub struct NotPushed;

/// What the mini-program's console and we have agreed on.
#[derive(Debug, Clone)]
pub struct PushKeys {
    token: SecretString,
    /// None in plain mode.
    key: Option<SecretString>,
    appid: String,
}

/// What stands in the query of a push.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    pub timestamp: &'a str,
    pub nonce: &'a str,
    pub signature: &'a str,
    /// Of safe mode.
    pub msg_signature: Option<&'a str>,
}

impl PushKeys {
    /// `key` is the console's `EncodingAESKey` of 43 letters; without it pushes come in the clear.
    pub fn new(token: &str, key: Option<&str>, appid: &str) -> Self {
        Self {
            token: token.to_owned().into(),
            key: key.map(|key| key.to_owned().into()),
            appid: appid.to_owned(),
        }
    }

    /// Whether it is WeChat that asks whether we are here.
    ///
    /// # Errors
    /// [`NotPushed`].
    pub fn check(&self, signed: &Signed<'_>) -> Result<(), NotPushed> {
        self.is_signed(&[signed.timestamp, signed.nonce], signed.signature)
    }

    /// The event that a push carries.
    ///
    /// # Errors
    /// [`NotPushed`] when the signature, the time, the encryption or the appid is not right.
    pub fn open(&self, signed: &Signed<'_>, body: &[u8], now: DateTime<Utc>) -> Result<Value, NotPushed> {
        let sent: i64 = signed.timestamp.parse().map_err(|_| NotPushed)?;
        if (now.timestamp() - sent).abs() > LIFE_SECONDS {
            return Err(NotPushed);
        }
        let outer = read(body)?;
        let Some(key) = &self.key else {
            self.check(signed)?;
            return Ok(outer);
        };
        let encrypted = outer.get("Encrypt").and_then(Value::as_str).ok_or(NotPushed)?;
        let signature = signed.msg_signature.ok_or(NotPushed)?;
        self.is_signed(&[signed.timestamp, signed.nonce, encrypted], signature)?;
        let inner = decrypt(key.expose_secret(), encrypted, &self.appid)?;
        read(&inner)
    }

    fn is_signed(&self, parts: &[&str], signature: &str) -> Result<(), NotPushed> {
        let mut parts: Vec<&str> = parts.iter().copied().chain([self.token.expose_secret()]).collect();
        parts.sort_unstable();
        let digest = hex::encode(Sha1::digest(parts.concat()));
        if digest.as_bytes().ct_eq(signature.as_bytes()).into() { Ok(()) } else { Err(NotPushed) }
    }
}

/// A message in either form.
fn read(message: &[u8]) -> Result<Value, NotPushed> {
    if message.trim_ascii_start().starts_with(b"<") {
        std::str::from_utf8(message).ok().and_then(tree).ok_or(NotPushed)
    } else {
        serde_json::from_slice(message).map_err(|_| NotPushed)
    }
}

/// What stands in `<xml>`. A document that declares anything is none of WeChat's.
fn tree(xml: &str) -> Option<Value> {
    let mut reader = Reader::from_str(xml);
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => open.push(Element::named(start.name().as_ref())),
            Event::Empty(start) => open.last_mut()?.add(Element::named(start.name().as_ref())),
            Event::End(_) => {
                let done = open.pop()?;
                open.last_mut()?.add(done);
            }
            Event::Text(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
            Event::CData(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let letter = reference.resolve_char_ref().ok()?;
                let text = &mut open.last_mut()?.text;
                match letter {
                    Some(letter) => text.push(letter),
                    None => text.push_str(resolve_xml_entity(&reference)?),
                }
            }
            Event::Eof => break,
            Event::Decl(_) | Event::Comment(_) => {}
            Event::DocType(_) | Event::PI(_) => return None,
        }
    }
    match open.as_mut_slice() {
        [document] => document.members.remove("xml").filter(Value::is_object),
        _ => None,
    }
}

/// An element that is being read.
#[derive(Default)]
struct Element {
    name: String,
    text: String,
    members: Map<String, Value>,
}

impl Element {
    fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    fn add(&mut self, child: Self) {
        let Self { name, text, members } = child;
        let value = if members.is_empty() { Value::String(text) } else { Value::Object(members) };
        match self.members.get_mut(&name) {
            None => drop(self.members.insert(name, value)),
            Some(Value::Array(all)) => all.push(value),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
        }
    }
}

/// AES-256-CBC whose vector is the key's first half; inside: 16 random bytes, the length, the message, the appid.
fn decrypt(key: &str, encrypted: &str, appid: &str) -> Result<Vec<u8>, NotPushed> {
    // 43 letters hold two bits more than 32 bytes need; nobody says that they are zero.
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let key = GeneralPurpose::new(&alphabet::STANDARD, config).decode(key).map_err(|_| NotPushed)?;
    let key: [u8; 32] = key.try_into().map_err(|_| NotPushed)?;
    let iv: [u8; 16] = key.first_chunk().copied().ok_or(NotPushed)?;
    let encrypted = BASE64_STANDARD.decode(encrypted).map_err(|_| NotPushed)?;
    let padded = cbc::Decryptor::<aes::Aes256>::new(&key.into(), &iv.into())
        .decrypt_padded_vec::<NoPadding>(&encrypted)
        .map_err(|_| NotPushed)?;
    let plain = unpadded(&padded).ok_or(NotPushed)?;
    let (_, rest) = plain.split_at_checked(16).ok_or(NotPushed)?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(NotPushed)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| NotPushed)?;
    let (message, tail) = rest.split_at_checked(length).ok_or(NotPushed)?;
    if tail == appid.as_bytes() { Ok(message.to_vec()) } else { Err(NotPushed) }
}

/// Without its padding of 1 to 32 bytes that each tell how many they are.
fn unpadded(padded: &[u8]) -> Option<&[u8]> {
    let pad = *padded.last().filter(|pad| (1..=BLOCK).contains(*pad))?;
    let (plain, padding) = padded.split_at_checked(padded.len().checked_sub(pad.into())?)?;
    padding.iter().all(|byte| *byte == pad).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(name: &str) -> Value {
        let all: Value = serde_json::from_str(include_str!("../../../tests/data/wechat.json")).unwrap();
        all[name].clone()
    }

    fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
        vector[name].as_str().unwrap()
    }

    #[test]
    fn the_published_signatures_are_known_and_no_others() {
        for name in ["push_url_verify", "push_plain_post"] {
            let vector = vector(name);
            let keys = PushKeys::new(text(&vector, "token"), None, "wx");
            let signed = Signed {
                timestamp: text(&vector, "timestamp"),
                nonce: text(&vector, "nonce"),
                signature: text(&vector, "signature"),
                msg_signature: None,
            };
            assert_eq!(keys.check(&signed), Ok(()));
            assert_eq!(keys.check(&Signed { nonce: "1", ..signed }), Err(NotPushed));
            let now = DateTime::from_timestamp(signed.timestamp.parse().unwrap(), 0).unwrap();
            assert_eq!(keys.open(&signed, b"{}", now), Ok(serde_json::json!({})));
            let late = now + chrono::TimeDelta::seconds(LIFE_SECONDS + 1);
            assert_eq!(keys.open(&signed, b"{}", late), Err(NotPushed));
        }
    }

    #[test]
    fn the_published_safe_push_opens_and_nothing_that_was_changed() {
        let vector = vector("push_safe_in");
        let [token, key, appid] = ["token", "encoding_aes_key", "appid"].map(|name| text(&vector, name));
        let keys = PushKeys::new(token, Some(key), appid);
        let signed = Signed {
            timestamp: text(&vector, "timestamp"),
            nonce: text(&vector, "nonce"),
            signature: text(&vector, "plain_signature_must_not_be_used"),
            msg_signature: Some(text(&vector, "msg_signature")),
        };
        let now = DateTime::from_timestamp(1_714_112_445, 0).unwrap();
        let body = serde_json::json!({ "ToUserName": "x", "Encrypt": text(&vector, "Encrypt") }).to_string();
        let opened = keys.open(&signed, body.as_bytes(), now).unwrap();
        assert_eq!(opened, serde_json::from_str::<Value>(text(&vector, "msg")).unwrap());
        let foreign = PushKeys::new(token, Some(key), "wx0000000000000001");
        assert_eq!(foreign.open(&signed, body.as_bytes(), now), Err(NotPushed), "of another app");
        let plain_only = Signed { msg_signature: Some(signed.signature), ..signed };
        assert_eq!(keys.open(&plain_only, body.as_bytes(), now), Err(NotPushed), "the plain signature");
        assert_eq!(
            keys.open(&Signed { msg_signature: None, ..signed }, body.as_bytes(), now),
            Err(NotPushed)
        );
        let changed = body.replacen('q', "r", 1);
        assert_eq!(keys.open(&signed, changed.as_bytes(), now), Err(NotPushed), "changed on the way");
        assert_eq!(keys.open(&signed, b"{}", now), Err(NotPushed), "in the clear");
    }

    #[test]
    fn xml_is_a_tree_of_texts() {
        let read = |text: &str| read(text.as_bytes());
        let told = read(
            "<?xml version=\"1.0\"?>\n<xml>\n <Event><![CDATA[a<b]]]]><![CDATA[>c]]></Event><n>7</n>\
             <List><Id>1 &amp; &#50;</Id></List><List><Id/></List>\n</xml>\n",
        );
        let list = serde_json::json!([{ "Id": "1 & 2" }, { "Id": "" }]);
        assert_eq!(told, Ok(serde_json::json!({ "Event": "a<b]]>c", "n": "7", "List": list })));
        assert_eq!(read(" {\"a\": 1}"), Ok(serde_json::json!({ "a": 1 })));
        let entity = "<!DOCTYPE xml [<!ENTITY e \"e\">]><xml><a>&e;</a></xml>";
        for bad in ["<xml><a></xml>", "<xml>", "<x></x>", "<xml/><xml/>", "", "<", "<xml>&e;</xml>", entity] {
            assert_eq!(read(bad), Err(NotPushed), "{bad}");
        }
    }

    #[test]
    fn paddings_of_1_to_32_are_taken_off() {
        for pad in 1..=32_u8 {
            let padded = [b"text".to_vec(), vec![pad; usize::from(pad)]].concat();
            assert_eq!(unpadded(&padded), Some(b"text".as_slice()), "{pad}");
        }
        assert_eq!(unpadded(&[0; 40]), None);
        assert_eq!(unpadded(&[33; 40]), None);
        assert_eq!(unpadded(&[3, 3]), None, "longer than all of it");
        assert_eq!(unpadded(&[1, 2, 3, 3, 2]), None, "not all the same");
        assert_eq!(unpadded(&[]), None);
    }
}
