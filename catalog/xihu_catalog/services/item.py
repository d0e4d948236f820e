"""What a service item is: fields after GB/T 39046-2020.

An item is content of the registry: a new one is added without code.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from xihu_catalog.registry.faults import WrongContent
from xihu_catalog.registry.reading import BothLanguages, ContentPart

ItemId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,35}$")]
ItemType = Literal["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "20"]
"""许可 处罚 强制 征收 给付 检查 确认 奖励 裁决 其他, 公共服务."""
Way = Literal["licensing", "information", "once", "benefit", "plain"]
"""How the law treats papers that are incomplete: 许可法 32, 信息公开条例 30, 浙江最多跑一次 11, the
benefit's own rules, or no rule of its own."""
Audience = Literal["1", "2", "3", "4", "5", "6"]
Channel = Literal["1", "2", "3", "4", "9"]
LICENSING = "01"
_ASKED = r"(not )?[a-z][a-z0-9_]{1,35}"
WHEN = rf"^{_ASKED}( (and|or) {_ASKED})*$"
When = Annotated[str, StringConstraints(pattern=WHEN)]
"""The situation in which something is needed: questions that are answered yes, or may be; with a
`not` before it one that is answered no, or may be. `and` binds before `or`."""
Situation = tuple[tuple[str, bool], ...]
"""Questions, each with whether it is the no that counts: all of them together."""


def situations(when: str | None) -> list[Situation]:
    """The situations of which any is enough; what is always needed has one without a question.

    >>> situations("married and not abroad or ill"), situations(None)
    ([(('married', False), ('abroad', True)), (('ill', False),)], [()])
    """
    if when is None:
        return [()]
    return [
        tuple((one.removeprefix("not "), one.startswith("not ")) for one in each.split(" and "))
        for each in when.split(" or ")
    ]


def as_written(found: list[Situation]) -> str | None:
    """The same as a file says it; None of what is always needed.

    >>> as_written(situations("married and not abroad or ill")), as_written([()])
    ('married and not abroad or ill', None)
    """
    if () in found:
        return None
    each = (" and ".join(f"not {q}" if no else q for q, no in one) for one in found)
    return " or ".join(dict.fromkeys(each))


class ItemLimit(ContentPart):
    """A period, and where it is written."""

    value: Annotated[int, Field(ge=1, le=400)]
    unit: Literal["working_day", "day"] = "working_day"
    law: BothLanguages | None = None
    """Its law, where that is another one than the item's."""
    article: str
    name: BothLanguages
    extension: int | None = None
    extended_by: BothLanguages | None = None
    verified: bool = False


class ServiceCounter(ContentPart):
    """Where one is served in person, and whom one may ring: no item is published without."""

    name: BothLanguages
    address: BothLanguages
    hours: BothLanguages
    phone: Annotated[str, StringConstraints(pattern=r"^[0-9-]{5,20}$")]


class RegisterSource(ContentPart):
    """The dataset and the fields that hold what a material proves."""

    dataset: str
    fields: Annotated[list[str], Field(min_length=1)]
    only: dict[str, list[str]] = {}
    """Of the records, those whose field has one of these values: of licences, the marriage's."""
    none: bool = False
    """Whether it is proven by there being no such record: no home, no debt."""


class AskedReason(ContentPart):
    """Why a material is asked for although a dataset has it (Order 809 art. 19), and until when."""

    kind: Literal["source_late", "quality_low", "original_needed"]
    until: str
    words: BothLanguages


class Material(ContentPart):
    """One paper that the item's guide names."""

    id: ItemId
    name: BothLanguages
    issuer: BothLanguages
    original: bool = False
    copies: Annotated[int, Field(ge=0, le=9)] = 1
    required: bool = True
    deferrable_days: Annotated[int, Field(ge=0, le=60)] = 0
    """容缺: so many working days after acceptance it may be handed in; 0: not deferrable."""
    when: When | None = None
    source: RegisterSource | None = None
    asked: AskedReason | None = None
    licence: str | None = None
    """The kind of licence of this platform that serves in its place."""

    @model_validator(mode="after")
    def _is_asked_for_a_reason(self) -> "Material":
        if self.asked is not None and self.source is None:
            raise WrongContent(
                "只有数据集里有的，才写仍要提交的理由",
                "a reason is given only for what a dataset has",
            )
        return self


class ItemQuestion(ContentPart):
    """A situation; whoever does not know is not taken to have said no."""

    id: ItemId
    text: BothLanguages
    hint: BothLanguages | None = None
    bars: BothLanguages | None = None
    """What is said to those who answer no where the item then is not for them, with what is."""


