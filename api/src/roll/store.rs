//! Queries of the roll.

pub mod corrections;
pub mod representations;

use std::collections::{HashMap, HashSet};

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, JoinType, QueryFilter,
    QueryOrder, QuerySelect, SelectGetableTuple, Selector, sea_query::OnConflict,
};
use uuid::Uuid;

use ::entity::{
    claim, door_code, event, home, incident, owner, ownership, place, poll_home, role_grant, roll_change,
    roll_objection, roll_summary,
};

use crate::access::Level;

/// Rows written by one statement: below every database's limit of values.
pub const CHUNK: usize = 500;

/// A place of a complex: id, level, parent and name.
pub type PlaceRow = (Uuid, String, Option<Uuid>, String);

pub async fn places(db: &impl ConnectionTrait, complex: Uuid) -> Result<Vec<PlaceRow>, DbErr> {
    use place::Column;
    place::Entity::find()
        .select_only()
        .columns([Column::Id, Column::Level, Column::ParentId, Column::Name])
        .filter(Column::ComplexId.eq(complex))
        .into_tuple()
        .all(db)
        .await
}

pub async fn homes(db: &impl ConnectionTrait, complex: Uuid) -> Result<HashMap<Uuid, home::Model>, DbErr> {
    let homes = home::Entity::find().filter(home::Column::ComplexId.eq(complex)).all(db).await?;
    Ok(homes.into_iter().map(|home| (home.place_id, home)).collect())
}

/// A place of a complex, or some of the complex's parts alone.
#[derive(Clone, Copy, Debug)]
pub struct Within<'a> {
    pub level: Level,
    pub place: Uuid,
    pub among: &'a [Uuid],
}

/// The homes within a place that these owners have a share of, each with all who own it.
pub async fn homes_of(
    db: &impl ConnectionTrait,
    within: Within<'_>,
    complex: Uuid,
    owners: &[Uuid],
) -> Result<Vec<(home::Model, Vec<Uuid>)>, DbErr> {
    let own = ownership::Entity::find()
        .filter(ownership::Column::ComplexId.eq(complex))
        .filter(ownership::Column::OwnerId.is_in(owners.iter().copied()))
        .all(db)
        .await?;
    let theirs = place::Column::Id.is_in(own.iter().map(|share| share.home_id));
    let there = ids_within(part_of(within).add(theirs)).all(db).await?;
    with_owners(db, complex, there).await
}

/// The homes within a place that is a part of a complex, each with all who own it.
pub async fn homes_within(
    db: &impl ConnectionTrait,
    within: Within<'_>,
    complex: Uuid,
) -> Result<Vec<(home::Model, Vec<Uuid>)>, DbErr> {
    let homes =
        Condition::all().add(place::Column::ComplexId.eq(complex)).add(place::Column::Level.eq("HOME"));
    let there = ids_within(homes.add(part_of(within))).all(db).await?;
    with_owners(db, complex, there).await
}

fn part_of(within: Within<'_>) -> Condition {
    let part = match within.level {
        Level::Building => place::Column::BuildingId,
        Level::Unit => place::Column::UnitId,
        _ => place::Column::ComplexId,
    };
    let whole = Condition::all().add(part.eq(within.place));
    if within.among.is_empty() {
        return whole;
    }
    let is_in = |part: place::Column| part.is_in(within.among.iter().copied());
    let parts = Condition::any().add(is_in(place::Column::BuildingId)).add(is_in(place::Column::UnitId));
    whole.add(parts)
}

fn ids_within(part: Condition) -> Selector<SelectGetableTuple<Uuid>> {
    place::Entity::find().select_only().column(place::Column::Id).filter(part).into_tuple()
}

async fn with_owners(
    db: &impl ConnectionTrait,
    complex: Uuid,
    there: Vec<Uuid>,
) -> Result<Vec<(home::Model, Vec<Uuid>)>, DbErr> {
    let homes = home::Entity::find()
        .filter(home::Column::ComplexId.eq(complex))
        .filter(home::Column::PlaceId.is_in(there.iter().copied()))
        .order_by_asc(home::Column::PlaceId)
        .all(db)
        .await?;
    let shares = ownership::Entity::find()
        .filter(ownership::Column::ComplexId.eq(complex))
        .filter(ownership::Column::HomeId.is_in(there))
        .order_by_asc(ownership::Column::HomeId)
        .order_by_asc(ownership::Column::Ordinal);
    let mut owners: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for share in shares.all(db).await? {
        owners.entry(share.home_id).or_default().push(share.owner_id);
    }
    let with = |home: home::Model| {
        let owners = owners.remove(&home.place_id).unwrap_or_default();
        (home, owners)
    };
    Ok(homes.into_iter().map(with).collect())
}

