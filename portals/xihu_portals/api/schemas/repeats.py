"""What the route of repeated collection answers."""

from typing import Annotated, Literal

from xihu_portals.api.schemas.backflow import Uscc
from xihu_portals.api.schemas.base import DatasetId, Shape, note
from xihu_portals.api.schemas.matters import InBoth

Band = Literal["nearly_all", "most", "half"]


class CollectedFieldEntry(Shape):
    """One field that a department collects."""

    provider: Annotated[Uscc, note("提供部门", "The department")]
    dataset: DatasetId
    field: Annotated[str, note("字段", "Name of the field")]
    title: InBoth


class RepeatEntry(Shape):
    """One information that several departments collect about the same subject."""

    title: InBoth
    subject: Annotated[
        Literal["person", "firm", "area", "other"], note("采集对象", "What its records are about")
    ]
    evidence: Annotated[
        list[Literal["element", "title", "name"]],
        note("线索：数据元、名称、字段名相同", "Same data element, title or name"),
    ]
    band: Annotated[
        Band | None,
        note(
            "字段值重合的档次，取各字段中最高的；重合不多或者不比较的为空",
            "How much of their values are the same, the strongest of its fields; null where that "
            "is little or they are not compared",
        ),
    ]
    fields: list[CollectedFieldEntry]


class OverlapEntry(Shape):
    """Two fields of different departments with the same values."""

    one: CollectedFieldEntry
    other: CollectedFieldEntry
    band: Band


class RepeatList(Shape):
    """What departments of the caller's area collect more than once: evidence, no finding."""

    repeats: list[RepeatEntry]
    overlaps: list[OverlapEntry]
    assessment: Annotated[
        str | None,
        note(
            "比较所依据的影响评估；没有的不比较",
            "The impact assessment that values are compared under; null where none is in force",
        ),
    ]
