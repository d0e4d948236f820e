"""A table of an open dataset for other sites to show in a frame: no cookie, no session, no script.

Rows leave through the access gateway as open data, and each read is in the log.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import QueryParams

from xihu_catalog.contracts.model import Contract, Field, policy_of
from xihu_catalog.datasets.entries import is_stored
from xihu_platform.access.answers import Page
from xihu_platform.access.decision import Allow
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import CONDITIONS_LIMIT, RowQuery, parse_filter, parse_sort
from xihu_platform.errors import BadInput, PlatformError, Refused
from xihu_platform.words import Text
from xihu_portals.citizen.embed import Framed, in_frame
from xihu_portals.edge.limited import limited_by_address
from xihu_portals.pages import describe, values
from xihu_portals.pages.embedding import ROWS, ROWS_LIMIT
from xihu_portals.pages.explore import SAMPLE_ONLY
from xihu_portals.pages.snippets import query_pairs
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.address import number
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import Cell, Freshness, Table, Words

NAMES = ("field", "filter", "sort", "limit", "lang")
FIELDS_LIMIT = 50
TEXT_LIMIT = 300
"""Characters of a text in a cell; the dataset's page has all of it."""
OPEN = Purpose("open")
router = APIRouter()


@dataclass(frozen=True, slots=True)
class EmbeddedTable:
    """Which rows are there now? Where they cannot be shown, `refused` says why."""

    frame: PageFrame
    title: Words
    href: str
    search: str
    """Where other open data is found."""
    table: Table | None = None
    freshness: Freshness | None = None
    total: int | None = None
    rest: str | None = None
    """Where all the rows are, if there are more of them."""
    at: datetime | None = None
    snapshot: str = ""
    licence: Words = ""
    refused: Text | None = None


def fill(visitor: Visitor, dataset: str, asked: QueryParams) -> EmbeddedTable:
    """Raises NotFound, Refused, BadInput."""
    query, limit = query_of(asked)
    services = visitor.services
    if is_stored(dataset):
        raise _elsewhere(services.entries.get(dataset).id)
    entry = services.catalogue.get_entry(dataset)
    contract = entry.contract
    decision = services.gateway.decide(visitor.principal, dataset, OPEN)
    if isinstance(decision, Allow) and policy_of(contract).shows_sample_only:
        raise Refused(SAMPLE_ONLY)
    page = services.gateway.read_page(visitor.principal, dataset, OPEN, query, limit=limit)
    base = services.node.settings.base_url
    href = f"{base}/datasets/{dataset}"
    shown = page.table.num_rows
    pairs = urlencode(query_pairs(query), safe=":,")
    rest = f"{href}/explore?{pairs}" if pairs else f"{href}/explore"
    return EmbeddedTable(
        frame=replace(visitor.frame, synthetic=page.citation.synthetic),
        title=contract.title,
        href=href,
        search=f"{base}/search",
        table=_table(contract, page),
        freshness=describe.freshness(entry.heartbeat),
        total=page.total,
        rest=rest if page.total is None or page.total > shown else None,
        at=datetime.fromisoformat(page.citation.committed_at),
        snapshot=str(page.citation.snapshot_id),
        licence=describe.licence(contract),
    )


def query_of(asked: QueryParams) -> tuple[RowQuery, int]:
    """What the address asks for: its names are those of the rows API, and `field`, which can be
    repeated. Raises BadInput also for a name that nothing reads, which would change the rows
    unnoticed."""
    unknown = next((name for name in asked if name not in NAMES), None)
    if unknown is not None:
        raise BadInput(
            f"没有参数“{unknown[:40]}”，可用的参数：{'、'.join(NAMES)}",
            f"there is no parameter “{unknown[:40]}”; there are {', '.join(NAMES)}",
        )
    fields = [name for text in asked.getlist("field") for name in text.split(",") if name]
    if len(fields) > FIELDS_LIMIT:
        raise BadInput(
            f"字段最多 {FIELDS_LIMIT} 个，现有 {len(fields)} 个",
            f"at most {FIELDS_LIMIT} fields are shown, not {len(fields)}",
        )
    for name in ("filter", "sort"):
        if len(asked.getlist(name)) > CONDITIONS_LIMIT:
            raise BadInput(
                f"{name} 最多写 {CONDITIONS_LIMIT} 次",
                f"{name} is given {CONDITIONS_LIMIT} times at most",
            )
    limit = number(asked.get("limit"), "limit")
    limit = ROWS if limit is None else limit
    if not 1 <= limit <= ROWS_LIMIT:
        raise BadInput(
            f"limit 须在 1 到 {ROWS_LIMIT} 之间", f"limit must be between 1 and {ROWS_LIMIT}"
        )
    query = RowQuery(
        fields=tuple(dict.fromkeys(fields)),
        filters=tuple(parse_filter(text) for text in asked.getlist("filter")),
        sorts=tuple(parse_sort(text) for text in asked.getlist("sort")),
    )
    return query, limit


def _elsewhere(entry: str) -> BadInput:
    return BadInput(
        f"条目 {entry[:64]} 的数据不在本平台，不能嵌入表格",
        f"the data of entry {entry[:64]} is not on this platform: no table of it can be embedded",
    )


def _table(contract: Contract, page: Page) -> Table:
    fields = [f for name in page.table.column_names if (f := contract.field(name)) is not None]
    disputed = {one.row: one.fields for one in page.disputed}
    return Table(
        caption=contract.title,
        columns=values.columns(fields),
        rows=tuple(
            tuple(
                values.said(
                    _cell(page, field, row[field.name]),
                    disputed=field.name in disputed.get(place, ()),
                )
                for field in fields
            )
            for place, row in enumerate(page.table.to_pylist())
        ),
    )


def _cell(page: Page, field: Field, raw: object) -> Cell:
    shown = values.value(field, raw, page.decision.field_decision(field.name))
    if isinstance(shown, str) and len(shown) > TEXT_LIMIT:
        return f"{shown[:TEXT_LIMIT]}…"
    return shown


@router.get("/embed/datasets/{dataset}", dependencies=[Depends(limited_by_address)])
def page(request: Request, visitor: Framed, dataset: str) -> HTMLResponse:
    base = visitor.services.node.settings.base_url
    search = f"{base}/search"

    def refuse(error: PlatformError) -> EmbeddedTable:
        contract = visitor.services.catalogue.contracts.find(dataset)
        title = contract.title if contract else Text("西湖", "Xihu")
        href = f"{base}/datasets/{contract.dataset}" if contract else search
        return EmbeddedTable(visitor.frame, title, href, search, refused=error.text)

    return in_frame(
        request,
        "citizen/embed_table.html",
        lambda: fill(visitor, dataset, request.query_params),
        refuse,
    )
