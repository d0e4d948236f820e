"""What the routes of versions answer: snapshots, and what changed between two of them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from xihu_portals.api.schemas.base import Cited, DatasetId, Shape, Synthetic, SyntheticLabel, note
from xihu_portals.api.schemas.datasets import FieldName, LocalTime

SnapshotText = Annotated[
    str,
    note("快照编号，64 位整数写作文字", "Id of a snapshot: a 64-bit integer as text"),
]


class SchemaChange(Shape):
    """One change of the fields or of their meaning."""

    field: Annotated[str, note("字段名；改的是主键时为空", "The field; empty for the key")]
    text: Annotated[str, note("改了什么", "What changed, in words")]


class DifferenceCounts(Shape):
    """How many rows differ, as far as the caller may see them."""

    removed: Annotated[int, note("删去的记录数", "Rows that are there no more")]
    added: Annotated[int, note("新增的记录数", "Rows that were not there")]
    changed: Annotated[int, note("有变更的记录数", "Rows of the same key with other values")]
    unchanged: Annotated[int, note("没有变更的记录数", "Rows that are the same")]
    duplicate_keys: Annotated[
        int,
        note(
            "有几个主键值不唯一；这些记录只计新增和删去",
            "Keys that several rows have: of these rows nothing is called changed",
        ),
    ]


class VersionAnswer(Shape):
    """One snapshot of a dataset, kept or gone."""

    snapshot: SnapshotText
    loaded_at: Annotated[datetime | None, note("装载于", "When it was loaded")]
    data_as_of: Annotated[LocalTime | None, note("数据截至", "Newest value of its time field")]
    rows: Annotated[int | None, note("记录数", "Records; null where it is gone")]
    rows_rough: Annotated[
        bool, note("记录数是否为约数", "Whether `rows` is rounded down to two figures")
    ]
    fate: Annotated[
        Literal["kept", "expired", "erased", "gone"],
        note(
            "是否还在：在存、期满不再保存、依法删除、不再保存",
            "`kept`; `expired` with its retention; lawfully `erased`; `gone`, where the caller is "
            "not told why",
        ),
    ]
    ground: Annotated[str | None, note("依法删除的依据", "Legal ground of an erasure")]
    gone_on: Annotated[date | None, note("从哪天起不在", "The day from which it is gone")]
    maintenance: Annotated[
        str | None,
        note("系统维护产生的快照：做了什么", "What housekeeping did, where that made it"),
    ]
    schema_changes: Annotated[
        list[SchemaChange],
        note("与上一版相比，字段有何变化", "Changes of the fields since the version before"),
    ]
    cite: Annotated[
        str, note("永久引用网址", "Its permanent address, for a citation", format="uri")
    ]


class Versions(Shape):
    """A page of the versions of a dataset, the newest first."""

    dataset: DatasetId
    total: Annotated[int, note("共有多少个版本", "Versions in all")]
    offset: Annotated[int, note("本页从第几个开始", "Place of this page's first, from 0")]
    versions: Annotated[list[VersionAnswer], note("本页的版本", "The versions of this page")]


Values = dict[str, Any]  # Any: JSON values of a row


class Difference(Shape):
    """One row that differs."""

    kind: Annotated[
        Literal["removed", "added", "changed"],
        note("删去、新增或变更", "What happened to it"),
    ]
    key: Annotated[Values, note("主键的值；不按主键比较时为空", "Values of its key, if it has one")]
    old: Annotated[Values | None, note("原来的值", "What it was; null for an added row")]
    new: Annotated[Values | None, note("现在的值", "What it is; null for a removed row")]
    changed: Annotated[list[str], note("变更的字段", "The fields that changed")]
    copies: Annotated[
        int,
        note(
            "有几条这样的记录；没有主键或主键不唯一时可能多于一条",
            "How many such rows there are: more than one only without a unique key",
        ),
    ]


class Differences(Shape):
    """A page of the differences between two snapshots, as the caller may see them."""

    dataset: DatasetId
    synthetic: Synthetic
    synthetic_label: SyntheticLabel
    by: Annotated[
        list[FieldName],
        note(
            "按哪个主键比较；为空则逐条整行比较，只有新增和删去",
            "The key that rows are compared by; empty where they are compared whole, so that rows "
            "are only added and removed",
        ),
    ]
    fields: Annotated[list[FieldName], note("参与比较的字段", "The fields that are compared")]
    left_out: Annotated[
        list[FieldName],
        note(
            "脱敏编号的密钥版本不同而无法比较的字段",
            "Pseudonyms of two key versions, which cannot be compared",
        ),
    ]
    counts: Annotated[
        DifferenceCounts | None,
        note(
            "各有多少条；涉及超过一千人时不给出",
            "How many; null where more than a thousand persons or firms differ",
        ),
    ]
    rows: Annotated[
        list[Difference],
        note("先删去，再新增，再变更，各按主键排序", "Removed, added, then changed, each by key"),
    ]
    schema_changes: Annotated[
        list[SchemaChange],
        note("两个版本之间字段有何变化", "Changes of the fields between the two"),
    ]
    next: Annotated[
        str | None,
        note("下一页的地址；末页为空", "Address of the next page; null on the last", format="uri"),
    ]
    citations: Annotated[
        list[Cited], note("两个快照，旧的在前", "Both snapshots, the earlier one first")
    ]
