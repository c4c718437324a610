//! Clusters over HTTP.

use actix_web::{Responder, get, post, web};
use uuid::Uuid;

use super::{
    acts,
    model::{Cluster, FindMatches, Matches, Member, MergeIncidents, SplitIncident},
};
use crate::{
    app::App,
    http::{
        answer::Answer,
        caller::Caller,
        input::{Input, Once, Query},
        paging::{List, Page},
        problem::{NOT_FOUND, Result},
        routing::ServiceConfig,
    },
    incidents,
    moderation::{self, Verdict},
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(find_matches)
        .service(merge_incidents)
        .service(read_cluster)
        .service(list_members)
        .service(split_incident);
}

/// What a report made here may be one trouble with: what neighbours reported, how far it is, and how many households
/// have it. Changes nothing.
#[utoipa::path(tag = "clusters", request_body = FindMatches, responses(
    (status = 200, body = Matches),
    (status = 404, description = "There is no such place, or the caller has nothing to report there"),
))]
#[post("/v1/matches")]
async fn find_matches(
    app: web::Data<App>,
    caller: Caller,
    input: Input<FindMatches>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::find(&app, &caller, &input.value).await?))
}

/// Who handles them says that incidents are one trouble: one leads, the clocks of the others stand still.
#[utoipa::path(tag = "clusters", request_body = MergeIncidents, responses(
    (status = 201, body = Cluster),
    (status = 403, description = "Somebody above the caller holds one of them"),
    (status = 404, description = "There is no such incident, or it is not the caller's to see"),
    (status = 409, description = "They are not of one category and complex, or one of them is not being worked on"),
))]
#[post("/v1/clusters")]
async fn merge_incidents(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    input: Input<MergeIncidents>,
) -> Result<impl Responder> {
    let check = async || {
        let first = input.value.incident_ids.first().copied().unwrap_or_default();
        said_by_a_reader(&app, &caller, first, &input.value.words).await
    };
    app.once_after(caller.person, &once, &input.digest, check, async |tx, verdict| {
        let cluster = acts::merge(&app, &caller, tx, &input.value, verdict.as_ref()).await?;
        let (location, version) = (format!("/v1/clusters/{}", cluster.id), cluster.version);
        Ok(Answer::created(cluster, location).version(version))
    })
    .await
}

/// A cluster: how far it is, and how many households have it. For those whose incidents are in it and those who handle
/// it.
#[utoipa::path(tag = "clusters", params(("cluster_id" = Uuid, Path)), responses((status = 200, body = Cluster)))]
#[get("/v1/clusters/{cluster_id}")]
async fn read_cluster(app: web::Data<App>, caller: Caller, id: web::Path<Uuid>) -> Result<impl Responder> {
    let cluster = acts::read(&app, &caller, *id).await?;
    let version = cluster.version;
    Ok(Answer::ok(cluster).version(version))
}

/// The incidents of a cluster that the caller handles, without who reported them; the oldest first.
#[utoipa::path(tag = "clusters", params(("cluster_id" = Uuid, Path), Page), responses(
    (status = 200, body = List<Member>),
    (status = 403, description = "Only those who handle it may list them"),
))]
#[get("/v1/clusters/{cluster_id}/members")]
async fn list_members(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<Uuid>,
    page: Query<Page>,
) -> Result<impl Responder> {
    Ok(Answer::ok(acts::members(&app, &caller, *id, &page.0).await?))
}

/// An incident of the cluster is another trouble, as its reporter says or who handles it: it is on its own again, with
/// the holder and the time left that it had.
#[utoipa::path(tag = "clusters", params(("cluster_id" = Uuid, Path)), request_body = SplitIncident, responses(
    (status = 200, body = Cluster),
    (status = 403, description = "Only who handles it, or its reporter, may say so"),
    (status = 409, description = "It is not in the cluster, or that is closed"),
))]
#[post("/v1/clusters/{cluster_id}/splits")]
async fn split_incident(
    app: web::Data<App>,
    caller: Caller,
    once: Once,
    id: web::Path<Uuid>,
    input: Input<SplitIncident>,
) -> Result<impl Responder> {
    let check = async || said_by_a_reader(&app, &caller, input.value.incident_id, &input.value.words).await;
    app.once_after(caller.person, &once, &input.digest, check, async |tx, verdict| {
        let cluster = acts::split(&app, &caller, tx, *id, &input.value, verdict.as_ref()).await?;
        let version = cluster.version;
        Ok(Answer::ok(cluster).version(version))
    })
    .await
}

/// What is found of words about an incident, where the caller may read it at all.
async fn said_by_a_reader(
    app: &App,
    caller: &Caller,
    incident: Uuid,
    words: &str,
) -> Result<Option<Verdict>> {
    if incidents::acts::may_read(app, caller, incident).await? {
        moderation::check(app, caller.person, [words]).await
    } else {
        Err(NOT_FOUND.plain())
    }
}
