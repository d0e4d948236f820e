"""Lineage over HTTP: what lies around a node, what breaks if a field changes, and what departments
report of lineage outside of the platform."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from xihu_catalog.contracts.model import Contract
from xihu_catalog.lineage.graph import (
    DEPTH_LIMIT,
    NODES_LIMIT,
    Direction,
    GraphLevel,
    GraphNode,
)
from xihu_catalog.lineage.impact import NamedRule, rules_of_field
from xihu_catalog.lineage.stated import (
    NAME_LENGTH,
    NAMESPACE_LENGTH,
    ReportedRun,
    dump_run,
    is_newer,
    job_id,
    keep_run,
)
from xihu_catalog.registry.people import organisation_name
from xihu_platform.access.models import GrantRow
from xihu_platform.access.offices import LINEAGE, check, lineage_refusal
from xihu_platform.access.record import actor
from xihu_platform.access.unpublished import is_of
from xihu_platform.audit.drafting import LineageReported
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import Conflict, TooLarge
from xihu_platform.identity.principal import Principal
from xihu_platform.words import Language, Text
from xihu_portals.api.auth import Caller, SignedIn, services_of
from xihu_portals.api.datasets import language
from xihu_portals.api.errors import OF_CALLERS, OF_DECISIONS, BadEvent, errors
from xihu_portals.api.files import LINEAGE_EVENT
from xihu_portals.api.known_lineage import known_lineage, names_of
from xihu_portals.api.openlineage import BODY_LIMIT, read_event
from xihu_portals.api.schemas.lineage import (
    LineageAnswer,
    LineageEdge,
    LineageImpact,
    LineageNode,
    LineageReceipt,
    PlacedNode,
    ReachedGrant,
    ReachedNode,
    ReachedRule,
)
from xihu_portals.edge.body import read_plain
from xihu_portals.services import Services

UNKNOWN_SHOWN = 100
_TOO_LARGE = Text(
    f"一个事件最多 {BODY_LIMIT >> 20} MB", f"an event has {BODY_LIMIT >> 20} MB at most"
)
CLOCKS_APART = timedelta(hours=1)
"""So far may the clock of a department's system be ahead."""
NODE_LENGTH = len("external:/#") + len("%23") * (NAMESPACE_LENGTH + NAME_LENGTH) + NAMESPACE_LENGTH
"""Each character of an outside dataset's name may be written as three."""
router = APIRouter(prefix="/api/v1/lineage", tags=["lineage"], responses=OF_CALLERS)
NodeName = Annotated[
    str,
    Query(
        min_length=1,
        max_length=NODE_LENGTH,
        description="dataset:…, field:dataset.field, metric:…, external:namespace/name",
    ),
]


@router.get("")
def get_lineage(
    request: Request,
    caller: Caller,
    node: NodeName,
    depth: Annotated[int, Query(ge=1, le=DEPTH_LIMIT, description="Steps from the node")] = 2,
    direction: Annotated[
        Direction, Query(description="Where it comes from, what is made of it, or both")
    ] = "both",
    detail: Annotated[
        GraphLevel, Query(description="Whole datasets, or each of their fields")
    ] = "dataset",
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=NODES_LIMIT)] = 100,
) -> LineageAnswer:
    """What a dataset, field or metric comes from and what is made of it, as far as the caller may
    know of it."""
    lang = language(request)
    graph = known_lineage(services_of(request), caller)
    level: GraphLevel = "field" if is_part(node) else detail
    part = graph.at_level(level).around(
        node, depth=depth, direction=direction, limit=limit, offset=offset
    )
    return LineageAnswer(
        root=LineageNode(**node_json(part.root, lang)),
        total=part.total,
        offset=offset,
        nodes=[PlacedNode(**node_json(n, lang), steps=part.layers[n.id]) for n in part.nodes],
        edges=[LineageEdge(source=e.source, target=e.target, kind=e.kind) for e in part.edges],
    )


@router.get("/impact")
def get_impact(
    request: Request,
    caller: Caller,
    dataset: Annotated[str, Query(max_length=64)],
    field: Annotated[str, Query(max_length=64)],
) -> LineageImpact:
    """What breaks if a field changes: what is derived from it, metrics, rules, services, grants."""
    services, lang = services_of(request), language(request)
    contract = services.catalogue.contracts.get(dataset)
    name = f"field:{dataset}.{field}"
    graph = known_lineage(services, caller)
    reached = graph.affected(name)
    return LineageImpact(
        field=LineageNode(**node_json(graph.get(name), lang)),
        nodes=[
            ReachedNode(**node_json(one.node, lang), steps=one.steps, kinds=list(one.kinds))
            for one in reached
        ],
        rules=[
            ReachedRule(dataset=where, rule=rule, text=text.to(lang))
            for where, rule, text in rules_naming(services, contract, field)
        ],
        grants=[
            ReachedGrant(grant=grant, organisation=organisation_name(to).to(lang))
            for grant, to in grants_naming(services, caller, contract, field)
        ],
    )


