"""Lint: every fault with its line, and advice that a department can follow."""

from pathlib import Path

import pytest

from tests.registry import REGISTRY
from xihu_catalog.contracts.lint import lint, lint_all

GOOD = (REGISTRY / "contracts" / "ga_residents.odcs.yaml").read_text(encoding="utf-8")


def codes(tmp_path: Path, text: str) -> set[str]:
    path = tmp_path / "ga_residents.odcs.yaml"
    path.write_text(text, encoding="utf-8")
    remarks = lint(path)
    assert all(r.line > 0 and r.text.zh and r.text.en for r in remarks)
    return {r.code for r in remarks}


def test_a_good_contract_gets_no_remark(tmp_path: Path) -> None:
    assert codes(tmp_path, GOOD) == set()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("{property: nameEn, value: Name}", "{property: note, value: x}", "no_english"),
        ("description: 证件上的姓名\n", 'description: ""\n', "no_description"),
        ("        primaryKey: true\n        primaryKeyPosition: 1\n", "", "no_key"),
        ("          - {property: time, value: true}\n", "", "no_time"),
        (
            "          - {property: identifier, value: mobile}\n"
            "          - {property: protect, value: mask}\n",
            "          - {property: identifier, value: mobile}\n",
            "unprotected",
        ),
        (
            "          - {property: identifier, value: mobile}\n"
            "          - {property: protect, value: mask}\n",
            "",
            "undeclared_identifier",
        ),
        ("openClass, value: banned", "openClass, value: unconditional", "open_grade"),
        ("openClass, value: banned", "openClass, value: restricted", "open_grade"),
        ("shareClass, value: conditional", "shareClass, value: unconditional", "share_grade"),
        ("value: 1, unit: d", "value: 1, unit: mo", "cycle_sla"),
        ('  - {property: retention, value: 10, unit: "y"}\n', "", "no_retention"),
        ("codeList, value: sex", "codeList, value: nosuch", "unknown_code_list"),
        ("codeList, value: sex", "codeList, value: changes/divisions", "unknown_code_list"),
        ("codeList, value: sex", "codeList, value: ./sex", "unknown_code_list"),
        ("dataElement, value: XH00004", "dataElement, value: XH0004", "unknown_element"),
        ("dataElement, value: XH00002", "dataElement, value: XH00227", "element_ended"),
        ("dataElement, value: XH00004", "dataElement, value: XH00005", "element_list"),
        ("113399001001000094", "113399001001000095", "unknown_provider"),
        ("domain: population", "domain: nonsense", "unknown_topic"),
        ("classification: L4", "classification: L2", "low_grade"),
        ("classification: L4", "classification: L9", "contract"),
    ],
)
def test_advice_names_what_is_missing(tmp_path: Path, old: str, new: str, code: str) -> None:
    assert old in GOOD
    assert code in codes(tmp_path, GOOD.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{property: region, value: true}", "{property: guess, value: [a]}", "county_code: what"),
        ("{property: synthetic, value: true}", "{property: guess, value: [a]}", "what the machine"),
    ],
)
def test_a_guess_that_nobody_checked_is_an_error(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = tmp_path / "x.odcs.yaml"
    text = GOOD.replace(old, new, 1)
    assert old in GOOD
    path.write_text(text, encoding="utf-8")
    (found,) = (one for one in lint(path) if "guess" in one.text.en)
    assert found.level == "error"
    assert "guess" in text.splitlines()[found.line - 1]
    assert found.text.en.startswith(said)


def test_a_mask_needs_a_kind_of_identifier(tmp_path: Path) -> None:
    path = tmp_path / "x.odcs.yaml"
    old = "          - {property: identifier, value: mobile}\n"
    assert GOOD.count(old) == 1
    path.write_text(GOOD.replace(old, ""), encoding="utf-8")
    assert any("is masked" in one.text.en and one.level == "error" for one in lint(path))


def test_an_unknown_data_element_is_an_error_with_its_line_and_the_nearest_id(
    tmp_path: Path,
) -> None:
    path = tmp_path / "x.odcs.yaml"
    text = GOOD.replace("dataElement, value: XH00004", "dataElement, value: XH0004")
    path.write_text(text, encoding="utf-8")
    (found,) = (r for r in lint(path) if r.code == "unknown_element")
    name = "      - name: sex"
    assert found.line == text.splitlines().index(name) + 1
    assert found.to("en").endswith(
        "there is no data element XH0004, which sex names: is it XH00004? [unknown_element]"
    )
    assert found.level == "error"


def test_errors_come_first_and_advice_is_still_given(tmp_path: Path) -> None:
    path = tmp_path / "x.odcs.yaml"
    text = GOOD.replace("value: conditional", "value: sometimes").replace(
        "        unique: true\n", ""
    )
    path.write_text(text.replace("primaryKey: true", "primaryKey: false"), encoding="utf-8")
    remarks = lint(path)
    assert remarks[0].level == "error"
    assert "no_key" in {r.code for r in remarks}


def test_what_is_no_contract_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / "x.odcs.yaml"
    path.write_bytes(b"a: [")
    assert [r.level for r in lint(path)] == ["error"]


def test_two_contracts_may_not_share_an_id_or_a_resource_code(tmp_path: Path) -> None:
    for name in ("a.odcs.yaml", "b.odcs.yaml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    remarks = lint_all(sorted(tmp_path.iterdir()))
    assert [r.code for r in remarks if r.file == "b.odcs.yaml"] == ["twice", "twice"]


def test_the_contracts_of_the_registry_have_no_error() -> None:
    remarks = lint_all(sorted((REGISTRY / "contracts").glob("*.odcs.yaml")))
    assert not [r.to("en") for r in remarks if r.level == "error"]
