"""Words of the list of services and of their guides."""

from xihu_platform.words import Text

GUIDES: dict[str, Text] = {
    "nav.services": Text("办事", "Services"),
    "services.title": Text("办事", "Services"),
    "services.heading": Text("您想办什么事？", "What do you want to get done?"),
    "services.lead": Text(
        "用平常的话说就行，例如“生孩子”“开饭店”。",
        "Say it in your own words, for instance “new baby” or “restaurant”.",
    ),
    "services.label": Text("搜索办事事项", "Search the services"),
    "services.placeholder": Text("想办的事", "What you want to do"),
    "services.find": Text("查找", "Find"),
    "services.found": Text("找到 {count} 个事项", "{count} service found|{count} services found"),
    "services.corrected": Text("按“{text}”查找。", "Searched for “{text}”."),
    "services.none": Text("这里没有“{query}”的事项", "No service here for “{query}”"),
    "services.none_help": Text(
        "可能这件事不在本平台办理。打 {number} 问清到哪里办，或者换个说法再试试。",
        "It may be done elsewhere. Call {number} to ask where, or try other words.",
    ),
    "services.call": Text("打 {number}", "Call {number}"),
    "services.events": Text("人生和开店的大事", "Events of life and business"),
    "services.all": Text("按部门看全部事项", "All services by department"),
    "services.audience": Text("看哪些人的事项", "Whose services"),
    "services.everybody": Text("全部", "All"),
    "services.persons": Text("本人", "Persons"),
    "services.firms": Text("企业", "Firms"),
    "guide.back": Text("全部事项", "All services"),
    "guide.apply": Text("在线办理", "Apply on line"),
    "guide.counter_only": Text(
        "这件事要到窗口办，不能在网上办。", "This is done at the counter, not on line."
    ),
    "guide.eligible": Text("我能不能办", "Am I eligible?"),
    "guide.no_conditions": Text("没有特别的条件。", "There are no special conditions."),
    "guide.bring": Text("我要带什么", "What do I bring?"),
    "guide.bring_nothing": Text("什么都不用带。", "Nothing."),
    "guide.bring_count": Text("带 {count} 份", "{count} paper|{count} papers"),
    "guide.bring_most": Text(
        "按您的情形，最多带 {count} 份",
        "{count} paper at most, as your situation has it|"
        "{count} papers at most, as your situation has it",
    ),
    "guide.spared_count": Text(
        "；{spared} 份由部门之间取得", "; {spared} are had from departments"
    ),
    "guide.or_licence": Text(
        "也可以用您在本平台的电子证照“{what}”，有的不用带；登录后这里会写明",
        "Or your electronic licence “{what}” of this platform: sign in to see it here",
    ),
    "guide.licensed": Text(
        "不用带：您的电子证照可用", "Not to be brought: your electronic licence"
    ),
    "guide.original": Text("原件", "original"),
    "guide.follow": Text(
        "受理后 {days} 个工作日内补交也行", "may follow within {days} working days"
    ),
    "guide.optional": Text("没有也能办", "not compulsory"),
    "guide.spared": Text(
        "免交，由部门之间取得", "Not asked for: the departments get it themselves"
    ),
    "guide.from": Text("来自{office}", "from {office}"),
    "guide.latest": Text(
        "今天提交、不用补正的，最迟 {day} 有结果",
        "Handed in today with nothing missing: decided by {day}",
    ),
    "guide.how_long": Text("要多久", "How long does it take?"),
    "guide.at_once": Text("材料齐全的，当场办好。", "Done on the spot when nothing is missing."),
    "guide.promised": Text("承诺", "Promised"),
    "guide.legal": Text("法定", "By law"),
    "guide.unverified": Text("条文尚待核对。", "The text of the law is still to be checked."),
    "guide.commitment": Text(
        "作出书面承诺就发证，发证后 60 个工作日内检查。",
        "Granted on a written commitment; checked within 60 working days.",
    ),
    "guide.helper": Text("谁来帮我", "Who helps me?"),
    "guide.office": Text("办理单位", "Office"),
    "guide.intake": Text("先由哪里受理", "Received by"),
    "guide.counter": Text("窗口", "Counter"),
    "guide.address": Text("地址", "Address"),
    "guide.hours": Text("时间", "Hours"),
    "guide.phone": Text("电话", "Telephone"),
    "guide.fee": Text("收不收费", "What does it cost?"),
    "guide.free": Text("不收费。", "Nothing."),
    "guide.fees": Text("合计 {amount} 元。", "CNY {amount} together."),
    "guide.fees_most": Text(
        "合计最多 {amount} 元，看您的情形。",
        "CNY {amount} together at most: it depends on your situation.",
    ),
    "guide.costs": Text("{amount} 元", "CNY {amount}"),
    "guide.steps": Text("怎么办", "What happens"),
    "guide.step.submit": Text("提交申请", "You hand in the application"),
    "guide.step.check": Text(
        "核对材料，一次告知缺什么", "It is checked; all gaps are told at once"
    ),
    "guide.step.decide": Text("作出决定", "The decision"),
    "guide.step.decide_2": Text("作出决定，由另一人复核", "The decision, by a second person"),
    "guide.step.deliver": Text("送达结果", "The result is delivered"),
    "guide.step_days": Text("{count} 天", "{count} day|{count} days"),
    "guide.law": Text("依据什么法", "The law"),
    "guide.result": Text("办完得到什么", "The result"),
    "guide.codes": Text("事项编码", "Codes"),
    "guide.basic_code": Text("基本编码", "Basic code"),
    "guide.implementation_code": Text("实施编码", "Implementation code"),
    "guide.version": Text("版本", "Version"),
    "guide.slot": Text("到窗口办要先预约。", "A visit to the counter needs an appointment."),
}
