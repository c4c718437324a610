//! A Redis for one test.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use linli::gate::{Address, Patience};
use linli::wechat::{RedisTokenStore, TokenStore};

pub struct Redis {
    folder: PathBuf,
    child: Child,
}

impl Redis {
    /// Starts one; or, where `redis-server` is not installed, says that `test` did not run. With
    /// `LINLI_TEST_REDIS=required` that is a failure.
    pub fn start(test: &str) -> Option<Self> {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let started = STARTED.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("linli-wechat-{}-{started}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--unixsocket", "redis.sock", "--save", "", "--appendonly", "no"]);
        command.arg("--dir").arg(&folder).current_dir(&folder).stdout(Stdio::null()).stderr(Stdio::null());
        match command.spawn() {
            Ok(child) => {
                let redis = Self { folder, child };
                redis.wait();
                Some(redis)
            }
            Err(error) => {
                let required = std::env::var("LINLI_TEST_REDIS").is_ok_and(|value| value == "required");
                assert!(!required, "LINLI_TEST_REDIS=required, but redis-server does not start: {error}");
                // Not through the print macros, whose output the harness keeps to itself.
                let notice = format!(
                    "DID NOT RUN: {test}: redis-server does not start: {error}
"
                );
                std::io::stderr().write_all(notice.as_bytes()).unwrap();
                None
            }
        }
    }

    fn wait(&self) {
        for _ in 0..500 {
            if std::os::unix::net::UnixStream::connect(self.socket()).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("redis-server did not come up");
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.join("redis.sock")
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

/// A store at `socket`, more patient than in production: a machine that runs all tests at once is slow, and
/// giving Redis up is not what these tests are about.
pub async fn store_at(socket: &Path) -> Arc<dyn TokenStore> {
    let address = Address::parse(&format!("redis+unix://{}", socket.display())).unwrap();
    let patience = Patience { limit: Duration::from_secs(10), ..Patience::default() };
    Arc::new(RedisTokenStore::connect(&address.with_patience(patience)).await.unwrap())
}
