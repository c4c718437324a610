//! Matters or candidates put to the heads of one place.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "poll")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub place_id: Uuid,
    /// `COMMITTEE_ELECTION` or `MOTION`.
    pub kind: String,
    pub title: String,
    /// `DRAFT`, `LOCKED`, `OPEN`, `CLOSED` or `PUBLISHED`.
    pub state: String,
    /// Members to elect; 0 for a motion.
    pub seats: i32,
    /// Alternates at most.
    pub alternates: i32,
    /// The rules as JSON; frozen from the lock on.
    #[sea_orm(column_type = "Text")]
    pub rules: String,
    /// What its convenor asks of the rules, as JSON; nothing in polls from before.
    #[sea_orm(column_type = "Text")]
    pub asks: Option<String>,
    /// Every rule as it holds, and who said it, as JSON; frozen from the lock on. Nothing in polls from before.
    #[sea_orm(column_type = "Text")]
    pub in_force: Option<String>,
    /// SHA-256 over that, from the lock on.
    pub rules_hash: Option<String>,
    pub opens_at: DateTimeUtc,
    /// With the extensions made, and what it stood still.
    pub closes_at: DateTimeUtc,
    /// Each time that voting went on for want of a quorum, as JSON; nothing if it never did.
    #[sea_orm(column_type = "Text")]
    pub extensions: Option<String>,
    /// Each time that voting stood still, as JSON; nothing if it never did.
    #[sea_orm(column_type = "Text")]
    pub pauses: Option<String>,
    /// Until when it stands still; nothing once it is told that it goes on.
    pub paused_until: Option<DateTimeUtc>,
    /// Heads of the locked roll; 0 before the lock.
    pub total_heads: i64,
    /// Area of the locked roll in 0.01 m²; 0 before the lock.
    pub total_area: i64,
    /// SHA-256 over the locked roll.
    pub roll_hash: Option<String>,
    /// SHA-256 over roll, rules, candidates and texts.
    pub frozen_hash: Option<String>,
    /// `TOTALS`, `COARSE` or `SEALED`: how far turnout and the votes for candidates are told; nothing in polls from before.
    pub publicity: Option<String>,
    /// The city's system in which its votes are cast, as JSON; nothing where they are cast here.
    #[sea_orm(column_type = "Text")]
    pub external: Option<String>,
    /// From which each viewer's order of candidates follows.
    pub seed: String,
    pub locked_at: Option<DateTimeUtc>,
    pub closed_at: Option<DateTimeUtc>,
    pub published_at: Option<DateTimeUtc>,
    /// The count as JSON, from the close on.
    #[sea_orm(column_type = "Text")]
    pub result: Option<String>,
    /// SHA-256 over all ballots' commitments in order.
    pub ballots_hash: Option<String>,
    /// Until when the published result may be objected to; nothing before, and in polls published before there was this.
    pub provisional_until: Option<DateTimeUtc>,
    /// When it becomes final by itself; nothing while an objection stands, and once it is.
    pub final_from: Option<DateTimeUtc>,
    pub final_at: Option<DateTimeUtc>,
    /// Since when it waits for ballots on paper, neither counted nor extended; nothing while it does not.
    pub waits_since: Option<DateTimeUtc>,
    /// Since when its ballots on paper are void; nothing while they are not.
    pub paper_void_at: Option<DateTimeUtc>,
    /// What every voter is told of silence, as JSON; frozen from the lock on. Nothing where silence means nothing.
    #[sea_orm(column_type = "Text")]
    pub warning: Option<String>,
    /// When those who had not voted were reminded last.
    pub reminded_at: Option<DateTimeUtc>,
    /// The poll whose tie it decides, if it is a run-off.
    pub runoff_of: Option<Uuid>,
    /// Seats of the committee that are filled before it, if it is one or a by-election.
    pub seats_filled: Option<i32>,
    /// The poll whose committee it completes, if it is a by-election.
    pub committee_of: Option<Uuid>,
    /// The parts of its complex to whose owners alone it is put, as a list of their ids in JSON; nothing where it is put to
    /// all within its place.
    #[sea_orm(column_type = "Text")]
    pub among: Option<String>,
    pub created_by: Uuid,
    pub created_at: DateTimeUtc,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
