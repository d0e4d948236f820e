"""What is not shared: a line names a provision that forbids it; one at fault is reported."""

from datetime import date
from pathlib import Path

import pytest

from tests.test_catalog.registry.test_agreement import change, registry
from tests.test_catalog.registry.test_damaged import forget
from xihu_catalog.registry.attestations import ATTESTATIONS, attestations, valid_attestations
from xihu_catalog.registry.check import check_registry
from xihu_catalog.registry.systems import SYSTEMS

__all__ = ["registry"]  # a fixture
LINES = """\
attestations:
  - id: survey_households
    title: {zh: 住户调查原始记录, en: Original records of the household survey}
    description: {zh: 能识别单个住户的调查记录, en: Records that identify a household}
    organisation: "113399001001137073"
    basis: {zh: 《统计法》第二十八条, en: "Statistics Law, art. 28"}
    law: https://law.example.org/statistics
    decided_on: 2026-01-15
    review_by: 2026-12-31
  - id: survey_firms
    title: {zh: 企业调查原始记录, en: Original records of the survey of firms}
    description: {zh: 能识别单个企业的调查记录, en: Records that identify a firm}
    organisation: "113399001001137073"
    basis: {zh: 《统计法》第二十八条, en: "Statistics Law, art. 28"}
    law: https://law.example.org/statistics
    decided_on: 2026-01-15
    review_by: 2026-06-30
"""


@pytest.fixture
def attested(registry: Path) -> Path:
    (registry / ATTESTATIONS).write_text(LINES, encoding="utf-8")
    forget()
    return registry


def test_lines_are_read_in_their_order(attested: Path) -> None:
    assert check_registry({}) == []
    found = attestations()
    assert [one.entry for one in found] == ["attested-survey_households", "attested-survey_firms"]
    assert found[0].review_by == date(2026, 12, 31)
    assert valid_attestations() == found


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"113399001001137073"', '"11339900100100000X"', "is not in organisations.yaml"),
        (
            "《统计法》第二十八条",
            "《个人信息保护法》第二十八条",
            "names no provision that expressly",
        ),
        ("2026-12-31", "2026-01-15", "review_by 2026-01-15 is not after decided_on"),
        ("2026-12-31", "9999-12-31", "review_by 9999-12-31 is too far away"),
        ("2026-12-31", "2037-01-15", "review_by 2037-01-15 is too far away"),
    ],
)
def test_a_line_that_cannot_be_makes_no_entry_and_is_told(
    attested: Path, before: str, after: str, said: str
) -> None:
    change(attested, ATTESTATIONS, before, after)
    forget()
    (found,) = check_registry({})
    assert (found.file, found.line) == (ATTESTATIONS, 2)
    assert said in found.text.en
    assert [one.id for one in valid_attestations()] == ["survey_firms"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("id: survey_firms", "id: survey_households", "survey_households is there twice"),
        ("id: survey_firms", "id: survey-firms", "attestations.1.id"),
        ("https://law.example.org", "javascript:alert", "attestations.0.law"),
        ("    review_by: 2026-12-31\n", "", "attestations.0.review_by"),
    ],
)
def test_a_line_that_cannot_be_read_is_told(
    attested: Path, before: str, after: str, said: str
) -> None:
    change(attested, ATTESTATIONS, before, after)
    forget()
    assert any(said in one.text.en for one in check_registry({}))


def test_a_system_may_name_an_attestation(attested: Path) -> None:
    change(attested, SYSTEMS, "since: 2012-06-01", "since: 2012-06-01\n    datasets: [attested-x]")
    forget()
    (found,) = check_registry({})
    assert "no contract of the dataset attested-x" in found.text.en
    change(attested, SYSTEMS, "[attested-x]", "[attested-survey_firms]")
    forget()
    assert check_registry({}) == []


def test_no_harvested_source_takes_the_prefix(attested: Path) -> None:
    source = "- {id: attested, kind: ckan, url: https://a.example.org/, title: {zh: 甲, en: A}}\n"
    (attested / "harvest.yaml").write_text(source, encoding="utf-8")
    forget()
    (found,) = check_registry({})
    assert "is what ids of attestations begin with" in found.text.en
