"""Words of the chief data officer's page and of what waits for each duty."""

from xihu_platform.words import Text

OVERSIGHT: dict[str, Text] = {
    "nav.evidence": Text("首席数据官", "Chief data officer"),
    "oversight.title": Text("首席数据官", "Chief data officer"),
    "oversight.heading": Text(
        "哪些数据没有达到要求，在哪里改正？", "What falls short, and where is it corrected?"
    ),
    "oversight.lead": Text(
        "目标：每次装载入库 99% 以上，数据不逾期，指标不缺数。这里只有部门和目标，没有个人；"
        "看不到任何个人信息。",
        "The goals: 99 % of each load accepted, no data late, no number incomplete. Departments "
        "and goals stand here, no persons; personal data is not seen.",
    ),
    "oversight.loads": Text("入库率低于 99% 的装载", "Loads below 99 % accepted"),
    "oversight.loads_help": Text(
        "每个数据集最近一次装载，已更正的计入入库，最低的在前；点数据集看装载报告。",
        "Each dataset's newest load, with corrections counted, the lowest first; the dataset leads "
        "to its report.",
    ),
    "oversight.missing": Text("缺数的指标", "Numbers that lack cells"),
    "oversight.missing_help": Text(
        "最近一个完整周期；同一数据集只列缺得最多的指标。",
        "Of the newest closed period; of each dataset the metric that lacks most.",
    ),
    "oversight.late": Text("逾期和中断的数据", "Late and broken data"),
    "oversight.late_help": Text(
        "按数据截至时间判断，不按装载时间。",
        "Judged by how far the data reaches, not by when it was loaded.",
    ),
    "oversight.offices": Text("各部门办件", "Cases, by department"),
    "oversight.offices_help": Text(
        "按机构代码排列，不是排名；各项的算法写在每个事项的办事指南上。",
        "In the order of codes, which is no ranking; each service's guide says how a figure is "
        "worked out.",
    ),
    "oversight.places": Text("各地办件", "Cases, by place"),
    "oversight.places_help": Text(
        "按行政区划代码排列，不是排名；地区是作出决定的机关所在的地区。",
        "In the order of codes, which is no ranking; the place is that of the office that decides.",
    ),
    "oversight.spared": Text("免交材料", "Papers not asked for"),
    "oversight.spared_help": Text(
        "自启用以来提交的办件：事项最初要求的材料（各件情形需要的）减去这次要求申请人提供的。",
        "Of the cases handed in so far: the papers that the first version of the service wanted in "
        "each situation, less those that the applicant was asked for.",
    ),
    "oversight.departments": Text("各部门数据质量", "Quality by department"),
    "oversight.departments_help": Text(
        "按单位代码排列，不是排名；点部门看它的数据集。",
        "In the order of their codes, which is no ranking; a department leads to its datasets.",
    ),
    "oversight.refusals": Text("近 30 天的拒绝", "Refusals of the last 30 days"),
    "oversight.refusals_help": Text(
        "只有次数，没有是谁；这次统计也记在日志里。",
        "Numbers only, not who; this count is in the log, too.",
    ),
    "oversight.users": Text("各单位的用户", "Users by organisation"),
    "oversight.users_help": Text(
        "按在任岗位计，不按人。", "Positions in force are counted, not persons."
    ),
    "needs.more": Text("还有 {count} 项", "{count} more"),
    "need.department": Text("部门数据", "Data of a department"),
    "need.check": Text("日志", "The log"),
    "need.change": Text("目录更新", "Change of an entry"),
    "need.finding": Text("要看一眼", "Needs an eye"),
    "need.missing": Text("缺数", "Incomplete"),
    "need.ground": Text("在办事由", "Open ground"),
}
