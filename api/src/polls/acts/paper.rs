//! Ballots on paper: giving them out, entering what came back, deciding where two read differently, and the box.
//!
//! Every write here holds the poll alone: no ballot comes in online, nothing is counted and no other paper moves meanwhile.
//! Whoever enters a paper sees nothing of what somebody else entered.

use std::{
    collections::{BTreeSet, HashMap},
    slice::from_ref,
};

use rules::{
    identity::masked_name,
    packs::InForce,
    polls::{
        ballot::{Answer as MatterChoice, Answers, BallotForm, Texts},
        dispute::SetAside,
        duplicates::{Channel, Keeping, Slip},
        paper::{self, Found, Papers, Refusal, State, Stated},
        phase::{Move, Phase},
    },
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{
        BOX_NOT_DUE, BOX_UNLIKE, CHANNEL_NOT_HELD, CLERK_BARRED, NOBODY_NAMED, OTHER_PERSON_NEEDED,
        PAPER_DONE, PAPER_OUT, PAPER_VOID,
        model::{
            Choice, HeadHome,
            paper::{
                AdjudicatePaper, AskPaper, BoxState, CountingWaits, EnterPaper, IssuePapers, Paper,
                PaperAsked, PaperBox, PaperCounts, PaperPath, PaperReading, PapersIssued, PapersQuery,
                ReadAnswer, StateBox, WithdrawEntry,
            },
        },
        sealed::Sealed,
        store::{self, Hold},
    },
    BY_THE_CLOCK, PAPER, ROUND, Scene,
    aside::{gave_way, reinstate, set_aside, take_out, that_stands},
    commitment, count,
    deadline::CONVENORS,
    has_interest_in, heads, read_word, role, size, stand,
    vote::{self, BALLOT_CAST},
};
use crate::{
    access::{Lineage, Permission, Role, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        answer::Answer,
        paging::{Cursors, List, Page},
        problem::{NOT_FOUND, Problem, Result},
    },
    moderation,
    pii::Vault,
    record::{self, Audience, Event},
    roll, uploads,
};

type Row = ::entity::paper::Model;
type Entry = ::entity::paper_entry::Model;

const REASONS: &str = "paper_entry.reasons";

/// The most heads for which one act gives out papers.
const MOST: usize = 100;
/// The entry of who decides.
const THIRD: i32 = 3;

/// What the record calls them.
pub(super) const PAPERS_ISSUED: &str = "PAPERS_ISSUED";
const PAPER_ASKED: &str = "PAPER_ASKED";
pub(super) const PAPER_ENTERED: &str = "PAPER_ENTERED";
pub(super) const PAPER_WITHDRAWN: &str = "PAPER_WITHDRAWN";
pub(super) const PAPER_ADJUDICATED: &str = "PAPER_ADJUDICATED";
pub(super) const PAPERS_AWAITED: &str = "PAPERS_AWAITED";
pub(super) const PAPER_BOX_STATED: &str = "PAPER_BOX_STATED";
pub(super) const PAPER_BOX_AGREED: &str = "PAPER_BOX_AGREED";
pub(super) const PAPER_BOX_DIFFERS: &str = "PAPER_BOX_DIFFERS";
pub(super) const PAPER_CHANNEL_VOID: &str = "PAPER_CHANNEL_VOID";

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::NoPaper => &CHANNEL_NOT_HELD,
            Refusal::ChannelVoid => &PAPER_VOID,
            Refusal::SameClerk => &OTHER_PERSON_NEEDED,
            Refusal::BackAlready
            | Refusal::Cancelled
            | Refusal::Settled
            | Refusal::EnteredTwice
            | Refusal::NothingToDecide => &PAPER_DONE,
        };
        code.because(refusal.to_string())
    }
}

/// Gives out numbered papers, one a head; one that was lost is cancelled by the one that takes its place.
pub async fn issue_papers(
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    new: &IssuePapers,
) -> Result<Answer<PapersIssued>> {
    let scene = Scene::hold(tx, id, Hold::Alone).await?;
    viewer.require(Permission::PreparePoll, &scene.place, None)?;
    may_handle(tx.conn(), viewer, &scene).await?;
    scene.takes_paper()?;
    scene.phase()?.give_paper(scene.window(), tx.now)?;
    let heads = heads_named(tx, &scene, new).await?;
    let replaced = replaced(tx, &scene, &heads).await?;
    let cancelled = u32::try_from(replaced.len()).unwrap_or(u32::MAX);
    let role = role(viewer, Permission::PreparePoll, &scene.place);
    let rows = give_out(tx, (viewer, role), &scene, (heads, replaced)).await?;
    let papers = show(tx.conn(), viewer, &scene, rows).await?;
    Ok(Answer::created(PapersIssued { papers, cancelled }, format!("/v1/polls/{id}/papers")))
}

