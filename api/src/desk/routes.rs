//! The desk over HTTP.

use actix_web::{HttpRequest, Responder, delete, get, post, put, web};
use uuid::Uuid;

use super::{
    acts,
    model::{
        AnswerIncidents, Answers, Draft, DraftPath, OnDuty, ReplyTemplate, ReplyTemplates, Rota, SaveView,
        SavedView, SavedViews, SetRota, TemplatePath, ViewPath, Workload, Workloads, WriteTemplate,
    },
};
use crate::{
    app::App,
    http::{
        answer::{Answer, Nothing},
        caller::Caller,
        input::{IfMatch, Input, Once, Query},
        paging::{List, Page},
        problem::{Language, Result},
        routing::ServiceConfig,
    },
    incidents::model::IncidentLine,
    moderation,
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(read_workload)
        .service(list_workloads)
        .service(read_rota)
        .service(set_rota)
        .service(read_duty)
        .service(list_views)
        .service(save_view)
        .service(read_view)
        .service(update_view)
        .service(delete_view)
        .service(list_view_incidents)
        .service(list_templates)
        .service(write_template)
        .service(read_template)
        .service(update_template)
        .service(delete_template)
        .service(list_template_versions)
        .service(read_draft)
        .service(answer_incidents);
}

/// How much the post at a place has to do: what is open, late, and due today.
#[utoipa::path(tag = "desk", params(("place_id" = Uuid, Path)), responses((status = 200, body = Workload)))]
#[get("/v1/places/{place_id}/desk")]
async fn read_workload(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::workload(&app, &caller, *place).await?))
}

/// How the work of the post at a place is spread: what each of its people was given, what nobody was, and what the posts
/// below it hold. For whoever holds the post; people are told by their ids alone.
#[utoipa::path(tag = "desk", params(("place_id" = Uuid, Path)), responses(
    (status = 200, body = Workloads),
    (status = 403, description = "Another post has this desk"),
))]
#[get("/v1/places/{place_id}/desk/workloads")]
async fn list_workloads(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::workloads(&app, &caller, *place).await?))
}

/// Who is on duty when at the post of a place; nobody until somebody says so.
#[utoipa::path(tag = "desk", params(("place_id" = Uuid, Path)), responses((status = 200, body = Rota)))]
#[get("/v1/places/{place_id}/desk/rota")]
async fn read_rota(app: web::Data<App>, caller: Caller, place: web::Path<Uuid>) -> Result<impl Responder> {
    let rota = acts::read_rota(&app, &caller, *place).await?;
    let version = rota.version;
    Ok(Answer::ok(rota).version(version))
}

/// Says who is on duty when: for whoever fills the post, or says who does. What is said takes the place of what was said
/// before.
#[utoipa::path(tag = "desk", params(("place_id" = Uuid, Path)), request_body = SetRota, responses(
    (status = 200, body = Rota),
    (status = 403, description = "Another post has this desk"),
))]
#[put("/v1/places/{place_id}/desk/rota")]
async fn set_rota(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    version: IfMatch,
    input: Input<SetRota>,
) -> Result<impl Responder> {
    let set =
        app.write(async |tx| acts::set_rota(&caller, tx, *place, version.0, &input.value).await).await?;
    let version = set.version;
    Ok(Answer::ok(set).version(version))
}

/// Who is on duty at the post of a place now: whom its rota names, or everybody who fills it where that is nobody.
#[utoipa::path(tag = "desk", params(("place_id" = Uuid, Path)), responses((status = 200, body = OnDuty)))]
#[get("/v1/places/{place_id}/desk/duty")]
async fn read_duty(app: web::Data<App>, caller: Caller, place: web::Path<Uuid>) -> Result<impl Responder> {
    Ok(Answer::ok(acts::on_duty_now(&app, &caller, *place).await?))
}

