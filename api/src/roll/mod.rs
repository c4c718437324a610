//! The roll 业主名册: who owns what, and so who may vote with what weight.
//!
//! Promises: an import is all or nothing, in one transaction; nothing is written while any row is refused, unless the
//! good rows alone are asked for; the same ID number is the same owner; homes not yet delivered are their developer's,
//! one owner a developer; a dry run comes to what the import will; who loses a share in a home loses the role of owner there in the same transaction. A poll has its own
//! frozen copy, so an import may go on while one is open. Never shows or logs a name, phone or ID number in the clear,
//! and never takes a home away because a file does not name it.
//!
//! Routes: `POST /v1/places/{place_id}/roll-checks`, `POST /v1/places/{place_id}/roll-imports`,
//! `GET /v1/places/{place_id}/roll`.

pub mod acts;
pub mod file;
pub mod model;
mod plan;
mod routes;
mod store;
#[cfg(test)]
mod tests;

pub use plan::{ID_NUMBER, NAME, PHONE};
pub use routes::routes;

crate::problems! {
    ROLL_FILE_UNREADABLE = 1_003_001, 422, "无法读取名册文件", "The file cannot be read as a roll",
        "请按说明检查文件，另存为 XLSX 或 CSV 后重试。", "See `detail`; save the roll as XLSX or CSV and send it again.";
    ROLL_ROWS_REFUSED = 1_003_002, 422, "名册中有不能导入的行", "Rows of the roll are refused",
        "请按 errors 改正后重新导入，或选择只导入正确的行。", "Mend the rows in `errors`, or ask for the good rows alone with `good_rows_only=true`.";
    NOT_A_COMPLEX = 1_003_003, 422, "名册属于小区", "A roll belongs to a complex",
        "请选择小区一级。", "Name a place whose level is COMPLEX.";
    ROLL_MISSING = 1_003_004, 404, "还没有导入名册", "There is no roll yet",
        "请先导入业主名册。", "Import the roll with POST /v1/places/{place_id}/roll-imports.";
    ROLL_EMPTY = 1_003_005, 422, "文件中没有可导入的行", "No row of the file can be imported",
        "请检查文件内容。", "Send a file with at least one good row.";
    FILE_MISSING = 1_003_006, 422, "缺少文件", "The form has no file",
        "请以 multipart/form-data 上传一个文件。", "Send one file as multipart/form-data in the field `file`.";
}
