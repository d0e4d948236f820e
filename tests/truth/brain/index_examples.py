"""Twenty worked examples of `index_rule.md`: `python -m tests.truth.brain.index_examples`.

Standard library alone. Reads `index_cases.json`, writes `index_examples.yaml` (a JSON text with
comments above it, which is YAML).
"""

import json
from decimal import Decimal, getcontext
from fractions import Fraction
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
getcontext().prec = 50
Case = dict[str, Any]
Scores = dict[str, Fraction | None]
LEAST_WEIGHT = Fraction(6, 10)
CAP = Fraction(3, 2)
MOST_EXTRA = 10
ABOVE = {
    "tax_per_mu": ("tax", "land", 30),
    "value_per_mu": ("value_added", "land", 20),
    "value_per_energy": ("value_added", "energy", 20),
    "value_per_emission": ("value_added", "emissions", 10),
    "productivity": ("value_added", "employees", 10),
    "research": ("research", "revenue", 10),
}
BELOW = {"tax_per_mu": ("tax", "land", 50), "tax_per_power": ("tax", "power", 50)}
PERCENT = {"research"}
TO_CNY = {"tax_per_power"}
"""Tax is in CNY 10,000, its quotient by kWh in CNY."""
HEAD = """\
# Worked examples of index_rule.md, printed by index_examples.py from index_cases.json.
# The first ten are composite indices, the others grade firms. held_out: not before the last run.
"""


def text(value: Fraction | None) -> str | None:
    """Rounded half to even at six places."""
    return None if value is None else format(Decimal(round(value * 10**6)).scaleb(-6), "f")


def _ranks(totals: dict[str, str | None]) -> dict[str, int | None]:
    known = [Fraction(value) for value in totals.values() if value is not None]
    return {
        name: None if value is None else 1 + sum(other > Fraction(value) for other in known)
        for name, value in totals.items()
    }


def _mean(values: list[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def _normalise(values: dict[str, str | None], method: str, up: bool) -> Scores:
    known = {name: Fraction(value) for name, value in values.items() if value is not None}
    if not known:
        return dict.fromkeys(values)
    sign = 1 if up else -1
    low, high = min(known.values()), max(known.values())
    if low == high:
        found = dict.fromkeys(known, Fraction(50))
    elif method == "minmax":
        best = {name: value - low if up else high - value for name, value in known.items()}
        found = {name: value / (high - low) * 100 for name, value in best.items()}
    else:
        mean = _mean([*known.values()])
        variance = _mean([(value - mean) ** 2 for value in known.values()])
        root = (Decimal(variance.numerator) / Decimal(variance.denominator)).sqrt()
        found = {
            name: 50 + 10 * sign * (value - mean) / Fraction(root) for name, value in known.items()
        }
    return {name: found.get(name) for name in values}


def _index(scores: dict[str, Fraction | None], weights: dict[str, Fraction]) -> Fraction | None:
    """By the weights of what is present, where that is enough."""
    present = {name: value for name, value in scores.items() if value is not None}
    total = sum((weights[name] for name in present), Fraction(0))
    if total < LEAST_WEIGHT:
        return None
    return sum((weights[name] * value for name, value in present.items()), Fraction(0)) / total


def composite(case: Case) -> Case:
    """The index of each place."""
    indicators = case["indicators"]
    weights = {name: Fraction(one["weight"]) for name, one in indicators.items()}
    if sum(weights.values()) != 1 or min(weights.values()) <= 0:
        return {"error": "weights"}
    places = list(case["values"])
    by_indicator = {
        name: _normalise(
            {place: case["values"][place][name] for place in places},
            case["method"],
            one["direction"] == "up",
        )
        for name, one in indicators.items()
    }
    shown = {
        place: {name: text(by_indicator[name][place]) for name in indicators} for place in places
    }
    result: dict[str, str | None] = {}
    for place in places:
        scores = {name: by_indicator[name][place] for name in indicators}
        empty = all(value is None for value in scores.values())
        if case["missing"] == "penalise" and not empty:
            scores = {
                name: _worst(by_indicator[name], case["method"]) if value is None else value
                for name, value in scores.items()
            }
        result[place] = text(_index(scores, weights))
    return {"normalised": shown, "index": result, "rank": _ranks(result)}


def _worst(scores: Scores, method: str) -> Fraction:
    known = [value for value in scores.values() if value is not None]
    return Fraction(0) if method == "minmax" or not known else min(known)


def _value(firm: Case, name: str, top: str, bottom: str) -> Fraction | None:
    above, below = firm.get(top), firm.get(bottom)
    if above is None or below is None or Fraction(below) == 0:
        return None
    scale = 100 if name in PERCENT else 10000 if name in TO_CNY else 1
    return Fraction(above) / Fraction(below) * scale


def _points(case: Case, graded: dict[str, Case]) -> dict[str, dict[str, Fraction]]:
    rules = ABOVE if case["size"] == "above" else BELOW
    found: dict[str, dict[str, Fraction]] = {name: {} for name in graded}
    for indicator, (top, bottom, weight) in rules.items():
        base = Fraction(case["bases"][indicator])
        values = {name: _value(firm, indicator, top, bottom) for name, firm in graded.items()}
        some = {
            name: min(max(value / base * weight, Fraction(0)), CAP * weight)
            for name, value in values.items()
            if value is not None
        }
        for name, firm in graded.items():
            without = indicator == "value_per_emission" and not Fraction(firm["emissions"] or 0)
            mean = _mean([*some.values()]) if some else Fraction(weight)
            found[name][indicator] = mean if without else some.get(name, Fraction(0))
    return found


def _grade(rank: int, firms: int) -> str:
    share = Fraction(rank, firms)
    for letter, limit in (("A", "0.20"), ("B", "0.60"), ("C", "0.95")):
        if share <= Fraction(limit):
            return letter
    return "D"


def grading(case: Case) -> Case:
    """Points, total, rank and grade of each firm."""
    firms = case["firms"]
    graded = {
        name: firm
        for name, firm in firms.items()
        if Fraction(firm["land"] or 0) and Fraction(firm.get("years", "5")) >= 2
    }
    points = _points(case, graded)
    totals: dict[str, str | None] = {}
    for name, firm in graded.items():
        extra = sum(map(Fraction, firm.get("extra", [])), Fraction(0))
        extra = min(max(extra, Fraction(-MOST_EXTRA)), Fraction(MOST_EXTRA))
        totals[name] = text(max(sum(points[name].values(), Fraction(0)) + extra, Fraction(0)))
    ranks = _ranks(totals)
    result: dict[str, Any] = {}
    for name, firm in firms.items():
        rank = ranks.get(name)
        if rank is None:
            result[name] = {"grade": "T"}
            continue
        result[name] = {
            "points": {one: text(value) for one, value in points[name].items()},
            "total": totals[name],
            "rank": rank,
            "grade": "D" if firm.get("veto") else _grade(rank, len(graded)),
        }
    return {"firms": result}


def examples() -> list[Case]:
    """Each case with what it comes to."""
    cases = json.loads((HERE / "index_cases.json").read_text(encoding="utf-8"))
    solve = {"composite": composite, "grading": grading}
    return [case | {"expected": solve[case["kind"]](case)} for case in cases]


def printed() -> str:
    """The text of `index_examples.yaml`: one example a line."""
    lines = [json.dumps(one, ensure_ascii=False) for one in examples()]
    return HEAD + "[\n" + ",\n".join(lines) + "\n]\n"


if __name__ == "__main__":
    (HERE / "index_examples.yaml").write_text(printed(), encoding="utf-8")
