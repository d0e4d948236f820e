"""Fills the views of the official portal about loads: the report of one, and the list of them."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.rules import ERROR_VALUES
from xihu_catalog.datasets.service import LoadSummary
from xihu_catalog.quality.blocked import find_load, why_stopped
from xihu_catalog.quality.corrections import refused_corrections
from xihu_catalog.quality.quarantine import Other, RecordOrigin, Rejected
from xihu_catalog.quality.released import rejected_page
from xihu_catalog.quality.whole import Whole, origin_of, whole_of, wholes
from xihu_platform.access import reasons
from xihu_platform.access.formats import SHEET_LIMIT
from xihu_platform.access.offices import steward_refusal
from xihu_platform.access.quarantine import quarantine_refusal
from xihu_platform.clock import civil_date
from xihu_platform.errors import NotFound, Refused
from xihu_platform.words import Text
from xihu_portals.official import corrections, views
from xihu_portals.pages import describe
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.datasets import RuleCount
from xihu_portals.web.parts import Action, State, Table, TableColumn, Value

REJECTS_SHOWN = 5000
REJECTS_PER_RULE = 5
STRIP_DAYS = 30


def is_steward(visitor: Visitor, contract: Contract) -> bool:
    """Whether a dataset is the visitor's to correct."""
    now = visitor.services.node.clock()
    return steward_refusal(visitor.principal, contract.provider, now) is None


def _sees_raw(visitor: Visitor, contract: Contract) -> bool:
    """Whether quarantined records are the visitor's to see: raw values ask for the third level."""
    now = visitor.services.node.clock()
    return quarantine_refusal(visitor.principal, contract.provider, now) is None


def load_report(visitor: Visitor, load_id: str, fault: Text | None = None) -> views.LoadReport:
    """`fault` is what was wrong with a file of corrections just handed in."""
    services = visitor.services
    database = services.node.database
    contract, load = find_load(services.catalogue, database, load_id)
    whole = whole_of(services.catalogue, database, contract, load)
    shown = whole if whole.load.load_id == load_id else Whole(load)
    rejects = _rejects(visitor, contract, shown)
    return views.LoadReport(
        frame=visitor.frame,
        dataset=contract.title,
        dataset_href=f"/official/datasets/{contract.dataset}",
        quality=describe.quality(contract, shown, None),
        file=load.file_name,
        snapshot=None if load.blocked else str(load.snapshot_id),
        rules=describe.rule_counts(contract, shown),
        rejects=rejects,
        downloads=_downloads(visitor, contract, load),
        history=_strip(visitor, contract),
        state=_stopped(contract, load) if load.blocked else None,
        notes=load_notes(contract, load),
        corrections=corrections.view_of(visitor, contract, whole.load, fault)
        if is_steward(visitor, contract)
        else None,
        of=None if shown is whole else _line(whole.load, whole.still_open),
        loads=lines([whole]) if whole.corrections else (),
    )


def _stopped(contract: Contract, load: LoadSummary) -> State:
    correcting = load.corrects is not None
    why = why_stopped(contract, load.rule_counts, correcting=correcting)
    return State("broken", Text("这批数据未装载", "This batch was not loaded"), why)


def lines(found: list[Whole]) -> tuple[views.LoadLine, ...]:
    """Loads, the corrections of each under it."""
    return tuple(
        replace(
            _line(one.load, one.still_open),
            accepted=one.accepted,
            corrections=tuple(_line(load, load.quarantined) for load in one.corrections),
        )
        for one in found
    )


def _line(load: LoadSummary, still_open: int) -> views.LoadLine:
    return views.LoadLine(
        at=load.committed_at,
        file=load.file_name,
        received=load.received,
        accepted=load.accepted,
        still_open=still_open,
        href=f"/official/loads/{load.load_id}",
        stopped=load.blocked,
    )


def _downloads(
    visitor: Visitor, contract: Contract, load: LoadSummary
) -> tuple[views.RejectsFile, ...]:
    """What is still open, as Excel and CSV; and everything, once some of it has been corrected."""
    if not load.quarantined or not _sees_raw(visitor, contract):
        return ()
    corrected = len(origin_of(visitor.services.node.database, load.load_id).corrected)
    here = f"/official/loads/{load.load_id}/quarantined"
    left = load.quarantined - corrected
    found = []
    if 0 < left <= SHEET_LIMIT:
        found.append(views.RejectsFile("excel", f"{here}.xlsx"))
    if left:
        found.append(views.RejectsFile("csv", f"{here}.csv"))
    if corrected:
        found.append(views.RejectsFile("all", f"{here}.csv?all=1"))
    return tuple(found)


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


def load_notes(contract: Contract, load: LoadSummary) -> tuple[tuple[Text, Text], ...]:
    """How the file was read, and how many values each declared step has put right."""
    yes = Text("是", "yes")
    read = [
        (_DECODED[name], yes if value == "yes" else Text(str(value), str(value)))
        for name, value in load.decoded.items()
        if name in _DECODED
    ]
    for place, count in sorted(load.steps.items()):
        name, _, step = place.rpartition(".")
        field = contract.field(name)
        title = field.title if field else Text(name, name)
        what = STEPS.get(step, Text(step, step))
        words = Text(f"{title.zh}：{what.zh}", f"{title.en}: {what.en}")
        read.append((words, Text(f"{count:,} 处", f"{count:,} values")))
    for dataset, snapshot in sorted(load.references.items()):
        words = Text(f"引用核对：{dataset}", f"references checked: {dataset}")
        read.append((words, Text(f"快照 {snapshot}", f"snapshot {snapshot}")))
    return tuple(read)


