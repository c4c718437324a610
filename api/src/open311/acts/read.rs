//! What strangers may read.

use chrono::{DateTime, TimeDelta, Utc};
use rules::{
    incidents as law,
    open311::{
        BULK, Extended, Openness, SPAN, Service, Window,
        nearby::{Circle, REACH, WIDEST},
        service,
    },
};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{
    super::{
        REQUEST_UNKNOWN, Refused, SERVICE_UNKNOWN,
        arguments::{Arguments, invalid},
        store::{self, Row, Slice, Wanted},
        told::{Answer, Told},
    },
    Jurisdiction,
    telling::{COLUMNS, Telling, moment},
};
use crate::{
    app::App,
    config::Environment,
    http::{
        problem::{Problem, Result},
        sheet,
    },
    uploads,
};

/// The most that a list has.
const ROWS: u64 = 1000;
/// The most that is looked at for what is near a point: where something is told is known only once it is coarsened.
const LOOKED_AT: u64 = 10_000;
/// Ids that may be named at once.
const IDS: usize = 100;
/// Parts of exports that are read at once; who is slow to take theirs holds nobody up.
static EXPORTING: Semaphore = Semaphore::const_new(2);
/// When what is offered last changed.
const CHANGESET: &str = "2026-11-28T00:00:00+08:00";

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

/// One public incident, with what happened to it if more is asked for. `base` is how the caller calls this server.
pub async fn request(app: &App, asked: &Arguments, base: &str, id: &str) -> Result<Answer> {
    let at = Jurisdiction::of(app, asked).await?;
    let detail = Detail::of(asked)?;
    let row = one(app, &at, id).await?;
    let wanted = Wanted { ids: Some(vec![row.id]), categories: open(), ..Wanted::default() };
    let rows = [row];
    let mut told = told(&Telling::of(app, &at, &rows).await?, rows.iter(), base, detail)?;
    if let (Detail::Extended, Some(Told::Members(members))) = (detail, told.first_mut()) {
        let updates =
            store::updates(app.db.read(), at.id(), &wanted, Slice { offset: 0, limit: ROWS }).await?;
        members.push(("notes", Told::Items("note", updates.iter().filter_map(note).collect())));
    }
    Ok(Answer::list("service_requests", "request", told))
}

fn told<'a>(
    telling: &Telling<'_>,
    rows: impl Iterator<Item = &'a Row>,
    base: &str,
    detail: Detail,
) -> Result<Vec<Told>> {
    rows.map(|row| {
        let mut members = telling.show(row, base)?;
        if detail == Detail::Extended {
            members.push(("extended_attributes", telling.more(row)?));
        }
        Ok(Told::Members(members))
    })
    .collect()
}

