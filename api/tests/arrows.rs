//! Arrows between rooms run one way: routes → acts → store → entity, acts → rules. This reads the source and says
//! where one runs the other way.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the sources has failed")]

use std::path::{Path, PathBuf};

/// A word that only some places may use.
struct Arrow {
    word: &'static str,
    allowed: fn(&Path) -> bool,
    why: &'static str,
}

fn named(path: &Path, names: &[&str]) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| names.contains(&name))
}

fn inside(path: &Path, folders: &[&str]) -> bool {
    path.components().any(|part| folders.iter().any(|folder| part.as_os_str() == *folder))
}

const ARROWS: &[Arrow] = &[
    Arrow {
        word: "sea_orm::",
        allowed: |path| {
            named(
                path,
                &["store.rs", "database.rs", "idempotency.rs", "installation.rs", "start.rs", "doctor.rs"],
            ) || inside(path, &["store"])
        },
        why: "queries live in store",
    },
    Arrow {
        word: "actix_web::",
        allowed: |path| {
            named(path, &["routes.rs", "idempotency.rs"]) || inside(path, &["http", "cli", "routes"])
        },
        why: "HTTP lives in routes and http",
    },
    Arrow {
        word: "redis::",
        allowed: |path| inside(path, &["gate"]) || named(path, &["token_redis.rs"]),
        why: "Redis is spoken to by its adapters only",
    },
    Arrow {
        word: "reqwest::",
        allowed: |path| inside(path, &["wechat"]) || named(path, &["outward.rs"]),
        why: "calls to other servers are made by their adapters only",
    },
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !named(&path, &["tests.rs"])
        {
            // A room's tests set up a world of their own, from all sides.
            found.push(path);
        }
    }
}

fn violations(path: &Path, text: &str) -> Vec<String> {
    let code = || text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    ARROWS
        .iter()
        .filter(|arrow| !(arrow.allowed)(path))
        .flat_map(|arrow| {
            code()
                .filter(|(_, line)| line.contains(arrow.word) && !line.contains(&format!("_{}", arrow.word)))
                .map(move |(number, _)| {
                    format!("{}:{}: {} ({})", path.display(), number + 1, arrow.word, arrow.why)
                })
        })
        .collect()
}

#[test]
fn arrows_between_rooms_run_one_way() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 40, "the sources were not found");
    let found: Vec<_> = files
        .iter()
        .flat_map(|path| {
            violations(path.strip_prefix(&root).unwrap(), &std::fs::read_to_string(path).unwrap())
        })
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_query_in_an_act_and_http_in_a_store_are_found() {
    assert_eq!(
        violations(Path::new("polls/acts.rs"), "use sea_orm::EntityTrait;\n// sea_orm::fine").len(),
        1
    );
    assert_eq!(violations(Path::new("polls/store.rs"), "use actix_web::web;").len(), 1);
    assert!(violations(Path::new("polls/store.rs"), "use sea_orm::EntityTrait;").is_empty());
}
