//! The rows of a sheet, one by one: good ones as the roll needs them, and what is wrong with the others.

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::Serialize;

use super::{
    Column, FileError, HomeStatus, IdNumber, Line, Sheet,
    cells::{self, PhoneOf},
    mask,
};

/// One owner of a home.
#[derive(Clone, PartialEq, Eq)]
pub struct RollOwner {
    pub name: String,
    /// The same number is the same owner, in whatever home.
    pub id_number: IdNumber,
    /// Digits only.
    pub phones: Vec<String>,
}

impl fmt::Debug for RollOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phones: Vec<String> = self.phones.iter().map(|phone| mask::phone(phone)).collect();
        write!(f, "{} {:?} {}", mask::name(&self.name), self.id_number, phones.join(" "))
    }
}

/// One home of the roll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollRow {
    /// Spelled as where it first stands in the file, or as the known building is.
    pub building: String,
    /// None where the building has no units.
    pub unit: Option<String>,
    pub room: String,
    /// In 0.01 m².
    pub area: u64,
    /// In the order of the file; empty only for a home of the developer.
    pub owners: Vec<RollOwner>,
    pub status: HomeStatus,
}

impl RollRow {
    /// Whether nothing differs but spelling of the place and order of the owners.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        let sorted = |row: &Self| {
            let mut owners = row.owners.clone();
            owners.sort_by(|a, b| a.id_number.cmp(&b.id_number));
            owners
        };
        self.area == other.area && self.status == other.status && sorted(self) == sorted(other)
    }
}

/// What tells homes apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct HomeKey {
    building: String,
    unit: Option<String>,
    room: String,
}

impl HomeKey {
    pub(super) fn of(row: &RollRow) -> Self {
        Self::new(&row.building, row.unit.as_deref(), &row.room)
    }

    fn new(building: &str, unit: Option<&str>, room: &str) -> Self {
        Self {
            building: cells::place_key(building),
            unit: unit.map(cells::place_key),
            room: cells::place_key(room),
        }
    }
}

/// The buildings that the complex has.
#[derive(Clone, Copy, Debug)]
pub enum Buildings<'a> {
    /// The roll founds the complex: its buildings are those that the roll names.
    Founded,
    /// Only these; another is refused.
    Known(&'a [String]),
}

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Problem {
    CellUnreadable,
    BuildingMissing,
    BuildingUnknown,
    UnitMissing,
    RoomMissing,
    DuplicateHome,
    AreaMissing,
    AreaNotANumber,
    AreaNotPositive,
    AreaTooPrecise,
    AreaTooLarge,
    OwnerMissing,
    OwnerTwice,
    OwnersAndIdNumbersDiffer,
    OwnersAndPhonesDiffer,
    IdNumberMissing,
    IdNumberMalformed,
    IdNumberChecksum,
    IdNumberOfAnotherName,
    PhoneMalformed,
    StatusUnknown,
    UnsoldHomeHasOwner,
}

/// What the keeper of the roll can do about a problem, in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cure {
    pub zh: &'static str,
    pub en: &'static str,
}