/// The picture of a public incident that strangers are shown.
pub async fn media(app: &App, photo: Uuid) -> Result<Vec<u8>> {
    let unknown = || REQUEST_UNKNOWN.because("there is no such picture");
    let found = store::of_photo(app.db.read(), photo).await?;
    let (complex, incident) = found.ok_or_else(unknown)?;
    let at = Jurisdiction::at(app, complex).await?;
    let rows = [one(app, &at, &incident.to_string()).await?];
    let telling = Telling::of(app, &at, &rows).await?;
    if !rows.iter().any(|row| telling.photo(row) == Some(photo)) {
        return Err(unknown());
    }
    uploads::small(app, photo).await
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

/// What is public of a jurisdiction's incidents, the newest first. `base` is how the caller calls this server.
pub async fn requests(app: &App, asked: &Arguments, base: &str) -> Result<Answer, Refused> {
    let at = Jurisdiction::of(app, asked).await?;
    let mut refused = Refused::default();
    let (slice, detail) = (refused.keep(slice(asked)), refused.keep(Detail::of(asked)));
    let choice = Choice::of(asked, app.clock.now(), SPAN, &mut refused);
    let (Some(slice), Some(detail), Some(choice)) = (slice, detail, choice) else { return Err(refused) };
    let (read, left) = match choice.near {
        None => (slice, Slice { offset: 0, ..slice }),
        Some(_) => (Slice { offset: 0, limit: LOOKED_AT }, slice),
    };
    let rows = store::requests(app.db.read(), at.id(), &choice.wanted, read).await.map_err(Problem::from)?;
    let telling = Telling::of(app, &at, &rows).await?;
    let near = rows.iter().filter(|row| choice.near.is_none_or(|near| telling.is_in(row, &near)));
    let [offset, limit] = [left.offset, left.limit].map(|rows| usize::try_from(rows).unwrap_or(usize::MAX));
    let told = told(&telling, near.skip(offset).take(limit), base, detail)?;
    Ok(Answer::list("service_requests", "request", told))
}

/// Everything that is public of a jurisdiction's incidents in a year at most, as a table that is written while it is
/// read: the newest first.
pub struct Bulk {
    at: Jurisdiction,
    choice: Choice,
    is_begun: bool,
    is_over: bool,
}

impl Bulk {
    /// Begins one.
    pub async fn of(app: &App, asked: &Arguments) -> Result<Self, Refused> {
        let at = Jurisdiction::of(app, asked).await?;
        let mut refused = Refused::default();
        let choice = Choice::of(asked, app.clock.now(), BULK, &mut refused);
        let choice = choice.ok_or(refused)?;
        Ok(Self { at, choice, is_begun: false, is_over: false })
    }

    /// The next lines; none at the end.
    pub async fn next(&mut self, app: &App) -> Result<Option<Vec<u8>>> {
        if self.is_over {
            return Ok(None);
        }
        let _one_of_few = EXPORTING.acquire().await.map_err(Problem::internal)?;
        let slice = Slice { offset: 0, limit: ROWS };
        let rows = store::requests(app.db.read(), self.at.id(), &self.choice.wanted, slice).await?;
        let telling = Telling::of(app, &self.at, &rows).await?;
        let near = rows.iter().filter(|row| self.choice.near.is_none_or(|near| telling.is_in(row, &near)));
        let heading = (!self.is_begun).then(|| COLUMNS.map(str::to_owned).to_vec());
        let lines: Vec<_> = near.map(|row| telling.line(row)).collect::<Result<_>>()?;
        self.is_begun = true;
        self.is_over = u64::try_from(rows.len()).is_ok_and(|rows| rows < ROWS);
        self.choice.wanted.after = rows.last().map(|row| (row.reported_at, row.id));
        Ok(Some(sheet::lines(heading.into_iter().chain(lines))?))
    }
}

/// What happened to public incidents, the earliest first.
pub async fn updates(app: &App, asked: &Arguments) -> Result<Answer, Refused> {
    let at = Jurisdiction::of(app, asked).await?;
    let mut refused = Refused::default();
    let updated = refused.keep(window(asked, ("start_date", "end_date"), app.clock.now(), SPAN));
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

/// What is chosen from what is public.
#[derive(Debug)]
struct Choice {
    wanted: Wanted,
    /// Only what is told to be in it.
    near: Option<Circle>,
}

impl Choice {
    /// Named ids override everything else that chooses. `span` is the longest that may be asked for, and the one that
    /// is meant when none is named.
    fn of(asked: &Arguments, now: DateTime<Utc>, span: TimeDelta, refused: &mut Refused) -> Option<Self> {
        match refused.keep(ids(asked))? {
            None => Self::by_arguments(asked, (now, span), refused).filter(|_| refused.is_empty()),
            ids => Some(Self { wanted: Wanted { ids, categories: open(), ..Wanted::default() }, near: None }),
        }
    }

    fn by_arguments(
        asked: &Arguments,
        (now, span): (DateTime<Utc>, TimeDelta),
        refused: &mut Refused,
    ) -> Option<Self> {
        let codes: Vec<&str> = asked.listed("service_code").collect();
        let is_asked = |code: &&'static str| codes.is_empty() || codes.contains(code);
        let says = |names: [&str; 2]| names.iter().any(|name| asked.get(name).is_some());
        let statuses = refused.keep(statuses(asked));
        let near = refused.keep(near(asked));
        let mut window = |[from, to]: [&'static str; 2]| refused.keep(window(asked, (from, to), now, span));
        let (reported, updated) = (["start_date", "end_date"], ["updated_after", "updated_before"]);
        // Whoever asks for what moved lately means what was reported long ago too.
        let by_report = says(reported) || !says(updated);
        let (reported, updated) =
            (by_report.then(|| window(reported)), says(updated).then(|| window(updated)));
        let wanted = Wanted {
            categories: open().into_iter().filter(is_asked).collect(),
            statuses: statuses?,
            reported: reported.flatten(),
            updated: updated.flatten(),
            ..Wanted::default()
        };
        Some(Self { wanted, near: near? })
    }
}

/// Around which point, and how far.
fn near(asked: &Arguments) -> Result<Option<Circle>> {
    let (centre, radius) = (asked.position()?, asked.number("radius", WIDEST)?);
    if centre.is_none() && radius.is_some() {
        return Err(invalid("radius", "comes with lat and long"));
    }
    Ok(centre.map(|centre| Circle { centre, radius: radius.unwrap_or(REACH) }))
}

fn window(
    asked: &Arguments,
    (start, end): (&str, &str),
    now: DateTime<Utc>,
    span: TimeDelta,
) -> Result<Window> {
    let window = Window::of(asked.moment(start)?, asked.moment(end)?, now, span);
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
