"""What is hidden in each snapshot, decided once and kept in the database.

A number that was shown stays known to whoever saw it, also after the process has ended and after
its snapshot has expired. So each load is decided after the loads before it, against every number
that any snapshot of the table has shown, and the decision stands.
"""

import zlib
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import BigInteger, Engine, Integer, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from xihu_platform.brain.protection import (
    Breakdown,
    Hidden,
    Pattern,
    Period,
    Population,
    Reader,
    decide,
    population_of,
)
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.brain.suppression import Tree
from xihu_platform.database import Base, transaction


class PatternRow(Base):
    """One decision: of one snapshot for one family of metrics."""

    __tablename__ = "brain_pattern"

    __table_args__ = (UniqueConstraint("lake_table", "family", "snapshot_id"),)

    lake_table: Mapped[str] = mapped_column(String(128), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """In the order of decisions of this table."""
    family: Mapped[str] = mapped_column(String(64))
    snapshot_id: Mapped[int] = mapped_column(BigInteger)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """Compressed JSON: what is hidden, and the numbers that no decision before had shown."""


class Decided:
    """The decisions of one table of the lake, as the database holds them."""

    def __init__(self, database: Engine, table: str) -> None:
        self._database = database
        self._table = table
        self._last = -1
        self._patterns: dict[tuple[str, int], Pattern] = {}
        self._shown: dict[str, frozenset[int]] = {}

    def find(self, family: str, snapshot_id: int) -> Pattern | None:
        return self._patterns.get((family, snapshot_id))

    def decide(self, family: str, snapshot_id: int, reader: Reader) -> Pattern:
        """The decision that stands: an earlier one, of whichever process, or a new one."""
        while True:
            self._refresh()
            found = self.find(family, snapshot_id) or self._write(
                family, snapshot_id, decide(reader, self._shown)
            )
            if found is not None:
                return found

    def _refresh(self) -> None:
        newer = (PatternRow.lake_table == self._table, PatternRow.place > self._last)
        with transaction(self._database) as session:
            rows = session.scalars(select(PatternRow).where(*newer).order_by(PatternRow.place))
            for row in rows:
                self._learn(row.family, row.snapshot_id, row.place, _from_body(row.body))

    def _write(self, family: str, snapshot_id: int, pattern: Pattern) -> Pattern | None:
        """None where another process has decided meanwhile, which changes what was shown."""
        fresh = {k: n for k, n in pattern.shown.items() if n not in self._shown.get(k, ())}
        row = PatternRow(
            lake_table=self._table,
            place=self._last + 1,
            family=family,
            snapshot_id=snapshot_id,
            body=_to_body(pattern, fresh),
        )
        try:
            with transaction(self._database) as session:
                session.add(row)
        except IntegrityError:
            return None
        self._learn(family, snapshot_id, row.place, pattern)
        return pattern

    def _learn(self, family: str, snapshot_id: int, place: int, pattern: Pattern) -> None:
        self._patterns[family, snapshot_id] = replace(pattern, shown={})
        for name, count in pattern.shown.items():
            self._shown[name] = self._shown.get(name, frozenset()) | {count}
        self._last = place


def family_digest(family: tuple[MetricSpec, ...]) -> str:
    """Of what decides: other words for a metric change no decision."""
    told = [
        (
            population_of(s),
            *(s.numerator, s.denominator, s.kind, s.smallest_cell, s.region_field, s.finest_level),
            tuple(d.field for d in s.dimensions),
        )
        for s in family
    ]
    return sha256(repr(told).encode()).hexdigest()


def _to_body(pattern: Pattern, fresh: dict[str, int]) -> bytes:
    told = {
        "leaves": pattern.tree.leaves,
        "threshold": pattern.threshold,
        "totals": [[p, sorted(nodes)] for p, nodes in pattern.totals.items()],
        "populations": [
            [one.time_field, one.condition, list(periods)]
            for one, periods in pattern.populations.items()
        ],
        "breakdowns": [
            [
                *(one.population.time_field, one.population.condition, one.classes),
                sorted(hidden.classes),
                [[p, sorted(cells)] for p, cells in hidden.periods.items()],
            ]
            for one, hidden in pattern.breakdowns.items()
        ],
        "shown": fresh,
    }
    return zlib.compress(orjson.dumps(told))


def _from_body(body: bytes) -> Pattern:
    told: dict[str, Any] = orjson.loads(zlib.decompress(body))  # Any: JSON that `_to_body` made
    return Pattern(
        tree=Tree(told["leaves"]),
        threshold=told["threshold"],
        totals={_period(p): frozenset(nodes) for p, nodes in told["totals"]},
        populations={
            Population(time, condition): frozenset(map(_period, periods))
            for time, condition, periods in told["populations"]
        },
        breakdowns={
            Breakdown(Population(time, condition), classes): Hidden(
                {_period(p): frozenset((n, c) for n, c in cells) for p, cells in periods},
                frozenset(values),
            )
            for time, condition, classes, values, periods in told["breakdowns"]
        },
        shown=told["shown"],
    )


def _period(text: str | None) -> Period:
    return None if text is None else datetime.fromisoformat(text)