/// An owner asks for a paper where the poll is held on paper, or on request: it is given out under a number of its own, and
/// those who convene are told that somebody waits for one.
pub async fn ask_paper(viewer: &Viewer, tx: &Tx, id: Uuid, new: &AskPaper) -> Result<Answer<PaperAsked>> {
    let seen = Scene::load(tx.conn(), id).await?;
    viewer.require(Permission::CastBallot, &seen.place, None)?;
    let scene = seen.held(tx, Hold::Alone).await?;
    scene.takes_paper()?;
    scene.phase()?.give_paper(scene.window(), tx.now)?;
    let head = heads::hold(viewer, tx, &scene, new.head_id).await?;
    let heads = BTreeSet::from([head.id]);
    if !replaced(tx, &scene, &heads).await?.is_empty() {
        return Err(PAPER_OUT.plain());
    }
    let role = role(viewer, Permission::CastBallot, &scene.place);
    give_out(tx, (viewer, role.clone()), &scene, (heads, Vec::new())).await?;
    let asked = Event {
        audience: Audience::Watchers,
        person: Some(viewer.person),
        ..scene.event(PAPER_ASKED, role, json!({ "notify": CONVENORS.map(Role::as_str) }))
    };
    record::write(tx, asked).await?;
    let asked = PaperAsked { poll_id: id, head_id: head.id, asked_at: local(tx.now) };
    Ok(Answer::created(asked, format!("/v1/polls/{id}/heads")))
}

/// Gives each of these heads a numbered paper; those that others take the place of are cancelled.
async fn give_out(
    tx: &Tx,
    (viewer, role): (&Viewer, String),
    scene: &Scene,
    (heads, replaced): (BTreeSet<Uuid>, Vec<Row>),
) -> Result<Vec<Row>> {
    let issue = tx.id();
    // By chance, so that a number tells nobody but those who handle them whose paper it is.
    let mut turns: Vec<(Uuid, Uuid)> = heads.into_iter().map(|head| (tx.ids.random(), head)).collect();
    turns.sort_unstable();
    let first = store::last_number(tx.conn(), &scene.poll).await?.unwrap_or_default() + 1;
    let row = |(number, (_, head_id)): (i32, (Uuid, Uuid))| Row {
        complex_id: scene.poll.complex_id,
        id: tx.id(),
        poll_id: scene.poll.id,
        number,
        head_id,
        state: State::Issued.code().into(),
        issue,
        cancelled_by: None,
        issued_by: viewer.person,
        issued_at: tx.now,
        returned_at: None,
        version: 1,
    };
    let rows: Vec<Row> = (first..).zip(turns).map(row).collect();
    let cancelled = u64::try_from(replaced.len()).unwrap_or(u64::MAX);
    for mut paper in replaced {
        paper.state = state_of(&paper)?.cancel()?.code().into();
        paper.cancelled_by = Some(issue);
        store::save_paper(tx.conn(), &mut paper).await?;
    }
    store::insert_papers(tx.conn(), rows.clone()).await?;
    scene.tell(tx, PAPERS_ISSUED, role, issue_of(&rows, cancelled)?.told()).await?;
    Ok(rows)
}

/// The heads that are named, by themselves or by a home, each once.
async fn heads_named(tx: &Tx, scene: &Scene, new: &IssuePapers) -> Result<BTreeSet<Uuid>> {
    let there: BTreeSet<Uuid> =
        store::heads(tx.conn(), &scene.poll, &new.head_ids).await?.into_iter().map(|head| head.id).collect();
    if let Some(place) = new.head_ids.iter().position(|head| !there.contains(head)) {
        return Err(not_on_the_roll(&format!("/head_ids/{place}")));
    }
    let of: HashMap<Uuid, Uuid> =
        store::heads_of_homes(tx.conn(), &scene.poll, &new.home_ids).await?.into_iter().collect();
    if let Some(place) = new.home_ids.iter().position(|home| !of.contains_key(home)) {
        return Err(not_on_the_roll(&format!("/home_ids/{place}")));
    }
    let heads: BTreeSet<Uuid> = there.into_iter().chain(of.into_values()).collect();
    match heads.len() {
        0 => Err(Problem::member("/home_ids", "REQUIRED", "name a head or a home")),
        1..=MOST => Ok(heads),
        _ => Err(Problem::member("/home_ids", "TOO_MANY", "at most 100 heads at once")),
    }
}

pub(super) fn not_on_the_roll(pointer: &str) -> Problem {
    Problem::member(pointer, "NOT_ON_ROLL", "not on the roll that this poll locked")
}

/// The papers of these heads that others take the place of; refused where one, or a ballot, is in.
async fn replaced(tx: &Tx, scene: &Scene, heads: &BTreeSet<Uuid>) -> Result<Vec<Row>> {
    let heads: Vec<Uuid> = heads.iter().copied().collect();
    let cast = store::cast(tx.conn(), from_ref(&scene.poll), Some(&heads)).await?;
    if let Some((_, (_, at))) = cast.iter().next() {
        return Err(vote::in_already(*at));
    }
    let mut replaced = Vec::new();
    for paper in store::papers_of_heads(tx.conn(), &scene.poll, &heads).await? {
        match state_of(&paper)? {
            State::Cancelled => {}
            state => {
                state.cancel()?;
                replaced.push(paper);
            }
        }
    }
    Ok(replaced)
}

