//! The rows of a sheet, one by one: good ones as the roll needs them, and what is wrong with the others.

use std::collections::{HashMap, HashSet};
use std::fmt;

use rules::identity::IdNumberFault;
use serde::Serialize;

use super::{
    Column, Developer, FileError, Heading, HomeKind, HomeStatus, IdNumber, Line, Organisations, Sheet,
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
    /// Nothing where the file does not say: what the roll knows stays, and what is new is a dwelling or shop.
    pub kind: Option<HomeKind>,
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
        the_developers && self.kind == other.kind && self.area == other.area && sorted(self) == sorted(other)
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
    KindUnknown,
    KindMissing,
    NameTooLong,
    HeadingUnknown,
}

/// What the keeper of the roll can do about a problem, in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cure {
    pub zh: &'static str,
    pub en: &'static str,
}

impl From<IdNumberFault> for Problem {
    fn from(fault: IdNumberFault) -> Self {
        match fault {
            IdNumberFault::Malformed => Self::IdNumberMalformed,
            IdNumberFault::Checksum => Self::IdNumberChecksum,
        }
    }
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
                "同一套房在另一行也有，请只留一行；多位业主写在同一行，用“、”隔开",
                "This home stands in another row too; keep one row, with co-owners in one cell, separated by 、.",
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
                "应为 18 位身份证号或统一社会信用代码，其他证件请写明种类，如“护照987654321”；若显示为 E+17，请把该列设为文本后重新填写",
                "It must be an ID number or credit code of 18 characters, or another document with its kind in front, as in 护照987654321; if it shows as E+17, format the column as text and fill it in again.",
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
            Self::KindUnknown => (
                "请填“住宅”“商铺”“办公”“车位”“摊位”或“公共设施”",
                "Write 住宅 (dwelling), 商铺 (shop), 办公 (office), 车位 (parking bay), 摊位 (stall) or 公共设施 (facility).",
            ),
            Self::KindMissing => (
                "名称像是车位、车库、摊位或储藏室，请在“用途”列写明用途",
                "By its name it is a parking bay, garage, stall or store; say in the column 用途 what it is.",
            ),
            Self::UnsoldHomeHasOwner => (
                "未售房屋写了业主，请改正交付状态，或删去业主",
                "An unsold home has an owner; correct the status, or remove the owner.",
            ),
            Self::NameTooLong => (
                "超过 120 个字，可能是几列内容并在了一起，请检查",
                "It has more than 120 characters; perhaps several columns ran into one.",
            ),
            Self::HeadingUnknown => (
                "不认识这一列，可能写着业主或面积，不能略过；请改成“共有人1”“共有人1身份证号”这样的列名，或删去该列",
                "This column is not understood and may hold owners or areas; call it 共有人1, 共有人1身份证号 and so on, or delete it.",
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
    /// The other row that this one contradicts.
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
    /// Rows that only sum up others (合计), and were passed over.
    pub footers: u64,
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
    found.refuse_headings(&heading);
    sheet.for_each_line(&mut |line| {
        if sums_up(line) {
            found.footers += 1;
            return;
        }
        let mut row = Row { line, heading: &heading, refused: Vec::new(), repeats: None };
        let read = row.read(&mut seen);
        match (row.repeats, read) {
            (Some(first), again) => found.repeated(first, again.as_ref(), line, &heading),
            (None, Some(good)) if row.refused.is_empty() => {
                found.good.push(good);
                found.numbers.push(line.row);
            }
            (None, _) => {}
        }
        found.refused.append(&mut row.refused);
    })?;
    found.withdraw_all();
    found.assign_developers(organisations, &heading);
    found.withdraw_all();
    found.refused.sort_by_key(|refusal| refusal.row);
    Ok(Checked { good: found.good, refused: found.refused, footers: found.footers })
}

/// Whether a row is no home but the sum of others, whose ID number nobody has.
fn sums_up(line: &Line) -> bool {
    let labels = [Column::Building, Column::Unit, Column::Room].map(|column| line.get(column));
    line.get(Column::IdNumber).is_empty()
        && labels.into_iter().chain([line.first.as_str()]).any(cells::is_footer)
}

/// What the rows gave so far.
#[derive(Default)]
struct Found {
    footers: u64,
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

