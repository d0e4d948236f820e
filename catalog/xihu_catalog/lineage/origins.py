"""Which datasets enter a derived one record by record: a mark on theirs is on its record too."""

from collections.abc import Callable

from xihu_catalog.contracts.model import Contract
from xihu_catalog.lineage.columns import DIRECT, ColumnOrigin, Lineage, column_lineage, inputs_of
from xihu_platform.access.policy import RowOrigin
from xihu_platform.errors import BadInput


def row_origins(
    contract: Contract, find: Callable[[str], Contract | None]
) -> tuple[RowOrigin, ...]:
    """The inputs whose whole key is, column for column, the key of this dataset.

    A dataset of sums has none: what is disputed in a record does not mark a sum. Of a query that
    cannot be followed nothing is said.
    """
    query = contract.source.query
    inputs = {name: found for name in inputs_of(contract) if (found := find(name)) is not None}
    if query is None or not contract.key or not inputs:
        return ()
    names = {name: tuple(f.name for f in one.fields) for name, one in inputs.items()}
    try:
        lineage = column_lineage(query, names)
    except BadInput:
        return ()
    origins = (_origin(contract, one, lineage) for one in inputs.values())
    return tuple(one for one in origins if one is not None)


def _origin(contract: Contract, source: Contract, lineage: Lineage) -> RowOrigin | None:
    key = [_same(lineage, contract, name, source) for name in contract.key]
    if None in key or sorted(str(name) for name in key) != sorted(source.key):
        return None
    fields = tuple(
        (origin.column, field.name)
        for field in contract.fields
        for origin in _origins(lineage, contract, field.name)
        if origin.table == source.dataset and origin.kind in DIRECT
    )
    places = tuple(source.key.index(name) for name in key if name)
    return RowOrigin(source.dataset, places, fields)


def _same(lineage: Lineage, contract: Contract, name: str, source: Contract) -> str | None:
    """The field of the source that is unchanged in a field of the key; None of any other."""
    whole = {
        origin.column
        for origin in _origins(lineage, contract, name)
        if origin.table == source.dataset and origin.kind == "IDENTITY"
    }
    return next(iter(whole)) if len(whole) == 1 else None


def _origins(lineage: Lineage, contract: Contract, name: str) -> tuple[ColumnOrigin, ...]:
    field = contract.field(name)
    return lineage.get(field.source_column, ()) if field else ()
