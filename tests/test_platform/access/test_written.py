"""SQL that people write is bounded before anything works on it."""

import time

import pytest
from sqlglot import exp

from xihu_catalog.lineage.columns import column_lineage
from xihu_platform.access.allowlist import check_expression
from xihu_platform.access.written import CONDITIONS_LIMIT, FOLLOWED_LIMIT, read_new_sql, read_sql
from xihu_platform.errors import BadInput

TOO_DEEP = {
    "a sum": " + ".join(["a"] * 5000),
    "texts joined": " || ".join(["a"] * 900),
    "brackets": "(" * 400 + "a" + ")" * 400,
    "functions": "abs(" * 400 + "a" + ")" * 400,
}
TOO_LONG = {
    "ANDs": " AND ".join(f"a > {n}" for n in range(5000)),
    "ORs": " OR ".join(["a = 1"] * 5000),
}


@pytest.mark.parametrize("condition", TOO_DEEP.values(), ids=TOO_DEEP)
def test_what_is_too_deep_is_refused_soon_wherever_it_is_written(condition: str) -> None:
    before = time.process_time()
    with pytest.raises(BadInput):
        check_expression(condition, frozenset({"a"}), where="rule odd")
    with pytest.raises(BadInput):
        column_lineage(f"SELECT a FROM t WHERE {condition}", {"t": ("a",)})
    assert time.process_time() - before < 2


@pytest.mark.parametrize("condition", TOO_LONG.values(), ids=TOO_LONG)
def test_what_is_too_long_is_refused_soon_where_it_is_published_or_followed(condition: str) -> None:
    before = time.process_time()
    with pytest.raises(BadInput):
        read_sql(condition, "rule odd", conditions=CONDITIONS_LIMIT)
    with pytest.raises(BadInput):
        column_lineage(f"SELECT a FROM t WHERE {condition}", {"t": ("a",)})
    assert time.process_time() - before < 2


@pytest.mark.parametrize("condition", TOO_LONG.values(), ids=TOO_LONG)
def test_a_long_rule_that_was_published_before_the_limit_is_read(condition: str) -> None:
    tree = check_expression(condition, frozenset({"a"}), where="rule old")
    assert len(list(tree.find_all(exp.Connector))) == 4999
    assert tree.sql().count('"a"') == 5000


def test_the_message_says_how_many_and_what_to_do() -> None:
    with pytest.raises(BadInput) as long:
        read_sql(TOO_LONG["ANDs"], "rule odd", conditions=CONDITIONS_LIMIT)
    assert f"at most {CONDITIONS_LIMIT} AND/OR" in long.value.text.en
    assert "rule odd" in long.value.text.en
    assert "IN (…)" in long.value.text.zh


@pytest.mark.parametrize("number", [CONDITIONS_LIMIT, FOLLOWED_LIMIT])
def test_as_many_conditions_as_are_allowed_are_read_and_followed(number: int) -> None:
    condition = " AND ".join(f"a > {n}" for n in range(number + 1))
    read_sql(condition, "rule", conditions=number)
    found = column_lineage(f"SELECT a FROM t WHERE {condition}", {"t": ("a",)})
    assert {origin.column for origin in found["a"]} == {"a"}


def test_a_long_list_is_one_condition_and_words_in_texts_are_none() -> None:
    values = ", ".join(f"'{n} and or'" for n in range(5000))
    assert isinstance(read_sql(f"a IN ({values})", "rule"), exp.In)


def test_what_may_be_published_can_be_read_much_deeper_in_the_program() -> None:
    """A rule that is taken at the command line is read again by a server, below its own frames."""

    def deeper(frames: int, text: str) -> exp.Expr:
        return deeper(frames - 1, text) if frames else read_sql(text, "rule")

    def published(brackets: int) -> str | None:
        text = "(" * brackets + "a = 1" + ")" * brackets
        try:
            read_new_sql(text, "rule")
        except BadInput as refused:
            assert "nested too deep" in refused.text.en
            return None
        return text

    taken = [text for n in range(4, 84, 2) if (text := published(n))]
    assert 3 < len(taken) < 38
    for text in taken:
        assert not isinstance(deeper(200, text), exp.Null)