/// Papers that one act gave out, by number.
fn issue_of(rows: &[Row], cancelled: u64) -> Result<paper::Issue> {
    let none = || Problem::internal("an act gave out no paper");
    let (first, last) = rows.first().zip(rows.last()).ok_or_else(none)?;
    let number = |number: i32| u32::try_from(number).map_err(Problem::internal);
    Ok(paper::Issue { at: first.issued_at, from: number(first.number)?, to: number(last.number)?, cancelled })
}

/// Papers by number, a page at a time.
pub async fn papers(app: &App, viewer: &Viewer, id: Uuid, query: &PapersQuery) -> Result<List<Paper>> {
    let db = app.db.read();
    let scene = for_reading(db, viewer, id).await?;
    let state = query.state.map(State::code);
    let page = Page { limit: query.limit, cursor: query.cursor.clone() };
    let number = query.number.unwrap_or_default();
    let list = format!("papers {id} {} {number}", state.unwrap_or_default());
    let cursors = Cursors::new(&app.vault, list, viewer.person);
    let after = cursors.position(&page)?;
    let rows = store::papers(db, &scene.poll, (state, query.number), after, page.limit() + 1).await?;
    let List { items, next_cursor } =
        cursors.page(rows, &page, |row: &Row| row.number.to_string(), |row| row);
    Ok(List { items: show(db, viewer, &scene, items).await?, next_cursor })
}

/// One paper, with both entries for whoever is to decide between them.
pub async fn read_paper(app: &App, viewer: &Viewer, path: &PaperPath) -> Result<Answer<Paper>> {
    let db = app.db.read();
    let scene = for_reading(db, viewer, path.poll_id).await?;
    let row = find(db, &scene, path.paper_id).await?;
    let entries = store::paper_entries(db, row.complex_id, from_ref(&row.id)).await?;
    let decides = state_of(&row)? == State::Differs && entries.iter().all(|one| one.made_by != viewer.person);
    let readings = decides.then(|| entries.iter().map(|one| reading(&app.vault, one)).collect());
    let version = row.version;
    let mut shown = show(db, viewer, &scene, vec![row]).await?.pop().ok_or_else(|| NOT_FOUND.plain())?;
    shown.readings = readings.transpose()?;
    shown.signers = Some(signers(app, db, &scene, shown.head_id).await?);
    Ok(Answer::ok(shown).version(version))
}

/// Enters what a paper says: the first time it came back with that, the second time it is settled or differs.
pub async fn enter_paper(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    path: &PaperPath,
    new: &EnterPaper,
) -> Result<Answer<Paper>> {
    let mut scene = for_writing(&app.vault, viewer, tx, path.poll_id).await?;
    let mut row = find(tx.conn(), &scene, path.paper_id).await?;
    let before = store::paper_entries(tx.conn(), row.complex_id, from_ref(&row.id)).await?;
    let (form, texts) = scene.put(tx.conn()).await?;
    may_be_signed(tx, &scene, &row, new.is_signed).await?;
    let says = form.take_paper(&as_marked(new.is_signed, &new.selections, &new.answers)?)?;
    let first = before
        .first()
        .map(|first| Ok::<_, Problem>((first.made_by, said(&app.vault, first)?)))
        .transpose()?;
    let first = first.as_ref().map(|(clerk, said)| (clerk, said));
    let state = state_of(&row)?.enter(first, &viewer.person, &says)?;
    if state == State::Returned {
        // It came back now; what is entered later only says what it says.
        vote::takes_ballot(&scene, tx.now)?;
        row.returned_at = Some(tx.now);
    }
    let photo = uploads::Attachment::Paper { complex: row.complex_id, id: row.id };
    uploads::attach(tx, viewer.person, from_ref(&new.photo_id), photo).await?;
    let entry = i32::try_from(before.len()).unwrap_or(i32::MAX).saturating_add(1);
    let made = Entry {
        photo_id: Some(new.photo_id),
        ..entered(&app.vault, viewer, tx, (&row, entry), (&form, &says))?
    };
    store::insert_paper_entry(tx.conn(), made).await?;
    row.state = state.code().into();
    store::save_paper(tx.conn(), &mut row).await?;
    let told = paper::entered_told(number(row.number), number(entry));
    tell_clerk(viewer, tx, &scene, PAPER_ENTERED, told, None).await?;
    match state {
        State::Settled => settle(&app.vault, viewer, tx, &mut scene, &row, (&form, texts, says)).await?,
        State::Differs => call_a_third(viewer, tx, &scene).await?,
        _ => {}
    }
    shown_anew(viewer, tx, &scene, row).await
}

