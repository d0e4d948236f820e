"""Guesses of what identifies or exposes somebody; in doubt the higher grade (就高从严)."""

import re
from dataclasses import dataclass
from typing import Literal

from xihu_catalog.drafting.guess import Guess, count_text, share_of
from xihu_catalog.drafting.profile import FEW, ProfiledColumn
from xihu_catalog.drafting.terms import bare
from xihu_platform.access.policy import GRADES, Grade, Identifier
from xihu_platform.words import Text

HOLDS = 0.8  # share of right check digits that settles it whatever the header says
SOME = 0.02  # a few identity numbers among other values are identity numbers still
_HEADERS: tuple[tuple[Identifier, str], ...] = (
    ("citizen_id", "身份证|公民身份|身份号|sfz|id_?card|citizen_?id"),
    ("document_number", "证件号|护照|证件编号|document_?n"),
    ("bank_account", "银行.*(账|卡)|账号|账户|卡号|bank_?acc"),
    ("uscc", "信用代码|纳税人识别号|uscc|credit_?code"),
    ("birth_date", "出生|生日|birth"),
    ("mobile", "手机|电话|联系方式|mobile|phone|tel$"),
    ("medical", "诊断|病种|疾病|病历|病史|处方|用药|症状|手术|过敏|diagnos|disease"),
    (
        "income",
        "^(?!.*(居民人均|可支配|营业|预算|财政|税收)).*收入|工资|薪|养老金|退休金|缴费基数|income|salary|wage",
    ),
    (
        "person_name",
        "姓名|联系人|负责人|法定代表人|法人代表|经办人|户主|监护人|申请人|当事人|权利人|人员$|person_?name",
    ),
    ("address", "地址|住址|住所|坐落|居住地$|address"),
)
_ABOUT = "(类别|类型|种类|性质|关系|代码|编号|编码|状态|数|人数|日期|时间|年龄)$"
"""申请人类别 says something of an applicant; it does not name one."""
_SENSITIVE = "宗教|血型|指纹|人脸|基因|残疾|精神|艾滋|传染|犯罪|刑|吸毒|戒毒|社区矫正|性取向"
_PERSONAL = (
    "民族|婚姻|学历|学位|文化程度|户籍|籍贯|职业|政治面貌|年龄|邮箱|车牌|微信|QQ|"
    "配偶|父亲|母亲|子女"
)
_GRADE_OF: dict[Identifier, Grade] = {
    "citizen_id": "L4",
    "document_number": "L4",
    "bank_account": "L4",
    "medical": "L4",
    "income": "L4",
    "person_name": "L3",
    "mobile": "L3",
    "address": "L3",
    "birth_date": "L3",
    "uscc": "L2",
}
_KINDS: tuple[tuple[str, Identifier, Text], ...] = (
    (
        "citizen_id",
        "citizen_id",
        Text("身份证校验位正确", "have right check digits of a citizen ID"),
    ),
    ("uscc", "uscc", Text("两个校验位都正确", "have both check digits of a credit code right")),
    ("mobile", "mobile", Text("是手机号码的样式", "look like mobile numbers")),
    ("bank_account", "bank_account", Text("账号校验位正确", "have the check digit of a bank card")),
    ("address", "address", Text("像地址", "look like addresses")),
    ("person_name", "person_name", Text("像姓名", "look like names of people")),
)
PERSONAL: frozenset[Identifier] = frozenset(_GRADE_OF) - {"uscc"}


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What a field is and why."""

    identifier: Identifier | None
    guesses: tuple[Guess, ...]


def identify(column: ProfiledColumn, *, sampled: bool) -> Sensitivity:
    """The kind of identifier by its values; by the header where values cannot tell."""
    said = said_by(column.header)
    found = _mixed_documents(column, said, sampled=sampled) or _by_values(
        column, said, sampled=sampled
    )
    if found is not None:
        return found
    if said is None:
        return Sensitivity(None, ())
    return _by_header(column, said)


def said_by(header: str) -> Identifier | None:
    """What kind of identifier a header names."""
    kind = next((kind for kind, words in _HEADERS if _has(words, header)), None)
    return None if kind in {"person_name", "address"} and _has(_ABOUT, header) else kind


def floor_of(kind: object) -> Grade | None:
    """The grade a kind of identifier commonly has; none for a firm's code, which is public."""
    return None if kind == "uscc" else next((g for k, g in _GRADE_OF.items() if k == kind), None)


def _has(words: str, header: str) -> bool:
    return re.search(words, bare(header), re.IGNORECASE) is not None


