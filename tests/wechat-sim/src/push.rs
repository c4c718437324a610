//! What WeChat pushes: its events as JSON or XML, signed, and in safe mode encrypted, as its servers would send them. A test
//! carries them to the service under test.

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
    pub form: Form,
    /// In compatible mode the message stands in the clear beside what is encrypted.
    pub compatible: bool,
}

/// In which form bodies are.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    #[default]
    Json,
    Xml,
}

impl Form {
    fn write(self, message: &Value) -> String {
        match self {
            Self::Json => message.to_string(),
            Self::Xml => {
                let mut xml = String::new();
                element("xml", &nested(message), &mut xml);
                xml
            }
        }
    }
}

/// In XML what is a list in JSON stands one level down, in an element that is called as the event is.
fn nested(message: &Value) -> Value {
    let mut message = message.clone();
    let event = message.get("Event").and_then(Value::as_str).unwrap_or_default();
    let name: String = event.split('_').map(capital).collect();
    if let Some(members) = message.as_object_mut()
        && let Some(list) = members.remove("List")
    {
        members.insert(name, json!({"List": list}));
    }
    message
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// A number stands bare, a text in CDATA, and each of a list in an element of its own.
fn element(name: &str, value: &Value, to: &mut String) {
    if let Value::Array(all) = value {
        for one in all {
            element(name, one, to);
        }
        return;
    }
    to.extend(["<", name, ">"]);
    match value {
        Value::Object(members) => members.iter().for_each(|(name, one)| element(name, one, to)),
        Value::String(text) => to.extend(["<![CDATA[", &text.replace("]]>", "]]]]><![CDATA[>"), "]]>"]),
        other => to.push_str(&other.to_string()),
    }
    to.extend(["</", name, ">"]);
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

/// Query and body of a push of this event; None when the key is none, or the event.
pub fn pushed(event: &Value, console: &Console<'_>, moment: &Moment, flaw: Option<Flaw>) -> Option<Value> {
    let message = &*console.form.write(event);
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
    let mut outside = event.as_object()?.clone();
    outside.retain(|name, _| console.compatible || name == "ToUserName");
    outside.insert("Encrypt".to_owned(), sealed.into());
    Some(json!({"query": query, "body": console.form.write(&outside.into())}))
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

    fn console<'a>(token: &'a str, key: Option<&'a str>, appid: &'a str) -> Console<'a> {
        Console { token, key, appid, form: Form::Json, compatible: false }
    }

    #[test]
    fn the_published_pushes_come_out() {
        let all: Value = serde_json::from_str(include_str!("../../data/wechat.json")).unwrap();
        let text = |name: &str, member: &str| all[name][member].as_str().unwrap().to_owned();
        let safe = |member: &str| text("push_safe_in", member);
        let (token, key, appid) = (safe("token"), safe("encoding_aes_key"), safe("appid"));
        let sealed = |inside: &[u8]| {
            let length = u32::try_from(inside.len()).unwrap().to_be_bytes();
            // Written as text in the published sample.
            let random = safe("random").into_bytes();
            seal([random.as_slice(), &length, inside, appid.as_bytes()].concat(), &key)
        };
        assert_eq!(sealed(safe("msg").as_bytes()), Some(safe("Encrypt")));
        let signed = signature(&[&token, &safe("timestamp"), &safe("nonce"), &safe("Encrypt")]);
        assert_eq!(signed, safe("msg_signature"));
        let verify = |member: &str| text("push_url_verify", member);
        let token = verify("token");
        let moment = Moment {
            timestamp: verify("timestamp").parse().unwrap(),
            nonce: verify("nonce").parse().unwrap(),
            random: Vec::new(),
        };
        let asked = greeting(&console(&token, None, ""), &moment, &verify("echostr"));
        assert!(asked.contains(&format!("signature={}", verify("signature"))), "{asked}");
    }

    #[test]
    fn xml_has_texts_in_cdata_lists_as_repetitions_and_items_one_level_down() {
        let item = |id: &str| json!({"TemplateId": id, "PopupScene": 1});
        let event =
            json!({"Event": "subscribe_msg_popup_event", "List": [item("a"), item("b]]>")], "none": []});
        assert_eq!(
            Form::Xml.write(&event),
            "<xml><Event><![CDATA[subscribe_msg_popup_event]]></Event><SubscribeMsgPopupEvent>\
             <List><PopupScene>1</PopupScene><TemplateId><![CDATA[a]]></TemplateId></List>\
             <List><PopupScene>1</PopupScene><TemplateId><![CDATA[b]]]]><![CDATA[>]]></TemplateId></List>\
             </SubscribeMsgPopupEvent></xml>"
        );
    }

    #[test]
    fn compatible_mode_has_both_and_safe_mode_only_what_is_encrypted() {
        let event = json!({"ToUserName": "gh_1", "Event": "x"});
        let moment = Moment { timestamp: 1, nonce: 2, random: vec![b'r'; 16] };
        let key = "A".repeat(43);
        let body = |console: &Console<'_>| {
            let made = pushed(&event, console, &moment, None).unwrap();
            made["body"].as_str().unwrap().to_owned()
        };
        let safe = Console { form: Form::Xml, ..console("t", Some(&key), "wx1") };
        let told = body(&safe);
        assert!(told.starts_with("<xml><Encrypt><![CDATA["), "{told}");
        assert!(told.ends_with("<ToUserName><![CDATA[gh_1]]></ToUserName></xml>"), "{told}");
        assert!(!told.contains("<Event>"), "{told}");
        let told = body(&Console { compatible: true, ..safe });
        assert!(told.contains("<Event><![CDATA[x]]></Event>") && told.contains("<Encrypt>"), "{told}");
    }
}
