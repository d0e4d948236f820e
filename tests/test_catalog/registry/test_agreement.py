"""What one file of the registry names, another has; what ends does not end before it begins."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.registry import REGISTRY
from tests.test_catalog.registry.test_damaged import forget
from xihu_catalog.registry import folder
from xihu_catalog.registry.check import check_registry
from xihu_catalog.registry.folder import use_registry


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(folder, "_chosen", [])
    shutil.copytree(REGISTRY, tmp_path / "registry")
    forget()
    yield use_registry(tmp_path / "registry")
    forget()


def change(registry: Path, file: str, before: str, after: str) -> int:
    """The line that was changed, the first that has the words."""
    path = registry / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return text[: text.index(before)].count("\n") + 1


def test_all_that_disagrees_is_told_at_once_with_its_file(registry: Path) -> None:
    change(registry, "grants.yaml", "valid_to: ", "valid_to: 2020-12-31 # ")
    change(registry, "grants.yaml", "birth_date", "birth_dat")
    change(
        registry,
        "grounds.yaml",
        "opens:\n      ga_residents: [",
        "opens:\n      ga_residents: [nam, ",
    )
    change(registry, "pages.yaml", "home_figures: [", "home_figures: [pm25_men, ")
    said = sorted(found.to("en") for found in check_registry({}))
    assert [one.split(":")[0] for one in said] == ["grants.yaml"] * 2 + [
        "grounds.yaml",
        "pages.yaml",
    ]
    assert "the contract ga_residents has no field birth_dat" in said[0] + said[1]
    assert "valid_to 2020-12-31 is before valid_from 2026-01-01" in said[0] + said[1]
    assert "the contract ga_residents has no field nam" in said[2]
    assert "pm25_men: there is no such metric" in said[3]


def test_a_claim_that_no_contract_has_is_told(registry: Path) -> None:
    line = change(registry, "grounds.yaml", "[settled_in_month]", "[settled_in_mouth]")
    assert line > 1
    (found,) = check_registry({})
    assert found.text.en == (
        "medical_transfer: the contract yb_hospital_visits has no claim settled_in_mouth"
    )
    change(registry, "grounds.yaml", "yb_hospital_visits: [settled", "yb_hospital: [settled")
    forget()
    (found,) = check_registry({})
    assert "there is no contract of the dataset yb_hospital" in found.text.en


def test_a_registry_lists_what_else_forbids_sharing(registry: Path) -> None:
    contract = "contracts/jy_pupils.odcs.yaml"
    change(registry, contract, "shareClass, value: conditional", "shareClass, value: refused")
    basis = "  - {property: shareBasis, value: 《示例法》第九条}\n  - {property: shareRules"
    change(registry, contract, "  - {property: shareRules", basis)
    (found,) = check_registry({})
    assert found.text.en.startswith("shareBasis names no provision that expressly forbids sharing")
    (registry / "not_shared.yaml").write_text("- {law: 示例法, article: 第九条}\n", "utf-8")
    forget()
    assert check_registry({}) == []


def test_a_position_that_ends_before_it_begins_is_told(registry: Path) -> None:
    change(registry, "people.yaml", "valid_from: 2024-01-01", "valid_from: 2029-12-31")
    change(registry, "people.yaml", "valid_to: 2029-12-31", "valid_to: 2029-12-30")
    (said,) = [found.to("en") for found in check_registry({})]
    assert said.startswith("people.yaml:")
    assert "valid_to 2029-12-30 is before valid_from 2029-12-31" in said


def test_a_level_of_sign_in_that_there_is_not_is_told(registry: Path) -> None:
    line = change(registry, "people.yaml", "level: 3", "level: 9")
    (said,) = [found.to("en") for found in check_registry({})]
    assert said == f"people.yaml:{line - 4}: wang: level is 1, 2 or 3, not 9"


def test_a_metric_beside_the_registrys_may_be_shown(registry: Path) -> None:
    change(registry, "pages.yaml", "home_figures: [", "home_figures: [our_own, ")
    assert len(check_registry({})) == 1
    beside = registry.parent / "metrics"
    beside.mkdir()
    text = (REGISTRY / "metrics/gdp.yaml").read_text(encoding="utf-8")
    (beside / "own.yaml").write_text(text.replace("id: gdp", "id: our_own"), encoding="utf-8")
    assert check_registry({}, beside) == []


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            "time_field: ",
            "time_field: month # ",
            "the contract tj_county_economy has no field month",
        ),
        ("time_field: ", "time_field: county_code # ", "county_code is no date or time"),
        ("numerator: ", "numerator: sum(county_code) # ", "“sum(county_code)” cannot be computed"),
        ("numerator: ", "numerator: sum(meal) # ", "there is no field called meal"),
        ("where: ", "where: county_code > 7 # ", "“county_code > 7” cannot be computed"),
    ],
)
def test_a_metric_beside_the_registrys_is_checked_against_its_contract(
    registry: Path, before: str, after: str, said: str
) -> None:
    beside = registry.parent / "metrics"
    beside.mkdir()
    text = (REGISTRY / "metrics/gdp.yaml").read_text(encoding="utf-8")
    line = text[: text.index(before)].count("\n") + 1
    (beside / "own.yaml").write_text(text.replace(before, after, 1), encoding="utf-8")
    found = [one.to("en") for one in check_registry({}, beside)]
    assert all(one.startswith(f"{beside / 'own.yaml'}:{line}: ") for one in found)
    assert any(said in one for one in found)
