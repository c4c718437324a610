//! The account of WeChat's subscriptions: one accept is one message, and WeChat cannot be asked how many are left.
//!
//! An accept is told twice, by the phone and by WeChat's push, and either may get lost: the higher of the two counts is
//! believed. A message that was sent, or may have been, is spent.

use chrono::TimeDelta;
use rules::notices::Topic;
use serde_json::Value;
use uuid::Uuid;

use super::super::{
    TEMPLATE_FOREIGN,
    model::{Subscription, SubscriptionAnswer, SubscriptionReport, Subscriptions},
    store,
};
use crate::{
    access::Viewer,
    app::App,
    database::{Conn, Tx},
    http::problem::Result,
    identity,
    pii::sha256,
};

/// How long a push is known again: WeChat repeats it within seconds.
const PUSHES_KEPT: TimeDelta = TimeDelta::days(1);

type Account = ::entity::subscription::Model;

/// Messages left, as far as we know.
fn left(account: &Account) -> i64 {
    (account.reported.max(account.confirmed) - account.spent).max(0)
}

/// All templates, with the caller's accounts.
pub async fn subscriptions(app: &App, db: &impl Conn, viewer: &Viewer) -> Result<Subscriptions> {
    let accounts = store::subscriptions(db, viewer.person).await?;
    let show = |template: &super::super::templates::Template| Subscription {
        topic: template.topic.into(),
        template_id: template.id.clone(),
        messages_left: accounts.iter().find(|one| one.template_id == template.id).map_or(0, left),
    };
    Ok(Subscriptions { items: app.config.wechat_templates.all().iter().map(show).collect() })
}

/// Keeps what the caller answered to a dialog.
pub async fn report(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    report: &SubscriptionReport,
) -> Result<Subscriptions> {
    for given in &report.answers {
        let template = app.config.wechat_templates.named(&given.template_id);
        let template = template.ok_or_else(|| TEMPLATE_FOREIGN.plain())?;
        let person = viewer.person;
        match given.answer {
            SubscriptionAnswer::Accept => {
                change(tx, person, &template.id, "ACCEPT", |account| account.reported += 1).await?;
            }
            SubscriptionAnswer::Ban => empty(tx, person, &template.id, "BAN").await?,
            SubscriptionAnswer::Reject | SubscriptionAnswer::Filter => {
                change(tx, person, &template.id, "REJECT", |_| ()).await?;
            }
        }
    }
    subscriptions(app, tx.conn(), viewer).await
}

/// Whether a message may be sent to a person.
pub(super) async fn has_message(app: &App, tx: &Tx, person: Uuid, topic: Topic) -> Result<bool> {
    let Some(template) = app.config.wechat_templates.of(topic) else { return Ok(false) };
    let accounts = store::subscriptions(tx.conn(), person).await?;
    Ok(accounts.iter().any(|account| account.template_id == template.id && left(account) > 0))
}

/// A message was sent, or may have been.
pub(super) async fn spend(tx: &Tx, person: Uuid, template: &str) -> Result<()> {
    change(tx, person, template, "SENT", |account| account.spent += 1).await
}

/// Nothing is left, whatever we thought.
pub(super) async fn empty(tx: &Tx, person: Uuid, template: &str, why: &'static str) -> Result<()> {
    let level = |account: &mut Account| {
        let all = account.reported.max(account.confirmed).max(account.spent);
        (account.reported, account.confirmed, account.spent) = (all, all, all);
    };
    change(tx, person, template, why, level).await
}

async fn change(
    tx: &Tx,
    person: Uuid,
    template: &str,
    event: &'static str,
    act: impl FnOnce(&mut Account),
) -> Result<()> {
    let mut account = store::account(tx.conn(), person, template, tx.now).await?;
    act(&mut account);
    account.last_event = event.into();
    account.updated_at = tx.now;
    Ok(store::save_account(tx.conn(), account).await?)
}

/// Takes what WeChat pushed about subscriptions, once. What it is about somebody unknown, or about nothing that we keep,
/// is nothing to us.
pub async fn pushed(app: &App, push: &Value) -> Result<()> {
    let text = |name: &str| push.get(name).and_then(Value::as_str).unwrap_or_default();
    let (event, openid) = (text("Event"), text("FromUserName"));
    let items = items(push, event);
    if items.is_empty() || openid.is_empty() {
        return Ok(());
    }
    app.db
        .write(async |tx| {
            let digest = sha256(&serde_json::to_vec(push).unwrap_or_default());
            if !store::first_push(tx.conn(), digest, tx.now).await? {
                return Ok(());
            }
            let Some(person) = identity::person_of_openid(app, tx.conn(), openid).await? else {
                return Ok(());
            };
            for item in items {
                take(app, tx, person, event, item).await?;
            }
            Ok(())
        })
        .await
}

async fn take(app: &App, tx: &Tx, person: Uuid, event: &str, item: &Value) -> Result<()> {
    let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
    let Some(template) = app.config.wechat_templates.named(text("TemplateId")) else { return Ok(()) };
    match (event, text("SubscribeStatusString")) {
        ("subscribe_msg_popup_event", "accept") => {
            change(tx, person, &template.id, "POPUP_ACCEPT", |account| account.confirmed += 1).await
        }
        ("subscribe_msg_change_event", "reject") => empty(tx, person, &template.id, "SWITCHED_OFF").await,
        ("subscribe_msg_sent_event", _) => {
            let arrived = if text("ErrorCode") == "0" { "YES" } else { "NO" };
            metrics::counter!("wechat_messages_arrived_total", "arrived" => arrived).increment(1);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The items of an event: `List` is the item itself when there is one, and an array of several; the console's other
/// form has it one level down.
fn items<'a>(push: &'a Value, event: &str) -> Vec<&'a Value> {
    let nested = match event {
        "subscribe_msg_popup_event" => "SubscribeMsgPopupEvent",
        "subscribe_msg_change_event" => "SubscribeMsgChangeEvent",
        "subscribe_msg_sent_event" => "SubscribeMsgSentEvent",
        _ => return Vec::new(),
    };
    let list = push.get("List").or_else(|| push.get(nested)?.get("List"));
    match list {
        Some(Value::Array(all)) => all.iter().collect(),
        Some(one @ Value::Object(_)) => vec![one],
        _ => Vec::new(),
    }
}

/// Forgets which pushes came long ago.
pub async fn forget_pushes(app: &App) -> Result<usize> {
    let gone =
        app.db.write(async |tx| Ok(store::forget_pushes(tx.conn(), tx.now - PUSHES_KEPT).await?)).await?;
    Ok(usize::try_from(gone).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_item_stands_alone_and_several_in_a_list() {
        let item = json!({ "TemplateId": "a" });
        let event = "subscribe_msg_popup_event";
        for (push, count) in [
            (json!({ "List": item }), 1),
            (json!({ "List": [item, item] }), 2),
            (json!({ "SubscribeMsgPopupEvent": { "List": [item] } }), 1),
            (json!({ "List": "a" }), 0),
            (json!({}), 0),
        ] {
            assert_eq!(items(&push, event).len(), count, "{push}");
        }
        assert!(items(&json!({ "List": item }), "debug_demo").is_empty());
    }
}
