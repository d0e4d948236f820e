"""What the routes of matters take and answer."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from xihu_catalog.sharing.metrics import DepartmentMetrics
from xihu_platform.access.row_keys import REF_LIMIT
from xihu_platform.matters.command import CODES_LIMIT, NUMBER_LIMIT, TEXT_LIMIT
from xihu_platform.matters.definition import Need, Outcome, PartyKind, Taken
from xihu_platform.matters.inbox import Box
from xihu_platform.statute.due import Why
from xihu_platform.words import Text
from xihu_portals.api.schemas.base import Shape, note

CODE_LIMIT = 80
VALUES_LIMIT = 50
"""Values of one event: no kind takes as many."""
Name = Annotated[str, Field(max_length=CODE_LIMIT)]
GivenValue = (
    Annotated[str, Field(max_length=TEXT_LIMIT)]
    | Annotated[int, Field(ge=-NUMBER_LIMIT, le=NUMBER_LIMIT)]
    | Annotated[list[Name], Field(max_length=CODES_LIMIT)]
)
"""A text, a code or a day; a whole number; codes."""
Given = Annotated[
    dict[Name, GivenValue],
    note("填写的内容，按名称", "What the event takes, by name", maxProperties=VALUES_LIMIT),
    Field(max_length=VALUES_LIMIT),
]
Key = Annotated[
    str,
    note("这次操作的编号：重发不会重复办理", "Names this act: sent again under it, it acts once"),
    Field(pattern=r"^[A-Za-z0-9_\-]{8,80}$"),
]
Value = str | int | list[str]
MatterId = Annotated[int, note("事项序号，用于地址", "Number of the matter, as addresses take it")]
MatterNumber = Annotated[str, note("事项编号", "Number of the matter as people name it")]
EventName = Annotated[str, note("事件名称", "Name of the event")]
Values = Annotated[
    dict[str, Value], note("编号、日期和数字，按名称", "Codes, days and numbers, by name")
]
Texts = Annotated[
    dict[str, str],
    note("您可以看到的文字内容，按名称", "What was written and the caller may read, by name"),
]


class StrictBody(BaseModel):
    """A body: each of its members is known and is of its own type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class DataRequest(StrictBody):
    """A request for a dataset of another department."""

    key: Key
    values: Given


class RecordReported(StrictBody):
    """A field of a record that the caller was shown and says is wrong."""

    key: Key
    row: Annotated[
        str,
        note("记录的引用：读取记录时带 refs=true 得到", "The record: read rows with refs=true"),
        Field(min_length=1, max_length=REF_LIMIT),
    ]
    field: Annotated[Name, note("数据项", "The field")]
    claimed: Annotated[
        str, note("应为", "What it should be"), Field(min_length=1, max_length=TEXT_LIMIT)
    ]
    reason: Annotated[
        str, note("理由", "The reason, in words"), Field(min_length=1, max_length=TEXT_LIMIT)
    ]
    evidence: Annotated[Name, note("证明材料编号", "Number of the paper that proves it")]


class MatterAsked(StrictBody):
    """A matter to open: the entry of a dataset, a need for data, a complaint, or a report of an
    incident or a flaw."""

    kind: Annotated[
        Literal["catalogue_entry", "complaint", "data_need", "incident", "vulnerability"],
        note("事项种类", "Kind of the matter"),
    ]
    key: Key
    values: Given


class StepAsked(StrictBody):
    """One event of a matter, as the caller wants it."""

    event: Annotated[str, note("要办理的一步", "The event", minLength=1), Field(max_length=80)]
    key: Key
    version: Annotated[
        int,
        note("您看到的版本", "The version that was seen"),
        Field(ge=0, le=NUMBER_LIMIT),
    ]
    values: Given = {}
    reason: Annotated[
        str | None, note("理由", "The reason, in words"), Field(max_length=TEXT_LIMIT)
    ] = None
    article: Annotated[
        str | None, note("法律依据", "The article it rests on"), Field(max_length=CODE_LIMIT)
    ] = None
    evidence: Annotated[
        str | None, note("证明材料编号", "Number of the evidence"), Field(max_length=CODE_LIMIT)
    ] = None


class ActAnswer(Shape):
    """What an act came to."""

    matter: MatterId
    number: MatterNumber
    seq: Annotated[int, note("事件序号", "Number of the event within the matter")]
    state: Annotated[str, note("办理后的状态", "The state it led to, by name")]
    version: Annotated[int, note("办理后的版本", "The version it led to")]
    replayed: Annotated[
        bool,
        note("以前已用同一编号办理过", "Done before under the same key: this is that answer"),
    ]


