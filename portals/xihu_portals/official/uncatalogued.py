"""尚未编目: systems without entries, tables and files without a contract, and what to do then."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from xihu_catalog.datasets.intake_files import IntakeFile
from xihu_catalog.datasets.uncatalogued import Uncatalogued, UncataloguedSystem, uncatalogued
from xihu_catalog.drafting.remembered import CensusScan, CensusTable
from xihu_catalog.registry.people import OVERSEE, organisation_name
from xihu_catalog.sharing.entries import CATALOGUE_ENTRY
from xihu_catalog.sharing.needs import DATA_NEED, cataloguing_positions
from xihu_platform.access.offices import MATTERS, check, matters_refusal
from xihu_platform.clock import SHANGHAI, civil_date
from xihu_platform.database import transaction
from xihu_platform.words import Language, Text
from xihu_portals.api.datasets import language
from xihu_portals.api.strict import known_parameters
from xihu_portals.official.scorecard import PATH as SCORECARDS
from xihu_portals.pages.csv_file import csv_answer
from xihu_portals.pages.data_needs import way_to_say
from xihu_portals.pages.matter_new import ways_to_open
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Cell, Link, Pager, State, Table, TableColumn
from xihu_portals.web.render import render

PATH = "/official/uncatalogued"
SHOWN = 50
"""Lines of each list on a page."""
LAST_PAGE = 1_000
NAMES_SHOWN = 5
"""Columns of likely personal data that are named."""
SYSTEM_STATES = {
    "nothing": Text("没有目录条目", "no entry"),
    "draft": Text("条目还是草稿", "its entry is a draft"),
}
KINDS = {
    "systems": Text("信息系统", "Systems"),
    "tables": Text("数据表", "Tables"),
    "files": Text("文件", "Files"),
}
router = APIRouter()
Line = TypeVar("Line", UncataloguedSystem, CensusTable, IntakeFile)


@dataclass(frozen=True, slots=True)
class Leftovers:
    """One of the three lists."""

    name: str
    table: Table | None
    pager: Pager
    empty: State
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Cataloguers:
    """Whom the authority turns to in one department."""

    department: Link
    """With the page of its data."""
    positions: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class UncataloguedPage:
    """What is not catalogued yet, and what do we do about it?"""

    frame: PageFrame
    counts: tuple[tuple[Text, int], ...]
    in_use: int
    systems: Leftovers
    tables: Leftovers
    files: Leftovers | None
    scans: tuple[CensusScan, ...]
    command: str | None
    """What scans the first of the databases again."""
    ways: tuple[Link, ...]
    """The forms that this position may open for a system."""
    cataloguers: tuple[Cataloguers, ...] = ()
    """For who oversees an area: of each department on the page, who catalogues there."""


@dataclass(frozen=True, slots=True)
class Pages:
    """The page of each list."""

    systems: int = 1
    tables: int = 1
    files: int = 1

    def href(self, name: str, page: int) -> str:
        said = {"systems": self.systems, "tables": self.tables, "files": self.files, name: page}
        asked = urlencode({one: number for one, number in said.items() if number > 1})
        return f"{PATH}{'?' if asked else ''}{asked}#{name}"


def read_leftovers(visitor: Visitor) -> Uncatalogued:
    """Raises Refused for an auditor, who works with the log alone."""
    services, position = visitor.services, visitor.principal.position
    reason = matters_refusal(visitor.principal, visitor.frame.now)
    check(services.gateway, visitor.principal, MATTERS, reason)
    assert position is not None  # in office
    intake = services.node.settings.data_dir / "intake"
    return uncatalogued(services.catalogue, intake, position, civil_date(visitor.frame.now))


FIRST = Pages()


def fill(visitor: Visitor, pages: Pages = FIRST) -> UncataloguedPage:
    found = read_leftovers(visitor)
    files = found.files
    counts = [(KINDS["systems"], len(found.systems)), (KINDS["tables"], len(found.tables))]
    if files is not None:
        counts.append((KINDS["files"], len(files.files)))
    return UncataloguedPage(
        frame=visitor.frame,
        counts=tuple(counts),
        in_use=found.in_use,
        systems=_systems(visitor, found, pages),
        tables=_tables(found, pages),
        files=_files(found, pages),
        scans=found.scans,
        command=_command(found),
        ways=ways_to_open(visitor, (CATALOGUE_ENTRY,)),
        cataloguers=_cataloguers(visitor, found, pages),
    )


def _cataloguers(visitor: Visitor, found: Uncatalogued, pages: Pages) -> tuple[Cataloguers, ...]:
    """Of the departments in the lists that are shown."""
    position = visitor.principal.position
    if position is None or not position.duties & OVERSEE:
        return ()
    shown = {one.system.organisation for one in _part(found.systems, pages.systems)}
    shown |= {one.provider for one in _part(found.tables, pages.tables)}
    others = sorted(shown - {position.organisation})
    with transaction(visitor.services.node.database) as session:
        known = cataloguing_positions(session, others, civil_date(visitor.frame.now))
    return tuple(
        Cataloguers(Link(organisation_name(one), f"{SCORECARDS}/{one}"), known.get(one, ()))
        for one in others
    )


def _command(found: Uncatalogued) -> str | None:
    first = next(iter(found.tables), None)
    if first is None:
        return None
    where = f"{first.names.connection} --provider {first.provider}"
    return f"xihu contract scan {where} --folder drafts"


def _part(lines: Sequence[Line], page: int) -> Sequence[Line]:
    return lines[(page - 1) * SHOWN : page * SHOWN]


def _pager(name: str, pages: Pages, page: int, total: int) -> Pager:
    first = (page - 1) * SHOWN
    return Pager(
        shown=max(0, min(SHOWN, total - first)),
        total=total,
        previous_href=pages.href(name, page - 1) if page > 1 else None,
        next_href=pages.href(name, page + 1) if first + SHOWN < total else None,
        first=first + 1,
    )


def _systems(visitor: Visitor, found: Uncatalogued, pages: Pages) -> Leftovers:
    shown = _part(found.systems, pages.systems)
    asks = bool(ways_to_open(visitor, (DATA_NEED,)))
    table = Table(
        caption=Text("没有目录条目的信息系统", "Systems without an entry"),
        columns=(
            TableColumn(Text("信息系统", "System")),
            TableColumn(Text("编号", "Number"), code=True),
            TableColumn(Text("运行单位", "Run by")),
            TableColumn(Text("启用", "Since")),
            TableColumn(Text("目录条目", "Entry")),
        ),
        rows=tuple(_system_row(one) for one in shown),
        links=tuple(_way(visitor, one, asks=asks) for one in shown),
    )
    return Leftovers(
        "systems",
        table if shown else None,
        _pager("systems", pages, pages.systems, len(found.systems)),
        _no_systems(found),
    )


def _system_row(one: UncataloguedSystem) -> tuple[Cell, ...]:
    system = one.system
    name = organisation_name(system.organisation)
    return system.title, system.id, name, system.since, SYSTEM_STATES[one.state]


def _way(visitor: Visitor, one: UncataloguedSystem, *, asks: bool) -> Link | None:
    """Of a draft its own page; else, for another department's system, the form of a data need."""
    if one.drafts:
        return Link(Text("查看草稿", "Draft"), f"/official/datasets/{one.drafts[0]}")
    position = visitor.principal.position
    own = position is not None and position.organisation == one.system.organisation
    if own or not asks:
        return None
    words = one.system.title.to("zh")
    return Link(Text("提出数据需求", "Say what is needed"), way_to_say(words))


