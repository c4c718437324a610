//! Columns in a few words, the same on SQLite and PostgreSQL.

use sea_orm_migration::prelude::*;

/// One column of a table; required unless said otherwise.
pub struct Column {
    pub name: &'static str,
    kind: Kind,
    optional: bool,
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
    Column { name, kind, optional: false }
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
        definition
    }
}