/// Who owns each home, in the order of the roll.
pub async fn ownerships(db: &impl ConnectionTrait, complex: Uuid) -> Result<HashMap<Uuid, Vec<Uuid>>, DbErr> {
    use ownership::Column;
    let rows: Vec<(Uuid, Uuid)> = ownership::Entity::find()
        .select_only()
        .columns([Column::HomeId, Column::OwnerId])
        .filter(Column::ComplexId.eq(complex))
        .order_by_asc(Column::HomeId)
        .order_by_asc(Column::Ordinal)
        .into_tuple()
        .all(db)
        .await?;
    let mut owners: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for (home, owner) in rows {
        owners.entry(home).or_default().push(owner);
    }
    Ok(owners)
}

/// An owner: id, kind, index of the name, index of the ID number, sealed phones.
pub type OwnerRow = (Uuid, String, String, Option<String>, Option<Vec<u8>>);

pub async fn owners(db: &impl ConnectionTrait, complex: Uuid) -> Result<Vec<OwnerRow>, DbErr> {
    use owner::Column;
    owner::Entity::find()
        .select_only()
        .columns([Column::Id, Column::Kind, Column::NameIndex, Column::IdNumberIndex, Column::PhoneCipher])
        .filter(Column::ComplexId.eq(complex))
        .into_tuple()
        .all(db)
        .await
}

/// The owners who are developers.
pub async fn developers(db: &impl ConnectionTrait, complex: Uuid) -> Result<Vec<Uuid>, DbErr> {
    use owner::Column;
    owner::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::Kind.eq("DEVELOPER"))
        .into_tuple()
        .all(db)
        .await
}

/// The owners who are no natural persons, the developers first met first.
pub async fn organisations(db: &impl ConnectionTrait, complex: Uuid) -> Result<Vec<owner::Model>, DbErr> {
    use owner::Column;
    owner::Entity::find()
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::Kind.ne("PERSON"))
        .order_by_asc(Column::Id)
        .all(db)
        .await
}

/// The sealed names of some owners.
pub async fn names_of(
    db: &impl ConnectionTrait,
    complex: Uuid,
    owners: &[Uuid],
) -> Result<Vec<Vec<u8>>, DbErr> {
    use owner::Column;
    owner::Entity::find()
        .select_only()
        .column(Column::NameCipher)
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::Id.is_in(owners.iter().copied()))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(db)
        .await
}

/// The owners of one home, in the order of the roll.
pub async fn owners_of(
    db: &impl ConnectionTrait,
    complex: Uuid,
    home: Uuid,
) -> Result<Vec<(i32, owner::Model)>, DbErr> {
    let owner = ownership::Entity::belongs_to(owner::Entity)
        .from((ownership::Column::ComplexId, ownership::Column::OwnerId))
        .to((owner::Column::ComplexId, owner::Column::Id));
    let shares = ownership::Entity::find()
        .join(JoinType::InnerJoin, owner.into())
        .select_also(owner::Entity)
        .filter(ownership::Column::ComplexId.eq(complex))
        .filter(ownership::Column::HomeId.eq(home))
        .order_by_asc(ownership::Column::Ordinal)
        .all(db)
        .await?;
    Ok(shares.into_iter().filter_map(|(share, owner)| Some((share.ordinal, owner?))).collect())
}

pub async fn summary(db: &impl ConnectionTrait, complex: Uuid) -> Result<Option<roll_summary::Model>, DbErr> {
    roll_summary::Entity::find_by_id(complex).one(db).await
}

/// The summary, held until the write ends.
pub async fn summary_held(
    db: &impl ConnectionTrait,
    complex: Uuid,
) -> Result<Option<roll_summary::Model>, DbErr> {
    roll_summary::Entity::find_by_id(complex).lock_exclusive().one(db).await
}