impl Problem {
    /// What to do about it.
    pub fn cure(self) -> Cure {
        let (zh, en) = match self {
            Self::CellUnreadable => (
                "单元格是公式错误或被当成日期，请设为文本格式后重新填写",
                "The cell is a formula error or was taken for a date; format it as text and type it again.",
            ),
            Self::BuildingMissing => ("请填写楼栋", "Fill in the building."),
            Self::BuildingUnknown => (
                "本小区没有这个楼栋，请改正，或先登记该楼栋",
                "The complex has no such building; correct it, or add the building first.",
            ),
            Self::UnitMissing => {
                ("请填写单元；没有单元的楼栋填“无”", "Fill in the unit, or 无 where the building has none.")
            }
            Self::RoomMissing => ("请填写房号", "Fill in the room number."),
            Self::DuplicateHome => (
                "同一套房在前面已出现，请只留一行；多位业主写在同一行，用“、”隔开",
                "This home already stands above; keep one row, with co-owners in one cell, separated by 、.",
            ),
            Self::AreaMissing => (
                "请填写面积；合并单元格请拆开，每套房各填一个",
                "Fill in the area; split merged cells, so that each home has its own.",
            ),
            Self::AreaNotANumber => (
                "面积请用数字填写，单位平方米，如 89.34",
                "Write the area in digits, in square metres, such as 89.34.",
            ),
            Self::AreaNotPositive => ("面积必须大于 0", "The area must be more than 0."),
            Self::AreaTooPrecise => (
                "面积最多两位小数，请按不动产权证填写",
                "The area has at most two decimals; copy it from the title deed.",
            ),
            Self::AreaTooLarge => (
                "面积超过 10 万平方米，请检查小数点",
                "The area is more than 100,000 m²; check the decimal point.",
            ),
            Self::OwnerMissing => (
                "请填写业主；建设单位的房屋请在交付状态填“未售”或“已售未交付”",
                "Fill in the owner; for a home of the developer set the status to 未售 or 已售未交付.",
            ),
            Self::OwnerTwice => (
                "同一证件号码在本行出现两次，请改正或删去一位",
                "The same ID number stands twice in this row; correct it, or remove one owner.",
            ),
            Self::OwnersAndIdNumbersDiffer => (
                "业主人数与证件号码个数不一致，请按相同顺序一一对应，用“、”隔开",
                "There are not as many ID numbers as owners; write one for each, in the same order, separated by 、.",
            ),
            Self::OwnersAndPhonesDiffer => (
                "电话比业主多，分不清是谁的，请按相同顺序一一对应，用“、”隔开",
                "There are more phones than owners; write one for each, in the same order, separated by 、.",
            ),
            Self::IdNumberMissing => ("请填写业主的证件号码", "Fill in the owner's ID number."),
            Self::IdNumberMalformed => (
                "应为 18 位身份证号或统一社会信用代码；若显示为 E+17，请把该列设为文本后重新填写",
                "It must be an ID number or credit code of 18 characters; if it shows as E+17, format the column as text and fill it in again.",
            ),
            Self::IdNumberChecksum => (
                "校验码不对，有数字填错，请对照证件改正",
                "The check digit does not fit, so a digit is wrong; compare with the document.",
            ),
            Self::IdNumberOfAnotherName => (
                "同一证件号码在前面是另一个姓名，请核对姓名和号码",
                "This ID number stands above with another name; check both.",
            ),
            Self::PhoneMalformed => (
                "应为 11 位手机号；单位可填带区号的座机",
                "It must be a mobile number of 11 digits, or for an organisation a landline with its area code.",
            ),
            Self::StatusUnknown => (
                "请填“已交付”“未售”或“已售未交付”",
                "Write 已交付 (delivered), 未售 (unsold) or 已售未交付 (sold, not delivered).",
            ),
            Self::UnsoldHomeHasOwner => (
                "未售房屋写了业主，请改正交付状态，或删去业主",
                "An unsold home has an owner; correct the status, or remove the owner.",
            ),
        };
        Cure { zh, en }
    }
}

/// One problem of one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Row of the file, from 1.
    pub row: u64,
    /// The heading as the file has it; the usual one where the file lacks the column.
    pub column: String,
    pub problem: Problem,
    /// What stands in the cell. A name keeps its first character; an ID number of 16 characters and more its first 6
    /// and last 4; a phone of 10 and more its first 3 and last 4; shorter ones their first and last. In other columns
    /// a run of 7 or more digits is masked as a phone.
    pub value: String,
    pub cure: Cure,
    /// The earlier row that this one contradicts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_row: Option<u64>,
}

/// A sheet gone through: nothing of it is written anywhere.
#[derive(Debug, Default)]
pub struct Checked {
    /// In the order of the file.
    pub good: Vec<RollRow>,
    /// In the order of the file; a row may have several.
    pub refused: Vec<Refusal>,
    /// Good rows.
    pub homes: u64,
    /// Heads of the good rows.
    pub heads: u64,
    /// Area of the good rows, in 0.01 m².
    pub area: u64,
    /// Good rows that are unsold.
    pub unsold: u64,
    /// Good rows that are sold and not delivered.
    pub undelivered: u64,
}

