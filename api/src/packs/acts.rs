//! By which rules a place votes, and who says so.

use rules::packs::{self as law, Pack, Refused, Says, Size};
use serde_json::json;
use uuid::Uuid;

use super::{
    BYLAWS_NOT_PASSED, PACK_OF_OPINION, RULE_NOT_YOURS, RULES_MOVED,
    model::{
        AdoptPack, OpinionPack, PackRule, RecordBylaws, RuleInForce, RulePack, RuleValues, RuleVersion,
        RulesInForce, RulesQuery, VersionPath,
    },
    store,
};
use crate::{
    access::{Level, Lineage, Permission, Role, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx, is_duplicate},
    http::{
        paging::{Cursors, List, Page},
        problem::{InputError, NOT_ALLOWED, NOT_FOUND, Problem, Result},
    },
    places,
    polls::{self, RULES_UNLAWFUL},
    record, roll,
};

type Row = ::entity::rule_version::Model;

/// What a place's votes are held to, whoever convenes them.
pub(crate) struct Grounds {
    pack: &'static Pack,
    /// The complex's by-laws on record.
    bylaws: Option<Bylaws>,
    size: Option<Size>,
}

struct Bylaws {
    version: i32,
    /// What of them holds.
    says: Says,
    /// What of them holds no more.
    yielding: Vec<String>,
}

impl Grounds {
    /// What holds at a place now.
    pub async fn of(db: &impl Conn, place: &Lineage) -> Result<Self> {
        let adopted = match place.at(Level::District) {
            Some(district) => store::newest(db, district).await?,
            None => None,
        };
        Self::with(db, place, pack_of(adopted.as_ref())?).await
    }

    /// What holds there where owners are only asked for their opinion, which is no district's to say.
    pub async fn of_opinion(db: &impl Conn, place: &Lineage) -> Result<Self> {
        let pack = law::pack::of_opinion();
        let gone = || Problem::internal("the pack of opinion polls is gone");
        Self::with(db, place, pack.ok_or_else(gone)?).await
    }

    async fn with(db: &impl Conn, place: &Lineage, pack: &'static Pack) -> Result<Self> {
        let Some(complex) = place.at(Level::Complex) else {
            return Ok(Self { pack, bylaws: None, size: None });
        };
        let size = roll::acts::size(db, complex).await?;
        let bylaws = store::newest(db, complex).await?.map(|row| Bylaws::of(&row, pack, size)).transpose()?;
        Ok(Self { pack, bylaws, size })
    }

    /// What holds for a meeting whose convenor asks for this.
    pub fn meeting(&self, asked: &Says) -> Result<law::Effective> {
        let bylaws = self.bylaws.as_ref().map(|bylaws| &bylaws.says);
        law::resolve(self.pack, self.size, bylaws, asked).map_err(|refused| refusal("/rules", &refused))
    }
}

impl Bylaws {
    fn of(row: &Row, pack: &Pack, size: Option<Size>) -> Result<Self> {
        let said = read(&row.says)?;
        let says = law::still_holding(pack, size, said.clone());
        let yielding = said.into_keys().filter(|name| !says.contains_key(name)).collect();
        Ok(Self { version: row.version, says, yielding })
    }
}

/// The pack that a district follows; the nation's where it follows none.
fn pack_of(adopted: Option<&Row>) -> Result<&'static Pack> {
    let id = adopted.and_then(|row| row.pack.as_deref());
    let pack = id.map_or_else(|| law::pack::all().first(), law::pack::by_id);
    pack.ok_or_else(|| Problem::internal("a district follows a pack that is gone"))
}

/// Why what was said does not hold: by its form, by whose it is, or by the law.
fn refusal(pointer: &str, refused: &[Refused]) -> Problem {
    let form = refused.iter().filter(|why| why.is_form()).filter_map(|why| {
        let (_, name) = why.of()?;
        let code = if matches!(why, Refused::Unknown { .. }) { "UNKNOWN" } else { "RULE_BOUND" };
        Some(InputError { pointer: format!("{pointer}/{name}"), code: code.into(), detail: why.to_string() })
    });
    let form: Vec<_> = form.collect();
    if !form.is_empty() {
        return Problem::input(form);
    }
    let code = if refused.iter().any(|why| why.of().is_some()) { &RULE_NOT_YOURS } else { &RULES_UNLAWFUL };
    code.because(refused.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
}

fn read(says: &str) -> Result<Says> {
    serde_json::from_str(says).map_err(Problem::internal)
}

/// Every pack that comes with the service.
pub(super) fn packs() -> List<RulePack> {
    let show = |pack: &'static Pack| RulePack {
        name: &pack.name,
        version: &pack.version,
        zh: &pack.zh,
        en: &pack.en,
        opinion: pack.opinion,
        needs_local_sign_off: true,
        says: pack
            .says
            .iter()
            .map(|(name, said)| PackRule { name, value: said.value.clone(), source: &said.source })
            .collect(),
    };
    List { items: law::pack::all().iter().map(show).collect(), next_cursor: None }
}

