"""Words of quality: the six dimensions, the score of metadata, scorecards of departments."""

from xihu_platform.words import Text

QUALITY: dict[str, Text] = {
    "section.dimensions": Text("质量的六个方面", "Quality in six dimensions"),
    "section.metadata": Text("目录信息得分", "Score of the metadata"),
    "dimensions.note": Text(
        "按国家标准 GB/T 36344，由每次装载的记录算出；不合成总分。",
        "After the national standard GB/T 36344, from the records of the loads; there is no total.",
    ),
    "dimensions.rough": Text(
        "为保护个人和企业，比例只取整数，不公布条数。",
        "To protect persons and firms, shares are whole per cents and no counts are published.",
    ),
    "dimensions.unmeasured": Text("无法衡量", "Not measured"),
    "dimensions.of": Text(
        "{checked} 次检查，{passed} 次符合", "{passed} of {checked} checks were met"
    ),
    "dimensions.checks": Text("查看 {count} 项检查", "{count} check|{count} checks"),
    "dimensions.failed": Text("{checked} 条中 {failed} 条不符", "{failed} of {checked} not met"),
    "dimensions.met": Text(
        "另有 {count} 项检查全部符合",
        "{count} more check without a failure|{count} more checks without a failure",
    ),
    "dimensions.informative_of": Text("{passed} / {checked}", "{passed} of {checked}"),
    "dimensions.informative": Text("仅供参考，不计入", "for information, not counted"),
    "dimensions.history": Text("历次装载（{count} 次）", "Loads ({count})"),
    "dimensions.history_note": Text(
        "每次装载按当时的记录和当时的数据契约计算，之后的更正不改变它。",
        "Each load by its own record and by the contract of its time; later corrections do not "
        "change it.",
    ),
    "metadata.points": Text("{points} 分（满分 {most}）", "{points} of {most} points"),
    "metadata.rated": Text("，评为“{rating}”。", ": {rating}."),
    "metadata.between": Text("，评为“{low}”到“{high}”。", ": {low} to {high}."),
    "metadata.no_files": Text(
        "没有公开文件，看文件的各项没有得分。",
        "It has no public files, so that nothing is scored for files.",
    ),
    "metadata.unchecked": Text(
        "另有 {points} 分要看来源网址是否可用，本平台没有检查。",
        "Another {points} points depend on addresses of the source, which this node does not "
        "check.",
    ),
    "metadata.parts": Text("怎么算的，怎样提高", "How it is made up, and what would raise it"),
    "metadata.note": Text(
        "参照欧盟开放数据门户的元数据质量评估（MQA），只看目录信息，不看数据本身；为开放数据而设。",
        "After the Metadata Quality Assessment (MQA) of data.europa.eu. It looks at the "
        "description alone, not at the data, and is made for open data.",
    ),
    "metadata.method": Text("评估方法", "The method"),
    "metadata.part": Text("{points} / {most}", "{points} of {most}"),
    "metadata.part_unchecked": Text("（{points} 分未检查）", "({points} not checked)"),
    "metadata.advice": Text("可以改进：", "To raise it: "),
    "quality.semicolon": Text("；", "; "),
    "nav.scorecards": Text("部门数据质量", "Scorecards"),
    "scorecards.title": Text("部门数据质量", "Scorecards"),
    "scorecards.heading": Text("各部门的数据质量怎么样？", "How well is each department's data?"),
    "scorecards.lead": Text(
        "按机构代码排列，不是排名。六个方面分别计算，不合成总分；调用次数不计入。这里只有部门和数据，"
        "没有个人。",
        "In the order of codes, which is no ranking. Six dimensions, each by itself and without a "
        "total; how often data is called is not counted. Departments and datasets, no persons.",
    ),
    "scorecards.list": Text("部门", "Departments"),
    "scorecard.title": Text("数据质量：{name}", "Scorecard: {name}"),
    "scorecard.heading": Text("{name}的数据质量", "Data quality of {name}"),
    "scorecard.lead": Text(
        "{count} 个数据集。有一项比例最低的排在前面；下一步写明先改什么。",
        "{count} dataset.|{count} datasets. The one with the lowest share in a dimension is first; "
        "next steps say what to put right first.",
    ),
    "scorecard.together": Text("六个方面", "The six dimensions"),
    "scorecard.together_help": Text(
        "全部数据集合计；与上月比较的是两个月各自装载的记录，按百分点。",
        "All datasets together. The trend compares the loads of this month so far with those of "
        "the month before, in percentage points.",
    ),
    "scorecard.datasets": Text("按数据集", "By dataset"),
    "scorecard.steps": Text("下一步", "What to do next"),
    "scorecard.download": Text("下载 CSV", "Download CSV"),
}
