//! Verifiers: ways to tell whether somebody is who they say to be at a home.
//!
//! Two exist: the roll, and a code delivered to the door. A face check, E证通 or the national network ID would be a
//! third: it starts, gives the client what it needs, and answers later. None of them is ever the only way, and none may
//! make an owner whom the roll does not have.

use chrono::{DateTime, TimeDelta, Utc};
use rules::identity::plain_name;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::{model::Relation, store};
use crate::{
    app::App,
    database::Tx,
    http::problem::Result,
    roll::{self, acts::KnownOwner},
};

/// Where something is to be verified, and who starts it.
#[derive(Clone, Copy, Debug)]
pub struct At {
    pub complex: Uuid,
    pub home: Uuid,
    pub by: Uuid,
}

/// Somebody who says to be something at a home. Prints nothing of it.
pub struct Subject<'a> {
    pub at: At,
    pub relation: Relation,
    pub name: &'a str,
    /// As [`rules::identity::IdNumber`] writes it.
    pub id_number: Option<&'a str>,
    /// As WeChat confirmed it.
    pub phone: Option<&'a str>,
}

/// A verification under way.
#[derive(Debug)]
pub struct Started {
    pub reference: Uuid,
    /// What a person has to be handed by another way, such as on paper.
    pub deliver: Option<String>,
    /// What the client needs to go on.
    pub client_params: Value,
    pub expires_at: Option<DateTime<Utc>>,
}

/// What a verifier says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is so; for an owner, who of the roll it is.
    Verified {
        owner: Option<Uuid>,
    },
    Rejected(Rejection),
    /// A human has to look.
    Pending,
    /// The verifier cannot be asked now.
    Down,
}

/// Why a verifier says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// There is nothing to verify against, or not any more.
    NothingStarted,
    Wrong,
    TooManyTries,
}

/// A way to verify. What it keeps of a subject is its own name, the time and a hash; never a picture or a number.
#[async_trait::async_trait(?Send)]
pub trait Verifier {
    /// As a claim keeps it: `ROLL_MATCH`.
    fn name(&self) -> &'static str;

    /// Begins; a verifier that needs nothing begun gives an empty answer.
    async fn start(&self, app: &App, tx: &Tx, at: At) -> Result<Started>;

    /// What came of it. `answer` is what the subject brought: a code, a ticket of the client's.
    async fn result(
        &self,
        app: &App,
        tx: &Tx,
        subject: &Subject<'_>,
        answer: Option<&str>,
    ) -> Result<Verdict>;
}

/// The roll itself: name and ID number, or name and the phone that WeChat confirmed, equal an owner's of that home. Name and
/// credit code of a legal person are no secret: who acts for one is recorded from a document.
pub struct RollMatch;

#[async_trait::async_trait(?Send)]
impl Verifier for RollMatch {
    fn name(&self) -> &'static str {
        "ROLL_MATCH"
    }

    async fn start(&self, _: &App, tx: &Tx, _: At) -> Result<Started> {
        Ok(Started { reference: tx.id(), deliver: None, client_params: json!({}), expires_at: None })
    }

    async fn result(&self, app: &App, tx: &Tx, subject: &Subject<'_>, _: Option<&str>) -> Result<Verdict> {
        if subject.relation != Relation::Owner {
            return Ok(Verdict::Pending);
        }
        let owners = roll::acts::owners_of(app, tx.conn(), subject.at.complex, subject.at.home).await?;
        let fits = |owner: &&KnownOwner| {
            owner.kind == "PERSON"
                && compare_name(app, subject.name, owner)
                && (compare_number(app, subject.id_number, owner) || compare_phone(subject.phone, owner))
        };
        Ok(match owners.iter().find(fits) {
            Some(owner) => Verdict::Verified { owner: Some(owner.id) },
            None => Verdict::Pending,
        })
    }
}

pub fn compare_name(app: &App, name: &str, owner: &KnownOwner) -> bool {
    same(&app.vault.index(roll::NAME, &plain_name(name)), &owner.name_index)
}