/// The views at a desk that the caller sees.
#[utoipa::path(tag = "desk", params(("place_id" = Uuid, Path)), responses((status = 200, body = SavedViews)))]
#[get("/v1/places/{place_id}/desk/views")]
async fn list_views(app: web::Data<App>, caller: Caller, place: web::Path<Uuid>) -> Result<impl Responder> {
    Ok(Answer::ok(acts::list_views(&app, &caller, *place).await?))
}

/// Keeps a filter under a name.
#[utoipa::path(tag = "desk", params(("place_id" = Uuid, Path)), request_body = SaveView, responses(
    (status = 201, body = SavedView),
    (status = 403, description = "Another post has this desk"),
    (status = 409, description = "There are too many already"),
))]
#[post("/v1/places/{place_id}/desk/views")]
async fn save_view(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    place: web::Path<Uuid>,
    input: Input<SaveView>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        acts::save_view(&app, &caller, tx, *place, &input.value).await
    })
    .await
}

/// A view.
#[utoipa::path(tag = "desk", params(ViewPath), responses((status = 200, body = SavedView)))]
#[get("/v1/places/{place_id}/desk/views/{view_id}")]
async fn read_view(app: web::Data<App>, caller: Caller, path: web::Path<ViewPath>) -> Result<impl Responder> {
    let view = acts::read_view(&app, &caller, path.place_id, path.view_id).await?;
    let version = view.version;
    Ok(Answer::ok(view).version(version))
}

/// Changes a view, or whom it is shared with.
#[utoipa::path(tag = "desk", params(ViewPath), request_body = SaveView, responses(
    (status = 200, body = SavedView),
    (status = 403, description = "Another post has this desk"),
    (status = 409, description = "There are too many already"),
))]
#[put("/v1/places/{place_id}/desk/views/{view_id}")]
async fn update_view(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<ViewPath>,
    version: IfMatch,
    input: Input<SaveView>,
) -> Result<impl Responder> {
    let view = (path.place_id, path.view_id);
    let changed = app
        .write(async |tx| acts::change_view(&app, &caller, tx, view, version.0, &input.value).await)
        .await?;
    let version = changed.version;
    Ok(Answer::ok(changed).version(version))
}

/// Deletes a view.
#[utoipa::path(tag = "desk", params(ViewPath), responses(
    (status = 204),
    (status = 403, description = "Another post has this desk"),
))]
#[delete("/v1/places/{place_id}/desk/views/{view_id}")]
async fn delete_view(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<ViewPath>,
    version: IfMatch,
) -> Result<impl Responder> {
    let view = (path.place_id, path.view_id);
    app.write(async |tx| acts::delete_view(&app, &caller, tx, view, version.0).await).await?;
    Ok(Nothing)
}

/// What a view shows the caller now.
#[utoipa::path(tag = "desk", params(ViewPath, Page), responses((status = 200, body = List<IncidentLine>)))]
#[get("/v1/places/{place_id}/desk/views/{view_id}/incidents")]
async fn list_view_incidents(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<ViewPath>,
    page: Query<Page>,
) -> Result<impl Responder> {
    let view = (path.place_id, path.view_id);
    Ok(Answer::ok(acts::view_incidents(&app, &caller, view, &page.0).await?))
}

/// The replies of a desk that are written once and sent often.
#[utoipa::path(tag = "desk", params(("place_id" = Uuid, Path)), responses((status = 200, body = ReplyTemplates)))]
#[get("/v1/places/{place_id}/desk/templates")]
async fn list_templates(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::list_templates(&app, &caller, *place).await?))
}

/// Writes a reply to send often.
#[utoipa::path(tag = "desk", params(("place_id" = Uuid, Path)), request_body = WriteTemplate, responses(
    (status = 201, body = ReplyTemplate),
    (status = 403, description = "Another post has this desk"),
    (status = 409, description = "There are too many already"),
))]
#[post("/v1/places/{place_id}/desk/templates")]
async fn write_template(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    place: web::Path<Uuid>,
    input: Input<WriteTemplate>,
) -> Result<impl Responder> {
    let check = async || {
        acts::list_templates(&app, &caller, *place).await?;
        moderation::check(&app, caller.person, input.value.said()).await
    };
    app.once_after(caller.person, &once, &input.digest, check, async |tx, _| {
        acts::write_template(&app, &caller, tx, *place, &input.value).await
    })
    .await
}

