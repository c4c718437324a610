//! Photos over HTTP: one file a call, as `wx.uploadFile` sends it.

use std::{future::Future, pin::Pin, time::Duration};

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::{
    FromRequest, HttpRequest, HttpResponse, Responder, dev::Payload, error::PayloadError, get, http::header,
    post, web,
};
use futures_util::StreamExt;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    FILE_EXPECTED, acts,
    model::{PhotoForm, PhotoQuery, Picture, Upload},
    photo::{FILE_LIMIT, MEDIA_TYPE},
    turn::Turn,
};
use crate::{
    app::App,
    http::{
        answer::Answer,
        caller::Caller,
        input::{Once, Query, media_type},
        problem::{BODY_TOO_LARGE, INPUT_MALFORMED, MEDIA_TYPE_UNSUPPORTED, Problem, Result},
        routing::ServiceConfig,
    },
    pii::sha256,
};

/// How long sending one file may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// Text fields that may stand beside the file.
const FIELDS: usize = 20;
/// The most that one of them may have, in bytes.
const FIELD_LIMIT: usize = 4 * 1024;

pub fn routes(config: &mut ServiceConfig) {
    config.service(create_upload).service(read_upload);
}

/// Where those fetch a photo who were given a link; no part of the contract.
pub fn beside_the_contract(config: &mut web::ServiceConfig) {
    config.route("/linked-photos/{upload_id}", web::get().to(read_linked));
}

/// Sends a photo. It is encoded anew: only the picture itself is kept. A person sends one at a time.
#[utoipa::path(tag = "uploads", request_body(content = PhotoForm, content_type = "multipart/form-data"), responses(
    (status = 201, body = Upload),
    (status = 413, description = "The file has more than 10 MiB"),
    (status = 415, description = "The bytes are not those of a JPEG, PNG or WebP"),
    (status = 422, description = "The photo is broken, has more than 40 megapixels, or there is not exactly one file"),
))]
#[post("/v1/uploads")]
async fn create_upload(app: web::Data<App>, sent: SentFile) -> Result<impl Responder> {
    let SentFile { caller, once, bytes, digest, turn } = sent;
    if let Some(answer) = app.replayed(caller.person, &once, &digest).await? {
        return Ok(answer);
    }
    acts::within_the_day(app.db.read(), caller.person, app.clock.now()).await?;
    let photo = acts::encode(bytes, turn).await?;
    app.once(caller.person, &once, &digest, async |tx| {
        let upload = acts::keep(&app, &caller, tx, &photo, &digest).await?;
        let location = format!("/v1/uploads/{}", upload.id);
        Ok(Answer::created(upload, location))
    })
    .await
}

/// A photo, for its sender and whoever may see what it is attached to.
#[utoipa::path(tag = "uploads", params(("upload_id" = Uuid, Path), PhotoQuery), responses(
    (status = 200, description = "The picture", body = Picture, content_type = "image/jpeg"),
))]
#[get("/v1/uploads/{upload_id}")]
async fn read_upload(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    query: Query<PhotoQuery>,
) -> Result<impl Responder> {
    let bytes = acts::show(&app, &caller, *id, query.0.size).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, MEDIA_TYPE))
        .insert_header((header::CACHE_CONTROL, "private, max-age=3600"))
        .body(bytes))
}

/// What makes a link good.
#[derive(Deserialize)]
struct LinkQuery {
    /// Seconds since 1970.
    #[serde(default)]
    until: i64,
    #[serde(default)]
    signature: String,
}

async fn read_linked(
    app: web::Data<App>,
    id: web::Path<Uuid>,
    query: web::Query<LinkQuery>,
) -> Result<HttpResponse> {
    let bytes = acts::show_linked(&app, *id, query.until, &query.signature).await?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, MEDIA_TYPE)).body(bytes))
}

/// The one file of a form, taken from somebody whose turn it is.
struct SentFile {
    caller: Caller,
    once: Once,
    bytes: Vec<u8>,
    /// SHA-256 of the file.
    digest: String,
    turn: Turn,
}

impl FromRequest for SentFile {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_form = media_type(request) == Some("multipart/form-data");
        let caller = Caller::from_request(request, &mut Payload::None);
        let once = Once::from_request(request, &mut Payload::None);
        let form = Multipart::new(request.headers(), payload.take());
        Box::pin(async move {
            let caller = caller.await?;
            if !is_form {
                return Err(MEDIA_TYPE_UNSUPPORTED.because("send the photo as multipart/form-data"));
            }
            let once = once.await?;
            let turn = Turn::of(caller.person, &once.key)?;
            let bytes = tokio::time::timeout(PATIENCE, one_file(form))
                .await
                .map_err(|_| INPUT_MALFORMED.because("the file took too long to come"))??;
            Ok(Self { caller, once, digest: sha256(&bytes), bytes, turn })
        })
    }
}

/// The form's one file; of the text beside it nothing is kept.
async fn one_file(mut form: Multipart) -> Result<Vec<u8>> {
    let (mut file, mut fields) = (None, 0);
    while let Some(field) = form.next().await {
        let field = field.map_err(broken)?;
        if is_file(&field) {
            if file.replace(read(field, FILE_LIMIT).await?).is_some() {
                return Err(FILE_EXPECTED.because("there is more than one file"));
            }
            continue;
        }
        fields += 1;
        if fields > FIELDS {
            return Err(FILE_EXPECTED.because("there is too much beside the file in the form"));
        }
        read(field, FIELD_LIMIT).await?;
    }
    file.ok_or_else(|| FILE_EXPECTED.because("there is no file in the form"))
}

/// A file has a name of its own, or stands in the field that the contract names.
fn is_file(field: &Field) -> bool {
    field.name() == Some("file")
        || field.content_disposition().is_some_and(|about| about.get_filename().is_some())
}

async fn read(mut field: Field, limit: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.next().await {
        let chunk = chunk.map_err(broken)?;
        if bytes.len() + chunk.len() > limit {
            return Err(
                BODY_TOO_LARGE.because(format!("this part of the form may have {limit} bytes at most"))
            );
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn broken(error: MultipartError) -> Problem {
    match error {
        MultipartError::Payload(PayloadError::Overflow) => BODY_TOO_LARGE.plain(),
        _ => INPUT_MALFORMED.because("the form cannot be read as multipart/form-data"),
    }
}
