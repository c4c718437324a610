//! Webhooks over HTTP.

use actix_web::{HttpResponse, Responder, delete, get, post, web};
use uuid::Uuid;

use super::{
    acts,
    model::{NewWebhook, Webhook, WebhookDelivery, WebhookWithSecret},
};
use crate::{
    app::App,
    http::{
        answer::{Answer, Nothing},
        caller::Caller,
        input::{IfMatch, Input, Once, Query},
        paging::{List, Page},
        problem::Result,
        routing::ServiceConfig,
    },
    incidents::model::Plainly,
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(create_webhook)
        .service(list_webhooks)
        .service(read_webhook)
        .service(delete_webhook)
        .service(rotate_webhook)
        .service(resume_webhook)
        .service(list_webhook_deliveries)
        .service(redeliver_event);
}

/// Registers an address that is told of what happens at a place, as far as the caller's office may read it and for as
/// long as the caller is in it; its secret is shown this once.
#[utoipa::path(tag = "webhooks", params(("place_id" = Uuid, Path)), request_body = NewWebhook, responses(
    (status = 201, body = WebhookWithSecret),
    (status = 409, description = "The place has too many"),
))]
#[post("/v1/places/{place_id}/webhooks")]
async fn create_webhook(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    once: Once,
    input: Input<NewWebhook>,
) -> Result<HttpResponse> {
    let Input { value, digest } = input;
    app.once(caller.person, &once, &digest, async |tx| acts::register(&app, &caller, tx, *place, value).await)
        .await
}

/// The webhooks of a place that the caller's office registered, or one below it.
#[utoipa::path(tag = "webhooks", params(("place_id" = Uuid, Path), Page), responses((status = 200, body = List<Webhook>)))]
#[get("/v1/places/{place_id}/webhooks")]
async fn list_webhooks(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::list(&app, &caller, *place, &page.0).await?))
}

/// A webhook, without its secret.
#[utoipa::path(tag = "webhooks", params(("webhook_id" = Uuid, Path)), responses((status = 200, body = Webhook)))]
#[get("/v1/webhooks/{webhook_id}")]
async fn read_webhook(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<impl Responder> {
    let (webhook, version) = acts::read(&app, &caller, *id).await?;
    Ok(Answer::ok(webhook).version(version))
}

/// Takes a webhook away.
#[utoipa::path(tag = "webhooks", params(("webhook_id" = Uuid, Path)), responses((status = 204)))]
#[delete("/v1/webhooks/{webhook_id}")]
async fn delete_webhook(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    version: IfMatch,
) -> Result<impl Responder> {
    acts::remove(&app, &caller, *id, version.0).await?;
    Ok(Nothing)
}

/// Gives a webhook a new secret; for a day the one before signs too.
#[utoipa::path(tag = "webhooks", params(("webhook_id" = Uuid, Path)), request_body = Plainly, responses((status = 200, body = WebhookWithSecret)))]
#[post("/v1/webhooks/{webhook_id}/rotations")]
async fn rotate_webhook(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<Plainly>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| acts::rotate(&app, &caller, tx, *id).await).await
}

/// Tells a webhook again that was left alone: because it failed for days, or because its office ended and the caller is
/// who followed in it.
#[utoipa::path(tag = "webhooks", params(("webhook_id" = Uuid, Path)), request_body = Plainly, responses(
    (status = 200, body = Webhook),
    (status = 409, description = "Its office ended, and the caller does not hold it"),
))]
#[post("/v1/webhooks/{webhook_id}/resumptions")]
async fn resume_webhook(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<Plainly>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| acts::resume(&app, &caller, tx, *id).await).await
}

/// What was sent to a webhook, the newest first.
#[utoipa::path(tag = "webhooks", params(("webhook_id" = Uuid, Path), Page), responses((status = 200, body = List<WebhookDelivery>)))]
#[get("/v1/webhooks/{webhook_id}/deliveries")]
async fn list_webhook_deliveries(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::deliveries(&app, &caller, *id, &page.0).await?))
}

/// Sends an event again.
#[utoipa::path(tag = "webhooks", params(("webhook_id" = Uuid, Path), ("event_id" = Uuid, Path)), request_body = Plainly, responses(
    (status = 200, body = WebhookDelivery),
    (status = 409, description = "It is on its way already"),
))]
#[post("/v1/webhooks/{webhook_id}/deliveries/{event_id}/redeliveries")]
async fn redeliver_event(
    app: web::Data<App>,
    caller: Caller,
    ids: web::Path<(Uuid, Uuid)>,
    once: Once,
    input: Input<Plainly>,
) -> Result<HttpResponse> {
    let (webhook, event) = *ids;
    app.once(caller.person, &once, &input.digest, async |tx| {
        Ok(Answer::ok(acts::redeliver(&caller, tx, webhook, event).await?))
    })
    .await
}
