//! Stories, and the worlds that they are told in.

use std::{
    cell::RefCell,
    fmt,
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use libtest_mimic::{Failed, Trial};

use crate::{servers::Suite, world::World};

/// What keeps the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Database {
    Sqlite,
    Postgres,
}

/// What keeps sessions and limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sessions {
    InMemory,
    InRedis,
}

/// One of the worlds that the service promises to live in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Setting {
    pub database: Database,
    pub sessions: Sessions,
}

impl Setting {
    pub const ALL: [Self; 4] = [
        Self { database: Database::Sqlite, sessions: Sessions::InMemory },
        Self { database: Database::Sqlite, sessions: Sessions::InRedis },
        Self { database: Database::Postgres, sessions: Sessions::InMemory },
        Self { database: Database::Postgres, sessions: Sessions::InRedis },
    ];

    /// The other database, and the other place for sessions.
    fn opposite(self) -> Self {
        Self {
            database: match self.database {
                Database::Sqlite => Database::Postgres,
                Database::Postgres => Database::Sqlite,
            },
            sessions: match self.sessions {
                Sessions::InMemory => Sessions::InRedis,
                Sessions::InRedis => Sessions::InMemory,
            },
        }
    }

    fn names() -> String {
        Self::ALL.map(|one| one.to_string()).join(", ")
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.database {
            Database::Sqlite => "sqlite",
            Database::Postgres => "postgres",
        })?;
        f.write_str(match self.sessions {
            Sessions::InMemory => "",
            Sessions::InRedis => "+redis",
        })
    }
}

/// The worlds of a run.
#[derive(Clone, Debug)]
pub struct Worlds {
    pub settings: Vec<Setting>,
    /// Each story in two opposite worlds, which have both databases and both places for sessions between them, unless it
    /// is told [`everywhere`](Story::everywhere): what keeps the data and what keeps sessions know nothing of each other.
    is_crosswise: bool,
}

impl Worlds {
    /// Those that `LINLI_TEST_WORLDS` asks for: `all`, told crosswise, or names with commas, for each of which every
    /// story is told; without it the one that needs nothing installed.
    pub fn wanted() -> Result<Self, String> {
        let asked = std::env::var("LINLI_TEST_WORLDS").unwrap_or_else(|_| "sqlite".into());
        if asked == "all" {
            return Ok(Self { settings: Setting::ALL.to_vec(), is_crosswise: true });
        }
        let find = |name: &str| {
            let found = Setting::ALL.into_iter().find(|one| one.to_string() == name.trim());
            found.ok_or_else(|| {
                format!("LINLI_TEST_WORLDS: no world {name}; there are all, {}", Setting::names())
            })
        };
        Ok(Self { settings: asked.split(',').map(find).collect::<Result<_, _>>()?, is_crosswise: false })
    }

    pub fn are_complete(&self) -> bool {
        Setting::ALL.iter().all(|one| self.settings.contains(one))
    }
}

/// What is in the database when a story begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Start {
    /// The schema, and nobody.
    Empty,
    /// The demo's complex with everybody in it.
    Demo,
}

/// What the service's log may say in a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// An error in the log is a failure of the story.
    WithoutErrors,
    /// The story breaks something on purpose.
    WithErrors,
}

thread_local! {
    /// Where the story of this thread broke off.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps where a story breaks off, to be told with its failure, instead of a long trace at once.
pub fn keep_places_of_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        PLACE.set(place);
        if std::thread::current().name() == Some("main") {
            eprintln!("{panic}");
        }
    }));
}

type Told<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Something that somebody experiences.
#[derive(Clone)]
pub struct Story {
    pub name: &'static str,
    pub start: Start,
    /// Configuration over the suite's, as `key=value`.
    pub set: &'static [&'static str],
    pub log: Log,
    /// Whether it is told in every world, also where others are told in two.
    is_everywhere: bool,
    /// Whether it is told in a world.
    fits: fn(Setting) -> bool,
    /// Why not in all of them.
    why: &'static str,
    tell: for<'a> fn(&'a mut World) -> Told<'a>,
}

