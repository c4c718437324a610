//! Schemas of words that the law gives.

use utoipa::openapi::{Object, ObjectBuilder, schema::Type};

/// One of these written forms.
pub(crate) fn one_of<'a>(codes: impl Iterator<Item = &'a str>) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes)).build()
}

/// Declares the schemas of enums of the law: `name = Enum;` each.
macro_rules! schemas {
    ($($name:ident = $law:ty;)+) => {
        $(pub(crate) fn $name() -> utoipa::openapi::Object {
            $crate::http::schema::one_of(<$law>::ALL.iter().map(|value| value.code()))
        })+
    };
}

pub(crate) use schemas;
