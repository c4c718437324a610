//! What WeChat encrypts and signs with a session key, made by the simulator and read by us.

use linli::wechat::{OpenDataError, Time, decrypt_open_data, raw_data_is_signed, session_signature};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use wechat_sim::APPID;

use crate::stage::{OPENID, STABLE_TOKEN, Stage, errcode, text};
use crate::time::StandingTime;

fn read(stage: &Stage<StandingTime>, key: &SecretString, sealed: &Value) -> Result<Value, OpenDataError> {
    let (iv, data) = (sealed["iv"].as_str().unwrap(), sealed["encryptedData"].as_str().unwrap());
    decrypt_open_data(key, iv, data, APPID, stage.time.now())
}

async fn sign_in(stage: &Stage<StandingTime>, rotation: &str) -> SecretString {
    let code = stage.desk.code("login", json!({"openid": OPENID, "rotation": rotation})).await;
    stage.client().exchange_code(&code).await.unwrap().session_key
}

#[tokio::test]
async fn only_the_newest_session_key_decrypts_and_verifies() {
    let stage = Stage::standing().await;
    let old = sign_in(&stage, "never").await;
    let seal = json!({"openid": OPENID, "data": {"stepInfoList": [], "nickName": "邻居"}});
    let sealed = stage.desk.order("open_data", seal.clone()).await;
    let content = read(&stage, &old, &sealed).unwrap();
    assert_eq!(content["nickName"], "邻居");
    let raw = sealed["rawData"].as_str().unwrap();
    let signature = sealed["signature"].as_str().unwrap();
    assert!(raw_data_is_signed(raw.as_bytes(), &old, signature));

    // The phone signs in anew: from then on, before any exchange, another key is in force.
    let code = stage.desk.code("login", json!({"openid": OPENID, "rotation": "always"})).await;
    let sealed = stage.desk.order("open_data", seal).await;
    let end = read(&stage, &old, &sealed);
    assert!(matches!(end, Err(OpenDataError::Data | OpenDataError::Content)), "{end:?}");
    assert!(!raw_data_is_signed(raw.as_bytes(), &old, sealed["signature"].as_str().unwrap()));
    let new = stage.client().exchange_code(&code).await.unwrap().session_key;
    assert_ne!(old.expose_secret(), new.expose_secret());
    assert_eq!(read(&stage, &new, &sealed).unwrap()["nickName"], "邻居");
    assert!(raw_data_is_signed(raw.as_bytes(), &new, sealed["signature"].as_str().unwrap()));
}

#[tokio::test]
async fn whatever_is_wrong_with_the_data_is_a_typed_error() {
    let stage = Stage::standing().await;
    let key = sign_in(&stage, "usual").await;
    let now = stage.time.now().timestamp();
    for (order, expected) in [
        (json!({"flaw": "short_iv"}), OpenDataError::Vector),
        (json!({"flaw": "cut_block"}), OpenDataError::Data),
        (json!({"flaw": "bad_padding"}), OpenDataError::Data),
        (json!({"plaintext": "not JSON"}), OpenDataError::Content),
        (json!({"plaintext": "{\"no\": \"watermark\"}"}), OpenDataError::Content),
        (json!({"watermark_appid": "wx0000000000000002"}), OpenDataError::ForeignWatermark),
        (json!({"timestamp": now - 301}), OpenDataError::StaleWatermark),
        (json!({"timestamp": now + 301}), OpenDataError::StaleWatermark),
    ] {
        let mut seal = json!({"openid": OPENID, "data": {"a": 1}});
        seal.as_object_mut().unwrap().extend(order.as_object().unwrap().clone());
        let sealed = stage.desk.order("open_data", seal).await;
        assert_eq!(read(&stage, &key, &sealed), Err(expected), "{order}");
    }
    for timestamp in [now - 300, now + 300] {
        let sealed = stage.desk.order("open_data", json!({"openid": OPENID, "timestamp": timestamp})).await;
        read(&stage, &key, &sealed).unwrap();
    }
}

#[tokio::test]
async fn data_of_every_length_decrypts() {
    let stage = Stage::standing().await;
    let key = sign_in(&stage, "usual").await;
    for length in 0..33 {
        let word = "a".repeat(length);
        let sealed = stage.desk.order("open_data", json!({"openid": OPENID, "data": {"word": word}})).await;
        assert_eq!(read(&stage, &key, &sealed).unwrap()["word"], word);
    }
}

#[tokio::test]
async fn our_proof_of_a_session_key_is_the_one_that_wechat_expects() {
    let stage = Stage::standing().await;
    let old = sign_in(&stage, "never").await;
    stage.client().check_text(&text("fetches the token")).await.unwrap();
    let fetched = stage.desk.journal(STABLE_TOKEN).await;
    let token = fetched[0]["answer"]["access_token"].as_str().unwrap();
    let check = async |key: &SecretString| {
        let signature = session_signature(key, b"");
        let query = [
            ("access_token", token),
            ("openid", OPENID),
            ("signature", signature.as_str()),
            ("sig_method", "hmac_sha256"),
        ];
        errcode(&stage.desk.get("/wxa/checksession", &query).await)
    };
    assert_eq!(check(&old).await, 0);
    let new = sign_in(&stage, "always").await;
    assert_eq!((check(&old).await, check(&new).await), (87009, 0));
}