/// What a dry run tells: no name, phone or ID number in the clear.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Summary<'a> {
    pub homes: u64,
    pub heads: u64,
    /// In 0.01 m².
    pub area: u64,
    pub unsold: u64,
    pub undelivered: u64,
    pub good_rows: u64,
    pub refused: &'a [Refusal],
}

impl Checked {
    /// The counts and problems without the rows.
    pub fn summary(&self) -> Summary<'_> {
        Summary {
            homes: self.homes,
            heads: self.heads,
            area: self.area,
            unsold: self.unsold,
            undelivered: self.undelivered,
            good_rows: self.homes,
            refused: &self.refused,
        }
    }

    fn count(mut self) -> Self {
        let with = |status| self.good.iter().filter(|row| row.status == status).map(|_| 1).sum();
        (self.unsold, self.undelivered) = (with(HomeStatus::Unsold), with(HomeStatus::SoldUndelivered));
        self.homes = self.good.iter().map(|_| 1).sum();
        self.area = self.good.iter().map(|row| row.area).sum();
        self.heads = heads(&self.good);
        self
    }
}

/// The heads of good rows. Each of them has passed the checks behind every [`rules::roll::RollFault`], so that the count
/// cannot fail.
fn heads(rows: &[RollRow]) -> u64 {
    let homes: Vec<_> = rows.iter().enumerate().map(|(position, row)| roll_home(position, row)).collect();
    rules::roll::Roll::count(&homes, rules::roll::RollPolicy::default()).map_or(0, |roll| roll.total.heads.0)
}

fn roll_home(position: usize, row: &RollRow) -> rules::roll::RollHome {
    rules::roll::RollHome {
        id: position.to_string(),
        area: rules::quantity::Area(row.area),
        owners: row.owners.iter().map(|owner| owner.id_number.as_str().to_owned()).collect(),
        kind: rules::roll::HomeKind::Home,
        status: row.status,
        developer: None,
    }
}

/// Goes through all rows once.
///
/// # Errors
/// [`FileError`] when the file breaks off or breaks a bound below its heading; problems of rows are no errors.
pub fn check(mut sheet: Sheet<'_>, buildings: Buildings<'_>) -> Result<Checked, FileError> {
    let heading = sheet.heading().clone();
    let mut seen = Seen::new(buildings);
    let mut checked = Checked::default();
    sheet.for_each_line(&mut |line| {
        let mut row = Row { line, title: &|column| heading.title(column), refused: Vec::new() };
        checked.good.extend(row.read(&mut seen));
        checked.refused.append(&mut row.refused);
    })?;
    Ok(checked.count())
}

/// What earlier rows and the complex say about later ones.
struct Seen {
    /// Row in which a home stands first.
    homes: HashMap<HomeKey, u64>,
    /// Name that goes with an ID number, and the row that said so first.
    names: HashMap<IdNumber, (String, u64)>,
    /// Spelling by key.
    buildings: HashMap<String, String>,
    units: HashMap<(String, String), String>,
    closed: bool,
}

impl Seen {
    fn new(buildings: Buildings<'_>) -> Self {
        let known = match buildings {
            Buildings::Founded => &[],
            Buildings::Known(names) => names,
        };
        let spelled = known.iter().map(|name| (cells::place_key(&cells::place(name)), name.clone()));
        Self {
            homes: HashMap::new(),
            names: HashMap::new(),
            buildings: spelled.collect(),
            units: HashMap::new(),
            closed: matches!(buildings, Buildings::Known(_)),
        }
    }

    fn building(&mut self, name: String) -> Result<String, Problem> {
        let key = cells::place_key(&name);
        match self.buildings.get(&key) {
            Some(spelling) => Ok(spelling.clone()),
            None if self.closed => Err(Problem::BuildingUnknown),
            None => Ok(self.buildings.entry(key).or_insert(name).clone()),
        }
    }

