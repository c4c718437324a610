//! Personal data at rest: encrypted with AES-256-GCM-SIV, found again by keyed hashes.
//!
//! A ciphertext is `key id (1 byte) ‖ nonce (12 bytes) ‖ sealed`; the table and column it belongs to are
//! authenticated with it, so that a value cannot be moved elsewhere. Keys come from the configuration; adding one
//! and naming it first rotates: new values use it, old ones stay readable. The nonce is derived from a random
//! value by the caller's [`Ids`], and SIV forgives a repeated one.

use aes_gcm_siv::{
    Aes256GcmSiv, Key, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use crate::clock::Ids;

/// Why a value could not be opened. Says nothing of the value.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PiiError {
    #[error("no key with id {0} is configured")]
    UnknownKey(u8),
    #[error("an encrypted value does not open: it was changed, or moved from another column")]
    Damaged,
    #[error("encryption failed")]
    Seal,
}

/// The keys for personal data. Prints nothing of them.
pub struct Vault {
    /// The first seals; all open.
    keys: Vec<(u8, Aes256GcmSiv)>,
    index: Hmac<Sha256>,
    ids: Ids,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

/// Where an encrypted value stands, as `table.column`; authenticated with it.
pub type Column = &'static str;

impl Vault {
    /// `keys` in order of preference: the first one seals.
    pub fn new(keys: &[(u8, [u8; 32])], index_key: [u8; 32], ids: Ids) -> Self {
        let keys = keys.iter().map(|(id, key)| (*id, Aes256GcmSiv::new(&Key::<Aes256GcmSiv>::from(*key))));
        // HMAC pads a short key with zeros to one block of 64 bytes.
        let mut block = [0_u8; 64];
        for (to, from) in block.iter_mut().zip(index_key) {
            *to = from;
        }
        Self { keys: keys.collect(), index: <Hmac<Sha256> as hmac::KeyInit>::new(&block.into()), ids }
    }

    pub fn seal(&self, column: Column, value: &[u8]) -> Result<Vec<u8>, PiiError> {
        let (id, key) = self.keys.first().ok_or(PiiError::UnknownKey(0))?;
        let mut nonce = [0_u8; 12];
        for (to, from) in nonce.iter_mut().zip(self.ids.secret()) {
            *to = from;
        }
        let sealed = key
            .encrypt(&Nonce::from(nonce), Payload { msg: value, aad: column.as_bytes() })
            .map_err(|_| PiiError::Seal)?;
        Ok([&[*id][..], &nonce, &sealed].concat())
    }

    pub fn open(&self, column: Column, sealed: &[u8]) -> Result<Vec<u8>, PiiError> {
        let (id, rest) = sealed.split_first().ok_or(PiiError::Damaged)?;
        let (nonce, sealed) = rest.split_at_checked(12).ok_or(PiiError::Damaged)?;
        let nonce: [u8; 12] = nonce.try_into().map_err(|_| PiiError::Damaged)?;
        let (_, key) = self.keys.iter().find(|(known, _)| known == id).ok_or(PiiError::UnknownKey(*id))?;
        key.decrypt(&Nonce::from(nonce), Payload { msg: sealed, aad: column.as_bytes() })
            .map_err(|_| PiiError::Damaged)
    }

    /// Opens text.
    pub fn text(&self, column: Column, sealed: &[u8]) -> Result<String, PiiError> {
        String::from_utf8(self.open(column, sealed)?).map_err(|_| PiiError::Damaged)
    }

    /// A blind index: equal values of one column have equal indexes, and nobody without the key can make one.
    pub fn index(&self, column: Column, value: &str) -> String {
        hex::encode(self.mac(&[column.as_bytes(), value.as_bytes()]))
    }

    /// A keyed hash over parts, each with its length, for cursors and one-time codes.
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.index.clone();
        for part in parts {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// SHA-256 as hex.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(ids: &[u8]) -> Vault {
        Vault::new(&ids.iter().map(|id| (*id, [*id; 32])).collect::<Vec<_>>(), [9; 32], Ids)
    }

    #[test]
    fn what_was_sealed_opens_again_and_differs_each_time() {
        let vault = vault(&[1]);
        let first = vault.seal("owner.name", "苏勇".as_bytes()).unwrap();
        let second = vault.seal("owner.name", "苏勇".as_bytes()).unwrap();
        assert_ne!(first, second);
        assert_eq!(vault.text("owner.name", &first).unwrap(), "苏勇");
    }

    #[test]
    fn adding_a_key_keeps_old_values_readable_and_seals_with_the_new_one() {
        let old = vault(&[1]).seal("owner.name", b"x").unwrap();
        let rotated = vault(&[2, 1]);
        assert_eq!(rotated.open("owner.name", &old).unwrap(), b"x");
        assert_eq!(rotated.seal("owner.name", b"x").unwrap()[0], 2);
        assert_eq!(vault(&[2]).open("owner.name", &old), Err(PiiError::UnknownKey(1)));
    }

    #[test]
    fn a_value_moved_to_another_column_or_changed_does_not_open() {
        let vault = vault(&[1]);
        let mut sealed = vault.seal("owner.name", b"x").unwrap();
        assert_eq!(vault.open("owner.phone", &sealed), Err(PiiError::Damaged));
        *sealed.last_mut().unwrap() ^= 1;
        assert_eq!(vault.open("owner.name", &sealed), Err(PiiError::Damaged));
        assert_eq!(vault.open("owner.name", &[]), Err(PiiError::Damaged));
    }

    #[test]
    fn an_index_depends_on_column_value_and_key() {
        let vault = vault(&[1]);
        assert_eq!(vault.index("owner.name", "a"), vault.index("owner.name", "a"));
        assert_ne!(vault.index("owner.name", "a"), vault.index("owner.phone", "a"));
        assert_ne!(vault.index("owner.name", "a"), vault.index("owner.name", "b"));
    }
}