class InBoth(Shape):
    """Words in both languages."""

    zh: Annotated[str, note("中文", "In Chinese")]
    en: Annotated[str, note("英文", "In English")]

    @classmethod
    def of(cls, words: Text) -> "InBoth":
        return cls(zh=words.zh, en=words.en)


class TakesPart(Shape):
    """Who takes part in a matter, in which role."""

    role: Annotated[str, note("角色", "The role, by name")]
    kind: Annotated[PartyKind, note("单位、企业或个人", "An organisation, a firm or a person")]
    key: Annotated[
        str | None,
        note("统一社会信用代码；个人不给出", "The USCC; null for a person"),
    ]


class MatterEntry(Shape):
    """One matter in a list."""

    id: MatterId
    number: MatterNumber
    kind: Annotated[str, note("事项种类", "Its kind")]
    title: Annotated[InBoth, note("名称", "What such matters are called")]
    about: Annotated[str | None, note("所涉数据集", "The dataset that it is about")]
    state: Annotated[str, note("状态", "Its state, by name")]
    state_title: Annotated[InBoth, note("状态名称", "Its state in words")]
    owner: Annotated[
        list[TakesPart], note("由谁办理；办结后为空", "Who has to act; nobody once it is closed")
    ]
    since: Annotated[datetime, note("到其手中的时间", "When it came into these hands")]
    due: Annotated[date | None, note("办理期限", "The last day to act")]
    firm: Annotated[
        bool, note("放假安排已公布，期限确定", "Whether the calendar of that day is published")
    ]
    overdue: Annotated[bool, note("是否逾期", "Whether that day has passed")]


class MatterList(Shape):
    """One page of a list of matters."""

    box: Annotated[Box, note("哪个列表", "Which list")]
    waiting: Annotated[int, note("待办总数", "How many wait for the caller")]
    overdue: Annotated[int, note("其中逾期的", "How many of those are overdue")]
    more: Annotated[bool, note("后面还有", "Whether there is a page after this one")]
    matters: Annotated[list[MatterEntry], note("事项", "The matters of this page")]


Counted = int
Rate = Annotated[float | None, Field(ge=0, le=100)]


class RefusedUnder(Shape):
    """Refusals that name one article."""

    article: Annotated[str, note("依据的条款", "Article that the refusals name")]
    number: Annotated[Counted, note("次数", "How many")]


class DepartmentFigures(Shape):
    """How one department answered, what came of it, and signs that call for a look."""

    organisation: Annotated[str, note("统一社会信用代码", "Unified social credit code")]
    begun: Annotated[Counted, note("起算的期限", "Periods that began")]
    answered: Annotated[Counted, note("已答复", "Of these, answered")]
    in_time: Annotated[Counted, note("按时答复", "Answered in time")]
    late: Annotated[Counted, note("逾期，含视为办理", "Late, what a law deemed included")]
    deemed: Annotated[Counted, note("视为办理", "Ended by a law, nobody having acted")]
    reopened: Annotated[Counted, note("重新起算", "Begun again in the same matter")]
    on_time_rate: Annotated[Rate, note("按时率，%", "In time among in time and late, per cent")]
    median_days: Annotated[
        float | None, note("答复天数的中位数", "Median of the calendar days to an answer")
    ]
    extended: Annotated[Counted, note("延期", "Extended")]
    extension_rate: Annotated[Rate, note("延期率，%", "Extended among begun, per cent")]
    refusals: Annotated[list[RefusedUnder], note("不同意，按条款", "Refusals by article")]
    corrections: Annotated[Counted, note("更正数据", "Corrections made in its data")]
    grants: Annotated[Counted, note("授权", "Grants given on requests")]
    unread: Annotated[Counted, note("从未使用的授权", "Grants under which nobody has read")]
    reads: Annotated[
        Counted, note("授权后的读取", "Reads by those departments since their requests")
    ]
    grounds: Annotated[Counted, note("业务事由", "Grounds opened by the department")]
    by_hand: Annotated[Counted, note("其中手工", "Of these, by hand")]
    within_minute: Annotated[Counted, note("一分钟内答复", "Answered within a minute")]
    on_last_day: Annotated[
        Counted, note("末日求延", "More time asked for, or a pause, on the last day")
    ]

    @classmethod
    def of(cls, one: DepartmentMetrics) -> "DepartmentFigures":
        rates = {"on_time_rate": one.on_time_rate, "extension_rate": one.extension_rate}
        named = [RefusedUnder(article=article, number=number) for article, number in one.refusals]
        return cls(**asdict(one) | rates | {"refusals": named})


