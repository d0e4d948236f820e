"""The brain over HTTP: which metrics there are, and what they say."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import WithJsonSchema

from xihu_catalog.registry.people import organisation_name
from xihu_catalog.standards.asked import check_codes
from xihu_platform.access.query import CONDITIONS_LIMIT
from xihu_platform.brain.query import MetricQuery
from xihu_platform.brain.spec import Grain, Level, MetricSpec
from xihu_platform.errors import BadInput
from xihu_platform.words import Language
from xihu_portals.api.asked import AskedBefore, answer_metric
from xihu_portals.api.at_moment import AsOfMoment, metric_snapshot
from xihu_portals.api.auth import Caller, services_of
from xihu_portals.api.datasets import language
from xihu_portals.api.errors import OF_CALLERS, OF_SNAPSHOTS
from xihu_portals.api.files import ASKED_AGAIN, TAGGED, UNCHANGED
from xihu_portals.api.schemas.metrics import Metric, MetricAnswer, MetricDimension, Metrics

GRAIN = "Of the periods; the metric's `default_grain` if none is asked for"
FROM = "First day of the first period"
LATEST = "So many periods, counted back from `to` or from the newest period with data"
COMPARE = (
    "Add year-on-year and period-on-period between complete periods: per cent, or percentage "
    "points where `change_unit` says so; no period-on-period of a seasonal series"
)

Equality = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^[^:]+:"})]
"""What `_filter` takes, as OpenAPI says it."""

router = APIRouter(prefix="/api/v1/brain", tags=["brain"], responses=OF_CALLERS)
router.route_class = AskedBefore


@router.get("/metrics")
def list_metrics(request: Request, _caller: Caller) -> Metrics:
    """Every registered metric with its definition (口径)."""
    lang = language(request)
    metrics = services_of(request).metrics.values()
    return Metrics(metrics=[describe(spec, lang) for spec in metrics])


@router.get("/metrics/{metric}")
def get_metric(request: Request, _caller: Caller, metric: str) -> Metric:
    """One metric: what it means, what it can be asked by."""
    return describe(services_of(request).get_metric(metric), language(request))


@router.get(
    "/metrics/{metric}/query",
    response_model=MetricAnswer,
    responses={200: TAGGED, **UNCHANGED, **OF_SNAPSHOTS},
    openapi_extra=ASKED_AGAIN,
)
def query_metric(
    request: Request,
    caller: Caller,
    metric: str,
    grain: Annotated[Grain | None, Query(description=GRAIN)] = None,
    level: Level | None = None,
    parent: Annotated[str | None, Query(description="Division code: only what is in it")] = None,
    by: Annotated[
        list[str] | None, Query(max_length=CONDITIONS_LIMIT, description="Dimension, repeated")
    ] = None,
    filters: Annotated[
        list[Equality] | None,
        Query(
            alias="filter",
            max_length=CONDITIONS_LIMIT,
            description=f"dimension:value, repeated; {CONDITIONS_LIMIT} at most",
        ),
    ] = None,
    start: Annotated[date | None, Query(alias="from", description=FROM)] = None,
    end: Annotated[date | None, Query(alias="to", description="The last period's day")] = None,
    latest: Annotated[int | None, Query(ge=1, le=1000, description=LATEST)] = None,
    compare: Annotated[bool, Query(description=COMPARE)] = False,
    snapshot: Annotated[int | None, Query(ge=1)] = None,
    as_of: AsOfMoment = None,
) -> Response:
    """Values with definition, grain, completeness, SQL, snapshot and contract.

    `closed` is false while a period runs. `complete` is true when it is closed and every expected
    cell is present; only then is there a comparison. Small cells are suppressed.

    `missing` names at most `missing_limit` of the regions that lack cells; `missing_regions` says
    how many there are, and `expected` less `present` how many cells they lack.
    """
    services = services_of(request)
    spec = services.get_metric(metric)
    snapshot = metric_snapshot(services, caller, spec, snapshot, as_of)
    query = MetricQuery(
        grain=grain,
        level=level,
        parent=parent,
        by=tuple(by or ()),
        filters=tuple(_filter(text) for text in filters or ()),
        start=start,
        end=end,
        latest=latest,
        compare=compare,
        snapshot_id=snapshot,
    )
    check_codes(spec, query)
    return answer_metric(request, caller, spec, query)


def _filter(text: str) -> tuple[str, str]:
    field, separator, value = text.partition(":")
    if not separator:
        raise BadInput(
            f"筛选“{text[:80]}”应写作 维度:值", f"filter “{text[:80]}” must read dimension:value"
        )
    return field, value


def describe(spec: MetricSpec, lang: Language) -> Metric:
    return Metric(
        id=spec.id,
        name=spec.name.to(lang),
        definition=spec.definition.to(lang),
        unit=spec.unit.to(lang),
        kind=spec.kind,
        brain=spec.brain,
        audience=spec.audience,
        dataset=spec.dataset,
        grain=spec.finest_grain,
        default_grain=spec.default_grain,
        coverage="events" if spec.frame is None else "cells",
        seasonal=spec.seasonal,
        finest_level=spec.finest_level if spec.region_field else None,
        dimensions=[
            MetricDimension(field=d.field, name=d.name.to(lang), code_list=d.code_list)
            for d in spec.dimensions
        ],
        smallest_cell=spec.smallest_cell,
        owner=organisation_name(spec.owner).to(lang),
    )
