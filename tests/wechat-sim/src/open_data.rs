//! What the phone hands to its server as proof of user data: `encryptedData` with its `iv`, and `rawData` with its
//! signature, made under the user's session key.

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use sha1::{Digest, Sha1};

const BLOCK: usize = 16;

/// A way in which the material can be wrong.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// The initialisation vector has 15 bytes.
    ShortIv,
    /// The ciphertext is no whole number of blocks.
    CutBlock,
    /// The last block does not end in a padding.
    BadPadding,
}

pub struct Sealed {
    pub encrypted_data: String,
    pub iv: String,
}

/// AES-128-CBC with PKCS#7, all in base64. None when key or iv are not 16 bytes in base64.
pub fn seal(plaintext: &[u8], key: &str, iv: &str, flaw: Option<Flaw>) -> Option<Sealed> {
    let key: [u8; BLOCK] = STANDARD.decode(key).ok()?.try_into().ok()?;
    let start: [u8; BLOCK] = STANDARD.decode(iv).ok()?.try_into().ok()?;
    let mut padded = plaintext.to_vec();
    let pad = BLOCK - padded.len() % BLOCK;
    let with = if flaw == Some(Flaw::BadPadding) { 0 } else { u8::try_from(pad).ok()? };
    padded.resize(padded.len() + pad, with);

    let mut sealed = cbc(&padded, &key, start);
    if flaw == Some(Flaw::CutBlock) {
        sealed.pop();
    }
    let iv = match (flaw, start.split_last()) {
        (Some(Flaw::ShortIv), Some((_, short))) => STANDARD.encode(short),
        _ => iv.to_owned(),
    };
    Some(Sealed { encrypted_data: STANDARD.encode(sealed), iv })
}

fn cbc(padded: &[u8], key: &[u8; BLOCK], start: [u8; BLOCK]) -> Vec<u8> {
    let cipher = Aes128::new(&Array::from(*key));
    let mut previous = start;
    let mut sealed = Vec::with_capacity(padded.len());
    for block in padded.chunks(BLOCK) {
        for (chained, plain) in previous.iter_mut().zip(block) {
            *chained ^= plain;
        }
        let mut whole = Array::from(previous);
        cipher.encrypt_block(&mut whole);
        previous = whole.into();
        sealed.extend(previous);
    }
    sealed
}

/// Hex SHA-1 of the raw data followed by the session key's text.
pub fn signature(raw_data: &str, session_key: &str) -> String {
    let digest = Sha1::new().chain_update(raw_data).chain_update(session_key).finalize();
    hex::encode(digest)
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn the_published_signature_comes_out() {
        let raw = r#"{"nickName":"Band","gender":1,"language":"zh_CN","city":"Guangzhou","province":"Guangdong","country":"CN","avatarUrl":"http://wx.qlogo.cn/mmopen/vi_32/1vZvI39NWFQ9XM4LtQpFrQJ1xlgZxx3w7bQxKARol6503Iuswjjn6nIGBiaycAjAtpujxyzYsrztuuICqIM5ibXQ/0"}"#;
        assert_eq!(signature(raw, "HyVFkGl5F5OQWJZZaNzBBg=="), "75e81ceda165f4ffa64f4068af58c64b8f54b88c");
    }
}
