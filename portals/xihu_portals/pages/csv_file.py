"""A list of a page as a CSV file for a spreadsheet: with a BOM, and nothing that one would run."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

import pyarrow as pa
from fastapi.responses import StreamingResponse
from pyarrow import csv

from xihu_platform.access.formulas import harmless_batch
from xihu_platform.words import Language, Text
from xihu_portals.api.datasets import named_file

WRITTEN = 1_000
"""Lines of a piece."""


def csv_answer(
    heads: Sequence[Text], lines: Iterable[Sequence[str]], lang: Language, name: Text
) -> StreamingResponse:
    """`name`: of the file, without its ending. What fails before the first piece is an answer of
    its own."""
    pieces = csv_pieces(heads, lines, lang)
    headers = named_file(f"{name.zh}.csv", f"{name.en}.csv") | {
        "Cache-Control": "private, no-store"
    }
    whole = chain([next(pieces)], pieces)
    return StreamingResponse(whole, media_type="text/csv; charset=utf-8", headers=headers)


def csv_pieces(
    heads: Sequence[Text], lines: Iterable[Sequence[str]], lang: Language
) -> Iterator[bytes]:
    """The line of the heads alone where there are no lines."""
    names, waiting = [one.to(lang) for one in heads], iter(lines)
    some = list(islice(waiting, WRITTEN))
    yield "\ufeff".encode() + _written(names, some, head=True)
    while some := list(islice(waiting, WRITTEN)):
        yield _written(names, some, head=False)


def _written(names: list[str], lines: list[Sequence[str]], *, head: bool) -> bytes:
    columns = zip(*lines, strict=True) if lines else [()] * len(names)
    arrays = [pa.array(column, pa.string()) for column in columns]
    batch = harmless_batch(pa.RecordBatch.from_arrays(arrays, names=names))
    written = pa.BufferOutputStream()
    csv.write_csv(batch, written, csv.WriteOptions(include_header=head))
    content: bytes = written.getvalue().to_pybytes()
    return content
