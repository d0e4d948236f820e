"""Words of matters: inbox, forms, requests, the page of one matter."""

from xihu_platform.words import Text

MATTERS: dict[str, Text] = {
    "nav.inbox": Text("待办", "Inbox"),
    "entry.content": Text("目录条目的内容", "What the entry says"),
    "entry.changed": Text("更新后的内容", "What the entry will say"),
    "entry.no_change": Text("内容没有变化", "Nothing it says changes"),
    "entry.name": Text("名称", "Title"),
    "entry.share": Text("共享类型", "Sharing"),
    "entry.stored": Text("入库时的处理", "How it is stored"),
    "entry.seen": Text("本部门以外谁看得到", "Who else may see it"),
    "nav.duties": Text("期限与日历", "Periods"),
    "duties.heading": Text("谁该在哪天前办，办到了吗？", "By when, and was it kept?"),
    "duties.lead": Text(
        "法律规定的每个期限、怎样计算、今年办得怎样。逾期由日期推算，不靠登记。",
        "Every period that a law sets, how it is counted, and how it was kept this year. Late is "
        "worked out from dates, never entered.",
    ),
    "duties.source": Text("来源", "Source"),
    "duties.own": Text(
        "本单位 {year} 年答复共享申请的情况", "Your organisation's answers in {year}"
    ),
    "duties.signs": Text(
        "逾期包括视为办理的；“一分钟内办结”和“末日求延”只是复核的线索，不说明有问题。",
        "Late includes what a law deemed. “Within a minute” and “on the last day” are reasons to "
        "look again; they prove nothing.",
    ),
    "duties.calendar": Text(
        "超出已公布年度的日期都是暂定的，公布后重新计算，并告知各方。",
        "Days beyond the last published year are provisional; once it is published they are "
        "counted again and the parties are told.",
    ),
    "kind.drawing": Text("怎么办理", "How it goes"),
    "kind.legend": Text(
        "箭头上的数字是下面“步骤”表的序号；虚线是时间引起的，↻ 是状态不变的步骤，粗框是终态。",
        "The numbers on the arrows are those of the table of events below; dashed is what time "
        "brings about, ↻ what leaves the state as it is, a thick border the end.",
    ),
    "kind.others": Text("其他事项", "Other kinds"),
    "duties.kinds": Text("事项怎么办理", "How each kind of matter goes"),
    "nav.grounds": Text("业务事由", "Grounds"),
    "grounds.heading": Text("我可以为哪些事项查阅？", "What may I look up, and for which case?"),
    "grounds.lead": Text(
        "敏感数据只能按业务事由查阅：只限事由的对象，只限事项开放的数据项，本人随时看得到。",
        "Sensitive data is read under a ground alone: of its own subjects, the fields that its "
        "item opens; and they see it.",
    ),
    "grounds.open": Text("在办", "Open"),
    "grounds.ended": Text("已结束", "Ended"),
    "grounds.new": Text("手工开立业务事由", "Open a ground by hand"),
    "grounds.submit": Text("开立，交同事复核", "Open it for a colleague to confirm"),
    "grounds.subjects": Text("{count} 个对象", "{count} subject|{count} subjects"),
    "grounds.step_open": Text(
        "您对照材料填写：为哪个事项、关于谁、由哪个岗位查阅",
        "You write, from a paper: for which item, about whom, and which position reads",
    ),
    "grounds.step_confirm": Text(
        "本单位另一人对照材料原件复核；复核前什么也看不到",
        "Somebody else in your organisation compares it with the paper; before that it opens "
        "nothing",
    ),
    "grounds.step_read": Text(
        "指定的岗位开始查阅；开立人和复核人不能查阅，对象本人看得到每次查阅",
        "The position named reads; neither you nor whoever confirmed it does; the subjects see "
        "every look",
    ),
    "ground.title": Text("业务事由", "Ground"),
    "ground.matter": Text("办理过程", "how it was opened"),
    "ground.subjects": Text("对象", "Subjects"),
    "ground.note": Text(
        "点数据集名称即为一次查阅，记入日志，本人可见。",
        "Each click on a dataset is a read: it is logged, and the person sees it.",
    ),
    "ground.subject": Text("对象 {number}", "Subject {number}"),
    "ground.firm": Text("单位", "firm"),
    "ground.added": Text("{at}增加", "added {at}"),
    "ground.nothing": Text("事项没有开放关于这类对象的数据", "The item opens nothing about it"),
    "ground.verify": Text("核验", "Verify"),
    "ground.verify_note": Text(
        "只答一致、不一致或查无记录，不给出记录；记入日志，本人可见。",
        "The answer is yes, no or no record: no record is shown. It is logged, and the person "
        "sees it.",
    ),
    "ground.as_of": Text("数据截至 {day}", "data as of {day}"),
    "ground.repeated": Text("以前已答复，按当时的结果", "answered before: this is that answer"),
    "ground.not_alone": Text(
        "不能仅凭“不一致”拒绝，应先向本人核实",
        "“No” alone is never a reason to refuse: ask the person first",
    ),
    "ground.logged": Text("这次查阅已记入日志。", "This look is in the log."),
    "my_uses.grounds": Text(
        "{count} 个业务事由与我有关", "{count} ground names me|{count} grounds name me"
    ),
    "my_uses.grounds_lead": Text(
        "部门办理这些事项时可以查阅我的有关信息；查阅过的，在下面逐条列出。",
        "For these, departments may look at what they need about me; what they did look at is "
        "listed below.",
    ),
    "my_uses.grounds_more": Text(
        "只列出 {shown} 个，在办的和最近的在前", "{shown} of them are listed, open and newest first"
    ),
    "ground.closed": Text("现在不能据此查阅或核验", "Nothing can be read or verified under it now"),
    "my_uses.ground_added": Text("后来增加", "added later"),
    "need.matter": Text("待办事项", "To do"),
    "form.optional": Text("（可不填）", "(optional)"),
    "form.wrong": Text("有内容需要改正", "Something has to be corrected"),
    "inbox.settled": Text(
        "没有期限在计算，也不等任何人办理，例如使用中的授权、已发布的目录条目、已展示的评论；"
        "仍然可以变更、撤下或者终止。",
        "No period runs and no step is due: a grant in use, a published entry, a comment that is "
        "shown. Each can still be changed, taken down or ended.",
    ),
    "inbox.heading": Text("有什么等我办？", "What waits for me?"),
    "inbox.waiting": Text("{count} 件等您办理", "{count} matter waits|{count} matters wait"),
    "inbox.overdue": Text("{count} 件已逾期", "{count} overdue|{count} overdue"),
    "inbox.boxes": Text("列表", "Lists"),
    "inbox.table": Text("事项", "Matters"),
    "inbox.no_day": Text("—", "—"),
    "inbox.since": Text("{ago}起", "since {ago}"),
    "notices.title": Text("待阅", "To read"),
    "notices.heading": Text("有什么新情况？", "What is new?"),
    "notices.lead": Text(
        "您还没有看过的事项进展。打开事项后，其通知标为已读。",
        "What happened in your matters and you have not seen. Opening a matter marks its notices "
        "as read.",
    ),
    "notices.mark": Text("标为已读", "Mark as read"),
    "notices.mark_all": Text("全部标为已读", "Mark all as read"),
    "correction.title": Text("这条记录有误", "This record is wrong"),
    "correction.lead": Text(
        "说明哪一项不对、应该是什么，由{source}核实。",
        "Say what is wrong and what it should be; {source} verifies it.",
    ),
    "correction.steps": Text("提交之后", "After you send it"),
    "correction.marked": Text(
        "这一项随即标为“核实中”，能看到这一项的人都会看到这个标记，看不到是谁提出的、为什么",
        "The item is marked “being verified” at once for everybody who may see it; nobody sees "
        "who asked or why",
    ),
    "correction.verified": Text(
        "{source}核实：有误的更正数据，无误的写明理由和依据",
        "{source} verifies it: corrects the data, or says why it is right and by which article",
    ),
    "correction.told": Text(
        "结果会通知您；更正了的，也会通知查阅过这条记录的单位",
        "You are told the result; where it is corrected, so are the offices that looked at it",
    ),
    "correction.send": Text("提交", "Send"),
    "request.title": Text("申请使用", "Request use"),
    "request.lead": Text(
        "由{provider}提供。本单位写明依据、场景、范围、方式和时限。",
        "Provided by {provider}. State the legal basis, use, scope, mode and term.",
    ),
    "request.steps": Text("怎么办", "What happens"),
    "request.conditions": Text("使用条件", "Conditions of use"),
    "request.save": Text("保存并检查", "Save and check"),
    "request.start": Text("申请使用", "Request its use"),
    "request.under_way": Text(
        "本单位对这个数据集的申请：", "Your organisation's requests for this dataset:"
    ),
    "request.who": Text(
        "申请由本单位的经办人员或数据管理员填写。",
        "A handler or data steward of your organisation writes the request.",
    ),
    "dispute.title": Text("提出争议", "Raise a dispute"),
    "dispute.way": Text("有异议？提出争议", "You disagree? Raise a dispute"),
    "dispute.raise": Text("提出争议", "Raise the dispute"),
    "dispute.negotiate": Text("先与{provider}协商", "First it is negotiated with {provider}"),
    "dispute.coordinate": Text(
        "协商不成的，由本单位负责人提请{authority}协调",
        "What cannot be agreed on, the head of your sharing office brings before {authority}",
    ),
    "dispute.government": Text(
        "协调不成的，报本级人民政府决定；法律没有规定天数",
        "What it cannot settle goes to its government; the law sets no number of days",
    ),
    "matter.linked": Text("相关事项", "See also"),
    "agreement.title": Text("政务数据共享使用约定", "Agreement on shared data"),
    "agreement.in_force": Text("现在有效（{state}）", "In force now ({state})"),
    "agreement.not_in_force": Text("现在不生效（{state}）", "Not in force now ({state})"),
    "agreement.requester": Text("数据需求部门", "Requesting department"),
    "agreement.provider": Text("数据提供部门", "Providing department"),
    "agreement.term": Text("使用时限", "Term"),
    "agreement.days": Text("{first}至{last}", "{first} to {last}"),
    "agreement.conditions": Text("使用条件", "Conditions of use"),
    "agreement.purpose": Text(
        "只用于上述场景，不得超出范围，不得提供给第三方（《政务数据共享条例》第二十五条）。",
        "For the use above alone, within its scope, and handed to nobody else (Order 809 art. 25).",
    ),
    "agreement.logged": Text(
        "每次使用都记入日志，保存三年以上（第二十九条）。",
        "Each use is logged and the record kept for three years at least (art. 29).",
    ),
    "agreement.disposal": Text(
        "目的实现或者期限届满，按提供部门的要求处置数据（第二十七条）。",
        "Once the purpose is reached or the term ends, the data is disposed of as the provider "
        "requires (art. 27).",
    ),
    "agreement.signed": Text("双方审核", "Signed by"),
    "agreement.made": Text(
        "{at} 按平台执行的授权生成。最后一步的摘要：",
        "Made on {at} from the grant that the platform enforces. Digest of the last step:",
    ),
    "nav.backflow": Text("数据回流", "Returned data"),
    "backflow.heading": Text("该回流的数据，来了吗？", "Has the data due back to us arrived?"),
    "backflow.lead": Text(
        "上级业务系统中本地区的数据，按清单回流到履行职责的部门：无需申请（《政务数据共享条例》第二十四条）；契约规定不能下载、只能统计的，照样适用。",
        "Systems of a higher level return the data of an area to the departments there that need "
        "it for a duty, by a list and without a request (Order 809 art. 24). Where the contract "
        "of the data allows no downloads, or totals alone, that applies to it as well.",
    ),
    "backflow.counts": Text("各有几项", "How many of each"),
    "backflow.way": Text("{runs} → {to}", "{runs} → {to}"),
    "backflow.nothing": Text("{day}起应当回流，至今没有", "Due since {day}, and nothing has come"),
    "backflow.ground": Text(
        "第三、四级数据项在业务事由下查看；其余数据项在数据集页面直接使用。",
        "Fields of L3 and L4 open under a ground; the others on the page of the dataset.",
    ),
    "attachments.title": Text("附件", "Files"),
    "attachments.none": Text("还没有附件。", "No file is attached yet."),
    "attachments.looks": Text(
        "只有办理这个事项的人员能打开；每次打开都记入日志。",
        "Only those who handle this matter can open them; each opening is in the log.",
    ),
    "attachments.add": Text("添加一个附件", "Attach a file"),
    "attachments.hint": Text(
        "PDF、JPEG 或 PNG，每个不超过 {mb} MB，最多 {n} 个。不要添加与事项无关的个人信息。",
        "PDF, JPEG or PNG, at most {mb} MB each, {n} in all. Attach no personal data that the "
        "matter does not need.",
    ),
    "attachments.button": Text("添加附件", "Attach"),
    "attachments.added": Text("已添加", "Added"),
    "attachments.later": Text(
        "提交后，可以在办件页面添加证明材料（PDF、JPEG 或 PNG）。",
        "Once it is sent, files that prove it can be added on its page (PDF, JPEG or PNG).",
    ),
    "matter.agreement": Text("共享使用约定（可打印）", "The agreement, to print"),
    "need.say": Text("没有找到？提出数据需求", "Not found? Say what data you need"),
    "need.similar": Text(
        "本部门已提出、正在办理的数据需求", "What your department has said it needs, under way"
    ),
    "dataset.complain": Text(
        "认为应当共享的，提请数据主管部门协调", "It should be shared? Put it to the data authority"
    ),
    "need.catalogue": Text(
        "先提交数据契约并装载数据（xihu publish），再到这里编制，发布后在本页指明数据集。",
        "Hand in the contract and load the data (xihu publish), draw the entry up here, and name "
        "the dataset on this page once it is published.",
    ),
    "need.entry": Text("编制目录条目", "Draw up the entry"),
    "form.choose": Text("请选择", "Choose one"),
    "need.request": Text("申请使用这个数据集", "Request the use of this dataset"),
    "matter.lost": Text("您刚才填写的内容（没有办理）", "What you have written (not handed in)"),
    "matter.expired": Text(
        "使用时限已过，数据已不再开放。请说明使用结束，并按要求处置数据。",
        "The last day of use has passed and the data is closed. Say that the use has ended, and "
        "dispose of the data.",
    ),
    "matter.holder": Text(
        "现由{who}办理，自 {since} 起（{ago}）", "With {who} since {since} ({ago})"
    ),
    "matter.since": Text("自 {since} 起（{ago}）", "Since {since} ({ago})"),
    "matter.private": Text(
        "还没有提交，只有本单位看得到。",
        "Not sent yet: only your organisation knows of it.",
    ),
    "matter.closed_on": Text("{at} 办结", "Closed on {at}"),
    "matter.nothing_to_do": Text("您现在不用做什么。", "There is nothing for you to do now."),
    "matter.acts": Text("您可以办理", "What you can do"),
    "matter.said": Text("内容", "Details"),
    "matter.clocks": Text("期限怎么算", "How the days are counted"),
    "matter.events": Text("经过", "What happened"),
    "matter.parties": Text("各方", "Who takes part"),
    "matter.due": Text("最迟 {day}", "due {day}"),
    "matter.overdue_since": Text("已逾期，最迟应于 {day}", "overdue, was due {day}"),
    "matter.provisional": Text(
        "（暂定：该年度放假安排尚未公布）", "(provisional: that year's calendar is not published)"
    ),
    "matter.paused": Text("中止计算", "paused"),
    "matter.stopped": Text("{day}已办，期限 {due}", "done on {day}, was due {due}"),
    "matter.lapsed": Text("期限 {due}，届满没有办", "not done by {due}, when it ran out"),
    "matter.stopped_late": Text("{day}才办，期限 {due}，逾期", "done late on {day}, was due {due}"),
    "matter.extended": Text("已延长 {n} 个工作日", "extended by {n} working days"),
    "matter.why": Text("逐日说明", "day by day"),
    "matter.unverified": Text("条文待核实", "The text of the law is yet to be verified"),
    "inbox.ways": Text("可以发起的事项", "What you can begin"),
    "rating.title": Text("评价", "Rating"),
    "rating.question": Text("这件事办得怎么样？", "How was it handled?"),
    "rating.once": Text(
        "一件事评价一次，提交后不能更改。评“不满意”“非常不满意”的，承办单位应当整改，并由另一人回访您。",
        "One matter is rated once, and it cannot be changed. Where you are dissatisfied, the "
        "office has to put it right, and somebody else there calls you back.",
    ),
    "rating.level": Text("满意程度", "How satisfied you are"),
    "rating.comment": Text("想说的话", "What you want to say"),
    "rating.comment_hint": Text(
        "承办单位和监督单位看得到；不必写姓名和证件号码",
        "The office and whoever supervises it read it; no name or document number is needed",
    ),
    "rating.send": Text("提交评价", "Submit the rating"),
    "rating.not_counted": Text(
        "承办单位申诉，经核查这个评价不属实，不计入。",
        "The office appealed; it was found that the rating is false, and it is not counted.",
    ),
    "my_matters.title": Text("我的办件", "My matters"),
    "my_matters.question": Text(
        "我提出的事，办到哪一步了？", "What have I asked for, and how far is it?"
    ),
    "my_matters.question_for": Text(
        "{name}提出的事，办到哪一步了？", "What has {name} asked for, and how far is it?"
    ),
    "my_matters.new": Text("有新进展", "News"),
    "my_matters.news": Text(
        "您有 {count} 件办件有新进展",
        "There is news on {count} matter of yours|There is news on {count} matters of yours",
    ),
    "my_matters.lead": Text(
        "您提出的、与您有关的办理事项：由谁办、从什么时候起、最迟哪天办。",
        "What you asked for, and what you take part in: who has it, since when, and by when.",
    ),
    "my_matters.open": Text("正在办理", "Open"),
    "my_matters.objection": Text("认为这个决定不对的，可以", "If you find this wrong:"),
    "my_matters.settled": Text("已有结果", "Settled"),
    "my_matters.settled_note": Text(
        "不用再等谁办理，例如已展示的评论、有效的授权；需要时仍可撤下、删除或者收回。",
        "No step is due: a comment that is shown, a mandate in force. You can still take it down, "
        "erase it or take it back.",
    ),
    "my_matters.ended": Text("已经办结", "Ended"),
    "my_matters.said": Text("您填写的内容", "What you wrote"),
    "my_matters.said_by_office": Text("机关提出的内容", "What the office proposes"),
    "my_matters.nothing_to_do": Text("您现在不用做什么。", "You have nothing to do now."),
    "my_matters.send": Text("提交", "Submit"),
    "my_matters.help": Text(
        "看不明白或者需要帮助，请打 {number}。", "If anything is unclear, call {number}."
    ),
    "dataset.ask_open_note": Text(
        "有 {count} 个数据项没有向社会开放。",
        "{count} field is not open to the public.|{count} fields are not open to the public.",
    ),
    "nav.my_matters": Text("我的办件", "My matters"),
    "matter.recorded": Text("{at} 补记", "entered on {at}"),
}
