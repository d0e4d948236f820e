"""Words of the page of entry drafts."""

from xihu_platform.words import Text

DRAFTS: dict[str, Text] = {
    "nav.drafts": Text("条目草稿", "Drafts of entries"),
    "drafts.heading": Text(
        "本部门起草了哪些目录条目？", "Which entries has your department drafted?"
    ),
    "drafts.lead": Text(
        "用 CKAN 的工具写入的内容只是草稿，只有本部门的数据管理员和部门系统能看到；"
        "要发布，须写入契约，再经评估、签署和审核。",
        "What tools for CKAN write is a draft that only your department's stewards and systems "
        "see. To be published it goes into a contract, which is assessed, signed and reviewed.",
    ),
    "drafts.change_of": Text("更新", "Change of"),
    "drafts.new": Text("新条目", "New entry"),
    "drafts.version": Text("第 {n} 版", "version {n}"),
    "drafts.on": Text("怎样写入契约", "How it goes into a contract"),
    "drafts.on_change": Text(
        "在数据集的契约中改名称、摘要、关键词等，再提交契约；目录中的条目在审核通过前不变。"
        "共享、开放、分级等规则不在草稿中，由契约确定。",
        "Change title, summary, keywords and the like in the dataset's contract and hand it in; "
        "the entry in the catalogue stays as it is until its review. Rules of sharing, opening and "
        "grades are no part of a draft: the contract decides them.",
    ),
    "drafts.to_dataset": Text("到数据集页面", "Go to the dataset"),
    "drafts.on_infer": Text("由数据文件生成契约初稿：", "Draft a contract from the file:"),
    "drafts.on_copy": Text(
        "把草稿中的名称、摘要、关键词、主题填入契约，其余由人确定。",
        "Copy title, description, keywords and topic into it; people decide the rest.",
    ),
    "drafts.on_publish": Text("装载数据：", "Load the data:"),
    "drafts.on_matter": Text(
        "编制目录条目，交评估、签署和审核。",
        "Draw up the entry: it is assessed, signed and reviewed.",
    ),
    "drafts.to_matter": Text("编制目录条目", "Draw up the entry"),
    "drafts.delete": Text("删除草稿", "Delete the draft"),
    "drafts.more": Text("另有 {n} 份草稿，用 CKAN 接口查看", "{n} more: CKAN's API lists them"),
    "drafts.deleted": Text("已删除的草稿", "Deleted drafts"),
    "drafts.days": Text("删除后 {n} 天内可以恢复", "They can be restored for {n} days"),
    "drafts.until": Text("可恢复至{day}", "until {day}"),
    "drafts.restore": Text("恢复", "Restore"),
}
