"""A value as people read it: codes by name, flags as yes and no, years as they are written."""

from datetime import date

import pytest

from tests.contracts import contract, field
from xihu_catalog.contracts.model import Field
from xihu_platform.access.decision import FieldDecision
from xihu_platform.words import Text
from xihu_portals.pages.values import sample, value
from xihu_portals.web.parts import Period, Value

YES, NO = Text("是", "yes"), Text("否", "no")
CONTRACT = contract(
    "hb_values",
    [
        field("id", key=True),
        field("county_code", codeList="divisions"),
        field("is_open", "INTEGER", businessName="是否开放"),
        field("year", "INTEGER"),
        field("rows", "INTEGER", unit="条", unitEn="records"),
        field("born", "DATE"),
    ],
)


def of(name: str) -> Field:
    found = CONTRACT.field(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "raw", "shown"),
    [
        ("county_code", "330106", Text("西湖区", "Xihu District")),
        ("county_code", "999999", "999999"),
        ("is_open", 1, YES),
        ("is_open", 0, NO),
        ("year", 2025, "2025"),
        ("rows", 2025, 2025),
        ("id", None, None),
        ("born", date(1988, 4, 12), date(1988, 4, 12)),
    ],
)
def test_a_value_is_shown_as_people_write_it(name: str, raw: object, shown: Value) -> None:
    assert value(of(name), raw) == shown


def test_a_masked_date_has_its_year_alone() -> None:
    masked = FieldDecision("born", "mask")
    assert value(of("born"), date(1988, 1, 1), masked) == Period(date(1988, 1, 1), "year")


def test_a_sample_has_each_field_and_says_that_it_is_made_up() -> None:
    table = sample(CONTRACT)
    assert [column.title for column in table.columns] == [f.title for f in CONTRACT.fields]
    assert table.note is not None and "不是真实记录" in table.note.zh
