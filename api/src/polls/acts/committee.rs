//! A committee after its election: who leaves, who steps up, who comes by a by-election.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rules::polls::{
    committee::{self as law, Change, Rank, Reason, Reelection},
    lists::Names,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        BY_ELECTION_UNFIT, NO_COMMITTEE, NO_MEMBER, NOT_STEPPED_UP,
        model::{
            self, PollKind,
            committee::{CommitteeAlternate, CommitteeMember, NoteVacancy, SeatedBy},
        },
        store::{self, Hold},
    },
    BY_THE_CLOCK, Scene, commitment,
    deadline::CONVENORS,
    may_say, read_word,
    result::out_for,
    role,
    runoff::{Votes, election},
};
use crate::{
    access::{Permission, Role, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        answer::Answer,
        problem::{Problem, Result},
    },
    identity,
    pii::Vault,
    programmes::acts as programmes,
    record,
};

type Row = ::entity::poll_vacancy::Model;

const WORDS: &str = "poll_vacancy.words";

impl From<law::Refusal> for Problem {
    fn from(refusal: law::Refusal) -> Self {
        let problem = match refusal {
            law::Refusal::NotFormed => &NO_COMMITTEE,
            law::Refusal::NoMember => &NO_MEMBER,
        };
        problem.because(refusal.to_string())
    }
}

/// How and since when somebody has a seat.
type Seated = (SeatedBy, DateTime<Utc>);

/// A by-election that is over.
struct ByElection {
    poll: Uuid,
    at: DateTime<Utc>,
    members: Vec<String>,
    alternates: Vec<Rank>,
}

/// What happened to a committee.
enum Event {
    Vacancy(Row),
    ByElection(ByElection),
}

impl Event {
    const fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Vacancy(row) => row.noted_at,
            Self::ByElection(vote) => vote.at,
        }
    }

    fn change(&self) -> Change {
        match self {
            Self::Vacancy(row) => Change::Left(row.candidate_id.to_string()),
            Self::ByElection(ByElection { members, alternates, .. }) => {
                Change::Filled { members: members.clone(), alternates: alternates.clone() }
            }
        }
    }
}

/// An elected committee as it stands, and how it came to that.
struct Sitting {
    /// The last vote by which it was elected.
    elected: Scene,
    now: law::Committee,
    seated: HashMap<String, Seated>,
    /// Each with whom it let step up.
    events: Vec<(Event, Vec<String>)>,
    names: Names,
    /// As whom each owner goes who ever stood.
    ids: HashMap<Uuid, Uuid>,
    /// The vote by which somebody has their rank, where that is a by-election.
    by: HashMap<String, Uuid>,
    /// Of all its votes together: it grows with whatever is shown of them.
    version: i64,
}

/// A member who leaves, and who says so.
struct Leaving<'a> {
    candidate: Uuid,
    reason: Reason,
    words: &'a str,
    since: DateTime<Utc>,
    noted_by: Uuid,
    noted_as: String,
}

impl Sitting {
    /// Of an election, if it is final and formed a committee.
    async fn if_formed(vault: &Vault, db: &impl Conn, elected: Scene) -> Result<Option<Self>> {
        let together = votes(vault, db, &elected).await?.map(|votes| votes.together);
        if elected.poll.final_at.is_none()
            || together.is_none_or(|votes| law::Committee::elected(&votes).is_err())
        {
            return Ok(None);
        }
        Self::of(vault, db, elected).await.map(Some)
    }

    /// The one that sits in a complex: that of the last election that formed any. Of one that was not elected here nobody
    /// knows.
    async fn at(vault: &Vault, db: &impl Conn, complex: Uuid) -> Result<Option<Self>> {
        for elected in store::final_elections(db, complex).await? {
            let elected = Scene::of(db, Some(elected)).await?;
            if let Some(sitting) = Self::if_formed(vault, db, elected).await? {
                return Ok(Some(sitting));
            }
        }
        Ok(None)
    }

