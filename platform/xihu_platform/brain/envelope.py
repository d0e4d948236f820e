"""The API's envelope of a metric's answer."""

from dataclasses import asdict
from decimal import Decimal

import orjson

from xihu_platform.brain.service import Answer, Point
from xihu_platform.words import Language

MISSING_LIMIT = 20  # regions named for each point; `missing_regions` says how many there are


def to_json(answer: Answer, lang: Language) -> dict[str, object]:
    """An answer with its definition, grain, completeness and citation."""
    spec = answer.metric
    return {
        "metric": spec.id,
        "name": spec.name.to(lang),
        "definition": spec.definition.to(lang),
        "unit": spec.unit.to(lang),
        "grain": answer.grain,
        "change_unit": "percentage_point" if spec.is_rate else "percent",
        "coverage": "events" if spec.frame is None else "cells",
        "data_as_of": answer.data_as_of.isoformat() if answer.data_as_of else None,
        "synthetic": answer.citation.synthetic,
        "synthetic_label": ("合成数据" if lang == "zh" else "Synthetic data")
        if answer.citation.synthetic
        else None,
        "missing_limit": MISSING_LIMIT,
        "points": [_point_json(point) for point in answer.points],
        "sql": answer.sql,
        # Snapshot ids are 64-bit: as numbers JavaScript would round them.
        "citation": {
            **asdict(answer.citation),
            "snapshot_id": str(answer.citation.snapshot_id),
            # All rows are the total of a metric that counts them: never beside hidden cells.
            "rows": None if spec.smallest_cell else answer.citation.rows,
        },
        "contracts": [f"/api/v1/datasets/{spec.dataset}/contract"],
    }


def _point_json(point: Point) -> dict[str, object]:
    """By hand: asdict() copies each value, which took a fifth of the time of a known answer."""
    whole = point.completeness
    return {
        "period": point.period,
        "region": point.region,
        "dimensions": point.dimensions,
        "value": _number(point.value),
        "suppressed": point.suppressed,
        "year_on_year": _number(point.year_on_year),
        "period_on_period": _number(point.period_on_period),
        "complete": whole.complete,
        "closed": whole.closed,
        "expected": whole.expected,
        "present": whole.present,
        "missing": [one.region for one in whole.missing[:MISSING_LIMIT]],
        "missing_regions": whole.missing_regions,
    }


def _number(value: Decimal | None) -> orjson.Fragment | None:
    """The digits that the metric publishes, all of them: 87 without decimals, 2.50 with two. A
    number in JSON may have more of them than a double."""
    if value is None:
        return None
    return orjson.Fragment(f"{value:f}")
