//! Claiming a home, and deciding about claims.

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::TimeDelta;
use rules::identity::masked_name;
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        CLAIM_DECIDED, CLAIM_REPEATED, CLAIMS_TOO_MANY, CLAIMS_WAITING, DOOR_CODE_DEAD, DOOR_CODE_NONE,
        DOOR_CODE_WRONG, NOT_A_HOME, OWNER_UNKNOWN, SIGNATURE_UNREADABLE,
        model::{
            Claim, ClaimFilter, ClaimScope, ClaimState, Comparison, Confirmation, DoorCode as DoorCodeAnswer,
            NewClaim, Relation, Review, RollSide, Typed,
        },
        store,
        verifiers::{
            At, DoorCode, Rejection, RollMatch, Subject, Verdict, Verifier, compare_name, compare_number,
            compare_phone,
        },
    },
    labels, me,
    roles::{self, Term},
};
use crate::{
    access::{Level, Lineage, Permission, Role, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        answer::Answer,
        paging::{Cursors, List, Page},
        problem::{NOT_ALLOWED, NOT_FOUND, Problem, Result},
    },
    pii::sha256,
    places,
    record::{self, Audience, Event},
    roll::{self, acts::KnownOwner, file::IdNumber},
};

const NAME: &str = "claim.name";
const ID_NUMBER: &str = "claim.id_number";
const PHONE: &str = "claim.phone";
const SIGNATURE: &str = "claim.signature";

/// Claims that a person may make in 24 hours.
const A_DAY: u64 = 5;
/// Claims of a person that may wait.
const MAY_WAIT: usize = 3;

type Row = ::entity::claim::Model;

/// Claims a home: confirmed at once when the roll agrees, otherwise it waits for a verifier. Whether it waits because
/// the name, the number or something else differs is told to nobody.
pub async fn claim(app: &App, viewer: &Viewer, tx: &Tx, new: NewClaim) -> Result<Answer<Claim>> {
    let home = places::lineage(tx.conn(), new.home_id).await?;
    let complex = complex_of(&home)?;
    if !roll::acts::is_on_roll(tx.conn(), complex, home.id).await? {
        return Err(NOT_A_HOME.because("the home is not on the roll"));
    }
    let id_number = number(new.id_number.as_deref())?;
    let signature = signature(&new.signature)?;
    tx.lock(&format!("claims {}", viewer.person)).await?;
    within_limits(viewer, tx, &home, new.relation).await?;

    let person = store::person(tx.conn(), viewer.person).await?.ok_or_else(|| NOT_FOUND.plain())?;
    let phone = me::phone_of(app, &person)?;
    let seal = |column, text: &[u8]| app.vault.seal(column, text).map_err(Problem::internal);
    // A typed name is short: without the salt its hash would tell it to whoever tries names.
    let salted = [&tx.ids.secret()[..], signature].concat();
    let mut row = Row {
        complex_id: complex,
        id: tx.id(),
        home_id: home.id,
        person_id: viewer.person,
        relation: new.relation.as_str().into(),
        state: ClaimState::Waiting.as_str().into(),
        owner_id: None,
        name_cipher: seal(NAME, new.name.as_bytes())?,
        id_number_cipher: id_number
            .as_ref()
            .map(|number| seal(ID_NUMBER, number.as_str().as_bytes()))
            .transpose()?,
        phone_cipher: phone.as_ref().map(|phone| seal(PHONE, phone.as_bytes())).transpose()?,
        signature_cipher: Some(seal(SIGNATURE, &salted)?),
        signature_hash: Some(sha256(&salted)),
        verified_by: None,
        reason: None,
        decided_by: None,
        decided_at: None,
        created_at: tx.now,
        version: 1,
    };
    store::insert_claim(tx.conn(), row.clone()).await?;
    write_event(tx, "CLAIM_MADE", &row, "RESIDENT").await?;

    let subject = Subject {
        at: At { complex, home: home.id, by: viewer.person },
        relation: new.relation,
        name: &new.name,
        id_number: id_number.as_ref().map(IdNumber::as_str),
        phone: phone.as_deref(),
    };
    let verdict = RollMatch.result(app, tx, &subject, None).await?;
    let confirmed = confirm_if_verified(tx, &mut row, &home, verdict, &RollMatch).await?;
    debug_assert!(
        confirmed == (row.state == ClaimState::Confirmed.as_str()),
        "the state follows the verdict"
    );
    let id = row.id;
    let version = row.version;
    let claim = show(tx.conn(), row).await?;
    Ok(Answer::created(claim, format!("/v1/claims/{id}")).version(version))
}