    /// That of a final election.
    async fn of(vault: &Vault, db: &impl Conn, elected: Scene) -> Result<Self> {
        let final_at = elected.poll.final_at;
        let final_at = final_at.ok_or_else(|| NO_COMMITTEE.because("the result is not final"))?;
        let votes = votes(vault, db, &elected).await?.ok_or(law::Refusal::NotFormed)?;
        let now = law::Committee::elected(&votes.together)?;
        let version = elected.poll.version;
        let seated = now.members.iter().map(|one| (one.clone(), (SeatedBy::Election, final_at))).collect();
        let (names, ids) = (votes.names, votes.ids);
        let mut sitting =
            Self { elected, now, seated, events: Vec::new(), names, ids, by: HashMap::new(), version };
        let vacancies = store::vacancies(db, &sitting.elected.poll).await?;
        let mut events: Vec<Event> = vacancies.into_iter().map(Event::Vacancy).collect();
        for vote in store::by_elections(db, sitting.elected.poll.id).await? {
            sitting.version += vote.version;
            events.extend(sitting.by_election(vault, db, vote).await?.map(Event::ByElection));
        }
        events.sort_by_key(Event::at);
        for event in events {
            sitting.goes_on(event)?;
        }
        Ok(sitting)
    }

    /// What a final by-election came to; nothing where it completed no committee. Who stood before keeps the id of then.
    async fn by_election(
        &mut self,
        vault: &Vault,
        db: &impl Conn,
        poll: ::entity::poll::Model,
    ) -> Result<Option<ByElection>> {
        let (id, at) = (poll.id, poll.final_at);
        let scene = Scene { poll, place: self.elected.place.clone() };
        let (Some(at), Some(votes)) = (at, votes(vault, db, &scene).await?) else { return Ok(None) };
        let together = &votes.together;
        if !together.formed || together.runoff.is_some() {
            return Ok(None);
        }
        let mut known = HashMap::new();
        for (owner, own) in votes.ids {
            let first = *self.ids.entry(owner).or_insert(own);
            let name = votes.names.get(&own.to_string()).cloned().unwrap_or_default();
            self.names.entry(first.to_string()).or_insert(name);
            if first == own {
                self.by.insert(own.to_string(), id);
            }
            known.insert(own.to_string(), first.to_string());
        }
        let of_then = |one: &String| known.get(one).unwrap_or(one).clone();
        let all = |ids: &[String]| ids.iter().map(of_then).collect::<Vec<_>>();
        let rank = |rank: Rank| Rank { candidates: all(&rank.candidates), ..rank };
        let alternates = together.ranks().into_iter().map(rank).collect();
        Ok(Some(ByElection { poll: id, at, members: all(&together.elected), alternates }))
    }

    /// One event more; who stepped up by it.
    fn goes_on(&mut self, event: Event) -> Result<Vec<String>, law::Refusal> {
        let (now, stepped_up) = self.now.clone().after(&event.change())?;
        self.seated.retain(|one, _| now.members.contains(one));
        for one in &now.members {
            let by = if stepped_up.contains(one) { SeatedBy::Succession } else { SeatedBy::ByElection };
            self.seated.entry(one.clone()).or_insert((by, event.at()));
        }
        self.now = now;
        self.events.push((event, stepped_up.clone()));
        Ok(stepped_up)
    }

    fn reelection(&self) -> Result<(Reelection, Vec<rules::packs::InForce>)> {
        Ok(Reelection::of(&self.elected.in_force()?))
    }

    fn name(&self, candidate: &str) -> String {
        self.names.get(candidate).cloned().unwrap_or_default()
    }

    /// The owner who stood as a candidate.
    fn owner(&self, candidate: Uuid) -> Result<Uuid> {
        let owner = self.ids.iter().find(|(_, known)| **known == candidate).map(|(owner, _)| *owner);
        owner.ok_or_else(|| Problem::internal("a member who never stood"))
    }

    /// The owners who sit.
    fn owners(&self) -> Result<Vec<Uuid>> {
        self.now.members.iter().map(|one| self.owner(id(one)?)).collect()
    }

    /// One of those who sit where an owner was elected, if anybody is known to.
    async fn person(&self, db: &impl Conn, owner: Uuid, now: DateTime<Utc>) -> Result<Option<Uuid>> {
        Ok(identity::who_sits_as(db, self.elected.poll.complex_id, owner, now).await?.first().copied())
    }

    /// Tells who stepped up, each of them too, who are members from now on.
    async fn tell_succession(&self, tx: &Tx, role: &str, stepped_up: &[String]) -> Result<()> {
        for one in stepped_up {
            let candidate = id(one)?;
            let owner = self.owner(candidate)?;
            let facts = json!({ "candidate_id": candidate, "rank": self.now.rank_of(one) });
            let told = self.elected.event("COMMITTEE_STEPPED_UP", role.to_owned(), facts);
            let person = self.person(tx.conn(), owner, tx.now).await?;
            record::write(tx, record::Event { person, ..told }).await?;
            identity::seat(tx, &self.elected.place, [owner]).await?;
        }
        Ok(())
    }