    fn unit(&mut self, building: &str, name: String) -> String {
        let key = (cells::place_key(building), cells::place_key(&name));
        self.units.entry(key).or_insert(name).clone()
    }
}

/// One row while it is read.
struct Row<'a> {
    line: &'a Line,
    title: &'a dyn Fn(Column) -> Option<&'a str>,
    refused: Vec<Refusal>,
}

impl Row<'_> {
    /// The home, or none after saying everything that is wrong.
    fn read(&mut self, seen: &mut Seen) -> Option<RollRow> {
        for column in Column::ALL {
            if cells::is_error(self.line.get(column)) {
                self.refuse(column, Problem::CellUnreadable);
            }
        }
        if !self.refused.is_empty() {
            return None;
        }
        let place = self.place(seen);
        let area = self.ok(Column::Area, cells::area(self.line.get(Column::Area)));
        let status = self.ok(Column::Status, cells::status(self.line.get(Column::Status)));
        // Whose home it is cannot be judged while its status is unknown.
        let owners = status.and_then(|status| self.owners(status, seen));
        let (building, unit, room) = place?;
        let row = RollRow { building, unit, room, area: area?, owners: owners?, status: status? };
        self.refused.is_empty().then_some(row)
    }

    fn place(&mut self, seen: &mut Seen) -> Option<(String, Option<String>, String)> {
        let building = cells::place(self.line.get(Column::Building));
        let building =
            if building.is_empty() { Err(Problem::BuildingMissing) } else { seen.building(building) };
        let building = self.ok(Column::Building, building);
        let unit = match cells::place(self.line.get(Column::Unit)).as_str() {
            "" if (self.title)(Column::Unit).is_some() => Err(Problem::UnitMissing),
            "" | "无" | "-" | "/" | "—" => Ok(None),
            unit => Ok(Some(unit.to_owned())),
        };
        let unit = self.ok(Column::Unit, unit);
        let room = cells::place(self.line.get(Column::Room));
        let room = if room.is_empty() { Err(Problem::RoomMissing) } else { Ok(room) };
        let room = self.ok(Column::Room, room);
        let (building, unit, room) = (building?, unit?, room?);
        let unit = unit.map(|unit| seen.unit(&building, unit));
        let first =
            *seen.homes.entry(HomeKey::new(&building, unit.as_deref(), &room)).or_insert(self.line.row);
        if first != self.line.row {
            self.contradict(Column::Room, Problem::DuplicateHome, first);
        }
        Some((building, unit, room))
    }

    fn owners(&mut self, status: HomeStatus, seen: &mut Seen) -> Option<Vec<RollOwner>> {
        let names = self.parts(Column::Owner, Column::CoOwners);
        let names: Vec<String> =
            names.iter().map(|name| cells::name(name)).filter(|name| !name.is_empty()).collect();
        let mut numbers = self.parts(Column::IdNumber, Column::CoOwnerIdNumbers);
        numbers.retain(|number| !number.is_empty());
        let phones = self.parts(Column::Phone, Column::CoOwnerPhones);

        let refused_before = self.refused.len();
        let developers = status != HomeStatus::Delivered;
        if names.is_empty() && (!developers || !numbers.is_empty()) {
            self.refuse(Column::Owner, Problem::OwnerMissing);
            return None;
        }
        // The developer's own name is often written without a number.
        if names.is_empty() || (status == HomeStatus::Unsold && numbers.is_empty()) {
            return Some(Vec::new());
        }
        let parsed: Vec<_> = numbers.iter().map(|number| IdNumber::parse(number)).collect();
        if let Some(problem) = parsed.iter().find_map(|number| number.as_ref().err()) {
            self.refuse(Column::IdNumber, *problem);
        } else if numbers.is_empty() {
            self.refuse(Column::IdNumber, Problem::IdNumberMissing);
        } else if numbers.len() != names.len() {
            self.refuse(Column::IdNumber, Problem::OwnersAndIdNumbersDiffer);
        }
        let numbers: Vec<IdNumber> = parsed.into_iter().filter_map(Result::ok).collect();
        let phones = self.phones(&names, &numbers, &phones);
        if self.refused.len() > refused_before {
            return None;
        }
        self.agree(status, &names, &numbers, seen)?;
        let owners = names.into_iter().zip(numbers).zip(phones?);
        Some(owners.map(|((name, id_number), phones)| RollOwner { name, id_number, phones }).collect())
    }

    /// The phones of each owner. All are the only owner's; of several owners each has the one in the same place, and
    /// who stands further back may have none.
    fn phones(
        &mut self,
        names: &[String],
        numbers: &[IdNumber],
        phones: &[String],
    ) -> Option<Vec<Vec<String>>> {
        let mut theirs = vec![Vec::new(); names.len()];
        let alone = names.len() == 1;
        for (at, phone) in phones.iter().enumerate().filter(|(_, phone)| !phone.is_empty()) {
            let at = if alone { 0 } else { at };
            let organisation = numbers.get(at).is_some_and(IdNumber::is_organisation);
            let of = if organisation { PhoneOf::Organisation } else { PhoneOf::Person };
            let phone = match cells::phone(phone, of) {
                Ok(phone) => phone,
                Err(problem) => {
                    self.refuse(Column::Phone, problem);
                    return None;
                }
            };
            let Some(theirs) = theirs.get_mut(at) else {
                self.refuse(Column::Phone, Problem::OwnersAndPhonesDiffer);
                return None;
            };
            theirs.push(phone);
        }
        Some(theirs)
    }

    /// Whether the owners fit together, the status, and what earlier rows said of them.
    fn agree(
        &mut self,
        status: HomeStatus,
        names: &[String],
        numbers: &[IdNumber],
        seen: &mut Seen,
    ) -> Option<()> {
        let different: HashSet<&IdNumber> = numbers.iter().collect();
        if different.len() != numbers.len() {
            self.refuse(Column::IdNumber, Problem::OwnerTwice);
            return None;
        }
        if status == HomeStatus::Unsold && !numbers.iter().all(IdNumber::is_organisation) {
            self.refuse(Column::Owner, Problem::UnsoldHomeHasOwner);
            return None;
        }
        for (name, number) in names.iter().zip(numbers) {
            let (first, row) = seen.names.entry(number.clone()).or_insert((name.clone(), self.line.row));
            let row = *row;
            if first != name {
                self.contradict(Column::IdNumber, Problem::IdNumberOfAnotherName, row);
                return None;
            }
        }
        Some(())
    }

    fn parts(&self, own: Column, others: Column) -> Vec<String> {
        let mut parts = cells::parts(self.line.get(own));
        parts.extend(cells::parts(self.line.get(others)));
        parts
    }

    fn ok<T>(&mut self, column: Column, outcome: Result<T, Problem>) -> Option<T> {
        outcome.map_err(|problem| self.refuse(column, problem)).ok()
    }

    fn refuse(&mut self, column: Column, problem: Problem) {
        let refusal = Refusal {
            row: self.line.row,
            column: (self.title)(column).unwrap_or(column.usual()).to_owned(),
            problem,
            value: shown(column, self.line.get(column)),
            cure: problem.cure(),
            other_row: None,
        };
        self.refused.push(refusal);
    }

    fn contradict(&mut self, column: Column, problem: Problem, earlier: u64) {
        self.refuse(column, problem);
        if let Some(refusal) = self.refused.last_mut() {
            refusal.other_row = Some(earlier);
        }
    }
}

/// A cell as a refusal may show it.
fn shown(column: Column, value: &str) -> String {
    let each = |mask: fn(&str) -> String| {
        let parts: Vec<String> = cells::parts(value).iter().take(10).map(|part| mask(part)).collect();
        parts.join("、")
    };
    match column {
        Column::Owner | Column::CoOwners => each(mask::name),
        Column::IdNumber | Column::CoOwnerIdNumbers => each(mask::id_number),
        Column::Phone | Column::CoOwnerPhones => each(mask::phone),
        Column::Building | Column::Unit | Column::Room | Column::Area | Column::Status => mask::stray(value),
    }
}
