"""Treatments as SQL, run by the engine over a small table: what leaves, and what never does."""

import hmac
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import duckdb
import pytest

from xihu_platform.access import reasons
from xihu_platform.access.decision import Allow, FieldDecision, RowFilter
from xihu_platform.access.formulas import FORMULA
from xihu_platform.access.parameters import Parameters
from xihu_platform.access.policy import FieldPolicy, Identifier, Policy
from xihu_platform.access.treatments import (
    SUBJECT,
    LateColumns,
    Rekey,
    as_recipient_sees,
    mask_of,
    row_conditions,
    view_of,
)
from xihu_platform.lake.snapshot import RECORD
from xihu_platform.sql import Relation, column, conjunction, render
from xihu_platform.vault.keys import Keyring, Pads
from xihu_platform.words import Text

T = Text("题", "title")
KEYRING = Keyring(b"m" * 32)
PADS = KEYRING.pads("recipient:x")
REKEY = Rekey(PADS, 1)
PEOPLE = "(VALUES (1, 's1_a', '张小三', '330106'), (2, 's1_b', '李四', '330203')) AS t"
RELATION = Relation(
    f'(SELECT col0 AS "{RECORD}", col1 AS who, col2 AS name, col3 AS county FROM {PEOPLE})',
    "duckdb",
)
POLICY = Policy(
    dataset="d",
    title=T,
    provider="x",
    share_class="unconditional",
    share_conditions=None,
    share_basis=None,
    open_class="banned",
    fields=(
        FieldPolicy("who", T, "VARCHAR", "L3", "citizen_id", pseudonym=True),
        FieldPolicy("name", T, "VARCHAR", "L3", "person_name"),
        FieldPolicy("county", T, "VARCHAR", "L1"),
    ),
    subject_key="who",
)
FIELDS = (
    FieldDecision("who", "rekey"),
    FieldDecision("name", "mask"),
    FieldDecision("county", "clear"),
)


def allow(*rows: RowFilter, fields: tuple[FieldDecision, ...] = FIELDS) -> Allow:
    return Allow("d", T, rows, fields, "organisation:x")


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


Rows = list[dict[str, Any]]  # Any: values of every type


def rows(engine: duckdb.DuckDBPyConnection, sql: str, bound: Parameters) -> Rows:
    found: Rows = engine.sql(sql, params=list(bound) or None).to_arrow_table().to_pylist()
    return found


def late_text(policy: Policy, allowed: Allow, name: str, bound: Parameters) -> str:
    return LateColumns(policy, allowed, (name,), frozenset({name}), REKEY, "duckdb").text(bound)


def keyed(pads: Pads, pseudonym: str) -> str:
    """HMAC-SHA-256 by the standard library, from the key that the pads were made of."""
    key = bytes(b ^ 0x36 for b in pads.inner)
    return hmac.new(key, pseudonym.encode(), "sha256").hexdigest()[:32]


def test_a_view_gives_treated_fields_beside_record_and_subject(
    engine: duckdb.DuckDBPyConnection,
) -> None:
    bound = Parameters()
    view = view_of(POLICY, allow(), RELATION, REKEY, bound)
    assert rows(engine, f'SELECT * FROM {view.sql} ORDER BY "{RECORD}"', bound) == [
        {
            RECORD: 1,
            SUBJECT: "s1_a",
            "who": f"r1_{keyed(PADS, 's1_a')}",
            "name": "张**",
            "county": "330106",
        },
        {
            RECORD: 2,
            SUBJECT: "s1_b",
            "who": f"r1_{keyed(PADS, 's1_b')}",
            "name": "李*",
            "county": "330203",
        },
    ]


def test_the_engine_and_python_key_a_pseudonym_alike(engine: duckdb.DuckDBPyConnection) -> None:
    for pseudonym, key_version in (("s1_a", 1), ("s12_b", 12), ("m3_" + "0" * 32, 3)):
        only = (FieldDecision("who", "rekey"),)
        bound = Parameters()
        text = f"(SELECT 1 AS \"{RECORD}\", '{pseudonym}' AS who, '' AS county)"
        relation = Relation(text, "duckdb")
        view = view_of(POLICY, allow(fields=only), relation, Rekey(PADS, key_version), bound)
        (row,) = rows(engine, f"SELECT who FROM {view.sql}", bound)
        assert row["who"] == as_recipient_sees(PADS, pseudonym)
        assert re.fullmatch(rf"r{key_version}_[0-9a-f]{{32}}", row["who"])


def test_two_recipients_cannot_join_what_they_got() -> None:
    other = KEYRING.pads("recipient:y")
    assert as_recipient_sees(PADS, "s1_a") != as_recipient_sees(other, "s1_a")


def test_a_dataset_about_nobody_has_no_subject_and_a_refused_field_is_not_there(
    engine: duckdb.DuckDBPyConnection,
) -> None:
    about_nobody = replace(POLICY, subject_key=None)
    fields = (FieldDecision("name", None, reasons.NOT_GRANTED), FieldDecision("county", "clear"))
    bound = Parameters()
    view = view_of(about_nobody, allow(fields=fields), RELATION, REKEY, bound)
    assert set(rows(engine, f"SELECT * FROM {view.sql}", bound)[0]) == {RECORD, "county"}


def test_a_field_that_the_policy_does_not_know_is_left_out_and_the_next_stays(
    engine: duckdb.DuckDBPyConnection,
) -> None:
    fields = (FieldDecision("gone", "clear"), FieldDecision("county", "clear"))
    bound = Parameters()
    view = view_of(POLICY, allow(fields=fields), RELATION, REKEY, bound)
    assert set(rows(engine, f"SELECT * FROM {view.sql}", bound)[0]) == {RECORD, SUBJECT, "county"}


