"""A load's report: what went wrong with a file, and what became of its corrections."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.datasets.public_counts import count_of_fields, public_count
from xihu_catalog.datasets.service import LoadSummary
from xihu_catalog.quality.blocked import find_load, why_stopped
from xihu_catalog.quality.corrections import refused_corrections
from xihu_catalog.quality.reported import fields_of_rule
from xihu_catalog.quality.whole import Whole, whole_of, wholes
from xihu_platform.access.offices import steward_refusal
from xihu_platform.clock import civil_date
from xihu_platform.rough import count_words
from xihu_platform.words import Text
from xihu_portals.official import quarantined, receipts
from xihu_portals.official.access import is_told_counts, unreadable_fields
from xihu_portals.official.loads import LoadLine, lines, load_line
from xihu_portals.official.quarantined import Rejects, RejectsFile
from xihu_portals.official.receipts import Corrections
from xihu_portals.pages import quality
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.datasets import RuleCount, ShownQuality
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import State, Words
from xihu_portals.web.render import render

STRIP_DAYS = 30
_DECODED = {
    "format": Text("文件格式", "File format"),
    "encoding": Text("编码", "Encoding"),
    "encoding_detected": Text("编码由平台判定", "Encoding found by the platform"),
    "member": Text("压缩包内文件", "File in the archive"),
    "title_rows": Text("表头上方的标题行", "Title rows above the header"),
    "left_out_totals": Text("略去的合计行", "Rows of totals left out"),
    "header": Text("表头处理", "What was done to the header"),
}
STEPS = {
    "full_width": Text("全角转半角", "full-width to half-width"),
    "spaces": Text("去除空格", "blanks removed"),
    "nulls": Text("视为空值", "taken as empty"),
    "date_cn": Text("中文日期", "Chinese dates"),
    "excel_serial": Text("Excel 日期序号", "Excel's serial dates"),
    "number_cn": Text("万、亿与千分位", "numbers with 万, 亿 or separators"),
    "split": Text("一格多值", "several values in a cell"),
    "region": Text("地名与旧代码", "place names and old codes"),
    "document": Text("证件号码", "document numbers"),
    "uscc": Text("统一社会信用代码", "unified social credit codes"),
    "unguard": Text("去掉表格软件的防护符号", "guards of spreadsheets taken off"),
}
Outcome = Literal["clean", "quarantined", "failed", "missing", "none"]
router = APIRouter()


@dataclass(frozen=True, slots=True)
class LoadDay:
    """One day of the strip: what its loads came to."""

    day: date
    outcome: Outcome
    accepted: int = 0
    quarantined: int = 0
    href: str | None = None


@dataclass(frozen=True, slots=True)
class LoadReport:
    """12 · What went wrong with my file?"""

    frame: PageFrame
    dataset: Words
    dataset_href: str
    quality: ShownQuality
    file: str
    snapshot: str | None
    rules: tuple[RuleCount, ...]
    rejects: tuple[Rejects, ...] | State
    """The records themselves, or why this position does not see them."""
    downloads: tuple[RejectsFile, ...]
    """Of the quarantined records."""
    history: tuple[LoadDay, ...]
    """Oldest first."""
    state: State | None = None
    notes: tuple[tuple[Words, Words], ...] = ()
    """How the file was read and what was put right, by name and value."""
    corrections: Corrections | None = None
    of: LoadLine | None = None
    """Of a load of corrections: the load that it corrects."""
    loads: tuple[LoadLine, ...] = ()
    """The load and its corrections, where there are any."""


def fill(visitor: Visitor, load_id: str, fault: Text | None = None) -> LoadReport:
    """`fault` is what was wrong with a file of corrections just handed in."""
    services = visitor.services
    database = services.node.database
    contract, load = find_load(services.catalogue, database, load_id)
    whole = whole_of(services.catalogue, database, contract, load)
    shown = whole if whole.load.load_id == load_id else Whole(load)
    public, unreadable = not is_told_counts(visitor, contract), unreadable_fields(visitor, contract)

    def count(fields: Collection[str], records: int) -> int:
        """As the visitor gets it of what is about these fields."""
        return count_of_fields(contract, fields, records, public=public, unreadable=unreadable)

    return LoadReport(
        frame=visitor.frame,
        dataset=contract.title,
        dataset_href=f"/official/datasets/{contract.dataset}",
        quality=quality.of_load(contract, shown, None, public=public, unreadable=unreadable),
        file=load.file_name,
        snapshot=None if load.blocked else str(load.snapshot_id),
        rules=quality.rule_counts(contract, shown, public=public, unreadable=unreadable),
        rejects=quarantined.fill(visitor, contract, shown),
        downloads=quarantined.downloads(visitor, contract, load),
        history=_strip(visitor, contract, public=public),
        state=_stopped(contract, load, count) if load.blocked else None,
        notes=load_notes(contract, load, services.catalogue.contracts, count),
        corrections=receipts.fill(visitor, contract, whole.load, fault)
        if _is_steward(visitor, contract)
        else None,
        of=None
        if shown is whole
        else load_line(contract, whole.load, whole.still_open, public=public),
        loads=lines(contract, [whole], public=public) if whole.corrections else (),
    )


def _is_steward(visitor: Visitor, contract: Contract) -> bool:
    """Whether a dataset is the visitor's to correct."""
    now = visitor.services.node.clock()
    return steward_refusal(visitor.principal, contract.provider, now) is None