    /// Takes out what was withdrawn.
    fn withdraw_all(&mut self) {
        let withdrawn = std::mem::take(&mut self.withdrawn);
        let kept = || (0..).map(|position: usize| !withdrawn.contains(&position));
        let (mut rows, mut numbers) = (kept(), kept());
        self.good.retain(|_| rows.next().unwrap_or(true));
        self.numbers.retain(|_| numbers.next().unwrap_or(true));
    }

    /// A home stands twice. If both rows say the same, the first is as good as one; if not, nobody knows which is right.
    fn repeated(&mut self, first: u64, again: Option<&RollRow>, line: &Line, heading: &Heading) {
        let Ok(position) = self.numbers.binary_search(&first) else { return };
        let Some(good) = self.good.get(position) else { return };
        if again.is_some_and(|again| again.says_the_same(good)) {
            return;
        }
        let value = shown(Column::Room, &good.room);
        let mut refusal = Refusal::new(first, Column::Room, heading, Problem::DuplicateHome, value);
        refusal.other_row = Some(line.row);
        self.withdraw(position, refusal);
    }

    /// A column that may tell of owners or areas is not passed over because nobody understands its heading.
    fn refuse_headings(&mut self, heading: &Heading) {
        for other in heading.others.iter().filter(|other| other.column.is_none()) {
            let mut refusal =
                Refusal::new(heading.row(), Column::Owner, heading, Problem::HeadingUnknown, String::new());
            refusal.column.clone_from(&other.title);
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
}

impl Refusal {
    /// `value` is masked already.
    fn new(row: u64, column: Column, heading: &Heading, problem: Problem, value: String) -> Self {
        let column = heading.title(column).unwrap_or(column.usual()).to_owned();
        Self { row, column, problem, value, cure: problem.cure(), other_row: None }
    }
}

/// The longest name of a place or person, in characters.
const MAX_NAME: usize = 120;

fn bounded(name: String) -> Result<String, Problem> {
    if name.len() > MAX_NAME && name.chars().count() > MAX_NAME {
        Err(Problem::NameTooLong)
    } else {
        Ok(name)
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
    /// The earlier row in which this home stands already.
    repeats: Option<u64>,
}

/// One cell of an owner, and where it stands.
#[derive(Clone, Copy)]
struct Cell<'a> {
    row: u64,
    column: Column,
    title: &'a str,
    text: &'a str,
}

/// The cells that tell of the same owners.
struct Group<'a> {
    name: Cell<'a>,
    number: Cell<'a>,
    phone: Cell<'a>,
    /// In comparable spelling, without gaps.
    names: Vec<String>,
    numbers: Vec<String>,
    /// Gaps keep their place.
    phones: Vec<String>,
}

impl<'a> Group<'a> {
    fn new(name: Cell<'a>, number: Cell<'a>, phone: Cell<'a>) -> Self {
        let full = |part: &String| !part.is_empty();
        let names = cells::parts(name.text).iter().map(|name| cells::name(name)).filter(full).collect();
        let numbers = cells::parts(number.text).into_iter().filter(full).collect();
        Self { name, number, phone, names, numbers, phones: cells::parts(phone.text) }
    }

    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.numbers.is_empty() && self.phones.iter().all(String::is_empty)
    }
}

impl<'a> Row<'a> {
    /// The home, or none after saying everything that is wrong. It is not good while anything is refused.
    fn read(&mut self, seen: &mut Seen) -> Option<RollRow> {
        for column in Column::ALL {
            if cells::is_error(self.line.get(column)) {
                self.refuse(column, Problem::CellUnreadable);
            }
        }
        self.refuse_others();
        if !self.refused.is_empty() {
            return None;
        }
        let place = self.place(seen);
        let area = self.ok(Column::Area, cells::area(self.line.get(Column::Area)));
        let status = self.same_in_all(Column::Status, Problem::StatusUnknown, Self::status);
        let kind = self.same_in_all(Column::Kind, Problem::KindUnknown, |_, text| cells::kind(text));
        // Whose home it is cannot be judged while its status is unknown.
        let holders = match (kind.flatten(), status) {
            // What is common needs nobody to be named.
            (Some(HomeKind::Public), Some(_)) if self.groups().iter().all(Group::is_empty) => {
                Some((Vec::new(), None))
            }
            _ => status.and_then(|status| self.holders(status, seen)),
        };
        let (building, unit, room) = place?;
        let kind = kind?;
        self.must_say_what_it_is(kind, [&building, unit.as_deref().unwrap_or_default(), &room])?;
        let (owners, developer) = holders?;
        Some(RollRow { building, unit, room, kind, area: area?, owners, status: status?, developer })
    }

