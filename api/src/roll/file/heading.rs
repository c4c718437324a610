//! Headings in their usual variants, and the row they stand in.

use super::{
    FileError, Line,
    cells::{chinese_number, fold},
};

/// What a column of a roll means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    Building,
    Unit,
    Room,
    Area,
    Owner,
    IdNumber,
    Phone,
    CoOwners,
    CoOwnerIdNumbers,
    CoOwnerPhones,
    Status,
    Developer,
    Kind,
}

impl Column {
    pub(super) const COUNT: usize = 13;
    pub(super) const ALL: [Self; Self::COUNT] = [
        Self::Building,
        Self::Unit,
        Self::Room,
        Self::Area,
        Self::Owner,
        Self::IdNumber,
        Self::Phone,
        Self::CoOwners,
        Self::CoOwnerIdNumbers,
        Self::CoOwnerPhones,
        Self::Status,
        Self::Developer,
        Self::Kind,
    ];
    /// Without these a file is no roll. A row of villas has no units, and not every roll has phones.
    const ESSENTIAL: [Self; 5] = [Self::Building, Self::Room, Self::Area, Self::Owner, Self::IdNumber];

    pub(super) fn index(self) -> usize {
        Self::ALL.iter().position(|column| *column == self).unwrap_or_default()
    }

