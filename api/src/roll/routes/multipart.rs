//! One file of a form, read in pieces and bounded.

use std::{future::Future, pin::Pin, sync::Arc};

use actix_multipart::Multipart;
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::TryStreamExt;

use super::super::{FILE_MISSING, file::MAX_FILE_BYTES};
use crate::{
    http::{
        input::media_type,
        problem::{BODY_TOO_LARGE, INPUT_MALFORMED, MEDIA_TYPE_UNSUPPORTED, Problem, Result},
    },
    pii::sha256,
};

/// The file of a form.
pub struct FormFile {
    pub bytes: Arc<Vec<u8>>,
    /// SHA-256 of the bytes and the query.
    pub digest: String,
}

impl FromRequest for FormFile {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_form = media_type(request) == Some("multipart/form-data");
        let form = Multipart::new(request.headers(), payload.take());
        let query = request.query_string().to_owned();
        Box::pin(async move {
            if !is_form {
                return Err(MEDIA_TYPE_UNSUPPORTED.because("send one file as multipart/form-data"));
            }
            let bytes = one_file(form).await?;
            let digest = sha256(format!("{} {query}", sha256(&bytes)).as_bytes());
            Ok(Self { bytes: Arc::new(bytes), digest })
        })
    }
}

/// The form's one part: it has a file name, or is called `file`.
async fn one_file(mut form: Multipart) -> Result<Vec<u8>> {
    let broken = |_| INPUT_MALFORMED.because("the form cannot be read");
    let mut file = None;
    while let Some(mut part) = form.try_next().await.map_err(broken)? {
        let named = part.content_disposition().is_some_and(|said| said.get_filename().is_some());
        if file.is_some() || !(named || part.name() == Some("file")) {
            return Err(FILE_MISSING.because("there is something beside the one file in the form"));
        }
        let mut bytes = Vec::new();
        while let Some(piece) = part.try_next().await.map_err(broken)? {
            if bytes.len() + piece.len() > MAX_FILE_BYTES {
                return Err(BODY_TOO_LARGE.because("the roll may have 32 MiB at most"));
            }
            bytes.extend_from_slice(&piece);
        }
        file = Some(bytes);
    }
    file.ok_or_else(|| FILE_MISSING.plain())
}
