//! The token that a phone carries: a JWT signed with HS256, for this service alone. It names the person and the
//! session, never the openid.

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::http::problem::{Problem, Result, SIGN_IN_NEEDED, TOKEN_EXPIRED};

/// How long a token is good for. A mini-program signs in again without a word.
pub const LIFE: TimeDelta = TimeDelta::hours(2);

const NAME: &str = "linli";

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    /// The person.
    sub: Uuid,
    /// The session.
    sid: Uuid,
    iat: i64,
    exp: i64,
}

/// Makes and checks tokens. The first key signs, all verify: a key is rotated by putting a new one first.
pub struct TokenMint {
    keys: Vec<(String, EncodingKey, DecodingKey)>,
}

impl std::fmt::Debug for TokenMint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenMint")
    }
}

impl TokenMint {
    /// `keys` are `(kid, secret)`.
    pub fn new<'a>(keys: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let keys = keys.into_iter().map(|(kid, secret)| {
            (kid.to_owned(), EncodingKey::from_secret(secret), DecodingKey::from_secret(secret))
        });
        Self { keys: keys.collect() }
    }

    pub fn issue(&self, person: Uuid, session: Uuid, now: DateTime<Utc>) -> Result<String> {
        let (kid, key, _) =
            self.keys.first().ok_or_else(|| Problem::internal("no token key is configured"))?;
        let header = Header { kid: Some(kid.clone()), ..Header::new(Algorithm::HS256) };
        let claims = Claims {
            iss: NAME.into(),
            aud: NAME.into(),
            sub: person,
            sid: session,
            iat: now.timestamp(),
            exp: (now + LIFE).timestamp(),
        };
        jsonwebtoken::encode(&header, &claims, key).map_err(Problem::internal)
    }

    /// The person and session of a token that this service signed and that has not expired.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<(Uuid, Uuid)> {
        let refused = || SIGN_IN_NEEDED.because("the token is not one of this service");
        let header = jsonwebtoken::decode_header(token).map_err(|_| refused())?;
        let (_, _, key) =
            self.keys.iter().find(|(kid, _, _)| header.kid.as_deref() == Some(kid)).ok_or_else(refused)?;
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_audience(&[NAME]);
        rules.set_issuer(&[NAME]);
        rules.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // The service's clock decides, not the library's.
        rules.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &rules).map_err(|_| refused())?.claims;
        if claims.exp <= now.timestamp() {
            return Err(TOKEN_EXPIRED.plain());
        }
        if claims.iat > now.timestamp() + 60 {
            return Err(refused());
        }
        Ok((claims.sub, claims.sid))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn mint(keys: &[(&'static str, &'static [u8])]) -> TokenMint {
        TokenMint::new(keys.iter().copied())
    }

    const OLD: (&str, &[u8]) = ("old", b"old-secret-of-at-least-32-bytes-xx");
    const NEW: (&str, &[u8]) = ("new", b"new-secret-of-at-least-32-bytes-xx");

    #[test]
    fn a_token_lasts_two_hours_and_not_a_second_more() {
        let (person, session) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mint = mint(&[OLD]);
        let token = mint.issue(person, session, at(1000)).unwrap();
        assert_eq!(mint.verify(&token, at(1000 + 7199)).unwrap(), (person, session));
        assert_eq!(mint.verify(&token, at(1000 + 7200)).unwrap_err().code.name, "TOKEN_EXPIRED");
    }

    #[test]
    fn a_rotated_key_keeps_old_tokens_good_and_a_removed_one_does_not() {
        let token = mint(&[OLD]).issue(Uuid::nil(), Uuid::nil(), at(0)).unwrap();
        assert!(mint(&[NEW, OLD]).verify(&token, at(1)).is_ok());
        assert_eq!(mint(&[NEW]).verify(&token, at(1)).unwrap_err().code.name, "SIGN_IN_NEEDED");
    }

    /// Signed with this service's key, whatever it says.
    fn signed(header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(OLD.1)).unwrap()
    }

    /// What a token of this service says.
    fn good() -> (Header, Value) {
        let header = Header { kid: Some("old".into()), ..Header::new(Algorithm::HS256) };
        let nil = Uuid::nil();
        (header, json!({ "iss": NAME, "aud": NAME, "sub": nil, "sid": nil, "iat": 1000, "exp": 8200 }))
    }

    fn is_refused(token: &str) {
        assert_eq!(mint(&[OLD]).verify(token, at(1000)).unwrap_err().code.name, "SIGN_IN_NEEDED", "{token}");
    }

    #[test]
    fn a_token_that_the_right_key_signed_must_say_the_right_things() {
        let (header, claims) = good();
        assert_eq!(
            mint(&[OLD]).verify(&signed(&header, &claims), at(1000)).unwrap(),
            (Uuid::nil(), Uuid::nil())
        );
        for algorithm in [Algorithm::HS384, Algorithm::HS512] {
            is_refused(&signed(&Header { alg: algorithm, ..header.clone() }, &claims));
        }
        for kid in [None, Some("new".to_owned())] {
            is_refused(&signed(&Header { kid, ..header.clone() }, &claims));
        }
        for (name, value) in [
            ("iss", json!("another")),
            ("aud", json!("another")),
            ("aud", json!([NAME, "another"])),
            ("sub", json!("somebody")),
            ("iat", json!(1061)),
        ] {
            let mut changed = claims.clone();
            changed[name] = value;
            is_refused(&signed(&header, &changed));
        }
        for name in ["iss", "aud", "sub", "sid", "iat", "exp"] {
            let mut without = claims.clone();
            without.as_object_mut().unwrap().remove(name);
            is_refused(&signed(&header, &without));
        }
    }

    #[test]
    fn a_token_without_its_whole_signature_is_refused() {
        let (header, claims) = good();
        let token = signed(&header, &claims);
        is_refused(&token[..token.len() - 2]);
        let (unsigned, _) = token.rsplit_once('.').unwrap();
        is_refused(&format!("{unsigned}."));
        // {"alg":"none","kid":"old"}
        let (_, claims) = unsigned.split_once('.').unwrap();
        is_refused(&format!("eyJhbGciOiJub25lIiwia2lkIjoib2xkIn0.{claims}."));
    }
}