fn complex_of(home: &Lineage) -> Result<Uuid> {
    match (home.level, home.at(Level::Complex)) {
        (Level::Home, Some(complex)) => Ok(complex),
        _ => Err(NOT_A_HOME.plain()),
    }
}

fn number(typed: Option<&str>) -> Result<Option<IdNumber>> {
    let typed = typed.map(str::trim).filter(|typed| !typed.is_empty());
    typed
        .map(|typed| {
            let wrong = |_| {
                Problem::member("/id_number", "ID_NUMBER", "must be an ID number or credit code whose check digit fits, or another document's number")
            };
            IdNumber::read(typed).map_err(wrong)
        })
        .transpose()
}

/// The bytes to keep: a typed name, or a picture that is one.
fn signature(sent: &str) -> Result<&[u8]> {
    let unreadable = || SIGNATURE_UNREADABLE.plain();
    let Some(data) = sent.strip_prefix("data:") else {
        let typed = sent.trim();
        return if typed.is_empty() || typed.chars().count() > 200 {
            Err(unreadable())
        } else {
            Ok(sent.as_bytes())
        };
    };
    let (kind, picture) = data.split_once(";base64,").ok_or_else(unreadable)?;
    let picture = BASE64_STANDARD.decode(picture).map_err(|_| unreadable())?;
    let magic: &[u8] = match kind {
        "image/png" => b"\x89PNG\r\n\x1a\n",
        "image/jpeg" => b"\xFF\xD8\xFF",
        _ => return Err(unreadable()),
    };
    if picture.starts_with(magic) { Ok(sent.as_bytes()) } else { Err(unreadable()) }
}

async fn within_limits(viewer: &Viewer, tx: &Tx, home: &Lineage, relation: Relation) -> Result<()> {
    let waiting = store::waiting_of(tx.conn(), viewer.person).await?;
    let same = |claim: &Row| claim.home_id == home.id && claim.relation == relation.as_str();
    let holds = |grant: &::entity::role_grant::Model| {
        grant.place_id == home.id
            && grant.role == relation.as_str()
            && grant.ground.is_none()
            && grant.ends_at.is_none_or(|end| tx.now < end)
    };
    if waiting.iter().any(same) || store::grants(tx.conn(), viewer.person).await?.iter().any(holds) {
        return Err(CLAIM_REPEATED.plain());
    }
    if waiting.len() >= MAY_WAIT {
        return Err(CLAIMS_WAITING.plain());
    }
    if store::claims_since(tx.conn(), viewer.person, tx.now - TimeDelta::days(1)).await? >= A_DAY {
        return Err(CLAIMS_TOO_MANY.plain().retry_after(24 * 3600));
    }
    Ok(())
}

/// Confirms a claim that a verifier says is right, unless somebody else lives at that home or claims it too, or is that
/// owner elsewhere, or the claimant is another one: then a human has to look. None of this is told to the claimant.
async fn confirm_if_verified(
    tx: &Tx,
    row: &mut Row,
    home: &Lineage,
    verdict: Verdict,
    verifier: &dyn Verifier,
) -> Result<bool> {
    let Verdict::Verified { owner } = verdict else { return Ok(false) };
    tx.lock(&format!("owners {}", home.id)).await?;
    let here = store::grants_at_homes(tx.conn(), [home.id], &Role::OF_A_HOME).await?;
    if here.iter().any(|grant| grant.person_id != row.person_id)
        || store::others_wait(tx.conn(), row.complex_id, home.id, row.person_id).await?
    {
        return Ok(false);
    }
    if let Some(owner) = owner {
        tx.lock(&format!("owner {owner}")).await?;
        let is_owner = store::grants_of_owners(tx.conn(), row.complex_id, [owner]).await?;
        let is_claimant = store::grants(tx.conn(), row.person_id).await?;
        let another = |grant: &::entity::role_grant::Model| {
            grant.complex_id == Some(row.complex_id)
                && grant.ground.is_none()
                && grant.owner_id.is_some_and(|known| known != owner)
        };
        if is_owner.iter().any(|grant| grant.person_id != row.person_id) || is_claimant.iter().any(another) {
            return Ok(false);
        }
    }
    let by = Decision { verified_by: verifier.name(), by: None, actor: "RESIDENT" };
    settle(tx, row, home, owner, by).await?;
    Ok(true)
}