class MatterMetrics(Shape):
    """Figures of answers between departments since the beginning of the year."""

    since: Annotated[date, note("起始日期", "First day that is counted")]
    until: Annotated[date, note("统计日期", "Day they were counted on")]
    own: Annotated[DepartmentFigures, note("本部门", "The caller's department")]
    departments: Annotated[
        list[DepartmentFigures],
        note("各部门，主管部门可见", "Every department, for its data authority; else none"),
    ]


class MayDo(Shape):
    """An event that the caller may hand in now."""

    name: EventName
    title: Annotated[InBoth, note("名称", "What it is called")]
    takes: Annotated[
        dict[str, Taken], note("要填写的内容及其类型", "What it takes, with the type of each")
    ]
    optional: Annotated[list[str], note("其中可不填的", "What of that may be left out")]
    needs: Annotated[
        list[Need],
        note("须另附：理由、法条、证明材料", "What else it needs: reason, article, evidence"),
    ]


class ClockDay(Shape):
    """One day of a period."""

    day: Annotated[date, note("日期", "The day")]
    why: Annotated[Why, note("计入或不计入的原因", "Why it counts or does not")]
    number: Annotated[int | None, note("期限内的第几日", "Its number; null if not counted")]
    provisional: Annotated[
        bool, note("放假安排尚未公布", "Whether its calendar is not published yet")
    ]


class MatterPeriod(Shape):
    """One period that a law gives, counted day by day."""

    duty: Annotated[str, note("期限编号：规则集/名称", "Rule set and id of the duty")]
    law: Annotated[InBoth | None, note("法律名称", "The law")]
    article: Annotated[str, note("条款", "Its article")]
    start: Annotated[date, note("起算日，不计入", "Day zero, not counted")]
    due: Annotated[date | None, note("最后一日；中止时为空", "The last day; null while paused")]
    firm: Annotated[bool, note("期限确定", "Whether the calendar up to that day is published")]
    paused: Annotated[bool, note("是否中止", "Whether it is paused")]
    overdue: Annotated[bool, note("是否逾期", "Whether the last day has passed")]
    extended: Annotated[int, note("已延长多少", "By how much it was extended")]
    stopped: Annotated[date | None, note("停止之日", "The day on which it stopped")]
    steps: Annotated[list[ClockDay], note("每一日及其原因", "Each day with its reason")]


class Happened(Shape):
    """One event: what was done, by which office, and what was said. No person is named."""

    seq: Annotated[int, note("序号", "Its number within the matter")]
    name: EventName
    title: Annotated[InBoth, note("名称", "What it is called")]
    at: Annotated[datetime, note("生效时间", "When it took effect")]
    recorded_at: Annotated[datetime, note("记录时间", "When it was written down")]
    organisation: Annotated[
        str | None, note("办理单位的统一社会信用代码", "The office that acted, by its USCC")
    ]
    position: Annotated[str | None, note("办理的岗位", "The position that acted")]
    stands_in_for: Annotated[str | None, note("代理的岗位", "The position that it stood in for")]
    article: Annotated[str | None, note("法律依据", "The article it rests on")]
    values: Values
    texts: Texts


class MatterAnswer(Shape):
    """One matter: where it is, what the caller may do, its periods, and all that happened."""

    id: MatterId
    number: MatterNumber
    kind: Annotated[str, note("事项种类", "Its kind")]
    definition: Annotated[int, note("办理规则的版本", "Version of its kind's rules")]
    title: Annotated[InBoth, note("名称", "What such matters are called")]
    law: Annotated[InBoth, note("法律依据", "The law that its kind rests on")]
    about: Annotated[str | None, note("所涉数据集", "The dataset that it is about")]
    state: Annotated[str, note("状态", "Its state, by name")]
    state_title: Annotated[InBoth, note("状态名称", "Its state in words")]
    version: Annotated[int, note("版本，办理时须给出", "Its version, which an act has to name")]
    owner: Annotated[str | None, note("由哪个角色办理", "The role that has to act")]
    outcome: Annotated[Outcome | None, note("结果；未办结为空", "How it ended; null while open")]
    opened_at: Annotated[datetime, note("发起时间", "When it was opened")]
    closed_at: Annotated[datetime | None, note("办结时间", "When it was closed")]
    parties: Annotated[list[TakesPart], note("当事方", "Who takes part")]
    allowed: Annotated[list[MayDo], note("您现在可以办理的", "What the caller may do now")]
    values: Values
    texts: Texts
    clocks: Annotated[list[MatterPeriod], note("法定期限", "Its periods")]
    events: Annotated[list[Happened], note("办理过程，按先后", "All that happened, in its order")]