impl Story {
    pub fn new(name: &'static str, tell: for<'a> fn(&'a mut World) -> Told<'a>) -> Self {
        let name = name.strip_prefix("black_box::stories::").unwrap_or(name);
        let (start, log) = (Start::Empty, Log::WithoutErrors);
        Self { name, start, set: &[], log, is_everywhere: false, fits: |_| true, why: "", tell }
    }

    /// In the demo's complex, with everybody in it.
    pub fn in_the_demo(self) -> Self {
        Self { start: Start::Demo, ..self }
    }

    pub fn with(self, set: &'static [&'static str]) -> Self {
        Self { set, ..self }
    }

    /// Something is broken on purpose: errors in the log and answers of 500 are part of the story.
    pub fn breaking_things(self) -> Self {
        Self { log: Log::WithErrors, ..self }
    }

    /// Of what the databases and the places for sessions may do to each other.
    pub fn everywhere(self) -> Self {
        Self { is_everywhere: true, ..self }
    }

    /// Told in fewer worlds, for a reason that the end of a run repeats.
    pub fn only_in(self, why: &'static str, fits: fn(Setting) -> bool) -> Self {
        Self { fits, why, is_everywhere: true, ..self }
    }

    /// In which of these worlds it is told.
    fn told_in(&self, worlds: &Worlds) -> impl Iterator<Item = Setting> {
        let one = Setting::ALL[self.name.bytes().map(usize::from).sum::<usize>() % Setting::ALL.len()];
        let is_told = move |setting: &Setting| [one, one.opposite()].contains(setting);
        let everywhere = self.is_everywhere || !worlds.is_crosswise;
        let settings = worlds.settings.iter().copied();
        settings.filter(move |setting| (self.fits)(*setting) && (everywhere || is_told(setting)))
    }

    /// What a run in these worlds has to say about those that do not fit the story.
    pub fn left_out(&self, worlds: &Worlds) -> Option<String> {
        let told = worlds.settings.iter().filter(|setting| (self.fits)(**setting)).count();
        let all = worlds.settings.len();
        (told < all).then(|| format!("{} is told in {told} of {all} worlds: {}", self.name, self.why))
    }

    fn run(&self, setting: Setting) -> Result<(), Failed> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failed::from)?;
        let mut world = runtime.block_on(World::new(self, setting)).map_err(Failed::from)?;
        let data = world.data.clone();
        let told = std::panic::catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on((self.tell)(&mut world));
            if self.log == Log::WithoutErrors {
                world.assert_log_without_errors();
            }
        }));
        // Before the runtime ends, which the world's phones still use.
        let log = world.end_of_log();
        drop(world);
        // With it end the story's own connections.
        drop(runtime);
        let ended = match setting.database {
            Database::Sqlite => Ok(()),
            Database::Postgres => Suite::get().end_of(&data).map_err(Failed::from),
        };
        let told = told.map_err(|panic| {
            let place = PLACE.with_borrow(Clone::clone);
            let why = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("it panicked");
            Failed::from(format!("{place}: {why}\nthe end of the service's log:\n{log}"))
        });
        told.and(ended)
    }
}

/// Names a story after its file and function.
#[macro_export]
macro_rules! story {
    ($tell:path) => {
        $crate::story::Story::new(concat!(module_path!(), "::", stringify!($tell)), |world| {
            Box::pin($tell(world))
        })
    };
}

/// How long each story took.
static TOOK: Mutex<Vec<(Duration, String)>> = Mutex::new(Vec::new());

/// The stories that took longest, the longest first: what to shorten when the run becomes long.
pub fn longest(count: usize) -> Vec<String> {
    let mut took = TOOK.lock().unwrap_or_else(PoisonError::into_inner).clone();
    took.sort_unstable_by(|one, other| other.cmp(one));
    took.iter().take(count).map(|(time, name)| format!("{:.1} s {name}", time.as_secs_f64())).collect()
}

/// Each story in each world that it is told in.
pub fn trials(stories: &[Story], worlds: &Worlds) -> Vec<Trial> {
    let trial = |story: &Story, setting: Setting| {
        let story = story.clone();
        let name = format!("{}::{setting}", story.name);
        Trial::test(name.clone(), move || {
            let since = Instant::now();
            let told = story.run(setting);
            TOOK.lock().unwrap_or_else(PoisonError::into_inner).push((since.elapsed(), name));
            told
        })
    };
    stories.iter().flat_map(|story| story.told_in(worlds).map(move |setting| trial(story, setting))).collect()
}
