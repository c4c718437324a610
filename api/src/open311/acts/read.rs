//! What strangers may read.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rules::{
    incidents::{self as law, due},
    open311::{
        Extended, Openness, Service, Window,
        course::{holder_words, level_words, promise_words},
        exposure::{Company, Month, Report},
        service,
    },
};
use uuid::Uuid;

use super::{
    super::{
        REQUEST_UNKNOWN, Refused, SERVICE_UNKNOWN,
        arguments::{Arguments, invalid},
        store::{self, Row, Slice, Wanted},
        told::{Answer, Told},
    },
    Jurisdiction,
};
use crate::{
    app::App,
    clock::local,
    config::Environment,
    database::Conn,
    http::problem::{Problem, Result},
    policies::acts as policies,
};

/// The most that a list has.
const ROWS: u64 = 1000;
/// Ids that may be named at once.
const IDS: usize = 100;
/// When what is offered last changed.
const CHANGESET: &str = "2026-11-25T00:00:00+08:00";

fn moment(at: DateTime<Utc>) -> Told {
    Told::text(local(at).to_rfc3339())
}

/// Where this is, and how to get a key. `base` is how the caller calls this server.
pub fn discovery(app: &App, base: &str) -> Answer {
    let kind = if app.config.env == Environment::Production { "production" } else { "test" };
    let formats = ["text/xml", "application/json"].map(Told::text).to_vec();
    let endpoint = Told::Members(vec![
        ("specification", Told::text("http://wiki.open311.org/GeoReport_v2")),
        ("url", Told::text(format!("{base}/open311/v2"))),
        ("changeset", Told::text(CHANGESET)),
        ("type", Told::text(kind)),
        ("formats", Told::Items("format", formats)),
    ]);
    let told = Told::Members(vec![
        ("changeset", Told::text(CHANGESET)),
        ("contact", Told::text("阅读无需密钥；问题请联系所在小区的社区工作人员。")),
        (
            "key_service",
            Told::text(
                "由所在社区的工作人员签发，签发时一并告知 jurisdiction_id：POST /v1/places/{place_id}/api-keys",
            ),
        ),
        ("endpoints", Told::Items("endpoint", vec![endpoint])),
    ]);
    Answer { root: "discovery", told }
}

/// What can be reported and read; the same in every jurisdiction.
pub async fn services(app: &App, asked: &Arguments) -> Result<Answer> {
    Jurisdiction::of(app, asked).await?;
    let services = service::all().iter().map(show_service).collect::<Result<_>>()?;
    Ok(Answer::list("services", "service", services))
}

fn show_service(service: &Service) -> Result<Told> {
    let category = category(service)?;
    let call = category.call_first.iter().map(|channel| {
        let phone = channel.phone.as_deref().unwrap_or_default();
        format!("请先致电 {phone} {}。", channel.zh)
    });
    let description: String = std::iter::once(service.description.clone()).chain(call).collect();
    Ok(Told::Members(vec![
        ("service_code", Told::text(&service.code)),
        ("service_name", Told::text(&category.name.zh)),
        ("description", Told::text(description)),
        ("metadata", Told::Flag(!service.attributes.is_empty())),
        ("type", Told::text("realtime")),
        ("keywords", Told::text(service.keywords.join(","))),
        ("group", Told::text(&service.group)),
    ]))
}

fn category(service: &Service) -> Result<&'static law::Category> {
    service.category().ok_or_else(|| Problem::internal("a service without its category"))
}

/// What is asked about one of them.
pub async fn service(app: &App, asked: &Arguments, code: &str) -> Result<Answer> {
    Jurisdiction::of(app, asked).await?;
    let service = service::find(code).filter(|service| !service.attributes.is_empty());
    let service = service
        .ok_or_else(|| SERVICE_UNKNOWN.because("no such service_code, or nothing is asked about it"))?;
    let value = |choice: &service::Choice| {
        Told::Members(vec![("key", Told::text(&choice.key)), ("name", Told::text(&choice.name))])
    };
    let attribute = |(order, one): (usize, &service::Attribute)| {
        Told::Members(vec![
            ("variable", Told::Flag(one.variable)),
            ("code", Told::text(&one.code)),
            ("datatype", Told::text(one.datatype.code())),
            ("required", Told::Flag(one.required)),
            ("datatype_description", Told::text(&one.hint)),
            ("order", Told::Number(order)),
            ("description", Told::text(&one.description)),
            ("values", Told::Items("value", one.values.iter().map(value).collect())),
        ])
    };
    let attributes = (1..).zip(&service.attributes).map(attribute).collect();
    let told = Told::Members(vec![
        ("service_code", Told::text(&service.code)),
        ("attributes", Told::Items("attribute", attributes)),
    ]);
    Ok(Answer { root: "service_definition", told })
}

