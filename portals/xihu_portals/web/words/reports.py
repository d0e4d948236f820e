"""Words of what leaves the catalogue: its report, the registration form, checks by standards."""

from xihu_platform.words import Text

REPORTS: dict[str, Text] = {
    "nav.catalogue_report": Text("目录上报", "Catalogue report"),
    "report.heading": Text("目录上报了吗？", "Does the superior node know our catalogue?"),
    "report.lead": Text(
        "已发布的条目按编制指南的列上报上级平台，先全量、后增量；报告由本平台签名"
        "（《政务数据共享条例》第十三条）",
        "Published entries are reported to the superior node in the columns of the national sheet, "
        "all of them first, then what has changed; this node signs each report "
        "(Order 809 art. 13)",
    ),
    "report.waiting": Text("与最近一份报告相比", "Compared with the newest report"),
    "report.entries": Text("已发布的条目", "Published entries"),
    "report.reported": Text("已写入报告", "In a report"),
    "report.changed": Text("尚未写入报告（新增或变更）", "In no report yet (new or changed)"),
    "report.removed": Text("尚未写入报告的移除", "Removals in no report yet"),
    "report.get_since": Text("下载增量报告", "Download what has changed"),
    "report.get_full": Text("下载全量报告", "Download a full report"),
    "report.newest": Text("最近的目录报告", "The newest reports"),
    "report.check": Text(
        "上级平台是否收到，以上级平台核对为准。接收方用 xihu catalogue check-report 核对摘要、"
        "签名，以及报告是否衔接。",
        "Whether it has arrived is for the superior node to say. The receiver checks digest, "
        "signature and the chain of reports with xihu catalogue check-report.",
    ),
    "registration.title": Text(
        "公共数据资源登记申请表", "Application to register a public data resource"
    ),
    "registration.lead": Text(
        "按{law}要求的七部分内容整理，平台已知的已经填好",
        "In the seven parts that the {law} ask for; what the platform knows is filled in",
    ),
    "registration.note": Text(
        "空着的内容由本单位核实后填写。登记平台的表格可能另有栏目，以登记机构的要求为准。",
        "What is empty is for your organisation to find out and fill in. The registry's own form "
        "may have other fields: follow what the registering body asks for.",
    ),
    "registration.empty": Text("（待填写）", "(to be filled in)"),
    "registration.sheet": Text("下载 Excel 表", "Download as Excel"),
    "registration.way": Text("资源登记申请表", "Registration form"),
    "section.conformance": Text("标准符合情况", "Conformance with standards"),
    "conformance.note": Text(
        "这个条目的各种格式由标准自己的检查工具检查，检查时间：{at}",
        "The entry's documents, checked by the standards' own validators at {at}",
    ),
    "conformance.standard": Text("标准", "Standard"),
    "conformance.result": Text("结果", "Result"),
    "conformance.violations": Text("不符合之处", "Violations"),
    "conformance.checker": Text("检查工具", "Validator"),
    "conformance.first": Text("{standard}：前 10 处", "{standard}: the first ten"),
    "conformance.not_yet": Text(
        "还没有检查过；条目变更后会自动检查。",
        "Not checked yet: an entry is checked after it has changed.",
    ),
}
