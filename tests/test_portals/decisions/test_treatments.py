"""Masks and harmless texts over values as departments really hand them in, odd ones included."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import cast

import duckdb
import pyarrow as pa
import pytest

from xihu_platform.access.decision import Allow, decide
from xihu_platform.access.formulas import harmless
from xihu_platform.access.policy import FieldPolicy, Grant, Identifier, Policy, Purpose
from xihu_platform.access.treatments import mask_of
from xihu_platform.identity.principal import Duty, Position, Principal
from xihu_platform.sql import column, render
from xihu_platform.words import Text

T = Text("题", "title")
TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)


def run(expression: str, value: str) -> str:
    found = duckdb.execute(f"SELECT {expression} FROM (SELECT ? AS x)", [value]).fetchone()
    assert found is not None
    return cast("str", found[0])


@pytest.mark.parametrize(
    ("kind", "value", "masked"),
    [
        ("person_name", "张三", "张*"),
        ("person_name", "张小三", "张**"),
        ("person_name", "欧阳娜娜", "欧阳**"),
        ("person_name", "张", "*"),
        ("mobile", "13812345678", "138****5678"),
        ("mobile", "8712345", "*******"),
        ("mobile", "12345", "*****"),
        ("mobile", "87654321", "********"),
        ("mobile", "0571876543", "**********"),
        ("mobile", "057187654321", "057****4321"),
        ("bank_account", "6222021234567890", "****7890"),
        ("bank_account", "1234", "****"),
        ("address", "浙江省杭州市西湖区文三路1号", "浙江省杭州市西湖区****"),
        ("address", "杭州市上城区学院大道74号", "杭州市上城区****"),
        ("address", "浙江省台州市路桥区1号", "浙江省台州市路桥区****"),
        ("address", "浙江省丽水市景宁畲族自治县鹤溪街", "浙江省丽水市景宁畲族自治县****"),
        ("address", "浙江省金华市义乌市北苑街道", "浙江省金华市义乌市****"),
        ("address", "翠苑小区3幢2单元", "****"),
        ("address", "浙江省杭州市翠苑小区3幢", "浙江省杭州市****"),
        ("address", "文三路90号东部园区", "****"),
    ],
)
def test_a_mask_hides_short_and_unusual_values_too(
    kind: Identifier, value: str, masked: str
) -> None:
    expression = render(mask_of(FieldPolicy("x", T, "VARCHAR", "L3", kind), column("x")), "duckdb")
    assert run(expression, value) == masked
    assert run(expression, masked) == masked


@pytest.mark.parametrize(
    "value",
    ["=1", " =1", "\u3000=1", "＝1", "\ufeff=1", "\x0b@x", "－5", "＠a", "+1", "\t"],
)
def test_a_text_that_would_run_as_a_formula_is_made_harmless(value: str) -> None:
    assert harmless(pa.array([value]))[0].as_py() == f"'{value}"


@pytest.mark.parametrize("value", ["a=1", "1+1", "张三", "", "2026-01-01"])
def test_another_text_stays_as_it_is(value: str) -> None:
    assert harmless(pa.array([value]))[0].as_py() == value


OPEN = Policy(
    dataset="d",
    title=T,
    provider="A",
    share_class="unconditional",
    share_conditions=None,
    share_basis=None,
    open_class="unconditional",
    fields=(
        FieldPolicy("low", T, "VARCHAR", "L1"),
        FieldPolicy("phone", T, "VARCHAR", "L3", "mobile"),
        FieldPolicy("account", T, "VARCHAR", "L4", "bank_account"),
        FieldPolicy("person", T, "VARCHAR", "L2", "person_name"),
    ),
    region_field="county",
)


def shown(policy: Policy, duty: Duty, *, grants: tuple[Grant, ...] = ()) -> Allow:
    position = Position("p", "职", "post", "B", "乙", "B", "330106", frozenset({duty}))
    who = Principal(kind="official", id="o", level=3, position=position, portal="official")
    decision = decide(who, policy, Purpose("duty"), grants=grants, now=NOW)
    assert isinstance(decision, Allow)
    return decision


def test_opened_data_with_a_field_above_grade_one_is_confined_to_the_region() -> None:
    every = Grant("G", "d", "B", frozenset(f.name for f in OPEN.fields), T, TODAY, TODAY)
    assert shown(OPEN, "handler", grants=(every,)).rows
    assert shown(replace(OPEN, fields=OPEN.fields[:1]), "handler", grants=(every,)).rows == ()
    assert shown(OPEN, "handler").rows == (), "as anybody has it"


def test_a_grant_adds_to_what_is_open_to_everybody() -> None:
    plain = replace(OPEN, fields=(*OPEN.fields, FieldPolicy("account3", T, "VARCHAR", "L3")))
    grant = Grant("G", "d", "B", frozenset({"account", "account3"}), T, TODAY, TODAY)
    codes = [v.reason.code for v in shown(plain, "handler").fields if v.reason]
    assert codes == ["registration_needed", "above_shared", *["registration_needed"] * 2]
    codes = [v.reason.code for v in shown(plain, "handler", grants=(grant,)).fields if v.reason]
    assert codes == ["not_granted", "above_shared", "not_granted", "case_needed"]


def test_an_office_that_oversees_sees_no_person() -> None:
    decision = shown(OPEN, "chief_data_officer")
    assert [v.name for v in decision.visible] == ["low"]
    assert {v.reason.code for v in decision.fields if v.reason} == {
        *("above_shared", "registration_needed")
    }
