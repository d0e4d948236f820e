"""What the route of returned data answers."""

from datetime import date, datetime
from typing import Annotated, Literal

from xihu_portals.api.schemas.base import DatasetId, Shape, note
from xihu_portals.api.schemas.matters import InBoth

Uscc = Annotated[str, note("统一社会信用代码", "Unified social credit code of the organisation")]


class FlowEntry(Shape):
    """One line of the list: which system returns which data to which department."""

    id: Annotated[str, note("清单编号", "Its number in the list")]
    system: Annotated[InBoth, note("业务系统", "The system of a higher level")]
    runs: Annotated[Uscc, note("系统运行单位", "Who runs the system")]
    to: Annotated[Uscc, note("回流到的部门", "The department that the data returns to")]
    duty: Annotated[InBoth, note("用于什么职责", "The duty that it is for")]
    since: Annotated[date, note("应当回流的起始日", "Since when it is to be returned")]
    dataset: Annotated[
        DatasetId | None, note("数据集；还没有回流的为空", "Null where nothing is returned yet")
    ]
    state: Annotated[
        Literal["came", "late", "nothing"],
        note("按时、逾期、没有回流", "In time, late, or nothing has come"),
    ]
    loaded_at: Annotated[datetime | None, note("最近一次装载", "When it was last loaded")]
    due_at: Annotated[datetime | None, note("应当更新的时间", "When newer data is due")]


class FlowList(Shape):
    """What is to return to the caller's department, and what its own systems have to return; for a
    data authority, everything that is to return to its area."""

    flows: list[FlowEntry]
