//! What a report may be one trouble with, so that who reports is shown it before: "6 households reported this, add
//! yours".
//!
//! All candidates are of the report's category and complex. Near is what is about the same place or in the same unit,
//! whatever was said of it; farther away the words must be alike, or a photo.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};

use super::likeness::likeness;
use super::look::Look;
use super::policy::Policy;
use super::site::Site;
use crate::incidents::Level;

/// What somebody is about to report.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    pub site: Site,
    pub words: &'a str,
    /// Of its photos, those that show something.
    pub looks: &'a [Look],
}

/// A report that is there.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The cluster that it is in, or itself.
    pub group: u128,
    pub site: Site,
    pub words: &'a str,
    pub looks: &'a [Look],
    pub reported_at: DateTime<Utc>,
    /// When it was closed, if it was.
    pub closed_at: Option<DateTime<Utc>>,
    /// How many households report the group.
    pub households: u32,
}

/// A group of reports that the new one may belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    pub group: u128,
    /// The lowest level that both are in.
    pub level: Level,
    /// Of the words, or of the photos where these are alike and more so; in thousandths.
    pub likeness: u32,
}

/// As many as are shown.
pub const SHOWN: usize = 10;

/// The groups that fit, the nearest first and of those the most alike.
pub fn matches(
    report: Report<'_>,
    candidates: &[Candidate<'_>],
    policy: &Policy,
    now: DateTime<Utc>,
) -> Vec<Match> {
    let mut found: Vec<(Match, DateTime<Utc>)> = candidates
        .iter()
        .filter(|candidate| is_shown(candidate, policy, now))
        .filter_map(|candidate| Some((fits(report, candidate, policy)?, candidate.reported_at)))
        .collect();
    found.sort_by_key(|(one, reported)| (one.level, Reverse(one.likeness), Reverse(*reported), one.group));
    let mut shown: Vec<Match> = Vec::new();
    for (one, _) in found {
        if shown.iter().all(|there| there.group != one.group) {
            shown.push(one);
        }
    }
    shown.truncate(SHOWN);
    shown
}

/// It is recent, and what is about a home is told only when its household is one of several.
pub fn is_shown(candidate: &Candidate<'_>, policy: &Policy, now: DateTime<Utc>) -> bool {
    let is_recent = match candidate.closed_at {
        None => now - candidate.reported_at <= policy.window(),
        Some(closed) => now - closed <= policy.closed_window(),
    };
    is_recent && (candidate.site.home.is_none() || candidate.households >= policy.shown_from)
}

fn fits(report: Report<'_>, candidate: &Candidate<'_>, policy: &Policy) -> Option<Match> {
    let level = report.site.in_common(&candidate.site)?;
    let words = likeness(report.words, candidate.words);
    let photos = seen_again(report.looks, candidate.looks, policy);
    let is_near = level <= Level::Unit || report.site == candidate.site;
    let is_alike = words >= policy.like_permille || photos.is_some();
    let likeness = words.max(photos.unwrap_or(0));
    (is_near || is_alike).then_some(Match { group: candidate.group, level, likeness })
}

/// How alike the most alike of their photos are; none where that is no more than any two may be by chance.
fn seen_again(ours: &[Look], theirs: &[Look], policy: &Policy) -> Option<u32> {
    let pairs = ours.iter().flat_map(|one| theirs.iter().map(|other| one.likeness(*other)));
    pairs.max().filter(|likeness| *likeness >= policy.photo_permille)
}
