"""What an event of a matter is called, for every page and the API alike."""

from xihu_platform.matters.views import MatterEvent, MatterView
from xihu_platform.words import Text

OF_THE_PLATFORM = {
    "row_corrected": Text(
        "本单位查阅过其数据的一位当事人，有一条记录已更正；用过这项数据的，请重新核对",
        "A record of a person whose data your office looked at was corrected: check again what you "
        "used it for",
    ),
    "warned": Text("平台提醒", "Reminder of the platform"),
    "redated": Text("日历更新，期限重新计算", "The calendar changed: dates were counted again"),
    "migrated": Text("改用新版办理规则", "Moved to a new version of its rules"),
    "reverted": Text("改回原版办理规则", "Moved back to the former version of its rules"),
    "erased": Text("文字内容已依法删除", "What was written was erased by law"),
}


def event_title(matter: MatterView, event: MatterEvent) -> Text:
    """In the words of its kind; its name where the kind has it no longer."""
    definition = matter.definition
    rule = definition.opening if event.seq == 1 else definition.events.get(event.name)
    if rule is not None:
        return rule.title
    return OF_THE_PLATFORM.get(event.name, Text(event.name, event.name))
