"""Every reason the door out refuses with: its article, and what would make the read possible."""

from xihu_platform.access.policy import Policy
from xihu_platform.errors import Reason
from xihu_platform.words import Text

GRADING = Text("DB33/T 2351-2021", "DB33/T 2351-2021")
PIPL_45 = Text("《个人信息保护法》第四十五条", "Personal Information Protection Law art. 45")
ORDER_25 = Text("《政务数据共享条例》第二十五条", "Order 809 art. 25")
ORDER_20 = Text("《政务数据共享条例》第二十条", "Order 809 art. 20")
DATA_SECURITY_12 = Text(
    "《网络数据安全管理条例》第十二条", "Network Data Security Regulation art. 12"
)
ORDER_20_21 = Text("《政务数据共享条例》第二十条、第二十一条", "Order 809 art. 20-21")
PIPL_34 = Text("《个人信息保护法》第三十四条", "Personal Information Protection Law art. 34")
PIPL_28_34 = Text(
    "《个人信息保护法》第二十八条、第三十四条", "Personal Information Protection Law art. 28, 34"
)
ORDER_14 = Text("《政务数据共享条例》第十四条", "Order 809 art. 14")


def _reason(code: str, zh: str, en: str, article: Text, remedy_zh: str, remedy_en: str) -> Reason:
    return Reason(code, Text(zh, en), article, Text(remedy_zh, remedy_en))


OPEN_BANNED = _reason(
    "open_banned",
    "这个数据集禁止开放。",
    "This dataset is closed to the public.",
    GRADING,
    "如与您本人有关，请登录后在“我的数据”中查看。",
    "If it is about you, sign in and look under “My data”.",
)
OPEN_RESTRICTED = _reason(
    "open_restricted",
    "这个数据集受限开放。",
    "This dataset is open on conditions only.",
    GRADING,
    "可向数据提供部门提出使用需求。",
    "Ask the providing department for its use.",
)
NOT_OPEN_GRADE = _reason(
    "not_open_grade",
    "该数据项的级别高于 L1，不向公众开放。",
    "This field is graded above L1 and not open to the public.",
    GRADING,
    "公开数据项可直接使用。",
    "The open fields can be used as they are.",
)
SIGN_IN = _reason(
    "sign_in",
    "查看本人数据须先登录。",
    "Sign in to see your own records.",
    PIPL_45,
    "请登录。",
    "Sign in.",
)
REAL_NAME = _reason(
    "real_name",
    "当前实名等级不足。",
    "Your real-name level is too low.",
    PIPL_45,
    "请完成更高等级的实名认证后再试。",
    "Prove your identity to a higher level and try again.",
)
NOT_ABOUT_YOU = _reason(
    "not_about_you",
    "这个数据集不含可对应到您的记录。",
    "This dataset holds no records that belong to you.",
    PIPL_45,
    "请查看“我的数据”列出的数据集。",
    "See the datasets listed under “My data”.",
)
PURPOSE = _reason(
    "purpose",
    "该身份不能以此目的使用数据。",
    "This purpose is not open to you.",
    ORDER_25,
    "请选择与您身份相符的使用目的。",
    "Choose a purpose that fits who you are.",
)
NO_POSITION = _reason(
    "no_position",
    "尚未选择有效的岗位，权限随岗位而定。",
    "No valid position is chosen, and rights come with the position.",
    ORDER_20,
    "请选择一个有效的岗位。",
    "Choose a position that is in force.",
)
AUDITOR = _reason(
    "auditor",
    "审计岗位只查阅审计记录，不查阅数据内容。",
    "An auditor's position reads the log, not the data.",
    DATA_SECURITY_12,
    "如需使用数据，请以业务岗位登录。",
    "To use the data, act in a position whose duty needs it.",
)
OVERSIGHT = _reason(
    "oversight",
    "统筹监督岗位不因职务查看个人信息和 L3 以上数据项。",
    "A position that oversees gives no sight of personal data or of fields graded L3 and above.",
    PIPL_34,
    "如需办理具体事项，请由经办岗位查询。",
    "Let the position that handles the matter ask.",
)
GRANT_NEEDED = _reason(
    "grant_needed",
    "该数据集有条件共享，您的单位尚未获准使用。",
    "This dataset is shared on conditions, and your organisation has no consent yet.",
    ORDER_20_21,
    "请向数据提供部门提出共享申请。",
    "Apply to the providing department.",
)
NOT_GRANTED = _reason(
    "not_granted",
    "该数据项不在已获准的使用范围内。",
    "This field is outside what was granted.",
    ORDER_25,
    "如确需使用，请申请扩大范围。",
    "Apply for a wider scope if it is needed.",
)
CASE_NEEDED = _reason(
    "case_needed",
    "该数据项涉及敏感个人信息，须注明办件号。",
    "This field is sensitive personal information: a case number is needed.",
    PIPL_28_34,
    "请填写办件号后再查询。",
    "Give the case number and ask again.",
)
ABOVE_SHARED = _reason(
    "above_shared",
    "该数据项为 L4 敏感级，不随目录共享。",
    "This field is graded L4 and not shared by the catalogue alone.",
    ORDER_14,
    "请就该数据项单独申请。",
    "Apply for this field by name.",
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
