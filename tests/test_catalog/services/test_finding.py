"""People's own words find the item; what we do not have is not answered with something else."""

import csv
from pathlib import Path

import pytest

from xihu_catalog.services.events import life_events
from xihu_catalog.services.finding import ServiceFinder
from xihu_catalog.services.items import service_items

QUESTIONS = Path(__file__).with_name("questions.csv")
with QUESTIONS.open(encoding="utf-8") as file:
    ROWS = [(row["asked"], row["expected"].split()) for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def finder() -> ServiceFinder:
    return ServiceFinder(service_items(), life_events())


@pytest.mark.parametrize(("asked", "expected"), ROWS)
def test_a_question_finds_its_items_first(
    finder: ServiceFinder, asked: str, expected: list[str]
) -> None:
    found = finder.find(asked).ids
    assert sorted(found[: len(expected)]) == sorted(expected)
    if not expected:
        assert found == ()


@pytest.mark.parametrize(
    "asked",
    [
        "注销公司",
        "驾照换证",
        "结婚登记",
        "港澳通行证",
        "天气",
        "identity card",
        "driving licence",
        "",
        "？",
    ],
)
def test_what_is_no_item_finds_none(finder: ServiceFinder, asked: str) -> None:
    assert finder.find(asked).ids == ()


@pytest.mark.parametrize(
    ("asked", "first", "meant"),
    [
        ("gongjijin", "housing_fund_withdrawal", "公积金"),
        ("居驻证", "residence_permit", "居住证"),
        ("restaurent", "food_permit", "restaurant"),
        ("woyaotuixiu", "retirement", "退休"),
    ],
)
def test_pinyin_and_one_wrong_character_are_put_right_and_told(
    finder: ServiceFinder, asked: str, first: str, meant: str
) -> None:
    found = finder.find(asked)
    assert (found.ids[0], found.corrected) == (first, meant)


def test_an_event_of_life_brings_its_items_behind_those_that_are_called_so(
    finder: ServiceFinder,
) -> None:
    assert set(finder.find("购房").ids) == {"property_transfer", "housing_fund_withdrawal"}
    assert finder.find("退休").ids[0] == "retirement"
    assert finder.find("退休金").ids[0] == "pension_benefit"


def test_no_item_claims_to_be_an_identity_card() -> None:
    for one in service_items().values():
        assert "身份证" not in (one.name.zh, *one.words), one.id