    /// What stands in further columns: an error of the spreadsheet, or something under a heading nobody understands.
    fn refuse_others(&mut self) {
        let Self { line, heading, .. } = *self;
        for line in std::iter::once(line).chain(&line.rest) {
            for (other, text) in heading.others.iter().zip(&line.others).filter(|(_, text)| !text.is_empty())
            {
                let problem = match other.column {
                    None => Problem::HeadingUnknown,
                    Some(_) if cells::is_error(text) => Problem::CellUnreadable,
                    Some(_) => continue,
                };
                let column = other.column.unwrap_or(Column::Owner);
                self.refuse_at(Cell { row: line.row, column, title: &other.title, text }, problem);
            }
        }
    }

    fn status(&self, text: &str) -> Result<HomeStatus, Problem> {
        let sold = self.heading.title(Column::Status).is_some_and(|title| title.contains('售'));
        let question = if sold { cells::Question::Sold } else { cells::Question::Delivered };
        cells::status(text, question)
    }

    /// What no dwelling is called needs a kind: taken for one it would be a head.
    fn must_say_what_it_is(&mut self, said: Option<HomeKind>, place: [&str; 3]) -> Option<()> {
        if said.is_none() && place.into_iter().any(cells::names_a_space) {
            self.refuse(Column::Kind, Problem::KindMissing);
            return None;
        }
        Some(())
    }

    /// What a column says of a home, in each of its rows that say anything.
    fn same_in_all<T: PartialEq>(
        &mut self,
        column: Column,
        problem: Problem,
        read: impl Fn(&Self, &str) -> Result<T, Problem>,
    ) -> Option<T> {
        let line = self.line;
        let outcome = read(self, line.get(column));
        let said = self.ok(column, outcome);
        for more in line.rest.iter().filter(|more| !more.get(column).is_empty()) {
            if said.is_some() && read(self, more.get(column)).ok() != said {
                self.refuse_at(self.cell(more, column), problem);
                return None;
            }
        }
        said
    }

    fn cell(&self, line: &'a Line, column: Column) -> Cell<'a> {
        let title = self.heading.title(column).unwrap_or(column.usual());
        Cell { row: line.row, column, title, text: line.get(column) }
    }

    /// The cells of the owners: theirs and the co-owners', of numbered ones, of further rows of the home.
    fn groups(&self) -> Vec<Group<'a>> {
        let (line, heading) = (self.line, self.heading);
        let mut groups = Vec::new();
        for line in std::iter::once(line).chain(&line.rest) {
            let further = |at: usize| {
                let (other, text) = heading.others.get(at).zip(line.others.get(at))?;
                Some(Cell { row: line.row, column: other.column?, title: &other.title, text })
            };
            for [name, number, phone] in Column::OF_OWNERS {
                let mut group =
                    Group::new(self.cell(line, name), self.cell(line, number), self.cell(line, phone));
                for cell in heading.loose(number).filter_map(further) {
                    group.numbers.extend(cells::parts(cell.text).into_iter().filter(|part| !part.is_empty()));
                }
                for cell in heading.loose(phone).filter_map(further) {
                    group.phones.extend(cells::parts(cell.text));
                }
                groups.push(group);
            }
            for owner in &heading.more_owners {
                let [name, number, phone] = owner.map(|at| at.and_then(further));
                let Some(name) = name else { continue };
                let none = |column| Cell { text: "", ..self.cell(line, column) };
                let number = number.unwrap_or_else(|| none(Column::IdNumber));
                groups.push(Group::new(name, number, phone.unwrap_or_else(|| none(Column::Phone))));
            }
        }
        // The owner's own cells are the ones to mend where nobody is named at all.
        let mut first = true;
        groups.retain(|group| std::mem::take(&mut first) || !group.is_empty());
        groups
    }