    /// The headings in use for this column, the one to prefer first: a roll may keep both 专有面积 and 建筑面积.
    #[expect(clippy::too_many_lines, reason = "a table of words")]
    pub fn variants(self) -> &'static [&'static str] {
        match self {
            Self::Building => &[
                "楼栋",
                "楼号",
                "幢",
                "栋",
                "楼幢",
                "楼栋号",
                "幢号",
                "栋号",
                "楼",
                "楼座",
                "座",
                "号楼",
                "楼宇",
                "楼房号",
                "楼栋名称",
                "楼宇名称",
                "楼座号",
                "楼名",
                "幢名",
                "栋座",
            ],
            Self::Unit => &["单元", "单元号", "单元名称", "门栋", "梯位", "单元门", "梯号"],
            Self::Room => &[
                "房号",
                "室号",
                "房间号",
                "门牌号",
                "房屋号",
                "户号",
                "室",
                "房间",
                "房屋编号",
                "房间编号",
                "门号",
                "房室号",
                "房屋号码",
                "房间名称",
                "户室号",
                "户室",
                "室号部位",
            ],
            Self::Area => &[
                "专有部分面积",
                "专有面积",
                "专有部分建筑面积",
                "建筑面积",
                "房屋建筑面积",
                "产权面积",
                "房屋面积",
                "不动产权证面积",
                "产权证面积",
                "登记面积",
                "证载面积",
                "面积",
                "实测建筑面积",
                "实测面积",
                "测绘面积",
                "合同面积",
            ],
            Self::Owner => &[
                "业主姓名",
                "业主",
                "产权人",
                "产权人姓名",
                "所有权人",
                "所有权人姓名",
                "权利人",
                "权利人姓名",
                "户主",
                "户主姓名",
                "业主名称",
                "业主名",
                "权利人名称",
                "产权人名称",
                "产权所有人",
                "产权所有人姓名",
                "不动产权利人",
                "房屋所有权人",
                "房屋所有人",
                "所有人",
                "所有人姓名",
                "房主",
                "房主姓名",
                "买受人",
                "购房人",
                "购房人姓名",
                "权属人",
                "姓名",
            ],
            Self::IdNumber => &[
                "身份证号",
                "身份证号码",
                "证件号码",
                "证件号",
                "身份证",
                "业主身份证号",
                "业主身份证号码",
                "业主证件号码",
                "业主证件号",
                "产权人身份证号",
                "产权人证件号码",
                "身份证件号码",
                "身份证件号",
                "身份证编号",
                "公民身份号码",
                "居民身份证号码",
                "居民身份证号",
                "有效证件号码",
                "有效证件号",
                "证件编号",
                "证照号码",
                "证号",
                "统一社会信用代码",
            ],
            Self::Phone => &[
                "手机号",
                "手机号码",
                "手机",
                "联系电话",
                "电话",
                "电话号码",
                "联系方式",
                "联系手机",
                "业主电话",
                "业主手机",
                "业主手机号",
                "业主联系电话",
                "移动电话",
            ],
            Self::CoOwners => &[
                "共有人",
                "共有人姓名",
                "共同共有人",
                "共有产权人",
                "其他共有人",
                "产权共有人",
                "共有权人",
                "共有权人姓名",
                "共有人名称",
                "共有业主",
                "共同业主",
                "其他业主",
                "其他产权人",
            ],
            Self::CoOwnerIdNumbers => {
                &["共有人身份证号", "共有人身份证号码", "共有人证件号码", "共有人证件号", "共有人身份证"]
            }
            Self::CoOwnerPhones => &[
                "共有人手机号",
                "共有人手机",
                "共有人电话",
                "共有人联系电话",
                "共有人手机号码",
                "共有人联系方式",
            ],
            Self::Status => &[
                "交付状态",
                "状态",
                "房屋状态",
                "交付情况",
                "销售状态",
                "交房状态",
                "是否交付",
                "是否交房",
                "是否收房",
                "入住情况",
                "入住状态",
                "使用状态",
                "是否已售",
                "是否售出",
                "是否出售",
            ],
            Self::Developer => {
                &["建设单位", "建设单位名称", "开发商", "开发商名称", "开发企业", "开发单位", "开发公司"]
            }
            Self::Kind => &[
                "用途",
                "房屋用途",
                "规划用途",
                "设计用途",
                "证载用途",
                "用途类型",
                "专有部分用途",
                "专有部分类型",
                "房屋类型",
                "房屋类别",
                "物业类型",
                "物业类别",
                "类型",
                "类别",
            ],
        }
    }

    /// The first usual heading: what to call the column where the file has none.
    pub fn usual(self) -> &'static str {
        self.variants().first().copied().unwrap_or_default()
    }

    /// The column's meaning and how far down its list of variants the heading stands.
    fn named(plain: &str) -> Option<(Self, usize)> {
        // "手机/电话" means what its first known part means.
        std::iter::once(plain).chain(plain.split(['/', '、'])).find_map(|part| {
            let listed = Self::ALL.into_iter().find_map(|column| {
                let rank = column.variants().iter().position(|variant| *variant == part)?;
                Some((column, rank))
            });
            listed.or_else(|| Self::of_whom(part))
        })
    }

    /// What a heading means that says whose number or phone it is: 权利人证件号码, 共有权人电话.
    fn of_whom(part: &str) -> Option<(Self, usize)> {
        let whose = |names: Self, numbers: Self, phones: Self| {
            let name = names
                .variants()
                .iter()
                .filter(|name| part.starts_with(**name))
                .max_by_key(|name| name.len())?;
            let what = part.strip_prefix(name)?.trim_start_matches('的');
            let column = [(Self::IdNumber, numbers), (Self::Phone, phones)]
                .into_iter()
                .find_map(|(usual, column)| usual.variants().contains(&what).then_some(column))?;
            // After all that are listed.
            Some((column, usize::from(u8::MAX) + part.len()))
        };
        whose(Self::CoOwners, Self::CoOwnerIdNumbers, Self::CoOwnerPhones)
            .or_else(|| whose(Self::Owner, Self::IdNumber, Self::Phone))
    }

    /// What a numbered heading means, and its number: 共有人2, 业主2身份证号, 第二共有人, 联系电话2.
    fn numbered(plain: &str) -> Option<(Self, usize)> {
        let (start, end, number) = number_in(plain)?;
        let before = plain.get(..start)?;
        let before = before.strip_suffix('第').unwrap_or(before);
        let after = plain.get(end..)?.trim_start_matches(['个', '位']);
        let (column, _) = Self::named(&format!("{before}{after}"))?;
        let of_owners = Self::OF_OWNERS.iter().flatten().any(|one| *one == column);
        of_owners.then_some((column, number))
    }

    /// Name, number and phone of the owner, and of a co-owner.
    pub(super) const OF_OWNERS: [[Self; 3]; 2] = [
        [Self::Owner, Self::IdNumber, Self::Phone],
        [Self::CoOwners, Self::CoOwnerIdNumbers, Self::CoOwnerPhones],
    ];
}

/// The first number in a text, in digits or words, and from where to where it stands.
fn number_in(text: &str) -> Option<(usize, usize, usize)> {
    let run = |is: fn(char) -> bool| {
        let start = text.find(is)?;
        let length = text.get(start..)?.find(|c| !is(c)).unwrap_or(text.len() - start);
        Some((start, start + length, text.get(start..start + length)?))
    };
    if let Some((start, end, digits)) = run(|c| c.is_ascii_digit()) {
        return Some((start, end, digits.parse().ok()?));
    }
    let (start, end, words) = run(|c| "一二三四五六七八九十".contains(c))?;
    Some((start, end, chinese_number(words)?))
}

/// Words of headings that say who owns what: a column that has one of them is never passed over in silence.
const TELLING: [&str; 6] = ["共有", "业主", "产权", "身份证", "证件", "面积"];

