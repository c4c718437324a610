//! The servers that the suite starts for itself, each on a free port or socket, and ends by its process id: also when
//! a story fails, and when the suite is killed.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    os::unix::{fs::MetadataExt, net::UnixStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};

use crate::{
    indexes,
    story::{Database, Sessions, Setting, Start},
    world::Service,
};

static SUITE: OnceLock<Suite> = OnceLock::new();
static NUMBER: AtomicU32 = AtomicU32::new(1);

/// What all stories of a run share.
#[derive(Debug)]
pub struct Suite {
    folder: PathBuf,
    postgres: Mutex<Option<Postgres>>,
    /// Prepared databases, each made once and copied for every story.
    templates: Mutex<HashMap<(Database, Start), Data>>,
    /// What [`indexes`] found in the databases of the stories that have ended.
    walked_through: Mutex<Vec<String>>,
}

/// Where a service keeps its data.
#[derive(Clone, Debug)]
pub struct Data {
    pub database_url: String,
    /// Of a PostgreSQL database.
    pub database_name: String,
    pub folder: PathBuf,
}

impl Suite {
    /// Starts what the wanted worlds need; fails, with the cure, where something is not installed.
    pub fn start(wanted: &[Setting]) -> Result<&'static Self, String> {
        let folder = std::env::temp_dir().join(format!("linli-tests-{}", std::process::id()));
        make(&folder)?;
        if wanted.iter().any(|one| one.sessions == Sessions::InRedis) {
            program("redis-server").ok_or("no redis-server on PATH: apt-get install redis-server")?;
        }
        let postgres = if wanted.iter().any(|one| one.database == Database::Postgres) {
            Some(Postgres::start(folder.join("postgres"), Disk::IsTrusted)?)
        } else {
            None
        };
        let postgres = Mutex::new(postgres);
        Ok(SUITE.get_or_init(|| Self {
            folder,
            postgres,
            templates: Mutex::default(),
            walked_through: Mutex::default(),
        }))
    }

    /// The suite that is running.
    pub fn get() -> &'static Self {
        SUITE.get().expect("the suite was started first")
    }

    /// Everything that this run writes.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn stop(&self) {
        self.postgres.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    pub fn remove(&self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            println!("{} stays: {error}", self.folder.display());
        }
    }

    /// A number that no other story has.
    pub fn number() -> u32 {
        NUMBER.fetch_add(1, Ordering::Relaxed)
    }

    /// A database of a story's own in `folder`.
    pub fn data(&self, database: Database, start: Start, folder: PathBuf) -> Result<Data, String> {
        make(&folder)?;
        let template = self.template(database, start)?;
        copy_files(&template.folder.join("files"), &folder.join("files"))?;
        match database {
            Database::Sqlite => {
                let file = folder.join("linli.db");
                copy_sqlite(&template.folder.join("linli.db"), &file)?;
                let database_url = format!("sqlite://{}", file.display());
                Ok(Data { database_url, database_name: String::new(), folder })
            }
            Database::Postgres => {
                let name = format!("story_{}", Self::number());
                self.administer(&format!("CREATE DATABASE {name} TEMPLATE {}", template.database_name))?;
                // Whatever it then still walks through as a whole has no index; see [`crate::indexes`].
                self.administer(&format!("ALTER DATABASE {name} SET enable_seqscan = off"))?;
                Ok(Data { database_url: self.postgres_url(&name), database_name: name, folder })
            }
        }
    }

    /// A story has ended, and nobody of it asks anything any more: keeps what its queries did, and gives back the room
    /// that its database took.
    pub fn end_of(&self, data: &Data) -> Result<(), String> {
        let name = &data.database_name;
        let connected = format!("SELECT pid::text FROM pg_stat_activity WHERE datname = '{name}'");
        let deadline = Instant::now() + Duration::from_secs(20);
        while !ask(&self.postgres_url("postgres"), &connected)?.is_empty() {
            if Instant::now() > deadline {
                return Err(format!("somebody is still connected to {name}"));
            }
            thread::sleep(Duration::from_millis(10));
        }
        let walked = indexes::walked_through(&self.postgres_url(name));
        let walked = walked.into_iter().map(|table| format!("{name}: {table}"));
        self.walked_through.lock().unwrap_or_else(PoisonError::into_inner).extend(walked);
        self.administer(&format!("DROP DATABASE {name}"))
    }

    /// What [`indexes`] found in all stories together.
    pub fn walked_through(&self) -> Vec<String> {
        self.walked_through.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The prepared database, made by the service itself at the first call.
    fn template(&self, database: Database, start: Start) -> Result<Data, String> {
        let mut templates = self.templates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = templates.get(&(database, start)) {
            return Ok(made.clone());
        }
        let folder = self.folder.join(format!("template-{database:?}-{start:?}"));
        make(&folder.join("files"))?;
        let data = self.nothing(database, format!("template_{start:?}").to_lowercase(), folder)?;
        let command = match start {
            Start::Empty => "serve",
            Start::Demo => "demo",
        };
        // Ends before anybody copies what it wrote.
        Service::start(command, &data, &[], Duration::from_mins(2))?.terminate()?;
        templates.insert((database, start), data.clone());
        Ok(data)
    }

    /// A database without even a schema, as an installation begins. On SQLite there is not even a file.
    pub fn nothing(
        &self,
        database: Database,
        database_name: String,
        folder: PathBuf,
    ) -> Result<Data, String> {
        match database {
            Database::Sqlite => {
                make(&folder)?;
                let database_url = format!("sqlite://{}/linli.db", folder.display());
                Ok(Data { database_url, database_name, folder })
            }
            Database::Postgres => self.in_postgres(|postgres| postgres.nothing(database_name, folder)),
        }
    }

    /// Of a database in the suite's PostgreSQL.
    pub fn postgres_url(&self, name: &str) -> String {
        self.in_postgres(|postgres| postgres.url(name))
    }

    fn in_postgres<T>(&self, act: impl FnOnce(&Postgres) -> T) -> T {
        let postgres = self.postgres.lock().unwrap_or_else(PoisonError::into_inner);
        act(postgres.as_ref().expect("a world on PostgreSQL was wanted"))
    }

    /// One statement as the cluster's owner.
    pub fn administer(&self, statement: &str) -> Result<(), String> {
        tell(&self.postgres_url("postgres"), statement)
    }
}

