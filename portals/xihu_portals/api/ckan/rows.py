"""Rows as `datastore_search` writes them: objects, lists, CSV or TSV, of any number."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Literal, get_args

import orjson
import pyarrow as pa

from xihu_portals.api.ckan.answers import Json, WrongParameter

RecordsFormat = Literal["objects", "lists", "csv", "tsv"]
_AT_ONCE = 1_000
_TYPES = (
    (pa.types.is_boolean, "bool"),
    (pa.types.is_int64, "int8"),
    (pa.types.is_integer, "int4"),
    (pa.types.is_decimal, "numeric"),
    (pa.types.is_floating, "float8"),
    (pa.types.is_date, "date"),
    (pa.types.is_timestamp, "timestamp"),
)
_SQL_TYPES = {"BIGINT": "int8", "INTEGER": "int4", "DATE": "date", "TIMESTAMP": "timestamp"}


def records_format(text: str) -> RecordsFormat:
    """Raises WrongParameter."""
    for known in get_args(RecordsFormat):
        if text == known:
            return known  # type: ignore[no-any-return]  # it is in the list
    raise WrongParameter("records_format", f"Value must be one of {get_args(RecordsFormat)}")


def postgres_type(kind: pa.DataType) -> str:
    """The name of a column's type, as CKAN's DataStore has it.

    >>> postgres_type(pa.decimal128(9, 2)), postgres_type(pa.string())
    ('numeric', 'text')
    """
    return next((name for known, name in _TYPES if known(kind)), "text")


def postgres_type_of(sql: str) -> str:
    """The same of a field's type in its contract.

    >>> postgres_type_of("DECIMAL(7,2)"), postgres_type_of("VARCHAR")
    ('numeric', 'text')
    """
    if sql.startswith("DECIMAL"):
        return "numeric"
    return _SQL_TYPES.get(sql, {"BOOLEAN": "bool", "DOUBLE": "float8"}.get(sql, "text"))


def write_records(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], form: RecordsFormat
) -> Iterator[bytes]:
    """The JSON value of `records`, piece by piece. Any: values of cells."""
    if form in {"csv", "tsv"}:
        yield b'"'
        for row in rows:
            yield orjson.dumps(_line(row, "," if form == "csv" else "\t"))[1:-1]
        yield b'"'
        return
    between = b"["
    for row in rows:
        value: Json = dict(zip(columns, row, strict=True)) if form == "objects" else list(row)
        yield between + dump_row(value)
        between = b", "
    yield b"[]" if between == b"[" else b"]"


def dump_row(value: Json) -> bytes:
    return orjson.dumps(value, default=_number)


def _number(value: object) -> Json:
    """A decimal as the number that it is: JSON has no limit of digits."""
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(format(value, "f"))
    return str(value)


def _line(row: Sequence[Any], delimiter: str) -> str:  # Any: values of cells
    sink = io.StringIO()
    csv.writer(sink, delimiter=delimiter, lineterminator="\n").writerow(
        [one.isoformat() if hasattr(one, "isoformat") else one for one in row]
    )
    return sink.getvalue()


def rows_of(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[Any, ...]]:
    """Row by row, with the values of some rows at a time in memory. Any: values of cells."""
    for batch in batches:
        for at in range(0, batch.num_rows, _AT_ONCE):
            part = batch.slice(at, _AT_ONCE)
            yield from zip(*(column.to_pylist() for column in part.columns), strict=True)