/// The id behind a token. A report has its id from its first moment on, which is its own token.
pub async fn token(app: &App, asked: &Arguments, token: &str) -> Result<Answer> {
    let at = Jurisdiction::of(app, asked).await?;
    let row = one(app, &at, token).await?;
    let told = vec![("service_request_id", Told::text(row.id)), ("token", Told::text(row.id))];
    Ok(Answer::list("service_requests", "request", vec![Told::Members(told)]))
}

/// One public incident, with what happened to it if more is asked for.
pub async fn request(app: &App, asked: &Arguments, id: &str) -> Result<Answer> {
    let at = Jurisdiction::of(app, asked).await?;
    let detail = Detail::of(asked)?;
    let row = one(app, &at, id).await?;
    let wanted = Wanted { ids: Some(vec![row.id]), categories: open(), ..Wanted::default() };
    let mut told = show(app, &at, vec![row], detail).await?;
    if let (Detail::Extended, Some(Told::Members(members))) = (detail, told.first_mut()) {
        let updates =
            store::updates(app.db.read(), at.id(), &wanted, Slice { offset: 0, limit: ROWS }).await?;
        members.push(("notes", Told::Items("note", updates.iter().filter_map(note).collect())));
    }
    Ok(Answer::list("service_requests", "request", told))
}

fn note(update: &store::Update) -> Option<Told> {
    let now = after(update)?;
    Some(Told::Members(vec![
        ("datetime", moment(update.at)),
        ("description", Told::text(now.words())),
        ("type", Told::text(now.code())),
    ]))
}

fn after(update: &store::Update) -> Option<Extended> {
    law::Act::from_code(&update.act).and_then(Extended::after)
}

async fn one(app: &App, at: &Jurisdiction, id: &str) -> Result<Row> {
    let unknown = || REQUEST_UNKNOWN.plain();
    let id: Uuid = id.parse().map_err(|_| unknown())?;
    let wanted = Wanted { ids: Some(vec![id]), categories: open(), ..Wanted::default() };
    let found = store::requests(app.db.read(), at.id(), &wanted, Slice { offset: 0, limit: 1 }).await?;
    found.into_iter().next().ok_or_else(unknown)
}

/// What is public of a jurisdiction's incidents, the newest first.
pub async fn requests(app: &App, asked: &Arguments) -> Result<Answer, Refused> {
    let at = Jurisdiction::of(app, asked).await?;
    let (wanted, slice, detail) = wanted(asked, app.clock.now())?;
    let rows = store::requests(app.db.read(), at.id(), &wanted, slice).await.map_err(Problem::from)?;
    Ok(Answer::list("service_requests", "request", show(app, &at, rows, detail).await?))
}

/// What happened to public incidents, the earliest first.
pub async fn updates(app: &App, asked: &Arguments) -> Result<Answer, Refused> {
    let at = Jurisdiction::of(app, asked).await?;
    let mut refused = Refused::default();
    let updated = refused.keep(window(asked, ("start_date", "end_date"), app.clock.now()));
    let slice = refused.keep(slice(asked));
    let ids = refused.keep(ids(asked));
    let (Some(updated), Some(slice), Some(ids)) = (updated, slice, ids) else { return Err(refused) };
    let wanted = Wanted { ids, categories: open(), updated: Some(updated), ..Wanted::default() };
    let steps = store::updates(app.db.read(), at.id(), &wanted, slice).await.map_err(Problem::from)?;
    let show = |update: &store::Update| {
        let now = after(update)?;
        Some(Told::Members(vec![
            ("update_id", Told::text(format!("{}.{}", update.incident_id, update.ordinal))),
            ("service_request_id", Told::text(update.incident_id)),
            ("status", Told::text(now.code())),
            ("updated_datetime", moment(update.at)),
            ("description", Told::text(now.words())),
            ("media_url", Told::Nothing),
        ]))
    };
    let told = steps.iter().filter_map(show).collect();
    Ok(Answer::list("service_request_updates", "request_update", told))
}

/// The codes of all categories that are open.
fn open() -> Vec<&'static str> {
    service::all().iter().map(|service| service.code.as_str()).collect()
}