/// Who decided, and by what.
struct Decision<'a> {
    verified_by: &'static str,
    by: Option<Uuid>,
    actor: &'a str,
}

/// The one transition into CONFIRMED: the role is granted with it.
async fn settle(tx: &Tx, row: &mut Row, home: &Lineage, owner: Option<Uuid>, by: Decision<'_>) -> Result<()> {
    let role = relation(row)?.role();
    decide(row, tx, ClaimState::Confirmed, by.by)?;
    row.owner_id = owner;
    row.verified_by = Some(by.verified_by.into());
    store::decide(tx.conn(), row).await?;
    let term = Term { starts_at: tx.now, ends_at: None };
    roles::insert(tx, home, row.person_id, role, owner, term, by.by).await?;
    write_event(tx, "CLAIM_CONFIRMED", row, by.actor).await
}

/// Out of WAITING, once.
fn decide(row: &mut Row, tx: &Tx, to: ClaimState, by: Option<Uuid>) -> Result<()> {
    if row.state != ClaimState::Waiting.as_str() {
        return Err(CLAIM_DECIDED.plain());
    }
    row.state = to.as_str().into();
    row.decided_by = by;
    row.decided_at = Some(tx.now);
    row.version += 1;
    Ok(())
}

fn relation(row: &Row) -> Result<Relation> {
    Relation::parse(&row.relation).ok_or_else(|| Problem::internal("a claim of an unknown relation"))
}

async fn write_event(tx: &Tx, kind: &'static str, row: &Row, actor: &str) -> Result<()> {
    let event = Event {
        kind,
        complex: row.complex_id,
        place: row.home_id,
        subject_type: "CLAIM",
        subject: row.id,
        version: row.version,
        role: actor.into(),
        audience: Audience::Person,
        person: Some(row.person_id),
        facts: json!({ "relation": row.relation, "state": row.state }),
        commitment: row.signature_hash.clone(),
    };
    record::write(tx, event).await
}

async fn show(db: &impl Conn, row: Row) -> Result<Claim> {
    let home = places::lineage(db, row.home_id).await?;
    let label = labels(db, std::iter::once(&home)).await?.remove(&home.id).unwrap_or_default();
    present(row, label)
}

fn present(row: Row, home: String) -> Result<Claim> {
    Ok(Claim {
        id: row.id,
        home_id: row.home_id,
        home,
        relation: relation(&row)?,
        state: ClaimState::parse(&row.state)
            .ok_or_else(|| Problem::internal("a claim of an unknown state"))?,
        reason: row.reason,
        created_at: local(row.created_at),
        decided_at: row.decided_at.map(local),
        review: None,
    })
}

/// The caller's claims, or those that wait for the caller as a verifier.
pub async fn list(app: &App, viewer: &Viewer, filter: &ClaimFilter, page: &Page) -> Result<List<Claim>> {
    let of = filter.place_id.map(|id| id.to_string()).unwrap_or_default();
    let cursors = Cursors::new(&app.vault, format!("claims {:?} {of}", filter.scope), viewer.person);
    let at = cursors.position(page)?;
    let db = app.db.read();
    let rows = match filter.scope {
        ClaimScope::Mine => store::claims_of(db, viewer.person, at, page.limit() + 1).await?,
        ClaimScope::Waiting => {
            let needed = || Problem::member("/place_id", "LEVEL", "name a complex");
            let of_a_role = || viewer.grants.iter().find_map(|grant| grant.place.at(Level::Complex));
            let asked = filter.place_id.or_else(of_a_role);
            let unknown = || NOT_FOUND.because("no role in any complex; name one with place_id");
            let place = places::lineage(db, asked.ok_or_else(unknown)?).await?;
            viewer.require(Permission::DecideClaim, &place, None)?;
            let complex = place.at(Level::Complex).filter(|_| place.level == Level::Complex);
            store::claims_waiting(db, complex.ok_or_else(needed)?, at, page.limit() + 1).await?
        }
    };
    let homes = places::lineages(db, rows.iter().map(|row| row.home_id)).await?;
    let labels = labels(db, homes.values()).await?;
    let shown = rows.into_iter().map(|row| {
        let label = labels.get(&row.home_id).cloned().unwrap_or_default();
        present(row, label)
    });
    let shown: Result<Vec<Claim>> = shown.collect();
    Ok(cursors.page(shown?, page, |claim| claim.id.to_string(), |claim| claim))
}

