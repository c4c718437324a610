//! Queries of who acts for an owner.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use ::entity::{ownership, representation, representation_owner};
use representation::Column as Of;

pub async fn insert(
    db: &impl ConnectionTrait,
    row: representation::Model,
    owners: Vec<representation_owner::Model>,
) -> Result<(), DbErr> {
    representation::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    if !owners.is_empty() {
        let owners = owners.into_iter().map(IntoActiveModel::into_active_model);
        representation_owner::Entity::insert_many(owners).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Writes one whose complex's roll is held.
pub async fn save(db: &impl ConnectionTrait, row: &representation::Model) -> Result<(), DbErr> {
    row.clone().into_active_model().reset_all().update(db).await?;
    Ok(())
}

pub async fn save_owner(db: &impl ConnectionTrait, row: &representation_owner::Model) -> Result<(), DbErr> {
    row.clone().into_active_model().reset_all().update(db).await?;
    Ok(())
}

pub async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<representation::Model>, DbErr> {
    representation::Entity::find().filter(Of::Id.eq(id)).one(db).await
}

/// The co-owners who name one of them by these.
pub async fn owners(
    db: &impl ConnectionTrait,
    complex: Uuid,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<representation_owner::Model>, DbErr> {
    use representation_owner::Column;
    representation_owner::Entity::find()
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::RepresentationId.is_in(ids))
        .order_by_asc(Column::OwnerId)
        .all(db)
        .await
}

/// Those of a complex that wait or stand.
pub async fn open(db: &impl ConnectionTrait, complex: Uuid) -> Result<Vec<representation::Model>, DbErr> {
    representation::Entity::find()
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::State.is_in(["PROPOSED", "STANDS"]))
        .order_by_asc(Of::Id)
        .all(db)
        .await
}

/// Whom these co-owners have ever named, the newest first.
pub async fn named_by(
    db: &impl ConnectionTrait,
    complex: Uuid,
    owners_key: &str,
) -> Result<Vec<representation::Model>, DbErr> {
    representation::Entity::find()
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::OwnersKey.eq(owners_key))
        .filter(Of::StandsSince.is_not_null())
        .order_by_desc(Of::Id)
        .all(db)
        .await
}

/// Those of a complex, or of one home of it, the newest first, before the one whose id is `before`.
pub async fn list(
    db: &impl ConnectionTrait,
    complex: Uuid,
    home: Option<Uuid>,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<representation::Model>, DbErr> {
    let wanted = Condition::all()
        .add(Of::ComplexId.eq(complex))
        .add_option(home.map(|home| Of::PlaceId.eq(home)))
        .add_option(before.map(|id| Of::Id.lt(id)));
    representation::Entity::find().filter(wanted).order_by_desc(Of::Id).limit(limit).all(db).await
}

/// The homes that an owner has a share of.
pub async fn homes_owned(db: &impl ConnectionTrait, complex: Uuid, owner: Uuid) -> Result<Vec<Uuid>, DbErr> {
    ownership::Entity::find()
        .select_only()
        .column(ownership::Column::HomeId)
        .filter(ownership::Column::ComplexId.eq(complex))
        .filter(ownership::Column::OwnerId.eq(owner))
        .into_tuple()
        .all(db)
        .await
}

/// Who has which share of these homes.
pub async fn shares_of(
    db: &impl ConnectionTrait,
    complex: Uuid,
    homes: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<ownership::Model>, DbErr> {
    ownership::Entity::find()
        .filter(ownership::Column::ComplexId.eq(complex))
        .filter(ownership::Column::HomeId.is_in(homes))
        .all(db)
        .await
}
