//! Whose turn it is to send a photo: each person one at a time, and only so many together, so that neither one person
//! nor all of them fill the memory.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{LazyLock, Mutex, PoisonError},
};

use tokio::sync::{Semaphore, SemaphorePermit};
use uuid::Uuid;

use super::UPLOAD_RUNNING;
use crate::{
    http::problem::{Result, UNAVAILABLE},
    idempotency::still_running,
};

/// Photos on their way in, or waiting to be decoded, at once.
const AT_ONCE: usize = 16;

static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);
/// Who sends, and under which key.
static SENDING: LazyLock<Mutex<HashMap<Uuid, String>>> = LazyLock::new(Mutex::default);

/// A person's turn; over when it is dropped.
#[derive(Debug)]
pub struct Turn {
    person: Uuid,
    _place: SemaphorePermit<'static>,
}

impl Turn {
    /// # Errors
    /// [`UPLOAD_RUNNING`] while the person's turn is not over, [`KEY_RUNNING`] when it is that of the same key;
    /// [`UNAVAILABLE`] while too many others send.
    ///
    /// [`KEY_RUNNING`]: crate::http::problem::KEY_RUNNING
    pub fn of(person: Uuid, key: &str) -> Result<Self> {
        let full = |_| UNAVAILABLE.because("too many photos are on their way in").retry_after(2);
        let place = PLACES.try_acquire().map_err(full)?;
        match SENDING.lock().unwrap_or_else(PoisonError::into_inner).entry(person) {
            Entry::Occupied(sends) if sends.get() == key => Err(still_running()),
            Entry::Occupied(_) => {
                Err(UPLOAD_RUNNING.because("the photo before it has not been kept yet").retry_after(1))
            }
            Entry::Vacant(free) => {
                free.insert(key.to_owned());
                Ok(Self { person, _place: place })
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        SENDING.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.person);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_sends_one_photo_at_a_time() {
        let (one, other) = (Uuid::from_u128(0x0071_0001), Uuid::from_u128(0x0071_0002));
        let turn = Turn::of(one, "first").unwrap();
        assert_eq!(Turn::of(one, "second").unwrap_err().code.name, "UPLOAD_RUNNING");
        assert_eq!(Turn::of(one, "first").unwrap_err().code.name, "KEY_RUNNING");
        drop(Turn::of(other, "first").unwrap());
        drop(turn);
        drop(Turn::of(one, "second").unwrap());
    }
}
