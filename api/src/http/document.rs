//! The contract, made from the code: what utoipa collects, and one pass that adds what all operations share.

use std::sync::LazyLock;

use actix_web::App;
use serde_json::{Value, json};
use utoipa::{
    OpenApi,
    openapi::{
        Array, ArrayBuilder, ObjectBuilder,
        schema::Type,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_actix_web::{AppExt, service_config::ServiceConfig as Collector};

use super::{problem::ProblemBody, routing::ServiceConfig, server};
use crate::polls;

/// The contract and what is derived from it.
#[derive(Debug)]
pub struct Document {
    pub json: Value,
    /// Path templates with their methods.
    paths: Vec<(Vec<String>, Vec<&'static str>)>,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Linli",
        description = "The mobile backend of self-governing residential communities.",
        license(name = "AGPL-3.0-only", url = "https://www.gnu.org/licenses/agpl-3.0.html"),
        contact(name = "Linli", url = "https://linli.invalid", email = "team@linli.invalid")
    ),
    components(schemas(ProblemBody))
)]
struct Base;

/// Made once somebody asks for it, or for what is not there: a service starts sooner without.
pub type Contract = LazyLock<Document>;

const METHODS: [(&str, &str); 4] = [("get", "GET"), ("post", "POST"), ("put", "PUT"), ("delete", "DELETE")];

impl Document {
    pub fn build() -> Self {
        let mut base = Base::openapi();
        let bearer = SecurityScheme::Http(
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build(),
        );
        base.components.get_or_insert_default().add_security_scheme("bearer", bearer);
        let rooms = |config: &mut Collector<'_>| server::rooms(&mut ServiceConfig::Contract(config));
        let (_, api) = App::new().into_utoipa_app().openapi(base).configure(rooms).split_for_parts();
        let mut json = serde_json::to_value(&api).unwrap_or_else(|_| json!({}));
        if let Some(case) = json.pointer_mut("/components/schemas/RulesCase") {
            *case = polls::cases::schema();
        }
        super::document_pass::complete(&mut json);
        let paths = json
            .get("paths")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(path, item)| {
                let methods =
                    METHODS.iter().filter(|(key, _)| item.get(key).is_some()).flat_map(|(key, name)| {
                        if *key == "get" { vec![*name, "HEAD"] } else { vec![*name] }
                    });
                (segments(path), methods.collect())
            })
            .collect();
        Self { json, paths }
    }

    /// The methods that find something at `path`.
    pub fn methods(&self, path: &str) -> Vec<&'static str> {
        let path = segments(path);
        let fits = |template: &[String]| {
            template.len() == path.len()
                && template.iter().zip(&path).all(|(want, have)| want.starts_with('{') || want == have)
        };
        let mut methods: Vec<_> = self
            .paths
            .iter()
            .filter(|(template, _)| fits(template))
            .flat_map(|(_, methods)| methods.clone())
            .collect();
        methods.sort_unstable();
        methods.dedup();
        methods
    }
}

/// A list of up to `ITEMS` texts of `LEAST` to `MOST` letters each, for `#[schema(schema_with = …)]`: the derive knows
/// bounds for a list, not for what is in it.
pub fn texts<const ITEMS: usize, const LEAST: usize, const MOST: usize>() -> Array {
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(LEAST)).max_length(Some(MOST));
    ArrayBuilder::new().items(text.build()).max_items(Some(ITEMS)).build()
}

fn segments(path: &str) -> Vec<String> {
    path.split('/').map(str::to_owned).collect()
}
