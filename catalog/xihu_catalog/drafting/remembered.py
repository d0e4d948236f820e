"""The census of a database, as it is stored: its tables by name, never a value of a row.

A scan of a connection replaces what the scan before found there, in one transaction. Which
of the tables a contract covers is not stored: it is asked of the contracts in force.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from xihu_catalog.drafting.coverage import TableNames
from xihu_catalog.drafting.models import NAME, TITLE, CensusTableRow
from xihu_catalog.drafting.scan import ScannedColumn
from xihu_platform.database import transaction
from xihu_platform.errors import Conflict

COLUMNS = 2_000
"""Columns of a table whose names are stored: no database that is scanned has wider tables."""


@dataclass(frozen=True, slots=True)
class CensusTable:
    """A table as it was found."""

    provider: str
    names: TableNames
    title: str
    rows: int | None
    estimated: bool
    personal: tuple[str, ...]
    scanned_at: datetime

    @property
    def name(self) -> str:
        """With its schema, where it has one."""
        schema = self.names.schema
        return f"{schema}.{self.names.table}" if schema else self.names.table


@dataclass(frozen=True, slots=True)
class CensusScan:
    """The newest scan of one connection."""

    connection: str
    provider: str
    tables: int
    scanned_at: datetime


def remember_census(
    database: Engine,
    connection: str,
    provider: str,
    found: Sequence[ScannedColumn],
    now: datetime,
) -> None:
    """In place of what the scan before found. Raises Conflict where two scans end together."""
    row, name = CensusTableRow, connection.lower()
    rows = [
        _values(number, one) | {"connection": name, "provider": provider, "scanned_at": now}
        for number, one in enumerate(found, 1)
    ]
    try:
        with transaction(database) as session:
            session.execute(delete(row).where(row.connection == name))
            if rows:
                session.execute(insert(row), rows)
    except IntegrityError:
        raise Conflict(
            f"另一次普查刚写入连接 {name} 的结果，请再普查一次",
            f"another scan of the connection {name} was written at the same time: scan again",
        ) from None


def forget_connection(database: Engine, connection: str) -> int:
    """How many tables were known of it."""
    row = CensusTableRow
    here = row.connection == connection.lower()
    with transaction(database) as session:
        count = session.scalar(select(func.count()).select_from(row).where(here)) or 0
        session.execute(delete(row).where(here))
    return count


def _values(number: int, one: ScannedColumn) -> dict[str, object]:
    return {
        "number": number,
        "schema": _cut(one.schema, NAME) if one.schema is not None else None,
        "table": _cut(one.table, NAME),
        "title": _cut(one.title, TITLE),
        "rows": one.rows,
        "estimated": one.estimated,
        "columns": one.columns,
        "labels": [_cut(label, NAME) for label in sorted(one.labels)[: 2 * COLUMNS]],
        "personal": [_cut(name, NAME) for name in one.personal[:COLUMNS]],
    }


def _cut(text: str, length: int) -> str:
    """PostgreSQL stores no NUL."""
    return text.replace("\x00", "")[:length]


def census_tables(database: Engine, providers: Collection[str], limit: int) -> list[CensusTable]:
    """The tables of these departments' databases, in the order of connections and of the scan."""
    row = CensusTableRow
    wanted = select(row).where(row.provider.in_(providers))
    wanted = wanted.order_by(row.connection, row.number).limit(limit)
    with transaction(database) as session:
        return [_table(one) for one in session.scalars(wanted)]


def _table(row: CensusTableRow) -> CensusTable:
    names = TableNames(row.connection, row.schema, row.table, row.columns, frozenset(row.labels))
    return CensusTable(
        row.provider,
        names,
        row.title,
        row.rows,
        row.estimated,
        tuple(row.personal),
        row.scanned_at,
    )


def census_scans(database: Engine, providers: Collection[str]) -> list[CensusScan]:
    """The newest scan of each of their connections, in the order of the names."""
    row = CensusTableRow
    wanted = (
        select(row.connection, row.provider, func.count(), func.max(row.scanned_at))
        .where(row.provider.in_(providers))
        .group_by(row.connection, row.provider)
        .order_by(row.connection)
    )
    with transaction(database) as session:
        return [CensusScan(*found) for found in session.execute(wanted)]
