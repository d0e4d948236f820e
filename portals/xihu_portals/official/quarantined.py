"""The quarantined records on a load's report, by the rule they broke, and their downloads."""

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.rules import ERROR_VALUES
from xihu_catalog.datasets.service import LoadSummary
from xihu_catalog.quality.blocked import find_load
from xihu_catalog.quality.quarantine import Other, RecordOrigin, Rejected
from xihu_catalog.quality.released import FileFormat, rejected_file, rejected_page
from xihu_catalog.quality.reported import fields_of_rule
from xihu_catalog.quality.whole import Whole, origin_of
from xihu_platform.access import reasons
from xihu_platform.access.formats import MEDIA_TYPES, SHEET_LIMIT
from xihu_platform.access.quarantine import quarantine_refusal
from xihu_platform.errors import NotFound, Reason
from xihu_platform.identity.address import caller_of
from xihu_platform.words import Text
from xihu_portals.edge.streams import Download
from xihu_portals.pages import quality
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.datasets import RuleCount
from xihu_portals.web.parts import Action, State, Table, TableColumn, Value, Words

REJECTS_SHOWN = 5000
REJECTS_PER_RULE = 5
router = APIRouter()


@dataclass(frozen=True, slots=True)
class Rejects:
    """The first records that broke one rule, for the steward's own position."""

    id: str
    rule: Words
    rows: Table
    """Record number, and the values of the fields that the rule reads."""
    total: int


@dataclass(frozen=True, slots=True)
class RejectsFile:
    """A download of quarantined records: those still open, or all of them."""

    kind: Literal["excel", "csv", "all"]
    href: str


def fill(visitor: Visitor, contract: Contract, shown: Whole) -> tuple[Rejects, ...] | State:
    load = shown.load
    if not load.counts.quarantined:
        return State("live", Text("没有有问题的记录", "No record was quarantined"))
    if not shown.still_open:
        return State("live", Text("有问题的记录都已更正", "Every quarantined record is corrected"))
    services = visitor.services
    reason = quarantine_refusal(visitor.principal, contract.provider, services.gateway.clock())
    if reason is not None:  # nobody asked for the rows: the report alone is no attempt
        return _closed(load, reason)
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
    except NotFound as gone:
        return State("empty", gone.text)
    return tuple(
        _by_rule(contract, rule, count, rows, origin)
        for rule, count in quality.by_count(contract, shown)
    )


def _closed(load: LoadSummary, reason: Reason) -> State:
    href = f"/official/signin?level=3&next=/official/loads/{load.load_id}"
    step_up = reason is reasons.SIGN_IN_LEVEL
    return State(
        "refused",
        reason.text,
        reason=reason,
        action=Action(Text("继续验证", "Continue to verify"), href) if step_up else None,
    )


def _by_rule(
    contract: Contract, rule: str, count: RuleCount, rows: list[Rejected], origin: RecordOrigin
) -> Rejects:
    """The first records that broke a rule, under the numbers that the download has too."""
    mine = [r for r in rows if rule in r.rules][:REJECTS_PER_RULE]
    names = _columns(contract, rule, mine)
    others = [_other(r, rule) for r in mine]
    named = any(other is not None for other in others)
    return Rejects(
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
    names = fields_of_rule(contract, rule)
    read = [f.source_column for f in contract.fields if f.name in names]
    return read or everything[:4]


def _other(rejected: Rejected, rule: str) -> Value:
    other = next((o for o in rejected.others if o.rule == rule), Other(rule, None, None))
    if other.standing is not None:
        return Text(f"已入库的第 {other.standing} 条", f"accepted record {other.standing}")
    if other.first is not None:
        return Text(f"同一文件第 {other.first} 条", f"record {other.first} of the same file")
    return None


def downloads(visitor: Visitor, contract: Contract, load: LoadSummary) -> tuple[RejectsFile, ...]:
    """What is still open, as Excel and CSV; and everything, once some of it has been corrected."""
    if not load.counts.quarantined or not _sees_raw(visitor, contract):
        return ()
    corrected = len(origin_of(visitor.services.node.database, load.load_id).corrected)
    here = f"/official/loads/{load.load_id}/quarantined"
    left = load.counts.quarantined - corrected
    found = []
    if 0 < left <= SHEET_LIMIT:
        found.append(RejectsFile("excel", f"{here}.xlsx"))
    if left:
        found.append(RejectsFile("csv", f"{here}.csv"))
    if corrected:
        found.append(RejectsFile("all", f"{here}.csv?all=1"))
    return tuple(found)


def _sees_raw(visitor: Visitor, contract: Contract) -> bool:
    """Whether quarantined records are the visitor's to see: raw values ask for the third level."""
    now = visitor.services.node.clock()
    return quarantine_refusal(visitor.principal, contract.provider, now) is None


@router.get("/official/loads/{load}/quarantined.{form}")
def download(
    visitor: InOffice,
    load: str,
    form: FileFormat,
    every: Annotated[bool, Query(alias="all")] = False,
) -> Response:
    """The quarantined records, each with its reasons, for the steward's own position; those
    corrected since only with `all`."""
    services = visitor.services
    contract, summary = find_load(services.catalogue, services.node.database, load)
    slot = services.streams.take(caller_of(visitor.principal))
    try:
        origin = origin_of(services.node.database, summary.load_id)
        if every:
            origin = replace(origin, corrected=frozenset())
        keyring = services.node.keyring
        chunks = rejected_file(services.gateway, keyring, visitor.principal, contract, origin, form)
    except BaseException:
        slot.release()
        raise
    name = f"{contract.dataset}-quarantined.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Download(chunks, source=chunks, slot=slot, media_type=MEDIA_TYPES[form], headers=headers)