/// A template, in the version that is in use.
#[utoipa::path(tag = "desk", params(TemplatePath), responses((status = 200, body = ReplyTemplate)))]
#[get("/v1/places/{place_id}/desk/templates/{template_id}")]
async fn read_template(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<TemplatePath>,
) -> Result<impl Responder> {
    let template = acts::read_template(&app, &caller, path.place_id, path.template_id).await?;
    let version = template.version;
    Ok(Answer::ok(template).version(version))
}

/// Puts another version in a template's place; what was sent before stays as it was.
#[utoipa::path(tag = "desk", params(TemplatePath), request_body = WriteTemplate, responses(
    (status = 200, body = ReplyTemplate),
    (status = 403, description = "Another post has this desk"),
))]
#[put("/v1/places/{place_id}/desk/templates/{template_id}")]
async fn update_template(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<TemplatePath>,
    version: IfMatch,
    input: Input<WriteTemplate>,
) -> Result<impl Responder> {
    let template = (path.place_id, path.template_id);
    acts::read_template(&app, &caller, template.0, template.1).await?;
    moderation::check(&app, caller.person, input.value.said()).await?;
    let rewritten = app
        .write(async |tx| acts::rewrite_template(&app, &caller, tx, template, version.0, &input.value).await)
        .await?;
    let version = rewritten.version;
    Ok(Answer::ok(rewritten).version(version))
}

/// Takes a template out of use.
#[utoipa::path(tag = "desk", params(TemplatePath), responses(
    (status = 204),
    (status = 403, description = "Another post has this desk"),
))]
#[delete("/v1/places/{place_id}/desk/templates/{template_id}")]
async fn delete_template(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<TemplatePath>,
    version: IfMatch,
) -> Result<impl Responder> {
    let template = (path.place_id, path.template_id);
    app.write(async |tx| acts::withdraw_template(&app, &caller, tx, template, version.0).await).await?;
    Ok(Nothing)
}

/// What a template said, the newest hundred versions, the newest first.
#[utoipa::path(tag = "desk", params(TemplatePath), responses((status = 200, body = ReplyTemplates)))]
#[get("/v1/places/{place_id}/desk/templates/{template_id}/versions")]
async fn list_template_versions(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<TemplatePath>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::template_versions(&app, &caller, path.place_id, path.template_id).await?))
}

/// A template of the caller's desk with its blanks filled in for an incident that is held there.
#[utoipa::path(tag = "desk", params(DraftPath), responses(
    (status = 200, body = Draft),
    (status = 403, description = "Another post holds the incident"),
    (status = 409, description = "The template is for another category"),
))]
#[get("/v1/incidents/{incident_id}/drafts/{template_id}")]
async fn read_draft(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<DraftPath>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::draft(&app, &caller, path.incident_id, path.template_id).await?))
}

/// One answer to many incidents that the post holds: each is a write of its own, and one that is refused keeps none of
/// the others from it.
#[utoipa::path(tag = "desk", params(("place_id" = Uuid, Path)), request_body = AnswerIncidents, responses(
    (status = 200, body = Answers),
    (status = 403, description = "Another post has this desk"),
))]
#[post("/v1/places/{place_id}/desk/answers")]
async fn answer_incidents(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    place: web::Path<Uuid>,
    input: Input<AnswerIncidents>,
    request: HttpRequest,
) -> Result<impl Responder> {
    let language = Language::of(&request);
    app.once_after(
        caller.person,
        &once,
        &input.digest,
        async || Box::pin(acts::answer(&app, &caller, *place, (&once, &input, language))).await,
        async |_, answers| Ok(Answer::ok(answers)),
    )
    .await
}
