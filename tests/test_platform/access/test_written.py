"""SQL that people write is bounded before anything works on it."""

import time

import pytest
from sqlglot import exp

from xihu_catalog.lineage.columns import column_lineage
from xihu_platform.access.allowlist import check_expression
from xihu_platform.access.written import CONDITIONS_LIMIT, read_sql
from xihu_platform.errors import BadInput

TOO_LONG = {
    "ANDs": " AND ".join(f"a > {n}" for n in range(5000)),
    "ORs": " OR ".join(["a = 1"] * 5000),
    "a sum": " + ".join(["a"] * 5000),
    "texts joined": " || ".join(["a"] * 900),
    "brackets": "(" * 400 + "a" + ")" * 400,
    "functions": "abs(" * 400 + "a" + ")" * 400,
}


@pytest.mark.parametrize("condition", TOO_LONG.values(), ids=TOO_LONG)
def test_what_is_too_long_is_refused_soon_wherever_it_is_written(condition: str) -> None:
    before = time.perf_counter()
    with pytest.raises(BadInput):
        check_expression(condition, frozenset({"a"}), where="rule odd")
    with pytest.raises(BadInput):
        column_lineage(f"SELECT a FROM t WHERE {condition}", {"t": ("a",)})
    assert time.perf_counter() - before < 2


def test_the_message_says_how_many_and_what_to_do() -> None:
    with pytest.raises(BadInput) as long:
        read_sql(TOO_LONG["ANDs"], "rule odd")
    assert f"at most {CONDITIONS_LIMIT} AND/OR" in long.value.text.en
    assert "rule odd" in long.value.text.en
    assert "IN (…)" in long.value.text.zh


def test_as_many_conditions_as_are_allowed_are_read_and_followed() -> None:
    condition = " AND ".join(f"a > {n}" for n in range(CONDITIONS_LIMIT + 1))
    check_expression(condition, frozenset({"a"}), where="rule")
    found = column_lineage(f"SELECT a FROM t WHERE {condition}", {"t": ("a",)})
    assert {origin.column for origin in found["a"]} == {"a"}


def test_a_long_list_is_one_condition_and_words_in_texts_are_none() -> None:
    values = ", ".join(f"'{n} and or'" for n in range(5000))
    assert isinstance(read_sql(f"a IN ({values})", "rule"), exp.In)
