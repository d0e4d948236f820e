"""Every reason the access gateway refuses with: its article, and what would allow the read."""

from xihu_platform.access.articles import (
    DATA_SECURITY_12,
    GRADING,
    ORDER_13,
    ORDER_14,
    ORDER_20,
    ORDER_20_21,
    ORDER_25,
    PIPL_6,
    PIPL_28_34,
    PIPL_34,
    PIPL_45,
)
from xihu_platform.access.policy import Policy
from xihu_platform.errors import Reason
from xihu_platform.words import Text


def made_reason(
    code: str, zh: str, en: str, article: Text, remedy_zh: str, remedy_en: str
) -> Reason:
    return Reason(code, Text(zh, en), article, Text(remedy_zh, remedy_en))


OPEN_BANNED = made_reason(
    "open_banned",
    "这个数据集禁止开放。",
    "This dataset is closed to the public.",
    GRADING,
    "如与您本人有关，请登录后在“我的数据”中查看。",
    "If it is about you, sign in and look under “My data”.",
)
OPEN_RESTRICTED = made_reason(
    "open_restricted",
    "这个数据集受限开放。",
    "This dataset is open on conditions only.",
    GRADING,
    "需要使用的，可拨打 12345 转数据提供部门提出。",
    "Call 12345 and ask for the providing department.",
)
NOT_OPEN_GRADE = made_reason(
    "not_open_grade",
    "该数据项的级别高于 L1，不向公众开放。",
    "This field is graded above L1 and not open to the public.",
    GRADING,
    "公开数据项可直接使用。",
    "The open fields can be used as they are.",
)
SIGN_IN = made_reason(
    "sign_in",
    "查看本人数据须先登录。",
    "Sign in to see your own records.",
    PIPL_45,
    "请登录。",
    "Sign in.",
)
REAL_NAME = made_reason(
    "real_name",
    "当前实名等级不足。",
    "Your real-name level is too low.",
    PIPL_45,
    "请完成更高等级的实名认证后再试。",
    "Prove your identity to a higher level and try again.",
)
SIGN_IN_LEVEL = made_reason(
    "real_name",
    "本次登录的认证等级不足，敏感数据须按 3 级登录查看。",
    "This sign-in's level is too low: sensitive data asks for level 3.",
    PIPL_28_34,
    "请继续验证后再看。",
    "Verify further, then look again.",
)
"""Of an office; `REAL_NAME` is of a person's own data."""
NOT_ABOUT_YOU = made_reason(
    "not_about_you",
    "这个数据集不含可对应到您的记录。",
    "This dataset holds no records that belong to you.",
    PIPL_45,
    "请查看“我的数据”列出的数据集。",
    "See the datasets listed under “My data”.",
)
MANDATE = made_reason(
    "mandate",
    "您的授权只限于列明的事项，只在办这些事项时查询所需的信息。",
    "Your mandate is for the services that it names: data is read for these alone.",
    Text("《民法典》第一百六十五条", "Civil Code art. 165"),
    "请由本人登录查看，或者从这些事项的办理页面进入。",
    "The person signs in and looks themselves; or come from the page of one of these services.",
)
MANDATE_CODE = made_reason(
    "mandate_code",
    "授权码不能用：可能输错了，也可能已经过期、用过或者取消。",
    "This code cannot be used: it may be mistyped, used, cancelled, or have expired.",
    Text("《民法典》第一百六十五条", "Civil Code art. 165"),
    "请核对后再输入一次，或者请对方重新发一个。",
    "Check it and type it again, or ask for another one.",
)
"""Of every code that does not open a mandate, so that no answer tells why."""
MANDATE_GIVEN_BY_ANOTHER = made_reason(
    "mandate_given_by_another",
    "授权须由本人作出，代办人不能替授权人授权。",
    "A mandate is given by the person themselves and by nobody who acts for them.",
    Text("《民法典》第一百六十五条", "Civil Code art. 165"),
    "请在页面上方改为“本人”，或者请授权人本人登录。",
    "Change to yourself at the top of the page, or let the person sign in.",
)
CASE_OF_ONESELF = made_reason(
    "case_of_oneself",
    "不能办理本人申请或者本人代办的件。",
    "Nobody handles a case that is their own, or that they handed in for somebody.",
    Text("《公务员法》第七十六条", "Civil Servants Law art. 76"),
    "请由本单位的其他人员领办。",
    "Another person of the office takes it.",
)
MANDATE_OF_ONESELF = made_reason(
    "mandate_of_oneself",
    "经办人和复核人不能登记涉及本人的授权。",
    "Nobody registers or checks a mandate of which they are a side.",
    Text("《公务员法》第七十六条", "Civil Servants Law art. 76"),
    "请由本单位的其他人员办理。",
    "Another person of the office does it.",
)
PURPOSE = made_reason(
    "purpose",
    "该身份不能以此目的使用数据。",
    "This purpose is not open to you.",
    ORDER_25,
    "请选择与您身份相符的使用目的。",
    "Choose a purpose that fits who you are.",
)
NOT_COUNTED = made_reason(
    "not_counted",
    "这个数据集涉及个人或企业未公开的信息，不按条件分类计数。",
    "This dataset is about persons, or holds what firms do not publish: its rows are not counted "
    "by their values.",
    PIPL_6,
    "可逐页查看有权查看的记录；统计数请用已登记的指标。",
    "Look at the rows you may see, page by page; for totals use the registered metrics.",
)
NO_POSITION = made_reason(
    "no_position",
    "尚未选择有效的岗位，权限随岗位而定。",
    "No valid position is chosen, and rights come with the position.",
    ORDER_20,
    "请选择一个有效的岗位。",
    "Choose a position that is in force.",
)
AUDITOR = made_reason(
    "auditor",
    "审计岗位只查阅审计记录，不查阅数据内容。",
    "An auditor's position reads the log, not the data.",
    DATA_SECURITY_12,
    "如需使用数据，请以业务岗位登录。",
    "To use the data, act in a position whose duty needs it.",
)
OVERSIGHT = made_reason(
    "oversight",
    "统筹监督岗位不因职务查看个人信息和 L3 以上数据项。",
    "A position that oversees gives no sight of personal data or of fields graded L3 and above.",
    PIPL_34,
    "如需办理具体事项，请由经办岗位查询。",
    "Let the position that handles the matter ask.",
)
GRANT_NEEDED = made_reason(
    "grant_needed",
    "该数据集有条件共享，您的单位尚未获准使用。",
    "This dataset is shared on conditions, and your organisation has no consent yet.",
    ORDER_20_21,
    "请向数据提供部门提出共享申请。",
    "Apply to the providing department.",
)
NOT_PUBLISHED = made_reason(
    "not_published",
    "该数据集的目录条目没有发布，或者已经撤销：只看说明，不看数据。",
    "The dataset's entry is not published, or was withdrawn: its description is open to you, its "
    "data is not.",
    Text("《政务数据共享条例》第十六条", "Order 809 art. 16"),
    "办理情况见待办中的目录条目事项。",
    "The matter of the entry, in your inbox, says how far it is.",
)
NO_LONGER = made_reason(
    "no_longer",
    "下载期间您的使用权限有了变化，其余的行没有发出。",
    "What you may use has changed during the download: the other rows were not sent.",
    ORDER_20_21,
    "请在数据集页面查看现在可以用什么。",
    "The dataset's page says what may be used now.",
)
REGISTRATION_NEEDED = made_reason(
    "registration_needed",
    "该数据集无条件共享，您的单位尚未登记使用。",
    "This dataset is shared without conditions; your organisation has not registered its use.",
    ORDER_20_21,
    "请申请使用，提供部门不得拒绝。",
    "Request its use: nobody may refuse it.",
)
NOT_GRANTED = made_reason(
    "not_granted",
    "该数据项不在已获准的使用范围内。",
    "This field is outside what was granted.",
    ORDER_25,
    "如确需使用，请申请扩大范围。",
    "Apply for a wider scope if it is needed.",
)
CASE_NEEDED = made_reason(
    "case_needed",
    "该数据项涉及敏感个人信息，须凭业务事由查询。",
    "This field is sensitive personal information: a ground is needed.",
    PIPL_28_34,
    "请填写您正在办理的业务事由编号。",
    "Give the number of the ground you are handling.",
)
ABOVE_SHARED = made_reason(
    "above_shared",
    "该数据项为 L4 敏感级，不在无条件共享之列。",
    "This field is graded L4, which is not shared without conditions.",
    ORDER_14,
    "请提供部门将其编入有条件共享的目录，再申请使用。",
    "Ask the provider to catalogue it as shared on conditions, then request it.",
)


