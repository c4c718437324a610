//! Which developer holds a home that is not delivered.

use std::collections::{BTreeSet, HashMap, HashSet};

use rules::{identity::plain_name, roll::HomeStatus};

use super::{IdNumber, Problem, RollRow, mask};

/// A developer 建设单位 as far as a file or the roll tells of it; nothing at all where a row only says that nobody else
/// owns the home yet.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Developer {
    pub name: Option<String>,
    pub id_number: Option<IdNumber>,
    /// Digits only.
    pub phones: Vec<String>,
}

impl std::fmt::Debug for Developer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?}", self.name.as_deref().map(mask::name).unwrap_or_default(), self.id_number)
    }
}

/// The organisations that the roll of a complex knows already.
#[derive(Clone, Debug, Default)]
pub struct Organisations {
    /// Who hold homes that are not delivered.
    pub developers: Vec<Developer>,
    /// The others.
    pub others: Vec<Developer>,
}

/// Words that stand for the developer without naming it.
const UNNAMED: [&str; 10] = [
    "建设单位",
    "开发商",
    "开发单位",
    "开发企业",
    "开发公司",
    "房地产开发企业",
    "房地产开发公司",
    "地产商",
    "未售",
    "无",
];

/// Whether a name says no more than that the home is the developer's.
pub(super) fn names_nobody(name: &str) -> bool {
    UNNAMED.contains(&name)
}

/// What tells developers apart: the number, or while none is known the name.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Number(IdNumber),
    Name(String),
}

/// Every organisation that the good rows and the roll name.
struct Directory {
    /// By comparable name.
    numbers: HashMap<String, BTreeSet<IdNumber>>,
    /// By number.
    names: HashMap<IdNumber, String>,
    phones: HashMap<Key, Vec<String>>,
}

impl Directory {
    fn of(rows: &[RollRow], known: &Organisations) -> Self {
        let (numbers, names, phones) = (HashMap::new(), HashMap::new(), HashMap::new());
        let mut directory = Self { numbers, names, phones };
        for row in rows {
            for owner in row.owners.iter().filter(|_| row.status == HomeStatus::Delivered) {
                if owner.id_number.is_organisation() {
                    directory.learn(Some(&owner.name), Some(&owner.id_number), &owner.phones);
                }
            }
            if let Some(developer) = &row.developer {
                directory.learn_of(developer);
            }
        }
        // What the file says goes first: an organisation may have another name by now.
        for organisation in known.developers.iter().chain(&known.others) {
            directory.learn_of(organisation);
        }
        directory
    }

    fn learn_of(&mut self, organisation: &Developer) {
        let Developer { name, id_number, phones } = organisation;
        self.learn(name.as_deref(), id_number.as_ref(), phones);
    }

    fn learn(&mut self, name: Option<&str>, number: Option<&IdNumber>, phones: &[String]) {
        let Some(name) = name else { return };
        if let Some(number) = number
            && !self.names.contains_key(number)
        {
            self.names.insert(number.clone(), name.to_owned());
            self.numbers.entry(plain_name(name)).or_default().insert(number.clone());
        }
        if !phones.is_empty() {
            let key =
                number.map_or_else(|| Key::Name(plain_name(name)), |number| Key::Number(number.clone()));
            self.phones.entry(key).or_insert_with(|| phones.to_vec());
        }
    }

    /// By number, else by name; none for who is not named.
    fn key(&self, developer: &Developer) -> Result<Option<Key>, Problem> {
        if let Some(number) = &developer.id_number {
            return Ok(Some(Key::Number(number.clone())));
        }
        let Some(name) = developer.name.as_deref().map(plain_name) else { return Ok(None) };
        match self.numbers.get(&name) {
            None => Ok(Some(Key::Name(name))),
            Some(numbers) if numbers.len() == 1 => Ok(numbers.first().cloned().map(Key::Number)),
            // Two organisations of one name: which of them is meant?
            Some(_) => Err(Problem::DeveloperUnclear),
        }
    }

    /// All that is known of a developer.
    fn all_of(&self, key: &Key, spelled: Option<&str>) -> Developer {
        let (name, id_number) = match key {
            Key::Number(number) => (self.names.get(number).cloned(), Some(number.clone())),
            Key::Name(name) => (Some(spelled.unwrap_or(name).to_owned()), None),
        };
        Developer { name, id_number, phones: self.phones.get(key).cloned().unwrap_or_default() }
    }
}

/// Tells for each home that is not delivered which developer holds it (SPC interpretation on divided ownership, art. 9:
/// all that one developer holds is one head): by its number, else by its name, and where a row names none, the only one
/// that the file and the roll know. Gives the positions of the rows for which that is not clear.
pub(super) fn assign(rows: &mut [RollRow], known: &Organisations) -> Vec<usize> {
    let directory = Directory::of(rows, known);
    let mentioned = rows.iter().filter_map(|row| row.developer.as_ref()).chain(&known.developers);
    let mut every: Vec<(Key, Option<String>)> = Vec::new();
    let mut seen = HashSet::new();
    for developer in mentioned {
        if let Ok(Some(key)) = directory.key(developer)
            && seen.insert(key.clone())
        {
            every.push((key, developer.name.clone()));
        }
    }
    let mut unclear = Vec::new();
    for (position, row) in rows.iter_mut().enumerate() {
        let Some(developer) = &mut row.developer else { continue };
        match (directory.key(developer), every.as_slice()) {
            (Ok(Some(key)), _) => *developer = directory.all_of(&key, developer.name.as_deref()),
            (Ok(None), []) => {}
            (Ok(None), [(only, name)]) => *developer = directory.all_of(only, name.as_deref()),
            (Ok(None), _) | (Err(_), _) => unclear.push(position),
        }
    }
    unclear
}
