"""Asking a metric: who may, the answer through the door out, small cells suppressed, all cited."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

import pyarrow as pa

from xihu_platform.access.answers import Citation
from xihu_platform.access.door import DoorOut
from xihu_platform.access.reasons import ORDER_25
from xihu_platform.brain.query import MetricQuery, metric_sql
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.errors import Reason, Refused
from xihu_platform.identity.principal import Principal
from xihu_platform.words import Language, Text

OFFICIALS_ONLY = Reason(
    "officials_only",
    Text("该指标只供履行职责使用。", "This metric serves official duties only."),
    ORDER_25,
    Text("请以公务岗位登录。", "Sign in and act in an official position."),
)


@dataclass(frozen=True, slots=True)
class Point:
    """One value of an answer. `value` is None when unknown, or when suppressed."""

    period: str | None
    region: str | None
    dimensions: dict[str, str | None]
    value: float | None
    suppressed: bool
    year_on_year: float | None = None
    period_on_period: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A metric's answer with all that it rests on."""

    metric: MetricSpec
    points: tuple[Point, ...]
    sql: str
    citation: Citation
    etag: str


def ask(door: DoorOut, principal: Principal, spec: MetricSpec, query: MetricQuery) -> Answer:
    """Raises Refused for a metric of another audience, BadInput for a question it cannot answer."""
    check_audience(principal, spec)
    policy = door.policy(spec.dataset)
    table, citation, sql, etag = door.aggregate(
        principal,
        metric=spec.id,
        basis="公开指标" if spec.audience == "public" else ORDER_25.zh,
        dataset=spec.dataset,
        sql=lambda relation: metric_sql(spec, policy, query, relation),
        details={"by": list(query.by), "level": query.level, "parent": query.parent},
        snapshot_id=query.snapshot_id,
    )
    return Answer(spec, _points(spec, query, table), sql, citation, etag)


def check_audience(principal: Principal, spec: MetricSpec) -> None:
    if spec.audience == "official" and principal.kind not in {"official", "system"}:
        raise Refused(OFFICIALS_ONLY)


def _points(spec: MetricSpec, query: MetricQuery, table: pa.Table) -> tuple[Point, ...]:
    """At most SERIES_LIMIT rows of an aggregate, never rows of a dataset."""
    rows = table.to_pylist()
    hidden = _suppressed(spec, rows)
    return tuple(_point(spec, query, row, i in hidden) for i, row in enumerate(rows))


def _suppressed(spec: MetricSpec, rows: list[dict[str, object]]) -> set[int]:
    """Cells below the threshold; where one alone is hidden among its siblings, the next smallest
    goes with it, or the total would give it away (complementary suppression).
    """
    if not spec.smallest_cell:
        return set()
    cells = [int(str(row["cell"])) for row in rows]
    hidden = {i for i, cell in enumerate(cells) if cell < spec.smallest_cell}
    siblings: dict[object, list[int]] = {}
    for index, row in enumerate(rows):
        siblings.setdefault(row.get("period"), []).append(index)
    for group in siblings.values():
        shown = [i for i in group if i not in hidden]
        if len(group) - len(shown) == 1 and shown:
            hidden.add(min(shown, key=lambda i: cells[i]))
    return hidden


def _point(spec: MetricSpec, query: MetricQuery, row: dict[str, object], suppressed: bool) -> Point:
    small_before = int(str(row.get("least") or spec.smallest_cell)) < spec.smallest_cell
    compare = not suppressed and not small_before
    return Point(
        period=_period(row.get("period")),
        region=_text(row.get("region")),
        dimensions={name: _text(row.get(name)) for name in query.by},
        value=None if suppressed else _number(row["value"]),
        suppressed=suppressed,
        year_on_year=_number(row.get("year_on_year")) if compare else None,
        period_on_period=_number(row.get("period_on_period")) if compare else None,
    )


def _period(value: object) -> str | None:
    if isinstance(value, datetime) and (value.hour or value.minute):
        return value.isoformat(timespec="minutes")
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else None


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


def to_json(answer: Answer, lang: Language) -> dict[str, object]:
    """The API's envelope of an answer."""
    spec = answer.metric
    return {
        "metric": spec.id,
        "name": spec.name.to(lang),
        "definition": spec.definition.to(lang),
        "unit": spec.unit.to(lang),
        "synthetic": answer.citation.synthetic,
        "synthetic_label": ("合成数据" if lang == "zh" else "Synthetic data")
        if answer.citation.synthetic
        else None,
        "points": [_point_json(point) for point in answer.points],
        "sql": answer.sql,
        # Snapshot ids are 64-bit: as numbers JavaScript would round them.
        "citation": {
            **asdict(answer.citation),
            "snapshot_id": str(answer.citation.snapshot_id),
        },
        "contracts": [f"/api/v1/datasets/{spec.dataset}/contract"],
    }


def _point_json(point: Point) -> dict[str, object]:
    """By hand: asdict() copies each value, which took a fifth of the time of a known answer."""
    return {
        "period": point.period,
        "region": point.region,
        "dimensions": point.dimensions,
        "value": point.value,
        "suppressed": point.suppressed,
        "year_on_year": point.year_on_year,
        "period_on_period": point.period_on_period,
    }
