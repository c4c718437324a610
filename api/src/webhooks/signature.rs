//! Standard Webhooks: what is signed, and how a secret is written.

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A secret as its receiver keeps it.
pub fn written(secret: &[u8]) -> String {
    format!("whsec_{}", BASE64_STANDARD.encode(secret))
}

/// `webhook-signature`: one signature a secret, over id, timestamp and the body as it is sent.
pub fn header(secrets: &[Vec<u8>], id: &str, timestamp: i64, body: &[u8]) -> String {
    let sign = |secret: &Vec<u8>| {
        let mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
        let mac = mac.chain_update(id).chain_update(format!(".{timestamp}.")).chain_update(body);
        Some(format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes())))
    };
    secrets.iter().filter_map(sign).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the published specification.
    #[test]
    fn the_published_example_comes_out() {
        let secret = BASE64_STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = br#"{"test": 2432232314}"#;
        let signed =
            header(std::slice::from_ref(&secret), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(written(&secret), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let both = header(&[vec![1], secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert!(both.ends_with(&format!(" {signed}")), "{both}");
    }
}
