"""The ledger of information systems: what a line may name, and what is reported of one at fault."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from tests.registry import REGISTRY
from tests.test_catalog.registry.test_agreement import change, registry
from tests.test_catalog.registry.test_damaged import forget
from xihu_catalog.registry.check import check_registry
from xihu_catalog.registry.systems import SYSTEMS, information_systems

__all__ = ["registry"]  # a fixture


def test_the_ledger_is_read_as_it_is_in_the_file() -> None:
    lines = yaml.safe_load((REGISTRY / SYSTEMS).read_text(encoding="utf-8"))["systems"]
    found = {one.id: one for one in information_systems()}
    assert [*found] == [one["id"] for one in lines] and len(lines) == 14
    assert found["IS-RS-01"].datasets == ("rs_social_insurance", "rs_insured_months")
    assert [one["id"] for one in lines if "datasets" not in one] == [
        *("IS-MZ-03", "IS-ZW-01", "IS-XHCG-01")
    ]


@pytest.mark.parametrize(
    ("system", "day", "used"),
    [
        ("IS-ZW-01", "2022-06-30", True),
        ("IS-ZW-01", "2022-07-01", False),
        ("IS-MZ-03", "2012-05-31", False),
        ("IS-MZ-03", "2012-06-01", True),
        ("IS-MZ-03", "2026-11-23", True),
    ],
)
def test_a_system_is_in_use_from_its_first_day_until_it_has_ended(
    system: str, day: str, used: bool
) -> None:
    found = next(one for one in information_systems() if one.id == system)
    assert found.is_in_use(date.fromisoformat(day)) is used


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            "[zr_property_registrations, ",
            "[zr_property, ",
            "no contract of the dataset zr_property",
        ),
        ('"11339900100156133C"', '"11339900100100000X"', "11339900100100000X is not in organisat"),
        ("ended: 2022-07-01", "ended: 2008-12-31", "2008-12-31 is before since 2009-01-01"),
    ],
)
def test_what_a_system_names_and_is_not_there_is_told_with_its_line(
    registry: Path, before: str, after: str, said: str
) -> None:
    line = change(registry, SYSTEMS, before, after)
    forget()
    (found,) = check_registry({})
    assert (found.file, found.line) == (SYSTEMS, line)
    assert said in found.text.en


def test_the_line_is_that_of_the_system_and_not_of_another_that_names_alike(
    registry: Path,
) -> None:
    """`sg` begins ids that are in the file before, and `IS-SG` begins two ids."""
    line = change(registry, SYSTEMS, "[sg_inspections, ", "[sg, ")
    forget()
    (found,) = check_registry({})
    assert found.line == line


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("id: IS-MZ-02", "id: IS-MZ-01", "IS-MZ-01 is there twice"),
        ("id: IS-MZ-02", "id: 养老", "systems.2.id"),
        ("    since: 2020-07-01\n", "", "systems.2.since"),
        ("    since: 2020-07-01", "    from: 2020-07-01", "systems.2.from"),
    ],
)
def test_a_line_that_cannot_be_read_is_told(
    registry: Path, before: str, after: str, said: str
) -> None:
    change(registry, SYSTEMS, before, after)
    forget()
    found = check_registry({})
    assert {one.file for one in found} == {SYSTEMS}
    assert any(said in one.text.en for one in found), [one.to("en") for one in found]


def test_a_registry_without_a_ledger_has_no_systems(registry: Path) -> None:
    (registry / SYSTEMS).unlink()
    forget()
    assert check_registry({}) == []
    assert information_systems() == ()
