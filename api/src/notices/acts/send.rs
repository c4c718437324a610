//! Out to people: taken up, saved as being sent, sent, and settled, one message to a person at a time.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, stream};
use rules::notices::{self as law, Outcome, Settled, State, Urgency, Way, course};
use serde_json::Value;
use uuid::Uuid;

use super::{
    super::{
        store::{self, Key},
        ways::Letter,
        words::Said,
    },
    Addresses,
    feed::{quiet, telling_of, where_it_is},
    ledger,
};
use crate::{
    app::App,
    database::Tx,
    http::problem::{Problem, Result},
    identity, record,
    wechat::{Class, Language, Message, Refusal, Release, WeChatError},
};

/// Deliveries looked at in one go.
const BATCH: u64 = 50;
/// Sent at once, to as many persons.
const AT_ONCE: usize = 8;
/// After so long whoever was sending counts as dead: longer than any way takes.
const LEASE: TimeDelta = TimeDelta::minutes(2);

/// Sends what is due; answers how many moved. What cannot be sent keeps nobody else waiting.
pub async fn send(app: &App) -> Result<usize> {
    let due = store::due(app.db.read(), app.clock.now(), BATCH).await?;
    let moves = stream::iter(due).map(async |row| {
        let key = store::key(&row);
        let moved = match State::from_code(&row.state) {
            Some(State::Sending) => left_behind(app, &key).await,
            _ => send_one(app, &row).await,
        };
        moved.unwrap_or_else(|problem| {
            problem.hinders("send a notice", row.notice_id);
            0
        })
    });
    let counts: Vec<usize> = moves.buffer_unordered(AT_ONCE).collect().await;
    Ok(counts.iter().sum())
}

/// What is sent, once it has been taken up.
struct Errand {
    key: Key,
    run: Uuid,
    way: Way,
    person: Uuid,
    attempts: u32,
    what: What,
}

enum What {
    Message { openid: String, template: String, fields: Vec<(String, String)>, page: String },
    Letter(Letter),
}

async fn send_one(app: &App, due: &::entity::delivery::Model) -> Result<usize> {
    let tx = app.db.begin().await?;
    let Some(taken) = take_up(app, &tx, due).await? else {
        tx.undo().await;
        return Ok(0);
    };
    tx.commit().await?;
    let Some(errand) = taken else { return Ok(1) };
    let outcome = carry(app, &errand).await;
    app.db.write(async |tx| settle(app, tx, &errand, outcome).await).await?;
    Ok(1)
}

/// Takes a delivery up. Nothing at all when it is not its turn; no errand when it moved without being sent: put off
/// until morning, void, told together with another, or on to the next way.
async fn take_up(app: &App, tx: &Tx, due: &::entity::delivery::Model) -> Result<Option<Option<Errand>>> {
    let way = Way::from_code(&due.way).ok_or_else(|| Problem::internal("no such way"))?;
    // One message to a person at a time, across processes: held until this is saved as being sent. Before any row is
    // held, so that nobody who comes too late holds one that is to be told together with another.
    if !tx.try_lock(&format!("delivery {way} {}", due.person_id)).await?
        || store::is_busy(tx.conn(), due.person_id, way).await?
    {
        return Ok(None);
    }
    let row = store::hold(tx.conn(), &store::key(due), State::Waiting).await?;
    let Some(mut row) = row.filter(|row| row.run_at <= tx.now) else { return Ok(None) };
    let notice = match turn(tx, &row).await? {
        Turn::Now(notice) => notice,
        Turn::From(from) => {
            row.run_at = from;
            store::save(tx.conn(), row).await?;
            return Ok(Some(None));
        }
        Turn::Never => {
            end(tx, row, State::Void).await?;
            return Ok(Some(None));
        }
    };
    let addresses = Addresses::of(app, tx.conn(), row.person_id).await?;
    let topic = law::Topic::from_code(&row.topic).ok_or_else(|| Problem::internal("no such topic"))?;
    let open = addresses.open(app, topic);
    // Before the way is known to be closed: those who take the next one take it together.
    row.matters += join(tx, &row).await?;
    let paid = way != Way::WeChat || ledger::has_message(app, tx, row.person_id, topic).await?;
    if !open.contains(&way) || !paid {
        pass_on(app, tx, row).await?;
        return Ok(Some(None));
    }
    let errand = errand(app, tx, (&row, way), &notice, addresses).await?;
    row.state = State::Sending.code().into();
    row.run = Some(errand.run);
    row.run_at = tx.now + LEASE;
    store::save(tx.conn(), row).await?;
    Ok(Some(Some(errand)))
}

/// When a delivery goes out.
enum Turn {
    Now(Box<::entity::notice::Model>),
    /// Not in the quiet hours.
    From(DateTime<Utc>),
    /// Nobody is to be told of it any more.
    Never,
}