/// Runs one statement.
pub fn tell(url: &str, statement: &str) -> Result<(), String> {
    let statement = statement.to_owned();
    apart(url.to_owned(), async move |db| db.execute_unprepared(&statement).await.map(|_| ()))
}

/// The first column of what a query answers, as text.
pub fn ask(url: &str, query: &str) -> Result<Vec<String>, String> {
    let query = query.to_owned();
    apart(url.to_owned(), async move |db| {
        let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), query)).await?;
        rows.iter().map(|row| row.try_get_by_index(0)).collect()
    })
}

/// Does something in a database, apart from whatever runtime the caller is in.
fn apart<T: Send + 'static>(
    url: String,
    act: impl AsyncFnOnce(&DatabaseConnection) -> Result<T, DbErr> + Send + 'static,
) -> Result<T, String> {
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|error| error.to_string())?.block_on(async {
            let db = connect(&url).await?;
            let done = act(&db).await.map_err(|error| error.to_string());
            db.close().await.map_err(|error| error.to_string())?;
            done
        })
    };
    thread::spawn(run).join().unwrap_or_else(|_| Err("the statement panicked".into()))
}

/// The database itself, for stories that break it.
pub async fn connect(url: &str) -> Result<DatabaseConnection, String> {
    let mut options = sea_orm::ConnectOptions::new(uncounted(url));
    options.max_connections(1).sqlx_logging(false).acquire_timeout(Duration::from_secs(10));
    sea_orm::Database::connect(options).await.map_err(|error| error.to_string())
}

/// The same database, where what a story itself asks is not counted among what the service asks.
pub fn uncounted(url: &str) -> String {
    if url.starts_with("postgres") { format!("{url}&options[track_counts]=off") } else { url.to_owned() }
}

