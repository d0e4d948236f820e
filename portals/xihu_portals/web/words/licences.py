"""Words of licences: of their holder, and of whoever they are shown to."""

from xihu_platform.words import Text

LICENCES: dict[str, Text] = {
    "nav.my_licences": Text("我的证照", "My licences"),
    "licences.question": Text("我有哪些证照，还有效吗？", "Which licences do I have?"),
    "licences.question_for": Text(
        "{name}有哪些证照，还有效吗？", "Which licences does {name} have?"
    ),
    "licences.lead": Text(
        "点开一份，可以看内容、下载盖章的文件、当面出示。",
        "Open one to read it, download its sealed file, or show it to somebody.",
    ),
    "licence.erased": Text("内容已删除的证照", "A licence whose content was erased"),
    "licence.number": Text("编号", "Number"),
    "licence.issuer": Text("发证机关", "Issuer"),
    "licence.holder": Text("持证者", "Holder"),
    "licence.state": Text("状态", "State"),
    "licence.since": Text("自 {day} 起", "since {day}"),
    "licence.issued": Text("发证日期", "Issued"),
    "licence.until": Text("有效期至", "Valid until"),
    "licence.no_end": Text("长期", "without an end"),
    "licence.says": Text("证照内容", "What it says"),
    "licence.case": Text("查看来自哪个办件", "See the case that it came from"),
    "licence.download": Text("下载证照文件（PDF）", "Download the file (PDF)"),
    "licence.file": Text(
        "文件盖有电子印章，可以发给别人；改动一个字，印章就失效。第一次下载要等几秒钟。",
        "The file bears an electronic seal and can be passed on; a change of one letter breaks the "
        "seal. The first download takes some seconds.",
    ),
    "licence.return": Text("注销", "Deregistration"),
    "licence.return_open": Text("申请注销这份证照", "Ask to have this licence deregistered"),
    "licence.return_means": Text(
        "注销后不能恢复；还需要的，要重新申请。由发证机关决定，决定之前可以撤回；有没有处理完的"
        "案件等情形的，发证机关可以不予注销并说明理由。",
        "It does not come back: whoever needs it again applies anew. The office that issued it "
        "decides, and until then you may withdraw. Where a case about it is still open, for "
        "instance, the office may say no and gives its reasons.",
    ),
    "licence.return_why": Text("为什么注销", "Why"),
    "licence.return_send": Text("提交注销申请", "Ask for deregistration"),
    "licence.show": Text("当面出示", "Show it to somebody"),
    "licence.show_how": Text(
        "生成一个 60 秒内有效的亮证码。对方扫证照上的二维码，或者打开核验页面，输入亮证码，"
        "就能看到证照的全部内容。不告诉亮证码，对方只看得到种类、状态和姓名的第一个字。",
        "Make a code that works for 60 seconds. Whoever scans the QR code of the licence, or opens "
        "the page that checks it, and types the code sees all that the licence says. Without the "
        "code they see its kind, its state and the first character of the name.",
    ),
    "licence.make": Text("生成亮证码", "Make a code"),
    "licence.code": Text("亮证码", "Code"),
    "licence.code_until": Text("到 {at} 为止有效", "It works until {at}"),
    "licence.verify": Text("打开核验页面", "Open the page that checks it"),
    "licence.showings": Text("出示记录", "When it was shown"),
    "licence.shown_on": Text("{at} 凭亮证码出示", "shown on {at}, by a code"),
    "licence.never": Text("还没有凭亮证码出示过。", "It has not been shown by a code yet."),
    "case.issued": Text("已发的证照", "The licence that was issued"),
    "case.change_licence": Text("变更证照状态", "Change its state"),
    "check.title": Text("核验证照", "Check a licence"),
    "check.lead": Text(
        "手里只有纸质证照、没有二维码的，按证照上的编号、发证机关和持证者填写，看它现在是不是有效。只核验在本平台发的证照。",
        "With a licence on paper that has no QR code: write its number, the issuing office and the "
        "holder's name, and read whether it is valid now. Only licences issued on this platform "
        "are known.",
    ),
    "check.form": Text("证照上写的", "What the paper says"),
    "check.number": Text("证照编号", "Number"),
    "check.issuer_how": Text(
        "按证照上的全称填写，或者填统一社会信用代码",
        "Its full name as on the paper, or its unified social credit code",
    ),
    "check.holder_how": Text(
        "证照上的姓名或者企业名称；不一致的，什么也不显示",
        "The person's or the firm's name on it; where it differs, nothing is shown",
    ),
    "check.send": Text("核验", "Check"),
    "verify.code": Text("亮证码", "Code"),
    "verify.code_title": Text("看证照的全部内容", "See all that it says"),
    "verify.code_how": Text(
        "请持证者打开“我的证照”，生成亮证码告诉您；60 秒内有效。持证者会看到出示的时间。",
        "Ask the holder to open “My licences” and to tell you the code that they make there; it "
        "works for 60 seconds. The holder sees when the licence was shown.",
    ),
    "verify.code_send": Text("查看全部内容", "Show all of it"),
    "verify.all": Text("证照的全部内容", "All that the licence says"),
    "verify.shown": Text(
        "已凭亮证码出示，时间记在持证者的出示记录里。",
        "Shown by the holder's code; the holder sees when.",
    ),
}
