"""Reckons every answer from the raw files: `python -m tests.truth.brain.answers FILES [OUT]`.

Numbers come of the standard library alone; the YAML reader only reads the questions.
"""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from tests.truth.brain import edges, joins
from tests.truth.brain.asked import answer, period_of
from tests.truth.brain.raw import FILES, HERE, Counts
from tests.truth.brain.reckon import Answer, Province, Query

TODAY = date(2026, 12, 1)
"""The day of the answers that are kept; the files were made with the same day."""


def load(name: str) -> list[dict[str, Any]]:
    """A list of questions or queries."""
    found = yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
    assert isinstance(found, list)
    return found


def load_questions() -> list[dict[str, Any]]:
    """Both halves, in the order of their ids."""
    halves = (*load("questions.yaml"), *load("questions_held_out.yaml"))
    return sorted(halves, key=lambda one: str(one["id"]))


def reckon(province: Province, query: Query) -> Answer:
    """The answer, with the period it is of."""
    period = period_of(query, province.today)
    found = answer(province, query)
    return ({"period": str(period)} if period else {}) | found


def _questions(province: Province) -> dict[str, Answer]:
    found = {}
    for question in load_questions():
        if "query" in question:
            result = reckon(province, question["query"])
            also = [reckon(province, one) for one in question.get("also", ())]
            found[question["id"]] = result | ({"also": also} if also else {})
    return found


def everything(province: Province) -> dict[str, Any]:
    """All answers, and how each file was taken in."""
    queries = {one["id"]: reckon(province, one["query"]) for one in _registered()}
    found = {
        "today": province.today.isoformat(),
        "questions": _questions(province),
        "queries": queries | edges.answers() | joins.answers(province),
    }
    return found | {"files": {name: _counts(province.counts[name]) for name in FILES}}


def _registered() -> list[dict[str, Any]]:
    return [one for one in load("queries.yaml") if "query" in one]


def _counts(one: Counts) -> dict[str, Any]:
    return {"records": one.records, "accepted": one.accepted, "rules": one.rules}


def text(found: dict[str, Any]) -> str:
    """One line for each answer, so that a change shows where it is."""
    parts = []
    for name, value in found.items():
        if isinstance(value, dict):
            lines = [
                f"  {json.dumps(one)}: {json.dumps(each, ensure_ascii=False, sort_keys=True)}"
                for one, each in value.items()
            ]
            parts.append(f"{json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n}")
        else:
            parts.append(f"{json.dumps(name)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main(folder: str, target: str = str(HERE / "answers.json"), today: str = "") -> None:
    """Write the answers of a folder of files that was made on `today`."""
    province = Province(Path(folder), date.fromisoformat(today) if today else TODAY)
    Path(target).write_text(text(everything(province)), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