async fn turn(tx: &Tx, row: &::entity::delivery::Model) -> Result<Turn> {
    let Some(notice) = store::notice(tx.conn(), row.complex_id, row.notice_id).await? else {
        return Ok(Turn::Never);
    };
    let quiet = quiet(tx, &notice.subject_type, notice.subject_id).await?;
    let from = law::earliest(Urgency::of(row.severity.as_deref()), quiet, tx.now);
    if from > tx.now {
        return Ok(Turn::From(from));
    }
    let is_to_be_told = still_to_tell(tx, &notice).await?;
    Ok(if is_to_be_told { Turn::Now(Box::new(notice)) } else { Turn::Never })
}

/// Whether a person is still to be told: they hold the post as whose holder they are told, and nothing has happened since
/// that makes it void.
async fn still_to_tell(tx: &Tx, notice: &::entity::notice::Model) -> Result<bool> {
    if let (Some(place), Some(role)) = (notice.post_place_id, notice.post_role.as_deref())
        && !identity::holds(tx.conn(), notice.person_id, place, role, tx.now).await?
    {
        return Ok(false);
    }
    let void_by = telling_of(notice).map_or(&[][..], |telling| telling.void_by);
    let subject = (notice.complex_id, notice.subject_id);
    let over = record::happened_since(tx.conn(), subject, notice.subject_version, void_by).await?;
    Ok(!over)
}

/// Takes what else waits for the person about the same building along; answers how many matters that is. What is
/// serious is told by itself, and what has quiet hours of its own keeps them.
async fn join(tx: &Tx, row: &::entity::delivery::Model) -> Result<i32> {
    let is_ordinary = |severity: Option<&str>| Urgency::of(severity) == Urgency::Ordinary;
    if row.topic != law::Topic::Task.code() || !is_ordinary(row.severity.as_deref()) {
        return Ok(0);
    }
    let mut matters = 0;
    for other in store::beside(tx.conn(), row).await? {
        if !is_ordinary(other.severity.as_deref()) {
            continue;
        }
        let state = match turn(tx, &other).await? {
            Turn::Now(_) => {
                matters += other.matters;
                State::Joined
            }
            Turn::From(_) => continue,
            Turn::Never => State::Void,
        };
        end(tx, other, state).await?;
    }
    Ok(matters)
}

async fn errand(
    app: &App,
    tx: &Tx,
    (row, way): (&::entity::delivery::Model, Way),
    notice: &::entity::notice::Model,
    addresses: Addresses,
) -> Result<Errand> {
    let telling = telling_of(notice).ok_or_else(|| Problem::internal("a notice that no row tells"))?;
    let facts: Value = serde_json::from_str(&notice.facts).unwrap_or_default();
    let place = where_it_is(tx, notice.place_id).await?;
    let matters = u32::try_from(row.matters).unwrap_or(1);
    let said = Said { telling, facts: &facts, place, at: notice.at, matters };
    let to = |address: Option<String>| address.ok_or_else(|| Problem::internal("a way without an address"));
    let what = match way {
        Way::WeChat => {
            let template = app.config.wechat_templates.of(telling.topic);
            let template = template.ok_or_else(|| Problem::internal("a topic without its template"))?;
            let fields = said.fields(template);
            What::Message {
                openid: to(addresses.openid)?,
                template: template.id.clone(),
                fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
                page: format!("pages/index/index?notice={}", notice.id),
            }
        }
        Way::Sms => What::Letter(said.letter(format!("{}-sms", notice.id), to(addresses.phone)?)),
        Way::Email => What::Letter(said.letter(format!("{}-email", notice.id), to(addresses.email)?)),
    };
    let attempts = u32::try_from(row.attempts).unwrap_or(0);
    Ok(Errand { key: store::key(row), run: tx.ids.random(), way, person: row.person_id, attempts, what })
}

async fn carry(app: &App, errand: &Errand) -> Outcome {
    let outcome = match (&errand.what, errand.way) {
        (What::Message { openid, template, fields, page }, _) => {
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let message = Message {
                openid,
                template_id: template,
                page: Some(page),
                release: Release::Released,
                language: Language::SimplifiedChinese,
                fields: &fields,
            };
            let Some(wechat) = &app.wechat else { return Outcome::NotThisWay };
            match wechat.send_message(&message).await {
                Ok(_) => Outcome::Sent,
                Err(error) => told_by_wechat(&error),
            }
        }
        (What::Letter(letter), way) => {
            let carrier = if way == Way::Sms { &app.ways.sms } else { &app.ways.email };
            match carrier {
                Some(carrier) => carrier.carry(letter).await,
                None => Outcome::NotThisWay,
            }
        }
    };
    metrics::counter!("notices_sent_total", "way" => errand.way.code(), "outcome" => trouble(outcome).unwrap_or("SENT"))
        .increment(1);
    outcome
}

