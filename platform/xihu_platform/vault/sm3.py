"""HMAC-SM3 (GB/T 32905) beside DuckDB, for installations that must use it.

DuckDB has no SM3. Each distinct message of a batch is hashed once and stands in a table, which
SQL asks through the macro `hmac_sm3`; the key stands in no SQL.
"""

import duckdb
import pyarrow as pa
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC

FUNCTION = "hmac_sm3"


def hmac_sm3(key: bytes, message: bytes) -> str:
    """As lower-case hex digits.

    >>> hmac_sm3(b"k" * 32, b"abc")
    '50b3322f017aaf54fb7c178e438b7524b68586f1876fa90d9a9011aa3b6aaff4'
    """
    made = HMAC(key, SM3())
    made.update(message)
    return made.finalize().hex()


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `hmac_sm3(text)` known to a connection, for the messages that `fill` has hashed."""
    connection.execute("CREATE TEMP TABLE _sm3 (message VARCHAR, digest VARCHAR)")
    connection.execute(
        f"CREATE TEMP MACRO {FUNCTION}(m) AS (SELECT any_value(digest) FROM _sm3 WHERE message = m)"
    )


def fill(connection: duckdb.DuckDBPyConnection, key: bytes, messages: str) -> None:
    """Hash the distinct texts of the query `messages`, which has one column of them."""
    found = connection.sql(messages).to_arrow_table().column(0)
    distinct = found.unique().drop_null()
    digests = [hmac_sm3(key, str(message).encode()) for message in distinct.to_pylist()]
    made = pa.table({"message": distinct, "digest": pa.array(digests, pa.string())})
    connection.execute("DELETE FROM _sm3")
    connection.register("_hashed", made)
    connection.execute("INSERT INTO _sm3 SELECT * FROM _hashed")
    connection.unregister("_hashed")
