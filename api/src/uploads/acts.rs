//! Keeping, attaching and showing photos.

use std::{collections::HashSet, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use rules::{clusters::Look, moderation::Beholder};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{
    PHOTO_NOT_YOURS, UPLOADS_USED_UP,
    model::{PhotoSize, Upload},
    photo::{self, MEDIA_TYPE, Photo},
    store,
};
use crate::{
    access::{Permission, Viewer},
    app::App,
    clusters,
    database::{Conn, Tx},
    http::problem::{NOT_FOUND, Problem, Result, UNAVAILABLE},
    incidents, moderation, places, polls, programmes, roll,
};

/// Photos that a person may have sent within a day and attached to nothing.
const UNATTACHED_A_DAY: u64 = 60;

/// How long a photo that is attached to nothing is kept.
const UNATTACHED_KEPT: TimeDelta = TimeDelta::days(2);
/// Photos forgotten in one transaction.
const SWEPT_AT_ONCE: u64 = 50;

/// One photo is decoded at a time: each may take some hundred megabytes.
static DECODING: Semaphore = Semaphore::const_new(1);
/// How long a photo waits to be decoded.
const PATIENCE: Duration = Duration::from_secs(15);

/// What a photo is attached to.
#[derive(Clone, Copy, Debug)]
pub enum Attachment {
    Incident {
        complex: Uuid,
        id: Uuid,
    },
    Candidate {
        complex: Uuid,
        id: Uuid,
    },
    /// The paper by which an owner has somebody else vote.
    Mandate {
        complex: Uuid,
        id: Uuid,
    },
    /// A ballot on paper.
    Paper {
        complex: Uuid,
        id: Uuid,
    },
    /// That something was served.
    Service {
        complex: Uuid,
        id: Uuid,
    },
    /// What is wrong with a roll.
    RollObjection {
        complex: Uuid,
        id: Uuid,
    },
    /// What says how a home should stand on it.
    RollChange {
        complex: Uuid,
        id: Uuid,
    },
    /// What says that somebody acts for an owner.
    Representation {
        complex: Uuid,
        id: Uuid,
    },
    /// What was shown or put up in a programme, by the deed.
    Programme {
        complex: Uuid,
        id: Uuid,
    },
}

impl Attachment {
    const INCIDENT: &str = "INCIDENT";
    const CANDIDATE: &str = "CANDIDATE";
    const MANDATE: &str = "MANDATE";
    const PAPER: &str = "PAPER";
    const SERVICE: &str = "SERVICE";
    const ROLL_OBJECTION: &str = "ROLL_OBJECTION";
    const ROLL_CHANGE: &str = "ROLL_CHANGE";
    const REPRESENTATION: &str = "REPRESENTATION";
    const PROGRAMME: &str = "PROGRAMME";

    fn columns(self) -> store::Attached {
        match self {
            Self::Incident { complex, id } => store::Attached { to: Self::INCIDENT, id, complex },
            Self::Candidate { complex, id } => store::Attached { to: Self::CANDIDATE, id, complex },
            Self::Mandate { complex, id } => store::Attached { to: Self::MANDATE, id, complex },
            Self::Paper { complex, id } => store::Attached { to: Self::PAPER, id, complex },
            Self::Service { complex, id } => store::Attached { to: Self::SERVICE, id, complex },
            Self::RollObjection { complex, id } => store::Attached { to: Self::ROLL_OBJECTION, id, complex },
            Self::RollChange { complex, id } => store::Attached { to: Self::ROLL_CHANGE, id, complex },
            Self::Representation { complex, id } => store::Attached { to: Self::REPRESENTATION, id, complex },
            Self::Programme { complex, id } => store::Attached { to: Self::PROGRAMME, id, complex },
        }
    }
}

/// Encodes a photo anew, away from the threads that answer requests. `turn` is over when that is done, and not before,
/// even if nobody waits for it any more.
///
/// # Errors
/// Those of [`photo::process`]; [`UNAVAILABLE`] when too many photos are before it.
pub async fn encode(bytes: Vec<u8>, turn: impl Send + 'static) -> Result<Photo> {
    let alone = tokio::time::timeout(PATIENCE, DECODING.acquire())
        .await
        .map_err(|_| UNAVAILABLE.because("too many photos wait to be encoded").retry_after(5))?
        .map_err(Problem::internal)?;
    let encoded = tokio::task::spawn_blocking(move || {
        let photo = photo::process(&bytes);
        drop((alone, turn));
        photo
    });
    encoded.await.map_err(Problem::internal)?
}

/// Whether a person may keep one more photo.
///
/// # Errors
/// [`UPLOADS_USED_UP`].
pub async fn within_the_day(db: &impl Conn, person: Uuid, now: DateTime<Utc>) -> Result<()> {
    if store::unattached(db, person, now - TimeDelta::days(1)).await? >= UNATTACHED_A_DAY {
        let wait = "60 photos of the last day are attached to nothing";
        return Err(UPLOADS_USED_UP.because(wait).retry_after(3600));
    }
    Ok(())
}

/// Keeps a photo that nothing has been done with yet. `digest` is of the file as it came.
pub async fn keep(app: &App, viewer: &Viewer, tx: &Tx, photo: &Photo, digest: &str) -> Result<Upload> {
    tx.lock(&format!("uploads {}", viewer.person)).await?;
    within_the_day(tx.conn(), viewer.person, tx.now).await?;
    let bytes = u64::try_from(photo.full.len()).map_err(Problem::internal)?;
    let id = tx.ids.random();
    let row = ::entity::upload::Model {
        id,
        person_id: viewer.person,
        complex_id: None,
        media_type: MEDIA_TYPE.into(),
        bytes: i64::try_from(bytes).map_err(Problem::internal)?,
        width: i32::try_from(photo.width).map_err(Problem::internal)?,
        height: i32::try_from(photo.height).map_err(Problem::internal)?,
        sha256: digest.into(),
        look: photo.look.map(Look::bits),
        attached_to: None,
        attached_id: None,
        created_at: tx.now,
    };
    store::insert(tx.conn(), row).await?;
    // The files stand before the row does: a crash in between leaves a file without a row, never the reverse.
    app.files.put(&key(id, PhotoSize::Full), photo.full.clone()).await?;
    app.files.put(&key(id, PhotoSize::Thumbnail), photo.thumbnail.clone()).await?;
    Ok(Upload { id, width: photo.width, height: photo.height, bytes, media_type: MEDIA_TYPE.into() })
}

fn key(id: Uuid, size: PhotoSize) -> String {
    match size {
        PhotoSize::Full => format!("photos/{id}.jpg"),
        PhotoSize::Thumbnail => format!("photos/{id}.small.jpg"),
    }
}

/// Attaches a person's own photos, each once and only once, to what the caller's transaction makes.
///
/// # Errors
/// [`PHOTO_NOT_YOURS`] when one is unknown, another's, named twice or attached already.
pub async fn attach(tx: &Tx, person: Uuid, ids: &[Uuid], to: Attachment) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let distinct = ids.iter().collect::<HashSet<_>>().len();
    let attached = store::attach(tx.conn(), person, ids, &to.columns()).await?;
    if distinct == ids.len() && u64::try_from(distinct) == Ok(attached) {
        Ok(())
    } else {
        Err(PHOTO_NOT_YOURS.because("a photo is unknown, not yours, named twice or attached already"))
    }
}

