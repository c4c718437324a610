//! Why a whole file cannot be read as a roll. None of these carries a cell's value, so they may be logged.

use thiserror::Error;

/// A file that is not a readable roll. `Display` is English; [`FileError::zh`] is what people are shown.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FileError {
    #[error("the file is empty")]
    Empty,
    #[error("the file is larger than 32 MB; split it, or save it without pictures")]
    TooLarge,
    #[error(
        "this is an old .xls workbook, or one with a password; save it as XLSX or CSV without a password"
    )]
    OldWorkbook,
    #[error(
        "this is a web page or XML, whatever its name says; open it in a spreadsheet and save it as XLSX or CSV"
    )]
    WebPage,
    #[error("this is neither a workbook nor a text table; save the roll as XLSX or CSV")]
    NotATable,
    #[error("the text is in no known encoding; save it as CSV UTF-8")]
    UnknownEncoding,
    #[error("this is a zip archive but no XLSX workbook")]
    NotAWorkbook,
    #[error("the workbook is damaged; open it in a spreadsheet and save it again as XLSX")]
    BrokenWorkbook,
    #[error("the workbook unpacks to far more than a roll can be; save the roll alone in a new workbook")]
    UnpacksTooLarge,
    #[error("the table goes beyond row 1,048,576")]
    TooManyRows,
    #[error("row {row} uses more than 64 columns")]
    TooManyColumns {
        /// Row of the file, from 1.
        row: u64,
    },
    #[error("row {row} has a cell of more than 1,000 characters (perhaps a quote is not closed)")]
    CellTooLong {
        /// Row of the file, from 1.
        row: u64,
    },
    #[error("no heading row found in the first 20 rows; needed: {}", missing.join(", "))]
    NoHeading {
        /// Usual headings of all columns that a roll needs.
        missing: Vec<&'static str>,
    },
    #[error("row {row} is the heading, but lacks {}; it has {}", missing.join(", "), found.join(", "))]
    MissingColumns {
        /// Row of the heading, from 1.
        row: u64,
        /// Usual headings of the columns that are missing.
        missing: Vec<&'static str>,
        /// The headings found instead, as in the file.
        found: Vec<String>,
    },
    #[error("the heading {heading} stands twice; keep one of them")]
    ColumnTwice {
        /// The heading as in the file.
        heading: String,
    },
}

impl FileError {
    /// The stable name of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "ROLL_FILE_EMPTY",
            Self::TooLarge => "ROLL_FILE_TOO_LARGE",
            Self::OldWorkbook => "ROLL_FILE_OLD_WORKBOOK",
            Self::WebPage => "ROLL_FILE_WEB_PAGE",
            Self::NotATable => "ROLL_FILE_NOT_A_TABLE",
            Self::UnknownEncoding => "ROLL_FILE_UNKNOWN_ENCODING",
            Self::NotAWorkbook => "ROLL_FILE_NOT_A_WORKBOOK",
            Self::BrokenWorkbook => "ROLL_FILE_BROKEN_WORKBOOK",
            Self::UnpacksTooLarge => "ROLL_FILE_UNPACKS_TOO_LARGE",
            Self::TooManyRows => "ROLL_FILE_TOO_MANY_ROWS",
            Self::TooManyColumns { .. } => "ROLL_FILE_TOO_MANY_COLUMNS",
            Self::CellTooLong { .. } => "ROLL_FILE_CELL_TOO_LONG",
            Self::NoHeading { .. } => "ROLL_FILE_NO_HEADING",
            Self::MissingColumns { .. } => "ROLL_FILE_MISSING_COLUMNS",
            Self::ColumnTwice { .. } => "ROLL_FILE_COLUMN_TWICE",
        }
    }

    /// How near the file came to being a roll: of several sheets or separators, the nearest is worth explaining.
    pub(super) fn nearness(&self) -> u8 {
        match self {
            Self::MissingColumns { .. } => 4,
            Self::ColumnTwice { .. } => 3,
            Self::NoHeading { .. } => 1,
            Self::Empty => 0,
            _ => 2,
        }
    }

    /// The same in Chinese, with what to do.
    pub fn zh(&self) -> String {
        match self {
            Self::Empty => "文件是空的".to_owned(),
            Self::TooLarge => "文件超过 32 MB，请拆分，或去掉图片后再存".to_owned(),
            Self::OldWorkbook => "这是旧版 .xls 或带密码的工作簿，请去掉密码，另存为 XLSX 或 CSV".to_owned(),
            Self::WebPage => {
                "这是网页或 XML 文件（不论扩展名），请用表格软件打开后另存为 XLSX 或 CSV".to_owned()
            }
            Self::NotATable => "这不是工作簿，也不是文本表格，请把名册存为 XLSX 或 CSV".to_owned(),
            Self::UnknownEncoding => "无法识别文字编码，请另存为 CSV UTF-8".to_owned(),
            Self::NotAWorkbook => "这是压缩包，不是 XLSX 工作簿".to_owned(),
            Self::BrokenWorkbook => "工作簿已损坏，请用表格软件打开后重新另存为 XLSX".to_owned(),
            Self::UnpacksTooLarge => "工作簿解压后远大于一份名册，请把名册单独存到新的工作簿".to_owned(),
            Self::TooManyRows => "表格超过第 1048576 行".to_owned(),
            Self::TooManyColumns { row } => format!("第 {row} 行超过 64 列"),
            Self::CellTooLong { row } => format!("第 {row} 行有超过 1000 字的单元格（可能引号没有成对）"),
            Self::NoHeading { missing } => format!("前 20 行里没有找到表头，需要：{}", missing.join("、")),
            Self::MissingColumns { row, missing, found } => {
                format!("表头（第 {row} 行）缺少：{}；现有：{}", missing.join("、"), found.join("、"))
            }
            Self::ColumnTwice { heading } => format!("表头“{heading}”出现两次，请只留一列"),
        }
    }
}