/// The owners one of whom signs a head's paper, masked: whoever would cast its ballot online.
async fn signers(app: &App, db: &impl Conn, scene: &Scene, head: Uuid) -> Result<Vec<String>> {
    let casters = heads::casters_of_head(db, scene, head, app.clock.now()).await?;
    let names = roll::names_of(app, db, scene.poll.complex_id, &casters).await?;
    Ok(names.iter().map(|name| masked_name(name)).collect())
}

/// Nobody has signed for co-owners who by the rules have to name one of them, and have not.
async fn may_be_signed(tx: &Tx, scene: &Scene, row: &Row, is_signed: bool) -> Result<()> {
    let casters = heads::casters_of_head(tx.conn(), scene, row.head_id, tx.now).await?;
    if is_signed && casters.is_empty() { Err(NOBODY_NAMED.plain()) } else { Ok(()) }
}

/// Tells those who handle papers that some wait for a third person, unless others wait already and they know.
async fn call_a_third(viewer: &Viewer, tx: &Tx, scene: &Scene) -> Result<()> {
    let waiting = store::papers(tx.conn(), &scene.poll, (Some(State::Differs.code()), None), None, 2).await?;
    if waiting.len() > 1 {
        return Ok(());
    }
    let notify = [Role::Preparer, Role::CommunityOfficer, Role::StreetOfficer].map(Role::as_str);
    tell_clerk(viewer, tx, scene, "POLL_PAPERS_DIFFER", json!({ "notify": notify }), None).await
}

/// Takes back the only entry of a paper that never came back; what was entered is kept, and does not stand.
pub async fn withdraw_entry(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    path: &PaperPath,
    new: &WithdrawEntry,
) -> Result<Answer<Paper>> {
    let mut scene = for_writing(&app.vault, viewer, tx, path.poll_id).await?;
    let mut row = find(tx.conn(), &scene, path.paper_id).await?;
    let mut before = store::paper_entries(tx.conn(), row.complex_id, from_ref(&row.id)).await?;
    let state = state_of(&row)?.withdraw(before.first().map(|first| &first.made_by), &viewer.person)?;
    if is_box_stated(tx.conn(), &scene).await? {
        return Err(PAPER_DONE.because("the box is stated with it"));
    }
    let made = before.pop().ok_or_else(|| Problem::internal("a paper came back without an entry"))?;
    let earlier = store::withdrawn_entries(tx.conn(), row.complex_id, from_ref(&row.id)).await?;
    let place = earlier.first().map_or(-1, |last| last.entry - 1);
    let reasons = app.vault.seal(REASONS, new.reasons.as_bytes()).map_err(Problem::internal)?;
    store::withdraw_entry(tx.conn(), made, place, reasons).await?;
    row.state = state.code().into();
    row.returned_at = None;
    store::save_paper(tx.conn(), &mut row).await?;
    let commitment = commitment(&app.vault, REASONS, row.id, &new.reasons);
    let told = paper::withdrawn_told(number(row.number));
    tell_clerk(viewer, tx, &scene, PAPER_WITHDRAWN, told, Some(commitment)).await?;
    look_again(tx, &mut scene).await?;
    shown_anew(viewer, tx, &scene, row).await
}

/// Goes on only if WeChat finds nothing against the reasons, where it can be asked.
pub async fn check_reasons(app: &App, viewer: &Viewer, poll: Uuid, words: &str) -> Result<()> {
    for_reading(app.db.read(), viewer, poll).await?;
    moderation::must_pass(app, viewer.person, words).await
}

/// Somebody who entered none of it says what a paper says that two clerks read differently.
pub async fn adjudicate_paper(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    path: &PaperPath,
    new: &AdjudicatePaper,
) -> Result<Answer<Paper>> {
    let mut scene = for_writing(&app.vault, viewer, tx, path.poll_id).await?;
    let mut row = find(tx.conn(), &scene, path.paper_id).await?;
    let before = store::paper_entries(tx.conn(), row.complex_id, from_ref(&row.id)).await?;
    let clerks: Vec<Uuid> = before.iter().map(|one| one.made_by).collect();
    let state = state_of(&row)?.adjudicate(&clerks, &viewer.person)?;
    let (form, texts) = scene.put(tx.conn()).await?;
    may_be_signed(tx, &scene, &row, new.is_signed).await?;
    let says = form.take_paper(&as_marked(new.is_signed, &new.selections, &new.answers)?)?;
    let reasons = app.vault.seal(REASONS, new.reasons.as_bytes()).map_err(Problem::internal)?;
    let made = Entry {
        reasons_cipher: Some(reasons),
        ..entered(&app.vault, viewer, tx, (&row, THIRD), (&form, &says))?
    };
    store::insert_paper_entry(tx.conn(), made).await?;
    row.state = state.code().into();
    store::save_paper(tx.conn(), &mut row).await?;
    let commitment = commitment(&app.vault, REASONS, row.id, &new.reasons);
    let told = json!({ "number": row.number });
    tell_clerk(viewer, tx, &scene, PAPER_ADJUDICATED, told, Some(commitment)).await?;
    settle(&app.vault, viewer, tx, &mut scene, &row, (&form, texts, says)).await?;
    shown_anew(viewer, tx, &scene, row).await
}

