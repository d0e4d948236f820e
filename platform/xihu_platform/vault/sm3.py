"""Pseudonyms by HMAC-SM3 (GB/T 32905), for installations that must use it; DuckDB has no SM3.

DuckDB has no SM3. Each distinct text of a batch is hashed once and stands in a table, which SQL
asks through the macro `sm3_pseudonym`; the key stands in no SQL.
"""

from collections.abc import Callable

import duckdb
import pyarrow as pa
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC

FUNCTION = "sm3_pseudonym"
_BLOCK_ROWS = 131_072


def hmac_sm3(key: bytes, message: bytes) -> str:
    """As lower-case hex digits.

    >>> hmac_sm3(b"k" * 32, b"abc")
    '50b3322f017aaf54fb7c178e438b7524b68586f1876fa90d9a9011aa3b6aaff4'
    """
    made = HMAC(key, SM3())
    made.update(message)
    return made.finalize().hex()


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `sm3_pseudonym(text)` known to a connection, for the texts that `fill` was given."""
    connection.execute("CREATE TEMP TABLE _sm3 (message VARCHAR, pseudonym VARCHAR)")
    connection.execute(
        f"CREATE TEMP MACRO {FUNCTION}(m) AS "
        "(SELECT any_value(pseudonym) FROM _sm3 WHERE message = m)"
    )


def fill(connection: duckdb.DuckDBPyConnection, make: Callable[[str], str], messages: str) -> None:
    """Make the pseudonyms of the distinct texts of the query `messages`, which has one column.

    Block by block: a whole table is rotated in the memory of one block.
    """
    connection.execute("DELETE FROM _sm3")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE _messages AS SELECT row_number() OVER () AS n, message "
        f"FROM (SELECT DISTINCT message FROM ({messages}) AS m(message) WHERE message IS NOT NULL)"
    )
    count = int(connection.execute("SELECT count(*) FROM _messages").fetchall()[0][0])
    for start in range(0, count, _BLOCK_ROWS):
        block = (
            f"SELECT message FROM _messages WHERE n BETWEEN {start + 1} AND {start + _BLOCK_ROWS}"
        )
        texts = connection.sql(block).to_arrow_table().column(0)
        made = [make(str(text)) for text in texts.to_pylist()]
        connection.register("_made", pa.table({"message": texts, "pseudonym": made}))
        connection.execute("INSERT INTO _sm3 SELECT * FROM _made")
        connection.unregister("_made")
    connection.execute("DROP TABLE _messages")
