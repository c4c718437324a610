//! The codes that WeChat hands to a phone and takes back from a server: good for five minutes and one use.

use std::collections::HashMap;

use crate::clock::MINUTE;

const LIFE: u64 = 5 * MINUTE;

/// A code for one thing is no code for the other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Login,
    Phone,
}

pub struct Ticket {
    pub purpose: Purpose,
    pub appid: String,
    pub openid: String,
    pub born: u64,
    pub used: bool,
}

impl Ticket {
    pub fn expired(&self, now: u64) -> bool {
        now >= self.born + LIFE
    }
}

/// Tickets by their code.
#[derive(Default)]
pub struct Tickets(HashMap<String, Ticket>);

impl Tickets {
    pub fn issue(&mut self, code: String, ticket: Ticket) {
        self.0.insert(code, ticket);
    }

    pub fn get(&self, code: &str, purpose: Purpose) -> Option<&Ticket> {
        self.0.get(code).filter(|ticket| ticket.purpose == purpose)
    }

    pub fn spend(&mut self, code: &str) {
        if let Some(ticket) = self.0.get_mut(code) {
            ticket.used = true;
        }
    }
}
