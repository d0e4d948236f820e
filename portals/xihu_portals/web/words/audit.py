"""Words of the auditor's pages."""

from xihu_platform.words import Text

AUDIT: dict[str, Text] = {
    "audit.title": Text("审计日志", "The log"),
    "audit.heading": Text(
        "日志完好吗，有什么要看一眼？", "Is the log intact, and what should be looked at?"
    ),
    "audit.lead": Text(
        "每次读取都先记后给。这里看得到岗位、用途和依据，看不到数据，也看不到被查的人。"
        "证明文件是条目的原文，里面有查看者的账号编号，没有姓名。您的查看也记在日志里。",
        "Every read is recorded before it is given. You see positions, purposes and grounds here, "
        "never data nor whom a read was about. A proof holds the entry itself, with the number of "
        "the account that looked and no name. Your looks are recorded, too.",
    ),
    "audit.head_said": Text(
        "覆盖 {size} 条，签署于 {at}，密钥 {signer}。",
        "Covers {size} entries, signed at {at} with key {signer}.",
    ),
    "audit.head_where": Text(
        "保存在数据库之外的 {place}，共 {copies} 个；请定期另存一份到别处。",
        "Kept outside the database in {place}, {copies} in all; copy it elsewhere now and then.",
    ),
    "audit.no_head": Text("还没有签名头：日志还是空的。", "No head yet: the log is empty."),
    "audit.checks": Text("核验", "Verification"),
    "audit.verify": Text("现在核验", "Verify now"),
    "audit.keep_head": Text("另存签名头", "Save the head"),
    "audit.kept": Text("与以前另存的签名头核对", "Verify against a head saved before"),
    "audit.kept_head": Text("签名头（一行）", "Saved head (one line)"),
    "audit.kept_help": Text(
        "粘贴您另存在别处的那一行。留空则与最新的签名头核对。",
        "Paste the line that you keep elsewhere. Left empty, the newest head is used.",
    ),
    "audit.never": Text("还没有在这里核验过。", "It has not been verified here yet."),
    "audit.running": Text(
        "正在核验：{seen} / {entries} 条", "Verifying: {seen} of {entries} entries"
    ),
    "audit.holds": Text("完好", "Valid"),
    "audit.broken": Text("不符", "Broken"),
    "audit.asked_by": Text("{who}，{at}", "{who}, {at}"),
    "audit.findings": Text("要看一眼的", "What to look at"),
    "audit.no_findings": Text("按现有规则没有发现。", "The rules have found nothing."),
    "audit.number": Text("{count} 次", "{count} time|{count} times"),
    "audit.entries": Text("日志条目", "Entries"),
    "audit.since": Text("从", "From"),
    "audit.until": Text("到", "To"),
    "audit.show": Text("查看", "Show"),
    "audit.export": Text("导出 CSV", "Export CSV"),
    "audit.none": Text("没有符合条件的条目", "No entry meets the filters"),
    "audit.seq": Text("编号", "Entry"),
    "audit.when": Text("时间", "When"),
    "audit.who": Text("谁", "Who"),
    "audit.what": Text("数据", "Data"),
    "audit.why": Text("用途和依据", "Purpose and basis"),
    "audit.rows": Text("行数", "Rows"),
    "audit.proof": Text("证明", "Proof"),
    "audit.ground": Text("业务事由 {number}", "ground {number}"),
    "readers.title": Text("谁读了什么", "Who read what"),
    "readers.heading": Text("{month}，谁读取了哪个数据集？", "{month}: who read which dataset?"),
}