STEWARDS_ONLY = made_reason(
    "stewards_only",
    "有问题的记录含有原始值，只有提供部门自己的数据管理员能看。",
    "Quarantined records hold raw values: only the provider's own data steward sees them.",
    PIPL_34,
    "请联系该部门的数据管理员。",
    "Ask the department's data steward.",
)
OFFICIALS_ONLY = made_reason(
    "officials_only",
    "该指标只供履行职责使用。",
    "This metric serves official duties only.",
    ORDER_25,
    "请以公务岗位登录。",
    "Sign in and act in an official position.",
)
AUDITORS_ONLY = made_reason(
    "auditors_only",
    "审计记录只供审计岗位查阅。",
    "The log is for an auditor's position.",
    DATA_SECURITY_12,
    "请以审计岗位登录。",
    "Sign in and act in an auditor's position.",
)
OVERSEERS_ONLY = made_reason(
    "overseers_only",
    "监督页只供首席数据官岗位使用。",
    "Oversight of data is for a chief data officer's position.",
    ORDER_20,
    "请以首席数据官岗位进入。",
    "Act in a chief data officer's position.",
)
IN_OFFICE_ONLY = made_reason(
    "in_office_only",
    "事项由部门的岗位和系统办理。",
    "Matters are handled by positions of departments and by their systems.",
    ORDER_20,
    "请以公务岗位登录。",
    "Sign in and act in an official position.",
)
SYSTEMS_ONLY = made_reason(
    "systems_only",
    "这里由部门自己的业务系统办理办件。",
    "Here a department's own system works with its cases.",
    ORDER_20,
    "请在公务门户的办件页面办理，或者由事项登记的系统调用。",
    "Use the page of the case in the official portal, or call as the system that its item names.",
)
CASE_IS_OVER = made_reason(
    "case_is_over",
    "办件已经办结，申请人提交的内容不再提供给系统。",
    "The case is over: what its applicant gave is not given to systems any more.",
    ORDER_20,
    "需要时由有权岗位依业务事由查阅。",
    "Where it is needed, a position reads it under a ground.",
)
NOT_PROVIDER = made_reason(
    "not_provider",
    "只有数源部门的系统或数据管理员可以推送这个数据集。",
    "Only a system or a data steward of the providing department may push into this dataset.",
    DATA_SECURITY_12,
    "请以该部门的身份推送。",
    "Push as that department.",
)
DRAFTERS_ONLY = made_reason(
    "drafters_only",
    "只有部门的数据管理员或者部门系统可以编写本部门目录条目的草稿。",
    "Only a department's data steward or system writes drafts of its catalogue entries.",
    ORDER_13,
    "请以数据管理员的岗位操作（请求头 X-Xihu-Position）。",
    "Act in the position of a data steward (header X-Xihu-Position).",
)
PORTAL = made_reason(
    "portal",
    "公务岗位只能在公务门户使用。",
    "An office can be used through the official portal only.",
    ORDER_20,
    "请从公务门户登录。",
    "Sign in at the official portal.",
)
OFFICE_LEVEL = made_reason(
    "office_level",
    "当前实名等级不足，不能以公务岗位办事。",
    "Your real-name level is too low to act in an office.",
    DATA_SECURITY_12,
    "请以二级以上实名方式重新登录公务门户。",
    "Sign in to the official portal again at level 2 or above.",
)
PER_CASE = made_reason(
    "per_case",
    "该数据集只能凭业务事由逐人查询，不提供批量明细。",
    "This dataset opens for one subject of one open ground at a time, not in bulk.",
    ORDER_25,
    "请填写您正在办理的业务事由编号；用于统计的，请使用指标。",
    "Give the number of the ground you are handling; for statistics, use the metrics.",
)
NO_BULK = made_reason(
    "no_bulk",
    "该数据集不提供批量下载。",
    "This dataset is not given out in bulk.",
    ORDER_25,
    "请在页面上逐页查阅；用于统计的，请使用指标。",
    "Read it page by page; for statistics, use the metrics.",
)
AGGREGATE_ONLY = made_reason(
    "aggregate_only",
    "该数据集只提供聚合结果，不提供明细。",
    "Only aggregates of this dataset are given, no rows.",
    ORDER_25,
    "请使用由它计算的指标。",
    "Use the metrics made from it.",
)
GROUND_UNKNOWN = made_reason(
    "ground_unknown",
    "在您的岗位名下没有这个编号的在办业务事由。",
    "Your position holds no open ground of this number.",
    PIPL_28_34,
    "请核对编号；事由须由您的岗位承办且尚未办结。",
    "Check the number: the ground must be held by your position and still be open.",
)
GROUND_OWN = made_reason(
    "ground_own",
    "这项业务事由由您本人发起、增加对象或复核，不能由您本人据此查询。",
    "You opened, added to or confirmed this ground yourself, so you may not read under it.",
    PIPL_28_34,
    "请由承办岗位的其他人员办理。",
    "Let somebody else in the handling position do it.",
)
GROUND_UNCONFIRMED = made_reason(
    "ground_unconfirmed",
    "这项业务事由尚未由第二个岗位核对材料并会签。",
    "This ground has not been countersigned by a second position.",
    PIPL_28_34,
    "请本单位另一岗位核对材料后会签。",
    "Have another position of the organisation check the papers and countersign.",
)
GROUND_SCOPE = made_reason(
    "ground_scope",
    "这项业务事由的事项不需要该数据。",
    "The item of this ground does not need this data.",
    ORDER_25,
    "只能使用事项登记的数据项；如确需使用，请先修改事项。",
    "Only what the item lists can be used; have the item changed if it is needed.",
)
GROUND_NO_KEY = made_reason(
    "ground_no_key",
    "该数据集的记录对应不到业务事由中的个人或企业，敏感数据项不提供。",
    "The rows of this dataset belong to no person or firm: nothing sensitive is given.",
    PIPL_28_34,
    "非敏感数据项可直接使用。",
    "The other fields can be used.",
)
GROUND_NO_BULK = made_reason(
    "ground_no_bulk",
    "凭业务事由只能逐页查阅，不能下载。",
    "Under a ground rows are read on the page, not downloaded.",
    PIPL_28_34,
    "请在页面上查阅。",
    "Read them on the page.",
)
ONE_SUBJECT = made_reason(
    "one_subject",
    "这项业务事由涉及多人，须逐人查询。",
    "This ground names several subjects, and the dataset opens for one at a time.",
    ORDER_25,
    "请指明第几位对象（subject）。",
    "Say which one by its number (subject).",
)
SUBJECT_UNKNOWN = made_reason(
    "subject_unknown",
    "这项业务事由中没有这一位对象。",
    "The ground has no such subject for this dataset.",
    ORDER_25,
    "请核对对象的序号。",
    "Check the subject's number.",
)