def _no_systems(found: Uncatalogued) -> State:
    if not found.in_use:
        return State(
            "empty",
            Text("台账上没有您负责的在用系统", "The ledger has no system in use of yours"),
            Text(
                "请运维人员把本单位的信息系统补入登记库 systems.yaml。",
                "Have the operator add your systems to systems.yaml of the registry.",
            ),
        )
    return State(
        "live", Text("在用的信息系统都有目录条目", "Each system in use has a published entry")
    )


def _tables(found: Uncatalogued, pages: Pages) -> Leftovers:
    shown = _part(found.tables, pages.tables)
    table = Table(
        caption=Text("没有契约的数据表", "Tables without a contract"),
        columns=(
            TableColumn(Text("数据表", "Table"), code=True),
            TableColumn(Text("说明", "Comment")),
            TableColumn(Text("行数", "Rows"), numeric=True),
            TableColumn(Text("列数", "Columns"), numeric=True),
            TableColumn(Text("疑似个人信息", "Likely personal data")),
            TableColumn(Text("连接", "Connection"), code=True),
            TableColumn(Text("提供部门", "Provider")),
        ),
        rows=tuple(_table_row(one) for one in shown),
    )
    return Leftovers(
        "tables",
        table if shown else None,
        _pager("tables", pages, pages.tables, len(found.tables)),
        _no_tables(found),
        found.is_whole,
    )


def _table_row(one: CensusTable) -> tuple[Cell, ...]:
    comment = one.title if one.title != one.names.table else ""
    return (
        one.name,
        comment,
        _rows(one),
        one.names.columns,
        _personal(one),
        one.names.connection,
        organisation_name(one.provider),
    )


