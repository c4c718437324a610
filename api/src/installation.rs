//! Facts about this installation that outlive a restart.

use chrono::TimeDelta;
use sea_orm::{EntityTrait, IntoActiveModel, sea_query::OnConflict};

use crate::{
    app::App,
    database::{Conn, Tx},
    http::problem::Result,
};
use ::entity::installation::{Column, Entity, Model};

const CLOCK: &str = "clock_ahead_us";

pub async fn get(db: &impl Conn, key: &str) -> Result<Option<String>> {
    Ok(Entity::find_by_id(key).one(db).await?.map(|row| row.value))
}

pub async fn set(tx: &Tx, key: &str, value: &str) -> Result<()> {
    let row = Model { key: key.into(), value: value.into() }.into_active_model();
    let replace = OnConflict::column(Column::Key).update_column(Column::Value).to_owned();
    Entity::insert(row).on_conflict(replace).exec_without_returning(tx.conn()).await?;
    Ok(())
}

/// Keeps how far the clock was moved, so that a demo's time never runs back over a restart.
pub async fn keep_clock(app: &App) -> Result<()> {
    let ahead = app.clock.ahead().num_microseconds().unwrap_or(0).to_string();
    app.write(async |tx| set(tx, CLOCK, &ahead).await).await
}

/// Moves the clock to where it was kept.
pub async fn restore_clock(app: &App) -> Result<()> {
    if let Some(ahead) = get(app.db.read(), CLOCK).await?.and_then(|text| text.parse().ok()) {
        app.clock.advance(TimeDelta::microseconds(ahead));
    }
    Ok(())
}
