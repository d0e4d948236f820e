"""Data elements: whole, named by every contract, and in agreement with what contracts declare."""

import csv
import re
from datetime import date

import pytest

from tests.registry import REGISTRY
from xihu_catalog.contracts.folders import CONTRACTS
from xihu_catalog.contracts.load import load_contracts
from xihu_catalog.registry.elements import (
    ELEMENTS,
    elements,
    get_element,
    nearest_element,
)
from xihu_catalog.registry.people import organisations
from xihu_platform.errors import NotFound

FIELDS = [
    (contract, field)
    for contract in load_contracts(REGISTRY / CONTRACTS).values()
    for field in contract.fields
]
FORMAT = re.compile(r"an?(\.\.)?\d*|n(\.\.)?\d+(,\d+)?|boolean|YYYY(-MM(-DD(Thh:mm:ss)?)?|-Qq)?")


def test_every_field_of_the_demo_names_a_data_element_in_force() -> None:
    named = {field.data_element for _, field in FIELDS}
    current = {one.id for one in elements().values() if one.is_in_force(date(2026, 11, 23))}
    assert named == current
    assert len(current) == 225


def test_a_field_has_the_code_list_that_its_element_names() -> None:
    for contract, field in FIELDS:
        found = get_element(str(field.data_element))
        assert found.range.code_list == field.code_list, (contract.dataset, field.name)


def test_a_field_is_of_a_type_and_a_unit_that_its_element_names() -> None:
    for contract, field in FIELDS:
        found, where = get_element(str(field.data_element)), (contract.dataset, field.name)
        kinds = {"timestamp": "datetime"}
        assert found.type == kinds.get(field.logical_type, field.logical_type), where
        assert found.unit == field.unit, where


def test_an_element_is_graded_at_least_as_its_fields_or_says_another() -> None:
    lower = {f.data_element for _, f in FIELDS if f.grade > get_element(str(f.data_element)).grade}
    assert lower == {"XH00012"}  # a firm's code is public: one department grades it higher


def test_the_attributes_of_the_provincial_standard_are_given() -> None:
    with (REGISTRY / ELEMENTS).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 227
    needed = ("id", "name_zh", "name_en", "definition_zh", "definition_en", "type", "format")
    extended = ("object_zh", "representation", "grade", "source", "application_zh", "version")
    for row in rows:
        assert all(row[column] for column in (*needed, *extended, "published")), row["id"]
        assert FORMAT.fullmatch(row["format"]), row
        assert row["source"] in organisations(), row["id"]


def test_the_identifiers_of_persons_and_firms_name_their_standards() -> None:
    assert get_element("XH00042").standard == "GB 11643-1999"
    assert get_element("XH00012").standard == "GB 32100-2015"
    assert (get_element("XH00042").grade, get_element("XH00005").grade) == ("L4", "L3")


def test_an_element_that_ended_names_what_replaced_it() -> None:
    former = get_element("XH00226")
    assert former.name.zh == "组织机构代码"
    assert former.is_in_force(date(2015, 9, 30))
    assert not former.is_in_force(date(2015, 10, 1))
    assert former.successor == "XH00012"


def test_a_misspelt_id_has_a_nearest_one() -> None:
    assert nearest_element("XH0012", "纳税人识别号") == "XH00012"
    assert nearest_element("sex", "性别") == "XH00004"
    assert nearest_element("XH00226X") in elements()
    assert nearest_element("XH00227", "旧身份证号") != "XH00227"
    assert nearest_element("department_code") is None
    with pytest.raises(NotFound, match="there is no data element nosuch"):
        get_element("nosuch")