/// What a list is asked for. Named ids override everything else that chooses.
fn wanted(asked: &Arguments, now: DateTime<Utc>) -> Result<(Wanted, Slice, Detail), Refused> {
    let mut refused = Refused::default();
    let slice = refused.keep(slice(asked));
    let detail = refused.keep(Detail::of(asked));
    let wanted = match refused.keep(ids(asked)) {
        Some(None) => chosen(asked, now, &mut refused),
        named => named.map(|ids| Wanted { ids, categories: open(), ..Wanted::default() }),
    };
    match (wanted, slice, detail) {
        (Some(wanted), Some(slice), Some(detail)) if refused.is_empty() => Ok((wanted, slice, detail)),
        _ => Err(refused),
    }
}

fn chosen(asked: &Arguments, now: DateTime<Utc>, refused: &mut Refused) -> Option<Wanted> {
    let codes: Vec<&str> = asked.listed("service_code").collect();
    let is_asked = |code: &&'static str| codes.is_empty() || codes.contains(code);
    let says = |names: [&str; 2]| names.iter().any(|name| asked.get(name).is_some());
    let statuses = refused.keep(statuses(asked));
    let mut span = |[from, to]: [&'static str; 2]| refused.keep(window(asked, (from, to), now));
    let (reported, updated) = (["start_date", "end_date"], ["updated_after", "updated_before"]);
    // Whoever asks for what moved lately means what was reported long ago too.
    let by_report = says(reported) || !says(updated);
    let (reported, updated) = (by_report.then(|| span(reported)), says(updated).then(|| span(updated)));
    Some(Wanted {
        ids: None,
        categories: open().into_iter().filter(is_asked).collect(),
        statuses: statuses?,
        reported: reported.flatten(),
        updated: updated.flatten(),
    })
}

fn window(asked: &Arguments, (start, end): (&str, &str), now: DateTime<Utc>) -> Result<Window> {
    let window = Window::of(asked.moment(start)?, asked.moment(end)?, now);
    window.map_err(|fault| invalid(&format!("{start} and {end}:"), &fault.to_string()))
}

fn ids(asked: &Arguments) -> Result<Option<Vec<Uuid>>> {
    let named: Vec<&str> = asked.listed("service_request_id").collect();
    if named.len() > IDS {
        return Err(invalid("service_request_id", &format!("may name {IDS} at most")));
    }
    // What is no id of ours is one that nobody has.
    let ids = || named.iter().filter_map(|id| id.parse().ok()).collect();
    Ok((!named.is_empty()).then(ids))
}

fn statuses(asked: &Arguments) -> Result<Option<Vec<&'static str>>> {
    let read =
        |code| Openness::from_code(code).ok_or_else(|| invalid("status", "must be open, closed, or both"));
    let asked: Vec<Openness> = asked.listed("status").map(read).collect::<Result<_>>()?;
    let fitting = law::Status::ALL.iter().filter(|status| asked.contains(&Openness::of(**status)));
    Ok((!asked.is_empty()).then(|| fitting.map(|status| status.code()).collect()))
}

fn slice(asked: &Arguments) -> Result<Slice> {
    let limit = asked.number("page_size", ROWS)?.unwrap_or(ROWS);
    let page = asked.number("page", ROWS)?.unwrap_or(1);
    Ok(Slice { offset: (page - 1) * limit, limit })
}

/// How much is told of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Detail {
    Plain,
    Extended,
}

impl Detail {
    fn of(asked: &Arguments) -> Result<Self> {
        match asked.get("extensions") {
            None | Some("false") => Ok(Self::Plain),
            Some("true") => Ok(Self::Extended),
            Some(_) => Err(invalid("extensions", "must be true or false")),
        }
    }
}

/// Coarsens rows and tells them.
async fn show(app: &App, at: &Jurisdiction, rows: Vec<Row>, detail: Detail) -> Result<Vec<Told>> {
    let company = company(app.db.read(), at, &rows).await?;
    let places = rows.iter().flat_map(|row| row.building_id.into_iter().chain([row.holder_place_id]));
    let mut places: Vec<Uuid> = places.collect();
    places.sort_unstable();
    places.dedup();
    let mut names = HashMap::new();
    for some in places.chunks(500) {
        names.extend(store::names(app.db.read(), some.to_vec()).await?);
    }
    let policies = policies::held_to(app.db.read(), rows.iter().map(|row| row.policy.as_str())).await?;
    let show = |row: &Row| {
        let policy = policies.get(&row.policy);
        let policy = policy.ok_or_else(|| Problem::internal("an incident's policy is gone"))?;
        show_one(at, row, policy, (&company, &names), detail)
    };
    rows.iter().map(show).collect()
}