/// States what the box holds. The second who states the same makes it so; two who do not are both to count again.
pub async fn state_box(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    new: StateBox,
) -> Result<Answer<PaperBox>> {
    let mut scene = for_writing(&app.vault, viewer, tx, id).await?;
    let closing = scene.poll.closes_at;
    if scene.phase()? != Phase::Open || tx.now < closing {
        return Err(BOX_NOT_DUE.because("the box is opened once voting is over, and before the count"));
    }
    let counts = counts(tx.conn(), &scene).await?;
    if counts.issued == 0 {
        return Err(BOX_NOT_DUE.because("no paper was given out"));
    }
    let boxes = store::paper_boxes(tx.conn(), &scene.poll).await?;
    let mut here = boxes.into_iter().filter(|one| one.closing == closing).collect::<Vec<_>>();
    if here.iter().any(|one| one.state == "AGREED") {
        return Err(BOX_NOT_DUE.because("two stated it alike already"));
    }
    let stated = Stated { returned: new.returned.into(), late: new.late.into() };
    let found = counts.find(stated).map_err(|unlike| BOX_UNLIKE.because(unlike.to_string()))?;
    let mut made = ::entity::paper_box::Model {
        complex_id: scene.poll.complex_id,
        id: tx.id(),
        poll_id: id,
        closing,
        returned: i32::try_from(new.returned).map_err(Problem::internal)?,
        late: i32::try_from(new.late).map_err(Problem::internal)?,
        stated_by: viewer.person,
        stated_at: tx.now,
        state: "STATED".into(),
        issued: 0,
        cancelled: 0,
        entered: 0,
    };
    let waits = here.iter().position(|one| one.state == "STATED").map(|place| here.swap_remove(place));
    let state = match waits {
        None => BoxState::Stated,
        Some(one) if one.stated_by == viewer.person => {
            return Err(OTHER_PERSON_NEEDED.because("you stated it; somebody else counts it too"));
        }
        Some(mut one) => {
            let is_same = (one.returned, one.late) == (made.returned, made.late);
            let (first, second) = if is_same { ("CONFIRMED", "AGREED") } else { ("DIFFERS", "DIFFERS") };
            one.state = first.into();
            store::save_paper_box(tx.conn(), &one).await?;
            made.state = second.into();
            if is_same { BoxState::Agreed } else { BoxState::Differs }
        }
    };
    if state == BoxState::Agreed {
        let known = |number: u64| i32::try_from(number).unwrap_or(i32::MAX);
        (made.issued, made.cancelled) = (known(counts.issued), known(counts.cancelled));
        made.entered = known(counts.entered);
    }
    store::insert_paper_box(tx.conn(), made).await?;
    let is_void = state == BoxState::Agreed && found == Found::Void;
    match state {
        BoxState::Stated => tell_clerk(viewer, tx, &scene, PAPER_BOX_STATED, json!({}), None).await?,
        BoxState::Differs => tell_clerk(viewer, tx, &scene, PAPER_BOX_DIFFERS, json!({}), None).await?,
        BoxState::Agreed => {
            let role = role(viewer, Permission::HandlePapers, &scene.place);
            scene.tell(tx, PAPER_BOX_AGREED, role.clone(), paper::box_told(counts, stated)).await?;
            if is_void {
                void(&app.vault, tx, &mut scene, role, (counts, stated)).await?;
            }
            look_again(tx, &mut scene).await?;
        }
    }
    let shown = PaperBox { returned: new.returned, late: new.late, state, is_void, stated_at: local(tx.now) };
    Ok(Answer::created(shown, format!("/v1/polls/{id}")))
}

