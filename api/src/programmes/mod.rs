//! Programmes 方案: compositions of modules that run at a place. The law is `rules::programmes`.
//!
//! Promises: what a programme goes by is frozen when it begins; it moves by the clock, by what its polls come to and by
//! what people do in it, each move once, however many processes run, and with the reason in the record; whoever belongs
//! to the complex sees where it stands, what holds it, what comes next, and who must act. A poll that belongs to a vote
//! locks while its roll is being locked, is put to nothing but what the vote is for, and opens once the vote has begun.
//! What is said is encrypted; who signed is counted and not shown.
//!
//! Whoever supervises it notes what is seen in any step, at any time while it runs, and asks for something if need be; whoever
//! convenes it is told and answers once. A note holds nothing up.
//!
//! One about a member of the committee names whom when it begins, and only somebody who sits. That member is told, and what
//! people talk about them is not closed before they have spoken, or the time for that is over. The vote that passes, once its
//! result is final, takes that member's seat: the room of polls does that with the result, once.
//!
//! Whoever forms the preparatory group names its members, for whom each speaks, and who chairs it; owners in it are owners on
//! the roll. How many of each there are, the record tells; their names are encrypted, and shown in full to nobody but those
//! who form it.
//!
//! A task comes to one person of those who are asked to do it, is shown with photos, each for the requirements that it meets,
//! and is accepted by somebody else once each is met; whoever declines says why. A notice's days count from when it is put up.
//! What is put to a vote hangs out here by itself once its poll is locked: whoever belongs to the complex reads it from then on.
//! Anything else somebody puts up, here and on boards, with photos of those. Where people talk, whoever a statement is about is
//! asked to reply, and nothing is agreed before that or its time is up.
//!
//! One in which nothing is a matter of Civil Code 278 may be between some buildings or units of a complex alone: their owners
//! register, and its polls are put to them and to nobody else.
//!
//! Never lets anybody approve what the owners decide (Civil Code 277).
//!
//! Routes: `GET /v1/programme-templates`, `POST|GET /v1/places/{place_id}/programme-templates`, `POST|GET
//! /v1/places/{place_id}/programmes`, `GET /v1/programmes/{programme_id}`
//! and below it `POST …/modules/{module}/deeds`, `GET …/modules/{module}/deeds`, `POST …/polls`, `POST …/pauses`,
//! `POST …/resumptions`, `POST …/cancellations`, `GET …/timeline`.

pub mod acts;
pub mod model;
mod routes;
mod store;

pub use acts::tick;
pub use routes::routes;

crate::problems! {
    PROGRAMME_RUNS = 1_022_001, 409, "这里已有同样的方案在进行", "Such a programme runs here already",
        "请参加正在进行的方案。", "Take part in the one that runs; `GET …/programmes` lists it.";
    DEED_NOT_YOURS = 1_022_002, 403, "这一步不由您来做", "This is not for you to do",
        "请查看这一步由谁来做。", "`must_act` of the module says who is asked.";
    MODULE_ELSEWHERE = 1_022_003, 409, "这一步现在不能这样做", "The module is not at that point",
        "请刷新后查看。", "Read the programme again: the module does not run, or nothing was shown yet.";
    DEED_UNFIT = 1_022_004, 422, "这一步没有这样的操作", "Nothing like that is done in this module",
        "请核对后重试。", "`you_may` of the module says what is done in it.";
    SIGNED_ALREADY = 1_022_005, 409, "您已签名", "You signed already",
        "无需重复签名。", "Nothing to do.";
    DEEDS_TOO_MANY = 1_022_006, 409, "发言次数已达上限", "You did as much here as one person may",
        "请由其他人继续。", "Let others speak: one person does 50 things in a module at most.";
    POLL_NOT_OF_VOTE = 1_022_007, 409, "这项表决不能用于这一步", "The poll cannot be that of the vote",
        "请按提示核对表决的范围和事项。", "`detail` says what does not fit: the place, the state, or another poll is bound.";
    NOTE_ANSWERED = 1_022_010, 409, "没有待答复的监督记录", "No such note waits for an answer",
        "每条监督记录由召集人答复一次。", "A note is answered once; read the module's deeds for what was answered.";
    PROGRAMME_STANDS = 1_022_008, 409, "方案现在不能这样做", "The programme cannot do this now",
        "请刷新后查看方案状态。", "Read the programme again: it is over, stands still, or does not.";
    DELIVERED_TOO_LITTLE = 1_022_033, 409, "交付面积未达到成立条件", "Too little of the complex is delivered yet",
        "请在交付面积或首户交付年数达到本市规定后再申请。", "`detail` says how much is delivered and how much it takes; `first_delivered_on` may count.";
    MEMBER_NOT_SITTING = 1_022_022, 409, "该人员现在不是业主委员会委员", "The member named does not sit on the committee",
        "请从现任委员中选择。", "Name a `candidate_id` of the `members` of `GET /v1/polls/{poll_id}/committee`.";
    MEMBER_NOT_HEARD = 1_022_023, 409, "尚未听取所涉委员的陈述申辩", "The member whom it is about was not heard yet",
        "请等待本人陈述，或等待陈述期限届满。", "Wait for their DEFEND; without it the step ends by itself at `latest_at`.";
    REQUIREMENT_UNMET = 1_022_025, 409, "任务要求尚未全部满足", "Something that the task requires is not met yet",
        "请先提交所缺的材料。", "`unmet` of the module says what is missing; a SHOW marks which requirement each photo meets.";
    TASK_TAKEN = 1_022_026, 409, "这项任务已有人办理", "Somebody has the task already",
        "请由经办人转交，或由召集人改派。", "Whoever has it hands it on; whoever convenes the programme gives it to another.";
    REPLY_AWAITED = 1_022_027, 409, "尚在等待当事人回应", "A reply that was asked for may still come",
        "请等回应或期满后再结束。", "`reply_until` of the module says until when; close it NOT_AGREED, or later.";
    GROUP_UNLAWFUL = 1_022_034, 422, "筹备组的组成不符合规定", "The preparatory group is not composed as the rules want it",
        "请按提示调整人数、业主比例或组长。", "`detail` says which rule does not hold; `GET /v1/places/{place_id}/rules` explains each.";
    TEMPLATE_UNFIT = 1_022_020, 422, "方案模板有误", "There is something wrong with the template",
        "请按提示的行修改模板。", "`errors` names each fault with its line; `linli programme check FILE` finds the same.";
    TEMPLATE_SUPERSEDED = 1_022_021, 409, "已有同名的同版或更新版模板", "That version of the template is there, or a newer one",
        "请提高模板的版本号。", "Raise `version`: what was loaded never changes.";
}
