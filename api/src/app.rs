//! What all rooms share: the doors to the world, each handed in, none reached for.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::{Notify, watch};

use crate::{
    clock::{Clock, Ids},
    config::Config,
    database::{Db, Tx},
    gate::Gate,
    http::problem::Result,
    idempotency::Running,
    incidents::Round,
    notices::ways::Ways,
    pii::Vault,
    polls::Proofs,
    sessions::token::TokenMint,
    uploads::files::Files,
    webhooks::outward::Outward,
    wechat::WeChat,
};

/// The running service.
pub struct App {
    pub config: Config,
    pub clock: Clock,
    pub ids: Ids,
    pub db: Db,
    pub vault: Vault,
    pub gate: Arc<dyn Gate>,
    pub tokens: TokenMint,
    /// None when no appid is configured.
    pub wechat: Option<WeChat>,
    pub files: Files,
    pub ways: Ways,
    pub outward: Outward,
    pub running: Running,
    pub proofs: Proofs,
    pub audited: Round,
    pub wake: Wake,
    draining: AtomicBool,
}

/// Wakes those who wait, so that nobody polls fast.
#[derive(Debug)]
pub struct Wake {
    /// Something was written to the record and waits for its place.
    pub written: Notify,
    /// Long work waits.
    pub work: Notify,
    /// The record has grown; the number only ever grows.
    pub sequenced: watch::Sender<u64>,
}

impl Default for Wake {
    fn default() -> Self {
        Self { written: Notify::new(), work: Notify::new(), sequenced: watch::Sender::new(0) }
    }
}

/// What an [`App`] is made of.
pub struct Parts {
    pub config: Config,
    pub clock: Clock,
    pub ids: Ids,
    pub db: Db,
    pub vault: Vault,
    pub gate: Arc<dyn Gate>,
    pub tokens: TokenMint,
    pub wechat: Option<WeChat>,
    pub files: Files,
    pub ways: Ways,
    pub outward: Outward,
}

impl App {
    pub fn new(parts: Parts) -> Self {
        let Parts { config, clock, ids, db, vault, gate, tokens, wechat, files, ways, outward } = parts;
        Self {
            config,
            clock,
            ids,
            db,
            vault,
            gate,
            tokens,
            wechat,
            files,
            ways,
            outward,
            running: Running::default(),
            proofs: Proofs::default(),
            audited: Round::default(),
            wake: Wake::default(),
            draining: AtomicBool::new(false),
        }
    }

    /// Ends a write and wakes the sequencer.
    pub async fn commit(&self, tx: Tx) -> Result<()> {
        tx.commit().await?;
        self.wake.written.notify_one();
        Ok(())
    }

    /// A write that needs no key: committed when `act` succeeds.
    pub async fn write<T>(&self, act: impl AsyncFnOnce(&Tx) -> Result<T>) -> Result<T> {
        let done = self.db.write(act).await?;
        self.wake.written.notify_one();
        Ok(done)
    }

    /// From now on: not ready, and connections close after their answer.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    pub fn draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}
