//! Photos as the API tells them.

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{
        KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat,
        schema::{AdditionalProperties, Type},
    },
};
use uuid::Uuid;

/// What is sent: one file, as `wx.uploadFile` does; up to 20 other form fields of 4 KiB are tolerated and not looked at.
pub struct PhotoForm;

impl ToSchema for PhotoForm {}

/// The form is read as it streams in: there is no type that has its members.
impl PartialSchema for PhotoForm {
    fn schema() -> RefOr<Schema> {
        let photo = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
            .max_length(Some(10_485_760))
            .description(Some(
                "A JPEG, PNG or WebP of at most 10 MiB and 40 megapixels. Any field name does.",
            ));
        ObjectBuilder::new()
            .description(Some(
                "What is sent: one file, as `wx.uploadFile` does; up to 20 other form fields of 4 KiB are tolerated \
                 and not looked at.",
            ))
            .property("file", photo)
            .required("file")
            .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(true)))
            .into()
    }
}

/// A photo that was kept: encoded anew as JPEG.
#[derive(Debug, Serialize, ToSchema)]
pub struct Upload {
    pub id: Uuid,
    /// Pixels, as the photo stands upright.
    #[schema(minimum = 1, maximum = 65_535)]
    pub width: u32,
    /// Pixels.
    #[schema(minimum = 1, maximum = 65_535)]
    pub height: u32,
    /// Size as it is kept.
    #[schema(minimum = 1, maximum = 200_000_000)]
    pub bytes: u64,
    #[schema(example = "image/jpeg", max_length = 40)]
    pub media_type: String,
}

/// Which size of a photo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PhotoSize {
    #[default]
    Full,
    /// At most 320 pixels on its longest side.
    Thumbnail,
}

#[derive(Clone, Copy, Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PhotoQuery {
    /// Without it: `FULL`.
    #[garde(skip)]
    #[serde(default)]
    #[param(inline, required = false)]
    pub size: PhotoSize,
}

/// The bytes of a JPEG.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "stands in the contract")]
pub struct Picture(Vec<u8>);
