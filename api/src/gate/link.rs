//! The line to Redis: one server or a cluster, plain or TLS, with a time limit on every call and a breaker.
//!
//! The client's own habits are not fit for requests that people wait for: left alone it holds every call for
//! seconds while it reconnects. Here a call has 150 ms for everything ([`Patience`]), one fresh attempt when
//! the connection turns out to be dead, and after a failure nobody tries for a second but the first
//! call after it.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::cluster::{ClusterClient, ClusterConfig};
use redis::cluster_async::ClusterConnection;
use redis::io::tcp::TcpSettings;
use redis::{
    Client, Cmd, ConnectionInfo, FromRedisValue, IntoConnectionInfo, ScriptInvocation, TlsCertificates,
};
use tokio::time::{Instant, timeout};

use super::GateDown;

/// How long the first connection may take when the process starts.
const START: Duration = Duration::from_secs(2);
/// How long connecting may take; it goes on in the background while calls give up.
const CONNECT: Duration = Duration::from_secs(1);
/// When the system gives a connection up whose other end stays silent.
#[cfg(target_os = "linux")]
const SILENCE: Duration = Duration::from_secs(5);

/// How long to put up with Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How long a call may take in all; 150 ms unless said otherwise.
    pub limit: Duration,
    /// How long Redis is left alone after a failure; 1 s unless said otherwise.
    pub rest: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { limit: Duration::from_millis(150), rest: Duration::from_secs(1) }
    }
}

/// Where Redis is, and how to treat it.
#[derive(Clone)]
pub struct Address {
    nodes: Vec<ConnectionInfo>,
    kind: Kind,
    root_cert: Option<Vec<u8>>,
    patience: Patience,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Single,
    Cluster,
}

/// The address is not one. It does not repeat the address, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a Redis address: write redis://[user:password@]host:port[/db], rediss:// for TLS, redis+unix:///path, or for a \
     cluster redis+cluster://host:port,host:port (rediss+cluster:// for TLS)"
)]
pub struct BadAddress;

impl Address {
    /// Reads an address: `redis://`, `rediss://` (TLS) or `redis+unix://` for one server;
    /// `redis+cluster://[user:password@]host:port,host:port` (or `rediss+cluster://`, or several addresses with
    /// commas between them) for a cluster.
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let (kind, urls) = match text.trim().split_once("+cluster://") {
            Some((scheme @ ("redis" | "rediss"), rest)) => {
                let (login, hosts) = match rest.rsplit_once('@') {
                    Some((login, hosts)) => (format!("{login}@"), hosts),
                    None => (String::new(), rest),
                };
                let urls = hosts.split(',').map(|host| format!("{scheme}://{login}{}", host.trim()));
                (Kind::Cluster, urls.collect())
            }
            Some(_) => return Err(BadAddress),
            None => {
                let urls: Vec<String> = text.split(',').map(|url| url.trim().to_owned()).collect();
                (if urls.len() > 1 { Kind::Cluster } else { Kind::Single }, urls)
            }
        };
        let nodes = urls.into_iter().map(node).collect::<Result<_, _>>()?;
        Ok(Self { nodes, kind, root_cert: None, patience: Patience::default() })
    }

    /// Trusts this certificate (PEM) instead of the public ones, for a Redis with a private authority.
    #[must_use]
    pub fn trusting(self, root_cert: Vec<u8>) -> Self {
        Self { root_cert: Some(root_cert), ..self }
    }

    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// Asks once whether Redis answers there; if not, where and why, for people.
    pub async fn ask(&self) -> Result<(), String> {
        let nodes: Vec<String> = self.nodes.iter().map(|node| node.addr().to_string()).collect();
        let failed = |cause: &dyn fmt::Display| format!("Redis at {}: {cause}", nodes.join(", "));
        let wire = Wire::new(self).map_err(|error| failed(&error))?;
        // Its words hold nothing private: PING has no arguments, and an error never repeats the login.
        let ping = redis::cmd("PING");
        match timeout(START, wire.send::<()>(&Call::Command(&ping))).await {
            Ok(answer) => answer.map_err(|error| failed(&error)),
            Err(_) => Err(failed(&"it does not answer")),
        }
    }

    fn certificates(&self) -> Option<TlsCertificates> {
        let root_cert = self.root_cert.clone()?;
        Some(TlsCertificates { client_tls: None, root_cert: Some(root_cert) })
    }
}

fn node(url: String) -> Result<ConnectionInfo, BadAddress> {
    let info = url.into_connection_info().map_err(|_| BadAddress)?;
    Ok(info.set_tcp_settings(tcp()))
}

fn tcp() -> TcpSettings {
    let settings = TcpSettings::default().set_nodelay(true);
    #[cfg(target_os = "linux")]
    let settings = settings.set_user_timeout(SILENCE);
    settings
}

/// A shared line to Redis.
pub struct Link {
    wire: Wire,
    limit: Duration,
    breaker: Breaker,
}

enum Wire {
    Single(ConnectionManager),
    Cluster(ClusterConnection),
}

