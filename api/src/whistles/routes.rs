//! Whistles over HTTP.

use actix_web::{Responder, get, post, web};
use uuid::Uuid;

use super::{
    acts,
    model::{
        BlowWhistle, BlowWhistleOverIncident, CallOffWhistle, CloseWhistle, CommitmentPath, ExtendCommitment,
        MinuteWhistle, SettleCommitment, Whistle, WhistleLine, WhistleQuery,
    },
};
use crate::{
    app::App,
    http::{
        answer::Answer,
        caller::Caller,
        input::{Input, Once, Query},
        paging::List,
        problem::{NOT_FOUND, Result},
        routing::ServiceConfig,
    },
    incidents::{self, model::Plainly},
    moderation,
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(blow_whistle)
        .service(blow_whistle_over_incident)
        .service(list_whistles)
        .service(read_whistle)
        .service(report_in)
        .service(minute_whistle)
        .service(settle_commitment)
        .service(extend_commitment)
        .service(close_whistle)
        .service(call_off_whistle);
}

/// A level convenes others about a place of a complex: units of its own level and those above.
#[utoipa::path(tag = "whistles", params(("place_id" = Uuid, Path)), request_body = BlowWhistle, responses(
    (status = 201, body = Whistle),
    (status = 409, description = "Nobody fills a post that is convened"),
))]
#[post("/v1/places/{place_id}/whistles")]
async fn blow_whistle(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    place: web::Path<Uuid>,
    input: Input<BlowWhistle>,
) -> Result<impl Responder> {
    let check = async || {
        acts::may_blow(&app, &caller, *place).await?;
        moderation::check(&app, caller.person, [input.value.subject.as_str()]).await
    };
    app.once_after(caller.person, &once, &input.digest, check, async |tx, _| {
        Ok(blown(acts::blow_at(&app, &caller, tx, *place, &input.value).await?))
    })
    .await
}

/// The holder of an incident convenes others about it.
#[utoipa::path(tag = "whistles", params(("incident_id" = Uuid, Path)), request_body = BlowWhistleOverIncident, responses(
    (status = 201, body = Whistle),
    (status = 403, description = "Somebody else holds it"),
    (status = 409, description = "It is handled already, or over; or nobody fills a post that is convened"),
))]
#[post("/v1/incidents/{incident_id}/whistles")]
async fn blow_whistle_over_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<BlowWhistleOverIncident>,
) -> Result<impl Responder> {
    let check = async || {
        if !incidents::acts::may_read(&app, &caller, *id).await? {
            return Err(NOT_FOUND.plain());
        }
        moderation::check(&app, caller.person, [input.value.subject.as_str()]).await
    };
    app.once_after(caller.person, &once, &input.digest, check, async |tx, _| {
        Ok(blown(acts::blow_over(&app, &caller, tx, *id, &input.value).await?))
    })
    .await
}

/// The caller's whistles: those that call them, or those that they have blown.
#[utoipa::path(tag = "whistles", params(WhistleQuery), responses((status = 200, body = List<WhistleLine>)))]
#[get("/v1/whistles")]
async fn list_whistles(
    app: web::Data<App>,
    caller: Caller,
    query: Query<WhistleQuery>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::list(&app, &caller, &query.0).await?))
}

/// A whistle: who was convened, who came, and what they committed to.
#[utoipa::path(tag = "whistles", params(("whistle_id" = Uuid, Path)), responses((status = 200, body = Whistle)))]
#[get("/v1/whistles/{whistle_id}")]
async fn read_whistle(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<impl Responder> {
    Ok(moved(acts::read(&app, &caller, *id).await?))
}

/// A post that is convened is there; also when it is late.
#[utoipa::path(tag = "whistles", params(("whistle_id" = Uuid, Path)), request_body = Plainly, responses(
    (status = 200, body = Whistle),
    (status = 403, description = "The caller is not convened"),
    (status = 409, description = "It reported in already, or the whistle is over"),
))]
#[post("/v1/whistles/{whistle_id}/report-ins")]
async fn report_in(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<Plainly>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        Ok(moved(acts::report_in(&app, &caller, tx, *id).await?))
    })
    .await
}

