//! What people of the demo say. All made up.

use rules::incidents::Satisfaction::{self, Basically, Dissatisfied, Satisfied, VerySatisfied};

/// Who stands in the closed and in the open election: headline, body, three statements each.
pub const PAGES: &[(&str, &str, [&str; 3])] = &[
    (
        "先把电梯修好",
        "我在 1 单元住了九年，做设备维护工作。电梯每月停一次，不是命中注定，是保养记录没人看。我愿意每周看一次。",
        ["维保记录每月公开", "先报修后追责", "不领津贴"],
    ),
    (
        "账本贴到大门口",
        "退休会计。公共收益收了多少、花在哪里、剩多少，三张表就能说清楚。我来做这三张表。",
        ["每季度公布公共收益", "凭证编号可查", "超过五千元先公示再花"],
    ),
    (
        "让消防通道真的能走消防车",
        "我是志愿消防员。去年冬天救护车在二号门等了七分钟。车位不够可以商量，通道不能商量。",
        ["划线、清障、登记", "电动车集中充电点", "每半年一次疏散演练"],
    ),
    (
        "老人和孩子的小区",
        "社区医院护士。想在空置的架空层放几张椅子、一台血压计，下午给孩子们写作业。",
        ["架空层共用方案交业主表决", "独居老人每周敲门", "儿童游戏区换软垫"],
    ),
    (
        "物业合同一条一条读",
        "从业十二年的合同审核员。合同写了的要做到，没写的别收费。",
        ["合同全文公开", "服务标准逐条打分", "续聘与否由大家投票"],
    ),
    (
        "花草有人管，垃圾有人收",
        "园林专业。小区绿化退化不是没钱，是浇水时间不对。",
        ["绿化养护日历", "大件垃圾预约清运", "厨余点加盖除味"],
    ),
    (
        "雨天不漏的屋顶",
        "住顶楼，漏了三年。维修资金怎么申请，我已经跑熟了。",
        ["屋面渗漏一次修透", "维修资金使用全程公示", "先修公共部位"],
    ),
    (
        "年轻人也来开会",
        "软件测试员。会议放在晚上八点、线上也能看，议题提前七天发。",
        ["会议记录三天内公布", "每个议题都能留言", "新住户欢迎手册"],
    ),
    (
        "楼道灯亮着，门禁好使",
        "弱电工程师。门禁和楼道灯大多是小毛病，小毛病不该等一个月。",
        ["常用配件小仓库", "报修两天有回音", "监控死角补齐"],
    ),
];

/// 管理规约, as the demo puts it to the vote.
pub const COVENANT: &str = "第一条 业主对专有部分享有所有权，对共有部分享有共有和共同管理的权利。\n\
第二条 共有部分的收益扣除合理成本后属于业主共有，每季度公布一次。\n\
第三条 不得占用消防通道、楼梯间和疏散出口。\n\
第四条 装修前告知物业服务人，不得损坏承重结构。\n\
第五条 违反本规约的，业主委员会可以劝阻；劝阻无效的，报告有关部门。";

/// 业主大会议事规则, as the demo puts it to the vote.
pub const PROCEDURE: &str = "第一条 业主共同决定事项，由专有部分面积占比三分之二以上且人数占比三分之二以上的业主参与表决。\n\
第二条 未反馈意见的业主，视为未参与表决。\n\
第三条 业主委员会由七名委员组成，候补委员两名；候补委员按得票依次递补。\n\
第四条 一户有多个共有人的，按一个业主人数计算。\n\
第五条 表决结果在三日内公布，异议期七日。";

/// A report: category, what was said, hours ago, and how far it got.
pub type Report = (&'static str, &'static str, i64, Course);

/// What was reported in the weeks before.
pub const REPORTS: &[Report] = &[
    ("COMPLEX_LIGHT_OUT", "3 单元 12 楼楼道灯不亮。", 30 * 24, Course::Confirmed(VerySatisfied)),
    ("CLEANING", "1 单元门口堆了旧沙发，两天了。", 28 * 24, Course::Confirmed(Satisfied)),
    ("DRAIN_BLOCKED", "地下室入口下水口堵了，一下雨就积水。", 26 * 24, Course::Confirmed(VerySatisfied)),
    ("ACCESS_CONTROL", "2 单元门禁刷不开，只能从地库绕。", 21 * 24, Course::Settled),
    ("ELEVATOR_FAULT", "4 单元电梯在 9 楼开门后不动，按键没反应。", 18 * 24, Course::Confirmed(Basically)),
    ("FIRE_LANE_BLOCKED", "东门消防通道停了一排私家车。", 15 * 24, Course::Confirmed(Dissatisfied)),
    ("GREENERY", "儿童区旁边的树枝断了，挂在半空。", 12 * 24, Course::Confirmed(VerySatisfied)),
    ("PARKING", "访客车长期占用 6 单元门口车位。", 9 * 24, Course::Open),
    ("ROOF_OR_FACADE", "顶楼走廊天花板渗水，墙皮脱落。", 6 * 24, Course::Acknowledged),
];

/// What was reported since the open election was locked.
pub const LATELY: &[Report] = &[
    ("NEIGHBOUR_NOISE", "楼上晚上十一点后仍在装修。", 15, Course::Open),
    ("ELEVATOR_FAULT", "1 单元电梯下行时抖动，有异响。", 1, Course::Open),
];

/// How far a report of the demo got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    Open,
    Acknowledged,
    /// Handled and waiting for the reporter's word.
    Settled,
    /// Confirmed by the reporter, who was so satisfied.
    Confirmed(Satisfaction),
}
