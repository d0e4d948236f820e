"""The files of answers have the form that their README says, and name what there is."""

import csv
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.registry import REGISTRY
from tests.truth.brain import edges, index_examples, quarter
from tests.truth.brain.answers import TODAY, load, load_questions, main
from tests.truth.brain.measures import MEASURES
from tests.truth.brain.periods import parse, said
from tests.truth.brain.raw import HERE, fields
from xihu_pipelines.demo.generate import generate
from xihu_platform.safe_yaml import read_yaml

QUESTIONS, QUERIES = load_questions(), load("queries.yaml")
ANSWERS = json.loads((HERE / "answers.json").read_text(encoding="utf-8"))
MADE = {"answers.json": (1.0, TODAY), "answers_small.json": (0.02, date(2026, 11, 23))}
"""Scale and day of the demo's files that the answers are of."""
ASKED = [
    one
    for question in (*QUESTIONS, *QUERIES)
    for one in (question.get("query"), *question.get("also", ()))
    if one
]


def _metrics() -> dict[str, Any]:
    found = [read_yaml(path.read_text(encoding="utf-8")) for path in REGISTRY.glob("metrics/*")]
    return {one["id"]: one for one in found}


def test_there_are_160_questions_with_their_halves() -> None:
    assert [one["id"] for one in QUESTIONS] == [f"Q{n:03d}" for n in range(1, 161)]
    assert Counter(one["lang"] for one in QUESTIONS) == {"zh": 110, "en": 50}
    assert Counter(one["answerable"] for one in QUESTIONS) == {"yes": 115, "no": 35, "rank": 10}
    assert len(load("questions_held_out.yaml")) == 80
    assert sum("person" in one["hard"] for one in QUESTIONS) == 5
    assert sum(one["hard"] != ["plain"] for one in QUESTIONS) > 80


def test_there_are_120_queries_and_30_need_a_metric() -> None:
    assert [one["id"] for one in QUERIES] == [f"M{n:03d}" for n in range(1, 121)]
    assert sum("definition" in one for one in QUERIES) == 30
    assert sum(one.get("held_out", False) for one in QUERIES) == 60


def test_no_question_is_asked_twice() -> None:
    assert len({one["question"] for one in QUESTIONS}) == 160


@pytest.mark.parametrize("query", ASKED, ids=lambda one: one["metric"])
def test_what_is_asked_is_in_the_registry(query: dict[str, Any]) -> None:
    metric = _metrics()[query["metric"]]
    codes = (REGISTRY / "codes" / "divisions.csv").read_text(encoding="utf-8").splitlines()
    regions = query["region"] if isinstance(query["region"], list) else [query["region"]]
    known = {line.split(",")[0] for line in codes}
    assert set(regions) <= known
    dimensions = {one["field"]: one["code_list"] for one in metric["dimensions"]}
    wanted = dict(query.get("where", {}))
    if "by" in query:
        wanted[query["by"]] = query["classes"]
    for field, values in wanted.items():
        path = REGISTRY / "codes" / f"{dimensions[field]}.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        assert (
            {values}
            if isinstance(values, str)
            else set(values) <= {line.split(",")[0] for line in lines}
        )


@pytest.mark.parametrize(
    "query", [one for one in ASKED if "said" in one], ids=lambda one: one["said"]
)
def test_a_relative_word_comes_to_the_period_written_beside_it(query: dict[str, Any]) -> None:
    assert said(query["said"], TODAY) == parse(query["period"])


def test_every_metric_is_written_down_again_and_asked_for() -> None:
    metrics = _metrics()
    assert MEASURES.keys() == metrics.keys() == {one["metric"] for one in ASKED}
    for name, measure in MEASURES.items():
        metric = metrics[name]
        assert measure.dataset == metric["dataset"]
        assert (measure.scale, measure.decimals) == (metric["scale"], metric["decimals"])
        assert (measure.time, measure.stock) == (metric["time_field"], metric["kind"] == "stock")


def test_the_audience_is_named_where_it_is_not_the_public() -> None:
    metrics = _metrics()
    for one in QUESTIONS:
        if "query" in one:
            wanted = metrics[one["query"]["metric"]]["audience"]
            assert one.get("audience", "public") == wanted