/// How a person's own photos look, those that show something.
///
/// # Errors
/// [`PHOTO_NOT_YOURS`] when one is unknown, another's or named twice.
pub async fn looks(db: &impl Conn, person: Uuid, ids: &[Uuid]) -> Result<Vec<Look>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let looks = store::looks(db, person, ids).await?;
    if looks.len() != ids.len() {
        return Err(PHOTO_NOT_YOURS.because("a photo is unknown, not yours or named twice"));
    }
    Ok(looks.into_iter().flatten().map(Look::from_bits).collect())
}

/// Forgets photos that were attached to nothing in time, the next few of them; how many those were.
pub async fn sweep(app: &App) -> Result<usize> {
    let before = app.clock.now() - UNATTACHED_KEPT;
    let old = store::left_over(app.db.read(), before, SWEPT_AT_ONCE).await?;
    if old.is_empty() {
        return Ok(0);
    }
    let gone = app.write(async |tx| Ok(store::delete_left_over(tx.conn(), &old).await?)).await?;
    // The row goes first: a crash in between leaves a file without a row, never the reverse.
    for id in &gone {
        for size in [PhotoSize::Full, PhotoSize::Thumbnail] {
            if let Err(problem) = app.files.delete(&key(*id, size)).await {
                tracing::warn!(photo = %id, %problem, "a file that nobody needs stays");
            }
        }
    }
    Ok(old.len())
}

