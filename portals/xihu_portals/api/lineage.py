"""Lineage over HTTP: what lies around a node, and what breaks if a field changes."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy import select

from xihu_catalog.contracts.model import Contract
from xihu_catalog.lineage.graph import (
    DEPTH_LIMIT,
    NODES_LIMIT,
    Direction,
    GraphLevel,
    GraphNode,
)
from xihu_catalog.lineage.impact import NamedRule, rules_of_field
from xihu_catalog.registry.people import organisation_name
from xihu_platform.access.models import GrantRow
from xihu_platform.access.unpublished import is_of
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.identity.principal import Principal
from xihu_platform.words import Language
from xihu_portals.api.auth import Caller, services_of
from xihu_portals.api.datasets import language
from xihu_portals.api.errors import OF_CALLERS
from xihu_portals.api.schemas.lineage import (
    LineageAnswer,
    LineageEdge,
    LineageImpact,
    LineageNode,
    PlacedNode,
    ReachedGrant,
    ReachedNode,
    ReachedRule,
)
from xihu_portals.services import Services

router = APIRouter(prefix="/api/v1/lineage", tags=["lineage"], responses=OF_CALLERS)
NodeName = Annotated[
    str, Query(min_length=1, max_length=200, description="dataset:…, field:dataset.field, metric:…")
]


@router.get("")
def get_lineage(
    request: Request,
    _caller: Caller,
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
    graph = services_of(request).lineage
    level: GraphLevel = "field" if node.startswith("field:") else detail
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
    graph = services.lineage
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


def node_json(node: GraphNode, lang: Language) -> dict[str, str]:
    return {
        "id": node.id,
        "kind": node.kind,
        "title": node.title.to(lang),
        "dataset": node.dataset,
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
