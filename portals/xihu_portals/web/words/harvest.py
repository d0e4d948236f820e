"""Words of the catalogues that are harvested, and of edits of their entries."""

from xihu_platform.words import Text

HARVEST: dict[str, Text] = {
    "nav.harvest": Text("其他目录", "Other catalogues"),
    "harvest.heading": Text("采集了哪些目录？", "Which catalogues are taken over?"),
    "harvest.lead": Text(
        "其他目录的条目在这里也能查到，数据仍在来源处；本平台改过的内容不会被下一次采集覆盖",
        "Entries of other catalogues are found here too, and their data stays where it is; what "
        "this node has edited is not overwritten by the next harvest",
    ),
    "harvest.find": Text("查找其他目录的条目", "Find an entry of another catalogue"),
    "harvest.search": Text("查找", "Find"),
    "harvest.found": Text("找到的条目", "Entries found"),
    "harvest.edit": Text("修改", "Edit"),
    "harvest.entries": Text("目录中的条目", "Entries in the catalogue"),
    "harvest.wrong": Text("有误的记录", "Records that are wrong"),
    "harvest.kind": Text("来源类型", "Kind"),
    "harvest.schedule": Text("采集周期", "How often"),
    "harvest.faults": Text("有误的记录及原因", "Records that are wrong, and why"),
    "harvest.site": Text("打开来源", "Open the source"),
    "entry_edit.heading": Text("修改条目", "Edit an entry"),
    "entry_edit.lead": Text(
        "来自{source}。只改本平台目录中的说法，来源不变；以后每次采集都保留",
        "From {source}. It changes what this catalogue says and not the source; every later "
        "harvest leaves it as it is",
    ),
    "entry_edit.source": Text("来源写的是：", "Its source says:"),
    "entry_edit.nothing": Text("来源没有写", "Its source says nothing"),
    "entry_edit.own": Text("本平台改过", "edited here"),
    "entry_edit.save": Text("保存", "Save"),
    "entry_edit.restore": Text("全部恢复为来源的内容", "Take the source's own again"),
    "entry_edit.saved": Text("已保存，几秒后可以查到", "Saved; search finds it in some seconds"),
    "entry_edit.page": Text("看公开页面", "See its public page"),
}
