"""Which contract covers a table of a scanned database: one that names it as its source, or else one
that describes nearly all of its columns."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from xihu_catalog.contracts.model import Contract

FEWEST = 3
"""Fields that a contract must share with a table that it does not name."""
NEARLY_ALL = 0.8


@dataclass(frozen=True, slots=True)
class TableNames:
    """What a table is compared by: names alone, no value of a row."""

    connection: str
    schema: str | None
    table: str
    columns: int
    labels: frozenset[str]
    """The names of its columns in lower case, and their comments."""


class Coverage:
    """The contracts by what they name, so that each table costs a few look-ups."""

    def __init__(self, contracts: Iterable[Contract]) -> None:
        self._sources: dict[tuple[str, str], str] = {}
        self._sizes: dict[str, int] = {}
        self._providers: dict[str, str] = {}
        self._fields: dict[str, set[tuple[str, int]]] = {}
        for contract in contracts:
            self._sizes[contract.dataset] = len(contract.fields)
            self._providers[contract.dataset] = contract.provider
            remote = contract.source.remote
            if remote is not None and remote.table is not None:
                place = (remote.connection.lower(), remote.table.casefold())
                self._sources.setdefault(place, contract.dataset)
            for number, one in enumerate(contract.fields):
                for label in {one.source_column, one.name, one.title.zh} - {None, ""}:
                    self._fields.setdefault(str(label).casefold(), set()).add(
                        (contract.dataset, number)
                    )

    def find(self, names: TableNames, provider: str | None = None) -> str | None:
        """The dataset whose contract covers the table; one that only looks alike is one of the
        table's own `provider`, where that is known."""
        connection = names.connection.lower()
        for table in (names.table, f"{names.schema}.{names.table}"):
            if (found := self._sources.get((connection, table.casefold()))) is not None:
                return found
        return self._alike(names, provider)

    def _alike(self, names: TableNames, provider: str | None) -> str | None:
        shared: set[tuple[str, int]] = set()
        for label in names.labels:
            shared |= self._fields.get(label.casefold(), set())
        counts = Counter(dataset for dataset, _ in shared)
        for dataset, size in self._sizes.items():
            count = counts[dataset]
            own = provider in {None, self._providers[dataset]}
            if own and count >= max(FEWEST, NEARLY_ALL * size) and names.columns <= 2 * count:
                return dataset
        return None
