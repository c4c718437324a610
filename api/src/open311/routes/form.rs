//! A form as it is sent: urlencoded, or in parts when pictures come with it.

use std::{future::Future, pin::Pin, time::Duration};

use actix_multipart::{Field, Multipart};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use futures_util::StreamExt;
use tokio::sync::Semaphore;

use super::super::{Refused, arguments::Arguments};
use crate::{
    http::{
        input::{self, media_type},
        problem::{BODY_TOO_LARGE, INPUT_MALFORMED, MEDIA_TYPE_UNSUPPORTED, Problem, Result, UNAVAILABLE},
    },
    pii::sha256,
    uploads::photo::FILE_LIMIT,
};

/// The most that the words of a form may have, in bytes.
const WORDS: usize = 256 * 1024;
/// Names with values.
const FIELDS: usize = 200;
/// Pictures.
const FILES: usize = 3;
/// How long sending may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// Forms with pictures that are read at once, so that they do not fill the memory.
static READING: Semaphore = Semaphore::const_new(4);

/// What was sent.
#[derive(Debug)]
pub struct Form {
    pub asked: Arguments,
    /// Pictures as they came.
    pub files: Vec<Vec<u8>>,
}

impl Form {
    /// A hash of what it says, however it was sent.
    pub fn digest(&self) -> String {
        let files: Vec<String> = self.files.iter().map(|file| sha256(file)).collect();
        sha256(format!("{:?} {files:?}", self.asked.pairs()).as_bytes())
    }
}

/// Names with values, from a query or a form.
pub fn pairs(encoded: &str) -> Result<Arguments> {
    let unreadable = |_| INPUT_MALFORMED.because("the names and values cannot be read");
    let web::Query(pairs) = web::Query::<Vec<(String, String)>>::from_query(encoded).map_err(unreadable)?;
    if pairs.len() > FIELDS {
        return Err(INPUT_MALFORMED.because(format!("there are more than {FIELDS} values")));
    }
    Ok(Arguments::new(pairs))
}

impl FromRequest for Form {
    type Error = Refused;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Refused>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media = media_type(request).unwrap_or_default().to_ascii_lowercase();
        let headers = request.headers().clone();
        let payload = payload.take();
        Box::pin(async move {
            match media.as_str() {
                "application/x-www-form-urlencoded" => {
                    let bytes = input::read(payload, WORDS).await?;
                    let text = std::str::from_utf8(&bytes);
                    let text = text.map_err(|_| INPUT_MALFORMED.because("the form is not UTF-8"))?;
                    Ok(Self { asked: pairs(text)?, files: Vec::new() })
                }
                "multipart/form-data" => {
                    let busy =
                        |_| UNAVAILABLE.because("too many pictures are on their way in").retry_after(2);
                    let _one_of_few = READING.try_acquire().map_err(busy)?;
                    let late = |_| INPUT_MALFORMED.because("the form took too long to come");
                    let parts = parts(Multipart::new(&headers, payload));
                    Ok(tokio::time::timeout(PATIENCE, parts).await.map_err(late)??)
                }
                _ => {
                    let expected = "send application/x-www-form-urlencoded or multipart/form-data";
                    Err(MEDIA_TYPE_UNSUPPORTED.because(expected).into())
                }
            }
        })
    }
}

/// The parts of a form: what has a file's name is a picture, everything else a value.
async fn parts(mut form: Multipart) -> Result<Form> {
    let (mut pairs, mut files, mut words) = (Vec::new(), Vec::new(), 0);
    while let Some(field) = form.next().await {
        let field = field.map_err(|_| broken())?;
        let is_file = field.content_disposition().is_some_and(|about| about.get_filename().is_some());
        if is_file {
            let file = read(field, FILE_LIMIT).await?;
            // A form's empty file field is one that nobody chose a file for.
            if !file.is_empty() {
                files.push(file);
            }
            if files.len() > FILES {
                return Err(BODY_TOO_LARGE.because(format!("there are more than {FILES} pictures")));
            }
            continue;
        }
        let name = field.name().unwrap_or_default().to_owned();
        let value = read(field, WORDS).await?;
        words += value.len();
        let value = String::from_utf8(value).map_err(|_| INPUT_MALFORMED.because("the form is not UTF-8"))?;
        pairs.push((name, value));
        if pairs.len() > FIELDS || words > WORDS {
            return Err(BODY_TOO_LARGE.because("there is too much in the form"));
        }
    }
    Ok(Form { asked: Arguments::new(pairs), files })
}

async fn read(mut field: Field, limit: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.next().await {
        let chunk = chunk.map_err(|_| broken())?;
        if bytes.len() + chunk.len() > limit {
            return Err(BODY_TOO_LARGE.because(format!("a part of the form may have {limit} bytes at most")));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn broken() -> Problem {
    INPUT_MALFORMED.because("the form cannot be read as multipart/form-data")
}
