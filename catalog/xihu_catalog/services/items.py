"""Service items: what a citizen or a firm comes for, one YAML file for each version of each item.

Fields after GB/T 39046-2020. An item is content of the registry: a new one is added without code.
"""

from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, TypeAdapter, model_validator

from xihu_catalog.registry.folder import registry_folder
from xihu_catalog.registry.reading import BothLanguages, ContentPart, read_content

SERVICES = "services"
ItemId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,35}$")]
ItemType = Literal["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "20"]
"""许可 处罚 强制 征收 给付 检查 确认 奖励 裁决 其他, 公共服务."""
Way = Literal["licensing", "information", "once", "benefit", "plain"]
"""How the law treats papers that are incomplete: 许可法 32, 信息公开条例 30, 浙江最多跑一次 11, the
benefit's own rules, or no rule of its own."""
Audience = Literal["1", "2", "3", "4", "5", "6"]
Channel = Literal["1", "2", "3", "4", "9"]
LICENSING = "01"
WHEN = r"^(not )?[a-z][a-z0-9_]{1,35}$"


class ItemLimit(ContentPart):
    """A period, and where it is written."""

    value: Annotated[int, Field(ge=1, le=400)]
    unit: Literal["working_day", "day"] = "working_day"
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
    when: Annotated[str, StringConstraints(pattern=WHEN)] | None = None
    """The situation in which it is needed: a question (needed where the answer is yes or unknown),
    or `not` and a question (needed where it is no or unknown)."""
    source: RegisterSource | None = None
    asked: AskedReason | None = None
    licence: str | None = None
    """The kind of licence of this platform that serves in its place."""

    @model_validator(mode="after")
    def _is_asked_for_a_reason(self) -> "Material":
        if self.asked is not None and self.source is None:
            raise ValueError("a reason is given only for what a dataset has")
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
    kind: Literal["text", "code", "date", "number", "yes_no"] = "text"
    code_list: str | None = None
    required: bool = True
    from_: RegisterSource | None = Field(default=None, alias="from")


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


class ServiceItem(ContentPart):
    """One version of one item."""

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

    @model_validator(mode="after")
    def _agrees(self) -> "ServiceItem":
        if (self.way == "licensing") != (self.type == LICENSING):
            raise ValueError("licensing, and licensing alone, goes the way of 许可法 32")
        if self.promise is not None and self.promise > self.limit.value:
            raise ValueError("a promise is not longer than the law's limit")
        if (self.fee_cny is None) != (self.fee_basis is None):
            raise ValueError("a fee has a basis")
        asked = {one.id for one in self.questions}
        named = {m.when.removeprefix("not ") for m in self.materials if m.when}
        if unknown := named - asked:
            raise ValueError(f"no question {', '.join(sorted(unknown))}")
        return self


_ITEM = TypeAdapter(ServiceItem)


@lru_cache
def item_versions() -> dict[tuple[str, int], ServiceItem]:
    """Every version of every item, by id and version: cases run on under the one they began with.

    Raises BadRegistry.
    """
    folder = registry_folder() / SERVICES
    found = [read_content(path, _ITEM) for path in sorted(folder.glob("*.yaml"))]
    return {(one.id, one.version): one for one in sorted(found, key=lambda o: (o.id, o.version))}


def service_items() -> dict[str, ServiceItem]:
    """The newest version of each item, by id. Raises BadRegistry."""
    return {name: one for (name, _), one in item_versions().items()}
