"""Words of what is not catalogued, and of entries without data."""

from xihu_platform.words import Text

UNCATALOGUED: dict[str, Text] = {
    "nav.uncatalogued": Text("尚未编目", "Not catalogued"),
    "uncatalogued.heading": Text("还有什么没有编目？", "What is not catalogued yet?"),
    "uncatalogued.lead": Text(
        "把信息系统台账、数据库普查结果和交换目录中的文件，同现行契约逐一比对。",
        "The ledger of information systems, the databases that were scanned and the files of the "
        "intake folder, compared with the contracts in force.",
    ),
    "uncatalogued.counts": Text("各有多少", "How many of each"),
    "uncatalogued.csv": Text("下载 CSV", "Download CSV"),
    "uncatalogued.cut": Text(
        "数量太多，没有全部列出。", "There are more than can be listed: this is a part of them."
    ),
    "uncatalogued.do": Text("怎么办", "What to do"),
    "uncatalogued.systems": Text("没有目录条目的信息系统", "Systems without an entry"),
    "uncatalogued.systems_note": Text(
        "台账上在用的信息系统共 {n} 个；已停用的不计。台账由运维人员维护。",
        "Of {n} systems in use; those that have ended do not count. The operator keeps the ledger.",
    ),
    "uncatalogued.systems_do": Text(
        "运行单位：起草契约（可请运维人员由数据库生成初稿），装载数据，再编制目录条目，"
        "经评估、签署和审核后发布；数据已有条目的，请运维人员在台账上写明。",
        "The department that runs it: draft contracts (the operator can make first drafts from the "
        "database), load the data and draw up the entry, which is assessed, signed and reviewed. "
        "Where its data has an entry already, have the operator add the dataset to the ledger.",
    ),
    "uncatalogued.systems_ask": Text(
        "需要其中数据的部门：提出数据需求，由主管部门指定编目的部门。",
        "A department that needs its data: say so in a data need; the authority names the "
        "department that catalogues it.",
    ),
    "uncatalogued.to_entry": Text("编制目录条目", "Draw up an entry"),
    "uncatalogued.tables": Text("没有契约的数据表", "Tables without a contract"),
    "uncatalogued.tables_note": Text(
        "来自运维人员对数据库连接的普查。只记表名、列名和行数，不记任何一行的内容。",
        "From the operator's scans of database connections. Names of tables and columns and counts "
        "of rows are remembered, never a row.",
    ),
    "uncatalogued.scanned": Text(
        "连接 {connection}：{n} 张表，{at}普查", "Connection {connection}: {n} tables, scanned {at}"
    ),
    "uncatalogued.tables_do": Text(
        "请运维人员再普查一次：没有契约的表各生成一份契约初稿（已有的初稿不覆盖），由提供部门逐项核对后提交。",
        "Have the operator scan again: each table without a contract gets a draft of one (drafts "
        "that are there stay as they are), which its department checks and hands in.",
    ),
    "uncatalogued.cataloguers": Text("请哪些岗位编目", "Whom to ask to catalogue it"),
    "uncatalogued.cataloguers_note": Text(
        "编目由运行单位办理：请联系该单位的数据管理员或者共享工作负责人。有部门提出数据需求的，"
        "由主管部门在待办中确定编目的部门。",
        "The department that runs a system catalogues its data: turn to its data steward or the "
        "head of its sharing office. Where a department has opened a data need, the authority "
        "names the department that catalogues, in its inbox.",
    ),
    "uncatalogued.no_cataloguer": Text(
        "没有登记编目的岗位，请该单位负责人登记",
        "no position that catalogues is registered: ask the department's head to have one "
        "registered",
    ),
    "uncatalogued.files": Text("没有契约的文件", "Files without a contract"),
    "uncatalogued.files_note": Text(
        "在交换目录中，现行契约都没有提到，因此不会装载。隐藏文件、临时文件和符号链接不列出。",
        "They are in the intake folder and no contract in force names them, so nothing loads them. "
        "Hidden and temporary files and symbolic links are left out.",
    ),
    "uncatalogued.files_do": Text(
        "问清是哪个部门送来的，由该部门据此起草契约；不再需要的，请运维人员移走。",
        "Find out which department handed it in and have that department draft a contract from the "
        "file; the operator removes what is not needed.",
    ),
    "uncatalogued.command": Text("运维人员的命令", "The operator's command"),
    # An entry without data
    "attested.kind": Text("不予共享的数据", "Data that is not shared"),
    "attested.note": Text(
        "部门有这份数据，依法不予共享；目录中只有这一条说明，平台上没有数据。",
        "The department has this data and is forbidden by law to share it. This entry describes "
        "it; the platform has none of it.",
    ),
    "attested.late": Text(
        "应当在{day}前复核，逾期没有复核。", "It was to be reviewed by {day}, and was not."
    ),
    "attested.laws": Text("依据", "Legal ground"),
    "attested.decided": Text("认定日期", "Decided"),
    "attested.review": Text("复核期限", "Review by"),
    "attested.about": Text("依据和期限", "Ground and period"),
}
