"""Fills the open pages' views of the citizen portal: home, search, dataset."""

from dataclasses import replace

from xihu_catalog.contracts.model import Contract, policy_of
from xihu_catalog.datasets.service import Entry
from xihu_catalog.datasets.told import told
from xihu_catalog.quality.whole import newest_whole
from xihu_catalog.registry.people import organisation_name
from xihu_catalog.search.index import Found, SearchQuery
from xihu_platform.access.decision import Allow
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.errors import Reason, Refused
from xihu_platform.words import Text
from xihu_portals.api.datasets import citation
from xihu_portals.citizen import views
from xihu_portals.web import describe, figures
from xihu_portals.web.datasets import ApiExample
from xihu_portals.web.parts import Link, State, Table
from xihu_portals.web.places import region_filters, with_region
from xihu_portals.web.searching import SearchAddress, chosen_links, facet_parts, kept, notes
from xihu_portals.web.visitor import Visitor

HOME_FIGURES = ("pm25_mean", "satisfaction_rate", "bus_passengers", "hospital_bed_occupancy")
POPULAR = (
    Text("空气质量", "air quality"),
    Text("公交", "bus"),
    Text("医院床位", "hospital"),
    Text("企业", "firms"),
)
PREVIEW_ROWS = 20
FIGURES_SHOWN = 3
OPEN = ("open_class", "unconditional")
CLOSED = (("open_class", "restricted"), ("open_class", "banned"))
FACETS_SHOWN = ("topic", "provider", "update_cycle", "format")
"""Whether a dataset is open is no filter here: the open ones come first, the others apart."""


def asker(visitor: Visitor) -> figures.Asker:
    return figures.Asker(
        visitor.services,
        visitor.principal,
        "/datasets",
        None,
        "/api/v1/brain/metrics/{metric}/query",
    )


def home(visitor: Visitor) -> views.Home:
    services = visitor.services
    metrics = [services.metrics[name] for name in HOME_FIGURES if name in services.metrics]
    public = [e for e in services.catalogue.entries() if e.contract.is_open]
    return views.Home(
        frame=visitor.frame,
        popular=tuple(Link(word, f"/search?q={word.zh}") for word in POPULAR),
        figures=tuple(figures.figure(asker(visitor), spec) for spec in metrics),
        notices=tuple(_notice(e) for e in public if e.heartbeat.state != "live"),
        datasets=len(public),
    )


def _notice(entry: Entry) -> views.HomeNotice:
    heart, contract = entry.heartbeat, entry.contract
    kind = "late" if heart.state == "late" else "broken"
    return views.HomeNotice(
        kind=kind,  # type: ignore[arg-type]  # one of the two just above
        text=contract.title,
        since=heart.due_at,
        href=f"/datasets/{contract.dataset}",
    )


def search(visitor: Visitor, address: SearchAddress) -> views.Search:
    """Open datasets; on the first page figures before them; the closed ones behind one line."""
    services = visitor.services
    chosen = tuple(pair for pair in address.facets if pair[0] in FACETS_SHOWN)
    asked = SearchQuery(address.text, (*chosen, OPEN), address.offset, address.limit)
    found = services.search.search(asked)
    hits = [_hit(services.catalogue.get_entry(name), found.place) for name in found.ids]
    figure_specs = _figures_found(visitor, found, address, bool(chosen))
    closed = _closed(visitor, replace(asked, facets=(*chosen, *CLOSED), offset=0, limit=100))
    return views.Search(
        frame=visitor.frame,
        query=address.text,
        terms=found.terms,
        hits=(*_figure_hits(visitor, figure_specs, found.place), *hits),
        facets=facet_parts(address, found, FACETS_SHOWN),
        pager=address.pager(len(found.ids), found.total),
        figures=len(figure_specs),
        more_figures=tuple(
            Link(s.name, f"/datasets/{s.dataset}") for s in figure_specs[FIGURES_SHOWN:]
        ),
        notes=notes(found, "/datasets", services.catalogue.contracts.find),
        closed=closed,
        chosen=chosen_links(replace(address, facets=chosen), found),
        kept=kept(replace(address, facets=chosen)),
        everything=_everything(visitor),
    )


def _everything(visitor: Visitor) -> Link:
    total = visitor.services.search.search(SearchQuery(facets=(OPEN,), limit=1)).total
    label = Text(f"看全部 {total} 个开放数据集", f"See all {total} open datasets")
    return Link(label, "/search")


