"""Answers a query in neutral words: groups, comparisons, ranks."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.truth.brain import periods
from tests.truth.brain.measures import MEASURES
from tests.truth.brain.periods import Period
from tests.truth.brain.reckon import Answer, Province, Query, Sum, covered, exact, places, rounded


def period_of(query: Query, today: date) -> Period | None:
    """The period asked for: a relative word if there is one, else as written."""
    if "said" in query:
        return periods.said(query["said"], today)
    return periods.parse(str(query["period"])) if query.get("period") else None


def counties_of(query: Query) -> list[str]:
    regions = query["region"]
    regions = regions if isinstance(regions, list) else [regions]
    return [county for region in regions for county in places(region)]


Part = tuple[list[str], Period | None, dict[str, Any]]


def groups(query: Query, today: date) -> dict[str, Part]:
    """Each group of a query: its counties, its period and its conditions."""
    period = period_of(query, today)
    counties, where = counties_of(query), dict(query.get("where", {}))
    if "each" in query:
        found = {code: (places(code), period, where) for code in _codes(query)}
    elif "per" in query:
        assert period is not None
        found = {
            periods.name(one, query["per"]): (counties, one, where)
            for one in periods.split(period, query["per"])
        }
    elif "by" in query:
        found = {code: (counties, period, where | {query["by"]: code}) for code in query["classes"]}
    else:
        found = {"": (counties, period, where)}
    return found


def _codes(query: Query) -> list[str]:
    regions = query["region"] if isinstance(query["region"], list) else [query["region"]]
    if query["each"] == "region":
        return regions
    return [code for region in regions for code in places(region, query["each"])]


def answer(province: Province, query: Query) -> Answer:
    """The whole answer: one value, or one of each group in the order asked for."""
    found = {
        name: _one(province, query, part) for name, part in groups(query, province.today).items()
    }
    compare = query.get("compare")
    if compare in ("share", "contribution", "cumulative") or str(compare).startswith("rolling"):
        _together(province, query, found)
    metric = MEASURES[query["metric"]]
    result: Answer = {"unit": metric.unit}
    if "pick" in query:
        found = {query["pick"]: found[query["pick"]]}
    if set(found) == {""}:
        return result | found[""]
    if "order" in query:
        field = "by" if compare in ("yoy", "previous") else "value"
        field = query.get("order_by", field)
        sign = -1 if query["order"] == "desc" else 1
        known = [name for name in found if found[name][field] is not None]
        names = sorted(known, key=lambda name: (sign * Fraction(found[name][field]), name))
        found = {name: found[name] for name in names[: query.get("top", len(names))]}
    return result | {"groups": found}


def _one(province: Province, query: Query, part: Part) -> Answer:
    metric, (counties, period, where) = query["metric"], part
    total = province.total(metric, counties, period, where)
    result = _amount(province, metric, total, period)
    compare = query.get("compare")
    if compare in ("yoy", "previous") and period is not None:
        result |= _compared(province, query, part, total)
    if compare == "per_head":
        result["value"] = _per(province, total.value(MEASURES[metric]), counties)
        del result["shown"]
    return result


def _amount(province: Province, metric: str, total: Sum, period: Period | None) -> Answer:
    measure = MEASURES[metric]
    value = total.value(measure)
    return {
        "value": exact(value),
        "shown": None if value is None else rounded(value, measure.decimals),
        "rows": total.rows,
        "missing": total.missing,
        "covered": covered(metric, period, province.today),
    }


def _per(province: Province, value: Fraction | None, counties: list[str]) -> str | None:
    people = province.total("residents", counties, None, {}).top
    return None if value is None else exact(value / Fraction(people))


def _compared(province: Province, query: Query, part: Part, now: Sum) -> Answer:
    """The period before, and by how much it moved: points of a rate, per cent of all else."""
    metric, (counties, period, where) = query["metric"], part
    assert period is not None
    shift = periods.year_before if query["compare"] == "yoy" else periods.before
    earlier = shift(period)
    before = province.total(metric, counties, earlier, where)
    measure = MEASURES[metric]
    one, other = now.value(measure), before.value(measure)
    moved: Fraction | None = None
    if one is not None and other is not None:
        points = measure.unit == "%"
        moved = one - other if points else (one - other) / other * 100 if other else None
    return {
        "before": exact(other),
        "before_missing": before.missing,
        "before_covered": covered(metric, earlier, province.today),
        "by": exact(moved),
        "by_unit": "points" if measure.unit == "%" else "%",
        "comparable": covered(metric, earlier, province.today)
        and covered(metric, period, province.today)
        and not now.missing
        and not before.missing,
    }


def _amounts(span: list[Sum]) -> list[tuple[Decimal, Decimal]]:
    return [(one.top, one.bottom) for one in span]


def _together(province: Province, query: Query, found: dict[str, Answer]) -> None:
    """Comparisons that need all groups: shares, contributions, running sums and means."""
    metric, parts = query["metric"], groups(query, province.today)
    measure = MEASURES[metric]
    sums = {name: province.total(metric, *part) for name, part in parts.items()}
    compare = str(query["compare"])
    if compare == "share":
        whole = sum(Fraction(one.top) for one in sums.values())
        for name, one in sums.items():
            found[name]["share"] = exact(Fraction(one.top) / whole * 100) if whole else None
    elif compare == "contribution":
        earlier = {
            name: province.total(metric, part[0], periods.year_before(part[1]), part[2])
            for name, part in parts.items()
            if part[1] is not None
        }
        whole = sum(Fraction(one.top) for one in earlier.values())
        for name, one in sums.items():
            moved = Fraction(one.top) - Fraction(earlier[name].top)
            found[name]["before"] = exact(earlier[name].value(measure))
            found[name]["points"] = exact(moved / whole * 100) if whole else None
    else:
        length = 10**6 if compare == "cumulative" else int(compare.removeprefix("rolling"))
        names = list(sums)
        for place, name in enumerate(names):
            span = [sums[one] for one in names[max(0, place - length + 1) : place + 1]]
            full = compare == "cumulative" or len(span) == length
            top, bottom = (sum(parts, Decimal(0)) for parts in zip(*_amounts(span), strict=True))
            joined = Sum(top, bottom, 0, 0)
            found[name]["running"] = exact(joined.value(measure)) if full else None
