"""People and organisations of the demo province: made up, right by the check digits, complete."""

import csv
from collections import Counter
from datetime import date
from typing import Any, get_args

import pytest
import yaml

from tests.registry import REGISTRY
from tests.test_pipelines.demo.second_reading import is_citizen_id, is_uscc
from xihu_platform.identity.principal import Duty


# Any: the registry is YAML.
def _load(name: str) -> dict[str, list[dict[str, Any]]]:
    loaded: dict[str, list[dict[str, Any]]] = yaml.safe_load(
        (REGISTRY / name).read_text(encoding="utf-8")
    )
    return loaded


PEOPLE = {person["username"]: person for person in _load("people.yaml")["people"]}
ORGANISATIONS = {each["uscc"]: each for each in _load("organisations.yaml")["organisations"]}


def test_the_check_digits_are_those_of_the_standards() -> None:
    assert is_uscc("91110000600037341L")
    assert not is_uscc("91110000600037342L")
    assert is_citizen_id("11010519491231002X")


@pytest.mark.parametrize("username", [u for u, who in PEOPLE.items() if "document" in who])
def test_a_document_number_is_right_and_nobody_s(username: str) -> None:
    number = PEOPLE[username]["document"]["number"]
    assert number.startswith("3399") and is_citizen_id(number)


@pytest.mark.parametrize("uscc", ORGANISATIONS)
def test_an_organisation_has_a_right_code_and_says_it_is_made_up(uscc: str) -> None:
    organisation = ORGANISATIONS[uscc]
    assert is_uscc(uscc) and uscc[2:6] == "3399"
    assert organisation["name_zh"].startswith("示例省")
    assert "Example Province" in organisation["name_en"]


def test_the_people_the_platform_needs_are_there() -> None:
    assert PEOPLE["wang"]["level"] == 3 and PEOPLE["li"]["level"] == 1
    assert [each["kind"] for each in PEOPLE["zhao"]["mandates"]] == ["firm"]
    assert is_uscc(PEOPLE["zhao"]["mandates"][0]["key"])
    assert len({each["organisation"] for each in PEOPLE["chen"]["positions"]}) == 2
    duties = {
        duty for who in PEOPLE.values() for each in who["positions"] for duty in each["duties"]
    }
    assert duties == set(get_args(Duty))


@pytest.mark.parametrize("duty", ["handler", "steward", "chief_data_officer"])
def test_two_people_hold_the_same_duty_in_one_organisation(duty: str) -> None:
    """With one of a kind, a check of whose position it is could be left out unnoticed."""
    held = [
        (position["organisation"], person["person"])
        for person in PEOPLE.values()
        for position in person["positions"]
        if duty in position["duties"] and position["valid_to"] > date(2026, 12, 31)
    ]
    by_office = Counter(organisation for organisation, _ in set(held))
    assert max(by_office.values()) >= 2


def test_stewards_of_two_departments_are_there() -> None:
    offices = {
        position["organisation"]
        for person in PEOPLE.values()
        for position in person["positions"]
        if "steward" in position["duties"]
    }
    assert len(offices) >= 2


def test_positions_are_held_in_known_organisations_and_regions_for_some_time() -> None:
    with (REGISTRY / "codes" / "divisions.csv").open(encoding="utf-8") as file:
        divisions = {row["code"] for row in csv.DictReader(file)}
    for person in PEOPLE.values():
        for position in person["positions"]:
            assert position["organisation"] in ORGANISATIONS
            assert position["region"] in divisions
            assert position["valid_from"] < position["valid_to"]


def test_one_position_has_ended() -> None:
    assert all(each["valid_to"] < date(2026, 1, 1) for each in PEOPLE["qian"]["positions"])


def test_a_system_belongs_to_an_organisation() -> None:
    assert all(each["organisation"] in ORGANISATIONS for each in _load("people.yaml")["systems"])
