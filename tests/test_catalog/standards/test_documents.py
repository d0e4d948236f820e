"""Check digits: the functions and the SQL macros say the same."""

import re
from collections.abc import Iterator
from operator import add

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from xihu_catalog.contracts.model import Field
from xihu_catalog.standards import documents
from xihu_pipelines.ingest.compile import pseudonym_sql
from xihu_pipelines.ingest.pseudonyms import PseudonymScheme, give_keys
from xihu_platform.vault.keys import Keyring
from xihu_platform.words import Text

digits = st.text("0123456789", min_size=17, max_size=17)
letters = st.text(documents._CREDIT_LETTERS, min_size=18, max_size=18)
many = settings(max_examples=12, deadline=None)
"""Of batches: a question costs the engine as much for a hundred values as for one."""


def digits_lost(number: str) -> bool:
    """Whether it is what a spreadsheet leaves of a number with more than 15 digits."""
    return re.fullmatch(r"[0-9]{15}000|[0-9](\.[0-9]+)?E\+[0-9]{1,3}", number) is not None


def document_kind(number: str) -> str | None:
    """The code of `document_type` that a canonical number can belong to, or None.

    Eighteen characters must carry their check character, whoever the card belongs to; a
    foreigner's card of 2023 begins with 9.
    """
    if re.fullmatch("[0-9]{17}[0-9X]", number):
        kind = {"9": "6", "8": "4"}.get(number[0], "1")
        return kind if documents.is_citizen_id(number) else None
    return next((k for k, shape in documents._SHAPES.items() if re.fullmatch(shape, number)), None)


def batch(values: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(values, min_size=10, max_size=100)


@pytest.fixture(scope="module")
def sql() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE _keys (id VARCHAR PRIMARY KEY, inside BLOB, outside BLOB)")
        for macro in documents.SQL_MACROS:
            connection.execute(macro)
        yield connection


def each(sql: duckdb.DuckDBPyConnection, expression: str, values: list[str]) -> list[object]:
    """What the engine says of each value."""
    asked = f"SELECT {expression} FROM (SELECT unnest(?::VARCHAR[]) AS v)"
    return [row[0] for row in sql.execute(asked, [values]).fetchall()]


def one(sql: duckdb.DuckDBPyConnection, expression: str, value: str) -> object:
    row = sql.execute(f"SELECT {expression} FROM (SELECT ? AS v)", [value]).fetchall()[0]
    return row[0]


@many
@given(numbers=batch(st.builds(add, digits, st.sampled_from("0123456789X"))))
def test_citizen_ids(sql: duckdb.DuckDBPyConnection, numbers: list[str]) -> None:
    holds = [documents.is_citizen_id(number) for number in numbers]
    assert each(sql, "citizen_id_holds(v)", numbers) == holds


@many
@given(codes=batch(letters))
def test_credit_codes(sql: duckdb.DuckDBPyConnection, codes: list[str]) -> None:
    assert each(sql, "uscc_holds(v)", codes) == [documents.is_uscc(code) for code in codes]


def test_the_published_vector_of_a_credit_code_holds(sql: duckdb.DuckDBPyConnection) -> None:
    assert one(sql, "uscc_holds(v)", "91110000600037341L") is True
    assert documents.is_uscc("91110000600037341L")
    inner_wrong = "9111000060003734" + "2" + documents.uscc_check("91110000600037342")
    assert not documents.is_uscc(inner_wrong)
    assert one(sql, "uscc_holds(v)", inner_wrong) is False


@many
@example(numbers=["9E+000", "339011991966082000", "3.39901199608274E+17", "33901199196608200"])
@given(
    numbers=batch(
        st.from_regex(r"[0-9]{14,16}000X?|[0-9](\.[0-9]{1,3})?E[+-]?[0-9]{1,4}", fullmatch=True)
    )
)
def test_what_a_spreadsheet_leaves_of_a_number(
    sql: duckdb.DuckDBPyConnection, numbers: list[str]
) -> None:
    lost = [digits_lost(number) for number in numbers]
    assert each(sql, "digits_lost(v)", numbers) == lost


@many
@given(bodies=batch(st.text("0123456789", min_size=15, max_size=15)))
def test_fifteen_digits_become_eighteen(sql: duckdb.DuckDBPyConnection, bodies: list[str]) -> None:
    written = [f" {body} " for body in bodies]
    assert each(sql, "canonical_id(v)", written) == [documents.canonical(body) for body in bodies]


@many
@given(texts=batch(st.text("0123456789０１２３４５６７８９xXＸ ab", max_size=20)))
def test_canonical_forms_are_the_same_in_both(
    sql: duckdb.DuckDBPyConnection, texts: list[str]
) -> None:
    assert each(sql, "canonical_id(v)", texts) == [documents.canonical(text) for text in texts]


@many
@given(numbers=batch(st.one_of(digits, letters)))
def test_a_column_s_pseudonym_is_the_one_of_a_single_number(
    sql: duckdb.DuckDBPyConnection, numbers: list[str]
) -> None:
    keyring = Keyring(b"k" * 32)
    sql.execute("DELETE FROM _keys")
    give_keys(sql, keyring, 1)
    words = Text("证件号码", "number")
    field = Field("v", words, words, "string", "VARCHAR", "L4", "v", identifier="document_number")
    single = [keyring.pseudonym(documents.kind_of(number), number) for number in numbers]
    assert each(sql, pseudonym_sql(field, PseudonymScheme()), numbers) == single


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("339999198804120289", "1"),
        ("339999198804120288", None),
        ("E12345678", "2"),
        ("PE1234567", "2"),
        ("H12345678", "4"),
        ("M1234567801", "4"),
        ("12345678", "5"),
        ("1234567801", "5"),
        ("CHN110123456789", "6"),
        ("军字第1234567号", "3"),
        ("123", None),
        ("无", None),
    ],
)
def test_a_number_belongs_to_one_kind_of_document(
    sql: duckdb.DuckDBPyConnection, number: str, kind: str | None
) -> None:
    assert document_kind(number) == kind
    assert one(sql, "document_kind(v)", number) == kind


@many
@given(numbers=batch(st.text("0123456789ABEHMX字第号军", min_size=5, max_size=18)))
def test_kinds_of_document_are_the_same_in_both(
    sql: duckdb.DuckDBPyConnection, numbers: list[str]
) -> None:
    kinds = [document_kind(number) for number in numbers]
    assert each(sql, "document_kind(v)", numbers) == kinds
