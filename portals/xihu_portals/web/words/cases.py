"""Words of cases: applying for a service, and the desk that answers."""

from xihu_platform.words import Text

CASES: dict[str, Text] = {
    "apply.title": Text("申请：{what}", "Apply: {what}"),
    "apply.situation": Text("您的情形", "Your situation"),
    "apply.unknown": Text(
        "不清楚的可以选“不清楚”：不会因此不让您申请，需要的材料会先列上。",
        "Choose “I do not know” where you are not sure: nobody is turned away for it, and what may "
        "be needed is listed.",
    ),
    "apply.reads": Text(
        "下一步会用您本人的权限，从有关部门获取表单和材料所需的信息，只取办这件事要用的；每次查询都会出现在"
        "“谁查过我的信息”里。",
        "The next step reads, with your own right, what the form and the papers need from the "
        "departments that have it, and nothing else. Each read is listed under “Who looked me up”.",
    ),
    "apply.reads_for": Text(
        "下一步会按授权，从有关部门获取表单和材料所需的信息，只取办这件事要用的；每次查询，被代办的一方都会在"
        "“谁查过我的信息”里看到。",
        "The next step reads, by your mandate, what the form and the papers need from the "
        "departments that have it, and nothing else. Whoever you act for finds each read under "
        "“Who looked me up”.",
    ),
    "apply.begin": Text("开始填写", "Begin"),
    "apply.draft": Text("您有一份还没有提交的申请。", "You have an application not handed in yet."),
    "apply.go_on": Text("继续填写 {number}", "Go on with {number}"),
    "apply.for": Text("您正在为“{who}”申请。", "You apply for “{who}”."),
    "apply.for_me": Text(
        "您正在为自己申请；要为企业或家人申请，请先在页面上方切换。",
        "You apply for yourself; for a firm or somebody of your family, change at the top of the "
        "page first.",
    ),
    "apply.others": Text("改为其他人申请", "Apply for somebody else"),
    "apply.for_other": Text("改为：{who}", "Change to: {who}"),
    "case.applied_for": Text("{by} 代 {whom} 申请", "{by} has applied for {whom}"),
    "apply.phone": Text("不会填？请打电话：", "Need help? Ring"),
    "held.whom": Text("{who}已经有一份同类证照：", "{who} has a licence of this kind already: "),
    "held.yours": Text("您已经有一份同类证照：", "You have a licence of this kind already: "),
    "held.theirs": Text(
        "申请人已经有一份同类证照：", "The applicant has a licence of this kind already: "
    ),
    "held.until": Text("有效期至 {day}", "to {day}"),
    "held.no_end": Text("没有截止日期", "without an end"),
    "held.may": Text(
        "要续期、换发或者变更内容的，可以继续申请，并请在窗口或者电话中说明。",
        "To renew it, to have it issued again or changed, go on with this application and say so "
        "at the counter or by telephone.",
    ),
    "held.return": Text(
        "不再需要的，打开证照可以申请注销。",
        "If you need it no longer, open it to give it back.",
    ),
    "case.from": Text("来自{who}", "from {who}"),
    "case.as_of": Text("数据截至 {day}", "data as of {day}"),
    "case.licence_serves": Text(
        "您的电子证照 {number} 可用", "your electronic licence {number} serves"
    ),
    "case.licence_serves_them": Text(
        "由其电子证照 {number} 代替", "their electronic licence {number} serves"
    ),
    "case.register_says": Text("登记信息", "The register says"),
    "case.not_sent": Text("还没有提交", "not handed in yet"),
    "case.gaps": Text("需要补正的全部内容", "All that is missing"),
    "case.asked": Text("要补的材料和数据项", "What to supply, and how"),
    "bundle.title": Text("各事项的进展", "How each item stands"),
    "bundle.of": Text("属于", "part of"),
    "bundle.begins": Text("即将开始办理", "about to begin"),
    "bundle.waits": Text("等前一事项办成后自动开始", "begins when the one before is granted"),
    "bundle.blocked": Text(
        "没有开始（前一事项没有办成，或者代办授权已经结束）；可以单独申请",
        "did not begin: the one before was not granted, or the mandate ended; apply for it "
        "by itself",
    ),
    "bundle.yours": Text("等您补充", "waits for you"),
    "bundle.promise": Text(
        "每个事项各有法定期限；整件事的日期是承诺，不是法定期限。一个事项不予办理，不影响其他事项。",
        "Each item has its own period by law; the date of the whole is a promise, no legal period. "
        "An item that is refused does not stop the others.",
    ),
    "bundle.withdraw": Text("整件事撤回", "Withdraw the whole bundle"),
    "bundle.goes": Text("将撤回下列事项：", "These are withdrawn:"),
    "bundle.stays": Text(
        "下列事项已经决定或者办结，不受影响：", "These are decided or closed and stay as they are:"
    ),
    "bundle.withdraw_now": Text("确认撤回", "Withdraw them"),
    "bundle.was_withdrawn": Text(
        "您已撤回整件事。标“已撤回”的和没有开始的，不再办理。",
        "You have withdrawn the whole bundle. What is called withdrawn, and what had not begun, is "
        "not gone on with.",
    ),
    "bundle.decided_go_on": Text(
        "其余事项在撤回之前已经决定，照常办完。",
        "The others had been decided before and go on as they are.",
    ),
    "bundle.left": Text("没有开始，已随整件事撤回", "did not begin: withdrawn with the bundle"),
    "bundle.section": Text(
        "一件事：填一次表，几个事项一起办", "All in one: one form for several items"
    ),
    "bundle.items": Text("包含的事项", "What it is made of"),
    "bundle.after": Text("在“{what}”办成之后", "after “{what}” is granted"),
    "bundle.if": Text("视情形", "depending on the situation"),
    "case.lacking": Text("还差 {count} 项", "{count} thing is missing|{count} things are missing"),
    "case.change": Text("修改", "change"),
    "case.fields": Text("填写的信息", "What is filled in"),
    "case.papers": Text("材料", "Papers"),
    "case.bring": Text(
        "需要您提供 {count} 份", "{count} paper to provide|{count} papers to provide"
    ),
    "case.spared": Text("免交 {n}/{of} 份", "{n} of {of} not asked for"),
    "case.formula": Text(
        "免交 = 事项最初要求的材料（您的情形需要的）减去这次要您提供的。",
        "Not asked for = the papers that the first version of this service wanted in your "
        "situation, less those that you are asked for now.",
    ),
    "case.promise": Text(
        "提交即表示您确认以上内容真实。登记信息与实际不符的，以您填写的为准办理，更正申请会自动提出。",
        "By handing it in you say that this is true. Where you have amended what a register says, "
        "the case goes on with your value, and a request for correction is made by itself.",
    ),
    "case.hand_in": Text("提交申请", "Hand it in"),
    "case.supply": Text("提交补正内容", "Hand in what was missing"),
    "case.given": Text("我提交的内容", "What I handed in"),
    "case.progress": Text("看办到哪一步", "See how far it is"),
    "case.licence": Text(
        "已发电子证照，可以查看、下载和当面出示。",
        "An electronic licence was issued: read it, download it, or show it to somebody.",
    ),
    "case.open_licence": Text("打开证照", "Open the licence"),
    "case.discard": Text("放弃草稿", "Discard the draft"),
    "case.discard_means": Text(
        "放弃后，已填写的内容和添加的文件不再办理；需要时可以重新申请。",
        "What is filled in and added is then not gone on with; you can apply again at any time.",
    ),
    "case.discard_now": Text("确认放弃", "Discard it"),
    "case.to_counter": Text("请把材料带到窗口", "Bring these papers to the counter"),
    "case.counter": Text("窗口", "Counter"),
    "case.counter_address": Text("地址", "Address"),
    "case.counter_hours": Text("时间", "Hours"),
    "case.counter_phone": Text("电话", "Telephone"),
    "overdue.line": Text(
        "自 {day} 起逾期，应由{who}答复。", "Overdue since {day}: {who} has to answer."
    ),
    "case.remedies": Text("对决定不服的", "If you disagree"),
    "case.help": Text("需要帮助", "Help"),
    "case.known": Text(
        "已为您填好 {count} 项，请核对；不对的直接改。",
        "{count} field is filled in for you: check it, and change it where it is wrong.|{count} "
        "fields are filled in for you: check them, and change what is wrong.",
    ),
    "case.save": Text("保存，下一步", "Save and go on"),
    "case.later": Text("先存着，以后再填", "Save for later"),
    "case.add": Text("添加“{what}”的照片或文件", "Add a photograph or file of: {what}"),
    "case.files": Text(
        "可以用手机拍照；PDF、JPG、PNG，每个不超过 {mb} MB。",
        "A photograph will do: PDF, JPG or PNG, {mb} MB each at most.",
    ),
    "case.file": Text("文件 {n}", "file {n}"),
    "case.remove": Text("删除", "Remove"),
    "case.replaces": Text("换掉原来的文件", "It replaces what was added before"),
    "case.deferrable": Text("可以容缺，受理后再补", "may follow after acceptance"),
    "case.at_counter": Text("不方便拍照的，到窗口交", "Bring these to the counter instead"),
    "case.go_on": Text("下一步：检查并提交", "Next: check and hand in"),
    "case.not_asked": Text(
        "这 {count} 份不用交", "This {count} paper is not asked for|These {count} are not asked for"
    ),
    "case.disagree": Text(
        "登记信息与实际不符，我要补充材料", "A register is wrong: add my own paper"
    ),
    "case.disagree_note": Text(
        "您补充的材料按申请材料办理，不算要求您提供的材料。",
        "What you add is taken as your application material, and does not count as asked for.",
    ),
    "case.holder": Text("由“{who}”办理", "with “{who}”"),
    "case.compared": Text("申请内容与登记信息", "What was given, and what the registers say"),
    "case.not_mine": Text(
        "登记信息只给正在办理的岗位看；要办理，请先领办。",
        "What the registers say is shown to the position that has the case: take it first.",
    ),
    "case.check": Text("核对登记信息", "Compare with the registers"),
    "case.check_note": Text(
        "按本办件查询，不用输入证件号码；申请人看得到每次查询。",
        "Read under this case, without typing a number; the applicant sees each read.",
    ),
    "case.checked": Text("{at} 核对", "compared {at}"),
    "case.field": Text("数据项", "Field"),
    "case.given_by": Text("申请人填写", "Given"),
    "case.register": Text("登记信息", "Register"),
    "case.result": Text("比对", "Result"),
    "case.amended": Text("申请人已更正", "amended"),
    "agrees.differs": Text("不一致", "differs"),
    "agrees.refused": Text("未能核对", "not shown"),
    "agrees.missing": Text("查无记录", "no record"),
    "agrees.not_yet": Text("还没有核对", "not compared yet"),
    "agrees.same_part": Text("一致（只比对显示的部分）", "agrees, as far as it is shown"),
    "agrees.same": Text("一致", "agrees"),
    "agrees.unchecked": Text("没有对应的登记信息", "no register"),
    "case.request": Text("申请使用", "Request use"),
    "case.more_acts": Text("其他步骤", "Other steps"),
    "nav.desk": Text("办件", "Cases"),
    "desk.title": Text("我的办件", "My cases"),
    "desk.lead": Text(
        "今日到期 {due} 件，待办 {waiting} 件，等别人 {stuck} 件",
        "{due} due today or before, {waiting} waiting, {stuck} with others",
    ),
    "desk.next": Text("下一件", "Next case"),
    "desk.due": Text("今日到期和逾期", "Due today, or overdue"),
    "desk.waiting": Text("待办", "Waiting"),
    "desk.stuck": Text("等申请人或其他单位", "With the applicant or another office"),
    "desk.mine": Text("我在办", "mine"),
    "desk.none_due": Text("没有今天到期的办件", "Nothing is due today"),
    "desk.none_waiting": Text("没有待办的办件", "No case waits for you"),
    "desk.none_stuck": Text("没有", "None"),
    "desk.figures": Text("免交材料比例", "Papers not asked for"),
    "desk.formula": Text(
        "本单位事项自启用以来：免交份数 ÷ 事项最初要求的份数（按各件情形），"
        "以及登记信息填好并由申请人确认的"
        "数据项 ÷ 填写的数据项。申请人自己补充、用来说明登记有误的材料不算。",
        "Of your organisation's services since they began: papers spared over those that the first "
        "version asked for in each situation; and fields that registers filled in and applicants "
        "confirmed, over all fields. What applicants add to contradict a register does not count.",
    ),
    "measures.title": Text("办理情况", "How cases are handled"),
    "measures.channels": Text("办理渠道", "Channels"),
    "measures.appointments": Text("预约（次）", "Appointments"),
    "desk.item": Text("事项", "Service"),
    "desk.cases": Text("办件", "Cases"),
    "desk.papers": Text("免交材料（份）", "Papers not asked for"),
    "desk.filled": Text("免填数据项（项）", "Fields filled in"),
    "desk.more": Text("看全部在办事项", "See all open matters"),
    "case_notice.title": Text("公示", "Public notice"),
    "case_notice.heading": Text("{item}公示", "Public notice: {item}"),
    "case_notice.lead": Text(
        "根据{law}，现将下列申请的审核情况公示。对公示内容有异议的，请在公示期内向{office}反映；"
        "反映情况的人，个人信息予以保密。",
        "Under {law}, the following application is made known. Whoever disagrees tells {office} "
        "within the days below; who they are is kept secret.",
    ),
    "case_notice.applicant": Text("申请人", "Applicant"),
    "case_notice.minor": Text("未成年人，姓名不公示", "A person under age, not named"),
    "case_notice.members": Text("共同生活的家庭成员", "Members of the family"),
    "case_notice.persons": Text("{persons} 人", "{persons}"),
    "case_notice.result": Text("审核意见", "Finding"),
    "case_notice.proposed": Text(
        "符合条件，公示期满无异议的，报{office}决定",
        "The conditions are met; without an objection, {office} decides once the days are over",
    ),
    "case_notice.days": Text("公示期", "Days"),
    "case_notice.from_to": Text("{first}至{last}（{days} 天）", "{first} to {last} ({days} days)"),
    "case_notice.objections": Text("反映地点、电话", "Where to object"),
    "case_notice.seal": Text("{office}（盖章）", "{office} (seal)"),
    "case_notice.not_up": Text(
        "还没有登记张贴：公示期从登记之日起算。现在打印，日期按今天张贴。",
        "Not posted yet: the days count from the day on which the posting is entered. Printed now, "
        "they begin today.",
    ),
    "case_notice.left_out": Text(
        "不公示的内容：身份证件号码、住址、收入和财产、健康状况、家庭成员姓名，以及未成年人的姓名。",
        "What is not made known: numbers of documents, address, income and property, health, the "
        "names of the family, and the name of anybody under age.",
    ),
    "case_notice.print": Text("打印公示单", "Print the public notice"),
}