/// A district follows a pack from now on.
pub(super) async fn adopt(viewer: &Viewer, tx: &Tx, place: Uuid, request: AdoptPack) -> Result<RuleVersion> {
    let place = places::lineage(tx.conn(), place).await?;
    let role = office(viewer, Permission::AdoptPack, &place)?;
    if place.level != Level::District {
        return Err(Problem::member("/place_id", "LEVEL", "a district follows a rule pack"));
    }
    let pack =
        law::pack::find(&request.pack).ok_or_else(|| Problem::internal("a pack that passed is gone"))?;
    if pack.opinion {
        return Err(PACK_OF_OPINION.because(
            "Civil Code 278 (民法典第二百七十八条): what the owners of a district's complexes decide takes two thirds of heads and of area",
        ));
    }
    let what = Publication { pack: Some(pack.id()), says: RuleValues::default(), passed: None };
    publish(tx, &place, request.follows, role, what).await
}

/// Keeps what by-laws say that the owners of a complex passed, if they may say it.
pub(super) async fn record_bylaws(
    viewer: &Viewer,
    tx: &Tx,
    place: Uuid,
    request: RecordBylaws,
) -> Result<RuleVersion> {
    let place = places::lineage(tx.conn(), place).await?;
    let role = office(viewer, Permission::RecordBylaws, &place)?;
    if place.level != Level::Complex {
        return Err(Problem::member("/place_id", "LEVEL", "a complex has by-laws"));
    }
    let passed = (request.poll_id, request.matter_id);
    must_be_the_newest_vote(tx, place.id, passed).await?;
    let grounds = Grounds::of(tx.conn(), &place).await?;
    let says = &request.says.0;
    law::resolve(grounds.pack, grounds.size, Some(says), &Says::new())
        .map_err(|refused| refusal("/says", &refused))?;
    let what = Publication { pack: None, says: request.says, passed: Some(passed) };
    publish(tx, &place, request.follows, role, what).await
}

/// By-laws come from a vote in which they passed, and an older vote never undoes a newer one.
async fn must_be_the_newest_vote(tx: &Tx, complex: Uuid, passed: (Uuid, Uuid)) -> Result<()> {
    let of = async |passed| polls::acts::procedure_passed_at(tx.conn(), complex, passed).await;
    let not_passed =
        || BYLAWS_NOT_PASSED.because("no matter of class 1 passed there: it must be in a published poll");
    let at = of(passed).await?.ok_or_else(not_passed)?;
    let newest = store::newest(tx.conn(), complex).await?;
    let before = match newest.and_then(|row| row.poll_id.zip(row.matter_id)) {
        Some(passed) => of(passed).await?,
        None => None,
    };
    if before.is_some_and(|before| at < before) {
        return Err(BYLAWS_NOT_PASSED.because("those on record passed later"));
    }
    Ok(())
}

/// The office in which the viewer says it. Everybody may see the place.
fn office(viewer: &Viewer, permission: Permission, place: &Lineage) -> Result<&'static str> {
    viewer.require(Permission::ReadPlace, place, None)?;
    let role = viewer.acting_as(permission, place);
    role.map(Role::as_str).ok_or_else(|| NOT_ALLOWED.because("an office says by which rules a place votes"))
}

/// What a place says from now on.
struct Publication {
    /// Name and version.
    pack: Option<String>,
    says: RuleValues,
    /// The poll and the matter.
    passed: Option<(Uuid, Uuid)>,
}