/// The poll for somebody who handles its papers, held alone; opened first if its time has come and nobody has noticed.
async fn for_writing(vault: &Vault, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Scene> {
    let seen = Scene::load(tx.conn(), id).await?;
    viewer.require(Permission::HandlePapers, &seen.place, None)?;
    if seen.phase()?.due(seen.window(), tx.now) == Some(Move::Open) {
        count::open(vault, tx, id).await?;
    }
    let scene = Scene::hold(tx, id, Hold::Alone).await?;
    may_handle(tx.conn(), viewer, &scene).await?;
    scene.takes_paper()?;
    scene.must_go_on(tx.now)?;
    Ok(scene)
}

async fn for_reading(db: &impl Conn, viewer: &Viewer, id: Uuid) -> Result<Scene> {
    let scene = Scene::load(db, id).await?;
    viewer.require(Permission::HandlePapers, &scene.place, None)?;
    may_handle(db, viewer, &scene).await?;
    Ok(scene)
}

/// Whoever stands counts nothing (election templates), and the property company and the developer never learn who has not
/// voted, whatever else they were made.
async fn may_handle(db: &impl Conn, viewer: &Viewer, scene: &Scene) -> Result<()> {
    if scene.has_interest(viewer) {
        return Err(CLERK_BARRED.because("the property company and the developer handle no ballots"));
    }
    if store::candidates(db, &scene.poll).await?.iter().any(|one| stand::is_candidate(viewer, one)) {
        return Err(CLERK_BARRED.because("who stands in a poll handles none of its ballots"));
    }
    Ok(())
}

/// Who entered a paper of a head, or decided what it says.
pub(super) async fn clerks_of(db: &impl Conn, scene: &Scene, head: Uuid) -> Result<BTreeSet<Uuid>> {
    let papers = store::papers_of_heads(db, &scene.poll, &[head]).await?;
    let ids: Vec<Uuid> = papers.iter().map(|paper| paper.id).collect();
    let entries = store::paper_entries(db, scene.poll.complex_id, &ids).await?;
    Ok(entries.into_iter().map(|entry| entry.made_by).collect())
}

/// Whether the viewer handles papers of polls in a complex, and so may see photos of them: never the property company or
/// the developer.
pub(crate) fn handles_photos(viewer: &Viewer, complex: &Lineage) -> bool {
    viewer.may(Permission::HandlePapers, complex, None) && !has_interest_in(viewer, complex.id)
}

async fn find(db: &impl Conn, scene: &Scene, id: Uuid) -> Result<Row> {
    let found = store::paper(db, &scene.poll, id).await?;
    found.ok_or_else(|| NOT_FOUND.because("no such paper of this poll"))
}

fn state_of(row: &Row) -> Result<State> {
    State::from_code(&row.state).ok_or_else(|| Problem::internal("a paper is in no known state"))
}

fn number(number: i32) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

/// What is marked on it, as a clerk reads it.
fn as_marked(
    is_signed: bool,
    selections: &[Uuid],
    answers: &[super::super::model::MatterAnswer],
) -> Result<Answers> {
    Ok(Answers {
        choices: selections.iter().map(Uuid::to_string).collect(),
        answers: vote::matter_answers(answers)?,
        unsigned: !is_signed,
    })
}

/// An entry, encrypted as a ballot is.
fn entered(
    vault: &Vault,
    viewer: &Viewer,
    tx: &Tx,
    (row, entry): (&Row, i32),
    (form, says): (&BallotForm, &Answers),
) -> Result<Entry> {
    Ok(Entry {
        complex_id: row.complex_id,
        paper_id: row.id,
        entry,
        poll_id: row.poll_id,
        answers_cipher: Sealed::new(says.clone(), tx.ids.secret()).seal(vault, form)?,
        photo_id: None,
        reasons_cipher: None,
        made_by: viewer.person,
        made_at: tx.now,
    })
}

fn said(vault: &Vault, entry: &Entry) -> Result<Answers> {
    Ok(Sealed::open(vault, &entry.answers_cipher).map_err(Problem::internal)?.answers)
}

fn reading(vault: &Vault, entry: &Entry) -> Result<PaperReading> {
    let Answers { choices, answers, unsigned } = said(vault, entry)?;
    let id = |id: &String| id.parse::<Uuid>().map_err(Problem::internal);
    let answer = |(matter, said): (&String, &MatterChoice)| {
        let choice = match said {
            MatterChoice::Yes => Choice::Yes,
            MatterChoice::No => Choice::No,
            MatterChoice::Abstain => Choice::Abstain,
        };
        Ok(ReadAnswer { matter_id: id(matter)?, choice })
    };
    Ok(PaperReading {
        is_signed: !unsigned,
        selections: choices.iter().map(id).collect::<Result<_>>()?,
        answers: answers.iter().map(answer).collect::<Result<_>>()?,
        photo_id: entry.photo_id,
        made_at: local(entry.made_at),
    })
}

async fn tell_clerk(
    viewer: &Viewer,
    tx: &Tx,
    scene: &Scene,
    kind: &'static str,
    facts: Value,
    commitment: Option<String>,
) -> Result<()> {
    let role = role(viewer, Permission::HandlePapers, &scene.place);
    let (audience, person) = (Audience::Watchers, Some(viewer.person));
    record::write(tx, Event { audience, person, commitment, ..scene.event(kind, role, facts) }).await
}

/// A paper whose content is settled becomes a ballot, cast when it came back.
async fn settle(
    vault: &Vault,
    viewer: &Viewer,
    tx: &Tx,
    scene: &mut Scene,
    row: &Row,
    (form, texts, says): (&BallotForm, Texts, Answers),
) -> Result<()> {
    let sealed = Sealed::new(says, tx.ids.secret()).to(texts);
    let commitment = hex::encode(sealed.commitment(scene.poll.id)?);
    let returned_at = row.returned_at.ok_or_else(|| Problem::internal("a settled paper never came back"))?;
    let ballot = ::entity::ballot::Model {
        complex_id: row.complex_id,
        id: tx.ids.random(),
        poll_id: row.poll_id,
        head_id: row.head_id,
        round: ROUND,
        channel: PAPER.into(),
        answers_cipher: sealed.seal(vault, form)?,
        commitment: commitment.clone(),
        cast_by: viewer.person,
        cast_at: returned_at,
    };
    let role = role(viewer, Permission::HandlePapers, &scene.place);
    let told = Event {
        audience: Audience::Watchers,
        commitment: Some(commitment),
        ..scene.event(BALLOT_CAST, role, paper::cast_told(returned_at))
    };
    record::write(tx, told).await?;
    match store::ballot_of(tx.conn(), &scene.poll, row.head_id, ROUND).await? {
        None => store::insert_ballot(tx.conn(), ballot).await?,
        Some(first) if takes_its_place(vault, tx, scene, form, (&first, &ballot)).await? => {
            take_out(tx, scene, first, SetAside::Superseded, BY_THE_CLOCK.into()).await?;
            store::insert_ballot(tx.conn(), ballot).await?;
        }
        Some(_) => set_aside(tx, scene, ballot, SetAside::Superseded, BY_THE_CLOCK.into()).await?,
    }
    look_again(tx, scene).await
}

/// Whether a ballot stands instead of the one of its head that is in, by the poll's rules and by when each of the head's
/// came.
pub(super) async fn takes_its_place(
    vault: &Vault,
    tx: &Tx,
    scene: &Scene,
    form: &BallotForm,
    (is_in, new): (&::entity::ballot::Model, &::entity::ballot::Model),
) -> Result<bool> {
    let mut came = gave_way(tx, scene, new.head_id).await?;
    came.extend([is_in.clone(), new.clone()]);
    Ok(that_stands(vault, scene, form, came)?.is_some_and(|ballot| ballot.id == new.id))
}

pub(super) fn slip(vault: &Vault, ballot: &::entity::ballot::Model) -> Result<Slip> {
    let sealed = Sealed::open(vault, &ballot.answers_cipher).map_err(Problem::internal)?;
    Ok(Slip { channel: read_word(&ballot.channel)?, answers: sealed.answers })
}

/// No paper counts any more; a ballot of its head that came otherwise and gave way to it does.
async fn void(
    vault: &Vault,
    tx: &Tx,
    scene: &mut Scene,
    role: String,
    (counts, stated): (Papers, Stated),
) -> Result<()> {
    scene.poll.paper_void_at = Some(tx.now);
    scene.save(tx).await?;
    let back: Vec<&str> =
        State::ALL.iter().filter(|state| state.is_back()).map(|state| state.code()).collect();
    store::void_papers(tx.conn(), &scene.poll, &back, State::Void.code()).await?;
    scene.tell(tx, PAPER_CHANNEL_VOID, role, paper::void_told(counts, stated)).await?;
    let form = scene.form(tx.conn()).await?;
    let mut after = None;
    loop {
        let page = store::ballots_after(tx.conn(), &scene.poll, after, count::PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for ballot in page.into_iter().filter(|ballot| ballot.channel == PAPER) {
            let head = ballot.head_id;
            take_out(tx, scene, ballot, SetAside::ChannelVoid, BY_THE_CLOCK.into()).await?;
            reinstate(vault, tx, scene, (&form, head), |channel| channel != PAPER).await?;
        }
    }
    Ok(())
}

/// How many papers went out and came back.
async fn counts(db: &impl Conn, scene: &Scene) -> Result<Papers> {
    let mut counts = Papers::default();
    for (state, papers) in store::paper_counts(db, &scene.poll).await? {
        let state = State::from_code(&state).ok_or_else(|| Problem::internal("an unknown state"))?;
        counts.issued += size(papers);
        counts.cancelled += if state == State::Cancelled { size(papers) } else { 0 };
        counts.entered += if state.is_back() { size(papers) } else { 0 };
    }
    Ok(counts)
}

/// What the end of voting waits for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub papers: u64,
    pub is_box_stated: bool,
}

/// Whether two stated alike what the box holds at this end of voting.
async fn is_box_stated(db: &impl Conn, scene: &Scene) -> Result<bool> {
    let boxes = store::paper_boxes(db, &scene.poll).await?;
    Ok(boxes.iter().any(|one| one.closing == scene.poll.closes_at && one.state == "AGREED"))
}

/// What the end of voting waits for on paper; nothing where no paper was given out, or all are settled or void.
pub(super) async fn waiting(db: &impl Conn, scene: &Scene) -> Result<Option<Waiting>> {
    let counts = store::paper_counts(db, &scene.poll).await?;
    if counts.is_empty() || scene.poll.paper_void_at.is_some() {
        return Ok(None);
    }
    let waits = |state: &str| State::from_code(state).is_some_and(State::waits);
    let papers = counts.iter().filter(|(state, _)| waits(state)).map(|(_, papers)| size(*papers)).sum();
    let is_box_stated = is_box_stated(db, scene).await?;
    Ok((papers > 0 || !is_box_stated).then_some(Waiting { papers, is_box_stated }))
}

/// A poll that waits shows for how many papers; once for none, the clock goes on with it.
async fn look_again(tx: &Tx, scene: &mut Scene) -> Result<()> {
    if scene.poll.waits_since.is_none() {
        return Ok(());
    }
    if waiting(tx.conn(), scene).await?.is_none() {
        scene.poll.waits_since = None;
    }
    scene.save(tx).await
}

impl Scene {
    /// Begins to wait for paper, or for what was cast elsewhere; false if it does already.
    pub(super) async fn wait(&mut self, tx: &Tx) -> Result<bool> {
        if let Some(system) = self.external()? {
            return self.await_result(tx, &system).await;
        }
        let Some(Waiting { papers, is_box_stated }) = waiting(tx.conn(), self).await? else {
            return Ok(false);
        };
        if self.poll.waits_since.is_some() {
            return Ok(false);
        }
        self.poll.waits_since = Some(tx.now);
        self.save(tx).await?;
        let facts = json!({ "papers": papers, "is_box_stated": is_box_stated });
        self.tell(tx, PAPERS_AWAITED, BY_THE_CLOCK.into(), facts).await?;
        Ok(true)
    }

    /// For what it waits, as everybody may see.
    pub(super) async fn waits(&self, db: &impl Conn) -> Result<Option<CountingWaits>> {
        let Some(since) = self.poll.waits_since else { return Ok(None) };
        let show =
            |Waiting { papers, is_box_stated }| CountingWaits { since: local(since), papers, is_box_stated };
        Ok(waiting(db, self).await?.map(show))
    }

    /// What went out and came back on paper, as it is put up with the result.
    pub(super) async fn paper_counts(&self, db: &impl Conn) -> Result<Option<PaperCounts>> {
        let Papers { issued, cancelled, .. } = counts(db, self).await?;
        if issued == 0 {
            return Ok(None);
        }
        let boxes = store::paper_boxes(db, &self.poll).await?;
        let last = boxes.iter().rfind(|one| one.state == "AGREED");
        let of = |part: fn(&::entity::paper_box::Model) -> i32| {
            last.map(|one| u64::from(number(part(one)))).unwrap_or_default()
        };
        let (returned, late) = (of(|one| one.returned), of(|one| one.late));
        let is_void = self.poll.paper_void_at.is_some();
        Ok(Some(PaperCounts { issued, cancelled, returned, late, is_void }))
    }

    /// Which of a head's ballots stands.
    pub(super) fn keeping(&self) -> Result<Keeping> {
        Ok(Keeping::of(self.rules()?.duplicate_policy, &self.said()?))
    }

    /// Refuses a way of voting that the poll's rules do not name.
    pub(super) fn is_held(&self, channel: Channel) -> Result<bool> {
        Ok(paper::is_held(&self.said()?, channel))
    }

    /// Every rule as it holds; none in polls that locked before they were kept.
    fn said(&self) -> Result<Vec<InForce>> {
        let in_force = self.poll.in_force.as_ref().map(|_| self.in_force()).transpose()?;
        Ok(in_force.unwrap_or_default())
    }

    fn takes_paper(&self) -> Result<()> {
        self.must_be_held_here()?;
        if self.poll.paper_void_at.is_some() {
            return Err(Refusal::ChannelVoid.into());
        }
        if self.is_held(Channel::Paper)? { Ok(()) } else { Err(Refusal::NoPaper.into()) }
    }
}

async fn shown_anew(viewer: &Viewer, tx: &Tx, scene: &Scene, row: Row) -> Result<Answer<Paper>> {
    let location = format!("/v1/polls/{}/papers/{}", row.poll_id, row.id);
    let shown = show(tx.conn(), viewer, scene, vec![row]).await?.pop();
    Ok(Answer::created(shown.ok_or_else(|| NOT_FOUND.plain())?, location))
}

async fn show(db: &impl Conn, viewer: &Viewer, scene: &Scene, rows: Vec<Row>) -> Result<Vec<Paper>> {
    let heads: Vec<Uuid> = rows.iter().map(|row| row.head_id).collect();
    let mut homes: HashMap<Uuid, Vec<HeadHome>> = HashMap::new();
    for home in store::homes(db, from_ref(&scene.poll), Some(&heads)).await? {
        let shown = HeadHome { home_id: home.home_id, label: home.label, area: Some(home.area) };
        homes.entry(home.head_id).or_default().push(shown);
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut entries: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for entry in store::paper_entries(db, scene.poll.complex_id, &ids).await? {
        entries.entry(entry.paper_id).or_default().push(entry.made_by);
    }
    let show = |row: Row| {
        let by = entries.remove(&row.id).unwrap_or_default();
        Ok(Paper {
            id: row.id,
            number: row.number,
            head_id: row.head_id,
            // A head may have had more than one paper.
            homes: homes.get(&row.head_id).cloned().unwrap_or_default(),
            state: state_of(&row)?,
            entries: u32::try_from(by.len()).unwrap_or(u32::MAX),
            is_entered_by_you: by.contains(&viewer.person),
            issued_at: local(row.issued_at),
            returned_at: row.returned_at.map(local),
            readings: None,
            signers: None,
        })
    };
    rows.into_iter().map(show).collect()
}
