//! What somebody did in a module of a programme.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "programme_deed")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub programme_id: Uuid,
    pub module: String,
    /// `SIGN`, `ACCEPT`, `DECLINE`, `FORM`, `ASSIGN`, `SHOW`, `PUT_UP`, `SAY`, `MINUTE`, `NOTE`, `REPLY` or `CLOSE`.
    pub deed: String,
    /// The role in which it was done.
    pub role: String,
    pub person_id: Uuid,
    /// What was said, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub words_cipher: Option<Vec<u8>>,
    /// How what people held open ended.
    pub ending: Option<String>,
    /// What a supervisor asks for, encrypted, and of which role; of whom else something is asked: to do a task, to reply.
    #[sea_orm(column_type = "Blob")]
    pub asks_cipher: Option<Vec<u8>>,
    pub asks_of: Option<String>,
    pub asks_person: Option<Uuid>,
    /// The photos that show it, each with the places of the requirements that it meets, as JSON.
    #[sea_orm(column_type = "Text")]
    pub evidence: Option<String>,
    /// The boards on which it hangs, the meeting that it minutes, or the members of a group, as JSON, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub details_cipher: Option<Vec<u8>>,
    /// What it answers.
    pub answers: Option<Uuid>,
    /// The same, where it is the reply that was asked for.
    pub replies_to: Option<Uuid>,
    pub at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
