//! Signing in and out over HTTP.

use actix_web::{Responder, delete, get, http::StatusCode, post, web};
use uuid::Uuid;

use super::{
    acts,
    model::{Sessions, SignIn, SignedIn},
};
use crate::{
    app::App,
    http::{
        answer::{Answer, Nothing},
        caller::Caller,
        input::Input,
        problem::Result,
        routing::ServiceConfig,
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(create_session).service(list_sessions).service(delete_session);
}

/// Signs in, with a code of wx.login or, in the demo, as a demo person.
#[utoipa::path(tag = "sessions", request_body = SignIn, responses(
    (status = 201, body = SignedIn),
    (status = 401, description = "The code is unknown, expired or used"),
    (status = 403, description = "The grant is not accepted here, or WeChat blocks the user"),
))]
#[post("/v1/sessions")]
async fn create_session(app: web::Data<App>, input: Input<SignIn>) -> Result<impl Responder> {
    let signed_in = acts::sign_in(&app, input.value).await?;
    Ok(Answer { status: StatusCode::CREATED, ..Answer::ok(signed_in) })
}

/// The devices on which the caller is signed in, the last used first.
#[utoipa::path(tag = "sessions", responses((status = 200, body = Sessions)))]
#[get("/v1/sessions")]
async fn list_sessions(app: web::Data<App>, caller: Caller) -> Result<impl Responder> {
    Ok(Answer::ok(acts::list(&app, &caller).await?))
}

/// Ends one of the caller's sessions, from the next request on.
#[utoipa::path(tag = "sessions", params(("session_id" = Uuid, Path)), responses((status = 204)))]
#[delete("/v1/sessions/{session_id}")]
async fn delete_session(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<impl Responder> {
    acts::end(&app, &caller, *id).await?;
    Ok(Nothing)
}
