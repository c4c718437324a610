//! Mini-program codes: a picture or an error, never the one for the other.

use linli::wechat::{Class, Invalid, MiniCode, PageCheck, PictureFormat, Refusal, Release, WeChatError};
use proptest::strategy::{Strategy, ValueTree};
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::stage::{CODE, STABLE_TOKEN, Stage, door, failure, refusal};

#[tokio::test]
async fn a_code_is_a_jpeg_of_its_scene() {
    let stage = Stage::standing().await;
    let client = stage.client();
    for release in [Release::Released, Release::Trial, Release::Develop] {
        for width in [None, Some(280), Some(1280)] {
            let picture = client.mini_code(&MiniCode { release, width, ..door() }).await.unwrap();
            assert_eq!(picture.format, PictureFormat::Jpeg);
            assert!(picture.bytes.starts_with(&[0xff, 0xd8, 0xff]));
            let scene = b"scene=b=12&page=pages/index/index";
            assert!(picture.bytes.windows(scene.len()).any(|part| part == scene));
        }
    }
    let nine = stage.desk.journal(CODE).await;
    let versions: std::collections::HashSet<String> =
        nine.iter().map(|entry| entry["body"]["env_version"].to_string()).collect();
    assert_eq!(versions.len(), 3);
}

#[tokio::test]
async fn an_error_is_an_error_under_either_content_type() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.client());
    for as_text in [false, true] {
        desk.order("settings", json!({"code_refusal_as_text": as_text})).await;
        let unknown = MiniCode { page: Some("pages/new/index"), ..door() };
        assert_eq!(refusal(client.mini_code(&unknown).await), Refusal::PageUnknown);
        client.mini_code(&MiniCode { page_check: PageCheck::AnyPage, ..unknown }).await.unwrap();
        for (code, expected) in [
            (40097, Refusal::ParameterRefused),
            (40129, Refusal::SceneRefused),
            (40169, Refusal::SceneRefused),
            (85096, Refusal::SceneRefused),
            (41030, Refusal::PageUnknown),
        ] {
            desk.trouble(CODE, "errcode", json!({"errcode": code})).await;
            assert_eq!(refusal(client.mini_code(&door()).await), expected, "{code}");
        }
        desk.trouble(CODE, "errcode", json!({"errcode": 48001})).await;
        assert_eq!(failure(client.mini_code(&door()).await).class(), Class::Config);
    }
}

#[tokio::test]
async fn a_dead_token_is_replaced_on_this_path_too() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.client());
    client.mini_code(&door()).await.unwrap();
    let mut fetched = 1;
    for as_text in [false, true] {
        desk.order("settings", json!({"code_refusal_as_text": as_text})).await;
        for code in [40001, 40014, 42001] {
            desk.order("tokens/kill", json!({"errcode": code})).await;
            desk.forget_journal().await;
            let picture = client.mini_code(&door()).await.unwrap();
            assert!(picture.bytes.starts_with(&[0xff, 0xd8, 0xff]));
            assert_eq!((desk.count(CODE).await, desk.count(STABLE_TOKEN).await), (2, 1));
            fetched += 1;
        }
    }
    assert_eq!(desk.told("tokens").await.as_array().unwrap().len(), fetched);
}

#[tokio::test]
async fn a_page_of_html_or_half_a_picture_is_no_picture() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.client());
    desk.trouble(CODE, "status", json!({"status": 200, "times": 0})).await;
    let end = failure(client.mini_code(&door()).await);
    assert_eq!(end, WeChatError::Unreadable { path: CODE });
    desk.order("reset", json!({})).await;
    desk.trouble(CODE, "truncate", json!({"times": 0})).await;
    let end = failure(stage.client().mini_code(&door()).await);
    assert_eq!(end.class(), Class::Uncertain, "{end}");
}

#[tokio::test]
async fn client_and_wechat_agree_about_every_scene_and_width_and_page() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.client());
    client.mini_code(&door()).await.unwrap();
    let mut runner = TestRunner::deterministic();
    let mut scenes: Vec<String> =
        ["", "%41", "b=1&c=2", "scancode_time", "scancode_time=1", "a b"].map(str::to_owned).to_vec();
    for form in ["[ -~]{1,4}", "[a-zA-Z0-9!#$&'()*+,/:;=?@._~-]{28,35}", "[a-z三\u{e9}\n|\"<>]{1,5}"] {
        let form = string_regex(form).unwrap();
        scenes.extend((0..60).map(|_| form.new_tree(&mut runner).unwrap().current()));
    }
    let (mut good, mut bad) = (0, 0);
    for scene in &scenes {
        match client.mini_code(&MiniCode { scene, ..door() }).await {
            Ok(_) => good += 1,
            Err(WeChatError::Invalid(Invalid::Scene)) => {
                bad += 1;
                let code = desk.straight(CODE, &json!({"scene": scene})).await;
                assert!(matches!(code, 40129 | 40169 | 85096), "{scene:?}: {code}");
            }
            Err(error) => panic!("{scene:?}: {error}"),
        }
    }
    assert!(good > 40 && bad > 40, "{good} {bad}");

    for width in [279, 1281, 0] {
        let end = failure(client.mini_code(&MiniCode { width: Some(width), ..door() }).await);
        assert_eq!(end, WeChatError::Invalid(Invalid::Width));
        assert_eq!(desk.straight(CODE, &json!({"scene": "a", "width": width})).await, 40097);
    }
    for page in ["/pages/index/index", "pages/index/index?a=1"] {
        let end = failure(client.mini_code(&MiniCode { page: Some(page), ..door() }).await);
        assert_eq!(end, WeChatError::Invalid(Invalid::Page));
        let body = json!({"scene": "a", "page": page, "check_path": false});
        assert_eq!(desk.straight(CODE, &body).await, 41030);
    }
}