_Count = Callable[[Collection[str], int], int]


def _stopped(contract: Contract, load: LoadSummary, count: _Count) -> State:
    def shown(rule: str, records: int) -> int:
        return count(fields_of_rule(contract, rule), records)

    correcting = load.corrects is not None
    why = why_stopped(contract, load.rule_counts, correcting=correcting, shown=shown)
    return State("broken", Text("这批数据未装载", "This batch was not loaded"), why)


def load_notes(
    contract: Contract,
    load: LoadSummary,
    known: ContractStore,
    count: _Count = lambda _fields, records: records,
) -> tuple[tuple[Text, Text], ...]:
    """How the file was read, and how many values each declared step has put right. `known`: the
    contracts that the reader knows of; `count`: a number as the reader gets it."""
    yes = Text("是", "yes")
    read = [
        (_DECODED[name], yes if value == "yes" else Text(str(value), str(value)))
        for name, value in load.decoded.items()
        if name in _DECODED
    ]
    for place, values in sorted(load.steps.items()):
        name, _, step = place.rpartition(".")
        field = contract.field(name)
        title = field.title if field else Text(name, name)
        what = STEPS.get(step, Text(step, step))
        words = Text(f"{title.zh}：{what.zh}", f"{title.en}: {what.en}")
        said = count_words(count((name,), values))
        read.append((words, Text(f"{said.zh} 处", f"{said.en} values")))
    for dataset, snapshot in sorted(load.references.items()):
        if known.find_digest(dataset) is None:
            continue
        words = Text(f"引用核对：{dataset}", f"references checked: {dataset}")
        read.append((words, Text(f"快照 {snapshot}", f"snapshot {snapshot}")))
    return tuple(read)


@dataclass(frozen=True, slots=True)
class _Event:
    """Something that happened to a dataset on a day."""

    at: datetime
    outcome: Outcome
    href: str
    accepted: int = 0
    quarantined: int = 0


def _strip(visitor: Visitor, contract: Contract, *, public: bool) -> tuple[LoadDay, ...]:
    """The last days, oldest first: what each day's newest load, or file of corrections, came to."""
    newest = {civil_date(e.at): e for e in sorted(_events(visitor, contract), key=lambda e: e.at)}
    today = civil_date(visitor.frame.now)
    days = [today - timedelta(days=n) for n in reversed(range(STRIP_DAYS))]
    return tuple(_day(contract, day, newest.get(day), public=public) for day in days)


def _events(visitor: Visitor, contract: Contract) -> list[_Event]:
    services = visitor.services
    database = services.node.database
    found = [
        _Event(row.settled_at or row.handed_in_at, "failed", _report(row.load_id))
        for row in refused_corrections(database, contract.dataset)
    ]
    for one in wholes(services.catalogue, database, contract):
        left = one.still_open + one.unmatched_quarantined
        for load in (one.load, *one.corrections):
            if load.blocked:
                href = _report(load.load_id)
                found.append(_Event(load.committed_at, "failed", href, 0, load.counts.quarantined))
            else:
                outcome: Outcome = "quarantined" if left else "clean"
                href = _report(one.load.load_id)
                found.append(_Event(load.committed_at, outcome, href, one.accepted, left))
    return found


def _report(load_id: str) -> str:
    return f"/official/loads/{load_id}"


def _day(contract: Contract, day: date, event: _Event | None, *, public: bool) -> LoadDay:
    if event is None:
        return LoadDay(day, "none")
    accepted = public_count(contract, event.accepted, public=public)
    left = public_count(contract, event.quarantined, public=public)
    return LoadDay(day, event.outcome, accepted, left, event.href)


@router.get("/official/loads/{load}")
def page(request: Request, visitor: InOffice, load: str) -> HTMLResponse:
    return render_report(request, fill(visitor, load))


def render_report(request: Request, view: LoadReport, *, status: int = 200) -> HTMLResponse:
    """htmx asks for what became of the files handed in, where there can be any."""
    piece = None if view.corrections is None else "official/receipts.html"
    return render(request, "official/load_report.html", view, piece=piece, status=status)