/// A claim: its own state to the claimant, both sides masked to a verifier.
pub async fn read(app: &App, viewer: &Viewer, id: Uuid) -> Result<(Claim, i64)> {
    let db = app.db.read();
    let row = store::claim(db, id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    let home = places::lineage(db, row.home_id).await?;
    viewer.require(Permission::ReadClaim, &home, Some(row.person_id))?;
    let version = row.version;
    let decides = row.person_id != viewer.person && viewer.may(Permission::DecideClaim, &home, None);
    let review = if decides { Some(review(app, &row).await?) } else { None };
    Ok((Claim { review, ..show(db, row).await? }, version))
}

/// What the claimant gave, in the clear.
struct Given {
    name: String,
    id_number: Option<String>,
    phone: Option<String>,
}

fn given(app: &App, row: &Row) -> Result<Given> {
    let open = |column, cipher: &[u8]| app.vault.text(column, cipher).map_err(Problem::internal);
    Ok(Given {
        name: open(NAME, &row.name_cipher)?,
        id_number: row.id_number_cipher.as_deref().map(|cipher| open(ID_NUMBER, cipher)).transpose()?,
        phone: row.phone_cipher.as_deref().map(|cipher| open(PHONE, cipher)).transpose()?,
    })
}

async fn review(app: &App, row: &Row) -> Result<Review> {
    let given = given(app, row)?;
    let owners = roll::acts::owners_of(app, app.db.read(), row.complex_id, row.home_id).await?;
    let ids: Vec<Uuid> = owners.iter().map(|owner| owner.id).collect();
    let grants = store::grants_of_owners(app.db.read(), row.complex_id, ids).await?;
    let side = |owner: &KnownOwner| RollSide {
        ordinal: owner.ordinal,
        name: masked_name(&owner.name),
        id_number: owner.id_number.as_deref().map(|number| last(number, 4)),
        phones: owner.phones.iter().map(|phone| masked_phone(phone)).collect(),
        name_is: if compare_name(app, &given.name, owner) {
            Comparison::Equal
        } else {
            Comparison::Different
        },
        id_number_is: comparison(
            given.id_number.is_some() && owner.id_number.is_some(),
            compare_number(app, given.id_number.as_deref(), owner),
        ),
        phone_is: comparison(
            given.phone.is_some() && !owner.phones.is_empty(),
            compare_phone(given.phone.as_deref(), owner),
        ),
        taken: grants
            .iter()
            .any(|grant| grant.owner_id == Some(owner.id) && grant.person_id != row.person_id),
    };
    Ok(Review {
        owners: owners.iter().map(side).collect(),
        door_code: row.verified_by.as_deref() == Some(DoorCode.name()),
        typed: Typed {
            name: masked_name(&given.name),
            id_number: given.id_number.as_deref().map(|number| last(number, 4)),
            phone: given.phone.as_deref().map(masked_phone),
        },
    })
}

fn comparison(both_known: bool, equal: bool) -> Comparison {
    match (both_known, equal) {
        (false, _) => Comparison::Missing,
        (true, true) => Comparison::Equal,
        (true, false) => Comparison::Different,
    }
}

/// Only the last `shown` characters; of a short value none.
fn last(value: &str, shown: usize) -> String {
    let length = value.chars().count();
    let hidden = if length >= shown * 2 { length - shown } else { length };
    value.chars().enumerate().map(|(at, c)| if at < hidden { '*' } else { c }).collect()
}

/// The first three and last four digits of a mobile number; of a landline the last two.
fn masked_phone(phone: &str) -> String {
    rules::identity::Phone::read(phone).map_or_else(|_| last(phone, 2), |phone| phone.masked())
}

/// A claim that this viewer may decide, held; nobody decides their own.
async fn to_decide(viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<(Row, Lineage, &'static str)> {
    let row = store::claim_held(tx.conn(), id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    let home = places::lineage(tx.conn(), row.home_id).await?;
    viewer.require(Permission::ReadClaim, &home, Some(row.person_id))?;
    if row.person_id == viewer.person || !viewer.may(Permission::DecideClaim, &home, None) {
        return Err(NOT_ALLOWED
            .because("a claim is decided by the property manager or community officer, never by its maker"));
    }
    let actor = viewer.acting_as(Permission::DecideClaim, &home).ok_or_else(|| NOT_FOUND.plain())?;
    Ok((row, home, actor.as_str()))
}

/// A verifier's yes. For an owner it says who of the roll it is.
pub async fn confirm(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    said: &Confirmation,
) -> Result<Answer<Claim>> {
    let (mut row, home, actor) = to_decide(viewer, tx, id).await?;
    let owner = match relation(&row)? {
        Relation::Owner => Some(owner_of(app, tx, &row, said.owner_ordinal).await?),
        Relation::Family | Relation::Tenant => None,
    };
    let verified_by = if row.verified_by.is_some() { DoorCode.name() } else { "VERIFIER" };
    let by = Decision { verified_by, by: Some(viewer.person), actor };
    settle(tx, &mut row, &home, owner, by).await?;
    answer(tx, row).await
}

/// The owner of the roll whom the verifier means; without an ordinal the one whose name was typed.
async fn owner_of(app: &App, tx: &Tx, row: &Row, ordinal: Option<i32>) -> Result<Uuid> {
    let name = given(app, row)?.name;
    let owners = roll::acts::owners_of(app, tx.conn(), row.complex_id, row.home_id).await?;
    let meant = |owner: &&KnownOwner| match ordinal {
        Some(ordinal) => owner.ordinal == ordinal,
        None => compare_name(app, &name, owner),
    };
    let mut found = owners.iter().filter(meant);
    match (found.next(), found.next()) {
        (Some(owner), None) => Ok(owner.id),
        _ => Err(OWNER_UNKNOWN.plain()),
    }
}

async fn answer(tx: &Tx, row: Row) -> Result<Answer<Claim>> {
    let version = row.version;
    Ok(Answer::ok(show(tx.conn(), row).await?).version(version))
}

/// A verifier's no, with a reason.
pub async fn refuse(viewer: &Viewer, tx: &Tx, id: Uuid, reason: String) -> Result<Answer<Claim>> {
    let (mut row, _, actor) = to_decide(viewer, tx, id).await?;
    decide(&mut row, tx, ClaimState::Refused, Some(viewer.person))?;
    row.reason = Some(reason);
    store::decide(tx.conn(), &row).await?;
    write_event(tx, "CLAIM_REFUSED", &row, actor).await?;
    answer(tx, row).await
}

/// The claimant's own claim, held.
async fn own(viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Row> {
    let row = store::claim_held(tx.conn(), id).await?;
    row.filter(|row| row.person_id == viewer.person).ok_or_else(|| NOT_FOUND.plain())
}

/// The claimant thinks better of it.
pub async fn withdraw(viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Answer<Claim>> {
    let mut row = own(viewer, tx, id).await?;
    decide(&mut row, tx, ClaimState::Withdrawn, Some(viewer.person))?;
    store::decide(tx.conn(), &row).await?;
    write_event(tx, "CLAIM_WITHDRAWN", &row, "RESIDENT").await?;
    answer(tx, row).await
}

/// A code to be delivered to a home's door; an earlier one is not good any more.
pub async fn issue_code(app: &App, viewer: &Viewer, tx: &Tx, home: Uuid) -> Result<DoorCodeAnswer> {
    let place = places::lineage(tx.conn(), home).await?;
    viewer.require(Permission::IssueDoorCode, &place, None)?;
    let actor = viewer.acting_as(Permission::IssueDoorCode, &place).ok_or_else(|| NOT_FOUND.plain())?;
    let complex = complex_of(&place)?;
    let started = DoorCode.start(app, tx, At { complex, home, by: viewer.person }).await?;
    let event = Event {
        kind: "DOOR_CODE_ISSUED",
        complex,
        place: home,
        subject_type: "DOOR_CODE",
        subject: started.reference,
        version: 1,
        role: actor.as_str().into(),
        audience: Audience::Person,
        person: Some(viewer.person),
        facts: json!({ "expires_at": started.expires_at.map(local) }),
        commitment: None,
    };
    record::write(tx, event).await?;
    let (Some(code), Some(expires_at)) = (started.deliver, started.expires_at) else {
        return Err(Problem::internal("a door code without a code"));
    };
    Ok(DoorCodeAnswer { id: started.reference, home_id: home, code, expires_at: local(expires_at) })
}

/// The claimant types in the code from the door. A wrong one counts, whatever happens after. Safe to repeat: a claim
/// that is confirmed already is simply told.
pub async fn check_code(app: &App, viewer: &Viewer, id: Uuid, code: &str) -> Result<(Claim, i64)> {
    let (row, verdict) = app
        .write(async |tx| {
            let mut row = own(viewer, tx, id).await?;
            if row.state == ClaimState::Confirmed.as_str() {
                return Ok((row, None));
            }
            if row.state != ClaimState::Waiting.as_str() {
                return Err(CLAIM_DECIDED.plain());
            }
            let home = places::lineage(tx.conn(), row.home_id).await?;
            let given = given(app, &row)?;
            let subject = Subject {
                at: At { complex: row.complex_id, home: row.home_id, by: viewer.person },
                relation: relation(&row)?,
                name: &given.name,
                id_number: given.id_number.as_deref(),
                phone: given.phone.as_deref(),
            };
            let verdict = DoorCode.result(app, tx, &subject, Some(code)).await?;
            let confirmed = confirm_if_verified(tx, &mut row, &home, verdict, &DoorCode).await?;
            if !confirmed && matches!(verdict, Verdict::Verified { .. } | Verdict::Pending) {
                // The verifier sees that the door was reached.
                row.verified_by = Some(DoorCode.name().into());
                row.version += 1;
                store::decide(tx.conn(), &row).await?;
            }
            Ok((row, Some(verdict)))
        })
        .await?;
    match verdict {
        Some(Verdict::Rejected(Rejection::Wrong)) => Err(DOOR_CODE_WRONG.plain()),
        Some(Verdict::Rejected(Rejection::TooManyTries)) => Err(DOOR_CODE_DEAD.plain()),
        Some(Verdict::Rejected(Rejection::NothingStarted) | Verdict::Down) => Err(DOOR_CODE_NONE.plain()),
        Some(Verdict::Verified { .. } | Verdict::Pending) | None => {
            let version = row.version;
            Ok((show(app.db.read(), row).await?, version))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_a_name_or_a_picture_that_is_one() {
        assert!(signature("苏勇桂").is_ok());
        assert!(signature(" ").is_err());
        assert!(signature(&"苏".repeat(201)).is_err());
        let png = format!("data:image/png;base64,{}", BASE64_STANDARD.encode(b"\x89PNG\r\n\x1a\nrest"));
        assert!(signature(&png).is_ok());
        let html = format!("data:image/png;base64,{}", BASE64_STANDARD.encode(b"<html>"));
        for wrong in [html.as_str(), "data:image/png;base64,%%%", "data:text/html;base64,AAAA", "data:"] {
            assert_eq!(signature(wrong).unwrap_err().code.name, "SIGNATURE_UNREADABLE", "{wrong}");
        }
    }

    #[test]
    fn what_a_verifier_sees_is_masked() {
        assert_eq!(last("999999195310234509", 4), "**************4509");
        assert_eq!(last("1234567", 4), "*******");
        assert_eq!(masked_phone("15405555045"), "154****5045");
        assert_eq!(masked_phone("01088886666"), "*********66");
        assert_eq!(masked_phone("123"), "***");
    }

    #[test]
    fn a_malformed_id_number_is_refused_by_its_form_alone() {
        assert!(number(None).unwrap().is_none());
        assert!(number(Some("  ")).unwrap().is_none());
        assert!(number(Some("999999195310234509")).unwrap().is_some());
        assert!(number(Some("999999195310234508")).unwrap_err().detail().starts_with("/id_number"));
    }
}
