//! Issuing keys, telling what is public, and taking reports and updates from outside.
//!
//! [`keys`] says who may report; [`read`] tells services, requests and updates, as [`telling`] coarsens them; [`write`]
//! takes them.

mod keys;
mod read;
mod telling;
mod write;

pub use keys::{Integration, integration, issue, list, read as read_key, revoke};
pub use read::{Bulk, discovery, media, request, requests, service, services, token, updates};
pub use write::{accept, accepted, note, noted, read_request, read_update};

use uuid::Uuid;

use super::{JURISDICTION_MISSING, JURISDICTION_UNKNOWN, arguments::Arguments, store};
use crate::{
    access::{Level, Lineage},
    app::App,
    http::problem::{NOT_FOUND, Problem, Result},
    places,
};

/// What makes a complex's id look like a domain; none that anybody could own.
const DOMAIN: &str = ".linli.invalid";

/// How a complex is named outside.
fn code_of(complex: Uuid) -> String {
    format!("{complex}{DOMAIN}")
}

/// A complex that is spoken of.
#[derive(Debug)]
pub struct Jurisdiction {
    pub complex: Lineage,
    pub name: String,
}

impl Jurisdiction {
    pub fn id(&self) -> Uuid {
        self.complex.id
    }

    /// The complex that the arguments name.
    ///
    /// # Errors
    /// [`JURISDICTION_MISSING`], [`JURISDICTION_UNKNOWN`].
    pub async fn of(app: &App, asked: &Arguments) -> Result<Self> {
        let code = asked.get("jurisdiction_id").ok_or_else(|| JURISDICTION_MISSING.plain())?;
        let unknown = || JURISDICTION_UNKNOWN.plain();
        let id: Uuid = code.strip_suffix(DOMAIN).and_then(|id| id.parse().ok()).ok_or_else(unknown)?;
        Self::at(app, id).await
    }

    /// The complex with that id.
    ///
    /// # Errors
    /// [`JURISDICTION_UNKNOWN`].
    pub async fn at(app: &App, id: Uuid) -> Result<Self> {
        let unknown = || JURISDICTION_UNKNOWN.plain();
        let complex = places::lineage(app.db.read(), id)
            .await
            .map_err(|problem| if problem.code.name == NOT_FOUND.name { unknown() } else { problem })?;
        if complex.level != Level::Complex {
            return Err(unknown());
        }
        let mut names = store::names(app.db.read(), vec![id]).await?;
        let name = names.remove(&id).ok_or_else(|| Problem::internal("a complex without a name"))?;
        Ok(Self { complex, name })
    }
}
