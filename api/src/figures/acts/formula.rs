//! The formula by which a place is counted: the built-in one, or its district's own.

use rules::figures as law;
use uuid::Uuid;

use super::{
    super::{
        FORMULA_LATE, FORMULA_UNFIT,
        model::{FormulaInForce, FormulaQuery, PublishFormula},
        store,
    },
    sight::look,
    tell::period_of,
};
use crate::{
    access::{Level, Lineage, Permission, Viewer},
    app::App,
    database::{Conn, Tx, is_duplicate},
    http::problem::{NOT_FOUND, Problem, Result},
    places, record,
};

/// The formula that holds at a place in a month.
pub(in crate::figures) async fn holding(
    db: &impl Conn,
    place: &Lineage,
    period: law::Period,
) -> Result<law::Formula> {
    let Some(district) = place.at(Level::District) else { return Ok(law::Formula::national().clone()) };
    match store::formula(db, district, period.number()).await? {
        Some(own) => serde_json::from_str(&own.formula).map_err(Problem::internal),
        None => Ok(law::Formula::national().clone()),
    }
}

/// The formula that holds at a place in a month, to whoever may see what it makes.
pub(crate) async fn shown(
    app: &App,
    viewer: &Viewer,
    place: Uuid,
    query: &FormulaQuery,
) -> Result<FormulaInForce> {
    let db = app.db.read();
    let (place, _) = look(db, viewer, place).await?;
    let period = period_of(app, query.period.as_deref());
    let formula = holding(db, &place, period).await?;
    let formula = serde_json::to_value(formula).map_err(Problem::internal)?;
    Ok(FormulaInForce { period: period.to_string(), formula })
}

/// A district publishes a formula of its own, from a month on that has not begun.
pub(crate) async fn publish(
    viewer: &Viewer,
    tx: &Tx,
    place: Uuid,
    request: &PublishFormula,
) -> Result<FormulaInForce> {
    let place = places::lineage(tx.conn(), place).await?;
    viewer.require(Permission::PublishFormula, &place, None)?;
    if place.level != Level::District {
        return Err(NOT_FOUND.because("a formula is a district's"));
    }
    let formula: law::Formula = serde_json::from_value(serde_json::Value::Object(request.formula.clone()))
        .map_err(|error| Problem::member("/formula", "TYPE", error.to_string()))?;
    formula.check().map_err(|bad| FORMULA_UNFIT.because(bad.to_string()))?;
    let late = || FORMULA_LATE.because(format!("{} has begun, or has its formula", request.from));
    let from = law::Period::parse(&request.from).ok_or_else(late)?;
    if from <= law::Period::of(tx.now) {
        return Err(late());
    }
    let row = ::entity::figure_formula::Model {
        district_id: place.id,
        from_month: from.number(),
        formula: serde_json::to_string(&formula).map_err(Problem::internal)?,
        made_at: tx.now,
    };
    match store::insert_formula(tx.conn(), row).await {
        Err(error) if is_duplicate(&error) => return Err(late()),
        other => other?,
    }
    let role = viewer.acting_as(Permission::PublishFormula, &place).map_or("ADMIN", |role| role.as_str());
    record::write(
        tx,
        record::Event {
            kind: "FIGURE_FORMULA_PUBLISHED",
            complex: places::ABOVE,
            place: place.id,
            subject_type: "FORMULA",
            subject: tx.id(),
            version: 1,
            role: role.into(),
            audience: record::Audience::Members,
            person: None,
            facts: serde_json::json!({ "from": request.from, "formula": formula.version }),
            commitment: None,
        },
    )
    .await?;
    let formula = serde_json::to_value(formula).map_err(Problem::internal)?;
    Ok(FormulaInForce { period: request.from.clone(), formula })
}
