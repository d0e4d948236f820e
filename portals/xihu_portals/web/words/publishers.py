"""Words of the pages of publishers and topics, and of their lists of entries."""

from xihu_platform.words import Text

PUBLISHERS = {
    "nav.publishers": Text("发布单位", "Publishers"),
    "nav.topics": Text("主题", "Topics"),
    "publishers.heading": Text("谁在发布数据", "Who publishes data"),
    "publishers.lead": Text(
        "数字是目录条目数，包括不向公众开放的条目；按名称排列，不排名次。",
        "The numbers are entries of the catalogue, those that are not open to the public among "
        "them. In the order of names: nothing is ranked.",
    ),
    "publishers.departments": Text("本平台的部门", "Departments of this platform"),
    "publishers.others": Text("其他目录的发布单位", "Publishers of other catalogues"),
    "publishers.limit": Text(
        "只列出条目最多的 {count} 个，其余的请搜索。",
        "The {count} with the most entries are listed; the others are found by searching.",
    ),
    "publishers.none": Text("目录里还没有条目。", "The catalogue has no entries yet."),
    "publisher.uscc": Text("统一社会信用代码", "Unified social credit code"),
    "publisher.level": Text("层级", "Level"),
    "publisher.region": Text("行政区划", "Division"),
    "publisher.contact": Text("联系方式（取自条目）", "Contact, as its entries have it"),
    "publisher.ask": Text(
        "对数据有疑问的，请在条目页面上提出，或拨打 {number}。",
        "Ask about its data on the page of the entry, or call {number}.",
    ),
    "publisher.elsewhere": Text(
        "这些条目收录自其他目录，数据在来源处。",
        "These entries come from other catalogues; the data is there.",
    ),
    "topics.heading": Text("数据有哪些主题", "Which topics the data is about"),
    "topics.lead": Text(
        "主题取自登记库的代码表；数字是目录条目数，包括不向公众开放的条目。",
        "Topics are those of the registry's code list. The numbers are entries of the catalogue, "
        "those that are not open to the public among them.",
    ),
    "topic.code": Text("代码", "Code"),
    "topic.scheme": Text("代码表", "Code list"),
    "topic.name_zh": Text("中文名称", "Chinese name"),
    "topic.name_en": Text("英文名称", "English name"),
    "topic.theme": Text("对应的欧盟数据主题", "EU data theme"),
    "topic.publishers": Text("哪些单位发布", "Who publishes"),
    "listing.states": Text("数据状态", "State of the data"),
    "listing.topics": Text("主题", "Topics"),
    "listing.formats": Text("来源格式", "Source formats"),
    "listing.entries": Text("目录条目（{count} 个）", "Entries ({count})"),
    "listing.none": Text("还没有条目。", "There are no entries yet."),
    "listing.search": Text("在搜索中查看", "Show in the search"),
    "listing.feed": Text("更新订阅源（Atom）", "Feed of changes (Atom)"),
    "listing.own_first": Text(
        "本平台的数据在前；其他条目没有装载时间，排在后面。",
        "Data of this platform comes first; the other entries have no time of a load.",
    ),
    "entry_state.unbound": Text("尚未挂接数据", "no data is bound to it yet"),
    "entry_state.elsewhere": Text("数据在其他目录", "the data is at another catalogue"),
    "entry_state.attested": Text("依法不予共享", "not shared, by law"),
}