/// What WeChat's refusal means for a message.
fn told_by_wechat(error: &WeChatError) -> Outcome {
    match (error, error.class()) {
        (WeChatError::Refused { refusal, .. }, _) => match refusal {
            Refusal::SendInProgress => Outcome::Busy,
            Refusal::NotSubscribed
            | Refusal::PersonUnknown
            | Refusal::PersonBlocked
            | Refusal::TemplateBanned => Outcome::NotThisWay,
            _ => {
                tracing::error!(%error, "WeChat refuses a message");
                Outcome::Refused
            }
        },
        (_, Class::Quota { until }) => Outcome::ClosedUntil(until),
        (_, Class::Uncertain) => Outcome::Unknown,
        (_, Class::Retry) => Outcome::Failed,
        (_, Class::Config | Class::AskNewCode | Class::Refused) => {
            tracing::warn!(%error, "WeChat takes no messages");
            Outcome::Failed
        }
    }
}

/// What went wrong, as the list of the dead tells it.
fn trouble(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Sent => None,
        Outcome::Failed => Some("FAILED"),
        Outcome::ClosedUntil(_) => Some("QUOTA"),
        Outcome::Busy => Some("BUSY"),
        Outcome::NotThisWay => Some("NOT_THIS_WAY"),
        Outcome::Refused => Some("REFUSED"),
        Outcome::Unknown => Some("UNKNOWN"),
    }
}

/// Writes how an errand ended, if it is still this run's.
async fn settle(app: &App, tx: &Tx, errand: &Errand, outcome: Outcome) -> Result<()> {
    if let What::Message { template, .. } = &errand.what {
        match outcome {
            Outcome::Sent | Outcome::Unknown => ledger::spend(tx, errand.person, template).await?,
            Outcome::NotThisWay => ledger::empty(tx, errand.person, template, "REFUSED").await?,
            _ => {}
        }
    }
    let Some(mut row) = store::hold(tx.conn(), &errand.key, State::Sending).await? else { return Ok(()) };
    if row.run != Some(errand.run) {
        return Ok(());
    }
    row.trouble = trouble(outcome).map(Into::into);
    apply(app, tx, row, course::settle(outcome, errand.attempts, tx.now)).await
}

/// What becomes of a delivery whose sender did not come back.
async fn left_behind(app: &App, key: &Key) -> Result<usize> {
    app.db
        .write(async |tx| {
            let Some(mut row) = store::hold(tx.conn(), key, State::Sending).await? else { return Ok(0) };
            let way = Way::from_code(&row.way).ok_or_else(|| Problem::internal("no such way"))?;
            if row.run_at > tx.now {
                return Ok(0);
            }
            let attempts = u32::try_from(row.attempts).unwrap_or(u32::MAX);
            let settled = course::left_behind(way, attempts, tx.now);
            if let (Settled::Uncertain, Some(topic)) = (settled, law::Topic::from_code(&row.topic))
                && let Some(template) = app.config.wechat_templates.of(topic)
            {
                ledger::spend(tx, row.person_id, &template.id).await?;
            }
            row.trouble = Some("SENDER_DIED".into());
            apply(app, tx, row, settled).await?;
            Ok(1)
        })
        .await
}

async fn apply(app: &App, tx: &Tx, mut row: ::entity::delivery::Model, settled: Settled) -> Result<()> {
    row.run = None;
    match settled {
        Settled::Sent => end(tx, row, State::Sent).await,
        Settled::Uncertain => end(tx, row, State::Uncertain).await,
        Settled::NextWay => pass_on(app, tx, row).await,
        Settled::Dead => {
            metrics::counter!("notices_dead_total", "way" => row.way.clone()).increment(1);
            row.attempts = row.attempts.saturating_add(1);
            end(tx, row, State::Dead).await
        }
        Settled::Waits { from, attempts } => {
            row.state = State::Waiting.code().into();
            row.attempts = i32::try_from(attempts).unwrap_or(i32::MAX);
            row.run_at = from;
            Ok(store::save(tx.conn(), row).await?)
        }
    }
}

async fn end(tx: &Tx, mut row: ::entity::delivery::Model, state: State) -> Result<()> {
    row.state = state.code().into();
    row.settled_at = Some(tx.now);
    Ok(store::save(tx.conn(), row).await?)
}

/// Takes the next way, if there is one.
async fn pass_on(app: &App, tx: &Tx, row: ::entity::delivery::Model) -> Result<()> {
    let tried = Way::from_code(&row.way);
    let topic = law::Topic::from_code(&row.topic).ok_or_else(|| Problem::internal("no such topic"))?;
    let open = Addresses::of(app, tx.conn(), row.person_id).await?.open(app, topic);
    let Some(next) = law::next_way(tried, &open) else {
        metrics::counter!("notices_unreached_total").increment(1);
        return end(tx, row, State::Unreached).await;
    };
    let next = ::entity::delivery::Model {
        way: next.code().into(),
        state: State::Waiting.code().into(),
        attempts: 0,
        run: None,
        run_at: tx.now,
        trouble: None,
        settled_at: None,
        ..row.clone()
    };
    end(tx, row, State::PassedOn).await?;
    Ok(store::insert_delivery(tx.conn(), next).await?)
}
