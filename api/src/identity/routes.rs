//! Identity over HTTP.

use actix_web::{HttpResponse, Responder, delete, get, http::StatusCode, post, put, web};
use uuid::Uuid;

use super::{
    acts,
    model::{
        Claim, ClaimFilter, ClaimRefusal, CodeCheck, Confirmation, DoorCode, Home, Me, NewClaim, NewDoorCode,
        NewRole, PhoneCode, RoleGrant, Withdrawal,
    },
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
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(read_me)
        .service(save_phone)
        .service(read_home)
        .service(claim_home)
        .service(list_claims)
        .service(read_claim)
        .service(confirm_claim)
        .service(refuse_claim)
        .service(withdraw_claim)
        .service(issue_door_code)
        .service(use_door_code)
        .service(grant_role)
        .service(list_roles)
        .service(read_role)
        .service(revoke_role);
}

/// The caller, and what they may be where.
#[utoipa::path(tag = "identity", responses((status = 200, body = Me)))]
#[get("/v1/me")]
async fn read_me(app: web::Data<App>, caller: Caller) -> Result<impl Responder> {
    Ok(Answer::ok(acts::me(&app, &caller).await?))
}

/// Keeps the phone that WeChat tells for a code of its phone button.
#[utoipa::path(tag = "identity", request_body = PhoneCode, responses(
    (status = 200, body = Me),
    (status = 409, description = "The caller did not sign in with WeChat"),
))]
#[put("/v1/me/phone")]
async fn save_phone(app: web::Data<App>, caller: Caller, input: Input<PhoneCode>) -> Result<impl Responder> {
    Ok(Answer::ok(acts::save_phone(&app, &caller, &input.value.code).await?))
}

/// Everything that the first screen shows.
#[utoipa::path(tag = "identity", responses((status = 200, body = Home)))]
#[get("/v1/home")]
async fn read_home(app: web::Data<App>, caller: Caller) -> Result<impl Responder> {
    Ok(Answer::ok(acts::home(&app, &caller).await?))
}

/// Claims a home as its owner, family or tenant.
#[utoipa::path(tag = "identity", request_body = NewClaim, responses(
    (status = 201, body = Claim),
    (status = 404, description = "There is no such home"),
    (status = 409, description = "The same claim waits or holds already, or too many wait"),
))]
#[post("/v1/claims")]
async fn claim_home(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    input: Input<NewClaim>,
) -> Result<HttpResponse> {
    let Input { value, digest } = input;
    app.once(caller.person, &once, &digest, async |tx| acts::claim(&app, &caller, tx, value).await).await
}

/// The caller's claims, or those of a complex that wait for a verifier.
#[utoipa::path(tag = "identity", params(ClaimFilter, Page), responses((status = 200, body = List<Claim>)))]
#[get("/v1/claims")]
async fn list_claims(
    app: web::Data<App>,
    caller: Caller,
    filter: Query<ClaimFilter>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::list(&app, &caller, &filter.0, &page.0).await?))
}

/// A claim: its state to the claimant; both sides, masked, to a verifier.
#[utoipa::path(tag = "identity", params(("claim_id" = Uuid, Path)), responses((status = 200, body = Claim)))]
#[get("/v1/claims/{claim_id}")]
async fn read_claim(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<impl Responder> {
    let (claim, version) = acts::read(&app, &caller, *id).await?;
    Ok(Answer::ok(claim).version(version))
}

/// Confirms a claim; for an owner, as one of the roll's.
#[utoipa::path(tag = "identity", params(("claim_id" = Uuid, Path)), request_body = Confirmation, responses(
    (status = 200, body = Claim),
    (status = 403, description = "The caller may see the claim but not decide it"),
    (status = 409, description = "The claim is decided already"),
))]
#[post("/v1/claims/{claim_id}/confirmations")]
async fn confirm_claim(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<Confirmation>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        acts::confirm(&app, &caller, tx, *id, &input.value).await
    })
    .await
}