async fn publish(
    tx: &Tx,
    place: &Lineage,
    follows: i32,
    role: &'static str,
    what: Publication,
) -> Result<RuleVersion> {
    let newest = store::newest(tx.conn(), place.id).await?.map_or(0, |row| row.version);
    let moved = || RULES_MOVED.because(format!("the newest version is {newest}, 0 if none"));
    if newest != follows {
        return Err(moved());
    }
    let row = Row {
        complex_id: place.at(Level::Complex).unwrap_or(places::ABOVE),
        id: tx.id(),
        place_id: place.id,
        version: newest + 1,
        pack: what.pack,
        says: serde_json::to_string(&what.says).map_err(Problem::internal)?,
        poll_id: what.passed.map(|(poll, _)| poll),
        matter_id: what.passed.map(|(_, matter)| matter),
        published_as: role.into(),
        published_at: tx.now,
    };
    match store::insert(tx.conn(), row.clone()).await {
        Err(error) if is_duplicate(&error) => return Err(moved()),
        other => other?,
    }
    tell(tx, &row).await?;
    show(row)
}

async fn tell(tx: &Tx, row: &Row) -> Result<()> {
    let (kind, facts) = match &row.pack {
        Some(pack) => ("PACK_ADOPTED", json!({ "pack": pack })),
        None => (
            "BYLAWS_RECORDED",
            json!({ "poll_id": row.poll_id, "matter_id": row.matter_id, "says": read(&row.says)? }),
        ),
    };
    record::write(
        tx,
        record::Event {
            kind,
            complex: row.complex_id,
            place: row.place_id,
            subject_type: "RULES",
            subject: row.id,
            version: row.version.into(),
            role: row.published_as.clone(),
            audience: record::Audience::Members,
            person: None,
            facts,
            commitment: None,
        },
    )
    .await
}

fn show(row: Row) -> Result<RuleVersion> {
    let says = match row.pack {
        Some(_) => None,
        None => Some(RuleValues(read(&row.says)?)),
    };
    Ok(RuleVersion {
        id: row.id,
        place_id: row.place_id,
        version: row.version,
        pack: row.pack,
        says,
        poll_id: row.poll_id,
        matter_id: row.matter_id,
        published_as: row.published_as,
        published_at: local(row.published_at),
    })
}

/// What a place itself has said.
pub(super) async fn list(app: &App, viewer: &Viewer, place: Uuid, page: &Page) -> Result<List<RuleVersion>> {
    let db = app.db.read();
    let place = places::lineage(db, place).await?;
    viewer.require(Permission::ReadPlace, &place, None)?;
    let cursors = Cursors::new(&app.vault, format!("rules {}", place.id), viewer.person);
    let before = cursors.position(page)?;
    let rows = store::of_place(db, place.id, before, page.limit() + 1).await?;
    let List { items, next_cursor } = cursors.page(rows, page, |row| row.version.to_string(), show);
    Ok(List { items: items.into_iter().collect::<Result<_>>()?, next_cursor })
}

/// One version of what a place has said.
pub(super) async fn version(app: &App, viewer: &Viewer, path: &VersionPath) -> Result<RuleVersion> {
    let db = app.db.read();
    let place = places::lineage(db, path.place_id).await?;
    viewer.require(Permission::ReadPlace, &place, None)?;
    let complex = place.at(Level::Complex).unwrap_or(places::ABOVE);
    let row = store::version(db, complex, place.id, path.version_id).await?;
    show(row.ok_or_else(|| NOT_FOUND.plain())?)
}

/// By which rules a vote at a place would be held now.
pub(super) async fn in_force(
    app: &App,
    viewer: &Viewer,
    place: Uuid,
    query: &RulesQuery,
) -> Result<RulesInForce> {
    let db = app.db.snapshot().await?;
    let place = places::lineage(&db, place).await?;
    viewer.require(Permission::ReadPlace, &place, None)?;
    let grounds = match query.pack {
        None => Grounds::of(&db, &place).await?,
        Some(OpinionPack::WorkedExample) => Grounds::of_opinion(&db, &place).await?,
    };
    let effective = grounds.meeting(&Says::new())?;
    let (bylaws, yielding) = grounds.bylaws.map(|bylaws| (bylaws.version, bylaws.yielding)).unzip();
    Ok(RulesInForce {
        place_id: place.id,
        pack: grounds.pack.id(),
        bylaws,
        yielding: yielding.unwrap_or_default(),
        rules: effective.rules.into_iter().map(|rule| RuleInForce::from(rule).bounded()).collect(),
    })
}