pub fn compare_number(app: &App, number: Option<&str>, owner: &KnownOwner) -> bool {
    match (number, &owner.id_number_index) {
        (Some(number), Some(index)) => same(&app.vault.index(roll::ID_NUMBER, number), index),
        _ => false,
    }
}

pub fn compare_phone(phone: Option<&str>, owner: &KnownOwner) -> bool {
    phone.is_some_and(|phone| owner.phones.iter().any(|known| same(known, phone)))
}

fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

/// A one-time code, delivered on paper to the home's door.
pub struct DoorCode;

impl DoorCode {
    pub const VALID: TimeDelta = TimeDelta::days(14);
    pub const TRIES: i32 = 5;

    fn hash(app: &App, at: At, code: &str) -> String {
        let parts = [b"door code".as_slice(), at.complex.as_bytes(), at.home.as_bytes(), code.as_bytes()];
        hex::encode(app.vault.mac(&parts))
    }
}

/// Eight digits out of chance. The remainder favours none of them by more than one in 10¹¹.
pub fn digits(chance: [u8; 32]) -> String {
    let number = chance.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    format!("{:08}", number % 100_000_000)
}

#[async_trait::async_trait(?Send)]
impl Verifier for DoorCode {
    fn name(&self) -> &'static str {
        "DOOR_CODE"
    }

    /// A new code; the newest one of a home is the only one that is good.
    async fn start(&self, app: &App, tx: &Tx, at: At) -> Result<Started> {
        let code = digits(tx.ids.secret());
        let row = ::entity::door_code::Model {
            complex_id: at.complex,
            id: tx.id(),
            home_id: at.home,
            code_hash: Self::hash(app, at, &code),
            issued_by: at.by,
            issued_at: tx.now,
            expires_at: tx.now + Self::VALID,
            tries: 0,
            used_at: None,
        };
        let started = Started {
            reference: row.id,
            deliver: Some(code),
            client_params: json!({}),
            expires_at: Some(row.expires_at),
        };
        store::insert_code(tx.conn(), row).await?;
        Ok(started)
    }

    /// Who holds the code was let in at the door. That makes an owner only of somebody whose name one owner of the roll
    /// has; otherwise a human has to look.
    async fn result(
        &self,
        app: &App,
        tx: &Tx,
        subject: &Subject<'_>,
        answer: Option<&str>,
    ) -> Result<Verdict> {
        let At { complex, home, .. } = subject.at;
        let valid = store::code_held(tx.conn(), complex, home)
            .await?
            .filter(|code| code.used_at.is_none() && tx.now < code.expires_at);
        let Some(mut code) = valid else { return Ok(Verdict::Rejected(Rejection::NothingStarted)) };
        if code.tries >= Self::TRIES {
            return Ok(Verdict::Rejected(Rejection::TooManyTries));
        }
        let right = answer.is_some_and(|answer| same(&Self::hash(app, subject.at, answer), &code.code_hash));
        if right {
            code.used_at = Some(tx.now);
        } else {
            code.tries += 1;
        }
        store::keep_try(tx.conn(), &code).await?;
        if !right {
            let dead = code.tries >= Self::TRIES;
            return Ok(Verdict::Rejected(if dead { Rejection::TooManyTries } else { Rejection::Wrong }));
        }
        if subject.relation != Relation::Owner {
            return Ok(Verdict::Verified { owner: None });
        }
        let owners = roll::acts::owners_of(app, tx.conn(), complex, home).await?;
        let mut named =
            owners.iter().filter(|owner| owner.kind == "PERSON" && compare_name(app, subject.name, owner));
        Ok(match (named.next(), named.next()) {
            (Some(owner), None) => Verdict::Verified { owner: Some(owner.id) },
            _ => Verdict::Pending,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn a_code_always_has_eight_digits() {
        for byte in 0..=255 {
            let code = digits([byte; 32]);
            assert!(code.len() == 8 && code.bytes().all(|digit| digit.is_ascii_digit()), "{code}");
        }
        assert_eq!(digits([0; 32]), "00000000");
    }
}
