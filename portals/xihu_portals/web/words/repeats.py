"""Words of the page of repeated collection."""

from xihu_platform.words import Text

REPEATS = {
    "nav.repeats": Text("重复采集", "Repeated collection"),
    "repeats.heading": Text("哪些信息被重复采集？", "What is collected twice?"),
    "repeats.lead": Text(
        "通过共享能够取得的数据不得重复采集；多个部门采集的，由主管部门确定数源部门"
        "（《政务数据共享条例》第十九条）。这里列出的是线索，不是结论",
        "What sharing gives may not be collected again; where several departments collect the "
        "same, the authority designates who provides it (Order 809 art. 19). This is evidence, "
        "not a finding",
    ),
    "repeats.information": Text("同一信息，多个部门采集", "One information, several departments"),
    "repeats.shown": Text(
        "共 {total} 项，列出前 {shown} 项；全部在文件中",
        "The first {shown} of {total}; all are in the file",
    ),
    "repeats.count": Text("共 {total} 项", "{total} in all"),
    "repeats.evidence": Text("线索", "Evidence"),
    "repeats.values": Text("字段值", "Values"),
    "repeats.pairs": Text("相近的数据集", "Datasets close to each other"),
    "repeats.of": Text(
        "{shared} 项，较小的数据集共 {fields} 项", "{shared} of the {fields} of the smaller one"
    ),
    "repeats.overlaps": Text("字段值重合的字段", "Fields with the same values"),
    "repeats.share": Text("较小一方的值", "Of the smaller one"),
    "repeats.no_overlaps": Text(
        "没有约一半以上的值重合的字段", "No two fields have half of their values in common"
    ),
    "repeats.how": Text("怎样比较", "How they are compared"),
    "repeats.how_values": Text(
        "字段值的比较只用平台内部的加密摘要：只比较已发布数据集中 L1、L2 的文本字段；"
        "个人信息、各类主键和标识不比较，不同的值少于 200 个的不比较，"
        "每个字段每 30 天最多比较一次。页面只显示约一半以上的重合档次，不显示值和数目",
        "Values are compared by keyed digests that stay on the platform: of text fields of L1 and "
        "L2 of published datasets alone, never of data about persons, of keys or identifiers, nor "
        "of fields with fewer than 200 different values, and each field once in 30 days at most. "
        "A band is shown from about half on, no value and no number",
    ),
    "repeats.assessed": Text(
        "依据：{title}（{record}），{authority}，{since} 至 {until} 有效",
        "Under: {title} ({record}), {authority}, in force from {since} to {until}",
    ),
    "repeats.not_assessed": Text(
        "没有在有效期内的影响评估（登记库 assessments.yaml），所以没有比较字段值",
        "No impact assessment is in force (assessments.yaml of the registry): no values were "
        "compared",
    ),
    "repeats.export": Text("下载全部（CSV）", "Download all (CSV)"),
    "repeats.need": Text(
        "确定数源部门，在数据需求事项中办理：需要数据的部门提出以后，由您指定提供的部门；"
        "没有部门提出的，请与相关部门商定由谁提出。",
        "A provider is designated in a data need: once a department that needs the data has opened "
        "one, you name who provides it. Where none has, agree with the departments who opens it.",
    ),
}