/// Refuses a claim, with a reason that the claimant sees.
#[utoipa::path(tag = "identity", params(("claim_id" = Uuid, Path)), request_body = ClaimRefusal, responses(
    (status = 200, body = Claim),
    (status = 403, description = "The caller may see the claim but not decide it"),
    (status = 409, description = "The claim is decided already"),
))]
#[post("/v1/claims/{claim_id}/refusals")]
async fn refuse_claim(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<ClaimRefusal>,
) -> Result<HttpResponse> {
    let Input { value, digest } = input;
    app.once(caller.person, &once, &digest, async |tx| acts::refuse(&caller, tx, *id, value.reason).await)
        .await
}

/// Takes back a claim of the caller's that still waits.
#[utoipa::path(tag = "identity", params(("claim_id" = Uuid, Path)), request_body = Withdrawal, responses(
    (status = 200, body = Claim),
    (status = 409, description = "The claim is decided already"),
))]
#[post("/v1/claims/{claim_id}/withdrawals")]
async fn withdraw_claim(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<Withdrawal>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| acts::withdraw(&caller, tx, *id).await).await
}

/// Issues a one-time code to be delivered to a home's door; the only time that it is told.
#[utoipa::path(tag = "identity", params(("place_id" = Uuid, Path)), request_body = NewDoorCode,
    responses((status = 201, body = DoorCode)))]
#[post("/v1/places/{place_id}/door-codes")]
async fn issue_door_code(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<NewDoorCode>,
) -> Result<HttpResponse> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        let code = acts::issue_code(&app, &caller, tx, *id).await?;
        Ok(Answer { status: StatusCode::CREATED, ..Answer::ok(code) })
    })
    .await
}

/// Checks the code from the door against a claim of the caller's. Needs no key: asking again changes nothing, but a
/// wrong code counts each time, and after five the code is dead.
#[utoipa::path(tag = "identity", params(("claim_id" = Uuid, Path)), request_body = CodeCheck, responses(
    (status = 200, body = Claim),
    (status = 409, description = "No code is valid, or it is dead, or the claim is decided already"),
))]
#[post("/v1/claims/{claim_id}/code-checks")]
async fn use_door_code(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    input: Input<CodeCheck>,
) -> Result<impl Responder> {
    let (claim, version) = acts::check_code(&app, &caller, *id, &input.value.code).await?;
    Ok(Answer::ok(claim).version(version))
}

/// Grants a role at a place, for a time.
#[utoipa::path(tag = "identity", params(("place_id" = Uuid, Path)), request_body = NewRole, responses(
    (status = 201, body = RoleGrant),
    (status = 403, description = "The role is above the caller's own level"),
    (status = 409, description = "The person has this role here already"),
))]
#[post("/v1/places/{place_id}/roles")]
async fn grant_role(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<NewRole>,
) -> Result<HttpResponse> {
    let Input { value, digest } = input;
    app.once(caller.person, &once, &digest, async |tx| acts::grant(&app, &caller, tx, *id, value).await).await
}

/// The roles held at a place.
#[utoipa::path(tag = "identity", params(("place_id" = Uuid, Path), Page), responses((status = 200, body = List<RoleGrant>)))]
#[get("/v1/places/{place_id}/roles")]
async fn list_roles(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::list_at(&app, &caller, *id, &page.0).await?))
}

/// A role that stands: to its holder, and to whoever may take it back.
#[utoipa::path(tag = "identity", params(("role_id" = Uuid, Path)), responses((status = 200, body = RoleGrant)))]
#[get("/v1/roles/{role_id}")]
async fn read_role(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<impl Responder> {
    let (role, version) = acts::read_grant(&app, &caller, *id).await?;
    Ok(Answer::ok(role).version(version))
}

/// Takes a role back, from the next request on.
#[utoipa::path(tag = "identity", params(("role_id" = Uuid, Path)), responses((status = 204)))]
#[delete("/v1/roles/{role_id}")]
async fn revoke_role(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    version: IfMatch,
) -> Result<impl Responder> {
    acts::revoke(&app, &caller, *id, version.0).await?;
    Ok(Nothing)
}
