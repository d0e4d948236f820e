"""How one thing of the lineage enters another, in words."""

from xihu_platform.words import Text

WAYS: dict[str, Text] = {
    "IDENTITY": Text("原样", "as it is"),
    "TRANSFORMATION": Text("加工", "changed"),
    "AGGREGATION": Text("汇总", "summed up"),
    "FILTER": Text("筛选条件", "as a filter"),
    "JOIN": Text("关联条件", "as a join"),
    "GROUP_BY": Text("分组", "to group by"),
    "SORT": Text("排序取前若干", "as a sort"),
    "WINDOW": Text("窗口计算", "in a window"),
    "CONDITIONAL": Text("判断条件", "as a condition"),
    "REFERENCE": Text("外键", "as a foreign key"),
    "READ": Text("办事时读取", "read in a service"),
    "ABOUT": Text("事项写明", "named in matters"),
    "SHOW": Text("页面展示", "shown on a page"),
    "SEND": Text("批量发送", "sent in batches"),
    "WHOLE": Text("整表（未上报字段）", "whole dataset (columns not reported)"),
}