    /// A member leaves, whose seat the next alternate takes; tells it, and whether the committee is to be elected anew.
    async fn leaves(&mut self, vault: &Vault, tx: &Tx, leaving: Leaving<'_>) -> Result<()> {
        let Leaving { candidate, reason, words, since, noted_by, noted_as: role } = leaving;
        let row = Row {
            complex_id: self.elected.poll.complex_id,
            id: tx.id(),
            poll_id: self.elected.poll.id,
            candidate_id: candidate,
            reason: reason.code().into(),
            words_cipher: vault.seal(WORDS, words.as_bytes()).map_err(Problem::internal)?,
            since,
            noted_by,
            noted_as: role.clone(),
            noted_at: tx.now,
        };
        let (reelection, _) = self.reelection()?;
        let was_due = self.now.is_to_be_elected_anew(reelection);
        let stepped_up = self.goes_on(Event::Vacancy(row.clone()))?;
        store::insert_vacancy(tx.conn(), row.clone()).await?;
        self.elected.save(tx).await?;
        self.version += 1;
        let facts = json!({
            "vacancy_id": row.id,
            "candidate_id": row.candidate_id,
            "reason": row.reason,
            "vacant": self.now.vacant(),
        });
        let owner = self.owner(candidate)?;
        let told = record::Event {
            person: self.person(tx.conn(), owner, tx.now).await?,
            commitment: Some(commitment(vault, WORDS, row.id, words)),
            ..self.elected.event("COMMITTEE_VACANCY", role.clone(), facts)
        };
        record::write(tx, told).await?;
        identity::unseat(tx, &self.elected.place, owner).await?;
        self.tell_succession(tx, &role, &stepped_up).await?;
        if !was_due && self.now.is_to_be_elected_anew(reelection) {
            let facts = json!({
                "members": self.now.members.len(),
                "seats": self.now.seats,
                "least": reelection.least(self.now.seats),
                "notify": CONVENORS.map(Role::as_str),
            });
            self.elected.tell(tx, "COMMITTEE_REELECTION_DUE", role, facts).await?;
        }
        Ok(())
    }

    /// As the API tells it; the words of vacancies only to those who convene.
    fn show(&self, vault: &Vault, viewer: &Viewer) -> Result<model::committee::Committee> {
        let convenes = viewer.may(Permission::PreparePoll, &self.elected.place, None);
        let poll = |one: &String| self.by.get(one).copied().unwrap_or(self.elected.poll.id);
        let rank = |one: &String| self.now.rank_of(one).unwrap_or_default();
        let member = |one: &String| {
            let (seated_by, since) =
                self.seated.get(one).copied().ok_or_else(|| Problem::internal("a member without a seat"))?;
            Ok::<_, Problem>(CommitteeMember {
                candidate_id: id(one)?,
                name: self.name(one),
                rank: rank(one),
                seated_by,
                since: local(since),
                poll_id: poll(one),
            })
        };
        let alternate = |one: &String| {
            Ok::<_, Problem>(CommitteeAlternate {
                candidate_id: id(one)?,
                name: self.name(one),
                rank: rank(one),
            })
        };
        let vacancies = self.events.iter().filter_map(|(event, stepped_up)| match event {
            Event::Vacancy(row) => Some((row, stepped_up)),
            Event::ByElection(_) => None,
        });
        let vacancy = |(row, stepped_up): (&Row, &Vec<String>)| {
            let words = convenes.then(|| vault.text(WORDS, &row.words_cipher));
            Ok::<_, Problem>(model::committee::Vacancy {
                id: row.id,
                candidate_id: row.candidate_id,
                name: self.name(&row.candidate_id.to_string()),
                reason: Reason::from_code(&row.reason)
                    .ok_or_else(|| Problem::internal("a vacancy is not what the law knows"))?,
                words: words.transpose().map_err(Problem::internal)?,
                since: local(row.since),
                noted_at: local(row.noted_at),
                stepped_up: ids(stepped_up)?,
            })
        };
        let (reelection, rules) = self.reelection()?;
        let next = self.now.alternates.iter().flat_map(|rank| &rank.candidates);
        Ok(model::committee::Committee {
            poll_id: self.elected.poll.id,
            seats: self.now.seats,
            members: self.now.members.iter().map(member).collect::<Result<_>>()?,
            alternates: next.map(alternate).collect::<Result<_>>()?,
            vacant: self.now.vacant(),
            unsettled: ids(self.now.unsettled())?,
            vacancies: vacancies.map(vacancy).collect::<Result<_>>()?,
            reelection: model::committee::Reelection {
                is_due: self.now.is_to_be_elected_anew(reelection),
                least: reelection.least(self.now.seats),
                rules: rules.into_iter().map(Into::into).collect(),
            },
        })
    }
}

