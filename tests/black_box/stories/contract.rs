//! The contract itself: what is committed is what is served, and it can be read by people.

use std::{fs, path::Path};

use reqwest::Method;

use crate::{contract::Contract, phone::Phone, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![
        story!(the_committed_contract_is_the_one_that_is_served),
        story!(the_documentation_works_offline),
        story!(every_problem_has_a_page_that_explains_it),
    ]
}

async fn the_committed_contract_is_the_one_that_is_served(world: &mut World) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/openapi.json");
    let committed = fs::read(&file).unwrap_or_default();
    let committed: serde_json::Value = serde_json::from_slice(&committed).unwrap_or_default();
    let served = world.guest().call(Method::GET, "/openapi.json").send().await.ok();
    assert!(
        committed == served,
        "openapi/openapi.json is not what the code says; look at the difference and mend it with\n    \
         cargo run -- openapi > openapi/openapi.json"
    );
}

async fn the_documentation_works_offline(world: &mut World) {
    let read = async |path: &str| {
        let url = format!("http://{}{path}", world.address());
        let answer = Phone::client().get(url).send().await.expect("it answers");
        let status = answer.status().as_u16();
        let media = answer.headers()["content-type"].to_str().unwrap().to_owned();
        (status, media, answer.text().await.expect("text"))
    };
    for path in ["/docs", "/docs/"] {
        let (status, media, page) = read(path).await;
        assert_eq!((status, &*media), (200, "text/html; charset=utf-8"), "{path}");
        assert!(page.contains("swagger-ui-bundle.js") && page.contains("<base href=\"/docs/\">"), "{page}");
        assert!(
            !page.contains("https://") && !page.contains("src=\"//"),
            "the page loads something from elsewhere: {page}"
        );
    }
    assert_eq!(read("/docs/swagger-ui-bundle.js").await.0, 200);
    assert!(read("/docs/swagger-initializer.js").await.2.contains("/openapi.json"));
    let (status, media, _) = read("/docs/nothing.js").await;
    assert_eq!((status, &*media), (404, "application/problem+json; charset=utf-8"));
}

async fn every_problem_has_a_page_that_explains_it(world: &mut World) {
    let guest = world.guest();
    let refusal = guest.get("/nowhere").await.refused(404, "NOT_FOUND");
    let page = guest.get(refusal["type"].as_str().unwrap()).await.ok();
    assert_eq!(page["errcode"], refusal["errcode"]);
    assert_eq!(page["title_zh"], refusal["title"]);
    assert_eq!(page["cure_zh"], refusal["errmsg"]);
    guest.get("/problems/NO_SUCH_PROBLEM").await.refused(404, "NOT_FOUND");
    assert!(Contract::get().document()["openapi"].as_str().unwrap().starts_with("3.1"));
}
