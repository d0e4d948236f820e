"""Fills the open pages' views of the citizen portal: home, search, dataset."""

from xihu_catalog.contracts.model import Contract, policy_of
from xihu_catalog.datasets.service import Entry
from xihu_catalog.search.index import SearchQuery
from xihu_catalog.standards.registry import organisation_name
from xihu_platform.access.answers import Citation
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.errors import Refused
from xihu_platform.words import Text
from xihu_portals.api.datasets import cite
from xihu_portals.citizen import views
from xihu_portals.web import describe, figures
from xihu_portals.web.datasets import Version
from xihu_portals.web.parts import Link, State, Table
from xihu_portals.web.searching import SearchAddress, chosen_links, facet_parts, kept, sort_select
from xihu_portals.web.visitor import Visitor

HOME_FIGURES = ("pm25_mean", "satisfaction_rate", "bus_passengers", "hospital_bed_occupancy")
POPULAR = (
    Text("空气质量", "air quality"),
    Text("公交", "bus"),
    Text("医院床位", "hospital"),
    Text("企业", "firms"),
)
PREVIEW_ROWS = 20


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
    public = [e for e in services.catalogue.entries() if e.contract.open_class == "unconditional"]
    return views.Home(
        frame=visitor.frame,
        popular=tuple(Link(word, f"/search?q={word.zh}") for word in POPULAR),
        figures=tuple(figures.figure(asker(visitor), spec) for spec in metrics),
        notices=tuple(_notice(e) for e in public if e.heartbeat.state != "live"),
        datasets=len(public),
    )


def _notice(entry: Entry) -> views.Notice:
    heart, contract = entry.heartbeat, entry.contract
    kind = "late" if heart.state == "late" else "broken"
    return views.Notice(
        kind=kind,  # type: ignore[arg-type]  # one of the two just above
        text=contract.title,
        since=heart.due_at,
        href=f"/datasets/{contract.dataset}",
    )


def search(visitor: Visitor, address: SearchAddress) -> views.Search:
    """Datasets, and on the first page the public figures whose names hold the words."""
    services = visitor.services
    found = services.search.search(
        SearchQuery(address.text, address.facets, address.offset, address.limit)
    )
    entries = [services.catalogue.get_entry(dataset) for dataset in found.ids]
    hits = [_hit(entry) for entry in entries]
    if address.offset == 0 and found.terms and not address.facets:
        hits = [*_figure_hits(visitor, found.terms), *hits]
    return views.Search(
        frame=visitor.frame,
        query=address.text,
        terms=found.terms,
        hits=tuple(hits),
        facets=facet_parts(address, found),
        pager=address.pager(len(entries), found.total),
        sort=sort_select(address),
        chosen=chosen_links(address),
        kept=kept(address),
        nearby=tuple(Link(word, f"/search?q={word.zh}") for word in POPULAR),
    )


def _hit(entry: Entry) -> views.Hit:
    contract = entry.contract
    opened = contract.open_class == "unconditional"
    return views.Hit(
        kind="dataset",
        id=contract.dataset,
        href=f"/datasets/{contract.dataset}",
        title=contract.title,
        line=contract.summary,
        owner=organisation_name(contract.provider),
        freshness=describe.freshness(entry.heartbeat),
        rows=entry.heartbeat.rows,
        formats=("CSV", "Excel", "Parquet", "Arrow") if opened else (),
        cycle=describe.label("update_cycle", contract.update_cycle),
    )


def _figure_hits(visitor: Visitor, terms: tuple[str, ...]) -> list[views.Hit]:
    specs = [
        spec
        for spec in visitor.services.metrics.values()
        if spec.audience == "public"
        and all(t in f"{spec.name.zh} {spec.name.en}".lower() for t in terms)
    ]
    return [
        views.Hit(
            kind="figure",
            id=spec.id,
            href=f"/datasets/{spec.dataset}",
            title=spec.name,
            line=spec.definition,
            figure=figures.figure(asker(visitor), spec),
        )
        for spec in specs[:3]
    ]


def suggestions(visitor: Visitor, text: str) -> views.Suggestions:
    services = visitor.services
    ids = services.search.search(SearchQuery(text, limit=8)).ids
    titles = tuple(services.catalogue.get_contract(i).title for i in ids)
    return views.Suggestions(visitor.frame, titles)


def dataset(visitor: Visitor, name: str, snapshot: int | None) -> views.Dataset:
    services = visitor.services
    entry = services.catalogue.get_entry(name)
    contract = entry.contract
    loads = services.catalogue.loads(contract, limit=1)
    return views.Dataset(
        frame=visitor.frame,
        head=describe.head(entry),
        state=describe.state_of(entry),
        preview=_preview(visitor, contract, snapshot),
        fields=tuple(describe.field(f) for f in contract.fields),
        quality=describe.quality(contract, loads[0], None)
        if loads
        else State("empty", Text("还没有装载记录", "Nothing has been loaded yet")),
        versions=versions(visitor, contract, f"/datasets/{name}"),
        downloads=describe.downloads(f"/datasets/{name}")
        if contract.open_class == "unconditional"
        else (),
        api=describe.api_example(services.ground.settings.base_url, name),
        citation=citation(visitor, entry),
    )


def versions(visitor: Visitor, contract: Contract, href: str) -> tuple[Version, ...]:
    lake = visitor.services.ground.lake
    if lake.find_snapshot(contract.table) is None:
        return ()
    return describe.versions(lake.history(contract.table)[:20], href)


def citation(visitor: Visitor, entry: Entry) -> Text:
    heart = entry.heartbeat
    if heart.loaded_at is None or heart.snapshot_id is None:
        return Text("尚无数据可引用", "There is no data to cite yet")
    cited = Citation(
        dataset=entry.contract.dataset,
        snapshot_id=heart.snapshot_id,
        committed_at=heart.loaded_at.isoformat(),
        rows=heart.rows,
        synthetic=entry.contract.synthetic,
    )
    title = entry.contract.title
    return Text(cite(cited, title, "zh"), cite(cited, title, "en"))


def _preview(visitor: Visitor, contract: Contract, snapshot: int | None) -> Table | State:
    if policy_of(contract).shows_sample_only:
        return describe.sample(contract)
    query = RowQuery(snapshot_id=snapshot)
    try:
        page = visitor.services.door.read_page(
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
