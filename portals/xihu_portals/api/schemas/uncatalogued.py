"""What the route of what is not catalogued answers."""

from datetime import date, datetime
from typing import Annotated, Literal

from xihu_portals.api.schemas.backflow import Uscc
from xihu_portals.api.schemas.base import DatasetId, Shape, note
from xihu_portals.api.schemas.matters import InBoth


class SystemWithoutEntry(Shape):
    """A system in use of whose datasets none is published."""

    id: Annotated[str, note("台账编号", "Its number in the ledger")]
    title: Annotated[InBoth, note("信息系统", "The system")]
    organisation: Annotated[Uscc, note("运行单位", "Who runs it")]
    since: Annotated[date, note("启用日期", "In use since")]
    state: Annotated[
        Literal["nothing", "draft"],
        note("没有条目，或者条目还是草稿", "No entry, or its entry is a draft"),
    ]
    drafts: Annotated[
        list[DatasetId], note("条目还是草稿的数据集", "Its datasets whose entries are drafts")
    ]


class TableWithoutContract(Shape):
    """A table of a scanned database that no contract covers."""

    connection: Annotated[str, note("连接名", "Name of the connection in the settings")]
    provider: Annotated[Uscc, note("提供部门", "The department whose database it is")]
    table: Annotated[str, note("表名，带模式名", "Its name, with its schema")]
    title: Annotated[str, note("表的注释；没有注释的是表名", "Its comment, else its name")]
    rows: Annotated[int | None, note("行数；读不了的为空", "Rows; null where it is not readable")]
    estimated: Annotated[bool, note("行数是否为估计", "Whether the rows are an estimate")]
    columns: Annotated[int, note("列数", "Columns")]
    personal: Annotated[
        list[str],
        note(
            "疑似个人信息的列，写作 列名:种类",
            "Columns taken for personal data, as name:kind; guessed",
        ),
    ]
    scanned_at: Annotated[datetime, note("普查时间", "When it was scanned")]


class FileWithoutContract(Shape):
    """A file of the intake folder that no contract in force names."""

    name: Annotated[str, note("在交换目录中的路径", "Its path in the intake folder")]
    size_bytes: Annotated[int, note("字节数", "Its size in bytes")]
    since: Annotated[datetime | None, note("写入时间", "When it was written")]


class UncataloguedTotals(Shape):
    """How many of each there are."""

    systems_in_use: Annotated[int, note("在用的信息系统", "Systems in use, catalogued or not")]
    systems: Annotated[int, note("没有目录条目的信息系统", "Systems without an entry")]
    tables: Annotated[int, note("没有契约的数据表", "Tables without a contract")]
    files: Annotated[
        int | None,
        note("没有契约的文件；不归调用方看的为空", "Files; null for whom they are not"),
    ]
    is_whole: Annotated[
        bool, note("是否全部计入；太多时只计一部分", "False where there were too many to count all")
    ]


class UncataloguedList(Shape):
    """What is not catalogued: of the caller's own department; for a data authority and its chief
    data officer, of every organisation of their area."""

    totals: UncataloguedTotals
    systems: list[SystemWithoutEntry]
    tables: list[TableWithoutContract]
    files: list[FileWithoutContract]
