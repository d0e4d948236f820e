"""Words of the pages of a dataset's versions."""

from xihu_platform.words import Text

VERSIONS: dict[str, Text] = {
    "versions.title": Text("版本：{title}", "Versions: {title}"),
    "versions.heading": Text("版本", "Versions"),
    "versions.lead": Text(
        "每次装载形成一个版本。引用写明版本，日后仍能读到同样的数据；已不保存的，写明原因和日期。",
        "Each load makes a version. A citation that names it leads to the same data later; of a "
        "version that is gone, the reason and the day are given.",
    ),
    "versions.cited": Text("您引用的版本", "The version that you cite"),
    "versions.cited_gone": Text("快照 {snapshot}", "Snapshot {snapshot}"),
    "versions.stop": Text("。", "."),
    "versions.compare": Text("比较两个版本", "Compare two versions"),
    "versions.from": Text("较早的版本", "Earlier version"),
    "versions.to": Text("较晚的版本", "Later version"),
    "versions.go": Text("比较", "Compare"),
    "versions.list": Text("全部版本", "All versions"),
    "versions.total": Text(
        "共 {count} 个版本，最新的在前。", "{count} version.|{count} versions, the newest first."
    ),
    "versions.count": Text("统计每版增删改多少行", "Count the rows that each version changed"),
    "versions.counted_note": Text(
        "增删改的行数按您能看到的记录和数据项统计。",
        "Rows are counted as far as you may see records and fields.",
    ),
    "versions.pages": Text("翻页", "Pages"),
    "versions.cite": Text("引用文件", "Citation files"),
    "versions.cite_note": Text(
        "用文献管理软件引用时，可直接导入。", "For reference managers and repositories."
    ),
    "versions.loaded": Text("{at} 装载", "Loaded {at}"),
    "versions.unknown_load": Text("装载时间不详", "The time of its load is not known"),
    "versions.gone": Text("已不保存", "not kept"),
    "versions.snapshot": Text("快照编号", "Snapshot"),
    "versions.differences": Text("与上一版相比", "Since the version before"),
    "versions.counts": Text(
        "新增 {added} 行，删去 {removed} 行，变更 {changed} 行",
        "{added} rows added, {removed} removed, {changed} changed",
    ),
    "versions.maintenance": Text("来历", "Made by"),
    "versions.schema": Text("数据项变化", "Changes of the fields"),
    "versions.fate": Text("为何不在", "Why it is gone"),
    "versions.address": Text("永久网址", "Permanent address"),
    "versions.read": Text("读这一版", "Read this version"),
    "versions.compare_before": Text("与上一版比较", "Compare with the version before"),
    "versions.all": Text("全部版本与比较", "All versions, and comparison"),
    "compare.title": Text("比较版本：{title}", "Versions compared: {title}"),
    "compare.heading": Text("比较两个版本", "Two versions compared"),
    "compare.lead": Text(
        "按您能看到的记录和数据项比较：有主键的按主键对应。",
        "Records and fields are compared as far as you may see them, by the key where there is "
        "one.",
    ),
    "compare.choice": Text("比较哪两个版本", "Which versions"),
    "compare.kind": Text("只看哪一类", "Kind of difference"),
    "compare.field": Text("只看哪个数据项有变更", "Field that changed"),
    "compare.differences": Text("差异", "Differences"),
    "compare.removed": Text("删去", "Removed"),
    "compare.added": Text("新增", "Added"),
    "compare.changed": Text("变更", "Changed"),
    "compare.unchanged": Text("未变", "Unchanged"),
    "compare.old": Text("原为 ", "was "),
    "compare.new": Text("现为 ", "is now "),
    "compare.nothing": Text("空", "empty"),
    "compare.same": Text(
        "其余 {count} 个数据项未变",
        "{count} other field is the same|{count} other fields are the same",
    ),
    "compare.values": Text("各数据项的值", "Its values"),
    "compare.copies": Text("共 {count} 行相同", "{count} such row|{count} such rows"),
    "compare.next": Text("下一页", "Next page"),
    "compare.get": Text("下载差异", "Download the differences"),
    "compare.get_note": Text(
        "每个数据项各有旧值、新值两列（old.、new.）。",
        "Each field has two columns, old. and new.",
    ),
}
