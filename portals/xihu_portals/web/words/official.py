"""Words of the official portal."""

from xihu_platform.words import Text

OFFICIAL: dict[str, Text] = {
    "positions.title": Text("选择岗位", "Choose a position"),
    "positions.question": Text("现在以哪个岗位办事？", "In which position are you here?"),
    "positions.lead": Text(
        "权限跟着岗位走。您能看到什么、能做什么，由所选岗位决定，操作也记在这个岗位名下。",
        "Rights belong to the position. What you see and may do follows from the one you choose, "
        "and what you do is recorded under it.",
    ),
    "positions.current": Text("当前岗位", "current"),
    "positions.enter": Text("进入", "Enter"),
    "positions.none": Text("您现在没有在任的岗位", "You hold no position at present"),
    "positions.none_help": Text(
        "请所在单位的管理员为您登记岗位和起止日期。",
        "Ask your organisation's administrator to register your position and its dates.",
    ),
    "cockpit.title": Text("驾驶舱", "Cockpit"),
    "cockpit.heading": Text("{region}今日", "{region} today"),
    "cockpit.figures": Text("主要指标", "Main indicators"),
    "need.alert": Text("装载有问题", "Load with faults"),
    "need.late": Text("逾期未更新", "Late data"),
    "need.broken": Text("来源中断", "Source down"),
    "region.why": Text("差在哪里", "Why it differs"),
    "region.share": Text("占{parent} {share}", "{share} of {parent}"),
    "metrics.title": Text("指标目录", "Catalogue of metrics"),
    "metrics.heading": Text(
        "有哪些指标，由谁负责？", "Which numbers are there, and who answers for them?"
    ),
    "metrics.lead": Text(
        "每个指标写明口径、责任单位和数据状态；数值、构成和来源见各指标页。",
        "Each says what it means, who answers for it and whether its data is alive; values, parts "
        "and sources are on its own page.",
    ),
    "metrics.count": Text("共 {count} 个指标", "{count} metrics"),
    "metrics.by": Text("最细到{grain}", "by {grain}"),
    "metric.kicker": Text("指标", "Metric"),
    "metric.made": Text("怎样算出来的", "How it is made"),
    "metric.formula": Text("公式", "Formula"),
    "metric.kind": Text("类型", "Kind"),
    "metric.unit": Text("单位", "Unit"),
    "metric.grain": Text("最细时间", "Finest grain"),
    "metric.owner": Text("负责部门", "Owner"),
    "metric.audience": Text("谁能看", "Audience"),
    "metric.breakdowns": Text("分项", "Breakdowns"),
    "metric.sql": Text("查询语句", "Query"),
    "metric.snapshot": Text("快照 {id} · {at}", "Snapshot {id} · {at}"),
    "metric.get": Text("下载与引用", "Download and cite"),
    "lineage.from": Text("来自", "From"),
    "lineage.here": Text("这里", "Here"),
    "lineage.into": Text("用于", "Used in"),
    "lineage.no_source": Text(
        "由部门直接报送",
        "submitted by the department",
    ),
    "lineage.no_use": Text("暂无其他数据使用它", "no other data uses it yet"),
    "catalogue.title": Text("数据目录", "Catalogue"),
    "catalogue.heading": Text("有没有数据，我能不能用？", "Is there data, and may I use it?"),
    "catalogue.label": Text("搜索数据目录", "Search the catalogue"),
    "catalogue.placeholder": Text(
        "数据集、字段、部门或拼音", "Dataset, field, department or pinyin"
    ),
    "catalogue.count": Text("{count} 个数据集", "{count} dataset|{count} datasets"),
    "catalogue.empty_help": Text(
        "换个说法再试，或者去掉几个筛选条件。", "Try other words, or lift some of the filters."
    ),
    "access.open": Text("可以直接用", "May be used now"),
    "access.request": Text("需要申请", "May be requested"),
    "access.ground": Text("凭业务事由查询", "Under a ground"),
    "access.closed": Text("您这个岗位不能用", "Not for this position"),
    "users.organisation": Text("单位", "Organisation"),
    "users.purpose": Text("用途", "Purpose"),
    "users.reads": Text("次数", "Reads"),
    "users.last": Text("最近", "Last"),
    "users.none": Text("还没有单位使用。", "Nobody uses it yet."),
    "load.title": Text("装载报告：{dataset}", "Load report: {dataset}"),
    "load.kicker": Text("装载报告", "Load report"),
    "load.heading": Text(
        "{count} 条记录有问题，暂未入库",
        "{count} record quarantined|{count} records quarantined",
    ),
    "load.heading_rough": Text(
        "有问题、暂未入库的记录：{count} 条", "Quarantined records: {count}"
    ),
    "load.heading_clean": Text(
        "全部入库，没有问题",
        "Every record was accepted",
    ),
    "load.heading_corrected": Text(
        "有问题的记录都已更正",
        "Every quarantined record is corrected",
    ),
    "load.of": Text("这是一份更正，更正的是", "These are corrections of"),
    "load.of_report": Text("{at} 的装载", "the load of {at}"),
    "load.line_open": Text("还有 {count} 条有问题", "{count} still open"),
    "load.counts": Text(
        "收到多少，入库多少",
        "Received and accepted",
    ),
    "load.rules": Text(
        "问题出在哪里",
        "What is wrong",
    ),
    "load.no_rules": Text("没有记录违反规则。", "No record broke a rule."),
    "rejects.excel": Text(
        "下载有问题的记录（Excel）",
        "Quarantined records (Excel)",
    ),
    "rejects.csv": Text("CSV", "CSV"),
    "rejects.all": Text("连同已更正的（CSV）", "With those corrected (CSV)"),
    "load.download_what": Text("每条都写明原因。", "Each with its reason."),
    "load.correct_here": Text(
        "只改这些记录，再在本页提交。",
        "Correct only these records and submit them on this page.",
    ),
    "load.whole_again": Text(
        "这一批没有装载，请在原文件中改正，再整份提交。",
        "This load was stopped: correct the original file and submit the whole file again.",
    ),
    "load.list_of": Text("这次装载与更正", "This load and its corrections"),
    "correct.title": Text(
        "提交改好的记录",
        "Submit corrected records",
    ),
    "correct.lead": Text(
        "只改有问题的记录，再在这里提交：合格的会加到已入库的记录中，仍有问题的还会列在这里。"
        "请保留文件中的“记录号”和“批次”两列，平台据此认出改的是哪一条。",
        "Correct only the quarantined records and submit them here: those that hold are added to "
        "the accepted ones, the others are quarantined again. Keep the file's columns “record” "
        "and “load”: they say which record each one corrects.",
    ),
    "correct.file": Text(
        "CSV 或 Excel（.xlsx）文件，不超过 {limit} MB",
        "CSV or Excel (.xlsx) file, up to {limit} MB",
    ),
    "correct.button": Text(
        "提交更正",
        "Submit corrections",
    ),
    "correct.receipts": Text(
        "已提交的文件",
        "Files submitted",
    ),
    "correct.waiting": Text("已收妥，等待装载", "Received, waiting to be loaded"),
    "correct.waiting_note": Text(
        "文件已安全保存，通常几秒内装载。",
        "The file is safe; it is usually loaded within seconds.",
    ),
    "correct.refresh": Text(
        "查看进展",
        "See the progress",
    ),
    "correct.committed": Text("已装载", "Loaded"),
    "correct.known": Text("这个文件以前装载过，没有重复添加", "Loaded before: nothing was added"),
    "correct.counts": Text(
        "入库 {accepted} 条，仍有问题 {quarantined} 条",
        "{accepted} accepted, {quarantined} quarantined again",
    ),
    "correct.report": Text("查看这次装载的报告", "Report of that load"),
    "correct.refused": Text("未装载", "Not loaded"),
    "correct.refused_report": Text(
        "查看有问题的记录",
        "See the quarantined records",
    ),
    "load.history": Text("近期装载", "Recent loads"),
    "load.notes": Text("文件读取情况", "How the file was read"),
    "load.rejects": Text(
        "有问题的记录",
        "Quarantined records",
    ),
    "load.in_download": Text(
        "共 {total} 条，请在下载的文件中查看",
        "{total} in all: see the file to download",
    ),
    "load.first_of": Text("前 {shown} 条，共 {total} 条", "The first {shown} of {total}"),
    "day.clean": Text(
        "全部入库",
        "all accepted",
    ),
    "day.quarantined": Text(
        "部分有问题",
        "some quarantined",
    ),
    "day.failed": Text("装载失败", "load failed"),
    "day.missing": Text(
        "应报未报",
        "due, not submitted",
    ),
    "day.none": Text("没有装载", "no load"),
    "day.said": Text("{day}：{outcome}", "{day}: {outcome}"),
    "lookup.title": Text("凭业务事由查询", "Look up under a ground"),
    "lookup.note": Text(
        "只能查看您的岗位正在办理的业务事由所涉及的人或企业；每次查询都会记录，本人看得到。",
        "Only the persons or firms of a ground that your position is handling; each look is "
        "recorded, and they can see it.",
    ),
    "lookup.case": Text("业务事由编号", "Number of the ground"),
    "lookup.case_hint": Text(
        "如办件编号、检查任务编号", "of a case, an inspection task, a petition"
    ),
    "lookup.subject": Text("第几位对象", "Which subject"),
    "lookup.subject_hint": Text(
        "事由涉及多人时填写序号，如 1", "its number, such as 1, where the ground names several"
    ),
    "lookup.go": Text("查询", "Look up"),
}
