"""Datasets over HTTP: search, entry, contract, rows, downloads."""

from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, Literal, get_args
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import WithJsonSchema

from xihu_catalog.datasets.compiled import own_iri
from xihu_catalog.datasets.public_counts import public_count
from xihu_catalog.datasets.service import Entry
from xihu_catalog.formats.odcs import ODCS_MEDIA_TYPE, odcs_yaml
from xihu_catalog.registry.people import organisation_name
from xihu_catalog.search.asking import SearchQuery
from xihu_catalog.search.documents import FACETS, facet_label
from xihu_platform.access.answers import SUBJECTS_LISTED, Citation, Page
from xihu_platform.access.decision import Allow, FieldDecision
from xihu_platform.access.disputed import DISPUTED
from xihu_platform.access.formats import MEDIA_TYPES, SHEET_LIMIT, Format, chunks
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import (
    CONDITIONS_LIMIT,
    PAGE_LIMIT,
    Operator,
    RowQuery,
    parse_filter,
    parse_sort,
)
from xihu_platform.access.referring import refer
from xihu_platform.access.sheet import Notes
from xihu_platform.access.unpublished import is_of
from xihu_platform.clock import SHANGHAI
from xihu_platform.errors import BadInput, TooLarge
from xihu_platform.identity.address import caller_of
from xihu_platform.identity.principal import Principal
from xihu_platform.rough import Rough
from xihu_platform.words import Language, Text, language_of
from xihu_portals.api.at_moment import AsOfMoment, one_snapshot
from xihu_portals.api.auth import Caller, StatedPurpose, services_of
from xihu_portals.api.errors import OF_CALLERS, OF_SNAPSHOTS, errors, reason_answer
from xihu_portals.api.files import ASKED_AGAIN, FILES, TAGGED, UNCHANGED, YAML
from xihu_portals.api.marks import marked, may_keep, unmarked
from xihu_portals.api.schemas.datasets import (
    AllowedDataset,
    DatasetAnswer,
    DatasetEntry,
    FacetValue,
    FieldAccess,
    FoundDatasets,
    RefusedDataset,
    Rows,
)
from xihu_portals.api.worded import VERIFIED, people_chunks
from xihu_portals.edge.streams import Download
from xihu_portals.services import Services

router = APIRouter(prefix="/api/v1/datasets", tags=["datasets"], responses=OF_CALLERS)

Fields = Annotated[str, Query(description="Comma-separated fields; all that may be seen if empty")]
Condition = Annotated[
    str,
    WithJsonSchema({"type": "string", "pattern": f"^[^:]+:({'|'.join(get_args(Operator))})(:|$)"}),
]
"""What `parse_filter` takes, as OpenAPI says it."""
FacetText = Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^({'|'.join(FACETS)}):"})]
"""What `parse_facet` takes, as OpenAPI says it."""
Filters = Annotated[
    list[Condition] | None,
    Query(
        alias="filter",
        max_length=CONDITIONS_LIMIT,
        description=f"field:operator:value, repeated; {CONDITIONS_LIMIT} at most",
    ),
]
Sorts = Annotated[
    list[str] | None,
    Query(
        alias="sort",
        max_length=CONDITIONS_LIMIT,
        description=f"field or -field, repeated; {CONDITIONS_LIMIT} at most",
    ),
]
SnapshotId = Annotated[
    int | None, Query(ge=1, description="Snapshot to read; the newest if absent")
]
Readers = Annotated[
    Literal["programs", "people"],
    Query(description="`people`: CSV gets headers in words, names beside codes and a BOM"),
]
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT)]


def language(request: Request) -> Language:
    return language_of(request.headers.get("accept-language"), request.query_params.get("lang"))


def row_query(
    fields: str, filters: list[str] | None, sorts: list[str] | None, snapshot: int | None
) -> RowQuery:
    return RowQuery(
        fields=tuple(name for name in fields.split(",") if name),
        filters=tuple(parse_filter(text) for text in filters or ()),
        sorts=tuple(parse_sort(text) for text in sorts or ()),
        snapshot_id=snapshot,
    )


def parse_facet(text: str) -> tuple[str, str]:
    """`name:value`. Raises BadInput: an unknown name would narrow nothing, unnoticed."""
    name, separator, value = text.partition(":")
    if name not in FACETS or not separator:
        raise BadInput(
            f"筛选“{text[:80]}”应写作 名称:值，名称为 {'、'.join(FACETS)} 之一",
            f"facet “{text[:80]}” must read name:value, with a name of {', '.join(FACETS)}",
        )
    return name, value


