//! Programmes over HTTP.

use actix_web::{Responder, get, post, web};
use uuid::Uuid;

use super::{
    acts,
    model::{
        BeginProgramme, BindPoll, Deed, DoDeed, LoadTemplate, ModulePath, Pause, Programme, ProgrammeLine,
        Reason, Template, TimelineLine,
    },
};
use crate::{
    app::App,
    http::{
        answer::Answer,
        caller::Caller,
        input::{Input, Once, Query},
        paging::{List, Page},
        problem::Result,
        routing::ServiceConfig,
    },
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_programme_templates)
        .service(load_programme_template)
        .service(list_own_programme_templates)
        .service(begin_programme)
        .service(list_programmes)
        .service(read_programme)
        .service(do_deed)
        .service(list_deeds)
        .service(bind_poll)
        .service(pause_programme)
        .service(resume_programme)
        .service(call_off_programme)
        .service(list_timeline);
}

/// The templates that come with the service.
#[utoipa::path(tag = "programmes", responses((status = 200, body = List<Template>)))]
#[get("/v1/programme-templates")]
async fn list_programme_templates() -> Result<impl Responder> {
    Ok(Answer::ok(acts::templates()))
}

/// Takes a template that the complex composed for itself, if nothing is wrong with it; each fault is told with its line.
#[utoipa::path(tag = "programmes", params(("place_id" = Uuid, Path)), request_body = LoadTemplate, responses(
    (status = 201, body = Template),
    (status = 403, description = "Others compose what runs there"),
    (status = 409, description = "That version of it is there already, or a newer one"),
))]
#[post("/v1/places/{place_id}/programme-templates")]
async fn load_programme_template(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    once: Once,
    input: Input<LoadTemplate>,
) -> Result<impl Responder> {
    let check = async || acts::check_composed(&app, &caller, *place, &input.value.text).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, ()| {
        let template = acts::load(&caller, tx, *place, &input.value).await?;
        Ok(Answer::created(template, format!("/v1/places/{place}/programme-templates")))
    })
    .await
}

/// The templates that a complex composed for itself, each version, the last loaded first.
#[utoipa::path(tag = "programmes", params(("place_id" = Uuid, Path), Page),
    responses((status = 200, body = List<Template>)))]
#[get("/v1/places/{place_id}/programme-templates")]
async fn list_own_programme_templates(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::own_templates(&app, &caller, *place, &page.0).await?))
}

/// Begins a programme at a place, by the rules that hold there now.
#[utoipa::path(tag = "programmes", params(("place_id" = Uuid, Path)), request_body = BeginProgramme, responses(
    (status = 201, body = Programme),
    (status = 403, description = "It is not for the caller to begin this one"),
    (status = 409, description = "Such a programme runs there already, or the member whom it names does not sit"),
))]
#[post("/v1/places/{place_id}/programmes")]
async fn begin_programme(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    once: Once,
    input: Input<BeginProgramme>,
) -> Result<impl Responder> {
    let check = async || acts::check_begun(&app, &caller, *place, &input.value.purpose).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, ()| {
        let programme = acts::begin(&app, &caller, tx, *place, &input.value).await?;
        let (location, version) = (format!("/v1/programmes/{}", programme.id), programme.version);
        Ok(Answer::created(programme, location).version(version))
    })
    .await
}

/// The programmes of a place, the newest first.
#[utoipa::path(tag = "programmes", params(("place_id" = Uuid, Path), Page),
    responses((status = 200, body = List<ProgrammeLine>)))]
#[get("/v1/places/{place_id}/programmes")]
async fn list_programmes(
    app: web::Data<App>,
    caller: Caller,
    place: web::Path<Uuid>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::list(&app, &caller, *place, &page.0).await?))
}

/// A programme: where it stands, what holds it, what comes next and when at the latest, and who must act.
#[utoipa::path(tag = "programmes", params(("programme_id" = Uuid, Path)),
    responses((status = 200, body = Programme)))]
