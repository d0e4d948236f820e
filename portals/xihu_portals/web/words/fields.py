"""Words of the page of one field."""

from xihu_platform.words import Text

FIELDS = {
    "section.field_access": Text("谁能看", "Who may read it"),
    "section.field_ties": Text("与其他数据的关系", "Ties to other data"),
    "field.datatype": Text("类型", "Type"),
    "field.unit": Text("计量单位", "Unit"),
    "field.marks": Text("性质", "Properties"),
    "field.element": Text("数据元", "Data element"),
    "field.list": Text("代码表", "Code list"),
    "field.codes": Text("取值", "Values"),
    "field.codes_left": Text("另有 {count} 个", "{count} more"),
    "field.you_see": Text("您看到的", "What you see"),
    "grade_means.L1": Text(
        "所在数据集开放的，人人可以查看和下载。",
        "Where its dataset is open, everyone may read and download it.",
    ),
    "grade_means.L2": Text(
        "不向公众开放；其他部门登记使用或者获准后可以看到原样。",
        "Not open to the public; other departments see it as it is once they have registered a "
        "use or been granted one.",
    ),
    "grade_means.L3": Text(
        "不向公众开放；部门平时看到的部分隐去，凭业务事由才能看到原样；本人可以看自己的。",
        "Not open to the public; departments see it partly hidden, and as it is under a ground "
        "alone. People may see their own.",
    ),
    "grade_means.L4": Text(
        "不向公众开放；部门只有凭业务事由才能查看；本人以最高等级认证后可以看自己的。",
        "Not open to the public; departments see it under a ground alone. People who are proven at "
        "the highest level may see their own.",
    ),
    "field.refers_to": Text("引用（外键）", "Refers to (foreign key)"),
    "field.referred_by": Text("被引用", "Referred to by"),
    "field.upstream": Text("从哪来", "Where it comes from"),
    "field.downstream": Text("用到哪去", "What is made of it"),
    "field.from_file": Text("由提供部门报送", "handed in by its department"),
    "field.no_origin": Text("来源没有公开的记录", "no origin is on record that you may know"),
    "field.nothing_made": Text("没有由它加工出的数据", "no other field is made of it"),
    "field.metrics": Text("哪些指标用到它", "Metrics that use it"),
    "field.services": Text("哪些事项读取它", "Services that read it"),
    "field.steps": Text("隔 {n} 步", "{n} steps away"),
    "field.more": Text("还有更多，这里列出最近的。", "There is more; the nearest are listed."),
    "field.draw": Text("画出来源与去向", "Draw the lineage"),
    "field.quality_of": Text("最近一次装载（{at}）的检查", "Checks of the newest load, {at}"),
    "field.met": Text("符合", "Met"),
    "field.checked_for": Text("查有无：", "Checked for: "),
    "field.checked": Text("检查的记录", "Records checked"),
    "field.not_met": Text("不符", "Not met"),
    "field.informative": Text("仅供参考", "for information"),
    "field.all": Text("看整个数据集", "The whole dataset"),
}
