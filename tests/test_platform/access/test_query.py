"""A caller's question over a small table: the SQL gives the rows that Python gives."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import product
from operator import eq, ge, gt, itemgetter, le, lt, ne
from typing import Any

import duckdb
import pytest
from sqlglot import exp

from xihu_platform.access import reasons
from xihu_platform.access.decision import Allow, FieldDecision
from xihu_platform.access.parameters import Parameters
from xihu_platform.access.policy import FieldPolicy, Policy
from xihu_platform.access.query import (
    IN_LIMIT,
    PAGE_LIMIT,
    Filter,
    Operator,
    RowQuery,
    Sort,
    check_size,
    condition_of,
    conditions_of,
    order_of,
    parse_filter,
    parse_sort,
    parse_value,
    rows_after,
    visible_type,
)
from xihu_platform.errors import BadInput, Refused
from xihu_platform.lake.snapshot import RECORD
from xihu_platform.sql import Relation, column, ordered, render
from xihu_platform.words import Text

T = Text("题", "title")
NAMES = {"name": "VARCHAR", "n": "INTEGER", "key": "BIGINT", "secret": "VARCHAR"}
POLICY = Policy(
    dataset="d",
    title=T,
    provider="x",
    share_class="unconditional",
    share_conditions=None,
    share_basis=None,
    open_class="unconditional",
    fields=tuple(FieldPolicy(name, T, kind, "L1") for name, kind in NAMES.items()),
)
ALLOW = Allow(
    "d",
    T,
    (),
    (
        FieldDecision("name", "clear"),
        FieldDecision("n", "clear"),
        FieldDecision("key", "rekey"),
        FieldDecision("secret", None, reasons.NOT_OPEN_GRADE),
    ),
    "public",
)
Row = tuple[int, str | None, int | None]
ROWS: list[Row] = [
    (1, "ab", 3),
    (2, None, 1),
    (3, "b", None),
    (4, "b", 1),
    (5, "a", 3),
    (6, None, None),
    (7, "b", 2),
    (8, None, 0),
]
VALUES = ", ".join(
    f"({r}, {'NULL' if a is None else repr(a)}, {'NULL' if n is None else n})" for r, a, n in ROWS
)
TABLE = f"(VALUES {VALUES}) AS t({RECORD}, name, n)"


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def found(
    engine: duckdb.DuckDBPyConnection,
    where: exp.Expr,
    bound: Parameters,
    order: Sequence[exp.Ordered] = (),
) -> list[int]:
    tree = exp.select(column(RECORD)).from_(Relation(TABLE, "duckdb").table())
    sql = render(tree.where(where).order_by(*(order or [ordered(RECORD)])), "duckdb")
    return [row[0] for row in engine.execute(sql, list(bound)).fetchall()]


def one(engine: duckdb.DuckDBPyConnection, field: str, operator: Operator, value: str) -> list[int]:
    bound = Parameters()
    return found(engine, condition_of(POLICY, ALLOW, Filter(field, operator, value), bound), bound)


def test_a_filter_is_three_parts_and_its_value_may_hold_colons() -> None:
    assert parse_filter("name:eq:a:b:c") == Filter("name", "eq", "a:b:c")
    assert parse_filter("name:null") == Filter("name", "null", "")
    for text in ("name", ":eq:1", "name:like:1", "name::1", "::", ""):
        with pytest.raises(BadInput, match="field:operator:value"):
            parse_filter(text)


@pytest.mark.parametrize("text", ["name:eq", "name:eq:", "name:in:", "name:starts:", "n:gt:"])
def test_a_filter_without_a_value_says_how_to_ask_for_records_without_one(text: str) -> None:
    with pytest.raises(BadInput, match=r"lacks a value; .* are na?m?e?:null:yes"):
        parse_filter(text)


def test_a_message_repeats_eighty_characters_of_a_filter_and_no_more() -> None:
    with pytest.raises(BadInput) as raised:
        parse_filter("x" * 80 + "y")
    assert "x" * 80 + "”" in raised.value.text.zh
    assert "x" * 80 + "”" in raised.value.text.en


def test_the_message_on_a_missing_value_repeats_as_much_and_sixty_four_of_its_field() -> None:
    with pytest.raises(BadInput) as raised:
        parse_filter("x" * 90 + ":eq:")
    for text in (raised.value.text.zh, raised.value.text.en):
        assert "“" + "x" * 80 + "”" in text
        assert " " + "x" * 64 + ":null:yes" in text


def test_fifty_filters_and_fifty_sorts_are_answered_and_not_one_more() -> None:
    one, order = Filter("n", "gt", "1"), Sort("n")
    for number in (0, 1, 49, 50):
        check_size(RowQuery(filters=(one,) * number, sorts=(order,) * number))
    for many in (RowQuery(filters=(one,) * 51), RowQuery(sorts=(order,) * 51)):
        with pytest.raises(BadInput, match="at most 50 .*, not 51"):
            check_size(many)


def test_a_minus_sorts_from_the_greatest() -> None:
    assert parse_sort("n") == Sort("n", False)
    assert parse_sort("-n") == Sort("n", True)
    assert not Sort("n").descending


def test_what_is_unknown_or_refused_cannot_be_asked_by() -> None:
    assert visible_type(POLICY, ALLOW, "n") == "INTEGER"
    assert visible_type(POLICY, ALLOW, "key") == "VARCHAR"  # a pseudonym is a text
    with pytest.raises(BadInput) as raised:
        visible_type(POLICY, ALLOW, "z" * 64 + "y")
    for text in (raised.value.text.zh, raised.value.text.en):
        assert "z" * 64 + "”" in text
        assert "secret" not in text
    assert "name、n、key" in raised.value.text.zh
    assert "name, n, key" in raised.value.text.en
    with pytest.raises(Refused):
        visible_type(POLICY, ALLOW, "secret")
    unread = Allow("d", T, (), (), "public")
    with pytest.raises(BadInput):
        visible_type(POLICY, unread, "n")
    with pytest.raises(BadInput):  # the decision names it, the policy does not
        visible_type(POLICY, Allow("d", T, (), (FieldDecision("q", "clear"),), "public"), "q")


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("INTEGER", "-5", -5),
        ("BIGINT", str(2**63 - 1), 2**63 - 1),
        ("BIGINT", str(-(2**63)), -(2**63)),
        ("INTEGER", str(2**40), 2**40),
        ("DECIMAL(9,2)", "1.50", Decimal("1.50")),
        ("DATE", "2026-11-23", date(2026, 11, 23)),
        ("TIMESTAMP", "2026-11-23T04:05:06", datetime(2026, 11, 23, 4, 5, 6)),
        ("TIMESTAMP", "2026-11-23T04:05:06+08:00", datetime(2026, 11, 23, 4, 5, 6)),
        ("TIMESTAMP", "2026-11-22T20:05:06Z", datetime(2026, 11, 23, 4, 5, 6)),
        ("TIMESTAMP", "2026-11-22T15:05:06-05:00", datetime(2026, 11, 23, 4, 5, 6)),
        ("DECIMAL(9,2)", "+.5", Decimal("0.5")),
        ("DECIMAL(9,2)", "2.", Decimal("2")),
        ("DECIMAL(9,2)", "0E-8", Decimal("0E-8")),
        ("DECIMAL(38,0)", "9" * 38, Decimal("9" * 38)),
        ("BOOLEAN", "TRUE", True),
        ("BOOLEAN", "false", False),
        ("VARCHAR", "5", "5"),
        ("DOUBLE", "2026-11-23", "2026-11-23"),
        ("AUTO", "5", "5"),
        ("BLOB", "true", "true"),
        ("ENUM", "2026-11-23", "2026-11-23"),
        ("TIME", "04:05", "04:05"),
    ],
)
def test_a_value_is_read_as_its_fields_type(kind: str, text: str, value: object) -> None:
    seen = parse_value(kind, text, "x")
    assert (type(seen), seen) == (type(value), value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("INTEGER", "1.5"),
        ("INTEGER", "１２"),
        ("INTEGER", "1_0"),
        ("INTEGER", " 1"),
        ("DECIMAL(9,2)", "１.5"),
        ("DECIMAL(9,2)", "1_0.5"),
        ("DECIMAL(9,2)", "1e38"),
        ("DECIMAL(9,2)", "1e400"),
        ("DECIMAL(9,2)", "."),
        ("DECIMAL(9,2)", ""),
        ("TIMESTAMP", "0001-01-01T00:00:00+14:00"),
        ("BIGINT", str(2**63)),
        ("BIGINT", str(2**63 + 1)),
        ("BIGINT", str(-(2**63) - 1)),
        ("DECIMAL(9,2)", "NaN"),
        ("DECIMAL(9,2)", "Infinity"),
        ("DECIMAL(9,2)", "1,5"),
        ("DATE", "2026-02-30"),
        ("TIMESTAMP", "yesterday"),
        ("BOOLEAN", "yes"),
        ("VARCHAR", "a\x00b"),
    ],
)
def test_a_value_of_another_type_is_refused(kind: str, text: str) -> None:
    with pytest.raises(BadInput):
        parse_value(kind, text, "x")


def test_a_message_repeats_eighty_characters_of_a_value_and_no_more() -> None:
    with pytest.raises(BadInput) as raised:
        parse_value("DATE", "y" * 80 + "z", "day")
    assert "y" * 80 + "”" in raised.value.text.zh
    assert "y" * 80 + "”" in raised.value.text.en


def test_each_operator_means_what_it_means_in_python(engine: duckdb.DuckDBPyConnection) -> None:
    compared: dict[Operator, Any] = {"eq": eq, "ne": ne, "lt": lt, "le": le, "gt": gt, "ge": ge}
    for operator, function in compared.items():
        expected = [r for r, _, n in ROWS if n is not None and function(n, 2)]
        assert one(engine, "n", operator, "2") == expected, operator
    assert one(engine, "n", "in", "1,3") == [1, 2, 4, 5]
    assert one(engine, "n", "null", "") == [3, 6]
    assert one(engine, "n", "null", "no") == [1, 2, 4, 5, 7, 8]
    assert one(engine, "n", "null", "yes") == [3, 6]
    for other in ("any", "zz", "No"):
        with pytest.raises(BadInput, match="yes or no"):
            one(engine, "n", "null", other)
    with pytest.raises(BadInput) as raised:
        one(engine, "n", "null", "y" * 80 + "z")
    assert "y" * 80 + "”" in raised.value.text.zh
    assert "y" * 80 + "”" in raised.value.text.en
    assert one(engine, "name", "contains", "b") == [1, 3, 4, 7]
    assert one(engine, "name", "starts", "b") == [3, 4, 7]
    assert one(engine, "n", "contains", "3") == [1, 5]


def test_a_part_of_a_text_may_not_hold_a_nul() -> None:
    with pytest.raises(BadInput):
        condition_of(POLICY, ALLOW, Filter("name", "contains", "\x00"), Parameters())


def test_a_list_holds_so_many_values_and_a_page_so_many_rows() -> None:
    assert (IN_LIMIT, PAGE_LIMIT) == (200, 1000)
    bound = Parameters()
    condition_of(POLICY, ALLOW, Filter("n", "in", ",".join("1" * IN_LIMIT)), bound)
    assert len(bound) == IN_LIMIT
    with pytest.raises(BadInput, match=str(IN_LIMIT)):
        condition_of(POLICY, ALLOW, Filter("n", "in", ",".join("1" * (IN_LIMIT + 1))), bound)


def test_all_filters_hold_together_and_none_is_no_condition(
    engine: duckdb.DuckDBPyConnection,
) -> None:
    bound = Parameters()
    both = RowQuery(filters=(Filter("name", "eq", "b"), Filter("n", "lt", "2")))
    conditions = conditions_of(POLICY, ALLOW, both, bound)
    assert found(engine, exp.and_(*conditions), bound) == [4]
    assert conditions_of(POLICY, ALLOW, RowQuery(), Parameters()) == ()


def expected_order(sorts: tuple[Sort, ...]) -> list[int]:
    rows = list(ROWS)
    for sort in reversed(sorts):
        value: Callable[[Row], Any] = itemgetter({"name": 1, "n": 2}[sort.field])
        filled = [row for row in rows if value(row) is not None]
        filled.sort(key=value, reverse=sort.descending)
        rows = filled + [row for row in rows if value(row) is None]
    return [row[0] for row in rows]


SORTS = [
    (),
    *((Sort(name, down),) for name, down in product(("name", "n"), (False, True))),
    *((Sort("name", a), Sort("n", b)) for a, b in product((False, True), repeat=2)),
]


@pytest.mark.parametrize("sorts", SORTS)
def test_what_follows_each_row_is_the_rest_in_order(
    engine: duckdb.DuckDBPyConnection, sorts: tuple[Sort, ...]
) -> None:
    expected = expected_order(sorts)
    query = RowQuery(sorts=sorts)
    order = order_of(POLICY, ALLOW, query)
    assert found(engine, exp.true(), Parameters(), order) == expected
    by_record = {row[0]: dict(zip(("name", "n"), row[1:], strict=True)) for row in ROWS}
    for place, record in enumerate(expected):
        values = [by_record[record][sort.field] for sort in sorts]
        last = [*(None if v is None else str(v) for v in values), str(record)]
        bound = Parameters()
        after = rows_after(POLICY, ALLOW, query, last, bound)
        assert found(engine, after, bound, order) == expected[place + 1 :]


def test_before_the_first_record_lies_nothing(engine: duckdb.DuckDBPyConnection) -> None:
    bound = Parameters()
    after = rows_after(POLICY, ALLOW, RowQuery(), [None], bound)
    assert list(bound) == [0]
    assert found(engine, after, bound) == [row[0] for row in ROWS]


def test_a_place_of_another_question_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter|longer"):
        rows_after(POLICY, ALLOW, RowQuery(sorts=(Sort("n"),)), ["1"], Parameters())
    with pytest.raises(Refused):
        order_of(POLICY, ALLOW, RowQuery(sorts=(Sort("secret"),)))
    with pytest.raises(Refused):
        rows_after(POLICY, ALLOW, RowQuery(sorts=(Sort("secret"),)), ["a", "1"], Parameters())


def test_a_pseudonym_sorts_nothing() -> None:
    """Its order means nothing, and every row would be keyed again for it."""
    with pytest.raises(BadInput, match="pseudonym"):
        order_of(POLICY, ALLOW, RowQuery(sorts=(Sort("n"), Sort("key"))))


def test_so_many_filters_or_sorts_are_refused_by_their_number() -> None:
    filters, sorts = [Filter("a", "eq", "1")] * 51, [Sort("a")] * 51
    check_size(RowQuery(filters=tuple(filters[:50]), sorts=tuple(sorts[:50])))
    for query in (RowQuery(filters=tuple(filters)), RowQuery(sorts=tuple(sorts))):
        with pytest.raises(BadInput, match="at most 50"):
            check_size(query)
