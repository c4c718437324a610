//! Who says so: an ES256 signature (a compact JWS) over the hash of all that is in an archive, or in the report of a
//! recount. What a city's system says that a vote came to is signed alike.
//!
//! The public key stands in the file, so that anybody can see that the file is whole. That it is the installation's, and
//! not that of whoever changed the file, only somebody sees who has the key from elsewhere.

use std::collections::HashSet;

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, ThumbprintHash},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    config::SigningKey,
    http::problem::{Problem, Result},
};

/// What is signed of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The programme's id.
    pub programme: String,
    /// The hash of the archive.
    pub root: String,
}

/// What is signed of the report of a recount: by its members nobody takes it for an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedRecount {
    /// The poll's id.
    pub poll: String,
    /// The hash of the report.
    pub root: String,
}

/// The installation's key.
pub struct Signer {
    key: EncodingKey,
    public: Jwk,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

impl Signer {
    pub fn new(key: &SigningKey) -> Result<Self> {
        let key = EncodingKey::from_ec_der(key.der());
        let public = Jwk::from_encoding_key(&key, Algorithm::ES256).map_err(Problem::internal)?;
        Ok(Self { key, public })
    }

    pub const fn public(&self) -> &Jwk {
        &self.public
    }

    pub fn sign<T: Serialize>(&self, signed: &T) -> Result<String> {
        let kid = fingerprint(&self.public).map_err(Problem::internal)?;
        let header = Header { kid: Some(kid), typ: None, ..Header::new(Algorithm::ES256) };
        jsonwebtoken::encode(&header, signed, &self.key).map_err(Problem::internal)
    }
}

/// What was signed with a key; nothing if it was not.
pub fn opened<T: DeserializeOwned>(signature: &str, key: &Jwk) -> Option<T> {
    let key = DecodingKey::from_jwk(key).ok()?;
    let mut rules = Validation::new(Algorithm::ES256);
    rules.required_spec_claims = HashSet::new();
    rules.validate_exp = false;
    rules.validate_aud = false;
    Some(jsonwebtoken::decode::<T>(signature, &key, &rules).ok()?.claims)
}

/// How a P-256 key is told from others (RFC 7638, SHA-256).
pub fn fingerprint(key: &Jwk) -> std::result::Result<String, &'static str> {
    let AlgorithmParameters::EllipticCurve(point) = &key.algorithm else {
        return Err("the key is none of an elliptic curve");
    };
    if point.curve != EllipticCurve::P256 {
        return Err("the key is none of the curve P-256");
    }
    key.thumbprint(ThumbprintHash::SHA256).map_err(|_| "the key cannot be read")
}

/// A public key, as PEM or as a JSON Web Key.
pub fn read_public(text: &str) -> std::result::Result<Jwk, &'static str> {
    if let Ok(key) = serde_json::from_str(text) {
        return Ok(key);
    }
    let key =
        DecodingKey::from_ec_pem(text.as_bytes()).map_err(|_| "it is no public key, as PEM or as JWK")?;
    Jwk::from_decoding_key(&key, Some(Algorithm::ES256)).map_err(|_| "it is no public key of the curve P-256")
}
