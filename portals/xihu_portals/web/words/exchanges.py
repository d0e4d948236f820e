"""Words of batch exchange."""

from xihu_platform.words import Text

EXCHANGES: dict[str, Text] = {
    "nav.exchanges": Text("批量交换", "Batch exchange"),
    "exchanges.heading": Text("授权的数据，送到了吗？", "Does what was granted arrive?"),
    "exchanges.lead": Text(
        "已获授权的数据集按周期送入需求部门自己的 PostgreSQL；每一批在写入的那一刻重新判定"
        "（《政务数据共享条例》第二十二条）",
        "A granted dataset is sent on schedule into the requester's own PostgreSQL; each batch is "
        "decided in the moment that it is committed there (Order 809 art. 22)",
    ),
    "exchanges.receives": Text("由{other}提供，本单位接收", "From {other}, to us"),
    "exchanges.gives": Text("由本单位提供，{other}接收", "From us, to {other}"),
    "exchanges.between": Text("由{giver}提供，{receiver}接收", "From {giver}, to {receiver}"),
    "exchanges.cut": Text("只列出最新的 100 项", "The newest 100 are listed"),
    "exchanges.hidden": Text("数据集已撤销", "The dataset was withdrawn"),
    "exchanges.place": Text("接收的表", "Receiving table"),
    "exchanges.user": Text("用户名", "User"),
    "exchanges.cycle": Text("周期", "How often"),
    "exchanges.password": Text("接收数据库的口令", "Password of the receiving database"),
    "exchanges.hint": Text(
        "加密保存，任何页面都不再显示；结束时即删除",
        "It is kept sealed and shown on no page; it is deleted when the exchange ends",
    ),
    "exchanges.way": Text("口令和各批结果", "Its password and its batches"),
    "exchanges.save": Text("保存口令", "Keep the password"),
    "exchanges.replace": Text("更换口令", "Replace the password"),
    "exchanges.saved": Text("{number} 的口令已保存", "The password of {number} is kept"),
}
