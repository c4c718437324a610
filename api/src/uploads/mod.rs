//! Uploads: photos, re-encoded, and files on their way in.
//!
//! Promises: a photo is decoded within limits and encoded anew, so that nothing rides along in it (no EXIF, no place
//! where it was taken, no second file); what it is follows from its bytes, never from what it is called; whoever
//! may see what it is attached to may see it, and until then only its sender; a person sends one photo at a time, and
//! nothing is decoded that will not be kept, so that nobody holds up the others; who is given a [`link`] sees one photo for
//! half an hour, and nobody can make up another. Never serves bytes that somebody sent
//! as they came, and never lets a photo be attached twice or by another person. One that nobody attached is forgotten.
//!
//! Routes: `POST /v1/uploads`, `GET /v1/uploads/{upload_id}`. Beside the contract, for WeChat: `GET
//! /linked-photos/{upload_id}`. [`photo`] has the limits, [`turn`] says
//! whose turn it is to send, [`attach`] is for other rooms.

mod acts;
pub mod files;
mod model;
pub mod photo;
mod routes;
mod store;
mod turn;

pub use acts::{Attachment, attach, encode, keep, link, looks, small, sweep};
pub use model::Upload;
pub use routes::{beside_the_contract, routes};

crate::problems! {
    PHOTO_TYPE_UNSUPPORTED = 1_006_001, 415, "只支持 JPEG、PNG、WebP 照片", "Not a JPEG, PNG or WebP photo",
        "请重新选择一张照片。", "Send a JPEG, PNG or WebP; the bytes decide, not the name.";
    PHOTO_TOO_MANY_PIXELS = 1_006_002, 422, "照片尺寸过大", "The photo has too many pixels",
        "请缩小照片后再上传。", "Scale the photo down to 40 megapixels or less.";
    PHOTO_UNREADABLE = 1_006_003, 422, "照片已损坏", "The photo cannot be read",
        "请重新拍照或选择另一张。", "The file is broken or cut off; send another.";
    FILE_EXPECTED = 1_006_004, 422, "请上传一个文件", "One file is expected",
        "请每次上传一张照片。", "Send multipart/form-data with exactly one file, and a few short text fields at most.";
    UPLOADS_USED_UP = 1_006_005, 429, "今天上传的照片太多", "Too many unused photos today",
        "请先提交已上传的照片，或明天再试。", "Attach the photos that you sent, or wait for `Retry-After` seconds.";
    PHOTO_NOT_YOURS = 1_006_006, 422, "照片不存在或已使用", "A photo is not yours or was used already",
        "请重新上传照片。", "Name only photos that you sent yourself and have not attached yet.";
    UPLOAD_RUNNING = 1_006_007, 429, "上一张照片还在上传", "Another photo of yours is on its way",
        "请一张一张地上传照片。", "Send one photo at a time; repeat after `Retry-After` seconds.";
}