fn make(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

/// A database that nobody has open. Even after an orderly end, what was written last may stand in the journal alone.
fn copy_sqlite(from: &Path, to: &Path) -> Result<(), String> {
    for suffix in ["", "-wal"] {
        let named = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        if named(from).exists() {
            fs::copy(named(from), named(to))
                .map_err(|error| format!("{}: {error}", named(from).display()))?;
        }
    }
    Ok(())
}

fn copy_files(from: &Path, to: &Path) -> Result<(), String> {
    make(to)?;
    for entry in fs::read_dir(from).into_iter().flatten().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_files(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target).map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

/// Where a program is, if it is installed. Debian keeps PostgreSQL's apart from PATH.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    std::env::split_paths(&path)
        .chain(versions.map(|version| version.path().join("bin")))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// A command whose process ends with the thread that started it, however that ends (where `setpriv` is installed, as
/// on every Debian).
pub fn mortal(program_file: &Path) -> Command {
    match program("setpriv") {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "KILL"]).arg(program_file);
            command
        }
        None => Command::new(program_file),
    }
}

/// Ports that no connection takes for itself meanwhile: Linux gives those from 32768 on.
const PORTS: std::ops::Range<u32> = 10_240..32_768;

/// A port that nobody listens on; not the one that was given last, which may not be listened on yet.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let count = PORTS.end - PORTS.start;
    // Beside another run of the tests.
    let first = std::process::id().wrapping_mul(131);
    let ports = (0..count).map(|_| {
        let turn = first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        u16::try_from(PORTS.start + turn % count).expect("a port")
    });
    { ports }.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a free port")
}

/// Sends a signal by process id.
pub fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "kill -{name} {}", child.id());
}

/// Waits until a process has ended by itself; whether it did in time.
pub fn ended(child: &mut Child, within: Duration) -> bool {
    let deadline = Instant::now() + within;
    while Instant::now() < deadline {
        if !matches!(child.try_wait(), Ok(None)) {
            return true;
        }
        thread::sleep(Duration::from_millis(10));
    }
    false
}

/// A PostgreSQL cluster in a folder of its own, reached by a socket there alone.
#[derive(Debug)]
pub struct Postgres {
    folder: PathBuf,
    child: Child,
    disk: Disk,
}

/// Whether PostgreSQL waits until the disk has what is committed. Only who ends it as a loss of power does can tell; to
/// all others a slow disk would be a slow service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disk {
    IsTrusted,
    IsWaitedFor,
}

impl Postgres {
    /// Starts a new one in `folder`, which begins to exist.
    pub fn start(folder: PathBuf, disk: Disk) -> Result<Self, String> {
        make(&folder)?;
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&folder))?;
        }
        run(Self::as_owner("initdb", &folder)?
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale"])
            .args(["--no-sync", "-D"])
            .arg(folder.join("data")))?;
        let child = Self::spawn(&folder, disk)?;
        let started = Self { folder, child, disk };
        started.until_it_answers()?;
        Ok(started)
    }

    /// Of a database in it.
    pub fn url(&self, name: &str) -> String {
        format!("postgres://postgres@localhost/{name}?host={}", self.folder.display())
    }

    /// A database in it without even a schema.
    pub fn nothing(&self, database_name: String, folder: PathBuf) -> Result<Data, String> {
        make(&folder)?;
        tell(&self.url("postgres"), &format!("CREATE DATABASE {database_name}"))?;
        Ok(Data { database_url: self.url(&database_name), database_name, folder })
    }

    /// Ends it as a loss of power does: nobody is waited for, nothing is written out, and everybody who is connected
    /// is cut off.
    pub fn crash(&mut self) {
        signal(&self.child, "QUIT");
        let is_gone = ended(&mut self.child, Duration::from_secs(20));
        assert!(is_gone, "PostgreSQL does not end at once; see {}", self.folder.display());
    }

    /// Starts it again on the data and the socket that it had, and waits until it has recovered.
    pub fn restart(&mut self) {
        self.child = Self::spawn(&self.folder, self.disk).expect("PostgreSQL starts as before");
        self.until_it_answers().expect("PostgreSQL recovers");
    }

    /// One of its programs. PostgreSQL refuses to be run by root.
    fn as_owner(name: &str, folder: &Path) -> Result<Command, String> {
        let missing = || format!("no {name}, on PATH or in /usr/lib/postgresql: apt-get install postgresql");
        let file = program(name).ok_or_else(missing)?;
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=KILL"])
                .arg(file);
            command
        } else {
            mortal(&file)
        };
        command.current_dir(folder);
        Ok(command)
    }

    fn spawn(folder: &Path, disk: Disk) -> Result<Child, String> {
        let waits = if disk == Disk::IsWaitedFor { "on" } else { "off" };
        let log = File::options().create(true).append(true).open(folder.with_extension("log"));
        let log = log.map_err(|error| error.to_string())?;
        let also = log.try_clone().map_err(|error| error.to_string())?;
        Self::as_owner("postgres", folder)?
            .arg("-D")
            .arg(folder.join("data"))
            .arg("-k")
            .arg(folder)
            .args(["-c", "listen_addresses=", "-c", "max_connections=200"])
            .args(["-c", &format!("fsync={waits}"), "-c", &format!("full_page_writes={waits}")])
            .stdout(log)
            .stderr(also)
            .spawn()
            .map_err(|error| format!("postgres: {error}"))
    }

    fn until_it_answers(&self) -> Result<(), String> {
        let deadline = Instant::now() + Duration::from_mins(1);
        while let Err(error) = tell(&self.url("postgres"), "SELECT 1") {
            if Instant::now() > deadline {
                return Err(format!("PostgreSQL does not answer: {error}; see {}", self.folder.display()));
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A story may have broken off while it was down.
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        signal(&self.child, "INT");
        if !ended(&mut self.child, Duration::from_secs(20)) {
            signal(&self.child, "QUIT");
            drop(self.child.wait());
        }
    }
}

/// Whether the suite is run by root.
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|about| about.uid() == 0)
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// A Redis of one story's own, with nothing on disk.
#[derive(Debug)]
pub struct Redis {
    folder: PathBuf,
    child: Child,
}

