//! Everything that is wrong with what was asked, told at once.

use std::fmt;

use crate::http::problem::{Problem, Result};

/// What is wrong; mostly one thing.
#[derive(Debug, Default)]
pub struct Refused(Vec<Problem>);

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl Refused {
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn add(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// What is good of something; what is wrong with it is added here.
    pub fn keep<T>(&mut self, read: Result<T>) -> Option<T> {
        read.map_err(|problem| self.add(problem)).ok()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|problem| writeln!(f, "{problem}"))
    }
}
