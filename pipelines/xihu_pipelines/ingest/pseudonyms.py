"""Pseudonyms in a load's own DuckDB: the SQL that makes them, and the keys it needs in a table."""

from dataclasses import dataclass

import duckdb

from xihu_catalog.contracts.model import Contract, Field
from xihu_platform.access.treatments import keyed_hash
from xihu_platform.engines.duckdb.scan import DIALECT
from xihu_platform.sql import identifier, raw_sql, render, text_literal
from xihu_platform.vault.keys import DigestName, Keyring, key_id_of, prefix_of, subject_use
from xihu_platform.vault.sm3 import FUNCTION, register


@dataclass(frozen=True, slots=True)
class PseudonymScheme:
    """With which digest pseudonyms are made, and of which key version."""

    digest: DigestName = "hmac-sha256"
    key_version: int = 1

    @property
    def outside(self) -> bool:
        """Whether DuckDB has no such digest, so that `sm3.fill` must make them beforehand."""
        return self.digest == "hmac-sm3"


def pseudonym_fields(contract: Contract) -> tuple[Field, ...]:
    return tuple(f for f in contract.fields if f.protect == "pseudonym")


def open_keys(connection: duckdb.DuckDBPyConnection, keyring: Keyring) -> None:
    """Make the table of keys, or the function that stands for them; `give_keys` fills it."""
    connection.execute("CREATE TABLE _keys (id VARCHAR PRIMARY KEY, inside BLOB, outside BLOB)")
    if keyring.digest == "hmac-sm3":
        register(connection)


def give_keys(connection: duckdb.DuckDBPyConnection, keyring: Keyring, key_version: int) -> None:
    """The keys of every key version up to one, which `pseudonym_sql` names by their ids."""
    for number in range(1, key_version + 1):
        pads = keyring.pads(subject_use(number))
        connection.execute(
            "INSERT OR IGNORE INTO _keys VALUES (?, ?, ?)", [pads.key_id, pads.inner, pads.outer]
        )


def made_sql(text: str, scheme: PseudonymScheme, given: int = 0) -> str:
    """What `Keyring.promoter` makes of a text of key version `given`; NULL of NULL."""
    if scheme.outside:
        return f"{FUNCTION}({text})"
    for number in range(given + 1, scheme.key_version + 1):
        key = text_literal(key_id_of(subject_use(number)))
        prefix = text_literal(prefix_of(scheme.digest, number))
        outer = f"(SELECT outside FROM _keys WHERE id = {key})"
        inner = f"(SELECT inside FROM _keys WHERE id = {key})"
        keyed = keyed_hash(raw_sql(outer), raw_sql(inner), raw_sql(text))
        text = f"({prefix} || left({render(keyed, DIALECT)}, 32))"
    return text


def promoted_sql(column: str, scheme: PseudonymScheme, given: int) -> str:
    """A column's pseudonyms of key version `given` promoted; another text in it stops the query."""
    name = identifier(column)
    prefix = text_literal(prefix_of(scheme.digest, given))
    return (
        f"CASE WHEN {name} IS NULL THEN NULL WHEN starts_with({name}, {prefix}) "
        f"THEN coalesce({made_sql(name, scheme, given)}, error('no key')) "
        "ELSE error('not of the key version that the table says') END"
    )
