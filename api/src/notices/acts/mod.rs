//! Telling, sending, reading and mending notices.
//!
//! [`feed`] follows the record and decides who is told what, [`many`] tells those who are too many for one transaction; [`send`] carries it out; [`ledger`] keeps the account of
//! WeChat's subscriptions; [`silences`] are what a post is not called about; [`inbox`] is what a person sees; [`dead`] what an operator mends; [`reach`] tells who can be
//! told anything at all.

pub mod dead;
mod feed;
pub mod inbox;
pub mod ledger;
mod many;
pub mod reach;
mod send;
pub mod silences;

pub use feed::feed;
pub use ledger::forget_pushes;
pub use many::tell_many;
pub use send::send;

use std::collections::BTreeSet;

use rules::notices::{Topic, Way};
use uuid::Uuid;

use super::store;
use crate::{
    app::App,
    database::Conn,
    http::problem::{Problem, Result},
    identity,
};

/// The column that an e-mail address is sealed for.
const EMAIL: &str = "person_email.address";

/// Where a person can be reached, in the clear.
struct Addresses {
    openid: Option<String>,
    phone: Option<String>,
    email: Option<String>,
}

impl Addresses {
    async fn of(app: &App, db: &impl Conn, person: Uuid) -> Result<Self> {
        let identity::Contact { openid, phone } = identity::contact(app, db, person).await?;
        let email = match &app.ways.email {
            Some(_) => store::email(db, person).await?,
            None => None,
        };
        let open = |row: ::entity::person_email::Model| app.vault.text(EMAIL, &row.address_cipher);
        Ok(Self { openid, phone, email: email.map(open).transpose().map_err(Problem::internal)? })
    }

    /// The ways that are open to them for this topic.
    fn open(&self, app: &App, topic: Topic) -> BTreeSet<Way> {
        let subscribed = || app.wechat.is_some() && app.config.wechat_templates.of(topic).is_some();
        let ways = [
            (Way::WeChat, self.openid.is_some() && subscribed()),
            (Way::Sms, self.phone.is_some() && app.ways.sms.is_some()),
            (Way::Email, self.email.is_some()),
        ];
        ways.into_iter().filter(|(_, open)| *open).map(|(way, _)| way).collect()
    }
}