def test_a_late_field_is_treated_after_the_limit_and_not_named_before(
    engine: duckdb.DuckDBPyConnection,
) -> None:
    bound = Parameters()
    view = view_of(POLICY, allow(), RELATION, REKEY, bound, late=frozenset({"who"}))
    assert not bound
    treated = late_text(POLICY, allow(), "who", bound)
    seen = rows(engine, f'SELECT {treated} FROM {view.sql} ORDER BY "{RECORD}" LIMIT 1', bound)
    assert seen == [{"who": f"r1_{keyed(PADS, 's1_a')}"}]
    untouched = rows(engine, f"SELECT * FROM {view.sql} LIMIT 1", Parameters())
    assert set(untouched[0]) == {RECORD, SUBJECT, "_untreated_who", "name", "county"}


@pytest.mark.parametrize("name", ["gone", "unread"])
def test_a_late_field_that_is_not_there_is_an_error(name: str) -> None:
    unread = FieldPolicy("unread", T, "VARCHAR", "L1")
    policy = replace(POLICY, fields=(*POLICY.fields, unread))
    fields = (*FIELDS, FieldDecision("gone", "clear"))
    with pytest.raises(LookupError, match=name):
        late_text(policy, allow(fields=fields), name, Parameters())


@pytest.mark.parametrize(
    ("filters", "seen"),
    [
        ((), [1, 2]),
        ((RowFilter("county", ("3302",), "starts_with"),), [2]),
        ((RowFilter("who", ("s1_a",)),), [1]),
        ((RowFilter("who", ()),), []),
    ],
)
def test_a_view_holds_the_rows_of_its_decision_alone(
    engine: duckdb.DuckDBPyConnection, filters: tuple[RowFilter, ...], seen: list[int]
) -> None:
    bound = Parameters()
    view = view_of(POLICY, allow(*filters), RELATION, REKEY, bound)
    sql = f'SELECT * FROM {view.sql} ORDER BY "{RECORD}"'
    assert [row[RECORD] for row in rows(engine, sql, bound)] == seen


def test_no_filter_is_every_row_and_a_filter_without_values_none(
    engine: duckdb.DuckDBPyConnection,
) -> None:
    def counties(*filters: RowFilter) -> list[str]:
        bound = Parameters(["before"])
        condition = render(conjunction(row_conditions(filters, bound)), "duckdb")
        sql = (
            f"SELECT county FROM {RELATION.sql} WHERE $1 = 'before' AND {condition} ORDER BY county"
        )
        return [row["county"] for row in rows(engine, sql, bound)]

    assert counties() == ["330106", "330203"]
    assert counties(RowFilter("county", ())) == []
    assert counties(RowFilter("county", (), "starts_with")) == []
    assert counties(RowFilter("county", ("3302",), "starts_with")) == ["330203"]
    assert counties(RowFilter("county", ("3302",))) == []
    assert counties(RowFilter("county", ("330106", "330203"))) == ["330106", "330203"]
    both = (RowFilter("county", ("330106", "330203")), RowFilter("who", ("s1_b",)))
    assert counties(*both) == ["330203"]
    assert counties(RowFilter("county", ()), RowFilter("who", ("s1_b",))) == []


@pytest.mark.parametrize(
    ("kind", "value", "masked"),
    [
        ("person_name", "", ""),
        ("person_name", "张", "*"),
        ("person_name", "张三", "张*"),
        ("person_name", "张小三", "张**"),
        ("person_name", "欧阳娜娜", "欧阳**"),
        ("mobile", "1381234567", "**********"),
        ("mobile", "13812345678", "138****5678"),
        ("bank_account", "6222021", "****"),
        ("bank_account", "62220212", "****0212"),
        ("address", "浙江省杭州市西湖区文三路1号", "浙江省杭州市西湖区****"),
    ],
)
def test_a_mask_shows_what_it_may_and_no_more(
    engine: duckdb.DuckDBPyConnection, kind: Identifier, value: str, masked: str
) -> None:
    expression = render(mask_of(FieldPolicy("x", T, "VARCHAR", "L3", kind), column("x")), "duckdb")
    assert rows(engine, f"SELECT {expression} AS y FROM (SELECT $1 AS x)", Parameters([value])) == [
        {"y": masked}
    ]


def test_of_a_birth_date_the_year_is_seen(engine: duckdb.DuckDBPyConnection) -> None:
    expression = render(
        mask_of(FieldPolicy("x", T, "DATE", "L3", "birth_date"), column("x")), "duckdb"
    )
    bound = Parameters([date(1990, 12, 31)])
    found = rows(engine, f"SELECT {expression} AS y FROM (SELECT $1::DATE AS x)", bound)
    assert found == [{"y": date(1990, 1, 1)}]


def test_a_field_of_a_kind_without_a_mask_is_never_shown_by_mistake() -> None:
    with pytest.raises(KeyError):
        render(mask_of(FieldPolicy("x", T, "VARCHAR", "L3", "medical"), column("x")), "duckdb")
    with pytest.raises(KeyError):
        render(mask_of(FieldPolicy("x", T, "VARCHAR", "L3"), column("x")), "duckdb")


def test_a_formula_is_known_behind_spaces_and_by_full_width_signs(
    engine: duckdb.DuckDBPyConnection,
) -> None:
    for text, runs in (("=1", True), ("\u3000＝1", True), ("a=1", False), ("", False)):
        bound = Parameters([text, FORMULA])
        assert rows(engine, "SELECT regexp_matches($1, $2) AS y", bound) == [{"y": runs}]
