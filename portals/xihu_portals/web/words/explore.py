"""Words of the page that explores a dataset."""

from xihu_platform.words import Text

EXPLORE: dict[str, Text] = {
    "explore.title": Text("筛选与下载", "Filter and download"),
    "explore.heading": Text("筛选：{title}", "Filter: {title}"),
    "explore.enter": Text("筛选与下载", "Filter and download"),
    "explore.form": Text("条件", "Conditions"),
    "explore.from": Text("{label}，从", "{label}, from"),
    "explore.to": Text("{label}，到", "{label}, to"),
    "explore.until": Text("至", "to"),
    "explore.operator": Text("{label}，怎样比较", "{label}, how to compare"),
    "explore.more": Text("更多条件（{n}）", "More conditions ({n})"),
    "explore.columns": Text("显示哪些字段（{n}/{all}）", "Fields shown ({n} of {all})"),
    "explore.order": Text("排序", "Sort by"),
    "explore.order_none": Text("按记录顺序", "order of the records"),
    "explore.way": Text("方向", "Order"),
    "explore.up": Text("从小到大", "lowest first"),
    "explore.down": Text("从大到小", "highest first"),
    "explore.go": Text("查看结果", "Show"),
    "explore.clear": Text("清除全部条件", "Clear all conditions"),
    "explore.problems": Text(
        "有的条件没有采用，下面是按其余条件得到的结果",
        "Not every condition was used; the results below are under the others",
    ),
    "explore.wait": Text(
        "正在查询。数据较多时需要几秒。", "Looking it up. Large data takes a few seconds."
    ),
    "explore.rows": Text("记录", "Records"),
    "explore.sort": Text("，按此排序", ", sort by this"),
    "explore.sorted_up": Text("，现在从小到大", ", lowest first now"),
    "explore.sorted_down": Text("，现在从大到小", ", highest first now"),
    "explore.first": Text("回到第一页", "First page"),
    "explore.facets": Text("分类查看", "By place, time and kind"),
    "explore.charts": Text("分类计数", "Counts"),
    "explore.uncounted": Text("不提供分类计数", "No counts by value"),
    "explore.get": Text("下载这些记录", "Download these records"),
    "explore.api": Text("用程序取这些记录", "Get these records by program"),
    "explore.token": Text(
        "请先把访问令牌放在环境变量 XIHU_TOKEN 中。",
        "Put your access token into the environment variable XIHU_TOKEN first.",
    ),
    "moment.notice": Text(
        "这里是 {at}（北京时间）时的数据，快照 {snapshot}。",
        "This is the data as it was at {at} Beijing time, snapshot {snapshot}.",
    ),
    "moment.now": Text("回到现在的数据", "Back to the data of now"),
    "moment.form": Text("看过去某一时刻的数据", "See the data of a moment in the past"),
    "moment.at": Text("时刻（北京时间）", "Moment, Beijing time"),
    "moment.show": Text("查看", "Show"),
    "explore.snapshot": Text(
        "现在看的是旧版本 {snapshot}。", "This is the older version {snapshot}."
    ),
    "explore.newest": Text("看最新版本", "Show the newest"),
    "explore.back": Text("回到数据集", "Back to the dataset"),
}