/// The bytes of a photo, for its sender and whoever may see what it is attached to.
pub async fn show(app: &App, viewer: &Viewer, id: Uuid, size: PhotoSize) -> Result<Vec<u8>> {
    let upload = store::find(app.db.read(), id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    let is_shown = upload.person_id == viewer.person
        || shown_with_what_it_is_attached_to(app, viewer, &upload, size).await?;
    if !is_shown {
        return Err(NOT_FOUND.plain());
    }
    app.files.get(&key(id, size)).await
}

async fn shown_with_what_it_is_attached_to(
    app: &App,
    viewer: &Viewer,
    upload: &::entity::upload::Model,
    size: PhotoSize,
) -> Result<bool> {
    match (upload.attached_to.as_deref(), upload.attached_id, upload.complex_id) {
        (Some(Attachment::INCIDENT), Some(incident), _) => {
            let Some(beholder) = beholder(app, viewer, incident, size).await? else { return Ok(false) };
            moderation::shows_photo(app.db.read(), upload.id, beholder).await
        }
        (Some(Attachment::CANDIDATE), Some(_), Some(complex)) => {
            let complex = places::lineage(app.db.read(), complex).await?;
            Ok(viewer.may(Permission::ReadPoll, &complex, None))
        }
        (Some(Attachment::MANDATE), Some(mandate), Some(complex)) => {
            polls::acts::sees_scan(app, viewer, complex, mandate).await
        }
        (Some(Attachment::PAPER), Some(_), Some(complex)) => {
            let complex = places::lineage(app.db.read(), complex).await?;
            Ok(polls::acts::handles_photos(viewer, &complex))
        }
        (Some(Attachment::SERVICE), Some(_), Some(complex)) => {
            polls::acts::sees_evidence(app, viewer, complex).await
        }
        (Some(Attachment::ROLL_OBJECTION), Some(objection), _) => {
            roll::acts::shows_objected(app, viewer, objection).await
        }
        (Some(Attachment::ROLL_CHANGE), Some(change), _) => {
            roll::acts::shows_changed(app, viewer, change).await
        }
        (Some(Attachment::REPRESENTATION), Some(one), _) => {
            roll::acts::representations::shows_proof(app, viewer, one).await
        }
        (Some(Attachment::PROGRAMME), Some(deed), Some(complex)) => {
            programmes::acts::shows_photo(app, viewer, complex, deed).await
        }
        _ => Ok(false),
    }
}

/// What the viewer is to an incident. Of what neighbours are told, they see the small picture: enough to know the trouble
/// again.
async fn beholder(app: &App, viewer: &Viewer, incident: Uuid, size: PhotoSize) -> Result<Option<Beholder>> {
    if let Some(beholder) = incidents::acts::beholder(app.db.read(), viewer, incident).await? {
        return Ok(Some(beholder));
    }
    let is_told = size == PhotoSize::Thumbnail && clusters::acts::shows_photo(app, viewer, incident).await?;
    Ok(is_told.then_some(Beholder::Neighbour))
}

/// How long a link to a photo is good for: as long as WeChat takes to look at it.
const LINKED: TimeDelta = TimeDelta::minutes(30);

/// A link by which whoever has it sees one photo for a while without signing in; none where others are not told how to
/// reach this service.
pub fn link(app: &App, id: Uuid, now: DateTime<Utc>) -> Option<String> {
    let base = app.config.public_url.base()?;
    let until = (now + LINKED).timestamp();
    Some(format!("{base}/linked-photos/{id}?until={until}&signature={}", signature(app, id, until)))
}

fn signature(app: &App, id: Uuid, until: i64) -> String {
    hex::encode(app.vault.mac(&[b"photo link", id.as_bytes(), &until.to_be_bytes()]))
}

/// The bytes of a photo, for whoever has a link to it that is still good.
pub async fn show_linked(app: &App, id: Uuid, until: i64, signed: &str) -> Result<Vec<u8>> {
    let is_ours: bool = signature(app, id, until).as_bytes().ct_eq(signed.as_bytes()).into();
    if !is_ours || app.clock.now().timestamp() >= until {
        return Err(NOT_FOUND.plain());
    }
    let upload = store::find(app.db.read(), id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    app.files.get(&key(upload.id, PhotoSize::Full)).await
}

/// The small picture of a photo, for a room that has found who may see it.
pub async fn small(app: &App, id: Uuid) -> Result<Vec<u8>> {
    app.files.get(&key(id, PhotoSize::Thumbnail)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::start::for_a_test;

    #[tokio::test]
    async fn a_photo_that_nobody_attached_is_forgotten_with_its_files() {
        let (app, folder) = for_a_test("left-over").await;
        let viewer = Viewer { person: Uuid::from_u128(1), grants: Vec::new() };
        let photo = Photo { width: 1, height: 1, full: vec![1], thumbnail: vec![2], look: None };
        let send = async || {
            app.write(async |tx| keep(&app, &viewer, tx, &photo, "digest").await.map(|sent| sent.id))
                .await
                .unwrap()
        };
        let (used, left) = (send().await, send().await);
        let incident = Attachment::Incident { complex: Uuid::nil(), id: Uuid::nil() };
        app.write(async |tx| attach(tx, viewer.person, &[used], incident).await).await.unwrap();
        app.clock.advance(UNATTACHED_KEPT + TimeDelta::seconds(1));
        let late = send().await;
        assert_eq!([sweep(&app).await.unwrap(), sweep(&app).await.unwrap()], [1, 0]);
        for kept in [used, late] {
            assert_eq!(show(&app, &viewer, kept, PhotoSize::Full).await.unwrap(), [1]);
        }
        assert!(show(&app, &viewer, left, PhotoSize::Full).await.is_err());
        let files = std::fs::read_dir(folder.join("files/photos")).unwrap();
        assert_eq!(files.count(), 4, "a picture and a small one of each");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
