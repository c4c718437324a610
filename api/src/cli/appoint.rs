//! The first officers of an installation: somebody has to be able to grant roles before anybody can.

use clap::Args;
use uuid::Uuid;

use super::Outcome;
use crate::{
    access::{Lineage, Role},
    config::Config,
    database::Tx,
    http::problem::{NOT_FOUND, Problem, Result},
    identity, places,
    start::start,
};

#[derive(Debug, Args)]
pub struct Appoint {
    /// The person's id, from their GET /v1/me; they have signed in once.
    #[arg(long)]
    person: Uuid,
    /// The role: ADMIN, STREET_OFFICER, COMMUNITY_OFFICER, …
    #[arg(long, value_parser = role)]
    role: Role,
    /// Where, as names from the district down: 区/街道/社区/小区.
    #[arg(long)]
    place: String,
}

fn role(text: &str) -> std::result::Result<Role, String> {
    let all = || Role::ALL.map(Role::as_str).join(", ");
    Role::parse(text).ok_or_else(|| format!("no such role; there are {}", all()))
}

pub fn appoint(config: Config, command: &Appoint) -> Outcome {
    actix_web::rt::System::new().block_on(async {
        let app = start(config).await.map_err(|error| error.to_string())?;
        let appointed =
            app.write(async |tx| act(tx, command).await).await.map_err(|problem| problem.to_string());
        app.db.clone().close().await;
        appointed.map(|role| println!("appointed: role {role}"))
    })
}

async fn act(tx: &Tx, command: &Appoint) -> Result<Uuid> {
    let mut place: Option<Lineage> = None;
    for name in command.place.split('/').map(str::trim) {
        let found = places::named(tx.conn(), place.as_ref(), name).await?;
        place = Some(found.ok_or_else(|| NOT_FOUND.because(format!("there is no place {name}")))?);
    }
    let place = place.ok_or_else(|| Problem::member("/place", "MISSING", "name the place"))?;
    identity::acts::appoint_officer(tx, &place, command.person, command.role).await
}
