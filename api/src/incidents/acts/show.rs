//! An incident as somebody may see it.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use rules::{incidents as law, moderation::Beholder};
use uuid::Uuid;

use super::{
    super::{
        ladder,
        model::{
            Holding, Incident, NamedPlace, Pause, Photo, Post, Proposal, Purpose, Reporter, Step, Tenure,
            Then,
        },
        rows, store,
    },
    face::{readable_by, readable_in},
    hand::{INTERNAL_NOTE, REPORTER, WORDS, main_clock},
    posts::staffed,
    report::DESCRIPTION,
};
use crate::{
    access::{Level, Lineage, Viewer},
    app::App,
    clock::local,
    database::Conn,
    http::problem::{NOT_FOUND, Problem, Result},
    moderation, outages, places,
    policies::acts as policies,
};

/// An incident, for its reporter and the holders of its ladder.
pub async fn read(app: &App, viewer: &Viewer, id: Uuid) -> Result<Incident> {
    let row = readable_row(app, viewer, id).await?;
    show(app, viewer, app.db.read(), row, app.clock.now()).await
}

/// The row of an incident that the viewer may see; to anybody else it does not exist.
pub(super) async fn readable_row(app: &App, viewer: &Viewer, id: Uuid) -> Result<::entity::incident::Model> {
    let row = store::find(app.db.read(), id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    let place = places::lineage(app.db.read(), row.place_id).await?;
    require_reader(viewer, &row, &place)?;
    Ok(row)
}

/// Whether the viewer may see an incident.
pub(crate) async fn may_read(app: &App, viewer: &Viewer, id: Uuid) -> Result<bool> {
    Ok(!readable(app, viewer, HashSet::from([id])).await?.is_empty())
}

/// What the viewer is to an incident whose photos they want to see; none where they may not see the incident.
pub(crate) async fn beholder(db: &impl Conn, viewer: &Viewer, id: Uuid) -> Result<Option<Beholder>> {
    let Some(row) = store::find(db, id).await? else { return Ok(None) };
    let place = places::lineage(db, row.place_id).await?;
    if require_reader(viewer, &row, &place).is_err() {
        return Ok(None);
    }
    let reports = row.reporter_id == viewer.person;
    Ok(Some(if reports { Beholder::Reporter } else { Beholder::Ladder }))
}

/// Those of some incidents that the viewer may see.
pub(crate) async fn readable(app: &App, viewer: &Viewer, ids: HashSet<Uuid>) -> Result<HashSet<Uuid>> {
    readable_in(app.db.read(), viewer, ids).await
}

/// Those of some incidents of which the viewer reads also what those who handle them say among themselves.
pub(crate) async fn readable_inside(app: &App, viewer: &Viewer, ids: HashSet<Uuid>) -> Result<HashSet<Uuid>> {
    readable_by(app.db.read(), ids, |place, one, held| {
        ladder::reads_inside(viewer, place, one.reporter_id, held.lowest)
    })
    .await
}

/// To whoever may not read it an incident does not exist.
pub(super) fn require_reader(
    viewer: &Viewer,
    row: &::entity::incident::Model,
    place: &Lineage,
) -> Result<()> {
    let held = ladder::Held { lowest: rows::level(&row.lowest_level)?, last: rows::level(&row.level)? };
    if ladder::may_read(viewer, place, row.reporter_id, held) { Ok(()) } else { Err(NOT_FOUND.plain()) }
}

/// Names of places as they are needed.
pub(crate) struct Names(HashMap<Uuid, (String, String)>);

impl Names {
    pub(crate) async fn of(db: &impl Conn, ids: impl IntoIterator<Item = Uuid>) -> Result<Self> {
        Ok(Self(store::names(db, ids).await?))
    }

    pub(crate) fn place(&self, id: Uuid) -> Result<NamedPlace> {
        let (level, name) =
            self.0.get(&id).ok_or_else(|| Problem::internal("an incident's place is gone"))?;
        let level = Level::parse(level).ok_or_else(|| Problem::internal("a place has no level"))?;
        Ok(NamedPlace { id, level, name: name.clone() })
    }
}

/// An incident as this viewer may see it.
pub(super) async fn show(
    app: &App,
    viewer: &Viewer,
    db: &impl Conn,
    row: ::entity::incident::Model,
    now: DateTime<Utc>,
) -> Result<Incident> {
    // Boxed, so that an act that ends with it is not as large as it.
    Box::pin(shown(app, viewer, db, row, now)).await
}

async fn shown(
    app: &App,
    viewer: &Viewer,
    db: &impl Conn,
    row: ::entity::incident::Model,
    now: DateTime<Utc>,
) -> Result<Incident> {
    let place = places::lineage(db, row.place_id).await?;
    let tenures = store::tenures(db, &row).await?;
    let names = Names::of(db, place.chain.iter().flatten().copied().chain([place.id])).await?;
    let lowest = rows::level(&row.lowest_level)?;
    let is_internal = ladder::reads_inside(viewer, &place, row.reporter_id, lowest);
    let earlier = tenures.len().saturating_sub(usize::from(store::SHOWN));
    // The one that its row names: it may have passed on since the row was read.
    let last = tenures.iter().find(|tenure| tenure.seq == row.tenure_seq);
    let last = last.ok_or_else(|| Problem::internal("an incident has no tenure"))?;
    let incident = rows::incident(&row, last)?;
    let holder = match incident.tenure.due() {
        None => None,
        Some(due) => {
            let staffed = staffed(db, &place, row.household_id, now).await?;
            let policy = policies::held(db, &row.policy).await?;
            Some(Holding {
                level: wire(incident.tenure.level)?,
                place: names.place(last.place_id)?,
                role: role(&last.role)?,
                since: local(last.entered_at),
                acknowledged_at: last.acknowledged_at.map(local),
                due_at: local(due.at),
                due_kind: due.kind,
                pause: pause_of(db, &row, &incident, now).await?,
                appointment: incident.appointment(now).map(Into::into),
                assignee_id: row.assignee_id.filter(|_| is_internal),
                proposal: incident.open_proposal(now).map(show_proposal).transpose()?,
                then: then(&names, &place, incident.tenure.level, due.kind, &staffed, &policy)?,
            })
        }
    };
    let steps = store::steps(db, &row, (!is_internal).then_some(INTERNAL_NOTE)).await?;
    let held = moderation::held_steps(db, row.complex_id, row.id).await?;
    let step = |step: ::entity::incident_step::Model| {
        let held = held.contains(&step.ordinal);
        let is_kept_back = held && !is_internal && step.actor_role != REPORTER;
        let words = step.words_cipher.filter(|_| !is_kept_back);
        let words = words.map(|words| app.vault.text(WORDS, &words)).transpose();
        Ok::<_, Problem>(Step {
            act: step.act,
            actor: step.actor_role,
            words: words.map_err(Problem::internal)?,
            held,
            at: local(step.at),
        })
    };
    let photos = store::photos(db, &row).await?;
    let uploads: Vec<Uuid> = photos.iter().map(|photo| photo.upload_id).collect();
    let held = moderation::held_photos(db, &uploads).await?;
    let photo = |photo: ::entity::incident_photo::Model| {
        let unknown = || Problem::internal("a photo of an unknown purpose");
        Ok::<_, Problem>(Photo {
            id: photo.upload_id,
            purpose: Purpose::from_code(&photo.purpose).ok_or_else(unknown)?,
            held: held.contains(&photo.upload_id),
        })
    };
    Ok(Incident {
        id: row.id,
        place: names.place(row.place_id)?,
        reporter: if row.reporter_id == viewer.person { Reporter::You } else { Reporter::Resident },
        severity: severity(&row)?,
        origin: origin(&row)?,
        outage: match row.outage_id {
            Some(id) => outages::notice(app, db, id).await?,
            None => None,
        },
        description: app.vault.text(DESCRIPTION, &row.description_cipher).map_err(Problem::internal)?,
        status: incident.status,
        holder,
        rework: incident.rework,
        climbs: incident.climbs,
        urges: incident.urges,
        objections: incident.objections,
        misrouted: incident.misrouted,
        resolved: incident.answer.map(|answer| answer.resolved),
        satisfaction: incident.answer.and_then(|answer| answer.opinion.satisfaction),
        because: incident.answer.and_then(|answer| answer.opinion.because),
        elsewhere: incident.elsewhere,
        not_taken: incident.not_taken,
        forced_by: forced_by(&row, &names)?,
        recurrence_of: row.recurrence_of,
        reported_at: local(row.reported_at),
        closed_at: row.closed_at.map(local),
        reopen_until: incident.reopen_until().filter(|until| now < *until).map(local),
        appeal_until: incident.appeal_until().filter(|until| now < *until).map(local),
        steps: steps.into_iter().map(step).collect::<Result<_>>()?,
        cluster_id: row.cluster_id,
        photos: photos.into_iter().map(photo).collect::<Result<_>>()?,
        version: row.version,
        category: row.category,
        tenures: tenures
            .iter()
            .skip(earlier)
            .map(|tenure| show_tenure(&names, tenure))
            .collect::<Result<_>>()?,
    })
}

fn show_proposal(proposal: law::Proposal) -> Result<Proposal> {
    Ok(Proposal { kind: proposal.kind, to_level: wire(proposal.to)?, until: local(proposal.until) })
}

/// The post that closed it against its holder.
fn forced_by(row: &::entity::incident::Model, names: &Names) -> Result<Option<Post>> {
    let closer = row.closer_place_id.zip(row.closer_role.as_deref());
    closer.map(|(place, of)| Ok(Post { place: names.place(place)?, role: role(of)? })).transpose()
}

/// The pause in which the clock stands still.
async fn pause_of(
    db: &impl Conn,
    row: &::entity::incident::Model,
    incident: &law::Incident,
    now: DateTime<Utc>,
) -> Result<Option<Pause>> {
    use law::Status::{NeedInfo, Submitted, Waiting};
    if !matches!(incident.status, Waiting | NeedInfo | Submitted) {
        return Ok(None);
    }
    let clock = main_clock(db, row, incident).await?;
    Ok(clock.as_ref().and_then(|clock| clock.paused(now)).map(Into::into))
}

pub(crate) fn severity(row: &::entity::incident::Model) -> Result<law::Severity> {
    law::Severity::from_code(&row.severity).ok_or_else(|| Problem::internal("an incident has no severity"))
}

pub(in crate::incidents) fn origin(row: &::entity::incident::Model) -> Result<law::Origin> {
    law::Origin::from_code(&row.origin).ok_or_else(|| Problem::internal("an incident has no origin"))
}

pub(crate) fn role(code: &str) -> Result<law::Holder> {
    law::Holder::from_code(code).ok_or_else(|| Problem::internal("no such holder"))
}

fn show_tenure(names: &Names, row: &::entity::tenure::Model) -> Result<Tenure> {
    let tenure = rows::tenure(row)?;
    Ok(Tenure {
        seq: tenure.seq,
        level: wire(tenure.level)?,
        place: names.place(row.place_id)?,
        role: role(&row.role)?,
        entered_at: local(tenure.entered_at),
        entered_by: tenure.entered_by,
        acknowledged_at: tenure.acknowledged_at.map(local),
        handled_at: tenure.handled_at.map(local),
        shouts: tenure.shouts,
        exited_at: tenure.exit().map(|exit| local(exit.at)),
        exit: tenure.exit().map(|exit| exit.how),
    })
}

/// What happens by itself when the clock runs out.
pub(in crate::incidents) fn then(
    names: &Names,
    place: &Lineage,
    level: law::Level,
    due: law::DueKind,
    staffed: &BTreeSet<law::Level>,
    policy: &law::Policy,
) -> Result<Then> {
    match due {
        law::DueKind::Confirm => return Ok(Then::Settles),
        law::DueKind::Resume | law::DueKind::Reply => return Ok(Then::Resumes),
        law::DueKind::Verify => return Ok(Then::Asks),
        law::DueKind::Contact | law::DueKind::Handle | law::DueKind::Shout => {}
    }
    let when = policy.at(level).climbs.overdue;
    let above = when.and_then(|when| law::ladder::climbs_to(level, when.skip_to, staffed, policy));
    Ok(match above {
        None => Then::Shouts { every: policy.at(level).first_contact.into() },
        Some(level) => {
            let post = ladder::post(place, level);
            Then::Climbs { level: wire(level)?, place: names.place(post.place)?, role: post.role }
        }
    })
}

/// A level as the contract names it.
pub(crate) fn wire(level: law::Level) -> Result<Level> {
    ladder::access_level(level)
        .ok_or_else(|| Problem::internal("a level of the ladder is not one of the tree"))
}
