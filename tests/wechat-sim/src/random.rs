//! The one source of keys, codes, tokens and request ids.

use base64::{Engine, engine::general_purpose::STANDARD};
use rand::{RngExt, rngs::StdRng};

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub struct Random(StdRng);

impl Random {
    /// Seeded by the system: two simulators never give out the same token.
    pub fn seeded() -> Self {
        Self(rand::make_rng())
    }

    pub fn hex(&mut self, bytes: usize) -> String {
        hex::encode(self.bytes(bytes))
    }

    /// `len` characters of the alphabet that codes and tokens are written in.
    pub fn letters(&mut self, len: usize) -> String {
        (0..len)
            .filter_map(|_| LETTERS.get(self.0.random_range(0..LETTERS.len())))
            .map(|c| char::from(*c))
            .collect()
    }

    /// 16 random bytes in base64, as a session key and an initialisation vector are given out.
    pub fn sixteen(&mut self) -> String {
        STANDARD.encode(self.bytes(16))
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.0.random_range(0..100) < percent
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.0.random()).collect()
    }
}
