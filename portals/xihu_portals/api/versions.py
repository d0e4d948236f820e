"""Versions of a dataset over HTTP: its snapshots, what changed between two, one at a moment."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from xihu_catalog.contracts.diff import ContractChange
from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.public_counts import public_count
from xihu_catalog.datasets.versions import DatasetVersion, gone_error
from xihu_platform.access.diff import DiffPage, DiffQuery, open_diff, read_diff
from xihu_platform.access.formats import MEDIA_TYPES, chunks
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery, parse_filter
from xihu_platform.access.sheet import Notes
from xihu_platform.access.unpublished import no_snapshot
from xihu_platform.errors import Erased, NotFound, TooLarge
from xihu_platform.identity.address import caller_of
from xihu_platform.identity.principal import Principal
from xihu_platform.rough import Rough
from xihu_platform.words import Language, Text
from xihu_portals.api.at_moment import find_version, is_told_counts, versions_of
from xihu_portals.api.auth import Caller, StatedPurpose, services_of
from xihu_portals.api.datasets import Fields, Filters, language
from xihu_portals.api.errors import OF_CALLERS, OF_SNAPSHOTS, errors
from xihu_portals.api.files import FILES
from xihu_portals.api.marks import unmarked
from xihu_portals.api.schemas.versions import (
    Differences,
    SchemaChange,
    VersionAnswer,
    Versions,
)
from xihu_portals.edge.streams import Download
from xihu_portals.services import Services

router = APIRouter(prefix="/api/v1/datasets", tags=["datasets"], responses=OF_CALLERS)
DiffForm = Literal["csv", "parquet"]
Kind = Literal["removed", "added", "changed"]
OLD = Text("旧", "old")
NEW = Text("新", "new")


@dataclass(frozen=True, slots=True)
class AskedDiff:
    """The parameters that both forms of a difference have."""

    before: int | None
    after: int | None
    kind: str | None
    changed: str | None
    rows: RowQuery


def asked_diff(
    before: Annotated[
        int | None,
        Query(alias="from", ge=1, description="Earlier snapshot; the one before `to` if absent"),
    ] = None,
    after: Annotated[
        int | None, Query(alias="to", ge=1, description="Later snapshot; the newest if absent")
    ] = None,
    kind: Annotated[Kind | None, Query(description="Only rows of one kind")] = None,
    changed: Annotated[
        str | None, Query(max_length=64, description="Only rows in which this field changed")
    ] = None,
    fields: Fields = "",
    filters: Filters = None,
) -> AskedDiff:
    rows = RowQuery(
        fields=tuple(name for name in fields.split(",") if name),
        filters=tuple(parse_filter(text) for text in filters or ()),
    )
    return AskedDiff(before, after, kind, changed, rows)


Asked = Annotated[AskedDiff, Depends(asked_diff)]


@router.get("/{dataset}/versions")
def list_versions(
    request: Request,
    caller: Caller,
    purpose: StatedPurpose,
    dataset: str,
    offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Versions:
    """The snapshots of a dataset, the newest first: how much each has, how the fields changed,
    and of those that are gone, why."""
    services, lang = services_of(request), language(request)
    contract = services.catalogue.contracts.get(dataset)
    every = versions_of(services, caller, contract, purpose)
    public = is_public_count(services, caller, contract, purpose)
    shown = every[offset : offset + limit]
    return Versions(
        dataset=dataset,
        total=len(every),
        offset=offset,
        versions=[version_answer(services, caller, contract, one, lang, public) for one in shown],
    )


@router.get("/{dataset}/versions/{snapshot}", responses=errors(Erased))
def get_version(
    request: Request, caller: Caller, purpose: StatedPurpose, dataset: str, snapshot: int
) -> VersionAnswer:
    """One snapshot, as a citation names it; 410 where it is gone, with the ground and the day."""
    services, lang = services_of(request), language(request)
    contract = services.catalogue.contracts.get(dataset)
    found = find_version(services, caller, contract, purpose, snapshot)
    if found is None:
        raise no_snapshot(dataset, snapshot)
    if found.fate != "kept":
        raise gone_error(dataset, found)
    public = is_public_count(services, caller, contract, purpose)
    return version_answer(services, caller, contract, found, lang, public)


@router.get(
    "/{dataset}/diff",
    response_model=Differences,
    responses={**OF_SNAPSHOTS, **errors(TooLarge)},
)
def get_diff(
    request: Request,
    caller: Caller,
    purpose: StatedPurpose,
    dataset: str,
    asked: Asked,
    limit: Annotated[int, Query(ge=0, le=1000)] = 100,
    cursor: Annotated[str | None, Query(max_length=4000)] = None,
) -> Response:
    """The rows removed, added and changed between two snapshots, by the dataset's key, as far as
    the caller may see them; what may not be downloaded is not compared."""
    services, lang = services_of(request), language(request)
    contract = services.catalogue.contracts.get(dataset)
    query = diff_query(services, caller, contract, purpose, asked)
    page = compare_versions(services, caller, dataset, purpose, query, limit=limit, cursor=cursor)
    changes = schema_changes(services, caller, contract, purpose, query)
    body = _differences(request, page, query, changes, lang)
    return unmarked(orjson.dumps(body, default=str))


@router.get(
    "/{dataset}/diff.{form}",
    response_class=Response,
    responses={200: FILES, **OF_SNAPSHOTS, **errors(TooLarge)},
)
def download_diff(
    request: Request,
    caller: Caller,
    purpose: StatedPurpose,
    dataset: str,
    form: DiffForm,
    asked: Asked,
) -> Response:
    """All differences as a file: each field of the key, and of the others the old and new value."""
    services, lang = services_of(request), language(request)
    return export_diff(services, caller, purpose, dataset, form, asked, lang)


def export_diff(
    services: Services,
    caller: Principal,
    purpose: Purpose,
    dataset: str,
    form: DiffForm,
    asked: AskedDiff,
    lang: Language,
) -> Response:
    """Both portals use it too."""
    contract = services.catalogue.contracts.get(dataset)
    query = diff_query(services, caller, contract, purpose, asked)
    services.gateway.limits.spend("streams", caller_of(caller))
    slot = services.streams.take(caller_of(caller))
    try:
        stream = open_diff(services.gateway, caller, dataset, purpose, query)
    except BaseException:
        slot.release()
        raise
    label = Text("合成数据", "Synthetic data").to(lang) if contract.synthetic else None
    compared = f"{contract.title.to(lang)}: {query.before} → {query.after}"
    name = f"{'SYNTHETIC-' if contract.synthetic else ''}{dataset}-{query.before}-{query.after}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{form}"',
        "Cache-Control": "private, no-store",
        "X-Xihu-Snapshot": str(stream.citation.snapshot_id),
        "X-Xihu-Synthetic": str(contract.synthetic).lower(),
        "X-Xihu-Audit-Entry": str(stream.citation.audit_entry),
    }
    body = chunks(stream, form, Notes(synthetic=label, citation=compared, titles={}))
    return Download(
        body, source=stream.source, slot=slot, media_type=MEDIA_TYPES[form], headers=headers
    )


def compare_versions(
    services: Services,
    caller: Principal,
    dataset: str,
    purpose: Purpose,
    query: DiffQuery,
    *,
    limit: int,
    cursor: str | None = None,
) -> DiffPage:
    """A page of differences. It costs what a download does, and is limited together with those:
    raises TooMany, and what `read_diff` raises."""
    who = caller_of(caller)
    services.gateway.limits.spend("streams", who)
    slot = services.streams.take(who)
    try:
        return read_diff(
            services.gateway, caller, dataset, purpose, query, limit=limit, cursor=cursor
        )
    finally:
        slot.release()


def diff_query(
    services: Services, caller: Principal, contract: Contract, purpose: Purpose, asked: AskedDiff
) -> DiffQuery:
    """The two snapshots, by default the newest and the one before: looked up only for a caller who
    may read the dataset. Raises NotFound, and Refused, which is then in the log."""
    before, after = asked.before, asked.after
    if before is None or after is None:
        services.gateway.check(caller, contract.dataset, purpose)
        every = versions_of(services, caller, contract, purpose)
        kept = [one.snapshot_id for one in every if one.fate == "kept"]
        if after is None:
            after = kept[0] if kept else 0
        if before is None and after in kept[:-1]:
            before = kept[kept.index(after) + 1]
    if before is None:
        raise NotFound(
            f"数据集 {contract.dataset} 没有更早的快照可比",
            f"dataset {contract.dataset} has no earlier snapshot to compare with",
        )
    return DiffQuery(before, after, asked.rows, asked.kind, asked.changed)


def schema_changes(
    services: Services, caller: Principal, contract: Contract, purpose: Purpose, query: DiffQuery
) -> tuple[ContractChange, ...]:
    """What changed of the fields between two versions, the earlier first."""
    every = versions_of(services, caller, contract, purpose)
    ids = [one.snapshot_id for one in every]
    if query.before not in ids or query.after not in ids:
        return ()
    first, last = sorted((ids.index(query.before), ids.index(query.after)))
    return tuple(change for one in reversed(every[first:last]) for change in one.changes)


def is_public_count(
    services: Services, caller: Principal, contract: Contract, purpose: Purpose
) -> bool:
    """Whether a count is given as the public has it."""
    return not is_told_counts(services, caller, contract, purpose)


def version_answer(
    services: Services,
    caller: Principal,
    contract: Contract,
    one: DatasetVersion,
    lang: Language,
    public: bool,
) -> VersionAnswer:
    rows = one.rows
    if rows is not None:
        rows = public_count(contract, rows, public=public)
    return VersionAnswer(
        snapshot=str(one.snapshot_id),
        loaded_at=one.loaded_at,
        data_as_of=one.data_as_of,
        rows=None if rows is None else int(rows),
        rows_rough=isinstance(rows, Rough),
        fate=one.fate,
        ground=one.ground,
        gone_on=one.gone_on,
        maintenance=one.maintenance,
        schema_changes=_schema(one.changes, lang),
        cite=cite_address(services, contract.dataset, one.snapshot_id),
    )


def cite_address(services: Services, dataset: str, snapshot: int) -> str:
    """The permanent address of a snapshot."""
    base = services.node.settings.base_url.rstrip("/")
    return f"{base}/id/dataset/{dataset}?snapshot={snapshot}"


def _schema(changes: Sequence[ContractChange], lang: Language) -> list[SchemaChange]:
    return [SchemaChange(field=one.where, text=one.text.to(lang)) for one in changes]


def _differences(
    request: Request,
    page: DiffPage,
    query: DiffQuery,
    changes: Sequence[ContractChange],
    lang: Language,
) -> dict[str, Any]:  # Any: a JSON object
    basis = page.basis
    following = request.url.include_query_params(
        **{"from": query.before, "to": query.after, "cursor": page.next_cursor}
    )
    synthetic = basis.after.synthetic
    return {
        "dataset": basis.after.dataset,
        "synthetic": synthetic,
        "synthetic_label": Text("合成数据", "Synthetic data").to(lang) if synthetic else None,
        "by": basis.key,
        "fields": basis.fields,
        "left_out": basis.left_out,
        "counts": None if page.counts is None else asdict(page.counts),
        "rows": [asdict(one) for one in page.rows],
        "schema_changes": [one.model_dump() for one in _schema(changes, lang)],
        "next": str(following) if page.next_cursor else None,
        "citations": [
            {**asdict(one), "snapshot_id": str(one.snapshot_id), "rows": None}
            for one in (basis.before, basis.after)
        ],
    }