/// Words of headings that have one of those, and still say nothing that a roll needs.
const NEEDLESS: [&str; 52] = [
    "套内",
    "公摊",
    "分摊",
    "使用面积",
    "阳台",
    "地下室",
    "车位",
    "车库",
    "储藏",
    "花园",
    "赠送",
    "附属",
    "土地",
    "宗地",
    "占地",
    "公用",
    "共用",
    "计费",
    "收费",
    "物业费",
    "预测",
    "产权证号",
    "产权证书",
    "不动产权证号",
    "房产证",
    "权证",
    "产权性质",
    "产权类",
    "产权年限",
    "产权来源",
    "产权日期",
    "产权状",
    "类型",
    "种类",
    "类别",
    "性质",
    "方式",
    "份额",
    "比例",
    "情形",
    "签名",
    "签字",
    "确认",
    "意见",
    "备注",
    "性别",
    "年龄",
    "关系",
    "照片",
    "地址",
    "住址",
    "编码",
];

/// Whether a heading that is not understood may hold what the roll needs.
fn may_matter(plain: &str) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| plain.contains(word));
    let whole = ["证件名称", "共有情况", "产权情况", "业主编号", "业主序号", "业主数", "业主人数"];
    // 房产证上的业主姓名 is about owners whatever else it names.
    let needless = !plain.contains("姓名") && (has(&NEEDLESS) || whole.contains(&plain));
    has(&TELLING) && !needless
}

/// A heading without what does not change its meaning: width, white space, units and remarks in brackets, marks.
fn plain(heading: &str) -> String {
    let mut depth = 0_u8;
    let mut plain = String::new();
    let mut remark = String::new();
    for c in fold(heading).chars() {
        match c {
            '(' | '[' | '【' | '〔' => depth = depth.saturating_add(1),
            ')' | ']' | '】' | '〕' => {
                depth = depth.saturating_sub(1);
                // 业主(2) is the second one.
                let number = number_in(&remark).filter(|(start, end, _)| end - start == remark.len());
                if let Some((_, _, number)) = number {
                    plain.push_str(&number.to_string());
                }
                remark.clear();
            }
            _ if depth > 0 => remark.push(c),
            '*' | ':' | '_' | '"' => {}
            _ if c.is_whitespace() => {}
            _ => plain.push(c),
        }
    }
    // A unit that is not in brackets.
    for unit in ["平方米", "㎡", "m²", "m2", "M2"] {
        if let Some(bare) = plain.strip_suffix(unit) {
            return bare.to_owned();
        }
    }
    plain
}

/// The heading row of a file: where it stands, and where each column that it names is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    row: u64,
    columns: [Option<(usize, String)>; Column::COUNT],
    /// Columns beyond those: of numbered owners, and not understood ones that may matter.
    pub(super) others: Vec<Other>,
    /// Which of them belong to one more owner: name, number and phone.
    pub(super) more_owners: Vec<[Option<usize>; 3]>,
}

/// A column beyond those that every roll has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Other {
    /// Where it stands, from 0.
    pub(super) position: usize,
    /// The heading as the file has it.
    pub(super) title: String,
    /// What it holds; none where that is not understood.
    pub(super) column: Option<Column>,
    number: usize,
}

impl Heading {
    /// Its row in the file, from 1.
    pub fn row(&self) -> u64 {
        self.row
    }

    /// The heading of a column as the file has it.
    pub fn title(&self, column: Column) -> Option<&str> {
        self.place(column).map(|(_, title)| title.as_str())
    }

    /// Where the column stands, from 0.
    pub(super) fn position(&self, column: Column) -> Option<usize> {
        self.place(column).map(|(position, _)| *position)
    }

    fn place(&self, column: Column) -> Option<&(usize, String)> {
        self.columns.get(column.index()).and_then(Option::as_ref)
    }

    pub(super) fn is_repeated_by(&self, cells: &[String; Column::COUNT]) -> bool {
        let same = |column: Column| cells.get(column.index()).map(|cell| cell.trim()) == self.title(column);
        same(Column::Building) && same(Column::Room) && same(Column::Area)
    }

    fn recognise(row: u64, cells: &[String]) -> (Self, Result<(), FileError>) {
        let mut heading =
            Self { row, columns: Default::default(), others: Vec::new(), more_owners: Vec::new() };
        let mut ranks = [usize::MAX; Column::COUNT];
        let mut outcome = Ok(());
        for (position, cell) in cells.iter().enumerate() {
            let (plain, title) = (plain(cell), cell.trim().to_owned());
            if let Some((column, rank)) = Column::named(&plain) {
                let (Some(place), Some(best)) =
                    (heading.columns.get_mut(column.index()), ranks.get_mut(column.index()))
                else {
                    continue;
                };
                if rank == *best {
                    outcome = Err(FileError::ColumnTwice { heading: title });
                } else if rank < *best {
                    *best = rank;
                    *place = Some((position, title));
                }
            } else if let Some((column, number)) = Column::numbered(&plain) {
                heading.others.push(Other { position, title, column: Some(column), number });
            } else if may_matter(&plain) {
                heading.others.push(Other { position, title, column: None, number: 0 });
            }
        }
        let grouped = heading.group();
        (heading, outcome.and(grouped))
    }

