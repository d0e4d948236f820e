"""Words of subscriptions: the list, one of them, a new one, and the ways that notices take."""

from xihu_platform.words import Text

SUBSCRIPTIONS: dict[str, Text] = {
    "nav.subscriptions": Text("我的订阅", "My subscriptions"),
    "subscriptions.question": Text("我订阅了什么，有什么变化？", "What did I subscribe to?"),
    "subscriptions.lead": Text(
        "数据有新增、结构有变化、到期没更新时，在这里提醒您。能看到什么，按您现在的权限确定。",
        "New rows, changes of a schema and updates that are overdue are listed here. What you see "
        "is decided by the rights that you have now.",
    ),
    "subscription_done.active": Text("已恢复订阅。", "The subscription is active."),
    "subscription_done.paused": Text("已暂停，暂停期间不再提醒。", "The subscription is paused."),
    "subscription_done.ended": Text("已退订。", "The subscription has ended."),
    "subscription_done.subscribed": Text("订阅成功。", "You have subscribed."),
    "subscription_done.deleted": Text("已删除，记录也一并删除。", "Deleted, with the log."),
    "subscription_done.read": Text("已全部标为已读。", "All are marked as read."),
    "subscriptions.undo": Text("撤销", "Undo"),
    "subscriptions.events": Text("最近的变化", "What happened"),
    "subscriptions.mark_all": Text("全部标为已读", "Mark all as read"),
    "subscriptions.unread": Text("未读", "unread"),
    "subscriptions.no_events": Text("还没有变化。", "Nothing has happened yet."),
    "subscriptions.mine": Text("订阅列表", "Subscriptions"),
    "subscriptions.daily": Text("每天一次，早上 8 点", "once a day, at eight in the morning"),
    "subscriptions.each": Text("有变化就提醒", "at each change"),
    "subscriptions.conditions": Text("条件：", "Filter:"),
    "subscriptions.newest": Text("最近一次变化：{at}", "Last change: {at}"),
    "subscriptions.never": Text("还没有变化", "no change yet"),
    "subscriptions.pause": Text("暂停", "Pause"),
    "subscriptions.resume": Text("恢复", "Resume"),
    "subscriptions.end": Text("退订", "Unsubscribe"),
    "subscriptions.again": Text("重新订阅", "Subscribe again"),
    "subscriptions.delete": Text("删除订阅和记录", "Delete it with its log"),
    "subscriptions.delete_all": Text("删除全部订阅和记录", "Delete all of them with their logs"),
    "subscriptions.delete_all_what": Text(
        "订阅、最近的变化和发送记录都会删除，不能恢复。",
        "The subscriptions, what happened and the logs are deleted for good.",
    ),
    "subscriptions.one": Text("订阅详情", "A subscription"),
    "subscriptions.asked_now": Text(
        "下面的内容是打开本页时按您的权限查询的，并已记入日志。",
        "What follows was read when you opened this page, with the rights that you have now, and "
        "is in the log.",
    ),
    "subscriptions.not_told": Text("不能显示：", "Not shown:"),
    "subscriptions.log": Text("发送记录", "Log of sendings"),
    "subscriptions.no_log": Text("还没有发送过。", "Nothing was sent yet."),
    "subscriptions.attempts": Text("共尝试 {count} 次", "{count} attempt|{count} attempts"),
    "subscriptions.next_try": Text("{at} 再试", "next attempt {at}"),
    "subscriptions.feed": Text("Atom 订阅源", "Atom feed"),
    "subscriptions.feed_what": Text(
        "生成一个专用地址，加到阅读器里，不用登录就能收到提醒。谁拿到这个地址，谁就能看到，请勿外传。",
        "A private address for a feed reader, which needs no sign-in. Anyone with the address can "
        "read the feed: do not pass it on.",
    ),
    "subscriptions.feed_make": Text("生成地址", "Make an address"),
    "subscriptions.feed_again": Text("换一个地址，旧地址作废", "Replace the address"),
    "subscriptions.feed_end": Text("停用地址", "Revoke the address"),
    "subscriptions.feed_made": Text("订阅源地址", "Address of the feed"),
    "subscriptions.feed_secret": Text(
        "只显示这一次，请马上保存。", "It is shown this once: save it now."
    ),
    "subscriptions.new": Text("订阅", "Subscribe"),
    "subscriptions.back": Text("返回", "Back"),
    "subscriptions.what": Text("提醒什么", "What to be notified of"),
    "subscriptions.how_often": Text("多久提醒一次", "How often"),
    "subscriptions.ways": Text("怎样提醒", "By which way"),
    "subscriptions.inbox_always": Text(
        "“我的订阅”里一定会有；需要的话，再选其他方式。",
        "It is always listed under My subscriptions; choose other ways besides.",
    ),
    "subscriptions.why": Text("用途说明（选填）", "Purpose in words (optional)"),
    "subscriptions.subscribe": Text("订阅", "Subscribe"),
    "subscriptions.of_dataset": Text("订阅这项数据", "Subscribe"),
    "subscriptions.of_search": Text("订阅这个搜索", "Subscribe to this search"),
    "subscriptions.of_rows": Text("按这些条件订阅", "Subscribe with this filter"),
    "channels.title": Text("接收方式", "Ways to hear of it"),
    "channels.question": Text("用什么接收提醒？", "Where do I hear of it?"),
    "channels.lead": Text(
        "邮箱和回调地址都要先确认，才会使用。邮件标题不写订阅了什么。",
        "A mailbox or a webhook is used once it is confirmed. The subject of a mail does not say "
        "what you subscribed to.",
    ),
    "channels.mine": Text("我的接收方式", "My mailboxes and webhooks"),
    "channels.none": Text("还没有添加。", "There are none yet."),
    "channels.confirmed": Text("已确认", "confirmed"),
    "channels.unconfirmed": Text("待确认，尚未使用", "not confirmed, so not used yet"),
    "channels.code": Text("邮件里的确认码", "Code from the mail"),
    "channels.confirm": Text("确认", "Confirm"),
    "channels.remove": Text("删除", "Remove"),
    "channels.add": Text("添加接收方式", "Add one"),
    "channels.address": Text("邮箱或者回调地址", "Mailbox or webhook"),
    "channels.address_note": Text(
        "邮箱例如 li@example.cn；回调地址以 https:// 开头，供程序使用",
        "A mailbox such as li@example.cn; a webhook begins with https:// and is for programs",
    ),
    "channels.no_mail": Text(
        "本站暂不发送邮件，可以用站内消息、回调地址或者 Atom。",
        "No mail is sent from here: use the inbox, a webhook or Atom.",
    ),
    "channels.add_mail": Text("添加邮箱", "Add the mailbox"),
    "channels.add_webhook": Text("添加回调地址", "Add the webhook"),
    "channels.add_first": Text("添加邮箱或回调地址", "Add a mailbox or a webhook"),
    "channels.full": Text("最多 5 个；要添加，请先删除一个。", "Five at most: remove one first."),
    "channels.of_position": Text(
        "本岗位没有登记邮箱或回调地址，需要时请联系系统管理员。",
        "No mailbox or webhook is registered for this position: ask the system administrator.",
    ),
    "channel_done.added": Text("已添加，确认后开始使用。", "Added: confirm it, then it is used."),
    "channel_done.confirmed": Text("已确认，可以使用。", "Confirmed: it can be used."),
    "channel_done.removed": Text("已删除。", "Removed."),
    "channels.secret": Text("签名密钥", "Key of the signatures"),
    "channels.secret_how": Text(
        "只显示这一次。用它核对每次回调的签名（X-Xihu-Signature）。",
        "It is shown this once. Check the signature of each call with it (X-Xihu-Signature).",
    ),
    "unsubscribe.title": Text("退订", "Unsubscribe"),
    "unsubscribe.question": Text("退订这一项提醒？", "End this subscription?"),
    "unsubscribe.only_this": Text(
        "只退订这一项，其他订阅不变。", "This one alone ends; your others go on."
    ),
    "unsubscribe.done": Text("已退订", "The subscription has ended"),
    "unsubscribe.done_how": Text(
        "不会再收到这一项的提醒。登录后可以重新订阅。",
        "You hear no more of it. Sign in to subscribe again.",
    ),
}
