"""A column's pseudonyms are those of the keyring: every key version, both digests."""

from collections.abc import Iterator

import duckdb
import pytest

from xihu_catalog.contracts.model import Field
from xihu_catalog.standards import documents
from xihu_pipelines.ingest.compile import pseudonym_sql
from xihu_pipelines.ingest.pseudonyms import PseudonymScheme, give_keys, open_keys, promoted_sql
from xihu_platform.sql import text_literal
from xihu_platform.vault.keys import Keyring
from xihu_platform.vault.sm3 import fill
from xihu_platform.words import Text

RINGS = [Keyring(b"k" * 32), Keyring(b"k" * 32, "hmac-sm3")]
NUMBERS = ["339999198804120289", "E12345678", "军字第1234567号"]
WORDS = Text("证件号码", "number")
FIELD = Field("v", WORDS, WORDS, "string", "VARCHAR", "L4", "v", identifier="document_number")


@pytest.fixture(params=RINGS, ids=lambda ring: ring.digest)
def ring(request: pytest.FixtureRequest) -> Keyring:
    chosen: Keyring = request.param
    return chosen


@pytest.fixture
def sql(ring: Keyring) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        open_keys(connection, ring)
        give_keys(connection, ring, 3)
        for macro in documents.SQL_MACROS:
            connection.execute(macro)
        yield connection


def made(sql: duckdb.DuckDBPyConnection, expression: str, texts: list[str]) -> list[str | None]:
    values = ", ".join(f"({n}, {text_literal(text)})" for n, text in enumerate(texts))
    rows = f"SELECT n, v FROM (VALUES {values}, (-1, NULL)) AS t(n, v) ORDER BY n"
    return [row[0] for row in sql.execute(f"SELECT {expression} FROM ({rows})").fetchall()]


def ready(
    sql: duckdb.DuckDBPyConnection, ring: Keyring, texts: list[str], given: int, key_version: int
) -> None:
    """What a load does beforehand for a digest that DuckDB has not."""
    if PseudonymScheme(ring.digest).outside:
        values = ", ".join(f"({text_literal(text)})" for text in texts)
        fill(sql, ring.promoter(given, key_version), f"SELECT * FROM (VALUES {values}) AS t(m)")


@pytest.mark.parametrize("key_version", [1, 2, 3])
def test_a_column_is_made_of_numbers_as_the_keyring_makes_them(
    sql: duckdb.DuckDBPyConnection, ring: Keyring, key_version: int
) -> None:
    kinds = [documents.kind_of(number) for number in NUMBERS]
    messages = [f"{kind}:{number}" for kind, number in zip(kinds, NUMBERS, strict=True)]
    ready(sql, ring, messages, 0, key_version)
    found = made(sql, pseudonym_sql(FIELD, PseudonymScheme(ring.digest, key_version)), NUMBERS)
    wanted = [ring.pseudonym(k, n, key_version) for k, n in zip(kinds, NUMBERS, strict=True)]
    assert found[1:] == wanted


@pytest.mark.parametrize(("given", "key_version"), [(1, 2), (2, 3), (1, 3)])
def test_a_column_is_promoted_as_the_keyring_promotes(
    sql: duckdb.DuckDBPyConnection, ring: Keyring, given: int, key_version: int
) -> None:
    early = [ring.pseudonym("document", number, given) for number in NUMBERS]
    ready(sql, ring, early, given, key_version)
    found = made(sql, promoted_sql("v", PseudonymScheme(ring.digest, key_version), given), early)
    assert found == [None, *(ring.promote(text, key_version) for text in early)]


def test_a_column_of_another_generation_stops_the_query(
    sql: duckdb.DuckDBPyConnection, ring: Keyring
) -> None:
    later = [ring.pseudonym("document", NUMBERS[0], 2)]
    ready(sql, ring, later, 2, 3)
    with pytest.raises(duckdb.InvalidInputException):
        made(sql, promoted_sql("v", PseudonymScheme(ring.digest, 3), 1), later)


def test_a_key_that_is_not_there_makes_no_empty_pseudonym(
    sql: duckdb.DuckDBPyConnection, ring: Keyring
) -> None:
    early = [ring.pseudonym("document", NUMBERS[0], 3)]
    with pytest.raises(duckdb.InvalidInputException, match="no key"):
        made(sql, promoted_sql("v", PseudonymScheme(ring.digest, 4), 3), early)
