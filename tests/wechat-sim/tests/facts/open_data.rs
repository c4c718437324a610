use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::phones::{Bench, OPENID};

/// Values published with the documentation's sample.
mod published {
    pub const KEY: &str = "tiihtNczf5v6AKRyjwEUhQ==";
    pub const IV: &str = "r7BXXKkLb8qrSNn05n0qiA==";
    pub const PLAINTEXT: &str = r#"{"openId":"oGZUI0egBJY1zhBYw2KhdUfwVJJE","nickName":"Band","gender":1,"language":"zh_CN","city":"Guangzhou","province":"Guangdong","country":"CN","avatarUrl":"http://wx.qlogo.cn/mmopen/vi_32/aSKcBBPpibyKNicHNTMM0qJVh8Kjgiak2AHWr8MHM4WgMEm7GFhsf8OYrySdbvAMvTsw3mo8ibKicsnfN5pRjl1p8HQ/0","unionId":"ocMvos6NjeKLIBqg5Mr9QjxrP1FA","watermark":{"timestamp":1477314187,"appid":"wx4f4bc4dec97d474b"}}"#;
    pub const ENCRYPTED: &str = "CiyLU1Aw2KjvrjMdj8YKliAjtP4gsMZMQmRzooG2xrDcvSnxIMXFufNstNGTyaGS9uT5geRa0W4oTOb1WT7fJlAC+oNPdbB+3hVbJSRgv+4lGOETKUQz6OYStslQ142dNCuabNPGBzlooOmB231qMM85d2/fV6ChevvXvQP8Hkue1poOFtnEtpyxVLW1zAo6/1Xx1COxFvrc2d7UL/lmHInNlxuacJXwu0fjpXfz/YqYzBIBzD6WUfTIF9GRHpOn/Hz7saL8xz+W//FRAUid1OksQaQx4CMs8LOddcQhULW4ucetDf96JcR3g0gfRK4PC7E/r7Z6xNrXd2UIeorGj5Ef7b1pJAYB6Y5anaHqZ9J6nKEBvB4DnNLIVWSgARns/8wR2SiRS7MNACwTyrGvt9ts8p12PKFdlqYTopNHR1Vf7XjfhQlVsAJdNiKdYmYVoKlaRv85IfVunYzO0IKXsyl7JCUjCpoG20f0a04COwfneQAGGwd5oa+T8yO5hzuyDb/XcxxmK01EpqOyuxINew==";
}

#[actix_web::test]
async fn the_published_sample_seals_to_its_published_ciphertext() {
    let bench = Bench::new().await;
    let order =
        json!({"plaintext": published::PLAINTEXT, "session_key": published::KEY, "iv": published::IV});
    let sealed = bench.order("open_data", order).await;
    assert_eq!(sealed["encryptedData"], published::ENCRYPTED);
    assert_eq!(sealed["iv"], published::IV);
}

#[actix_web::test]
async fn open_data_is_sealed_under_the_users_newest_key() {
    let bench = Bench::new().await;
    let first = bench.session_key(OPENID, "usual").await;
    let iv = published::IV;
    let seal = |key: Option<&str>| json!({"openid": OPENID, "data": {"a": 1}, "iv": iv, "session_key": key});
    let own = bench.order("open_data", seal(None)).await;
    assert_eq!(own, bench.order("open_data", seal(Some(&first))).await);
    bench.wx_login_rotating(OPENID, "always").await;
    assert_ne!(own["encryptedData"], bench.order("open_data", seal(None)).await["encryptedData"]);
}

#[actix_web::test]
async fn flawed_material_has_exactly_the_flaw_asked_for() {
    let bench = Bench::new().await;
    let make = |flaw: Option<&str>| json!({"data": {"a": 1}, "session_key": published::KEY, "iv": published::IV, "timestamp": 1, "flaw": flaw});
    let decoded = |value: &serde_json::Value| STANDARD.decode(value.as_str().unwrap()).unwrap();
    let sound = bench.order("open_data", make(None)).await;
    assert_eq!(decoded(&sound["iv"]).len(), 16);
    assert_eq!(decoded(&sound["encryptedData"]).len() % 16, 0);
    let short_iv = bench.order("open_data", make(Some("short_iv"))).await;
    assert_eq!(decoded(&short_iv["iv"]).len(), 15);
    assert_eq!(short_iv["encryptedData"], sound["encryptedData"]);
    let cut = bench.order("open_data", make(Some("cut_block"))).await;
    assert_eq!(decoded(&cut["encryptedData"]).len() % 16, 15);
    let padding = decoded(&bench.order("open_data", make(Some("bad_padding"))).await["encryptedData"]);
    let whole = decoded(&sound["encryptedData"]);
    assert_eq!(padding[..padding.len() - 16], whole[..whole.len() - 16]);
    assert_ne!(padding, whole);
}

#[actix_web::test]
async fn the_signature_is_sha1_of_the_raw_data_and_the_keys_text() {
    let bench = Bench::new().await;
    let order = json!({"data": {"nickName": "Band"}, "session_key": published::KEY});
    let sealed = bench.order("open_data", order).await;
    assert_eq!(sealed["rawData"], r#"{"nickName":"Band"}"#);
    // sha1sum of {"nickName":"Band"}tiihtNczf5v6AKRyjwEUhQ==, made outside this program.
    assert_eq!(sealed["signature"], "54b71917aab21b53e850dec1b03f73b0bbeb6abe");
}
