"""What the routes of cases take and answer: how a department's own system works with its cases."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from xihu_catalog.services.item import ItemField
from xihu_catalog.services.situation import Answer
from xihu_platform.matters.command import NUMBER_LIMIT, TEXT_LIMIT
from xihu_portals.api.schemas.attachments import AttachmentEntry
from xihu_portals.api.schemas.base import Shape, note
from xihu_portals.api.schemas.matters import (
    CODE_LIMIT,
    EventName,
    Given,
    InBoth,
    MayDo,
    StrictBody,
)

CaseNumber = Annotated[str, note("办件编号", "Number of the case")]
ItemId = Annotated[str, note("事项标识", "Id of the service")]
ItemVersion = Annotated[
    int, note("办件所依据的事项版本", "Version of the item that the case runs under")
]
CaseState = Annotated[str, note("状态", "Its state, by name")]
CaseVersion = Annotated[
    int, note("当前版本，办理时带上", "Its version now: a step names the one that was seen")
]
Received = Annotated[datetime, note("提交时间", "When it was handed in")]
Due = Annotated[date | None, note("办理期限；没有计时为空", "Last day to act; null: no clock runs")]
Firm = Annotated[
    bool, note("放假安排已公布，期限确定", "Whether the calendar of that day is published")
]
HeldBy = Annotated[str, note("由哪个岗位办理", "The position that has it")]


class CaseEntry(Shape):
    """One case in a list: nothing that its applicant wrote."""

    number: CaseNumber
    item: ItemId
    item_version: ItemVersion
    state: CaseState
    version: CaseVersion
    received: Received
    due: Due
    firm: Firm
    position: HeldBy


class CaseList(Shape):
    """One page of the cases, in the order in which they were handed in."""

    cases: Annotated[list[CaseEntry], note("办件", "The cases of this page")]
    next: Annotated[
        str | None, note("下一页的 cursor；没有了为空", "Cursor of the next page; null: the last")
    ]
    next_since: Annotated[
        datetime,
        note(
            "下一轮查询的 since：比第一页早一分钟，此后记下的不会漏掉",
            "The `since` of the next round: a minute before the first page, so that what is "
            "written down meanwhile is not missed",
        ),
    ]


class GivenAnswer(Shape):
    """An answer about the applicant's situation."""

    id: Annotated[str, note("情形标识", "Id of the question within the item")]
    question: Annotated[InBoth, note("情形", "The question")]
    answer: Annotated[Answer, note("回答；没有回答为 unknown", "What was answered")]


class GivenField(Shape):
    """A field of the form as the applicant confirmed, amended or wrote it."""

    id: Annotated[str, note("数据项标识", "Id of the field within the item")]
    title: Annotated[InBoth, note("名称", "What it is called")]
    kind: Annotated[
        Literal["text", "code", "date", "number", "yes_no", "phone"], note("类型", "What it holds")
    ]
    value: Annotated[str, note("内容；没有填为空", "What was given; empty where nothing was")]

    @classmethod
    def of(cls, field: ItemField, value: str) -> "GivenField":
        return cls(id=field.id, title=InBoth.of(field.title.text()), kind=field.kind, value=value)


class GivenPaper(Shape):
    """A paper that was given. One that a register has, or that is not needed, is not listed."""

    id: Annotated[str, note("材料标识", "Id of the paper within the item")]
    name: Annotated[InBoth, note("名称", "Its name")]
    given: Annotated[
        Literal["uploaded", "at_counter", "deferred"],
        note("已添加、到窗口交、容缺", "Attached, brought to the counter, or to follow"),
    ]
    files: Annotated[list[int], note("附件编号", "Numbers of its files")]


class CaseStep(MayDo):
    """A step that can be reported now for the position that has the case."""

    decision: Annotated[
        bool,
        note("须由人作出，要填 decided_by", "Whether a person makes it: `decided_by` is needed"),
    ]


class CaseAnswer(CaseEntry):
    """A case with what was given. What registers say is none of it: a position reads that."""

    state_title: Annotated[InBoth, note("状态名称", "Its state in words")]
    answers: Annotated[list[GivenAnswer], note("情形", "The situation")]
    fields: Annotated[list[GivenField], note("申请信息", "The form")]
    papers: Annotated[list[GivenPaper], note("材料", "The papers that were given")]
    files: Annotated[list[AttachmentEntry], note("附件", "The files of the case")]
    steps: Annotated[list[CaseStep], note("现在能回填的步骤", "What can be reported now")]


class StepReported(StrictBody):
    """What a position of the office did in a case, as its system says it."""

    event: Annotated[str, note("办理的一步", "The step", minLength=1), Field(max_length=CODE_LIMIT)]
    position: Annotated[
        str,
        note("办理岗位：须有这个办件", "The position that did it: the one that has the case"),
        Field(min_length=1, max_length=CODE_LIMIT),
    ]
    version: Annotated[
        int, note("系统看到的版本", "The version that was seen"), Field(ge=0, le=NUMBER_LIMIT)
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
    decided_by: Annotated[
        str | None,
        note(
            "作出决定的人员：/api/v1/me 中的 id；不是决定的步骤不填",
            "Whose decision it is, by the id of /api/v1/me; not for steps that are no decision",
        ),
        Field(max_length=CODE_LIMIT),
    ] = None


class ReportAnswer(Shape):
    """What a reported step came to."""

    number: CaseNumber
    event: EventName
    seq: Annotated[int, note("事件序号", "Number of the event within the case")]
    state: Annotated[str, note("办理后的状态", "The state it led to, by name")]
    version: Annotated[int, note("办理后的版本", "The version it led to")]
    reported_by: Annotated[str, note("哪个系统写下的", "The system that wrote it")]
    position: Annotated[str, note("为哪个岗位写下", "The position that it was reported for")]
    replayed: Annotated[
        bool,
        note("以前已用同一编号办理过", "Done before under the same key: this is that answer"),
    ]