def _rows(one: CensusTable) -> Cell:
    if one.rows is None:
        return Text("读取失败", "not readable")
    if one.estimated:
        return Text(f"约 {one.rows:,}", f"about {one.rows:,}")
    return one.rows


def _personal(one: CensusTable) -> str:
    """Names of columns, without what each is taken for."""
    names = [name.rpartition(":")[0] or name for name in one.personal]
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" + {more}" if more > 0 else "")


def _no_tables(found: Uncatalogued) -> State:
    if not found.scans:
        return State(
            "empty",
            Text("还没有普查过数据库", "No database has been scanned"),
            Text(
                "运维人员按连接名运行 xihu contract scan，普查结果就列在这里。",
                "The operator runs xihu contract scan by the name of a connection; what it finds "
                "is listed here.",
            ),
        )
    return State(
        "live", Text("普查到的表都有契约", "Each table that was found is covered by a contract")
    )


def _files(found: Uncatalogued, pages: Pages) -> Leftovers | None:
    if found.files is None:
        return None
    shown = _part(found.files.files, pages.files)
    table = Table(
        caption=Text("没有契约的文件", "Files without a contract"),
        columns=(
            TableColumn(Text("文件", "File"), code=True),
            TableColumn(Text("大小", "Size"), numeric=True),
            TableColumn(Text("写入时间", "Written")),
        ),
        rows=tuple((one.name, _size(one.size_bytes), one.since) for one in shown),
    )
    return Leftovers(
        "files",
        table if shown else None,
        _pager("files", pages, pages.files, len(found.files.files)),
        State("live", Text("交换目录中的文件都有契约", "A contract names each file that is there")),
        found.files.is_whole,
    )


def _size(size_bytes: int) -> Text:
    """
    >>> _size(900).en, _size(2_500_000).en
    ('900 B', '2.5 MB')
    """
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size_bytes >= size:
            said = f"{size_bytes / size:,.1f} {unit}"
            return Text(said, said)
    return Text(f"{size_bytes} B", f"{size_bytes} B")


Page = Annotated[int, Query(ge=1, le=LAST_PAGE)]


@router.get(PATH)
def page(
    request: Request, visitor: InOffice, systems: Page = 1, tables: Page = 1, files: Page = 1
) -> HTMLResponse:
    view = fill(visitor, Pages(systems, tables, files))
    return render(request, "official/uncatalogued.html", view)


HEADS = (
    Text("种类", "kind"),
    Text("单位", "organisation"),
    Text("编号或连接", "number or connection"),
    Text("名称", "name"),
    Text("说明", "comment"),
    Text("行数", "rows"),
    Text("列数", "columns"),
    Text("疑似个人信息", "likely personal data"),
    Text("字节", "bytes"),
    Text("日期", "date"),
)


@router.get(f"{PATH}.csv", dependencies=[Depends(known_parameters)])
def download(request: Request, visitor: InOffice) -> Response:
    """All three lists, as far as they are the position's, for a spreadsheet."""
    name = Text("尚未编目", "uncatalogued")
    lang = language(request)
    return csv_answer(HEADS, csv_lines(read_leftovers(visitor), lang), lang, name)


def csv_lines(found: Uncatalogued, lang: Language) -> Iterator[list[str]]:
    yield from (_system_line(one, lang) for one in found.systems)
    yield from (_table_line(one, lang) for one in found.tables)
    yield from (_file_line(one, lang) for one in (found.files.files if found.files else ()))


def _system_line(one: UncataloguedSystem, lang: Language) -> list[str]:
    system = one.system
    named = [KINDS["systems"].to(lang), organisation_name(system.organisation).to(lang), system.id]
    said = [system.title.to(lang), SYSTEM_STATES[one.state].to(lang)]
    return [*named, *said, "", "", "", "", system.since.isoformat()]


def _table_line(one: CensusTable, lang: Language) -> list[str]:
    provider = organisation_name(one.provider).to(lang)
    named = [KINDS["tables"].to(lang), provider, one.names.connection, one.name, one.title]
    rows = "" if one.rows is None else str(one.rows)
    scanned = one.scanned_at.astimezone(SHANGHAI).date().isoformat()
    return [*named, rows, str(one.names.columns), "、".join(one.personal), "", scanned]


def _file_line(one: IntakeFile, lang: Language) -> list[str]:
    day = one.since.astimezone(SHANGHAI).date().isoformat() if one.since else ""
    said = [KINDS["files"].to(lang), "", "", one.name, "", "", "", ""]
    return [*said, str(one.size_bytes), day]
