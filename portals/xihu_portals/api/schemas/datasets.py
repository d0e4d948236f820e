"""What the routes of datasets answer: entries of the catalogue and pages of rows."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from xihu_catalog.contracts.model import UpdateCycle
from xihu_catalog.datasets.service import State
from xihu_platform.access.decision import Treatment
from xihu_platform.access.policy import OpenClass, ShareClass
from xihu_portals.api.schemas.base import (
    Cited,
    DatasetId,
    RefusalReason,
    Shape,
    Synthetic,
    SyntheticLabel,
    note,
)

FieldName = Annotated[str, note("字段名", "Name of the field")]
LocalTime = Annotated[date | datetime, WithJsonSchema({"type": "string"})]
"""A day, or a moment of Beijing time that names no zone: no `date-time` of JSON Schema."""


class DatasetEntry(Shape):
    """One entry of the catalogue."""

    id: DatasetId
    title: Annotated[str, note("名称", "Title")]
    summary: Annotated[str, note("摘要", "What it holds, in a sentence")]
    provider: Annotated[str, note("提供部门", "Name of the department that provides it")]
    topic: Annotated[str, note("主题代码", "Code of the topic")]
    update_cycle: Annotated[UpdateCycle, note("更新周期", "How often it is updated")]
    share_class: Annotated[
        ShareClass,
        note("共享属性：无条件共享、有条件共享、不予共享", "How it is shared among departments"),
    ]
    open_class: Annotated[
        OpenClass,
        note("开放属性：无条件开放、受限开放、禁止开放", "How it is open to the public"),
    ]
    state: Annotated[
        State,
        note(
            "更新状态：正常、逾期、中断",
            "`live`: in time; `late`: an update is overdue; `broken`: the last load failed",
        ),
    ]
    data_as_of: Annotated[
        LocalTime | None,
        note(
            "数据截至：日期，或北京时间；没有时间字段则为空",
            "Newest value of the time field: a day, or a moment of Beijing time; null without one",
        ),
    ]
    loaded_at: Annotated[datetime | None, note("最近一次装载的时间", "When it was last loaded")]
    due_at: Annotated[datetime | None, note("下次更新应在何时之前", "When the next load is due")]
    rows: Annotated[
        int,
        note("记录数；rows_rough 为真时只取前两位", "Records; two figures if `rows_rough` is true"),
    ]
    rows_rough: Annotated[
        bool, note("记录数是否为约数", "Whether `rows` is rounded down to two figures")
    ]
    snapshot: Annotated[
        str | None,
        note("最新快照的编号，64 位整数写作文字", "Id of the newest snapshot, a 64-bit integer"),
    ]
    synthetic: Synthetic


class FacetValue(Shape):
    """One value by which a search can be narrowed."""

    value: Annotated[str, note("用于 facet 参数的值", "Value for the parameter `facet`")]
    label: Annotated[str, note("显示名称", "Its name in words")]
    count: Annotated[int, note("有多少个数据集", "Datasets found with this value")]


class FoundDatasets(Shape):
    """A page of a search."""

    total: Annotated[int, note("共找到多少个数据集", "Datasets found in all")]
    offset: Annotated[int, note("本页从第几个开始", "Place of this page's first, from 0")]
    region: Annotated[
        str | None,
        note("从查询词中识别出的行政区划代码", "Code of the region that the words were taken for"),
    ]
    corrected: Annotated[
        str | None,
        note("自动更正后的查询词", "The spelling searched for instead of the typed one"),
    ]
    missing: Annotated[
        list[str], note("问到了但没有数据集的内容", "What was asked for and no dataset holds")
    ]
    datasets: Annotated[list[DatasetEntry], note("本页的数据集", "The datasets of this page")]
    facets: Annotated[
        dict[str, list[FacetValue]],
        note("可用的筛选条件，按名称列出", "What the search can be narrowed by, by name"),
    ]


class FieldAccess(Shape):
    """What the caller may see of one field."""

    name: FieldName
    treatment: Annotated[
        Treatment | Literal["refused"],
        note(
            "处理方式：明文、掩码、换成脱敏编号、不可见",
            "`clear`: as it is; `mask`: partly hidden; `rekey`: the caller's own pseudonyms; "
            "`refused`: not shown",
        ),
    ]
    reason: Annotated[
        RefusalReason | None, note("不可见的原因", "Why it is not shown; null where it is")
    ]


class DatasetDetails(DatasetEntry):
    """An entry with the terms under which its data may be used."""

    resource_code: Annotated[str, note("信息资源代码", "Code of the information resource")]
    conditions: Annotated[str, note("使用条件", "Conditions of use")]
    licence: Annotated[str | None, note("许可协议", "Licence of the open data")]
    share_conditions: Annotated[str | None, note("共享条件", "Conditions of sharing")]
    share_basis: Annotated[
        str | None, note("有条件共享或不予共享的依据", "Legal basis of a limited sharing")
    ]


class AllowedDataset(DatasetDetails):
    """An entry whose data the caller may read."""

    access: Literal["allowed"]
    basis: Annotated[str, note("可以读取的依据", "Basis on which the caller may read it")]
    fields: Annotated[list[FieldAccess], note("每个字段可见到什么程度", "What is seen of each")]


class RefusedDataset(DatasetDetails):
    """An entry whose data the caller may not read."""

    access: Literal["refused"]
    reason: RefusalReason
    fields: Annotated[list[FieldAccess], note("恒为空", "Always empty")]


DatasetAnswer = Annotated[AllowedDataset | RefusedDataset, Field(discriminator="access")]


class TreatedField(Shape):
    """A field of the rows and what was done to it."""

    name: FieldName
    treatment: Annotated[
        Treatment,
        note(
            "处理方式：明文、掩码、换成脱敏编号",
            "`clear`: as it is; `mask`: partly hidden; `rekey`: the caller's own pseudonyms",
        ),
    ]


class RefusedField(Shape):
    """A field of the dataset that the caller may not see."""

    name: FieldName
    reason: RefusalReason


class RowVerified(Shape):
    """Fields of one row that somebody says are wrong and that are being verified."""

    row: Annotated[int, note("在本页中的序号，从 0 起", "Its place on this page, from 0")]
    fields: Annotated[list[str], note("数据项", "Its fields")]


class Rows(Shape):
    """One page of rows with their exact number."""

    dataset: DatasetId
    synthetic: Synthetic
    synthetic_label: SyntheticLabel
    total: Annotated[
        int | None,
        note(
            "符合条件的记录总数；按个人情况统计超过一千人时不给出",
            "Records that match; null where more than a thousand persons would be counted",
        ),
    ]
    total_more_than: Annotated[
        int | None,
        note("不给出总数时，总数大于这个数", "Where `total` is null, it is more than this"),
    ]
    rows: Annotated[
        list[dict[str, str | int | float | bool | None]],
        note(
            "记录，按字段名；日期与时间写作 ISO 8601（北京时间），定点小数写作文字",
            "Records by field name. Dates and times are ISO 8601 in Beijing time, exact decimals "
            "are text",
        ),
    ]
    disputed: Annotated[
        list[RowVerified],
        note("有数据项正在核实中的记录", "Rows with fields that are being verified"),
    ]
    refs: Annotated[
        list[str | None] | None,
        note(
            "每条记录的引用，用于提出校核；仅在 refs=true 时给出",
            "A reference to each row, to report it as wrong by; with refs=true alone",
        ),
    ] = None
    next: Annotated[
        str | None,
        note("下一页的地址；末页为空", "Address of the next page; null on the last", format="uri"),
    ]
    fields: Annotated[list[TreatedField], note("记录里的字段", "The fields of the rows")]
    refused: Annotated[
        list[RefusedField], note("不可见的字段与原因", "Fields that are not shown, and why")
    ]
    basis: Annotated[str, note("可以读取的依据", "Basis on which the caller may read them")]
    citation: Cited
