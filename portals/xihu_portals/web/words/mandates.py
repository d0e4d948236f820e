"""Words of mandates: of whoever gives one, and of whoever acts by it."""

from xihu_platform.words import Text

MANDATES: dict[str, Text] = {
    "nav.my_mandates": Text("授权与代办", "Mandates"),
    "mandates.question": Text("谁可以代我办，我可以代谁办？", "Who acts for me, and I for whom?"),
    "mandates.lead": Text(
        "要代别人办事：先在这里要一个授权码，当面或者打电话告诉对方；对方登录自己的账号输入，看清楚"
        "以后同意。全程不用填写任何人的证件号码。",
        "To act for somebody: get a code here and tell it to them. They sign in to their own "
        "account, type it in, look at what it is for, and agree. No document number is typed.",
    ),
    "mandates.as_myself": Text("改为本人，继续", "Go on as myself"),
    "mandate_done.code": Text(
        "授权码有效，请看清楚下面的内容，再决定是否同意。现在还没有授权。",
        "The code is valid. Read what follows before you agree: nothing is given yet.",
    ),
    "mandate_done.agree": Text(
        "授权已经生效，已通知对方。", "The mandate is in force, and the other is told."
    ),
    "mandate_done.decline": Text(
        "您没有同意，没有产生授权，已通知对方。",
        "You did not agree: nothing is given, and the other is told.",
    ),
    "mandate_done.take_back": Text("请求已取消。", "The request is taken back."),
    "mandate_done.withdraw": Text(
        "授权已收回，立即生效，已通知对方。",
        "The mandate is withdrawn as of now, and the other is told.",
    ),
    "mandate_done.give_up": Text(
        "您不再代办，立即生效，已通知对方。",
        "You have given the mandate up as of now, and the other is told.",
    ),
    "mandate_done.cancel": Text("授权码已取消。", "The code is cancelled."),
    "mandates.made": Text("授权码", "The code"),
    "mandates.made_how": Text(
        "只显示这一次。请当面或者打电话告诉对方本人，不要发给别人。{at} 以前有效，用一次就失效。",
        "It is shown this once. Tell it to the person themselves, and to nobody else. It can be "
        "used once, until {at}.",
    ),
    "mandates.waiting": Text("等您答复的授权请求", "Waiting for your answer"),
    "mandates.asks": Text("{who}请您授权代办", "{who} asks to act for you"),
    "mandates.asks_check": Text(
        "姓名只显示第一个字。请确认授权码是您认识、信任的人本人告诉您的。",
        "Only the first character of the name is shown. Make sure that somebody you know and trust "
        "has told you the code themselves.",
    ),
    "mandates.means": Text("同意以后会怎样", "What it means"),
    "mandates.means_acts": Text(
        "对方以您的名义申请下面的事项，结果归您。",
        "They apply for these services in your name, and the result is yours.",
    ),
    "mandates.means_sees": Text(
        "办这些事项时，对方看得到这些事项要查询的您的信息；别的信息看不到。",
        "For these services they see what is read of you for them, and nothing else.",
    ),
    "mandates.means_told": Text(
        "对方每办一步都会通知您，也记在“谁查过我的信息”里。",
        "You are told of every step, and each look is listed under “Who looked me up”.",
    ),
    "mandates.means_end": Text(
        "您可以随时收回，立即生效。您以前给对方的授权不变，各有各的到期日。",
        "You may withdraw it at any moment, as of that moment. What you gave them before stays as "
        "it is, with its own last day.",
    ),
    "mandates.services": Text("代办哪些事项", "For which services"),
    "mandates.services_out": Text("不想授权的，取消勾选", "Untick what you do not want"),
    "mandates.until": Text("授权到哪一天", "Last day"),
    "mandates.until_earlier": Text(
        "可以提前，最晚 {day}", "Earlier if you wish; {day} at the latest"
    ),
    "mandates.agree": Text("同意授权", "Agree"),
    "mandates.decline": Text("不同意", "Do not agree"),
    "mandates.code_title": Text("别人请您授权？输入授权码", "Somebody asks you? Type in the code"),
    "mandates.code_hint": Text(
        "8 位字母和数字，对方告诉您的。输入以后先看内容，再决定是否同意。",
        "Eight letters and digits that they told you. You first see what it is for, then decide.",
    ),
    "mandates.code": Text("授权码", "Code"),
    "mandates.code_send": Text("下一步：看内容", "Next: see what it is for"),
    "mandates.given": Text("谁可以代我办", "Who may act for me"),
    "mandates.given_none": Text("没有人可以代您办事。", "Nobody may act for you."),
    "mandates.held": Text("我可以代谁办", "Whom I may act for"),
    "mandates.held_none": Text("您没有代别人办事的授权。", "You may act for nobody."),
    "mandates.every": Text("所有事项", "Every service"),
    "mandates.since": Text("{day} 起", "since {day}"),
    "mandates.to": Text("{day} 止", "until {day}"),
    "mandates.ended": Text("已结束（{day}）", "ended ({day})"),
    "mandates.rests_on": Text("依据", "Rests on"),
    "mandates.ends": Text("怎样结束", "How it ends"),
    "mandates.acted": Text("最近一次代办", "Last acted"),
    "mandates.acted_never": Text("还没有办过", "not yet"),
    "mandates.who_acted": Text("看谁办过、查过什么", "See who did and read what"),
    "mandates.withdraw": Text("收回授权", "Withdraw it"),
    "mandates.give_up": Text("不再代办", "Give it up"),
    "mandates.asked": Text("等对方同意", "Waiting for the other's answer"),
    "mandates.take_back": Text("取消请求", "Take it back"),
    "mandates.codes": Text("还没有人用的授权码", "Codes that nobody has used"),
    "mandates.code_until": Text("{at} 以前有效", "can be used until {at}"),
    "mandates.cancel": Text("取消授权码", "Cancel the code"),
    "mandates.ask": Text("我想代别人办事：要一个授权码", "I want to act for somebody: get a code"),
    "mandates.ask_services": Text("勾选要代办的事项", "Tick the services"),
    "mandates.ask_more": Text("更多事项", "More services"),
    "mandates.ask_until": Text(
        "最晚一年，对方可以改得更早", "A year at most; they may choose less"
    ),
    "mandates.ask_send": Text("生成授权码", "Get the code"),
    "nav.mandate_counter": Text("窗口登记授权", "Mandates at the counter"),
    "mandate_counter.question": Text(
        "为到窗口的授权人登记授权", "Register a mandate for whoever stands at the counter"
    ),
    "mandate_counter.lead": Text(
        "代办人先在自己的账号里要授权码。授权人本人带证件和签名的授权委托书到场；您登记以后，由本单位"
        "另一位工作人员核对复核，才生效。",
        "The agent gets a code in their own account. The principal is there in person, with their "
        "document and the signed mandate. It is in force when a colleague has checked it.",
    ),
    "mandate_counter.code": Text("授权码", "Code"),
    "mandate_counter.document": Text("授权人证件号码", "Number of the principal's document"),
    "mandate_counter.document_hint": Text(
        "按出示的证件填写；只保存脱敏编号，不保存号码",
        "As on the document shown; only its pseudonym is kept",
    ),
    "mandate_counter.name": Text("授权人姓名", "Name of the principal"),
    "mandate_counter.paper": Text("授权委托书编号", "Number of the paper"),
    "mandate_counter.paper_hint": Text("例如 SQ-2026-031", "For instance SQ-2026-031"),
    "mandate_counter.send": Text("登记，交复核", "Register it, to be checked"),
    "mandates.counter": Text(
        "对方没有账号、不会上网的，请两人带身份证到政务服务窗口办理。",
        "If the other has no account or does not use the internet, go to a service counter "
        "together, with your documents.",
    ),
}
