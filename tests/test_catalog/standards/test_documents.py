"""Check digits: the functions and the SQL macros say the same."""

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xihu_catalog.contracts.model import Field
from xihu_catalog.standards import documents
from xihu_pipelines.ingest.compile import pseudonym_sql
from xihu_pipelines.ingest.pseudonyms import PseudonymScheme, give_keys
from xihu_platform.vault.keys import Keyring
from xihu_platform.words import Text

digits = st.text("0123456789", min_size=17, max_size=17)
letters = st.text(documents._CREDIT_LETTERS, min_size=18, max_size=18)


@pytest.fixture(scope="module")
def sql() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE _keys (id VARCHAR PRIMARY KEY, inside BLOB, outside BLOB)")
        for macro in documents.SQL_MACROS:
            connection.execute(macro)
        yield connection


def one(sql: duckdb.DuckDBPyConnection, expression: str, value: str) -> object:
    row = sql.execute(f"SELECT {expression} FROM (SELECT ? AS v)", [value]).fetchall()[0]
    return row[0]


@given(body=digits, last=st.sampled_from("0123456789X"))
def test_citizen_ids(sql: duckdb.DuckDBPyConnection, body: str, last: str) -> None:
    number = body + last
    assert one(sql, "citizen_id_holds(v)", number) == documents.is_citizen_id(number)


@given(code=letters)
def test_credit_codes(sql: duckdb.DuckDBPyConnection, code: str) -> None:
    assert one(sql, "uscc_holds(v)", code) == documents.is_uscc(code)


def test_the_published_vector_of_a_credit_code_holds(sql: duckdb.DuckDBPyConnection) -> None:
    assert one(sql, "uscc_holds(v)", "91110000600037341L") is True
    assert documents.is_uscc("91110000600037341L")
    inner_wrong = "9111000060003734" + "2" + documents.uscc_check("91110000600037342")
    assert not documents.is_uscc(inner_wrong)
    assert one(sql, "uscc_holds(v)", inner_wrong) is False


@given(
    number=st.from_regex(r"[0-9]{14,16}000X?|[0-9](\.[0-9]{1,3})?E[+-]?[0-9]{1,4}", fullmatch=True)
)
def test_what_a_spreadsheet_leaves_of_a_number(sql: duckdb.DuckDBPyConnection, number: str) -> None:
    assert one(sql, "digits_lost(v)", number) == documents.digits_lost(number)


@given(body=st.text("0123456789", min_size=15, max_size=15))
def test_fifteen_digits_become_eighteen(sql: duckdb.DuckDBPyConnection, body: str) -> None:
    assert one(sql, "canonical_id(v)", f" {body} ") == documents.canonical(body)


@given(text=st.text("0123456789０１２３４５６７８９xXＸ ab", max_size=20))
def test_canonical_forms_are_the_same_in_both(sql: duckdb.DuckDBPyConnection, text: str) -> None:
    assert one(sql, "canonical_id(v)", text) == documents.canonical(text)


@given(number=st.one_of(digits, letters))
def test_a_column_s_pseudonym_is_the_one_of_a_single_number(
    sql: duckdb.DuckDBPyConnection, number: str
) -> None:
    keyring = Keyring(b"k" * 32)
    sql.execute("DELETE FROM _keys")
    give_keys(sql, keyring, 1)
    words = Text("证件号码", "number")
    field = Field("v", words, words, "string", "VARCHAR", "L4", "v", identifier="document_number")
    made = one(sql, pseudonym_sql(field, PseudonymScheme()), number)
    assert made == keyring.pseudonym(documents.kind_of(number), number)


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
    assert documents.document_kind(number) == kind
    assert one(sql, "document_kind(v)", number) == kind


@given(number=st.text("0123456789ABEHMX字第号军", min_size=5, max_size=18))
def test_kinds_of_document_are_the_same_in_both(
    sql: duckdb.DuckDBPyConnection, number: str
) -> None:
    assert one(sql, "document_kind(v)", number) == documents.document_kind(number)