#[get("/v1/programmes/{programme_id}")]
async fn read_programme(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<impl Responder> {
    Ok(changed(acts::read(&app, &caller, *id).await?))
}

/// Does something in a module: signs, comes, shows, accepts, says, or closes what people hold open. Whoever supervises the
/// programme notes what is seen in any of them while the programme runs, and whoever convenes it answers that once.
#[utoipa::path(tag = "programmes", params(ModulePath), request_body = DoDeed, responses(
    (status = 201, body = Deed),
    (status = 403, description = "Somebody else is asked to do this"),
    (status = 409, description = "The module does not run, this was done or answered already, or whom it is about was not heard"),
))]
#[post("/v1/programmes/{programme_id}/modules/{module}/deeds")]
async fn do_deed(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<ModulePath>,
    once: Once,
    input: Input<DoDeed>,
) -> Result<impl Responder> {
    let said = acts::said(&input.value).join("\n");
    let check = async || acts::check_said(&app, &caller, path.programme_id, &said).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, ()| {
        let deed = acts::act(&app, &caller, tx, &path, &input.value).await?;
        let location = format!("/v1/programmes/{}/modules/{}/deeds", path.programme_id, path.module);
        Ok(Answer::created(deed, location))
    })
    .await
}

/// What was done in a module, in order. Who signed is not told.
#[utoipa::path(tag = "programmes", params(ModulePath, Page), responses((status = 200, body = List<Deed>)))]
#[get("/v1/programmes/{programme_id}/modules/{module}/deeds")]
async fn list_deeds(
    app: web::Data<App>,
    caller: Caller,
    path: web::Path<ModulePath>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::deeds(&app, &caller, &path, &page.0).await?))
}

/// Makes a draft the poll of a vote in the programme.
#[utoipa::path(tag = "programmes", params(("programme_id" = Uuid, Path)), request_body = BindPoll, responses(
    (status = 200, body = Programme),
    (status = 403, description = "Somebody else convenes the programme"),
    (status = 409, description = "The poll or the vote does not fit"),
))]
#[post("/v1/programmes/{programme_id}/polls")]
async fn bind_poll(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<BindPoll>,
) -> Result<impl Responder> {
    app.once(caller.person, &once, &input.digest, async |tx| {
        Ok(changed(acts::bind(&caller, tx, *id, &input.value).await?))
    })
    .await
}

/// Lets all its clocks stand still, for a reason and a time that everybody reads. While owners vote no ballot is taken either,
/// and voting ends later by just the time that is lost.
#[utoipa::path(tag = "programmes", params(("programme_id" = Uuid, Path)), request_body = Pause, responses(
    (status = 200, body = Programme),
    (status = 403, description = "The caller may see it, and not stop it"),
    (status = 409, description = "It is over, or stands still already"),
))]
#[post("/v1/programmes/{programme_id}/pauses")]
async fn pause_programme(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<Pause>,
) -> Result<impl Responder> {
    let check = async || acts::check_said(&app, &caller, *id, &input.value.words).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, ()| {
        Ok(changed(acts::pause(&caller, tx, *id, &input.value).await?))
    })
    .await
}

/// Lets them go on.
#[utoipa::path(tag = "programmes", params(("programme_id" = Uuid, Path)), request_body = Reason, responses(
    (status = 200, body = Programme),
    (status = 403, description = "The caller may see it, and not let it go on"),
    (status = 409, description = "It is over, or does not stand still"),
))]
#[post("/v1/programmes/{programme_id}/resumptions")]
async fn resume_programme(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<Reason>,
) -> Result<impl Responder> {
    let check = async || acts::check_said(&app, &caller, *id, &input.value.words).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, ()| {
        Ok(changed(acts::resume(&caller, tx, *id, &input.value).await?))
    })
    .await
}

/// Whoever convenes it calls it off; not while owners vote.
#[utoipa::path(tag = "programmes", params(("programme_id" = Uuid, Path)), request_body = Reason, responses(
    (status = 200, body = Programme),
    (status = 403, description = "Somebody else convenes it"),
    (status = 409, description = "It is over, or owners are voting"),
))]
#[post("/v1/programmes/{programme_id}/cancellations")]
async fn call_off_programme(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    once: Once,
    input: Input<Reason>,
) -> Result<impl Responder> {
    let check = async || acts::check_said(&app, &caller, *id, &input.value.words).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, ()| {
        Ok(changed(acts::call_off(&caller, tx, *id, &input.value).await?))
    })
    .await
}

/// What happened in a programme and in its polls, in plain words, each with the line of the record that says so.
#[utoipa::path(tag = "programmes", params(("programme_id" = Uuid, Path), Page),
    responses((status = 200, body = List<TimelineLine>)))]
#[get("/v1/programmes/{programme_id}/timeline")]
async fn list_timeline(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::timeline(&app, &caller, *id, &page.0).await?))
}

fn changed(programme: Programme) -> Answer<Programme> {
    let version = programme.version;
    Answer::ok(programme).version(version)
}