pub async fn keep_summary(db: &impl ConnectionTrait, summary: roll_summary::Model) -> Result<(), DbErr> {
    use roll_summary::Column;
    let replace = OnConflict::column(Column::ComplexId)
        .update_columns([
            Column::Homes,
            Column::Heads,
            Column::Area,
            Column::DeliveredHomes,
            Column::DeliveredArea,
            Column::UnsoldHomes,
            Column::UnsoldArea,
            Column::UndeliveredHomes,
            Column::UndeliveredArea,
            Column::ParkingHomes,
            Column::ParkingArea,
            Column::PublicHomes,
            Column::PublicArea,
            Column::RollHash,
            Column::ImportedAt,
            Column::ShownSince,
            Column::Version,
        ])
        .to_owned();
    roll_summary::Entity::insert(summary.into_active_model())
        .on_conflict(replace)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Writes homes, over what was there.
pub async fn keep_homes(db: &impl ConnectionTrait, homes: Vec<home::Model>) -> Result<(), DbErr> {
    use home::Column;
    let replace = OnConflict::columns([Column::ComplexId, Column::PlaceId])
        .update_columns([Column::Kind, Column::Status, Column::Area, Column::Version])
        .to_owned();
    let rows = homes.into_iter().map(IntoActiveModel::into_active_model);
    home::Entity::insert_many(rows).on_conflict(replace).exec_without_returning(db).await?;
    Ok(())
}

/// Writes owners, over what was there.
pub async fn keep_owners(db: &impl ConnectionTrait, owners: Vec<owner::Model>) -> Result<(), DbErr> {
    use owner::Column;
    let replace = OnConflict::columns([Column::ComplexId, Column::Id])
        .update_columns([
            Column::Kind,
            Column::NameCipher,
            Column::NameIndex,
            Column::IdNumberCipher,
            Column::IdNumberIndex,
            Column::PhoneCipher,
            Column::PhoneIndex,
        ])
        .to_owned();
    let rows = owners.into_iter().map(IntoActiveModel::into_active_model);
    owner::Entity::insert_many(rows).on_conflict(replace).exec_without_returning(db).await?;
    Ok(())
}

pub async fn home(
    db: &impl ConnectionTrait,
    complex: Uuid,
    home: Uuid,
) -> Result<Option<home::Model>, DbErr> {
    home::Entity::find_by_id((complex, home)).one(db).await
}

/// Takes homes off the roll.
pub async fn delete_homes(db: &impl ConnectionTrait, complex: Uuid, homes: &[Uuid]) -> Result<(), DbErr> {
    home::Entity::delete_many()
        .filter(home::Column::ComplexId.eq(complex))
        .filter(home::Column::PlaceId.is_in(homes.iter().copied()))
        .exec(db)
        .await?;
    Ok(())
}

/// Which of these homes anything else tells of: a locked roll, a claim, a role, a door code, a report, an objection to the
/// roll or a change of it, the record.
pub async fn told_of(
    db: &impl ConnectionTrait,
    complex: Uuid,
    homes: &[Uuid],
) -> Result<HashSet<Uuid>, DbErr> {
    async fn among<E: EntityTrait>(
        db: &impl ConnectionTrait,
        complex: E::Column,
        home: E::Column,
        of: (Uuid, &[Uuid]),
    ) -> Result<Vec<Uuid>, DbErr> {
        let rows = E::find().select_only().column(home).distinct().filter(complex.eq(of.0));
        rows.filter(home.is_in(of.1.iter().copied())).into_tuple().all(db).await
    }
    let of = (complex, homes);
    let mut told = HashSet::new();
    told.extend(
        among::<poll_home::Entity>(db, poll_home::Column::ComplexId, poll_home::Column::HomeId, of).await?,
    );
    told.extend(among::<claim::Entity>(db, claim::Column::ComplexId, claim::Column::HomeId, of).await?);
    told.extend(
        among::<door_code::Entity>(db, door_code::Column::ComplexId, door_code::Column::HomeId, of).await?,
    );
    told.extend(
        among::<incident::Entity>(db, incident::Column::ComplexId, incident::Column::PlaceId, of).await?,
    );
    told.extend(
        among::<role_grant::Entity>(db, role_grant::Column::ComplexId, role_grant::Column::PlaceId, of)
            .await?,
    );
    told.extend(
        among::<roll_objection::Entity>(
            db,
            roll_objection::Column::ComplexId,
            roll_objection::Column::PlaceId,
            of,
        )
        .await?,
    );
    told.extend(
        among::<roll_change::Entity>(db, roll_change::Column::ComplexId, roll_change::Column::PlaceId, of)
            .await?,
    );
    told.extend(among::<event::Entity>(db, event::Column::ComplexId, event::Column::PlaceId, of).await?);
    Ok(told)
}

/// Takes all owners from these homes.
pub async fn clear_ownerships(
    db: &impl ConnectionTrait,
    complex: Uuid,
    homes: Vec<Uuid>,
) -> Result<(), DbErr> {
    ownership::Entity::delete_many()
        .filter(ownership::Column::ComplexId.eq(complex))
        .filter(ownership::Column::HomeId.is_in(homes))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn insert_ownerships(db: &impl ConnectionTrait, rows: Vec<ownership::Model>) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
    ownership::Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}
