"""The demo province's contracts: valid ODCS, and complete by the conventions of the registry."""

import csv
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft201909Validator

from tests.registry import REGISTRY
from tests.vendored import ODCS_SCHEMA

CONTRACTS = sorted((REGISTRY / "contracts").glob("*.odcs.yaml"))
IDS = [path.name.split(".")[0] for path in CONTRACTS]
each_contract = pytest.mark.parametrize("path", CONTRACTS, ids=IDS)
LAWS = ("统计法",)
"""Laws that expressly forbid sharing: only such may refuse (Order 809, 15)."""


# Any: a contract is YAML.
@cache
def _load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def _custom(part: dict[str, Any]) -> dict[str, Any]:
    return {item["property"]: item["value"] for item in part.get("customProperties", ())}


def _fields(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _load(path)["schema"][0]["properties"]
    return found


@cache
def _validator() -> Draft201909Validator:
    return Draft201909Validator(json.loads(ODCS_SCHEMA.read_text(encoding="utf-8")))


@each_contract
def test_a_contract_is_valid_odcs(path: Path) -> None:
    assert not [f"{e.json_path}: {e.message}" for e in _validator().iter_errors(_load(path))]


@each_contract
def test_file_id_and_schema_are_the_same_word(path: Path) -> None:
    contract = _load(path)
    assert {contract["id"], contract["schema"][0]["name"]} == {path.name.split(".")[0]}


@each_contract
def test_a_provider_is_the_organisation_its_prefix_names(path: Path) -> None:
    organisations = yaml.safe_load((REGISTRY / "organisations.yaml").read_text(encoding="utf-8"))
    codes = {each["uscc"]: each["code"] for each in organisations["organisations"]}
    contract = _load(path)
    assert codes[_custom(contract)["provider"]] == contract["id"].split("_")[0]


@each_contract
def test_every_text_is_in_both_languages(path: Path) -> None:
    contract = _load(path)
    assert contract["name"] and all(contract["description"].values())
    english = [_custom(contract)[key] for key in ("nameEn", "summaryEn", "conditionsEn")]
    for field in _fields(path):
        english += [_custom(field)["nameEn"], _custom(field)["descriptionEn"]]
        assert field["businessName"] and field["description"]
    for rule in contract["schema"][0].get("quality", ()):
        english.append(_custom(rule)["nameEn"])
    assert not [text for text in english if not text or re.search("[\u4e00-\u9fff]", text)]


@each_contract
def test_a_conditional_class_names_conditions_and_a_refusal_its_law(path: Path) -> None:
    custom = _custom(_load(path))
    needs = {"unconditional": (), "conditional": ("shareConditions",), "refused": ("shareBasis",)}
    for key in needs[custom["shareClass"]]:
        assert custom[key] and custom[f"{key}En"]
    if custom["shareClass"] == "refused":
        assert any(law in custom["shareBasis"] for law in LAWS)


@each_contract
def test_money_and_measures_are_never_floating_point(path: Path) -> None:
    allowed = r"VARCHAR|INTEGER|BIGINT|DATE|TIMESTAMP|BOOLEAN|DECIMAL\(\d+,\d+\)"
    assert all(re.fullmatch(allowed, field["physicalType"]) for field in _fields(path))


@each_contract
def test_person_numbers_are_pseudonyms_and_graded_highest(path: Path) -> None:
    for field in _fields(path):
        custom = _custom(field)
        if custom.get("identifier") in ("citizen_id", "document_number"):
            assert custom["protect"] == "pseudonym" and field["classification"] == "L4"


@each_contract
def test_rows_say_whose_and_where_they_are(path: Path) -> None:
    kind = _custom(_load(path))["sharedKinds"]
    flags = [_custom(field) for field in _fields(path)]
    assert sum("subjectKey" in each for each in flags) == (kind == "person")
    assert sum("firmKey" in each for each in flags) == (kind == "firm")
    assert sum("region" in each for each in flags) == 1


@each_contract
def test_code_lists_and_topic_exist(path: Path) -> None:
    lists = [_custom(field).get("codeList") for field in _fields(path)]
    assert all((REGISTRY / "codes" / f"{name}.csv").exists() for name in lists if name)
    with (REGISTRY / "codes" / "topics.csv").open(encoding="utf-8") as topics:
        assert _load(path)["domain"] in {row["code"] for row in csv.DictReader(topics)}


@each_contract
def test_every_rule_is_a_condition_on_one_row(path: Path) -> None:
    for rule in _load(path)["schema"][0].get("quality", ()):
        assert rule["query"].startswith("SELECT count(*) FROM ${table} WHERE ")
        assert rule["mustBe"] == 0 and rule["severity"] in ("quarantine", "block", "note")


def test_the_registry_covers_what_the_platform_must_show() -> None:
    customs = [_custom(_load(path)) for path in CONTRACTS]
    assert len(CONTRACTS) >= 24
    assert len({each["provider"] for each in customs}) >= 12
    assert len({each.get("baseDatabase") for each in customs} - {None}) == 6
    assert {each["shareClass"] for each in customs} == {"unconditional", "conditional", "refused"}
    # 不予共享 needs a law that expressly forbids sharing: of one alone does it.
    refused = [each["shareBasis"] for each in customs if each["shareClass"] == "refused"]
    assert refused == ["《统计法》第二十八条"]
    assert {each["openClass"] for each in customs} == {"unconditional", "restricted", "banned"}
    grades = {field["classification"] for path in CONTRACTS for field in _fields(path)}
    assert grades == {"L1", "L2", "L3", "L4"}
    assert all(each["synthetic"] is True and each["secrecy"] == "none" for each in customs)


def test_resource_codes_and_file_names_are_unique() -> None:
    contracts = [_load(path) for path in CONTRACTS]
    assert len({_custom(each)["resourceCode"] for each in contracts}) == len(contracts)
    assert len({each["servers"][0].get("path", each["id"]) for each in contracts}) == len(contracts)