/// Who stands beside each of some reports.
async fn company(db: &impl Conn, at: &Jurisdiction, rows: &[Row]) -> Result<Company<Uuid>> {
    let months =
        || rows.iter().filter(|row| row.building_id.is_some()).filter_map(|row| Month::of(row.reported_at));
    let bounds = (months().min().and_then(Month::begins), months().max().and_then(Month::ends));
    let (Some(from), Some(to)) = bounds else { return Ok(Company::of([])) };
    let households = store::households(db, at.id(), (from, to)).await?;
    Ok(Company::of(households.into_iter().map(|one| Report {
        building: one.building_id,
        category: one.category,
        at: one.reported_at,
        reporter: one.reporter_id,
        home: one.household_id,
    })))
}

fn show_one(
    at: &Jurisdiction,
    row: &Row,
    policy: &law::Policy,
    (company, names): (&Company<Uuid>, &HashMap<Uuid, String>),
    detail: Detail,
) -> Result<Told> {
    let damaged = |what: &str| Problem::internal(format!("an incident has no {what}"));
    let status = law::Status::from_code(&row.status).ok_or_else(|| damaged("status"))?;
    let level = law::Level::from_code(&row.level).ok_or_else(|| damaged("level"))?;
    let holder = law::Holder::from_code(&row.holder_role).ok_or_else(|| damaged("holder"))?;
    let tier = policy.at(level);
    let service = service::find(&row.category).ok_or_else(|| damaged("service"))?;
    let name = &category(service)?.name.zh;
    let households = |building| company.households(building, &row.category, row.reported_at);
    let in_company = row.building_id.and_then(|building| Some((building, households(building)?)));
    let (address, address_id) = match in_company {
        Some((building, _)) => {
            let building_name = names.get(&building).ok_or_else(|| damaged("building"))?;
            (format!("{}{building_name}", at.name), building)
        }
        None => (at.name.clone(), at.id()),
    };
    let now = Extended::of(status);
    let mut members = vec![
        ("service_request_id", Told::text(row.id)),
        ("status", Told::text(Openness::of(status).code())),
        ("status_notes", Told::text(format!("{}（{}）", now.words(), level_words(level)))),
        ("service_name", Told::text(name)),
        ("service_code", Told::text(&row.category)),
        ("description", Told::text(name)),
        ("agency_responsible", Told::text(agency(level, holder, names.get(&row.holder_place_id)))),
        ("service_notice", Told::text(promise_words(tier))),
        ("requested_datetime", moment(row.reported_at)),
        ("updated_datetime", moment(row.updated_at.unwrap_or(row.reported_at))),
        ("expected_datetime", expected(row, policy, level).map_or(Told::Nothing, moment)),
        ("address", Told::text(address)),
        ("address_id", Told::text(address_id)),
        ("zipcode", Told::Nothing),
        ("lat", Told::Nothing),
        ("long", Told::Nothing),
        ("media_url", Told::Nothing),
    ];
    if detail == Detail::Extended {
        // In company it may be told what belongs together, and how many they are.
        let households = in_company.map_or(Told::Nothing, |(_, households)| Told::Number(households));
        let cluster = row.cluster_id.filter(|_| in_company.is_some());
        let more = vec![
            ("level", Told::text(level.code())),
            ("state", Told::text(status.code())),
            ("cluster_id", cluster.map_or(Told::Nothing, Told::text)),
            ("households", households),
        ];
        members.push(("extended_attributes", Told::Members(more)));
    }
    Ok(Told::Members(members))
}

/// Who answers now. Below the complex only as what: whose unit or building it is would tell where it was reported.
fn agency(level: law::Level, holder: law::Holder, place: Option<&String>) -> String {
    let place = place.filter(|_| level >= law::Level::Complex).map(String::as_str).unwrap_or_default();
    format!("{place}{}", holder_words(holder))
}

/// By when it is handled, as long as that is promised.
fn expected(row: &Row, policy: &law::Policy, level: law::Level) -> Option<DateTime<Utc>> {
    let at = row.due_at?;
    match law::DueKind::from_code(row.due_kind.as_deref()?)? {
        law::DueKind::Handle => Some(at),
        law::DueKind::Contact => Some(due::handle_due(at, policy, level).at),
        law::DueKind::Resume
        | law::DueKind::Reply
        | law::DueKind::Verify
        | law::DueKind::Confirm
        | law::DueKind::Shout => None,
    }
}