def _rejects(
    visitor: Visitor, contract: Contract, shown: Whole
) -> tuple[views.Rejects, ...] | State:
    load = shown.load
    if not load.quarantined:
        return State("live", Text("没有有问题的记录", "No record was quarantined"))
    if not shown.still_open:
        return State("live", Text("有问题的记录都已更正", "Every quarantined record is corrected"))
    services = visitor.services
    origin = origin_of(services.node.database, load.load_id)
    try:
        rows = rejected_page(
            services.gateway,
            services.node.keyring,
            visitor.principal,
            contract,
            load.load_id,
            per_rule=REJECTS_PER_RULE,
            limit=REJECTS_SHOWN,
            corrected=origin.corrected if shown.corrected else frozenset(),
        )
    except Refused as refused:
        href = f"/official/signin?level=3&next=/official/loads/{load.load_id}"
        step_up = refused.reason is reasons.SIGN_IN_LEVEL
        return State(
            "refused",
            refused.reason.text,
            reason=refused.reason,
            action=Action(Text("继续验证", "Continue to verify"), href) if step_up else None,
        )
    except NotFound as gone:
        return State("empty", gone.text)
    return tuple(
        _by_rule(contract, rule, count, rows, origin)
        for rule, count in describe.by_count(contract, shown)
    )


def _by_rule(
    contract: Contract, rule: str, count: RuleCount, rows: list[Rejected], origin: RecordOrigin
) -> views.Rejects:
    """The first records that broke a rule, under the numbers that the download has too."""
    mine = [r for r in rows if rule in r.rules][:REJECTS_PER_RULE]
    names = _columns(contract, rule, mine)
    others = [_other(r, rule) for r in mine]
    named = any(other is not None for other in others)
    return views.Rejects(
        id=count.anchor or "",
        rule=count.rule,
        rows=Table(
            caption=Text("有问题的记录", "Quarantined records"),
            columns=(
                TableColumn(Text("记录号", "Record"), numeric=True),
                *(TableColumn(name) for name in names),
                *((TableColumn(_SAME),) if named else ()),
            ),
            rows=tuple(
                (
                    origin.number(r.record),
                    *(r.values.get(n) for n in names),
                    *((other,) if named else ()),
                )
                for r, other in zip(mine, others, strict=True)
            ),
        ),
        total=count.count,
    )


_SAME = Text("值相同的另一条", "The other record with the same value")


def _columns(contract: Contract, rule: str, mine: list[Rejected]) -> list[str]:
    """The columns of the file that a rule reads; of a rule about the whole record, those with an
    error value, or the first few."""
    everything = [f.source_column for f in contract.fields]
    if rule == "row.error":
        wrong = {n for r in mine for n, v in r.values.items() if v and v.strip() in ERROR_VALUES}
        return [name for name in everything if name in wrong] or everything[:4]
    names = describe.fields_of(contract, rule)
    read = [f.source_column for f in contract.fields if f.name in names]
    return read or everything[:4]


def _other(rejected: Rejected, rule: str) -> Value:
    other = next((o for o in rejected.others if o.rule == rule), Other(rule, None, None))
    if other.standing is not None:
        return Text(f"已入库的第 {other.standing} 条", f"accepted record {other.standing}")
    if other.first is not None:
        return Text(f"同一文件第 {other.first} 条", f"record {other.first} of the same file")
    return None


@dataclass(frozen=True, slots=True)
class _Event:
    """Something that happened to a dataset on a day."""

    at: datetime
    outcome: views.Outcome
    href: str
    accepted: int = 0
    quarantined: int = 0


def _strip(visitor: Visitor, contract: Contract) -> tuple[views.LoadDay, ...]:
    """The last days, oldest first: what each day's newest load, or file of corrections, came to."""
    newest = {civil_date(e.at): e for e in sorted(_events(visitor, contract), key=lambda e: e.at)}
    today = civil_date(visitor.frame.now)
    days = [today - timedelta(days=n) for n in reversed(range(STRIP_DAYS))]
    return tuple(_day(day, newest.get(day)) for day in days)


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
                aside = load.quarantined
                found.append(_Event(load.committed_at, "failed", _report(load.load_id), 0, aside))
            else:
                outcome: views.Outcome = "quarantined" if left else "clean"
                href = _report(one.load.load_id)
                found.append(_Event(load.committed_at, outcome, href, one.accepted, left))
    return found


def _report(load_id: str) -> str:
    return f"/official/loads/{load_id}"


def _day(day: date, event: _Event | None) -> views.LoadDay:
    if event is None:
        return views.LoadDay(day, "none")
    return views.LoadDay(day, event.outcome, event.accepted, event.quarantined, event.href)