CLAIM_SCOPE = made_reason(
    "claim_scope",
    "这项业务事由的事项没有列出这项核验。",
    "The item of this ground does not list this verification.",
    ORDER_25,
    "只能核验事项列明的内容，可核验的内容见数据集的契约。",
    "Only what the item lists can be verified; the dataset's contract says what can be at all.",
)
CLAIM_ARGUMENT = made_reason(
    "claim_argument",
    "核验的月份、年份或日期不正确：须按规定写法，不早于 2000 年，且不晚于今天。",
    "The month, year or day of the verification is wrong: written as asked, not before 2000, begun "
    "by today; none where the claim takes none.",
    ORDER_25,
    "请按契约写明，如 2026-09、2026、2026-09-01；不需要的请不要填。",
    "Write it as the contract asks, such as 2026-09, 2026 or 2026-09-01; leave out what is not "
    "asked for.",
)
CLAIM_LIMIT = made_reason(
    "claim_limit",
    "同一业务事由中，对同一人的这项内容已核验 36 个不同的时间，不再答复新的。",
    "Under this ground this claim was verified of this person for 36 different times: no new one "
    "is answered.",
    PIPL_6,
    "此前的答复可以再次查询；确需继续的，请另行说明理由申请。",
    "Earlier answers can be asked for again; if more is needed, apply for it with the reasons.",
)
LIST_GROUND = made_reason(
    "list_ground",
    "名单核验只凭经会签的批量核查事由办理。",
    "A list is verified only under a countersigned collective ground.",
    PIPL_6,
    "请逐人核验，或先办理批量核查的业务事由。",
    "Verify person by person, or have a collective ground opened and countersigned.",
)
LIST_SIZE = made_reason(
    "list_size",
    "名单须有 1 至 10000 人。",
    "A list has 1 to 10,000 persons.",
    PIPL_6,
    "请核对业务事由的名单。",
    "Check the list of the ground.",
)
LIST_TODAY = made_reason(
    "list_today",
    "这项业务事由今天已做过一次名单核验。",
    "A list was verified under this ground today already.",
    PIPL_6,
    "请明天再办；已答复的可逐人查询。",
    "Come again tomorrow; what was answered can be asked for person by person.",
)
LIST_DIFFERENCE = made_reason(
    "list_difference",
    "这份名单与本单位此前核验的一份相差不足 10 人，对比两次结果可推知个人情况。",
    "This list differs from an earlier one of your organisation by fewer than 10 persons: the two "
    "answers together would tell of them.",
    PIPL_6,
    "请使用原名单，或合并为一份新的名单。",
    "Use the earlier list, or one that differs by more.",
)


def share_refused(policy: Policy) -> Reason:
    """A dataset of the class 不予共享 cites the law its provider gave (Order 809 art. 15)."""
    basis = policy.share_basis or Text("未列明", "none given")
    return Reason(
        "share_refused",
        Text("该数据集不予共享。", "This dataset is not shared."),
        basis,
        Text(
            f"依据见条例第十五条：{basis.zh}。如有异议，可提请数据主管部门协调（第二十八条）。",
            f"Basis under art. 15: {basis.en}. A dispute goes to the data authority (art. 28).",
        ),
    )