impl Redis {
    pub fn start(suite: &Path) -> Result<Self, String> {
        // Short, because the path of a socket may have a hundred letters at most.
        let folder = suite.join(format!("redis-{}", Suite::number()));
        make(&folder)?;
        let child = Self::spawn(&folder)?;
        Ok(Self { folder, child })
    }

    pub fn url(&self) -> String {
        format!("redis+unix://{}", Self::socket(&self.folder).display())
    }

    /// Every command that comes over a connection from now on; what a script does inside is not one.
    pub fn listen(&self) -> Commands {
        let mut told = BufReader::new(self.connect("MONITOR"));
        let mut line = String::new();
        told.read_line(&mut line).expect("Redis answers");
        assert_eq!(line, "+OK\r\n");
        Commands(told)
    }

    fn connect(&self, command: &str) -> UnixStream {
        let mut connection = UnixStream::connect(Self::socket(&self.folder)).expect("Redis listens");
        connection.set_read_timeout(Some(Duration::from_secs(10))).expect("a time limit");
        write!(connection, "{command}\r\n").expect("Redis reads");
        connection
    }

    fn socket(folder: &Path) -> PathBuf {
        folder.join("redis.sock")
    }

    fn spawn(folder: &Path) -> Result<Child, String> {
        let redis = program("redis-server").ok_or("no redis-server on PATH: apt-get install redis-server")?;
        let log = File::options().create(true).append(true).open(folder.join("redis.log"));
        let child = mortal(&redis)
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(Self::socket(folder))
            .current_dir(folder)
            .stdout(log.map_err(|error| error.to_string())?)
            .spawn()
            .map_err(|error| error.to_string())?;
        let deadline = Instant::now() + Duration::from_secs(20);
        while UnixStream::connect(Self::socket(folder)).is_err() {
            if Instant::now() > deadline {
                return Err(format!("Redis does not listen; see {}", folder.display()));
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(child)
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().expect("Redis was running");
        self.child.wait().expect("it was ours");
        fs::remove_file(Self::socket(&self.folder)).expect("its socket stays behind");
    }

    /// Starts it again, empty.
    pub fn restart(&mut self) {
        self.child = Self::spawn(&self.folder).expect("Redis starts as before");
    }
}

/// What Redis was told, as it tells it itself.
pub struct Commands(BufReader<UnixStream>);

impl Commands {
    /// The names of those that came until now.
    pub fn until_now(self, redis: &Redis) -> Vec<String> {
        let mark = format!("until-now-{}", Suite::number());
        let _connection = redis.connect(&format!("ECHO {mark}"));
        let lines = self.0.lines().map(|line| line.expect("Redis tells on"));
        let lines = lines.take_while(|line| !line.contains(&mark)).filter(|line| !line.contains(" lua] "));
        // `+1700000000.123456 [0 unix:…] "EVALSHA" "…"`
        lines.map(|line| line.split('"').nth(1).unwrap_or_default().to_uppercase()).collect()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It may be dead already, when a story killed it.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