fn id(text: &str) -> Result<Uuid> {
    text.parse().map_err(Problem::internal)
}

fn ids(all: &[String]) -> Result<Vec<Uuid>> {
    all.iter().map(|one| id(one)).collect()
}

/// The votes that elect a committee together, this as the last of them; nothing where it elects none.
async fn votes(vault: &Vault, db: &impl Conn, last: &Scene) -> Result<Option<Votes>> {
    let elects = read_word::<PollKind>(&last.poll.kind)? == PollKind::CommitteeElection;
    let is_decided =
        last.poll.runoff_of.is_some() || election(last)?.is_some_and(|election| election.election.is_some());
    if !elects || !is_decided {
        return Ok(None);
    }
    Votes::up_to(vault, db, last).await.map(Some)
}

impl Scene {
    /// A by-election is for seats of its committee that are vacant, beside all members who sit on it.
    pub(super) async fn must_complete_its_committee(&self, vault: &Vault, db: &impl Conn) -> Result<()> {
        let Some(of) = self.poll.committee_of else { return Ok(()) };
        let unfit = |words: String| Err(BY_ELECTION_UNFIT.because(words));
        let elected = Self::load(db, of).await?;
        if elected.place.id != self.place.id || elected.poll.committee_of.is_some() {
            return unfit("`committee_of` is the first election of this complex's committee".into());
        }
        let Sitting { now, .. } = Sitting::of(vault, db, elected).await?;
        let (seats, sit) = (self.all_seats(), now.members.len());
        if usize::try_from(seats.filled) != Ok(sit) || seats.open > now.vacant() {
            let vacant = now.vacant();
            return unfit(format!(
                "{sit} members sit and {vacant} seats are vacant, not {} and {}",
                seats.filled, seats.open
            ));
        }
        Ok(())
    }

    /// Whom a final election seats are members from then on: as the committee, or beside those who sit.
    pub(super) async fn seat_whom_it_elected(&self, vault: &Vault, tx: &Tx) -> Result<()> {
        if let Some(of) = self.poll.committee_of {
            return self.complete_its_committee(vault, tx, of).await;
        }
        let elected = Self { poll: self.poll.clone(), place: self.place.clone() };
        match Sitting::if_formed(vault, tx.conn(), elected).await? {
            Some(sitting) => identity::seat_anew(tx, &self.place, &sitting.owners()?).await,
            None => Ok(()),
        }
    }

    /// Tells of the committee that a final by-election completed.
    async fn complete_its_committee(&self, vault: &Vault, tx: &Tx, of: Uuid) -> Result<()> {
        let elected = Self::hold(tx, of, Hold::Alone).await?;
        let mut sitting = Sitting::of(vault, tx.conn(), elected).await?;
        let event = sitting.events.iter().find_map(|(event, stepped_up)| match event {
            Event::ByElection(vote) if vote.poll == self.poll.id => Some((vote, stepped_up.clone())),
            _ => None,
        });
        let Some((vote, stepped_up)) = event else { return Ok(()) };
        let facts = json!({
            "poll_id": vote.poll,
            "members": vote.members,
            "alternates": vote.alternates,
            "vacant": sitting.now.vacant(),
        });
        sitting.elected.save(tx).await?;
        sitting.elected.tell(tx, "COMMITTEE_SEATS_FILLED", BY_THE_CLOCK.into(), facts).await?;
        sitting.tell_succession(tx, BY_THE_CLOCK, &stepped_up).await?;
        identity::seat(tx, &sitting.elected.place, sitting.owners()?).await
    }

