"""Words of comments and reuses."""

from xihu_platform.words import Text

VOICES: dict[str, Text] = {
    "section.reuses": Text("再利用案例", "What people built"),
    "section.voices": Text("评论和再利用案例", "Comments and reuses"),
    "section.comments": Text("评论", "Comments"),
    "voices.title": Text("{title}：评论和再利用案例", "{title}: comments and reuses"),
    "voices.heading": Text("评论和再利用案例", "Comments and reuses"),
    "voices.lead": Text(
        "个人和企业写的，提供数据的部门审核后展示；不代表该部门的意见。",
        "Written by people and firms, and shown once the department that provides the data has "
        "looked at it; it is not the department's own view.",
    ),
    "voices.kinds": Text("类别", "Kinds"),
    "voices.none": Text("还没有内容。", "There is nothing yet."),
    "voices.unchecked": Text("外部网站，内容未经核实", "another site; its content is not checked"),
    "voices_none.reuses": Text(
        "还没有人登记再利用案例。",
        "No reuse of this dataset is listed yet.",
    ),
    "voices_none.comments": Text("还没有评论。", "There are no comments yet."),
    "voices.waiting": Text(
        "您写的 {count} 条在等待审核", "Of yours, {count} await moderation: see your matters"
    ),
    "voices_begin.reuses": Text("登记再利用案例", "Say what you built"),
    "voices_begin.comments": Text("写评论", "Write a comment"),
    "voices_all.reuses": Text("全部 {count} 个案例", "All {count} of them"),
    "voices_all.comments": Text("全部 {count} 条评论", "All {count} comments"),
}
