//! The rows of a sheet, one by one: good ones as the roll needs them, and what is wrong with the others.

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::Serialize;

use super::{
    Column, Developer, FileError, Heading, HomeStatus, IdNumber, Line, Organisations, Sheet,
    cells::{self, PhoneOf},
    developers, mask,
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
    /// In the order of the file; empty only for a home of the developer. Whoever bought a home that is not delivered
    /// stands here, but it is still the developer's.
    pub owners: Vec<RollOwner>,
    pub status: HomeStatus,
    /// Who holds it while it is not delivered, with all that the file and the roll know of it; none once it is.
    pub developer: Option<Developer>,
}

impl RollRow {
    /// Whether nothing differs but spelling of the place and order of the owners.
    fn says_the_same(&self, other: &Self) -> bool {
        let sorted = |row: &Self| {
            let mut owners = row.owners.clone();
            owners.sort_by(|a, b| a.id_number.cmp(&b.id_number));
            owners
        };
        let the_developers = self.status == other.status && self.developer == other.developer;
        the_developers && self.area == other.area && sorted(self) == sorted(other)
    }
}

/// What tells homes apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct HomeKey {
    building: String,
    unit: Option<String>,
    room: String,
}

impl HomeKey {
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
    DeveloperUnclear,
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
            Self::DeveloperUnclear => (
                "有几家建设单位，分不清是哪一家的，请在“建设单位”列写明其名称",
                "There are several developers, and it is not clear whose home this is; name one in the column 建设单位.",
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

/// A sheet gone through: nothing of it is written anywhere. What it comes to is for the plan of an import to count.
#[derive(Debug, Default)]
pub struct Checked {
    /// In the order of the file.
    pub good: Vec<RollRow>,
    /// In the order of the file; a row may have several.
    pub refused: Vec<Refusal>,
}

/// Goes through all rows once.
///
/// # Errors
/// [`FileError`] when the file breaks off or breaks a bound below its heading; problems of rows are no errors.
pub fn check(
    mut sheet: Sheet<'_>,
    buildings: Buildings<'_>,
    organisations: &Organisations,
) -> Result<Checked, FileError> {
    let heading = sheet.heading().clone();
    let mut seen = Seen::new(buildings);
    let mut found = Found::default();
    sheet.for_each_line(&mut |line| {
        let mut row = Row { line, heading: &heading, refused: Vec::new() };
        if let Some(good) = row.read(&mut seen) {
            found.good.push(good);
            found.numbers.push(line.row);
        }
        found.refused.append(&mut row.refused);
    })?;
    found.assign_developers(organisations, &heading);
    Ok(found.checked())
}

/// What the rows gave so far.
#[derive(Default)]
struct Found {
    good: Vec<RollRow>,
    /// The rows of the file in which the good ones stand.
    numbers: Vec<u64>,
    refused: Vec<Refusal>,
    /// Positions of rows that seemed good until others were seen.
    withdrawn: HashSet<usize>,
}

impl Found {
    /// Refuses a row that seemed good.
    fn withdraw(&mut self, position: usize, refusal: Refusal) {
        if self.withdrawn.insert(position) {
            self.refused.push(refusal);
        }
    }

    fn assign_developers(&mut self, organisations: &Organisations, heading: &Heading) {
        for position in developers::assign(&mut self.good, organisations) {
            let (Some(row), Some(number)) = (self.good.get(position), self.numbers.get(position)) else {
                continue;
            };
            let name =
                row.developer.as_ref().and_then(|developer| developer.name.clone()).unwrap_or_default();
            let refusal =
                Refusal::new(*number, Column::Owner, heading, Problem::DeveloperUnclear, mask::name(&name));
            self.withdraw(position, refusal);
        }
    }

    /// In the order of the file.
    fn checked(mut self) -> Checked {
        let mut position = 0;
        self.good.retain(|_| {
            position += 1;
            !self.withdrawn.contains(&(position - 1))
        });
        self.refused.sort_by_key(|refusal| refusal.row);
        Checked { good: self.good, refused: self.refused }
    }
}

impl Refusal {
    /// `value` is masked already.
    fn new(row: u64, column: Column, heading: &Heading, problem: Problem, value: String) -> Self {
        let column = heading.title(column).unwrap_or(column.usual()).to_owned();
        Self { row, column, problem, value, cure: problem.cure(), other_row: None }
    }
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
    heading: &'a Heading,
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
        let holders = status.and_then(|status| self.holders(status, seen));
        let (building, unit, room) = place?;
        let (owners, developer) = holders?;
        let row = RollRow { building, unit, room, area: area?, owners, status: status?, developer };
        self.refused.is_empty().then_some(row)
    }

    fn place(&mut self, seen: &mut Seen) -> Option<(String, Option<String>, String)> {
        let building = cells::place(self.line.get(Column::Building));
        let building =
            if building.is_empty() { Err(Problem::BuildingMissing) } else { seen.building(building) };
        let building = self.ok(Column::Building, building);
        let unit = match cells::place(self.line.get(Column::Unit)).as_str() {
            "" if self.heading.title(Column::Unit).is_some() => Err(Problem::UnitMissing),
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

    /// The owners, or the developer.
    fn holders(
        &mut self,
        status: HomeStatus,
        seen: &mut Seen,
    ) -> Option<(Vec<RollOwner>, Option<Developer>)> {
        match status {
            HomeStatus::Delivered => Some((self.owners(status, seen)?, None)),
            HomeStatus::SoldUndelivered => Some((self.owners(status, seen)?, Some(self.developer()?))),
            HomeStatus::Unsold => Some((Vec::new(), Some(self.seller(seen)?))),
        }
    }

    /// Whose a home is that has no buyer yet: what the column of developers says, or else that of owners. A developer's
    /// own name is often written without a number.
    fn seller(&mut self, seen: &mut Seen) -> Option<Developer> {
        let named = self.developer()?;
        let written = self.parts(Column::Owner, Column::CoOwners);
        let nobody = written.iter().all(|name| developers::names_nobody(&cells::name(name)));
        let numbers = self.parts(Column::IdNumber, Column::CoOwnerIdNumbers);
        if nobody && numbers.iter().all(String::is_empty) {
            return Some(named);
        }
        let names: Vec<&String> = written.iter().filter(|name| !name.is_empty()).collect();
        if names.len() > 1 {
            self.refuse(Column::Owner, Problem::DeveloperUnclear);
            return None;
        }
        if let Some(name) = names.first()
            && numbers.iter().all(String::is_empty)
        {
            let phones = self.parts(Column::Phone, Column::CoOwnerPhones);
            let phones = self.phones_of(PhoneOf::Organisation, &phones)?;
            return Some(Developer { name: Some(cells::name(name)), id_number: None, phones });
        }
        let RollOwner { name, id_number, phones } =
            self.owners(HomeStatus::Unsold, seen)?.into_iter().next()?;
        Some(Developer { name: Some(name), id_number: Some(id_number), phones })
    }

    /// What the column of developers says, a name or a name and a number.
    fn developer(&mut self) -> Option<Developer> {
        let parts = cells::parts(self.line.get(Column::Developer));
        let mut developer = Developer::default();
        for part in parts.iter().filter(|part| !part.is_empty()) {
            match IdNumber::parse(part) {
                Ok(number) if number.is_organisation() && developer.id_number.is_none() => {
                    developer.id_number = Some(number);
                }
                Err(Problem::IdNumberMalformed) if developer.name.is_none() => {
                    developer.name = Some(cells::name(part));
                }
                _ => {
                    self.refuse(Column::Developer, Problem::DeveloperUnclear);
                    return None;
                }
            }
        }
        developer.name = developer.name.filter(|name| !developers::names_nobody(name));
        Some(developer)
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
        if names.is_empty() {
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

    /// All phones of one owner.
    fn phones_of(&mut self, owner: PhoneOf, phones: &[String]) -> Option<Vec<String>> {
        let written = phones.iter().filter(|phone| !phone.is_empty());
        let read: Result<Vec<String>, Problem> = written.map(|phone| cells::phone(phone, owner)).collect();
        self.ok(Column::Phone, read)
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
        let value = shown(column, self.line.get(column));
        self.refused.push(Refusal::new(self.line.row, column, self.heading, problem, value));
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
        Column::Owner | Column::CoOwners | Column::Developer => each(mask::name),
        Column::IdNumber | Column::CoOwnerIdNumbers => each(mask::id_number),
        Column::Phone | Column::CoOwnerPhones => each(mask::phone),
        Column::Building | Column::Unit | Column::Room | Column::Area | Column::Status => mask::stray(value),
    }
}
