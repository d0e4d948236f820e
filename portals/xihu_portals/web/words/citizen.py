"""Words of the citizen portal."""

from xihu_platform.words import Text

CITIZEN: dict[str, Text] = {
    "home.title": Text("首页", "Home"),
    "home.question": Text("您想办什么、查什么？", "What would you like to do or find out?"),
    "home.search_label": Text("搜索办事、数据和指标", "Search services, data and figures"),
    "home.placeholder": Text("几个字或拼音", "A few words"),
    "home.popular": Text("例如：", "For example:"),
    "home.notices": Text("通知", "Notices"),
    "home.doors": Text(
        "三个入口",
        "Three ways in",
    ),
    "home.figures": Text("全省近况", "The province at a glance"),
    "notice.since": Text("自 {at}", "since {at}"),
    "door.my_data.title": Text("我的数据", "My data"),
    "door.my_data.line": Text("政府部门有我的哪些信息", "What departments hold on me"),
    "door.my_uses.title": Text(
        "谁查过我的信息",
        "Who looked me up",
    ),
    "door.my_uses.line": Text(
        "谁查过、为了什么事、查了哪几项",
        "Who, what for, and which items",
    ),
    "door.open.title": Text("开放数据", "Open data"),
    "door.open.line": Text("人人可以查看和下载", "For everyone to read and download"),
    "door.open.count": Text(
        "{count} 个数据集，人人可用", "{count} dataset, open to all|{count} datasets, open to all"
    ),
    "search.title": Text("开放数据", "Open data"),
    "search.heading": Text("有没有这方面的数据？", "Is there data on it?"),
    "search.found": Text("找到 {count} 项", "{count} result|{count} results"),
    "search.count": Text("{count} 个开放数据集", "{count} open dataset|{count} open datasets"),
    "search.closed": Text(
        "另有 {count} 个数据集不向公众开放，看看是哪些、为什么",
        "{count} more dataset is not open to the public: which, and why|"
        "{count} more datasets are not open to the public: which, and why",
    ),
    "search.empty_open": Text("没有开放的“{query}”数据集", "No open dataset for “{query}”"),
    "search.empty_help": Text(
        "换个说法再试试，例如少写几个字。想办事、找不到怎么办，或者想要没有开放的数据，都可以打电话问。",
        "Try other or fewer words. For something to be done, or data that is not open, call.",
    ),
    "search.about": Text("详细介绍：", "More about"),
    "search.ask_phone": Text("打 {number} 申请开放", "Call {number} to ask for it"),
    "search.call": Text("打 {number} 咨询", "Call {number}"),
    "dataset.region_only": Text(
        "预览和下载只含{region}的数据。", "Preview and downloads hold {region} only."
    ),
    "dataset.all_regions": Text("看全部地区", "Show all regions"),
    "elder.more": Text(
        "想看每个字段、预览和质量，请按页面上方的“普通版”。",
        "For fields, preview and quality, press “Normal text” at the top of the page.",
    ),
    "proving.title": Text("怎样做实名认证", "How to prove who I am"),
    "proving.lead": Text(
        "个人信息只给本人看，所以要先确认是您本人。认证一次，以后都有效，不收费。",
        "Personal information is shown to the person alone, so who you are is confirmed first. "
        "It is done once, and free.",
    ),
    "proving.counter": Text("到窗口办", "At a counter"),
    "proving_step.1": Text(
        "带上本人有效身份证件，去就近的政务服务中心。",
        "Take your valid identity document to the nearest government service centre.",
    ),
    "proving_step.2": Text(
        "在综合窗口说“我要做实名认证”，当场核对证件和本人。",
        "Ask at the general counter for identity proofing; document and person are compared "
        "there and then.",
    ),
    "proving_step.3": Text(
        "办好后回到这里重新登录，就能看到您的信息。",
        "Then come back here and sign in again to see your records.",
    ),
    "proving.phone": Text("先打电话问", "Ask by telephone first"),
    "proving.phone_how": Text(
        "问最近的窗口在哪里、几点开门。行动不便的，可以请工作人员上门，或由家人代问。",
        "Ask where the nearest counter is and when it is open. If you cannot come, ask for a "
        "visit at home; your family may call for you.",
    ),
    "proving.call": Text("打 {number}", "Call {number}"),
    "proving.levels": Text("不同等级能看什么", "What each level shows"),
    "proving_level.1": Text("一级：只有账号", "Level 1: an account only"),
    "proving_shows.1": Text("开放数据", "open data"),
    "proving_level.2": Text("二级：核对过证件", "Level 2: document checked"),
    "proving_shows.2": Text(
        "您的一般信息，以及谁查过它", "your ordinary records, and who looked them up"
    ),
    "proving_level.3": Text("三级：证件和本人都核对过", "Level 3: document and person checked"),
    "proving_shows.3": Text(
        "您的全部信息，包括就诊、银行账户等敏感信息",
        "all of your records, hospital visits and bank accounts too",
    ),
    "proving.online": Text(
        "网上认证还没有开通。", "Proving who you are on line is not possible yet."
    ),
    "verify.title": Text("核验证照", "Check a licence"),
    "verify.erased": Text("内容已删除的证照", "A licence whose content was erased"),
    "verify.state": Text("现在的状态", "State now"),
    "verify.since": Text("这个状态从哪天起", "In that state since"),
    "verify.issuer": Text("发证机关", "Issuer"),
    "verify.holder": Text("持证者", "Holder"),
    "verify.stands": Text("这份证照目前的状态：{state}。", "This licence is {state} now."),
    "verify.who": Text(
        "请对照证照上的姓名与本人的身份证件：这一页只显示姓名的第一个字。",
        "Compare the name on the licence with an identity document: this page shows the first "
        "character of the name and no more.",
    ),
    "verify.file": Text(
        "这一页只说状态。文件是否被改动，用 xihu licence verify 或者能验 PDF 签章的软件核对。",
        "This page tells the state alone. Whether the file was changed is checked by xihu licence "
        "verify, or any program that checks seals of PDF files.",
    ),
    "my_data.title": Text("我的数据", "My data"),
    "my_data.named": Text("授权您办的事项", "The services that you may apply for"),
    "my_data.named_until": Text("授权到 {day} 为止。", "Your mandate ends on {day}."),
    "my_data.named_open": Text("授权没有写明到期日。", "Your mandate has no last day."),
    "my_data.question": Text("政府部门有我的哪些信息？", "What does the state hold on me?"),
    "my_data.lead": Text(
        "下面是各部门登记的、与您有关的信息。以您手里的证件为准，登记错了可以要求更正。",
        "This is what departments have on record about you. Your own documents prevail: "
        "what is wrong can be put right.",
    ),
    "my_data.question_for": Text(
        "政府部门有{name}的哪些信息？", "What does the state hold on {name}?"
    ),
    "my_data.lead_for": Text(
        "下面是各部门登记的、与所代办单位或个人有关的信息。登记错了可以要求更正。",
        "This is what departments have on record about the one you act for. "
        "What is wrong can be put right.",
    ),
    "my_data.summary": Text(
        "{departments} 个部门有您的记录，共 {count} 条。",
        "{departments} departments hold {count} record.|"
        "{departments} departments hold {count} records.",
    ),
    "my_data.summary_at": Text("最近一次更新：{at}。", "Last updated {at}."),
    "my_data.uses": Text(
        "看看谁查过这些信息",
        "See who looked it up",
    ),
    "my_data.areas": Text("生活领域", "Areas of life"),
    "my_data.source": Text("来自 {source}", "From {source}"),
    "my_data.as_of": Text("数据截至 {at}", "data as of {at}"),
    "my_data.loaded_at": Text("装载于 {at}", "loaded at {at}"),
    "my_data.no_records": Text("这里没有记录。", "There is no record here."),
    "my_data.withheld": Text(
        "有 {count} 项不能看，为什么？",
        "{count} item not shown: why?|{count} items not shown: why?",
    ),
    "my_data.more_records": Text("其余 {count} 条", "{count} more record|{count} more records"),
    "my_data.withheld_title": Text(
        "有、但现在不能看的信息",
        "Information that exists but is not shown",
    ),
    "my_data.wrong": Text("这里不对", "This is wrong"),
    "my_data.correct": Text("这条记录有误，申请更正", "This record is wrong: have it corrected"),
    "my_data.wrong_how": Text(
        "可以在记录下面申请更正；也可以带证件到下面的部门，或者打 {number}，"
        "说明哪一项不对，并报出数据编号。",
        "Ask for a correction below the record itself; or take your document to the department "
        "below, or call {number}: say which item is wrong and give the dataset's id.",
    ),
    "my_data.wrong_dataset": Text("数据编号", "Dataset id"),
    "my_data.wrong_to": Text("找谁更正", "Who corrects it"),
    "my_uses.title": Text(
        "谁查过我的信息",
        "Who looked me up",
    ),
    "my_uses.question": Text(
        "谁查过我的信息，为了什么事？", "Who looked up my data, and what for?"
    ),
    "my_uses.lead": Text(
        "部门每次查阅您的信息都会留下记录，改动会被发现。",
        "Each time a department looks up your data it leaves a record; a change to it would be "
        "noticed.",
    ),
    "my_uses.count": Text("共 {count} 次", "{count} look|{count} looks"),
    "my_uses.only_oneself": Text(
        "下面是您本人信息的查阅记录。您代办的单位或个人，查阅记录还不能在这里看。",
        "These are about yourself; those about the one you act for cannot be seen here yet.",
    ),
    "my_uses.earlier": Text(
        "当天还有 {count} 次同样的查阅",
        "the same once more that day|the same {count} times more that day",
    ),
    "my_uses.own": Text("您本人", "You yourself"),
    "my_uses.own_count": Text(
        "查看本人数据 {count} 次",
        "looked at your own records once|looked at your own records {count} times",
    ),
    "my_uses.own_all": Text("逐次列出", "List each"),
    "my_uses.empty": Text(
        "这段时间没有人查过",
        "Nobody looked in this time",
    ),
    "my_uses.empty_help": Text(
        "有部门查阅您的信息时，这里会写明是谁、为了什么事。",
        "When a department looks up your information, this page says who and what for.",
    ),
    "my_uses.how": Text("怎样核验一条记录", "How to check an entry yourself"),
    "use.seen": Text(
        "查了",
        "Saw",
    ),
    "use.case": Text("案件编号", "Case number"),
    "use.decision": Text("结果", "Decision"),
    "use.wanted": Text("想查", "Wanted to see"),
    "use.verified": Text("核验了（未提供记录）", "Verified, without a record being shown"),
    "use.allowed": Text("允许", "Allowed"),
    "use.refused": Text("已拒绝，对方什么也没有看到", "Refused: nothing was seen"),
    "use.verify": Text("核验这条记录", "Verify this entry"),
    "use.verify_of": Text("核验这条记录（{id}）", "Verify this entry, {id}"),
    "use.proof": Text("下载证明", "Download the proof"),
    "use.proof_of": Text("下载证明（{id}）", "Download the proof of entry {id}"),
    "proof.busy": Text("正在您的浏览器里核验……", "Checking in your browser…"),
    "proof.holds": Text(
        "核验通过：第 {entry} 条在共 {size} 条的日志中，一字未改；日志签名于 {at}。",
        "It holds: entry {entry} is in the log of {size} entries, unchanged; the log was signed "
        "on {at}.",
    ),
    "proof.unsigned": Text(
        "第 {entry} 条在共 {size} 条的日志中，一字未改；本浏览器不能核对日志的签名，"
        "可下载证明另行核对。",
        "Entry {entry} is in the log of {size} entries, unchanged. This browser cannot check the "
        "log's signature: download the proof to check it elsewhere.",
    ),
    "proof.broken": Text(
        "核验不通过：这条记录与日志不符。请下载证明，并告知主管部门。",
        "It does not hold: this entry does not agree with the log. Download the proof and tell "
        "the authority in charge.",
    ),
    "proof.failed": Text(
        "没有取到证明，请稍后再试。", "The proof could not be fetched: try again later."
    ),
    # An entry of another catalogue
    "harvested.kind": Text("其他目录的数据集", "Dataset of another catalogue"),
    "harvested.note": Text(
        "本条目收录自“{source}”，数据在来源处，由来源单位负责；本平台没有这份数据。",
        "This entry comes from the catalogue “{source}”. The data is there, and its publisher "
        "answers for it; this platform has no copy.",
    ),
    "harvested.at": Text("{moment} 收录。", "Harvested {moment}."),
    "harvested.page": Text("在来源查看", "See it at its source"),
    "harvested.leaves": Text("点击后离开本网站。", "These links lead away from this site."),
    "harvested.no_address": Text("来源没有给出可用的地址", "its source gives no usable address"),
    "harvested.no_files": Text(
        "来源没有列出可以下载的文件，请到来源查看。",
        "The source lists no file to download: see the entry at its source.",
    ),
    "harvested.about": Text("来源的说明", "What the source says"),
    "harvested.keywords": Text("关键词", "Keywords"),
    "harvested.elsewhere": Text("数据在其他目录", "Data at another catalogue"),
}
