use image::{GenericImageView, ImageFormat};
use serde_json::{Value, json};

use crate::phones::{Bench, json_of, refused};

const CODE: &str = "/wxa/getwxacodeunlimit";

async fn ask(bench: &Bench, name: &str, value: Value) -> reqwest::Response {
    let mut body = json!({"scene": "b=12"});
    body[name] = value;
    let token = bench.token().await;
    bench.call_raw(CODE, &token, body).await
}

async fn picture(bench: &Bench, name: &str, value: Value) -> (String, Vec<u8>) {
    let response = ask(bench, name, value).await;
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    (kind, response.bytes().await.unwrap().to_vec())
}

#[actix_web::test]
async fn a_code_is_a_real_jpeg_of_the_width_asked_for() {
    let bench = Bench::new().await;
    for (width, expected) in [(json!(280), 280), (json!(430), 430), (json!(1280), 1280)] {
        let (kind, bytes) = picture(&bench, "width", width).await;
        assert_eq!(kind, "image/jpeg");
        assert!(bytes.starts_with(&[0xff, 0xd8]));
        let decoded = image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg).unwrap();
        assert_eq!(decoded.dimensions(), (expected, expected));
    }
    let (_, bytes) = picture(&bench, "scene", json!("b=12")).await;
    assert!(bytes.windows(10).any(|window| window == b"scene=b=12"));
}

#[actix_web::test]
async fn a_transparent_code_is_a_png() {
    let bench = Bench::new().await;
    let (kind, bytes) = picture(&bench, "is_hyaline", json!(true)).await;
    assert_eq!(kind, "image/png");
    image::load_from_memory_with_format(&bytes, ImageFormat::Png).unwrap();
}

#[actix_web::test]
async fn a_scene_is_one_to_thirty_two_characters_of_its_alphabet() {
    let bench = Bench::new().await;
    for (scene, errcode) in [
        (json!(""), 40169),
        (json!("a".repeat(33)), 40169),
        (json!("a%20b"), 40129),
        (json!("楼栋"), 40129),
        (json!("a b"), 40129),
        (json!("scancode_time"), 85096),
        (json!(12), 47001),
    ] {
        let response = ask(&bench, "scene", scene).await;
        assert_eq!(response.headers()["content-type"], "application/json; charset=UTF-8");
        refused(&json_of(response).await, errcode);
    }
    for scene in ["a".repeat(32), "!#$&'()*+,/:;=?@-._~aZ09".to_owned()] {
        assert_eq!(picture(&bench, "scene", json!(scene)).await.0, "image/jpeg");
    }
}

#[actix_web::test]
async fn a_page_is_a_released_path_alone() {
    let bench = Bench::new().await;
    for page in ["/pages/index/index", "pages/index/index?a=1", "pages/new/new"] {
        refused(&json_of(ask(&bench, "page", json!(page)).await).await, 41030);
    }
    assert_eq!(picture(&bench, "page", json!("pages/index/index")).await.0, "image/jpeg");
    let token = bench.token().await;
    let unchecked = |page: &str| json!({"scene": "a", "page": page, "check_path": false});
    let response = bench.call_raw(CODE, &token, unchecked("pages/new/new")).await;
    assert_eq!(response.headers()["content-type"], "image/jpeg");
    refused(&bench.call(CODE, &token, unchecked("/pages/new/new")).await, 41030);
    bench.order("pages", json!({"released": ["pages/new/new"]})).await;
    assert_eq!(picture(&bench, "page", json!("pages/new/new")).await.0, "image/jpeg");
}

#[actix_web::test]
async fn version_and_width_have_their_values() {
    let bench = Bench::new().await;
    refused(&json_of(ask(&bench, "env_version", json!("formal")).await).await, 40097);
    refused(&json_of(ask(&bench, "width", json!(279)).await).await, 40097);
    refused(&json_of(ask(&bench, "width", json!(1281)).await).await, 40097);
    refused(&json_of(ask(&bench, "check_path", json!("false")).await).await, 47001);
    for version in ["release", "trial", "develop"] {
        assert_eq!(picture(&bench, "env_version", json!(version)).await.0, "image/jpeg");
    }
}

#[actix_web::test]
async fn the_minute_has_five_thousand_codes() {
    let bench = Bench::new().await;
    assert_eq!(bench.get("/__sim/quotas", &[]).await["getwxacodeunlimit.minute"], 5000);
    bench.order("clock", json!({"at": 1_800_000_000_u64})).await;
    bench.order("quotas", json!({"name": "getwxacodeunlimit.minute", "limit": 1})).await;
    assert_eq!(picture(&bench, "scene", json!("a")).await.0, "image/jpeg");
    refused(&json_of(ask(&bench, "scene", json!("a")).await).await, 45009);
    bench.advance(60).await;
    assert_eq!(picture(&bench, "scene", json!("a")).await.0, "image/jpeg");
}

#[actix_web::test]
async fn an_expired_token_is_refused_in_json_on_this_path_too() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    bench.advance(7200).await;
    let response = bench.call_raw(CODE, &token, json!({"scene": "a"})).await;
    assert_eq!(response.headers()["content-type"], "application/json; charset=UTF-8");
    refused(&json_of(response).await, 42001);
}