@router.get("")
def search_datasets(
    request: Request,
    _caller: Caller,
    q: Annotated[str, Query(max_length=200)] = "",
    facet: Annotated[list[FacetText] | None, Query(description="name:value, repeated")] = None,
    offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> FoundDatasets:
    """Search the datasets of this node. What exists is public (Order 809 art. 13); what is in it is
    not."""
    services, lang = services_of(request), language(request)
    pairs = tuple(parse_facet(text) for text in facet or ())
    found = services.search.search(SearchQuery(q, pairs, offset, limit, own=True, counts=True))
    entries = [services.catalogue.get_entry(dataset) for dataset in found.ids]
    facets = {
        name: [
            FacetValue(value=v, label=facet_label(name, v)[0 if lang == "zh" else 1], count=n)
            for v, n in found.facets[name]
        ]
        for name in FACETS
    }
    return FoundDatasets(
        total=found.total,
        offset=offset,
        region=found.place,
        corrected=found.corrected,
        missing=[one.what.to(lang) for one in found.missing],
        datasets=[DatasetEntry(**_summary(entry, lang)) for entry in entries],
        facets=facets,
    )


@router.get("/{dataset}")
def get_dataset(
    request: Request, caller: Caller, purpose: StatedPurpose, dataset: str
) -> DatasetAnswer:
    """One entry: what it is, whether its data is there and in time, and what the caller may see."""
    services, lang = services_of(request), language(request)
    entry = services.catalogue.get_entry(dataset)
    decision = services.gateway.decide(caller, dataset, purpose)
    known = {**_summary(entry, lang), **_details(entry, lang)}
    if isinstance(decision, Allow):
        fields = [_field_access(one, lang) for one in decision.fields]
        return AllowedDataset(
            **known, access="allowed", basis=decision.basis.to(lang), fields=fields
        )
    reason = reason_answer(decision.reason, lang)
    return RefusedDataset(**known, access="refused", reason=reason, fields=[])


@router.get("/{dataset}/contract", response_class=Response, responses={200: YAML})
def get_contract(request: Request, caller: Caller, dataset: str) -> Response:
    """The dataset's ODCS contract: to its own department as it was handed in, to all others what
    the page of the dataset shows, without sources, cleaning steps and queries."""
    services = services_of(request)
    contracts = services.catalogue.contracts
    contract = contracts.get(dataset)
    if is_of(caller, contract.provider):
        content = contracts.content(contract.digest)
    else:
        content = odcs_yaml(services.entries.get(dataset))
    return Response(content, media_type=ODCS_MEDIA_TYPE)


@router.get(
    "/{dataset}/rows",
    response_model=Rows,
    responses={200: TAGGED, **UNCHANGED, **OF_SNAPSHOTS},
    openapi_extra=ASKED_AGAIN,
)
def get_rows(
    request: Request,
    caller: Caller,
    purpose: StatedPurpose,
    dataset: str,
    fields: Fields = "",
    filters: Filters = None,
    sorts: Sorts = None,
    snapshot: SnapshotId = None,
    as_of: AsOfMoment = None,
    limit: Limit = 100,
    cursor: Annotated[str | None, Query(max_length=4000)] = None,
    refs: Annotated[
        bool, Query(description="With a reference to each row, to report it as wrong by")
    ] = False,
) -> Response:
    """One page of rows with their exact number; `next` is the address of the page behind it, in
    the same snapshot."""
    services = services_of(request)
    snapshot = one_snapshot(services, caller, dataset, purpose, snapshot, as_of)
    page = services.gateway.read_page(
        caller,
        dataset,
        purpose,
        row_query(fields, filters, sorts, snapshot),
        limit=limit,
        cursor=cursor,
    )
    # Not through the model, which would check each cell again: a test reads it by the model.
    contract = services.catalogue.contracts.get(dataset)
    rows = public_count(contract, page.citation.rows, public=caller.position is None)
    body = _page(request, page, language(request)) | {
        "refs": _refs(services, caller, dataset, page, purpose) if refs else None,
        "citation": {
            **citation_json(page.citation),
            # Beside the reader's own rows the exact number would tell of others from load to load.
            "rows": None if isinstance(rows, Rough) else rows,
        },
    }
    content = orjson.dumps(body, default=str)
    if not may_keep(caller, about_persons=page.about_persons):
        return unmarked(content)
    return marked(request, services.gateway, caller, content, _digest(body))


def _digest(body: dict[str, Any]) -> str:  # Any: a JSON object
    """Of what is the same when it is asked again: the cursor is sealed anew each time."""
    same = body | {"next": None, "citation": body["citation"] | {"audit_entry": None}}
    return sha256(orjson.dumps(same, default=str)).hexdigest()


@router.get(
    "/{dataset}/download.{form}",
    response_class=Response,
    responses={200: FILES, **OF_SNAPSHOTS, **errors(TooLarge)},
)
def download(
    request: Request,
    caller: Caller,
    purpose: StatedPurpose,
    dataset: str,
    form: Format,
    fields: Fields = "",
    filters: Filters = None,
    sorts: Sorts = None,
    snapshot: SnapshotId = None,
    as_of: AsOfMoment = None,
    readers: Readers = "programs",
) -> Response:
    """All rows the caller may see, streamed as CSV, Excel, Parquet or Arrow."""
    services, lang = services_of(request), language(request)
    snapshot = one_snapshot(services, caller, dataset, purpose, snapshot, as_of)
    query = row_query(fields, filters, sorts, snapshot)
    return export(services, caller, purpose, dataset, form, query, lang, readers=readers)


def export(
    services: Services,
    caller: Principal,
    purpose: Purpose,
    dataset: str,
    form: Format,
    query: RowQuery,
    lang: Language,
    *,
    readers: Readers = "programs",
) -> Response:
    """The download of one dataset; both portals use it too."""
    slot = services.streams.take(caller_of(caller))
    try:
        stream = services.gateway.open_stream(
            caller,
            dataset,
            purpose,
            query,
            exit_name=form,
            row_limit=SHEET_LIMIT if form == "xlsx" else None,
        )
    except BaseException:
        slot.release()
        raise
    contract = services.catalogue.contracts.get(dataset)
    citation = stream.citation
    label = Text("合成数据", "Synthetic data").to(lang) if citation.synthetic else None
    notes = Notes(
        synthetic=label,
        citation=cite(citation, contract.title, services.node.settings.base_url, lang),
        titles={f.name: f.title.to(lang) for f in contract.fields} | {DISPUTED: VERIFIED.to(lang)},
    )
    marks = ("合成数据-", "SYNTHETIC-") if citation.synthetic else ("", "")
    han = f"{marks[0]}{contract.title.zh}-{citation.snapshot_id}.{form}"
    latin = f"{marks[1]}{dataset}-{citation.snapshot_id}.{form}"
    headers = {
        **named_file(han if lang == "zh" else latin, latin),
        "Cache-Control": "private, no-store",
        "X-Xihu-Snapshot": str(citation.snapshot_id),
        "X-Xihu-Synthetic": str(citation.synthetic).lower(),
        "X-Xihu-Audit-Entry": str(citation.audit_entry),
    }
    if form == "xlsx" or (form == "csv" and readers == "people"):
        body = people_chunks(stream, form, notes, contract, lang)
    else:
        body = chunks(stream, form, notes)
    return Download(
        body, source=stream.source, slot=slot, media_type=MEDIA_TYPES[form], headers=headers
    )


def named_file(name: str, latin: str) -> dict[str, str]:
    """The header that names a download; `latin` for whom reads no other letters."""
    return {
        "Content-Disposition": f"attachment; filename=\"{latin}\"; filename*=UTF-8''{quote(name)}"
    }


def citation_json(citation: Citation) -> dict[str, Any]:  # Any: a JSON object
    """Snapshot ids are 64-bit: as numbers JavaScript would round them."""
    return {**asdict(citation), "snapshot_id": str(citation.snapshot_id)}


def citation(entry: Entry, base_url: str) -> Text:
    """How to cite the newest snapshot of a dataset, in both languages."""
    heart, contract = entry.heartbeat, entry.contract
    if heart.loaded_at is None or heart.snapshot_id is None:
        return Text("尚无数据可引用", "There is no data to cite yet")
    cited = Citation(
        dataset=contract.dataset,
        snapshot_id=heart.snapshot_id,
        committed_at=heart.loaded_at.isoformat(),
        rows=heart.rows,
        synthetic=contract.synthetic,
    )
    by, title = organisation_name(contract.provider), contract.title
    named = Text(f"{by.zh}：{title.zh}", f"{by.en}: {title.en}")
    return cite_both(cited, named, base_url)


def cite_both(citation: Citation, title: Text, base_url: str) -> Text:
    """How an answer is cited in a text, in both languages."""
    return Text(cite(citation, title, base_url, "zh"), cite(citation, title, base_url, "en"))


def cite(citation: Citation, title: Text, base_url: str, lang: Language) -> str:
    """How an answer is cited in a text: it ends with the permanent address of the snapshot."""
    iri = own_iri(base_url.rstrip("/"), "dataset", citation.dataset)
    address = f"{iri}?snapshot={citation.snapshot_id}"
    label = Text("（合成数据）", " (synthetic data)").to(lang) if citation.synthetic else ""
    snapshot = str(citation.snapshot_id)
    if (number := citation.pseudonyms) is not None:
        keys = Text(f"，脱敏编号密钥第 {number} 版", f", pseudonyms of key version {number}")
        snapshot += keys.to(lang)
    moment = datetime.fromisoformat(citation.committed_at).astimezone(SHANGHAI)
    when = f"{moment:%Y-%m-%d %H:%M}"
    if lang == "zh":
        said = f"《{title.zh}》{label}，快照 {snapshot}，北京时间 {when}，西湖公共数据平台"
        return f"{said}，{address}"
    said = f"“{title.en}”{label}, snapshot {snapshot}, {when} Beijing time, Xihu platform"
    return f"{said}, {address}"


def _summary(entry: Entry, lang: Language) -> dict[str, Any]:  # Any: a JSON object
    contract, heart = entry.contract, entry.heartbeat
    rows = public_count(contract, heart.rows)
    return {
        "id": contract.dataset,
        "title": contract.title.to(lang),
        "summary": contract.summary.to(lang),
        "provider": organisation_name(contract.provider).to(lang),
        "topic": contract.topic,
        "update_cycle": contract.update_cycle,
        "share_class": contract.share_class,
        "open_class": contract.open_class,
        "state": heart.state,
        "data_as_of": heart.data_as_of,
        "loaded_at": heart.loaded_at,
        "due_at": heart.due_at,
        "rows": int(rows),
        "rows_rough": isinstance(rows, Rough),
        "snapshot": heart.snapshot_id and str(heart.snapshot_id),
        "synthetic": contract.synthetic,
    }


def _details(entry: Entry, lang: Language) -> dict[str, Any]:  # Any: a JSON object
    contract = entry.contract
    return {
        "resource_code": contract.resource_code,
        "conditions": contract.conditions.to(lang),
        "licence": contract.licence,
        "share_conditions": contract.share_conditions and contract.share_conditions.to(lang),
        "share_basis": contract.share_basis and contract.share_basis.to(lang),
    }


def _field_access(decided: FieldDecision, lang: Language) -> FieldAccess:
    return FieldAccess(
        name=decided.name,
        treatment=decided.treatment or "refused",
        reason=reason_answer(decided.reason, lang) if decided.reason else None,
    )


def _refs(
    services: Services, caller: Principal, dataset: str, page: Page, purpose: Purpose
) -> list[str | None]:
    return list(refer(services.gateway, caller, dataset, page, purpose.code))


def _page(request: Request, page: Page, lang: Language) -> dict[str, Any]:  # Any: a JSON object
    citation = page.citation
    following = (
        str(
            request.url.remove_query_params("as_of").include_query_params(
                snapshot=citation.snapshot_id, cursor=page.next_cursor
            )
        )
        if page.next_cursor
        else None
    )
    return {
        "dataset": citation.dataset,
        "synthetic": citation.synthetic,
        "synthetic_label": Text("合成数据", "Synthetic data").to(lang)
        if citation.synthetic
        else None,
        "total": page.total,
        "total_more_than": SUBJECTS_LISTED if page.total is None else None,
        "rows": page.table.to_pylist(),
        "disputed": [{"row": one.row, "fields": list(one.fields)} for one in page.disputed],
        "next": following,
        "fields": [
            {"name": v.name, "treatment": v.treatment}
            for v in page.decision.visible
            if v.name in page.table.column_names
        ],
        "refused": [
            {"name": v.name, "reason": reason_answer(v.reason, lang).model_dump()}
            for v in page.decision.fields
            if v.reason is not None
        ],
        "basis": page.decision.basis.to(lang),
    }