    /// The member whom a final vote removes loses the seat by it, whatever became of its programme meanwhile: what owners
    /// decided binds (Civil Code 280). Nothing happens where they left before.
    pub(super) async fn remove_whom_it_is_about(&self, vault: &Vault, tx: &Tx) -> Result<()> {
        let Some((member, noted_by)) = programmes::removed_by(tx.conn(), self.poll.id).await? else {
            return Ok(());
        };
        let Some(sitting) = Sitting::at(vault, tx.conn(), self.poll.complex_id).await? else { return Ok(()) };
        let elected = Self::hold(tx, sitting.elected.poll.id, Hold::Alone).await?;
        let mut sitting = Sitting::of(vault, tx.conn(), elected).await?;
        if !sitting.now.members.contains(&member.to_string()) {
            return Ok(());
        }
        let words = format!("业主表决通过：{}", self.poll.title);
        let (reason, noted_as) = (Reason::Removed, BY_THE_CLOCK.to_owned());
        let leaving = Leaving { candidate: member, reason, words: &words, since: tx.now, noted_by, noted_as };
        sitting.leaves(vault, tx, leaving).await
    }
}

/// What is said of a vacancy by somebody who may note it: goes on only if WeChat finds nothing against the words, where it
/// can be asked.
pub async fn check_vacancy(app: &App, viewer: &Viewer, poll: Uuid, words: &str) -> Result<()> {
    may_say(app, viewer, Permission::PreparePoll, (poll, words)).await
}

/// Notes that a member left, and tells who steps up.
pub async fn note_vacancy(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    poll: Uuid,
    new: &NoteVacancy,
) -> Result<Answer<model::committee::Committee>> {
    let scene = Scene::hold(tx, poll, Hold::Alone).await?;
    viewer.require(Permission::PreparePoll, &scene.place, None)?;
    if let Some(of) = scene.poll.committee_of {
        return Err(NO_COMMITTEE.because(format!("the poll completed the committee of {of}: note it there")));
    }
    let mut sitting = Sitting::of(&app.vault, tx.conn(), scene).await?;
    let poll = &sitting.elected.poll;
    let since = new.since.to_utc();
    if since > tx.now || poll.published_at.is_some_and(|at| since < at) {
        return Err(Problem::member(
            "/since",
            "BOUND",
            "a moment from the publication of the result until now",
        ));
    }
    let leaving = Leaving {
        candidate: new.candidate_id,
        reason: new.reason,
        words: &new.words,
        since,
        noted_by: viewer.person,
        noted_as: role(viewer, Permission::PreparePoll, &sitting.elected.place),
    };
    sitting.leaves(&app.vault, tx, leaving).await?;
    let location = format!("/v1/polls/{}/committee", sitting.elected.poll.id);
    Ok(Answer::created(sitting.show(&app.vault, viewer)?, location).version(sitting.version))
}

/// The committee of a final election, or of the one that a by-election completes, as it stands.
pub async fn committee(
    app: &App,
    viewer: &Viewer,
    poll: Uuid,
) -> Result<Answer<model::committee::Committee>> {
    let mut scene = out_for(app, viewer, poll).await?;
    if let Some(of) = scene.poll.committee_of {
        scene = Scene::load(app.db.read(), of).await?;
    }
    let sitting = Sitting::of(&app.vault, app.db.read(), scene).await?;
    Ok(Answer::ok(sitting.show(&app.vault, viewer)?).version(sitting.version))
}

/// Goes on only if somebody stepped up when a member left the committee of a complex last, and that is noted since a
/// moment. Of one that was not elected here nobody knows.
pub(crate) async fn must_have_stepped_up(
    vault: &Vault,
    db: &impl Conn,
    complex: Uuid,
    since: DateTime<Utc>,
) -> Result<()> {
    let Some(Sitting { events, .. }) = Sitting::at(vault, db, complex).await? else { return Ok(()) };
    let is_new = |event: &Event| matches!(event, Event::Vacancy(_)) && event.at() >= since;
    let vacancy = events.iter().rfind(|(event, _)| is_new(event));
    if vacancy.is_some_and(|(_, stepped_up)| !stepped_up.is_empty()) {
        return Ok(());
    }
    Err(NOT_STEPPED_UP.plain())
}

/// Whether a candidate, by their id on the first ballot on which they stood, sits on the committee of a complex.
pub(crate) async fn sits(vault: &Vault, db: &impl Conn, complex: Uuid, candidate: Uuid) -> Result<bool> {
    let sitting = Sitting::at(vault, db, complex).await?;
    Ok(sitting.is_some_and(|sitting| sitting.now.members.contains(&candidate.to_string())))
}

/// Who stood in a poll of a complex, and in which.
pub(crate) async fn stood(
    db: &impl Conn,
    complex: Uuid,
    candidate: Uuid,
) -> Result<::entity::candidate::Model> {
    let stood = store::stood(db, complex, candidate).await?;
    stood.ok_or_else(|| Problem::internal("a member who never stood"))
}
