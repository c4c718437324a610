//! A Redis of the test's own: on a free loopback port, with nothing on disk, gone when dropped.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::super::{Address, Patience, Redis, Resilient};
use super::fresh_id;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Single,
    /// One node that owns all slots: it refuses a script whose keys are in different slots as a big one does.
    Cluster,
    /// One server that speaks TLS too, with a certificate of an authority that only the test knows.
    Tls,
}

pub struct Server {
    kind: Kind,
    port: u16,
    /// The cluster's bus, or TLS.
    second_port: u16,
    folder: PathBuf,
    child: Child,
}

impl Server {
    /// Starts one; or, where `redis-server` is not installed, says that `test` did not run. With
    /// `LINLI_TEST_REDIS=required` that is a failure.
    pub fn start(kind: Kind, test: &str) -> Option<Self> {
        let needed: &[_] = if kind == Kind::Tls { &["redis-server", "openssl"] } else { &["redis-server"] };
        if let Some(missing) = needed.iter().find(|program| !is_installed(program)) {
            let required = std::env::var("LINLI_TEST_REDIS").is_ok_and(|value| value == "required");
            assert!(!required, "LINLI_TEST_REDIS=required, but there is no {missing} on PATH");
            // Not through the print macros, whose output the harness keeps to itself.
            writeln!(std::io::stderr(), "DID NOT RUN: {test}: there is no {missing} on PATH").unwrap();
            return None;
        }
        let (port, second_port) = (free_port(), free_port());
        let folder = std::env::temp_dir().join(format!("linli-redis-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        if kind == Kind::Tls {
            certify(&folder);
        }
        let child = spawn(kind, port, second_port, &folder);
        let server = Self { kind, port, second_port, folder, child };
        server.wait();
        Some(server)
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again on the same port, empty.
    pub fn restart(&mut self) {
        self.child = spawn(self.kind, self.port, self.second_port, &self.folder);
        self.wait();
    }

    /// Stops it in the middle of whatever it does, connections open, without an answer.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    pub fn url(&self) -> String {
        match self.kind {
            Kind::Single => format!("redis://127.0.0.1:{}", self.port),
            Kind::Cluster => format!("redis+cluster://127.0.0.1:{}", self.port),
            Kind::Tls => format!("rediss://127.0.0.1:{}", self.second_port),
        }
    }

    /// The authority behind a [`Kind::Tls`] server's certificate.
    pub fn authority(&self) -> Vec<u8> {
        std::fs::read(self.folder.join("authority.pem")).unwrap()
    }

    pub fn address(&self) -> Address {
        let address = Address::parse(&self.url()).unwrap();
        // What is not about time must not depend on how busy the machine is.
        address.with_patience(Patience { limit: Duration::from_secs(20), ..Patience::default() })
    }

    /// A gate that takes its time.
    pub async fn gate(&self) -> Redis {
        Redis::connect(&self.address(), &format!("test-{}", fresh_id())).await.unwrap()
    }

    /// A gate as in earnest, with its usual patience.
    pub async fn resilient(&self) -> Resilient<Redis> {
        let address = self.address().with_patience(Patience::default());
        Resilient::new(Redis::connect(&address, &format!("test-{}", fresh_id())).await.unwrap())
    }

    /// One inline command, and what came back at once.
    pub fn say(&self, command: &str) -> Option<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        stream.write_all(format!("{command}\r\n").as_bytes()).ok()?;
        let mut answer = vec![0; 64 * 1024];
        let length = stream.read(&mut answer).ok()?;
        answer.truncate(length);
        String::from_utf8(answer).ok()
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    fn wait(&self) {
        self.wait_for("PING", "+PONG");
        if self.kind == Kind::Cluster {
            // Refused after a restart, when it knows its slots already.
            self.say("CLUSTER ADDSLOTSRANGE 0 16383");
            self.wait_for("CLUSTER INFO", "cluster_state:ok");
        }
    }

    fn wait_for(&self, command: &str, wanted: &str) {
        let began = Instant::now();
        while !self.say(command).is_some_and(|answer| answer.contains(wanted)) {
            assert!(began.elapsed() < Duration::from_secs(20), "redis-server did not come up");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

fn spawn(kind: Kind, port: u16, second_port: u16, folder: &Path) -> Child {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--loglevel", "warning"]);
    command.args(["--port", &port.to_string()]).arg("--dir").arg(folder);
    let second_port = second_port.to_string();
    match kind {
        Kind::Single => &mut command,
        Kind::Cluster => command.args(["--cluster-enabled", "yes", "--cluster-port", &second_port]),
        Kind::Tls => command.args(["--tls-port", &second_port, "--tls-auth-clients", "no"]).args([
            "--tls-cert-file",
            "server.pem",
            "--tls-key-file",
            "server.key",
        ]),
    };
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// Makes an authority for two days, and a certificate of it for this machine.
fn certify(folder: &Path) {
    std::fs::write(folder.join("names"), "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n").unwrap();
    for step in [
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority \
         -addext basicConstraints=critical,CA:TRUE -keyout authority.key -out authority.pem",
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server -keyout server.key -out server.csr",
        "x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 \
         -extfile names -out server.pem",
    ] {
        let mut command = Command::new("openssl");
        command.args(step.split_whitespace()).current_dir(folder);
        assert!(command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success(), "{step}");
    }
}
