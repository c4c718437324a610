//! Schemas of words that the law gives.

use serde_json::Value;
use utoipa::openapi::{
    Object, ObjectBuilder,
    schema::{SchemaType, Type},
};

/// One of these written forms.
pub(crate) fn one_of<'a>(codes: impl Iterator<Item = &'a str>) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes)).build()
}

/// The same or null, as a member of a request that may be left out is read.
pub(crate) fn or_null(mut forms: Object) -> Object {
    forms.schema_type = SchemaType::from_iter([Type::String, Type::Null]);
    forms.enum_values.get_or_insert_default().push(Value::Null);
    forms
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
