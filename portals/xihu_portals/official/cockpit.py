"""The cockpit: what waits for this position today, and how its region is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.service import Heartbeat
from xihu_catalog.quality.quarantine import KEEP_DAYS
from xihu_catalog.quality.whole import Whole, wholes
from xihu_catalog.registry.codes import province
from xihu_catalog.registry.pages import page_choices
from xihu_platform.words import Text
from xihu_portals.official.asker import asker
from xihu_portals.official.maps import map_metric, metric_select, region_map, region_path
from xihu_portals.pages import describe, figures
from xihu_portals.pages.visitor import InOffice, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Figure, Link, Select, State, TileMap, Words
from xihu_portals.web.render import render

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits for this position."""

    kind: Literal["alert", "late", "broken"]
    title: Words
    line: Words
    href: str
    verb: Text
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cockpit:
    """8 · What needs me today, how is my region?"""

    frame: PageFrame
    path: tuple[Link, ...]
    """From the province down to the region shown."""
    region: Text
    needs: tuple[Need, ...]
    figures: tuple[Figure, ...]
    map: TileMap | State
    filters: tuple[Select, ...]
    """Indicator and period of the map, kept in the URL."""


def fill(visitor: Visitor, metric: str | None) -> Cockpit:
    services = visitor.services
    position = visitor.principal.position
    home = position.region if position else province().code
    spec = map_metric(services, metric)
    named = page_choices().cockpit_figures
    specs = [services.metrics[name] for name in named if name in services.metrics]
    who = asker(visitor)
    return Cockpit(
        frame=visitor.frame,
        path=region_path(home),
        region=describe.region_name(home),
        needs=needs(visitor),
        figures=tuple(
            figures.figure(who, s, parent=home, href=f"/official/region/{home}?metric={s.id}")
            for s in specs
        ),
        map=region_map(visitor, spec, home),
        filters=(metric_select(visitor, spec),) if spec else (),
    )


def needs(visitor: Visitor) -> tuple[Need, ...]:
    """Late and broken data this position answers for; rows quarantined, for a steward."""
    position = visitor.principal.position
    if position is None:
        return ()
    everything = "chief_data_officer" in position.duties
    catalogue = visitor.services.catalogue
    found: list[Need] = []
    for contract in catalogue.contracts.all().values():
        if contract.provider != position.organisation and not everything:
            continue
        heart = catalogue.heartbeat(contract)
        if heart.state != "live":
            found.append(_late_need(contract, heart))
        if "steward" in position.duties:
            found.extend(_quarantine_needs(visitor, contract))
    return tuple(found)


def _late_need(contract: Contract, heart: Heartbeat) -> Need:
    late = heart.state == "late"
    return Need(
        kind="late" if late else "broken",
        title=contract.title,
        line=Text("该更新的数据还没有到", "The update is overdue")
        if late
        else Text("没有可读的数据", "There is no data that can be read"),
        href=f"/official/datasets/{contract.dataset}",
        verb=Text("查看数据集", "Open the dataset"),
        since=heart.due_at,
    )


def _quarantine_needs(visitor: Visitor, contract: Contract) -> list[Need]:
    """The newest load; of a dataset that loads add to, all of those with open records."""
    services = visitor.services
    every = wholes(services.catalogue, services.node.database, contract)
    loaded = [one for one in every if not one.load.blocked]
    if contract.loading.mode == "replace":
        loaded = loaded[:1]
    earliest = visitor.frame.now - timedelta(days=KEEP_DAYS)  # older ones are purged
    left = [
        one
        for one in loaded
        if (one.still_open or one.unmatched_quarantined) and one.load.committed_at > earliest
    ]
    if not left:
        return []
    line, href = _of_newest(left[0]), f"/official/loads/{left[0].load.load_id}"
    verb = Text("查看报告", "Open the report")
    if len(left) > 1 or left[0] is not loaded[0]:
        line, href = _of_loads(left), f"/official/datasets/{contract.dataset}#quality"
        verb = Text("查看历次装载", "See the loads")
    since = left[0].load.committed_at
    return [Need("alert", contract.title, line, href, verb, since=since)]


def _of_loads(left: list[Whole]) -> Text:
    """What is left of several loads, or of one before the newest."""
    total = sum(one.still_open + one.unmatched_quarantined for one in left)
    loads = "Earlier loads" if len(left) == 1 else f"{len(left)} loads"
    return Text(
        f"有 {len(left)} 次装载共 {total:,} 条有问题，暂未入库",
        f"{loads} left {total:,} records quarantined",
    )


def _of_newest(whole: Whole) -> Text:
    """What is left of the newest load, its corrections counted."""
    left, load = whole.still_open, whole.load
    if not left:
        again = whole.unmatched_quarantined
        return Text(
            f"最近一次装载的更正文件中有 {again:,} 条有问题，暂未入库",
            f"Corrections of the last load hold {again:,} quarantined records",
        )
    share = left / max(load.counts.received, 1)
    zh = f"，已更正 {whole.corrected:,} 条" if whole.corrected else ""
    en = f"; {whole.corrected:,} have been corrected" if whole.corrected else ""
    return Text(
        f"最近一次装载有 {left:,} 条有问题，暂未入库（{share:.1%}）{zh}",
        f"The last load left {left:,} records quarantined ({share:.1%}){en}",
    )


@router.get("/official/")
def page(request: Request, visitor: InOffice, metric: str | None = None) -> HTMLResponse:
    return render(request, "official/cockpit.html", fill(visitor, metric))
