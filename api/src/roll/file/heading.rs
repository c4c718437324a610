//! Headings in their usual variants, and the row they stand in.

use super::{FileError, cells::fold};

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
}

impl Column {
    pub(super) const COUNT: usize = 12;
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
    ];
    /// Without these a file is no roll. A row of villas has no units, and not every roll has phones.
    const ESSENTIAL: [Self; 5] = [Self::Building, Self::Room, Self::Area, Self::Owner, Self::IdNumber];

    pub(super) fn index(self) -> usize {
        Self::ALL.iter().position(|column| *column == self).unwrap_or_default()
    }

    /// The headings in use for this column, the one to prefer first: a roll may keep both 专有面积 and 建筑面积.
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
            ],
            Self::Unit => &["单元", "单元号", "单元名称", "门栋", "梯位"],
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
            ],
            Self::Area => &[
                "专有部分面积",
                "专有面积",
                "专有部分建筑面积",
                "建筑面积",
                "房屋建筑面积",
                "产权面积",
                "房屋面积",
                "面积",
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
            Self::CoOwners => {
                &["共有人", "共有人姓名", "共同共有人", "共有产权人", "其他共有人", "产权共有人"]
            }
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
            Self::Status => &["交付状态", "状态", "房屋状态", "交付情况", "销售状态", "交房状态", "是否交付"],
            Self::Developer => {
                &["建设单位", "建设单位名称", "开发商", "开发商名称", "开发企业", "开发单位", "开发公司"]
            }
        }
    }

    /// The first usual heading: what to call the column where the file has none.
    pub fn usual(self) -> &'static str {
        self.variants().first().copied().unwrap_or_default()
    }

    /// The column's meaning and how far down its list of variants the heading stands.
    fn named(heading: &str) -> Option<(Self, usize)> {
        let plain = plain(heading);
        // "手机/电话" means what its first known part means.
        std::iter::once(plain.as_str()).chain(plain.split(['/', '、'])).find_map(|part| {
            Self::ALL.into_iter().find_map(|column| {
                let rank = column.variants().iter().position(|variant| *variant == part)?;
                Some((column, rank))
            })
        })
    }
}

/// A heading without what does not change its meaning: width, white space, units and remarks in brackets, marks.
fn plain(heading: &str) -> String {
    let mut depth = 0_u8;
    let mut plain = String::new();
    for c in fold(heading).chars() {
        match c {
            '(' | '[' | '【' | '〔' => depth = depth.saturating_add(1),
            ')' | ']' | '】' | '〕' => depth = depth.saturating_sub(1),
            '*' | ':' | '_' | '"' => {}
            _ if c.is_whitespace() || depth > 0 => {}
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
        let mut columns: [Option<(usize, String)>; Column::COUNT] = Default::default();
        let mut ranks = [usize::MAX; Column::COUNT];
        let mut outcome = Ok(());
        for (position, cell) in cells.iter().enumerate() {
            let Some((column, rank)) = Column::named(cell) else { continue };
            let (Some(place), Some(best)) = (columns.get_mut(column.index()), ranks.get_mut(column.index()))
            else {
                continue;
            };
            if rank == *best {
                outcome = Err(FileError::ColumnTwice { heading: cell.trim().to_owned() });
            } else if rank < *best {
                *best = rank;
                *place = Some((position, cell.trim().to_owned()));
            }
        }
        (Self { row, columns }, outcome)
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