def _hit(entry: Entry, place: str | None) -> views.Hit:
    contract = entry.contract
    return views.Hit(
        kind="dataset",
        id=contract.dataset,
        href=with_region(f"/datasets/{contract.dataset}", place),
        title=contract.title,
        line=contract.summary,
        owner=organisation_name(contract.provider),
        freshness=describe.freshness(entry.heartbeat),
        rows=told(contract, entry.heartbeat.rows),
        formats=describe.formats(entry.heartbeat.rows),
        cycle=describe.label("update_cycle", contract.update_cycle),
    )


def _figures_found(
    visitor: Visitor, found: Found, address: SearchAddress, narrowed: bool
) -> list[MetricSpec]:
    """The public figures for the words; none on later pages or under facets of datasets."""
    if address.offset or narrowed or not found.terms:
        return []
    text = found.corrected or address.text
    ids = visitor.services.search.search(SearchQuery(text, kind="figure", limit=100)).ids
    specs = [visitor.services.metrics[name] for name in ids]
    return [spec for spec in specs if spec.audience == "public"]


def _figure_hits(
    visitor: Visitor, specs: list[MetricSpec], place: str | None
) -> tuple[views.Hit, ...]:
    return tuple(
        views.Hit(
            kind="figure",
            id=spec.id,
            href=f"/datasets/{spec.dataset}",
            title=spec.name,
            line=spec.definition,
            figure=figures.figure(asker(visitor), spec, parent=place),
        )
        for spec in specs[:FIGURES_SHOWN]
    )


def _closed(visitor: Visitor, query: SearchQuery) -> tuple[views.ClosedGroup, ...]:
    """Found but not open to all, gathered under the reason the access decision gives."""
    services = visitor.services
    groups: dict[Reason, list[Link]] = {}
    for name in services.search.search(query).ids:
        decision = services.gateway.decide(visitor.principal, name, Purpose("open"))
        if not isinstance(decision, Allow):
            link = Link(services.catalogue.contracts.get(name).title, f"/datasets/{name}")
            groups.setdefault(decision.reason, []).append(link)
    return tuple(views.ClosedGroup(reason, tuple(links)) for reason, links in groups.items())


def suggestions(visitor: Visitor, text: str) -> views.Suggestions:
    services = visitor.services
    ids = services.search.search(SearchQuery(text, (OPEN,), limit=8, typing=True)).ids
    titles = tuple(services.catalogue.contracts.get(i).title for i in ids)
    return views.Suggestions(visitor.frame, titles)


def dataset(
    visitor: Visitor, name: str, snapshot: int | None, region: str | None = None
) -> views.Dataset:
    services = visitor.services
    entry = services.catalogue.get_entry(name)
    contract = entry.contract
    whole = newest_whole(services.catalogue, services.node.database, contract)
    return views.Dataset(
        frame=visitor.frame,
        head=describe.head(entry, public=True),
        state=describe.state_of(entry),
        region=Link(describe.region_name(region), f"/datasets/{name}") if region else None,
        preview=_preview(visitor, contract, snapshot, region),
        fields=tuple(describe.field(f) for f in contract.fields),
        quality=describe.quality(contract, whole, None, public=True)
        if whole
        else State("empty", Text("还没有装载记录", "Nothing has been loaded yet")),
        versions=describe.versions(
            contract, services.catalogue.versions(contract), f"/datasets/{name}", public=True
        ),
        downloads=describe.downloads(f"/datasets/{name}", entry.heartbeat.rows, region)
        if contract.is_open
        else (),
        api=_api(visitor, contract, region),
        citation=citation(entry),
    )


def _api(visitor: Visitor, contract: Contract, region: str | None) -> ApiExample | State:
    decision = visitor.services.gateway.decide(visitor.principal, contract.dataset, Purpose("open"))
    if not isinstance(decision, Allow):
        return State("refused", decision.reason.text, reason=decision.reason)
    base = visitor.services.node.settings.base_url
    return describe.api_example(base, contract.dataset, region_filters(contract, region))


def _preview(
    visitor: Visitor, contract: Contract, snapshot: int | None, region: str | None
) -> Table | State:
    if policy_of(contract).shows_sample_only:
        return describe.sample(contract)
    query = RowQuery(snapshot_id=snapshot, filters=region_filters(contract, region))
    try:
        page = visitor.services.gateway.read_page(
            visitor.principal,
            contract.dataset,
            Purpose("open"),
            query,
            limit=PREVIEW_ROWS,
            exit_name="preview",
        )
    except Refused as refused:
        return State("refused", refused.reason.text, reason=refused.reason)
    return describe.preview(contract, page.decision, page.table.to_pylist())
