//! Every request that arrived, in order, with what it was answered.

use serde_json::{Map, Value, json};

use crate::clock::SECOND;
use crate::wire::{Answer, Ask};

#[derive(Default)]
pub struct Journal {
    entries: Vec<Entry>,
    /// Numbers go on after the journal was emptied.
    next: u64,
}

struct Entry {
    number: u64,
    path: String,
    value: Map<String, Value>,
}

impl Journal {
    /// Notes a request as it arrives; its answer follows by [`Journal::answered`].
    pub fn arrived(&mut self, ask: &Ask, at: u64) -> u64 {
        let number = self.next;
        self.next += 1;
        let query: Map<String, Value> =
            ask.query.iter().map(|(name, value)| (name.clone(), Value::from(value.clone()))).collect();
        let noted = json!({
            "n": number,
            "at": at / SECOND,
            "at_ms": at,
            "method": ask.method,
            "path": ask.path,
            "query": query,
            "content_type": ask.content_type,
            "body": readable(&ask.body),
            "status": null,
            "answer": null,
            "fault": null,
        });
        if let Value::Object(value) = noted {
            self.entries.push(Entry { number, path: ask.path.clone(), value });
        }
        number
    }

    /// Notes the answer to request `number`, and the fault that it met; a request that never got an answer keeps
    /// `null`.
    pub fn answered(&mut self, number: u64, answer: Option<&Answer>, fault: Option<&str>) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.number == number) {
            entry.value.insert("fault".to_owned(), Value::from(fault));
            if let Some(answer) = answer {
                entry.value.insert("status".to_owned(), Value::from(answer.status));
                entry.value.insert("answer".to_owned(), readable(&answer.bytes));
            }
        }
    }

    /// The entries, of one path when one is named.
    pub fn entries(&self, path: Option<&str>) -> Value {
        let chosen = self.entries.iter().filter(|entry| path.is_none_or(|path| path == entry.path));
        chosen.map(|entry| Value::Object(entry.value.clone())).collect()
    }

    pub fn clear(&mut self) {
        self.entries.clear();
    }
}

/// JSON as JSON, text as text, anything else by its length.
fn readable(bytes: &[u8]) -> Value {
    if bytes.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(bytes).unwrap_or_else(|_| match std::str::from_utf8(bytes) {
        Ok(text) => Value::from(text),
        Err(_) => json!({"bytes": bytes.len()}),
    })
}
