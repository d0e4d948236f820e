"""Contracts: what is wrong is said with file, line and remedy, all of it at once."""

from pathlib import Path

import pytest

from tests.registry import REGISTRY
from xihu_catalog.contracts.errors import BadContract
from xihu_catalog.contracts.load import load_contracts, parse_contract
from xihu_catalog.contracts.model import columns_of, find_severity, policy_of
from xihu_platform.errors import BadInput

GOOD = (REGISTRY / "contracts" / "ga_residents.odcs.yaml").read_text(encoding="utf-8")


def findings(text: str) -> list[tuple[int, str]]:
    with pytest.raises(BadContract) as caught:
        parse_contract(text.encode(), "x.odcs.yaml")
    assert all(f.text.zh and f.text.en and f.file == "x.odcs.yaml" for f in caught.value.findings)
    return [(f.line, f.text.en) for f in caught.value.findings]


def line_of(text: str, piece: str) -> int:
    return text[: text.index(piece)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("classification: L4", "classification: L5", "Input should be 'L1', 'L2', 'L3' or 'L4'"),
        ("logicalType: date", "logicalType: dat", "Input should be"),
        ("physicalType: DATE", "physicalType: DOUBLE", "type DOUBLE cannot enter the lake"),
        ("value: conditional", "value: sometimes", "shareClass must be one of"),
        ('secrecy, value: "none"', "secrecy, value: 秘密", "secrecy: none"),
        ("apiVersion: v3.1.0", "apiVersion: v2.2.0", "apiVersion must be v3.1.0"),
        ("{property: protect, value: pseudonym}", "{property: note, value: x}", "compulsory"),
    ],
)
def test_a_fault_is_named_with_its_line(old: str, new: str, words: str) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    found = findings(text)
    assert any(words in said for _, said in found), found
    assert all(line > 0 for line, _ in found)


def test_the_line_is_the_line_of_the_fault() -> None:
    text = GOOD.replace("classification: L4", "classification: L5", 1)
    assert (line_of(text, "L5"), True) in [(line, "L1" in said) for line, said in findings(text)]


def test_the_line_of_a_wrong_class_is_the_line_of_its_property() -> None:
    text = GOOD.replace("value: conditional", "value: sometimes", 1)
    assert [line for line, _ in findings(text)] == [line_of(text, "sometimes")]


def test_all_faults_are_found_at_once() -> None:
    text = GOOD.replace("value: conditional", "value: x").replace(
        'secrecy, value: "none"', "secrecy, value: y"
    )
    assert len(findings(text)) >= 2


def test_a_misspelt_key_is_refused() -> None:
    text = GOOD.replace("classification: L4", "clasification: L4", 1)
    assert any("clasification" in said for _, said in findings(text))


@pytest.mark.parametrize(
    "condition",
    [
        "EXISTS (SELECT 1 FROM other)",
        "read_text('/etc/passwd') IS NOT NULL",
        "nothing_like_it = 1",
        "name = 'a'; DROP TABLE x",
        "getenv('HOME') = ''",
    ],
)
def test_a_rule_off_the_allow_list_is_refused(condition: str) -> None:
    rule = (
        "    quality:\n      - {id: odd, type: sql, mustBe: 0, "
        f'query: "SELECT count(*) FROM ${{table}} WHERE {condition}"}}\n'
    )
    text = GOOD.replace("slaProperties:", rule + "slaProperties:", 1)
    text = text if "    quality:" not in GOOD.split("slaProperties:")[0][-2000:] else text
    with pytest.raises(BadContract):
        parse_contract(text.encode(), "x.odcs.yaml")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"a: [", "is not YAML"),
        (b"\xff\xfe\x00", "is not UTF-8"),
        (b"a: 1\x07", "character that YAML does not allow"),
        (b"just text", "valid dictionary"),
        (b"a: &x [1]\nb: *x", "aliases"),
        (b"x" * 1_000_001, "larger than"),
    ],
)
def test_what_is_no_contract_gets_a_message(content: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        parse_contract(content, "x.odcs.yaml")


def test_every_contract_of_the_registry_compiles() -> None:
    contracts = load_contracts(REGISTRY / "contracts")
    assert len(contracts) >= 24
    for contract in contracts.values():
        assert [c.name for c in columns_of(contract)][1:] == [f.name for f in contract.fields]
        assert policy_of(contract).dataset == contract.dataset


def test_a_contract_must_be_named_like_its_table() -> None:
    text = GOOD.replace("id: ga_residents", "id: ga_people", 1)
    assert any("ga_people" in said for _, said in findings(text))


def test_errors_name_the_file_and_both_languages(tmp_path: Path) -> None:
    with pytest.raises(BadContract) as caught:
        parse_contract(GOOD.replace("L4", "L9").encode(), "坏.odcs.yaml")
    assert "坏.odcs.yaml:" in caught.value.text.zh
    assert "坏.odcs.yaml:" in caught.value.text.en


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("set_aside", "quarantine"),  # as contracts of earlier versions write it
        ("quarantine", "quarantine"),
        (None, "quarantine"),
        ("block", "block"),
        ("note", "note"),
        ("warn", None),
    ],
)
def test_a_severity_is_known_by_its_former_name_too(said: str | None, known: str | None) -> None:
    assert find_severity(said) == known
