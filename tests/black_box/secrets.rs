//! Everything private that the run uses, and the search for it afterwards in everything that the service wrote.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

static KNOWN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
static FILES: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);

/// Something that must never be read in a log, an error or a metric.
pub fn remember(secret: &str) {
    if secret.len() >= 6 {
        KNOWN.lock().unwrap_or_else(PoisonError::into_inner).insert(secret.to_owned());
    }
}

/// What is private in every run: names, ID numbers and phones of the example roll, which the demo's world is made of,
/// and the start of every access token.
fn remember_the_demo() {
    remember("eyJ0eXAiOiJKV1Qi");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/roll-528.csv");
    let text = fs::read_to_string(&file).expect("the example roll");
    let mut rows = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    for row in rows.records() {
        let row = row.expect("a row");
        for cell in row.iter().skip(4).take(3) {
            for one in cell.split(['、', ',', ';', '/', '；', '，']) {
                remember(one.trim());
            }
        }
    }
}

/// Searches all that the services of a run wrote; where something was found, and of what kind it is.
pub fn scan(folder: &Path) -> Vec<String> {
    remember_the_demo();
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    // By the first bytes, so that a log is walked once however much is known.
    let mut by_start: HashMap<[u8; 6], Vec<&str>> = HashMap::new();
    for secret in known.iter() {
        let start = secret.as_bytes()[..6].try_into().expect("six bytes");
        by_start.entry(start).or_default().push(secret);
    }
    let mut leaks = Vec::new();
    for file in files(folder) {
        let bytes = fs::read(&file).unwrap_or_default();
        FILES.fetch_add(1, Ordering::Relaxed);
        BYTES.fetch_add(bytes.len(), Ordering::Relaxed);
        for (at, window) in bytes.windows(6).enumerate() {
            let start: [u8; 6] = window.try_into().expect("six bytes");
            let here = by_start.get(&start).into_iter().flatten();
            leaks.extend(here.filter(|secret| stands_at(&bytes, at, secret)).map(|secret| {
                let line = bytes[..at].split(|byte| *byte == b'\n').count();
                format!("{}:{line}: {}", file.display(), kind(secret))
            }));
        }
    }
    leaks
}

/// Whether a secret stands there. One of digits alone stands alone: a measurement of many digits holds any of them.
fn stands_at(bytes: &[u8], at: usize, secret: &str) -> bool {
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let is_number = secret.bytes().all(|byte| byte.is_ascii_digit());
    let part_of_a_number = is_number && (at.checked_sub(1).is_some_and(digit) || digit(at + secret.len()));
    bytes[at..].starts_with(secret.as_bytes()) && !part_of_a_number
}

/// What kind of secret it is, without telling it.
fn kind(secret: &str) -> &'static str {
    match secret {
        _ if secret.starts_with("eyJ") => "a token",
        _ if secret.chars().all(|letter| letter.is_ascii_digit()) && secret.len() == 11 => "a phone",
        _ if secret.starts_with("999999") => "an ID number",
        _ if !secret.is_ascii() => "a name",
        _ => "an openid, code or other secret",
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && path.file_name().is_none_or(|name| name != "data" && name != "files") {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|kind| kind == "log" || kind == "metrics") {
            found.push(path);
        }
    }
    found
}

/// Whether there was anything to search: nothing is found in nothing.
pub fn searched_something() -> bool {
    BYTES.load(Ordering::Relaxed) > 0
}

/// How much was searched, in words.
pub fn searched() -> String {
    let (files, kib) = (FILES.load(Ordering::Relaxed), BYTES.load(Ordering::Relaxed) / 1024);
    format!("{files}_logs_and_metrics_of_{kib}_KiB")
}