def test_a_metric_with_a_rule_on_small_cells_is_said_to_be_protected() -> None:
    metrics = _metrics()
    for one in QUESTIONS:
        protected = "query" in one and metrics[one["query"]["metric"]]["smallest_cell"] > 0
        assert one.get("protected", False) == protected
        assert set(one.get("near", ())) <= metrics.keys()


@pytest.mark.parametrize("name", MADE)
def test_every_answerable_question_and_query_has_an_answer_and_no_other(name: str) -> None:
    answers = json.loads((HERE / name).read_text(encoding="utf-8"))
    assert answers["today"] == MADE[name][1].isoformat()
    assert set(answers["questions"]) == {one["id"] for one in QUESTIONS if "query" in one}
    assert set(answers["queries"]) == {one["id"] for one in QUERIES}


@pytest.mark.harness
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", MADE)
def test_the_answers_are_reckoned_again_to_the_byte(name: str, tmp_path: Path) -> None:
    scale, today = MADE[name]
    files = tmp_path / "files"
    generate(files, scale=scale, seed=152, today=today)
    for path in files.glob("*.parquet"):
        duckdb.read_parquet(str(path)).write_csv(f"{path}.csv")
    main(str(files), str(tmp_path / name), today.isoformat())
    assert (tmp_path / name).read_bytes() == (HERE / name).read_bytes()


def test_what_cannot_be_answered_says_what_is_missing() -> None:
    for one in QUESTIONS:
        assert ("missing" in one) == (one["answerable"] == "no") == ("query" not in one)


def test_the_small_table_gives_the_answers_that_are_kept() -> None:
    for name, answer in edges.answers().items():
        assert ANSWERS["queries"][name] == answer


def test_the_fields_are_those_of_the_contracts() -> None:
    with (HERE / "fields.csv").open(encoding="utf-8", newline="") as file:
        datasets = {row["dataset"] for row in csv.DictReader(file)}
    for dataset in datasets:
        path = REGISTRY / "contracts" / f"{dataset}.odcs.yaml"
        contract = read_yaml(path.read_text(encoding="utf-8"))
        names = [one["name"] for one in contract["schema"][0]["properties"]]
        assert [one.name for one in fields(dataset)] == names


def test_the_index_examples_are_printed_as_they_are_kept() -> None:
    kept = (HERE / "index_examples.yaml").read_text(encoding="utf-8")
    assert index_examples.printed() == kept
    examples = read_yaml(kept)
    assert [one["id"] for one in examples] == [f"X{n:02d}" for n in range(1, 21)]
    assert Counter(one["kind"] for one in examples) == {"composite": 10, "grading": 10}
    assert sum(one.get("held_out", False) for one in examples) == 10


def test_the_quarter_has_twelve_events_and_sixty_ordinary_irregularities() -> None:
    found = quarter.rules()
    assert found == read_yaml((HERE / "quarter.yaml").read_text(encoding="utf-8"))
    names = [f"V{n:02d}" for n in range(1, 13)] + [f"I{n:02d}" for n in range(1, 61)]
    assert [one["id"] for one in found] == names
    for first, event, half in (("V", True, 6), ("I", False, 30)):
        some = [one for one in found if one["id"].startswith(first)]
        assert all(one["event"] is event and ("cause" in one) is event for one in some)
        assert sum(one.get("held_out", False) for one in some) == half


def test_what_is_unusual_is_within_the_quarter_and_of_series_that_there_are() -> None:
    for one in quarter.rules():
        assert "2027-01" <= one["from"] <= one["to"] <= "2027-03-31"
        for place in one.get("where", ()):
            if place["indicator"] in quarter.MONTHLY:
                continue
            assert set(place.get("cities", ())) <= quarter.CITIES.keys()
            assert set(place.get("classes", ())) <= quarter.DAILY[place["indicator"]].classes.keys()
        if "county" in one:
            assert one["county"] in dict(quarter.counties())


def test_the_quarter_is_written_to_the_byte(tmp_path: Path) -> None:
    kept = (HERE / "quarter.sha256").read_text(encoding="utf-8")
    written = quarter.write(tmp_path)
    assert "".join(f"{digest} {name}\n" for name, digest in written.items()) == kept
