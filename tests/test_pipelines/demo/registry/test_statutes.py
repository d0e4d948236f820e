"""The rule sets: the verified numbers of Order 809, and nothing unverified passing as verified."""

from typing import Any

import pytest
import yaml

from tests.registry import REGISTRY

STATUTES = REGISTRY / "statutes"


# Any: a rule set is YAML.
def _duties(rule_set: str) -> dict[str, dict[str, Any]]:
    text = (STATUTES / f"{rule_set}.yaml").read_text(encoding="utf-8")
    return {duty["id"]: duty for duty in yaml.safe_load(text)["duties"]}


@pytest.mark.parametrize(
    ("duty", "article", "value", "unit", "extension"),
    [
        ("catalogue_update", "17", 10, "working_day", 5),
        ("catalogue_review", "17", 2, "working_day", None),
        ("reply_unconditional", "21", 1, "working_day", None),
        ("reply_conditional", "21", 10, "working_day", 10),
        ("delivery", "22", 20, "working_day", None),
        ("correction", "26", 10, "working_day", None),
        ("usage_records", "29", 3, "year", None),
    ],
)
def test_order_809_says(
    duty: str, article: str, value: int, unit: str, extension: int | None
) -> None:
    found = _duties("CN-809-2025")[duty]
    assert (found["article"], found["value"], found["unit"]) == (article, value, unit)
    assert found["extension"] == extension and found["verified"] is True
    assert (found["extended_by"] is None) == (extension is None)


def test_a_credit_query_is_kept_ten_years_and_an_objection_takes_twenty_days_at_most() -> None:
    duties = _duties("CN-others")
    assert (duties["credit_query_log"]["value"], duties["credit_query_log"]["unit"]) == (10, "year")
    objection = duties["credit_objection"]
    assert objection["value"] + objection["extension"] == 20


def test_what_was_not_read_is_not_verified() -> None:
    assert not any(duty["verified"] for duty in _duties("ZJ-2022").values())


def test_a_target_is_not_sold_as_law() -> None:
    targets = _duties("LOCAL-targets")
    assert {name: (one["value"], one["unit"]) for name, one in targets.items()} == {
        "opening_answer": (20, "working_day"),
        "case_check": (5, "working_day"),
        "case_delivery": (10, "working_day"),
        "complaint_acceptance": (5, "working_day"),
        "complaint_answer": (30, "working_day"),
        "need_check": (10, "working_day"),
        "need_cataloguing": (20, "working_day"),
        "reexamination": (10, "working_day"),
        "entry_review": (10, "working_day"),
        "hotline_assignment": (1, "working_day"),
        "hotline_designation": (1, "working_day"),
        "hotline_reply": (5, "working_day"),
        "hotline_call_back": (3, "working_day"),
        "licence_statement": (5, "working_day"),
        "licence_decision": (20, "working_day"),
        "licence_return": (5, "working_day"),
        "mandate_agreement": (3, "working_day"),
        "exchange_answer": (10, "working_day"),
        "voice_moderation": (5, "working_day"),
    }
    assert all(one["target"] and not one["verified"] for one in targets.values())