def is_part(node: str) -> bool:
    """Whether an id is of a field or column, which the graph has only where fields are shown."""
    return node.startswith("field:") or (node.startswith("external:") and "#" in node)


@dataclass(frozen=True, slots=True)
class _Reporter:
    """Who reports, and for which department (USCC)."""

    caller: Principal
    organisation: str


def _reporter(request: Request, caller: SignedIn) -> _Reporter:
    """Raises Refused, which the log then has."""
    gateway = services_of(request).gateway
    check(gateway, caller, LINEAGE, lineage_refusal(caller, gateway.clock()))
    assert caller.position is not None  # a system or a steward has one
    return _Reporter(caller, caller.position.organisation)


Reporter = Annotated[_Reporter, Depends(_reporter)]


@router.post(
    "",
    responses={**OF_DECISIONS, **errors(Conflict, TooLarge, BadEvent)},
    openapi_extra={"requestBody": LINEAGE_EVENT},
)
async def report_lineage(request: Request, reporter: Reporter) -> LineageReceipt:
    """Report a run of a job outside of the platform, as an OpenLineage RunEvent (spec 2-0-2).

    Of each job the newest complete run is kept: names of datasets and columns, nothing else.
    """
    body = await read_plain(request, BODY_LIMIT, _TOO_LARGE, BadEvent)
    run, complete = await run_in_threadpool(read_event, body)
    _check_time(run, services_of(request).node.clock())
    state, unknown = "not_kept", list[str]()
    if complete:
        services = services_of(request)
        state = await run_in_threadpool(_keep, services, reporter, run)
        names = names_of(services)
        unknown = await run_in_threadpool(names.unknown, reporter.organisation, run)
    return LineageReceipt(
        namespace=run.namespace,
        job=run.name,
        run=str(run.run_id),
        state=state,
        unknown=unknown[:UNKNOWN_SHOWN],
    )


def _check_time(run: ReportedRun, now: datetime) -> None:
    """A run that has not happened yet would be the newest of its job for ever. Raises BadEvent."""
    if run.at > now + CLOCKS_APART:
        raise BadEvent(
            "eventTime 晚于现在：请核对上报系统的时钟和时区",
            "eventTime is later than now: check the clock and the zone of the system",
        )


def _keep(services: Services, reporter: _Reporter, run: ReportedRun) -> str:
    """The log has it before it is kept; what changes nothing is not logged."""
    database, organisation = services.node.database, reporter.organisation
    if not is_newer(database, organisation, run):
        return "unchanged"
    entry = LineageReported(
        actor=actor(reporter.caller),
        job=job_id(organisation, run.namespace, run.name),
        run=str(run.run_id),
        digest=sha256(dump_run(run)).hexdigest(),
    )
    services.log.record(entry.entry())
    return keep_run(database, organisation, run, services.node.clock())


def node_json(node: GraphNode, lang: Language) -> dict[str, Any]:
    """Any: values of a `LineageNode`."""
    return {
        "id": node.id,
        "kind": node.kind,
        "title": node.title.to(lang),
        "dataset": node.dataset,
        "organisations": [organisation_name(one).to(lang) for one in node.organisations],
    }


def rules_naming(services: Services, contract: Contract, field: str) -> list[NamedRule]:
    """Each once."""
    known = services.catalogue.contracts.all().values()
    return list(dict.fromkeys(rules_of_field(contract, field, known)))


def grants_naming(
    services: Services, caller: Principal, contract: Contract, field: str
) -> list[tuple[str, str]]:
    """Grants in force that name a field, with whom they were given to; for its department."""
    if not is_of(caller, contract.provider):
        return []
    today = civil_date(services.node.clock())
    query = (
        select(GrantRow)
        .where(
            GrantRow.dataset == contract.dataset,
            GrantRow.valid_from <= today,
            GrantRow.valid_to >= today,
            ~GrantRow.suspended,
        )
        .order_by(GrantRow.id)
    )
    with transaction(services.node.database) as session:
        rows = session.scalars(query).all()
        return [(row.id, row.organisation) for row in rows if field in row.fields]