class ItemField(ContentPart):
    """One field of the form, and where its value comes from."""

    id: ItemId
    title: BothLanguages
    kind: Literal["text", "code", "date", "number", "yes_no", "phone"] = "text"
    past: bool = False
    """Of a date: a day that has been, as that of a birth, and never one to come."""
    code_list: str | None = None
    required: bool = True
    when: When | None = None
    from_: RegisterSource | None = Field(default=None, alias="from")

    @model_validator(mode="after")
    def _is_a_day(self) -> "ItemField":
        if self.past and self.kind != "date":
            raise WrongContent("past 只用于日期（kind: date）", "past is said of a date alone")
        return self


class ItemStep(ContentPart):
    """A step of the office beside checking and deciding, such as a visit or a public notice."""

    id: ItemId
    title: BothLanguages
    kind: Literal["visit", "notice", "expert_review"]
    days: Annotated[int, Field(ge=0, le=60)] = 0


class ItemIntake(ContentPart):
    """An office that receives and checks before the implementing body decides: a township."""

    body: str
    """USCC."""
    limit: ItemLimit


class FirstVersion(ContentPart):
    """What the item asked for when it was first published: the measure of what is spared."""

    papers: Annotated[int, Field(ge=0, le=40)]
    fields: Annotated[int, Field(ge=0, le=100)]


class ItemPart(ContentPart):
    """One item of a bundle 一件事, and what of the bundle's form and papers goes to it: by its own
    ids, those of the bundle."""

    item: ItemId
    version: Annotated[int, Field(ge=1, le=99)]
    after: list[ItemId] = []
    """Parts that are granted before it begins; none: it begins with the bundle."""
    when: When | None = None
    """The situation in which it is applied for."""
    questions: dict[str, str]
    fields: dict[str, str]
    papers: dict[str, str]
    answers: dict[str, Literal["yes", "no"]] = {}
    """Questions of the item whose answer follows from the bundle."""


class ServiceItem(ContentPart):
    """One version of one item, or of a bundle of items."""

    id: ItemId
    version: Annotated[int, Field(ge=1, le=99)]
    name: BothLanguages
    summary: BothLanguages
    basic_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{10}$")]
    implementation_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{24}$")]
    type: ItemType
    way: Way
    law: BothLanguages
    level: Literal["1", "2", "3", "4", "5", "6"]
    body: str
    """USCC of the implementing body."""
    system: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,60}$")] | None = None
    """Client id of the body's own system that works with its cases. The newest version counts for
    the cases of all: where it names none any more, no system does. No part of the kind."""
    audience: Annotated[list[Audience], Field(min_length=1)]
    channels: Annotated[list[Channel], Field(min_length=1)]
    intake: ItemIntake | None = None
    limit: ItemLimit
    promise: Annotated[int, Field(ge=1, le=400)] | None = None
    """Working days; shorter than the law's, it binds (浙江最多跑一次 12)."""
    immediate: bool = False
    commitment: bool = False
    """告知承诺: granted on a commitment, checked within 60 working days."""
    deciders: Literal[1, 2] = 1
    fee_cny: str | None = None
    fee_basis: BothLanguages | None = None
    slot: bool = False
    result: BothLanguages
    licence: str | None = None
    conditions: list[BothLanguages] = []
    questions: list[ItemQuestion] = []
    materials: list[Material]
    form: list[ItemField]
    steps: list[ItemStep] = []
    first_version: FirstVersion
    counter: ServiceCounter
    words: list[str] = []
    """What people call it, in both languages."""
    parts: list[ItemPart] = []
    """Of a bundle, what it is made of; an item has none."""

    @model_validator(mode="after")
    def _agrees(self) -> "ServiceItem":
        if (self.way == "licensing") != (self.type == LICENSING):
            raise WrongContent(
                "行政许可（type 01）须用 way: licensing，其他类型不能用",
                "licensing, and licensing alone, goes the way of 许可法 32",
            )
        if self.promise is not None and self.promise > self.limit.value:
            raise WrongContent(
                "承诺时限不能长于法定时限", "a promise is not longer than the law's limit"
            )
        if (self.fee_cny is None) != (self.fee_basis is None):
            raise WrongContent("收费的须写明依据", "a fee has a basis")
        asked = {one.id for one in self.questions}
        whens = [one.when for one in self.materials] + [one.when for one in self.form]
        whens += [one.when for one in self.parts]
        named = {q for when in whens for one in situations(when) for q, _ in one}
        if unknown := named - asked:
            names = ", ".join(sorted(unknown))
            raise WrongContent(f"没有情形 {names}", f"no question {names}")
        return self