    /// The first owner is the owner; what else is numbered belongs together by its number. A phone or number without
    /// a name of its own number stays with the owner, or the co-owners, as one more of theirs.
    fn group(&mut self) -> Result<(), FileError> {
        let [owner, _] = Column::OF_OWNERS;
        let first =
            |other: &Other| other.number == 1 && other.column.is_some_and(|column| owner.contains(&column));
        for other in self.others.extract_if(.., |other| first(other)).collect::<Vec<_>>() {
            let place = other.column.and_then(|column| self.columns.get_mut(column.index()));
            match place {
                Some(place) if place.is_none() => *place = Some((other.position, other.title)),
                _ => self.others.push(other),
            }
        }
        for kind in Column::OF_OWNERS {
            let [name, ..] = kind;
            let mut numbers: Vec<usize> = self
                .others
                .iter()
                .filter(|other| other.column == Some(name))
                .map(|other| other.number)
                .collect();
            numbers.sort_unstable();
            numbers.dedup();
            for number in numbers {
                let mut owner = [None; 3];
                for (slot, column) in owner.iter_mut().zip(kind) {
                    let fits = |other: &&Other| other.column == Some(column) && other.number == number;
                    if let Some(twice) = self.others.iter().filter(fits).nth(1) {
                        return Err(FileError::ColumnTwice { heading: twice.title.clone() });
                    }
                    *slot = self.others.iter().position(|other| fits(&other));
                }
                self.more_owners.push(owner);
            }
        }
        Ok(())
    }

    /// The columns of further phones and numbers that belong to no numbered owner.
    pub(super) fn loose(&self, column: Column) -> impl Iterator<Item = usize> + '_ {
        let taken = move |at: &usize| self.more_owners.iter().flatten().any(|one| one.as_ref() == Some(at));
        let of = self.others.iter().enumerate().filter(move |(_, other)| other.column == Some(column));
        of.map(|(at, _)| at).filter(move |at| !taken(at))
    }

    /// Reads a row into a line.
    pub(super) fn read<'a>(&self, line: &mut Line, cell: impl Fn(usize) -> Option<&'a str>) {
        for (column, into) in Column::ALL.into_iter().zip(&mut line.cells) {
            into.clear();
            into.push_str(self.position(column).and_then(&cell).unwrap_or_default().trim());
        }
        line.others.resize(self.others.len(), String::new());
        for (other, into) in self.others.iter().zip(&mut line.others) {
            into.clear();
            into.push_str(cell(other.position).unwrap_or_default().trim());
        }
    }

    fn missing(&self) -> Vec<&'static str> {
        let absent = Column::ESSENTIAL.into_iter().filter(|column| self.place(*column).is_none());
        absent.map(Column::usual).collect()
    }

    fn recognised(&self) -> usize {
        self.columns.iter().flatten().count()
    }
}

/// How many rows from the top are looked at for the heading: titles, dates and remarks stand above it.
pub(super) const ROWS_ABOVE: usize = 20;

/// The first row that names every essential column.
///
/// # Errors
/// The row that comes nearest tells what is missing. Its other cells are shown only when at least two columns were
/// recognised: a file without heading begins with someone's name and number.
pub(super) fn find(rows: &[(u64, Vec<String>)]) -> Result<Heading, FileError> {
    let mut nearest: Option<(Heading, &[String])> = None;
    for (row, cells) in rows.iter().take(ROWS_ABOVE) {
        let (heading, outcome) = Heading::recognise(*row, cells);
        if heading.missing().is_empty() {
            return outcome.map(|()| heading);
        }
        if nearest.as_ref().is_none_or(|(best, _)| heading.recognised() > best.recognised()) {
            nearest = Some((heading, cells));
        }
    }
    match nearest {
        Some((heading, cells)) if heading.recognised() >= 2 => Err(FileError::MissingColumns {
            row: heading.row,
            missing: heading.missing(),
            found: shown(cells),
        }),
        None => Err(FileError::Empty),
        Some(_) => Err(FileError::NoHeading { missing: Column::ESSENTIAL.map(Column::usual).to_vec() }),
    }
}

fn shown(cells: &[String]) -> Vec<String> {
    let titles = cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
    titles.map(|title| title.chars().take(20).collect()).collect()
}