impl Link {
    /// Makes the line and tries it once. A Redis that is down does not keep the process from starting: the
    /// line finds it when it comes.
    pub async fn new(address: &Address) -> Result<Self, BadAddress> {
        let wire = Wire::new(address)?;
        let Patience { limit, rest } = address.patience;
        let link = Self { wire, limit, breaker: Breaker { rest, open_until: Mutex::new(None) } };
        let ping = redis::cmd("PING");
        match timeout(START, link.attempt::<()>(&Call::Command(&ping))).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => link.breaker.open(),
        }
        Ok(link)
    }

    /// Sends one command.
    pub async fn command<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, GateDown> {
        self.call(Call::Command(command)).await
    }

    /// Runs a script, loading it if the server does not know it yet. Its keys must be in one slot.
    pub async fn script<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, GateDown> {
        self.call(Call::Script(script)).await
    }

    /// Calls may run twice when a connection breaks in between; they are all safe to repeat.
    async fn call<T: FromRedisValue>(&self, call: Call<'_>) -> Result<T, GateDown> {
        if !self.breaker.lets_try() {
            return Err(GateDown::Resting);
        }
        let outcome = match timeout(self.limit, self.attempt(&call)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(cause(&error)),
            Err(_) => Err(GateDown::TimedOut),
        };
        match outcome {
            Ok(_) => self.breaker.close(),
            Err(_) => self.breaker.open(),
        }
        outcome
    }

    /// A dead connection is only noticed by using it, so the first error is followed by one attempt on the
    /// connection that replaces it.
    async fn attempt<T: FromRedisValue>(&self, call: &Call<'_>) -> redis::RedisResult<T> {
        match self.wire.send(call).await {
            Err(error) if error.is_unrecoverable_error() && !error.is_timeout() => self.wire.send(call).await,
            outcome => outcome,
        }
    }
}

enum Call<'a> {
    Command(&'a Cmd),
    Script(&'a ScriptInvocation<'a>),
}

impl Wire {
    fn new(address: &Address) -> Result<Self, BadAddress> {
        Ok(match address.kind {
            Kind::Single => Self::Single(single(address)?),
            Kind::Cluster => Self::Cluster(cluster(address)?),
        })
    }

    async fn send<T: FromRedisValue>(&self, call: &Call<'_>) -> redis::RedisResult<T> {
        match self {
            Self::Single(connection) => send(call, &mut connection.clone()).await,
            Self::Cluster(connection) => send(call, &mut connection.clone()).await,
        }
    }
}

async fn send<T: FromRedisValue>(
    call: &Call<'_>,
    connection: &mut (impl ConnectionLike + Send),
) -> redis::RedisResult<T> {
    match call {
        Call::Command(command) => command.query_async(connection).await,
        Call::Script(script) => script.invoke_async(connection).await,
    }
}

fn single(address: &Address) -> Result<ConnectionManager, BadAddress> {
    let node = address.nodes.first().cloned().ok_or(BadAddress)?;
    let client = match address.certificates() {
        Some(certificates) => Client::build_with_tls(node, certificates),
        None => Client::open(node),
    };
    let config = ConnectionManagerConfig::new()
        .set_number_of_retries(1)
        .set_min_delay(Duration::from_millis(10))
        .set_max_delay(Duration::from_millis(50))
        .set_connection_timeout(Some(CONNECT))
        .set_response_timeout(Some(address.patience.limit))
        .set_pipeline_buffer_size(512);
    client.and_then(|client| ConnectionManager::new_lazy_with_config(client, config)).map_err(|_| BadAddress)
}

fn cluster(address: &Address) -> Result<ClusterConnection, BadAddress> {
    let mut builder = ClusterClient::builder(address.nodes.clone())
        .tcp_settings(tcp())
        .retries(3)
        .min_retry_wait(10)
        .max_retry_wait(50)
        .connection_timeout(CONNECT)
        .response_timeout(address.patience.limit);
    if let Some(certificates) = address.certificates() {
        builder = builder.certs(certificates);
    }
    let client = builder.build().map_err(|_| BadAddress)?;
    Ok(client.get_pending_async_connection_with_config(ClusterConfig::new()))
}

/// What went wrong, for people; the client's own words may repeat keys and arguments, so they stop here.
fn cause(error: &redis::RedisError) -> GateDown {
    tracing::debug!(kind = ?error.kind(), code = error.code(), "Redis failed a call");
    if error.is_timeout() {
        GateDown::TimedOut
    } else if error.is_io_error() || error.is_connection_dropped() || error.is_connection_refusal() {
        GateDown::Unreachable
    } else {
        GateDown::Refused
    }
}

/// Open after a failure, until Redis has rested and one call has found Redis well again.
///
/// There is one for the whole line. When a cluster loses a shard, callers of the other shards are turned away
/// too, on and off, until a replica has taken the lost one's place.
///
/// It measures the machine's time, not the Clock's: it is about how long calls really hang.
struct Breaker {
    rest: Duration,
    open_until: Mutex<Option<Instant>>,
}

impl Breaker {
    /// Whether this call may go to Redis. When the rest is over exactly one may, the others wait for what it
    /// finds; should it never come back, the next one may after another rest.
    fn lets_try(&self) -> bool {
        let mut open_until = self.open_until.lock().unwrap_or_else(PoisonError::into_inner);
        match *open_until {
            None => true,
            Some(until) if Instant::now() < until => false,
            Some(_) => {
                *open_until = Some(Instant::now() + self.rest);
                true
            }
        }
    }

    fn open(&self) {
        self.set(Some(Instant::now() + self.rest));
    }

    fn close(&self) {
        self.set(None);
    }

    fn set(&self, open_until: Option<Instant>) {
        *self.open_until.lock().unwrap_or_else(PoisonError::into_inner) = open_until;
    }
}