def _mixed_documents(
    column: ProfiledColumn, said: Identifier | None, *, sampled: bool
) -> Sensitivity | None:
    """Identity numbers beside other values: passports, firms, mistakes. They count as documents."""
    share = column.share("citizen_id")
    short = column.longest == column.shortest == 15 and column.share("citizen_shape") >= HOLDS
    if short and said in {"citizen_id", "document_number"}:
        words = share_of(column, "citizen_shape", sampled=sampled)
        why = Text(
            f"{words.zh} 是 15 位身份证的样式", f"{words.en} look like citizen IDs of 15 digits"
        )
        return Sensitivity("citizen_id", (Guess("identifier", why),))
    if share >= (0.97 if said == "document_number" else HOLDS) or share < SOME:
        return None
    if said == "citizen_id" and share >= 0.5:
        return None
    words = share_of(column, "citizen_id", sampled=sampled)
    why = Text(
        f"{words.zh} 身份证校验位正确，其余为别的号码",
        f"{words.en} have right check digits of a citizen ID, the others are other numbers",
    )
    return Sensitivity("document_number", (Guess("identifier", why),))


def _by_values(
    column: ProfiledColumn, said: Identifier | None, *, sampled: bool
) -> Sensitivity | None:
    for kind, identifier, words in _KINDS:
        share = column.share(kind)
        if said == identifier:
            enough = share >= 0.3
        elif identifier == "person_name":
            # Place names and grades are two or three characters too; many different ones are not.
            enough = share >= 0.9 and column.distinct > FEW and said is None
        else:
            enough = share >= HOLDS and said not in {"medical", "income"}
        if enough:
            part = share_of(column, kind, sampled=sampled)
            why = Text(f"{part.zh} {words.zh}", f"{part.en} {words.en}")
            return Sensitivity(identifier, (Guess("identifier", why),))
    return None


def _by_header(column: ProfiledColumn, said: Identifier) -> Sensitivity:
    """The header says what the values do not show: taken as said where it costs no row."""
    if said == "birth_date" and not any(k.startswith("date ") for k in column.counts):
        said_only: Identifier | None = None
    elif said == "uscc" and column.given:
        said_only = None  # a code whose check digits fail would quarantine every row
    elif said == "citizen_id" and column.given:
        said_only = "document_number"
    else:
        said_only = said
    part = count_text(column.counts.get(said, 0), column.given, sampled=False)
    why = Text(
        f"列名如此；{part.zh} 符合，请核对",
        f"the header says so; {part.en} bear it out: look at it",
    )
    if said not in {"citizen_id", "uscc", "bank_account", "mobile"}:
        why = Text("列名如此", "the header says so")
    return Sensitivity(said_only, (Guess("identifier" if said_only else f"{said}?", why),))


Subject = Literal["patients", "people", "firms", "nobody"]


def subject_of(kinds: list[Identifier | None]) -> Subject:
    """Whom a table is about: a person's number, name or telephone makes it one of people."""
    people = any(k in {"citizen_id", "document_number", "person_name", "mobile"} for k in kinds)
    if people:
        return "patients" if "medical" in kinds else "people"
    return "firms" if "uscc" in kinds else "nobody"


def grade(
    column: ProfiledColumn,
    sensitivity: Sensitivity,
    *,
    about: Subject,
    plain: bool,
    money: bool,
    known: Grade | None,
) -> tuple[Grade, Guess]:
    """`plain`: a code, date or region. `known`: grade of the same header in another contract."""
    found, why = _own_grade(column, sensitivity) or _table_grade(about, plain=plain, money=money)
    if known is not None and GRADES.index(known) > GRADES.index(found):
        found, why = known, Text("同名信息项在别的契约中如此", "the same item has it elsewhere")
    return found, Guess("grade", Text(f"{found}：{why.zh}", f"{found}: {why.en}"))


def _own_grade(column: ProfiledColumn, sensitivity: Sensitivity) -> tuple[Grade, Text] | None:
    """What the field itself shows or says."""
    identifier = sensitivity.identifier
    if identifier is not None:
        return _GRADE_OF[identifier], Text(f"类别 {identifier}", f"of the kind {identifier}")
    doubted = next((g.what.rstrip("?") for g in sensitivity.guesses if g.what.endswith("?")), None)
    if doubted is not None:
        doubt = next(k for k in _GRADE_OF if k == doubted)
        return _GRADE_OF[doubt], Text(
            f"可能是 {doubted}，就高从严", f"perhaps {doubted}: in doubt the higher grade"
        )
    if _has(_SENSITIVE, column.header):
        return "L4", Text("列名涉及敏感个人信息（个保法第二十八条）", "sensitive by PIPL art. 28")
    if _has(_PERSONAL, column.header) or column.share("email") > 0.5 or column.share("plate") > 0.5:
        return "L3", Text("列名或内容涉及个人情况", "it says something of a person")
    return None


def _table_grade(about: Subject, *, plain: bool, money: bool) -> tuple[Grade, Text]:
    """What follows from the table it stands in."""
    if about == "patients":
        return ("L3" if plain else "L4"), Text("在就医记录中，就高从严", "in medical records")
    if about == "people":
        return ("L2" if plain else "L3"), Text("在人员表中，就高从严", "in a table of people")
    if about == "firms":
        return ("L3" if money else "L2"), Text("在企业表中，就高从严", "in a table of firms")
    if plain:
        return "L1", Text(
            "代码、日期或地区，不涉及个人或企业", "a code, date or place, nobody's own"
        )
    return "L2", Text("文字或数值，就高从严", "a text or number: in doubt the higher grade")
