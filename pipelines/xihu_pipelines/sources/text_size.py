"""The number of bytes of text that a column becomes, computed before the text is made."""

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from xihu_pipelines.sources.limits import too_large
from xihu_pipelines.sources.secrecy import check_columns

_PLAIN_BYTES = 8
"""Of a value that is no text: its own size in Arrow, and about what its digits take."""
_PIECE_BYTES = 16 << 20


def readable(kind: pa.DataType) -> bool:
    """Whether a column of this kind has a plain text for each of its values."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    folded = pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind)
    return not (folded or pa.types.is_nested(kind))


def looked_at(schema: pa.Schema, columns: list[str]) -> list[str]:
    """The columns asked for that can be read, and every other one of text."""
    return [f.name for f in schema if _is_text(f.type) or (f.name in columns and readable(f.type))]


def look_through(
    name: str, allowed: int, columns: list[str], batches: Iterable[pa.RecordBatch]
) -> int:
    """Look at every text, and at what all becomes as text; gives the number of rows.

    Raises SecrecyMark, BadInput.
    """
    total = rows = 0
    for batch in batches:
        check_columns(name, batch)
        total += text_bytes(batch.select([c for c in batch.schema.names if c in columns]))
        rows += batch.num_rows
        if total > allowed:
            raise too_large(name, allowed)
    return rows


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def text_bytes(batch: pa.RecordBatch) -> int:
    return sum(_column_bytes(column) for column in batch.columns)


def pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The batch in parts that become little text each; they share its memory."""
    if batch.num_rows <= 1 or text_bytes(batch) <= _PIECE_BYTES:
        yield batch
        return
    half = batch.num_rows // 2
    yield from pieces(batch.slice(0, half))
    yield from pieces(batch.slice(half))


def _column_bytes(column: pa.Array) -> int:
    plain = _PLAIN_BYTES * len(column)
    if not pa.types.is_dictionary(column.type):
        lengths = _lengths(column)
        return plain if lengths is None else plain + (pc.sum(lengths).as_py() or 0)
    lengths = _lengths(column.dictionary)
    if lengths is None:
        return plain
    used = pc.cast(pc.take(lengths, column.indices), pa.int64())
    return plain + (pc.sum(used).as_py() or 0)


def _lengths(values: pa.Array) -> pa.Array | None:
    """Bytes of each text; None where the values are no texts."""
    kind = values.type
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        import numpy as np  # where a serving process needs it, it is rare

        views = np.frombuffer(values.buffers()[1], np.int32).reshape(-1, 4)
        return pa.array(views[values.offset : values.offset + len(values), 0].astype(np.int64))
    texts = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if texts or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pc.binary_length(values)
    return None
