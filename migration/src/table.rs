//! Tables in a few words, the same on SQLite and PostgreSQL.

use sea_orm_migration::prelude::*;

/// A table: its columns, its primary key, its unique keys and its indexes.
pub struct Table {
    pub name: &'static str,
    pub columns: &'static [Column],
    pub key: &'static [&'static str],
    pub unique: &'static [&'static [&'static str]],
    pub index: &'static [&'static [&'static str]],
}

/// One column of a table; required unless said otherwise.
pub struct Column {
    pub name: &'static str,
    kind: Kind,
    optional: bool,
    default: Option<&'static str>,
}

enum Kind {
    Uuid,
    Time,
    Long,
    Int,
    Text,
    Bytes,
    Varchar(u32),
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, optional: false, default: None }
}

pub const fn uuid(name: &'static str) -> Column {
    column(name, Kind::Uuid)
}

/// A moment with its zone, to the microsecond.
pub const fn time(name: &'static str) -> Column {
    column(name, Kind::Time)
}

pub const fn long(name: &'static str) -> Column {
    column(name, Kind::Long)
}

pub const fn int(name: &'static str) -> Column {
    column(name, Kind::Int)
}

pub const fn text(name: &'static str) -> Column {
    column(name, Kind::Text)
}

pub const fn bytes(name: &'static str) -> Column {
    column(name, Kind::Bytes)
}

pub const fn varchar(name: &'static str, length: u32) -> Column {
    column(name, Kind::Varchar(length))
}

impl Column {
    pub const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// What rows have that were there before, as SQL.
    pub const fn by_default(mut self, value: &'static str) -> Self {
        self.default = Some(value);
        self
    }

    pub fn definition(&self) -> ColumnDef {
        let mut definition = ColumnDef::new(self.name);
        match self.kind {
            Kind::Uuid => definition.uuid(),
            Kind::Time => definition.timestamp_with_time_zone(),
            Kind::Long => definition.big_integer(),
            Kind::Int => definition.integer(),
            Kind::Text => definition.text(),
            Kind::Bytes => definition.blob(),
            Kind::Varchar(length) => definition.string_len(length),
        };
        if !self.optional {
            definition.not_null();
        }
        if let Some(value) = self.default {
            definition.default(Expr::cust(value));
        }
        definition
    }
}

/// Gives a table that is there more columns.
pub async fn add_columns(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[Column],
) -> Result<(), DbErr> {
    for column in columns {
        let mut column = column.definition();
        let alter = sea_query::Table::alter().table(table).add_column(&mut column).to_owned();
        manager.alter_table(alter).await?;
    }
    Ok(())
}

/// Takes them away again.
pub async fn drop_columns(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[Column],
) -> Result<(), DbErr> {
    for column in columns {
        let alter = sea_query::Table::alter().table(table).drop_column(column.name).to_owned();
        manager.alter_table(alter).await?;
    }
    Ok(())
}

impl Table {
    /// Makes it with its indexes.
    pub async fn make(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        manager.create_table(self.create()).await?;
        for (number, columns) in self.index.iter().enumerate() {
            manager.create_index(self.index(number, columns)).await?;
        }
        Ok(())
    }

    fn create(&self) -> TableCreateStatement {
        let mut create = sea_query::Table::create();
        create.table(self.name);
        for column in self.columns {
            create.col(column.definition());
        }
        let mut key = Index::create();
        for column in self.key {
            key.col(*column);
        }
        create.primary_key(&mut key);
        for (number, columns) in self.unique.iter().enumerate() {
            let mut unique = Index::create();
            unique.unique().name(format!("{}_unique_{}", self.name, number + 1));
            for column in *columns {
                unique.col(*column);
            }
            create.index(&mut unique);
        }
        create
    }

    fn index(&self, number: usize, columns: &[&'static str]) -> IndexCreateStatement {
        let mut index = Index::create();
        index.table(self.name).name(format!("{}_by_{}", self.name, number + 1));
        for column in columns {
            index.col(*column);
        }
        index
    }
}