    fn place(&mut self, seen: &mut Seen) -> Option<(String, Option<String>, String)> {
        let building = cells::place(self.line.get(Column::Building));
        let building = match building.as_str() {
            "" => Err(Problem::BuildingMissing),
            _ => bounded(building).and_then(|building| seen.building(building)),
        };
        let building = self.ok(Column::Building, building);
        let unit = match cells::place(self.line.get(Column::Unit)).as_str() {
            "" if self.heading.title(Column::Unit).is_some() => Err(Problem::UnitMissing),
            "" | "无" | "-" | "/" | "—" => Ok(None),
            unit => bounded(unit.to_owned()).map(Some),
        };
        let unit = self.ok(Column::Unit, unit);
        let room = cells::place(self.line.get(Column::Room));
        let room = if room.is_empty() { Err(Problem::RoomMissing) } else { bounded(room) };
        let room = self.ok(Column::Room, room);
        let (building, unit, room) = (building?, unit?, room?);
        let unit = unit.map(|unit| seen.unit(&building, unit));
        let first =
            *seen.homes.entry(HomeKey::new(&building, unit.as_deref(), &room)).or_insert(self.line.row);
        if first != self.line.row {
            self.repeats = Some(first);
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
        let holder = self.developer()?;
        let groups = self.groups();
        let names: Vec<&String> = groups.iter().flat_map(|group| &group.names).collect();
        let numbered = groups.iter().any(|group| !group.numbers.is_empty());
        if !numbered && names.iter().all(|name| developers::names_nobody(name)) {
            return Some(holder);
        }
        if names.len() > 1 {
            self.refuse(Column::Owner, Problem::DeveloperUnclear);
            return None;
        }
        if let (Some(name), false) = (names.first(), numbered) {
            let name = self.ok(Column::Owner, bounded((*name).clone()))?;
            let phones = groups.iter().flat_map(|group| &group.phones).filter(|phone| !phone.is_empty());
            let phones: Result<Vec<String>, Problem> =
                phones.map(|phone| cells::phone(phone, PhoneOf::Organisation)).collect();
            return Some(Developer {
                name: Some(name),
                id_number: None,
                phones: self.ok(Column::Phone, phones)?,
            });
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
            match IdNumber::read(part) {
                Ok(number) if number.is_organisation() && developer.id_number.is_none() => {
                    developer.id_number = Some(number);
                }
                Err(IdNumberFault::Malformed) if developer.name.is_none() => {
                    developer.name = Some(self.ok(Column::Developer, bounded(cells::name(part)))?);
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
        let groups = self.groups();
        let names: Vec<String> = groups.iter().flat_map(|group| group.names.iter().cloned()).collect();
        let numbered = groups.iter().any(|group| !group.numbers.is_empty());
        let refused_before = self.refused.len();
        let developers = status != HomeStatus::Delivered;
        if names.is_empty() && (!developers || numbered) {
            self.refuse(Column::Owner, Problem::OwnerMissing);
            return None;
        }
        if names.is_empty() {
            return Some(Vec::new());
        }
        for group in &groups {
            if let Some(problem) = group.names.iter().find_map(|name| bounded(name.clone()).err()) {
                self.refuse_at(group.name, problem);
            }
        }
        let numbers = self.numbers(&groups);
        let phones = self.phones(&groups, &numbers);
        if self.refused.len() > refused_before {
            return None;
        }
        self.agree(status, &names, &numbers, seen)?;
        let owners = names.into_iter().zip(numbers).zip(phones?);
        Some(owners.map(|((name, id_number), phones)| RollOwner { name, id_number, phones }).collect())
    }

    /// The number of each owner, or none after saying what is wrong with them. Numbers that all stand in the first cell
    /// are those of all owners; otherwise each cell has those of its own.
    fn numbers(&mut self, groups: &[Group<'a>]) -> Vec<IdNumber> {
        let together = groups.iter().skip(1).all(|group| group.numbers.is_empty());
        let mut all = Vec::new();
        for (at, group) in groups.iter().enumerate() {
            let read: Result<Vec<IdNumber>, IdNumberFault> =
                group.numbers.iter().map(|number| IdNumber::read(number)).collect();
            let names = match (together, at) {
                (false, _) => group.names.len(),
                (true, 0) => groups.iter().map(|group| group.names.len()).sum(),
                (true, _) => 0,
            };
            let problem = match read {
                Ok(read) if read.len() == names => {
                    all.extend(read);
                    continue;
                }
                Ok(read) if read.is_empty() => Problem::IdNumberMissing,
                Ok(_) => Problem::OwnersAndIdNumbersDiffer,
                Err(fault) => fault.into(),
            };
            self.refuse_at(group.number, problem);
            return Vec::new();
        }
        all
    }

    /// The phones of each owner. All are the only owner's; of several owners each has the one in the same place, and
    /// who stands further back may have none. Phones that all stand in the first cell are those of all owners; otherwise
    /// each cell has those of its own.
    fn phones(&mut self, groups: &[Group<'a>], numbers: &[IdNumber]) -> Option<Vec<Vec<String>>> {
        let owners: usize = groups.iter().map(|group| group.names.len()).sum();
        let mut theirs = vec![Vec::new(); owners];
        let full = |group: &Group<'_>| group.phones.iter().any(|phone| !phone.is_empty());
        let together = !groups.iter().skip(1).any(full);
        let mut before = 0;
        for group in groups {
            let named = if together { owners } else { group.names.len() };
            for (at, phone) in group.phones.iter().enumerate().filter(|(_, phone)| !phone.is_empty()) {
                let at = before + if named == 1 { 0 } else { at };
                let organisation = numbers.get(at).is_some_and(IdNumber::is_organisation);
                let of = if organisation { PhoneOf::Organisation } else { PhoneOf::Person };
                let place = theirs.get_mut(at).filter(|_| at < before + named);
                match (cells::phone(phone, of), place) {
                    (Ok(phone), Some(theirs)) => theirs.push(phone),
                    (outcome, _) => {
                        let problem = outcome.err().unwrap_or(Problem::OwnersAndPhonesDiffer);
                        self.refuse_at(group.phone, problem);
                        return None;
                    }
                }
            }
            before += group.names.len();
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

    fn ok<T>(&mut self, column: Column, outcome: Result<T, Problem>) -> Option<T> {
        outcome.map_err(|problem| self.refuse(column, problem)).ok()
    }

    fn refuse(&mut self, column: Column, problem: Problem) {
        self.refuse_at(self.cell(self.line, column), problem);
    }

    fn refuse_at(&mut self, cell: Cell<'_>, problem: Problem) {
        let Cell { row, column, title, text } = cell;
        let mut value = shown(column, text);
        if problem == Problem::NameTooLong {
            value = value.chars().take(40).collect();
        }
        let column = title.to_owned();
        self.refused.push(Refusal { row, column, problem, value, cure: problem.cure(), other_row: None });
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
        Column::Building | Column::Unit | Column::Room | Column::Area | Column::Status | Column::Kind => {
            mask::stray(value)
        }
    }
}
