//! Polls 表决 / 选举: matters and candidates put to the heads of one place.
//!
//! From the lock on, roll, rules, candidates and texts are frozen and hashed, and nothing that happens later reaches
//! them; the roll was shown before for the least days, and objections to it were answered or due (`rules::roll::showing`).
//! Opening and closing happen by the clock, once, however many processes run; where too few took part by then, voting
//! goes on instead as the frozen rules say, without anybody's asking what was chosen. A ballot's weight comes from the
//! locked roll alone; whose it is to cast, when a home is sold meanwhile, one rule says (`rules::roll::electors`).
//!
//! Who is equal for the last seats is voted on again, in a poll of its own that puts nothing else to anybody; nobody is
//! chosen by the order of names. A published result is provisional while it may be objected to, and final by the clock, once,
//! where no objection stands; nothing of it is ever edited.
//!
//! An owner may have somebody else cast, in writing and within the frozen rules; until that is done the owners can take it
//! back. A head's owners are told as soon as its ballot is in, whichever way it came, and may say that it is not theirs:
//! where that holds the ballot is set aside and kept, and the head casts again.
//! Whom a poll reached is noted head by head: by hand with the paper that shows it, and by itself where an owner reads here
//! what it told. Where filed rules let silence count, every voter is warned of it by words that are frozen with the poll,
//! and only a head on which service is proven before voting ended counts so. Those who convene can have everybody
//! reminded who has not voted, once a day, and learn no more than how many heads that is.
//!
//! In an emergency voting stands still, for a reason and a time that are published: no ballot is taken on any channel and no
//! paper read, those that are in stand, nobody is reminded, and the close moves on by just the time that is lost
//! (`rules::polls::standstill`); a pause that everybody forgets ends by itself.
//!
//! Paper stands beside online voting, in one ledger: numbered papers go out, each that comes back is entered by two
//! clerks who do not see each other's entry, a third decides where those differ, and a settled paper is a ballot like
//! any other, cast when it came back. Where voting is online an owner may ask for a paper, unless the city's rules say that
//! nobody does. Of two ballots of a head the frozen rules say which stands, and whether a vote
//! cast online may be changed; the other is kept, and told. Once voting is over the poll waits, neither counted nor
//! extended, until every paper that came back is settled and two of the office stated alike what the box holds; more
//! back than went out void the paper channel.
//!
//! What is no matter of Civil Code 278 is put to a poll of opinion, by rules of its own: a head registers for it between lock
//! and opening, only who registered votes, and what that comes to is advice, and said to be. It may be put to the owners of
//! some buildings or units of a complex alone, who have something between them (`among`).
//!
//! How far turnout and votes are told to everybody is chosen with the draft, by poll and by text; it is only ever narrowed, who
//! votes sees it, and the lock freezes it. Numbers behind which too few can stand are coarsened by it, or kept for the close
//! (`rules::polls::leaks`); those who watch are told what was found. Each list has variants in which every row stands under a
//! commitment of its own: what is put up, an owner's row and all rows have one root (`rules::polls::rows`).
//!
//! Promises: one ballot a head and round; no count while a ballot is on its way, and no ballot after the count; whoever
//! holds a receipt can prove that the ballot is in the count; the count can be made again from the ballots at any time
//! and comes out the same. Never tells how a head voted, nor any total by option before the close; never tells a
//! neighbour, the property company or the developer who has not voted, nor the members how many have until the close; never
//! lets anybody who stands handle papers.
//!
//! Where a city demands that owners vote in its own system, a poll is prepared here like any other and names that system:
//! no ballot is taken here. Once voting is over whoever convenes it imports what the system signed; it is held against the
//! locked roll and the frozen rules, and counted by them. Such a poll is marked wherever it is shown
//! (`rules::polls::external`).
//!
//! Routes: `POST|GET /v1/polls`, `GET|PUT /v1/polls/{poll_id}` and below it `GET …/rules`, `POST …/matters`,
//! `POST|GET …/candidates`, `GET|PUT …/candidates/{candidate_id}/page`, `POST …/candidates/{candidate_id}/consents`,
//! `POST …/locks`, `POST …/registrations`, `POST …/ballots`, `GET …/heads`, `GET …/receipts/{ballot_id}`, `GET …/progress`,
//! `POST|GET …/external-result`, `POST …/publications`, `GET …/result`, `GET …/recount`, `GET …/lists/{list}`, `POST …/runoffs`,
//! `POST|GET …/objections`, `POST …/objections/{objection_id}/answers`, `GET …/deadlines`,
//! `POST …/deadlines/{deadline}/notes`, `POST|GET …/mandates`,
//! `POST …/mandates/{mandate_id}/revocations`, `POST|GET …/disputes`, `POST …/disputes/{dispute_id}/answers`,
//! `POST …/paper-requests`, `POST|GET …/papers`, `GET …/papers/{paper_id}`, `POST …/papers/{paper_id}/entries`,
//! `POST …/papers/{paper_id}/withdrawals`, `POST …/papers/{paper_id}/adjudications`, `POST …/boxes`,
//! `POST …/vacancies`, `GET …/committee`, `POST|GET …/services`, `POST …/services/{service_id}/withdrawals`,
//! `GET …/service-totals`, `POST …/reminders`, `POST …/pauses`, `POST …/resumptions`;
//! `POST /v1/proxy-codes`; `POST /v1/rules/evaluations`.

