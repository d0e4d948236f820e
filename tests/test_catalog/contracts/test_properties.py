"""Custom properties that nothing would read are told, with the one that was probably meant."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.contracts import document, field
from xihu_catalog.contracts.errors import BadContract
from xihu_catalog.contracts.properties import OF_CONTRACT, OF_FIELD
from xihu_catalog.contracts.publication import check_publication

KEY = field("code", key=True)
READERS = Path(__file__).parents[3] / "catalog/xihu_catalog/contracts"
ELSEWHERE = {"query", "severity"}
"""Of a server, and of a relationship."""


def said_of(*fields: dict[str, Any], **more: object) -> list[str]:
    with pytest.raises(BadContract) as bad:
        check_publication(document("stops", [KEY, *fields], more=more), "stops.odcs.yaml")
    return [found.text.en for found in bad.value.findings]


@pytest.mark.parametrize(
    ("written", "meant"),
    [("licens", "licence"), ("license", "licence"), ("shareRule", "shareRules")],
)
def test_a_misspelt_property_of_a_contract_is_told(written: str, meant: str) -> None:
    (said,) = said_of(**{written: "x"})
    assert said.startswith(f"nothing reads {written}: write {meant} if that is meant")


@pytest.mark.parametrize(
    ("written", "meant"), [("codelist", "codeList"), ("sourceColumns", "sourceColumn")]
)
def test_a_misspelt_property_of_a_field_is_told(written: str, meant: str) -> None:
    (said,) = said_of(field("name", **{written: "x"}))
    assert said.startswith(f"nothing reads {written}: write {meant} if that is meant")


@pytest.mark.parametrize("mark", ["time", "subjectKey", "region", "firmKey", "vault"])
def test_a_mark_of_a_field_at_the_contract_is_told(mark: str) -> None:
    (said,) = [one for one in said_of(**{mark: True}) if "belongs" in one]
    assert said == f"{mark} belongs to the customProperties of a field: here nothing reads it"


def test_a_class_of_the_contract_at_a_field_is_told() -> None:
    (said,) = said_of(field("name", openClass="open"))
    assert said.startswith("openClass belongs to the customProperties of the contract")


def test_what_is_nobody_s_is_free() -> None:
    own = field("name", myOwnTag="x", 内部编号="7")
    check_publication(document("stops", [KEY, own], more={"ticket": "A-1"}), "stops.odcs.yaml")


def test_every_property_that_is_read_is_known() -> None:
    """By the text of those who read them: a new one is missing here until it is listed."""
    read = set()
    for path in READERS.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        read |= set(re.findall(r"\bcustom(?:\.get\(|\[)\"(\w+)\"", text))
        read |= set(re.findall(r"self\._text\(\"(\w+)\"", text))
    assert len(read) > 30
    assert read - ELSEWHERE <= OF_CONTRACT | OF_FIELD
