//! Rows as the law's values.

use ::entity::{whistle, whistle_call, whistle_commitment};
use rules::{commitments as promise, whistles as law};

use crate::http::problem::Problem;

/// A row says what no transition of the law can have made.
#[derive(Debug, thiserror::Error)]
#[error("a whistle's {0} is not what the law knows")]
pub struct Damaged(&'static str);

impl From<Damaged> for Problem {
    fn from(damaged: Damaged) -> Self {
        Self::internal(damaged)
    }
}

pub fn post(code: &str) -> Result<law::Post, Damaged> {
    law::Post::from_code(code).ok_or(Damaged("post"))
}

pub fn whistle(row: &whistle::Model) -> Result<law::Whistle, Damaged> {
    let outcome = row.outcome.as_deref().map(|code| law::Outcome::from_code(code).ok_or(Damaged("outcome")));
    Ok(law::Whistle {
        convener: post(&row.convener_role)?,
        status: law::Status::from_code(&row.status).ok_or(Damaged("status"))?,
        outcome: outcome.transpose()?,
        ended_at: row.ended_at,
    })
}

/// Writes into the whistle's row what the law says.
pub fn write(row: &mut whistle::Model, then: law::Whistle) {
    row.status = then.status.code().into();
    row.outcome = then.outcome.map(|outcome| outcome.code().into());
    row.ended_at = then.ended_at;
    row.version += 1;
}

pub fn call(row: &whistle_call::Model) -> Result<law::Call, Damaged> {
    Ok(law::Call {
        post: post(&row.role)?,
        part: law::Part::from_code(&row.part).ok_or(Damaged("part"))?,
        due_at: row.due_at,
        reported_at: row.reported_at,
    })
}

pub fn commitment(row: &whistle_commitment::Model) -> Result<promise::Commitment, Damaged> {
    let how = match promise::State::from_code(&row.state).ok_or(Damaged("commitment"))? {
        promise::State::Pending => None,
        promise::State::Kept => Some(promise::Settlement::Kept),
        promise::State::Broken => Some(promise::Settlement::Broken),
    };
    let settled = how.zip(row.settled_at).map(|(how, at)| promise::Settled { at, how });
    Ok(promise::Commitment {
        made_at: row.made_at,
        due_at: row.due_at,
        extensions: u32::try_from(row.extensions).map_err(|_| Damaged("extensions"))?,
        settled,
    })
}

/// Writes into a commitment's row what the law says. Its alarm is set anew with its deadline.
pub fn write_commitment(row: &mut whistle_commitment::Model, then: &promise::Commitment) {
    row.due_at = then.due_at;
    row.extensions = i32::try_from(then.extensions).unwrap_or(i32::MAX);
    row.state = then.state().code().into();
    row.settled_at = then.settled.map(|settled| settled.at);
    row.alarm_at = then.settled.is_none().then_some(then.due_at);
}