/// The convener writes down what was said, and who committed to what by when.
#[utoipa::path(tag = "whistles", params(("whistle_id" = Uuid, Path)), request_body = MinuteWhistle, responses(
    (status = 200, body = Whistle),
    (status = 403, description = "Somebody else convened"),
    (status = 409, description = "The whistle is over"),
))]
#[post("/v1/whistles/{whistle_id}/minutes")]
async fn minute_whistle(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<MinuteWhistle>,
) -> Result<impl Responder> {
    let check = async || {
        acts::read(&app, &caller, *id).await?;
        moderation::check(&app, caller.person, input.value.said()).await
    };
    app.once_after(caller.person, &once, &input.digest, check, async |tx, _| {
        Ok(moved(acts::minute(&app, &caller, tx, *id, &input.value).await?))
    })
    .await
}

/// The post that committed itself, or the convener, says whether a commitment was kept.
#[utoipa::path(tag = "whistles", params(CommitmentPath), request_body = SettleCommitment, responses(
    (status = 200, body = Whistle),
    (status = 403, description = "Somebody else committed to it, and somebody else convened"),
    (status = 409, description = "It was settled already"),
))]
#[post("/v1/whistles/{whistle_id}/commitments/{commitment_id}/settlements")]
async fn settle_commitment(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    path: web::Path<CommitmentPath>,
    input: Input<SettleCommitment>,
) -> Result<impl Responder> {
    let check = async || {
        acts::read(&app, &caller, path.whistle_id).await?;
        moderation::check(&app, caller.person, [input.value.words.as_str()]).await
    };
    app.once_after(caller.person, &once, &input.digest, check, async |tx, _| {
        Ok(moved(acts::settle(&app, &caller, tx, *path, &input.value).await?))
    })
    .await
}

/// The convener gives a commitment more time.
#[utoipa::path(tag = "whistles", params(CommitmentPath), request_body = ExtendCommitment, responses(
    (status = 200, body = Whistle),
    (status = 403, description = "Somebody else convened"),
    (status = 409, description = "It was settled already, or extended as often as may be"),
))]
#[post("/v1/whistles/{whistle_id}/commitments/{commitment_id}/extensions")]
async fn extend_commitment(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    path: web::Path<CommitmentPath>,
    input: Input<ExtendCommitment>,
) -> Result<impl Responder> {
    let check = async || {
        acts::read(&app, &caller, path.whistle_id).await?;
        moderation::check(&app, caller.person, [input.value.words.as_str()]).await
    };
    app.once_after(caller.person, &once, &input.digest, check, async |tx, _| {
        Ok(moved(acts::extend(&app, &caller, tx, *path, &input.value).await?))
    })
    .await
}

/// The convener says what came of it, once there are minutes and every commitment is settled.
#[utoipa::path(tag = "whistles", params(("whistle_id" = Uuid, Path)), request_body = CloseWhistle, responses(
    (status = 200, body = Whistle),
    (status = 403, description = "Somebody else convened"),
    (status = 409, description = "There are no minutes, commitments are pending, or it is over"),
))]
#[post("/v1/whistles/{whistle_id}/closings")]
async fn close_whistle(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<CloseWhistle>,
) -> Result<impl Responder> {
    let check = async || {
        acts::read(&app, &caller, *id).await?;
        moderation::check(&app, caller.person, [input.value.words.as_str()]).await
    };
    app.once_after(caller.person, &once, &input.digest, check, async |tx, _| {
        Ok(moved(acts::close(&app, &caller, tx, *id, &input.value).await?))
    })
    .await
}

/// The convener takes it back before anybody met.
#[utoipa::path(tag = "whistles", params(("whistle_id" = Uuid, Path)), request_body = CallOffWhistle, responses(
    (status = 200, body = Whistle),
    (status = 403, description = "Somebody else convened"),
    (status = 409, description = "There are minutes, or it is over"),
))]
#[post("/v1/whistles/{whistle_id}/cancellations")]
async fn call_off_whistle(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<CallOffWhistle>,
) -> Result<impl Responder> {
    let check = async || {
        acts::read(&app, &caller, *id).await?;
        moderation::check(&app, caller.person, [input.value.words.as_str()]).await
    };
    app.once_after(caller.person, &once, &input.digest, check, async |tx, _| {
        Ok(moved(acts::call_off(&app, &caller, tx, *id, &input.value).await?))
    })
    .await
}

fn blown(whistle: Whistle) -> Answer<Whistle> {
    let (location, version) = (format!("/v1/whistles/{}", whistle.id), whistle.version);
    Answer::created(whistle, location).version(version)
}

fn moved(whistle: Whistle) -> Answer<Whistle> {
    let version = whistle.version;
    Answer::ok(whistle).version(version)
}
