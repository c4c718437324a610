//! The roll 业主名册: who owns what, and so who may vote with what weight; imported as a whole, corrected one home at a time.
//!
//! Promises: an import is all or nothing, in one transaction; nothing is written while any row is refused, unless the
//! good rows alone are asked for; the same ID number is the same owner; homes not yet delivered are their developer's,
//! one owner a developer; a dry run comes to what the import will; who loses a share in a home loses the role of owner there in the same transaction. A poll has its own
//! frozen copy, so an import may go on while one is open.
//!
//! What an import says anew is shown from then on: a statutory vote locks the roll only once it was shown for the least
//! days, and every objection to the part that votes is answered or was due. Whoever answers is told, each once, when little
//! of the time for it is left and when it is over.
//!
//! An owner sees their own entry and no other, objects to it, and is answered. One home is corrected at a time, with a
//! document and in the record; by two persons while a programme runs at the complex or a poll there is not published, and
//! never by whoever it concerns. While the home is on a locked roll whose result is not out, nothing of it is corrected:
//! that it was sold may be noted, by which the buyer votes where the seller has not, and no denominator changes. An
//! import that says otherwise than a correction is refused unless that is asked for. Never shows or logs a name, phone or ID number in the clear,
//! and never takes a home away because a file does not name it.
//!
//! Somebody acts for an owner: a guardian for whoever cannot, an agent for a legal person, which an office records from a
//! document and another person of it confirms; and co-owners name one of them, each on an account of their own or on a
//! paper that an office records. It holds from vote to vote until it ends by its date, by one of the parties, or with the
//! share; who acts is told in full to the home's own alone. A ward does not act beside the guardian. Co-owners who named
//! nobody may each cast; the first ballot counts, the others are told at once and may dispute it, unless the by-laws want
//! somebody named (`co_owner_representative`).
//!
//! Routes: `POST /v1/places/{place_id}/roll-checks`, `POST /v1/places/{place_id}/roll-imports`,
//! `GET /v1/places/{place_id}/roll`; `GET /v1/roll-entries`, `GET /v1/places/{place_id}/roll-entry`;
//! `GET /v1/roll-objections`, `POST|GET /v1/places/{place_id}/roll-objections`,
//! `POST /v1/roll-objections/{objection_id}/answers`; `POST|GET /v1/places/{place_id}/roll-changes`,
//! `GET /v1/roll-changes/{change_id}` and below it `POST …/confirmations`, `…/refusals`;
//! `POST|GET /v1/places/{place_id}/representations`, `GET /v1/representations/{representation_id}` and below it
//! `POST …/confirmations`, `…/endings`.

pub mod acts;
pub mod file;
pub mod model;
mod plan;
mod routes;
mod store;
#[cfg(test)]
mod tests;

pub use acts::representations::named;
pub use acts::{names_of, tick};
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
    ROLL_LOCKED = 1_003_007, 409, "名册已锁定", "The roll is locked",
        "结果公布前只能登记房屋买卖。", "Until the result is out only a change of kind SALE is noted.";
    ROLL_OWN_HOME = 1_003_008, 403, "不能处理自己的房屋或异议", "Nobody decides about their own home or objection",
        "请由其他人办理。", "Let somebody else who keeps the roll do it.";
    ROLL_SECOND_PERSON = 1_003_009, 403, "需要另一人确认", "Another person has to confirm it",
        "请由另一位有权限的人确认。", "Let another person who keeps the roll confirm it.";
    ROLL_CHANGE_DECIDED = 1_003_010, 409, "更正已有结果", "The change is decided already",
        "请刷新后查看。", "Read the change again.";
    ROLL_CHANGE_STALE = 1_003_011, 409, "房屋信息已变动", "The home has changed since this was proposed",
        "请撤回后按最新信息重新提出。", "Take it back with a refusal, read the entry, and propose anew.";
    ROLL_CHANGE_WAITS = 1_003_012, 409, "这套房屋已有待确认的更正", "A change of this home waits already",
        "请先确认或撤回。", "Confirm or refuse that one first; `GET …/roll-changes` lists it.";
    ROLL_SOURCE_WEAKER = 1_003_013, 409, "面积依据的效力较低", "The area rests on a stronger source",
        "请说明为何以较低依据更正。", "Registry goes before survey, survey before contract; say why in `overrides`.";
    ROLL_CHANGE_NOTHING = 1_003_014, 409, "名册已是如此", "The roll says so already",
        "无需更正。", "Read the entry: there is nothing to change.";
    ROLL_OBJECTIONS_TOO_MANY = 1_003_015, 409, "待答复的异议太多", "Too many objections of yours wait",
        "请等待答复后再提。", "One person has 5 objections to rolls waiting at most.";
    ROLL_OBJECTION_ANSWERED = 1_003_016, 409, "异议已答复", "The objection is answered already",
        "请刷新后查看。", "Read the objections again.";
    ROLL_CHANGE_NEEDED = 1_003_017, 409, "成立的异议要随更正一起答复", "It is accepted with the change that it asks for",
        "请提出更正，并写明这条异议。", "Propose the change with `objection_id`; the objection is accepted with it.";
    ROLL_OWNER_UNFIT = 1_003_018, 422, "业主信息与名册不符", "The owners do not fit the roll",
        "请按提示核对业主。", "See `detail`: an `ordinal` nobody has, a number of another name, nobody left, or no one developer.";
    ROLL_PLACE_MISFIT = 1_003_019, 422, "请选择具体的房屋", "This concerns a home",
        "请选择到房号一级；名册漏了房屋时选择小区。", "Name a home; of a home that is missing on the roll the complex, with `MISSING_HOME`.";
    ROLL_CORRECTED = 1_003_020, 409, "文件与已更正的房屋不一致", "The file says otherwise than what was corrected",
        "请核对列出的房屋；确认以文件为准时再导入。", "See `contradicted` of a check; mend the file, or import with `overrule_corrections=true`.";
    REPRESENTATION_UNFIT = 1_003_030, 422, "这种代表方式不适用", "The ground does not fit the owner",
        "未成年人等由监护人代表，单位由法定代表人或委托代理人代表，共有人只能推举其中一人。", "A guardian is for a person and an agent for a legal person, with `person`; of two co-owners or more one is named, without.";
    REPRESENTATION_UNPROVEN = 1_003_031, 422, "缺少证明材料", "Nothing proves it",
        "请填写文件名称并上传照片。", "An office sends `document` and a photo of it in `evidence`.";
    REPRESENTATION_THERE = 1_003_032, 409, "已有相同的代表", "The same stands or waits already",
        "请先确认或结束原来的。", "Confirm or end that one; GET …/representations lists it.";
    REPRESENTATION_OVER = 1_003_033, 409, "已有结果", "It is decided or over already",
        "请刷新后查看。", "Read it again; what is over is proposed anew.";
    REPRESENTATION_STALE = 1_003_034, 409, "房屋的业主已变动", "The owners have changed since this was proposed",
        "请撤回后重新提出。", "End it, and propose anew with those who own the home now.";
    REPRESENTATION_CONFIRMED_ALREADY = 1_003_035, 409, "您已确认过", "You have confirmed it already",
        "请等待其他共有人确认。", "It stands once each of the others has.";
    REPRESENTATION_NOT_YOURS = 1_003_036, 403, "这不由您确认或结束", "This is not for you to confirm or end",
        "共有人提出的由共有人确认，办公室登记的由另一位工作人员确认。", "What a co-owner asked for, the co-owners confirm; what an office recorded, another person of it.";
}