pub mod acts;
pub mod cases;
mod lists;
pub mod model;
mod notice;
mod proofs;
mod routes;
mod sealed;
mod store;

pub use acts::{ahead, tick};
pub use proofs::Proofs;
pub use routes::routes;

crate::problems! {
    POLL_FROZEN = 1_004_001, 409, "表决已锁定，不能再修改", "The poll is locked; nothing of it changes any more",
        "表决锁定后内容不能修改。", "Only a draft can be changed; prepare a new poll instead.";
    POLL_CANNOT_MOVE = 1_004_002, 409, "表决现在不能进行这一步", "The poll cannot take this step now",
        "请按提示补齐条件后再试。", "Mend what `detail` says, then repeat with a new Idempotency-Key.";
    POLL_NOT_OPEN = 1_004_003, 409, "投票尚未开始", "Voting has not begun",
        "请在投票开始后再投。", "Cast the ballot after the opening that `detail` names.";
    POLL_CLOSED = 1_004_004, 409, "投票已截止", "Voting is over",
        "投票已截止，不能再投票。", "No ballot is taken after the closing that `detail` names.";
    TOO_MANY_SELECTIONS = 1_004_005, 422, "所选候选人过多", "More candidates are chosen than allowed",
        "请减少所选候选人后重新提交。", "Choose at most as many as `detail` names, then cast again.";
    BALLOT_UNFIT = 1_004_006, 422, "选票填写有误", "The ballot does not fit the poll",
        "请按提示修改选票后重新提交。", "Choose candidates of this poll once each, and answer each matter once.";
    BALLOT_IN_ALREADY = 1_004_007, 409, "这一户已投过票", "This head's ballot is in already",
        "一户业主只投一票，先投的有效。", "A head has one ballot; the first stands.";
    CANDIDATE_NOT_ON_ROLL = 1_004_008, 422, "名册上没有这位业主", "The roll has no such owner at this home",
        "请核对房号与姓名，须与业主名册一致。", "Check home and name; they must equal the roll's.";
    CANDIDATE_STANDS_ALREADY = 1_004_009, 409, "这位业主已是候选人", "This owner stands already",
        "无需重复添加。", "Nothing more to do.";
    POLL_HAS_NO_CANDIDATES = 1_004_010, 409, "本次表决不选人", "This poll elects nobody",
        "只有选举和推选人选的意见征询才有候选人。", "Only a COMMITTEE_ELECTION, and an OPINION poll with seats, has candidates.";
    POLL_FULL = 1_004_011, 409, "数量已达上限", "The poll holds no more of these",
        "请减少后再试。", "A poll holds 30 matters and 60 candidates at most.";
    ROLL_INCOMPLETE = 1_004_012, 409, "业主名册不完整", "The roll has a gap",
        "请先补齐业主名册，再锁定表决。", "Mend the home that `detail` names on the roll, then lock again.";
    RULES_UNLAWFUL = 1_004_013, 422, "表决规则不合法", "The rules fall short of the law",
        "请按提示修改表决规则。", "Mend what `detail` says; the law's thresholds can be raised, never lowered.";
    RESULT_NOT_OUT = 1_004_014, 404, "结果尚未公布", "The result is not out yet",
        "请在结果公布后查看。", "Read it after the publication.";
    RUNOFF_NOT_DUE = 1_004_016, 409, "不需要再次投票", "No run-off is due",
        "结果公布且最后名额同票时才能再次投票。", "A run-off is made of a published election whose outcome is RUNOFF_DUE.";
    RUNOFF_MADE = 1_004_017, 409, "再次投票已准备", "The run-off is made already",
        "请查看已准备的再次投票。", "Read `runoff_id` of the poll; a poll has one run-off.";
    OBJECTION_LATE = 1_004_019, 409, "异议期已过", "The time to object is over",
        "异议期已结束，可依法向人民法院请求撤销。", "`revocable_until` of the result says until when a court may be asked.";
    OBJECTION_NOT_YOURS = 1_004_020, 403, "这项异议不由您处理", "This objection is not for you",
        "名册上的业主、候选人和监督人可以提出异议；自己的异议由他人答复。", "Owners on the locked roll, candidates and supervisors object, and nobody answers their own.";
    OBJECTIONS_TOO_MANY = 1_004_021, 409, "异议次数已达上限", "You objected as often as one person may",
        "请等待答复。", "Wait for the answers: one person makes 5 objections to a result at most.";
    OBJECTION_ANSWERED = 1_004_022, 409, "异议已答复", "The objection is answered already",
        "异议只答复一次。", "Read the answer; an objection has one.";
    DEADLINE_NOT_NOTED = 1_004_039, 409, "这一期限由系统记录", "This deadline is met by what happens here",
        "无需另行登记。", "Nothing is to be noted: publishing the result meets PUBLISH, and REVOKE runs out by itself.";
    DEADLINE_MET = 1_004_040, 409, "已登记完成", "It was noted as done already",
        "请查看已登记的完成情况。", "Read the deadlines of the poll; what was noted is not changed.";
    MANDATE_NOT_ALLOWED = 1_004_030, 409, "不能办理委托", "No mandate is taken",
        "请按提示核对本次表决的规则和时间。", "`detail` says why: the frozen rules allow no proxies, or it is not the time.";
    PROXY_CODE_WRONG = 1_004_031, 422, "受托码不对或已过期", "The proxy's code is wrong or expired",
        "请让受托人重新生成受托码。", "The proxy makes a new one with POST /v1/proxy-codes; it is good for 30 minutes and once.";
    PROXY_OVER_CAP = 1_004_032, 409, "受托人代理的户数已达上限", "The proxy casts for as many as one may",
        "请委托其他人，或本人投票。", "Name somebody else, or cast yourself; `proxy_cap` of the poll's rules says how many.";
    PROXY_BARRED = 1_004_033, 422, "此人不能作受托人", "This person may not be the proxy",
        "请委托其他人，或本人投票。", "`detail` says why; `proxy_barred` of the poll's rules says who casts for nobody else.";
    MANDATE_STANDS_ALREADY = 1_004_034, 409, "这一户已有委托", "This head has a mandate already",
        "请先撤回原来的委托。", "Take the one back that stands, then give another.";
    MANDATE_OVER = 1_004_035, 409, "委托已失效", "The mandate does not hold any more",
        "请查看委托的状态。", "`detail` says why: it was used or taken back, or its giver may not cast any more.";
    MANDATE_OF_ANOTHER_POLL = 1_004_036, 422, "委托不属于本次表决", "The mandate is for another poll",
        "每次表决需单独委托。", "A mandate is for one poll; have one given for this one.";
    DISPUTE_NOT_YOURS = 1_004_037, 403, "这张选票的异议不由您提出或答复", "This dispute is not for you",
        "本人投出的选票由其他共有人提出异议；与选票有关的人不能答复。", "Whoever cast a ballot does not dispute it, and no party to it answers.";
    DISPUTE_NOT_OPEN = 1_004_038, 409, "现在不能提出或答复这项异议", "This cannot be disputed or answered now",
        "请按提示办理；投票截止后可对公布的结果提出异议。", "`detail` says why; after the end object to the published result, on the ground BALLOT.";
    OPINION_APART = 1_004_045, 422, "法定事项与意见征询须分开", "Matters of Civil Code 278 and opinions are voted on apart",
        "《民法典》第二百七十八条规定的事项须依法表决；其他事项请用意见征询。",
        "`detail` names the article; put what is none of its matters, class 0, to a poll of kind OPINION, and nothing else.";
    NOT_REGISTERED = 1_004_046, 409, "这一户没有报名", "This head has not registered",
        "报名在投票开始时截止，报名后才能参与。", "Owners register with POST …/registrations until voting begins; only who did votes.";
    REGISTRATION_NOT_OPEN = 1_004_047, 409, "现在不能报名", "Nobody registers now",
        "请按提示的时间报名；只有意见征询需要报名。", "Register for an OPINION poll between its lock and its opening.";
    REGISTERED_ALREADY = 1_004_048, 409, "这一户已报名", "This head has registered already",
        "一户业主只报名一次。", "Nothing more to do: a head registers once, whichever of its owners does.";
    CHANNEL_NOT_HELD = 1_004_023, 409, "本次表决不采用这种方式", "The poll is not held this way",
        "请按公告的方式投票。", "`channels` of the poll's rules names the ways in which it is held.";
    GUARDIAN_ACTS = 1_004_090, 409, "由监护人代为参与", "A guardian acts for this owner",
        "请由监护人投票或办理。", "The guardian acts in every vote until the term recorded on the roll is over.";
    ACTS_NO_MORE = 1_004_091, 409, "代表资格已终止", "The caller does not act for this owner any more",
        "期满或已被终止的监护人、代表人不能再投票。", "The term is over, or it was ended; the office that keeps the roll knows why.";
    CO_OWNER_NAMED = 1_004_092, 409, "共有人已推举他人投票", "The co-owners have named another of them",
        "请由推举的共有人投票；任一共有人可在投票前撤销推举。", "The named one casts, or their proxy; any co-owner may end that with POST …/endings before the ballot is in.";
    NOBODY_NAMED = 1_004_093, 409, "共有人尚未推举投票代表", "The co-owners have named nobody",
        "本次表决的规则要求共有人先推举一人。", "By `co_owner_representative` of the poll's rules one is named first: POST /v1/places/{place_id}/representations.";
    MANDATE_OUTSIDE = 1_004_094, 422, "超出委托书的事项", "The mandate is for other matters alone",
        "只能就委托书写明的事项投票，其余留空。", "Answer the mandate's `matter_ids` alone, and choose no candidate.";
    HOME_SOLD = 1_004_120, 409, "房屋已转让，由新业主投票", "The home was sold: who bought it casts the ballot",
        "名册锁定后转让的房屋，未投票的由新业主投票。", "Nothing to do: a ballot that was cast before the sale stands, and otherwise the buyer votes.";
    MATTER_ELSEWHERE = 1_004_121, 422, "选票上没有这一事项", "The ballot answers a matter of another poll",
        "请只就本次表决的事项作答。", "Answer the `matters` of this poll; `detail` names the one that is not of it.";
    RECOUNT_NOT_YOURS = 1_004_125, 403, "您不能查看重新计票报告", "The report of the recount is not for you",
        "为保护投票秘密，结果按区间公布时，报告只供监督人查看。",
        "Of a result that is told in coarser steps those who watch the poll read it; ask one of them.";
    PAPER_OUT = 1_004_126, 409, "这一户已有纸质选票", "This head has a paper already",
        "纸质选票遗失的，请到社区补领。", "One that was lost is replaced by those who give them out.";
    PAPER_VOID = 1_004_024, 409, "纸质选票已作废", "The paper channel is void",
        "收回的纸质选票多于发出的，全部作废。", "More papers came back than went out; none of them counts any more.";
    CLERK_BARRED = 1_004_025, 403, "您不能经手本次选票", "You may not handle the ballots of this poll",
        "候选人、物业和建设单位不得发票、录票、计票。", "Let somebody do it who does not stand, and is neither of the property company nor of the developer.";
    PAPER_DONE = 1_004_026, 409, "这张选票不能再这样处理", "The paper cannot take this step",
        "请查看这张选票现在的状态。", "Read the paper: it is cancelled, back, or settled, or its entries do not differ.";
    OTHER_PERSON_NEEDED = 1_004_027, 409, "须由另一人办理", "Another person is needed",
        "同一张选票由两人分别录入，有出入的由第三人裁定。", "Two clerks enter a paper, a third decides where they differ, and two state the box.";
    BOX_UNLIKE = 1_004_028, 409, "票箱张数与录入张数不一致", "The box holds another number than was entered",
        "请重新清点票箱，并核对已录入的选票。", "Count again; papers that nobody entered in time are `late`.";
    BOX_NOT_DUE = 1_004_029, 409, "现在不需要清点票箱", "The box is not to be stated now",
        "投票截止后、计票前清点一次。", "It is stated once after each end of voting, where papers were given out.";
    SERVICE_NOT_YOURS = 1_004_050, 403, "您不能登记送达或提醒业主", "This is not for you to serve or to remind of",
        "物业和建设单位不得登记送达、提醒未投票的业主。", "Let those do it who convene the poll, and are neither of the property company nor of the developer.";
    SERVED_ALREADY = 1_004_051, 409, "这一户已这样送达", "The head was served in this way already",
        "请查看已登记的送达。", "Leave the head out that `detail` names; GET …/services?unserved=true lists those whom nobody served.";
    SERVICE_NOT_NOTED = 1_004_052, 409, "不能这样登记送达", "This service is not noted by hand",
        "请按议事规则规定的方式送达；业主在本系统阅读的由系统记录。", "`service_methods` of the poll's rules says how heads are served; what an owner reads here is noted by itself.";
    SERVICE_WITHDRAWN = 1_004_053, 409, "这次送达已撤销", "The service was taken back already",
        "无需再次撤销。", "Nothing more to do.";
    REMINDED_TODAY = 1_004_054, 409, "一天内已提醒过", "They were reminded less than a day ago",
        "每次表决每 24 小时只能提醒一次。", "Wait until `detail` says; a poll's voters are reminded once in 24 hours at most.";
    POLL_PAUSED = 1_004_080, 409, "投票暂停中", "Voting stands still",
        "请在暂停结束后投票，截止时间相应顺延。", "`detail` says until when; no time to vote is lost, `closes_at` of the poll has moved on by as much.";
    POLL_NOT_PAUSED = 1_004_081, 409, "投票没有暂停", "Voting does not stand still",
        "请刷新后查看。", "Nothing to do: read the poll again.";
    POLL_IN_PROGRAMME = 1_004_082, 409, "请暂停或恢复所属的方案", "The poll stands still with its programme",
        "本次表决属于正在进行的方案，须与方案一同暂停和恢复。", "Pause or resume the programme whose vote it is; the poll follows.";
    PAUSES_USED_UP = 1_004_083, 409, "暂停次数已达上限", "It stood still as often as one poll may",
        "本次表决不能再暂停。", "A poll stands still 20 times at most.";
    PUBLICITY_ONE_WAY = 1_004_060, 409, "公开范围只能收紧，不能放宽", "What is told of the votes is only ever narrowed",
        "已选定的公开范围不能放宽。", "Choose the publicity that it has, or a more private one.";
    TURNOUT_SEALED = 1_004_061, 409, "投票截止前不公布参与情况", "Turnout is not told before the close",
        "请在投票截止后查看。", "The poll's publicity is SEALED: read it once `closes_at` has passed.";
    LIST_NOT_YOURS = 1_004_062, 403, "整份名单不向您提供", "The whole list is not for you",
        "可查看公示的名单，或打开自己的一行。", "Read the `public` variant, or the `own` one; the whole list is for whoever convenes the vote and has no other interest in it.";
    EXTERNAL_SYSTEM_DUE = 1_004_070, 409, "本市须在政府系统投票", "This city has owners vote in its own system",
        "请在草稿中指明政府投票系统。", "Name the system in `external` of the draft; `detail` says which rule asks for it.";
    VOTED_ELSEWHERE = 1_004_071, 409, "本次表决在政府系统投票", "The votes of this poll are cast in the city's system",
        "请到公告的政府系统投票。", "`detail` names the system; nothing of the vote is taken here, and who took part is not known here.";
    NOT_EXTERNAL = 1_004_072, 409, "本次表决在本系统投票", "The votes of this poll are cast here",
        "本次表决无需导入结果。", "Only a poll that names a system in `external` has its result imported.";
    EVIDENCE_KEY_UNKNOWN = 1_004_073, 422, "签名密钥不受信任", "The key that signed is not trusted",
        "请核对政府系统的公钥。", "`detail` names the keys; `external_keys` of the configuration holds those that are trusted.";
    EVIDENCE_UNSIGNED = 1_004_074, 422, "签名无效", "The signature does not hold",
        "请重新从政府系统导出结果。", "Send the compact JWS as the system made it.";
    EVIDENCE_UNREADABLE = 1_004_075, 422, "结果文件格式不符", "The evidence cannot be read",
        "请按约定格式导出结果。", "What is signed is an `ExternalEvidence`; `detail` says what is not.";
    EVIDENCE_UNFIT = 1_004_076, 422, "结果与规则不符", "The evidence does not hold by the poll's rules",
        "请与政府系统核对后重新导入。", "`detail` names the matter and what is wrong with it; nothing was taken.";
    EVIDENCE_IN_ALREADY = 1_004_077, 409, "结果已导入", "The result is in already",
        "结果只导入一次。", "Read it with GET …/external-result; it is never changed.";
    SILENCE_ELSEWHERE = 1_004_078, 409, "未反馈票不能在政府系统计入", "Silence cannot count where votes are cast elsewhere",
        "请改用不计未反馈票的规则。", "Whose silence it is only that system knows: lock it with `nonresponse` NOT_PARTICIPATED.";
    NO_COMMITTEE = 1_004_110, 409, "这次表决没有产生业主委员会", "The poll has formed no committee",
        "结果生效并产生业主委员会后才能办理。", "Wait until the result is final; of an election with run-offs ask the last of them.";
    NO_MEMBER = 1_004_111, 409, "这位候选人不是现任委员", "This is no member of the committee",
        "请核对现任委员名单。", "`GET …/committee` lists who sits on it now; a seat falls vacant once.";
    BY_ELECTION_UNFIT = 1_004_112, 409, "补选名额与现任委员会不符", "The by-election does not fit the committee",
        "请核对现任委员人数和空缺名额。", "`detail` names who sits and what is vacant: prepare the poll with those numbers.";
    NOT_STEPPED_UP = 1_004_113, 409, "尚无候补委员递补", "No alternate has stepped up",
        "请先登记委员离任；无人可递补的，请补选。", "Note the vacancy with POST …/vacancies of the election; where nobody stepped up by it, decline, and elect.";
    RUNOFF_FIXED = 1_004_018, 409, "再次投票的内容不能更改", "What a run-off is about does not change",
        "候选人、名额和规则由原选举决定，只能调整标题和时间。", "Send its own seats and rules; only title and window are for its convenor to say.";
    POLL_ROLL_SHOWN = 1_004_136, 409, "名册公示未满或有异议待答复", "The roll is shown still, or objections to it wait",
        "公示期满且异议答复后再锁定，时间见详情。", "See `detail` for what is open and from when it can be locked; answer the objections.";
}
