"""Differences of two contracts: what readers lose is told from what only grows or tightens."""

from datetime import UTC, datetime

import pytest

from tests.registry import REGISTRY
from xihu_catalog.contracts.diff import BreaksReaders, ContractChange, check_change, compare
from xihu_catalog.contracts.load import parse_contract
from xihu_catalog.contracts.model import Contract
from xihu_platform.audit.uses import UserOrganisation
from xihu_platform.errors import Conflict

TEXT = (REGISTRY / "contracts" / "fg_power_daily.odcs.yaml").read_text(encoding="utf-8")
PEOPLE = (REGISTRY / "contracts" / "ga_residents.odcs.yaml").read_text(encoding="utf-8")
FIELD = """\
      - name: note
        businessName: 备注
        logicalType: string
        physicalType: VARCHAR
        classification: L1
"""
REFUSED = "shareClass, value: refused}\n  - {property: shareBasis, value: x"
RULE = """\
    quality:
      - {id: sane, name: 合理, type: sql, mustBe: 0, \
query: "SELECT count(*) FROM ${table} WHERE customers > 9"}
"""


def contract(text: str) -> Contract:
    return parse_contract(text.encode(), "x.odcs.yaml")


def changes(old: str, new: str, text: str = TEXT) -> list[ContractChange]:
    assert old in text
    return compare(contract(text), contract(text.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("old", "new", "effect"),
    [
        ("slaProperties:", FIELD + "slaProperties:", "adds"),
        ("slaProperties:", FIELD + "        required: true\nslaProperties:", "tightens"),
        ("slaProperties:", RULE + "slaProperties:", "tightens"),
        ("{minimum: 0}", "{minimum: 1}", "tightens"),
        ("{minimum: 0}", "{minimum: -1}", "loosens"),
        ("{minimum: 0}", "{minimum: 0, maximum: 9}", "tightens"),
        ("        required: true\n        logical", "        logical", "loosens"),
        ('"DECIMAL(18,2)"', '"DECIMAL(18,3)"', "breaks"),
        ("name: peak_kw", "name: peak", "breaks"),
        ("classification: L1", "classification: L2", "closes"),
        ("unitEn, value: kWh", "unitEn, value: MWh", "breaks"),
        ("openClass, value: unconditional", "openClass, value: restricted", "closes"),
        ("shareClass, value: unconditional", REFUSED, "closes"),
        ("          - {property: region, value: true}\n", "", "breaks"),
        ("codeList, value: power_sector", "note, value: x", "loosens"),
        ("businessName: 用户数", "businessName: 客户数", "states"),
        ("updateCycle, value: daily", "updateCycle, value: weekly", "states"),
        ("sourceColumn, value: 用户数", "sourceColumn, value: 户数", "states"),
    ],
)  # fmt: skip
def test_each_change_has_its_effect(old: str, new: str, effect: str) -> None:
    assert effect in {c.effect for c in changes(old, new)}


def test_the_same_contract_has_no_change() -> None:
    assert compare(contract(TEXT), contract(TEXT)) == []
    assert compare(contract(PEOPLE), contract(PEOPLE)) == []


def test_a_rename_is_told_from_a_removal() -> None:
    renamed = changes("name: peak_kw", "name: peak")
    assert any("renamed peak" in c.text.en for c in renamed)


def test_what_breaks_comes_first() -> None:
    text = TEXT.replace("{minimum: 0}", "{minimum: 1}").replace("name: peak_kw", "name: peak")
    effects = [c.effect for c in compare(contract(TEXT), contract(text))]
    assert effects.index("breaks") < effects.index("tightens")


def test_a_lower_grade_is_loosened_and_a_dropped_pseudonym_breaks() -> None:
    assert {c.effect for c in changes("L4", "L3", PEOPLE)} == {"loosens"}
    mask = "identifier, value: mobile}\n          - {property: protect, value: mask}"
    dropped = changes(mask, "identifier, value: mobile}", PEOPLE)
    assert {c.effect for c in dropped} == {"breaks"}


def test_a_department_may_always_close_what_it_gives() -> None:
    reader = UserOrganisation(
        "113399001001000094", ("duty",), 1234, 0, datetime(2026, 11, 1, tzinfo=UTC)
    )
    check_change(contract(TEXT), contract(TEXT.replace("L1", "L3")), [reader])


def test_a_breaking_change_is_refused_with_who_reads_it() -> None:
    reader = UserOrganisation(
        "113399001001000094", ("duty",), 1234, 0, datetime(2026, 11, 1, tzinfo=UTC)
    )
    new = contract(TEXT.replace('"DECIMAL(18,2)"', '"DECIMAL(18,3)"', 1))
    with pytest.raises(BreaksReaders) as caught:
        check_change(contract(TEXT), new, [reader])
    assert isinstance(caught.value, Conflict)
    assert "power_kwh: type DECIMAL(18,2) → DECIMAL(18,3)" in caught.value.text.en
    assert "示例省公安厅（1,234 次" in caught.value.text.zh


def test_a_change_that_only_adds_or_tightens_passes() -> None:
    text = TEXT.replace("slaProperties:", FIELD + "slaProperties:", 1)
    check_change(contract(TEXT), contract(text.replace("{minimum: 0}", "{minimum: 1}")))
