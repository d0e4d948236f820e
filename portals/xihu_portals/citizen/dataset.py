"""A dataset's page: whether one can trust it, how one gets it; and its downloads."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from xihu_catalog.contracts.model import Contract, policy_of
from xihu_catalog.datasets.entries import is_stored
from xihu_catalog.formats.clean import script_json
from xihu_catalog.formats.schema_org import schema_org_document
from xihu_catalog.quality.whole import newest_whole
from xihu_catalog.registry.codes import code_list
from xihu_catalog.sharing.openings import OPENING_REQUEST
from xihu_platform.access.decision import Allow
from xihu_platform.access.formats import SHEET_LIMIT, Format
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.errors import Refused
from xihu_platform.words import Text
from xihu_portals.api.datasets import (
    Fields,
    Filters,
    Readers,
    SnapshotId,
    Sorts,
    citation,
    export,
    language,
    row_query,
)
from xihu_portals.api.strict import known_parameters
from xihu_portals.citizen.attested import attested_page
from xihu_portals.citizen.harvested import harvested_page
from xihu_portals.pages import describe, quality, values
from xihu_portals.pages.conformance import ShownChecks, shown_checks
from xihu_portals.pages.dimensions import (
    ShownDimensions,
    ShownMetadata,
    dimensions_of,
    metadata_of,
)
from xihu_portals.pages.embedding import table_code
from xihu_portals.pages.entry_state import EntryState, entry_state
from xihu_portals.pages.listing import TOPICS_PATH, publisher_href
from xihu_portals.pages.matter_acts import CITIZEN
from xihu_portals.pages.matter_new import is_in_force
from xihu_portals.pages.matter_options import closed_fields
from xihu_portals.pages.places import region_filters
from xihu_portals.pages.snippets import ApiCall, api_example, query_pairs
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.pages.voices import Voices, voices_of
from xihu_portals.web.address import number
from xihu_portals.web.datasets import (
    ApiExample,
    DatasetHead,
    DownloadLink,
    ShownField,
    ShownQuality,
    Version,
)
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Link, State, Table, Words
from xihu_portals.web.render import render

PREVIEW_ROWS = 20
router = APIRouter()


@dataclass(frozen=True, slots=True)
class Dataset:
    """3 · Can I trust it, how do I get it?"""

    frame: PageFrame
    head: DatasetHead
    state: State | None
    """Late or broken: what that means and what still works."""
    preview: Table | State
    fields: tuple[ShownField, ...]
    quality: ShownQuality | State
    versions: tuple[Version, ...]
    downloads: tuple[DownloadLink, ...]
    api: ApiExample | State
    """Examples, or why there are none."""
    citation: Words
    region: Link | None = None
    """Preview and downloads are of this region only; the link lifts that."""
    explore: str | None = None
    """Where its rows are filtered and counted; None where the public sees a sample alone."""
    ask_open: Link | None = None
    """Where the fields that are not open are asked for; None where all of them are."""
    closed: int = 0
    """How many fields are not open."""
    entry: EntryState | None = None
    documents: tuple[Link, ...] = ()
    """The entry in the formats that other programs read."""
    checks: ShownChecks | None = None
    structured: str = ""
    """The entry in schema.org, as JSON for a `<script>` element."""
    dimensions: ShownDimensions | None = None
    metadata: ShownMetadata | None = None
    voices: Voices | None = None
    """What people say of it and have built with it."""
    embed: str | None = None
    """The line that shows its first rows on another site; None where its rows are not public."""


def fill(visitor: Visitor, name: str, snapshot: int | None, region: str | None = None) -> Dataset:
    services = visitor.services
    entry = services.catalogue.get_entry(name)
    contract = entry.contract
    whole = newest_whole(services.catalogue, services.node.database, contract)
    closed = len(closed_fields(visitor, name))
    measured = services.quality().measure_whole(contract, whole, visitor.principal)
    facts, unreadable = services.entries.get(name), policy_of(contract).closed_fields
    return Dataset(
        frame=visitor.frame,
        head=replace(
            describe.head(entry, public=True),
            owner_href=publisher_href(contract.provider),
            topic_href=f"{TOPICS_PATH}/{contract.topic}"
            if contract.topic in code_list("topics")
            else None,
        ),
        state=describe.state_of(entry),
        entry=entry_state(visitor, name),
        region=Link(describe.region_name(region), f"/datasets/{name}") if region else None,
        preview=_preview(visitor, contract, snapshot, region),
        fields=tuple(describe.field(f) for f in contract.fields),
        quality=quality.of_load(contract, whole, None, public=True, unreadable=unreadable)
        if whole
        else quality.NO_LOAD,
        dimensions=dimensions_of(measured, public=True, unreadable=unreadable),
        metadata=metadata_of(facts),
        versions=describe.versions(
            contract,
            services.catalogue.versions(contract, visitor.principal),
            f"/datasets/{name}",
            public=True,
        ),
        downloads=describe.downloads(
            f"/datasets/{name}",
            (("region", region),) if region else (),
            sheet=region is not None or entry.heartbeat.rows <= SHEET_LIMIT,
        )
        if contract.is_open
        else (),
        explore=_explore(contract, region),
        api=_api(visitor, contract, region),
        citation=citation(entry, visitor.services.node.settings.base_url),
        ask_open=_ask_open(visitor, name) if closed else None,
        closed=closed,
        documents=_documents(name, contract),
        structured=script_json(schema_org_document(facts)),
        checks=shown_checks(services, name),
        voices=voices_of(visitor, name),
        embed=_embed(visitor, contract, region),
    )


def _embed(visitor: Visitor, contract: Contract, region: str | None) -> str | None:
    if not contract.is_open or policy_of(contract).shows_sample_only:
        return None
    base = visitor.services.node.settings.base_url
    query = RowQuery(filters=region_filters(contract, region))
    return table_code(base, contract.dataset, contract.title, query)


def _ask_open(visitor: Visitor, dataset: str) -> Link | None:
    if not is_in_force(visitor, OPENING_REQUEST):
        return None
    label = Text("申请开放这些数据", "Ask for this data to be opened")
    return Link(label, f"{CITIZEN}/new/{OPENING_REQUEST}?{urlencode({'dataset': dataset})}")


def _documents(name: str, contract: Contract) -> tuple[Link, ...]:
    """A data package has the files of an open dataset; there is none of a closed one."""
    page = f"/datasets/{name}"
    package = (Link(Text("Data Package", "Data Package"), f"{page}/datapackage.json"),)
    return (
        Link(Text("DCAT-AP（Turtle）", "DCAT-AP (Turtle)"), f"{page}/entry.ttl"),
        Link(Text("DCAT-AP（JSON-LD）", "DCAT-AP (JSON-LD)"), f"{page}/entry.jsonld"),
        Link(Text("DCAT-US", "DCAT-US"), f"{page}/dcat-us.json"),
        Link(Text("Croissant", "Croissant"), f"{page}/croissant.json"),
        Link(Text("数据契约（ODCS）", "Data contract (ODCS)"), f"{page}/odcs.yaml"),
        Link(Text("CITATION.cff", "CITATION.cff"), f"{page}/citation.cff"),
        Link(Text("BibTeX", "BibTeX"), f"{page}/citation.bib"),
        *(package if contract.is_open else ()),
    )


def _explore(contract: Contract, region: str | None) -> str | None:
    """The way to filter it, in the place that this page is about."""
    if not contract.is_open or not policy_of(contract).is_counted:
        return None
    narrowed = urlencode(query_pairs(RowQuery(filters=region_filters(contract, region))))
    return f"/datasets/{contract.dataset}/explore" + (f"?{narrowed}" if narrowed else "")


def _api(visitor: Visitor, contract: Contract, region: str | None) -> ApiExample | State:
    decision = visitor.services.gateway.decide(visitor.principal, contract.dataset, Purpose("open"))
    if not isinstance(decision, Allow):
        return State("refused", decision.reason.text, reason=decision.reason)
    base = visitor.services.node.settings.base_url
    narrowed = query_pairs(RowQuery(filters=region_filters(contract, region)))
    return api_example(ApiCall(base, contract.dataset, (*narrowed, ("limit", "100")), whole=False))


def _preview(
    visitor: Visitor, contract: Contract, snapshot: int | None, region: str | None
) -> Table | State:
    if policy_of(contract).shows_sample_only:
        return values.sample(contract)
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
    return values.preview(contract, page.decision, page.table.to_pylist(), page.disputed)


@router.get("/datasets/{dataset}")
def page(
    request: Request,
    visitor: CitizenVisitor,
    dataset: str,
    snapshot: str | None = None,
    region: str | None = None,
) -> HTMLResponse:
    if is_stored(dataset):
        entry = visitor.services.entries.get(dataset)
        shown = attested_page if entry.kind == "attestation" else harvested_page
        return shown(request, visitor, dataset)
    view = fill(visitor, dataset, number(snapshot, "snapshot"), region)
    return render(request, "citizen/dataset.html", view)


@router.get("/datasets/{dataset}/download.{form}", dependencies=[Depends(known_parameters)])
def download(
    request: Request,
    visitor: CitizenVisitor,
    dataset: str,
    form: Format,
    region: str | None = None,
    fields: Fields = "",
    filters: Filters = None,
    sorts: Sorts = None,
    snapshot: SnapshotId = None,
    readers: Readers = "programs",
) -> Response:
    contract = visitor.services.catalogue.contracts.get(dataset)
    query = row_query(fields, filters, sorts, snapshot)
    return export(
        visitor.services,
        visitor.principal,
        Purpose("open"),
        dataset,
        form,
        replace(query, filters=(*region_filters(contract, region), *query.filters)),
        language(request),
        readers=readers,
    )
