//! Linli 邻里: the mobile backend of self-governing residential communities.
//!
//! One folder a word of the domain, all built alike: `mod` says what the room is for, `routes` is HTTP in and out,
//! `acts` has one function a verb, `store` the queries, `model` the requests and answers. Beside them stands what all
//! rooms share.

pub mod access;
pub mod app;
pub mod archive;
pub mod calendar;
pub mod cli;
pub mod clock;
pub mod clusters;
pub mod config;
pub mod database;
pub mod demo;
pub mod desk;
pub mod figures;
pub mod gate;
pub mod http;
pub mod idempotency;
pub mod identity;
pub mod incidents;
pub mod installation;
pub mod jobs;
pub mod moderation;
pub mod notices;
pub mod open311;
pub mod operations;
pub mod outages;
pub mod packs;
pub mod patrols;
pub mod pii;
pub mod places;
pub mod policies;
pub mod polls;
pub mod programmes;
pub mod record;
pub mod roll;
pub mod sessions;
pub mod start;
pub mod uploads;
pub mod visits;
pub mod webhooks;
pub mod wechat;
pub mod whistles;
