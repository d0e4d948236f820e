"""Files as departments hand them in, decoded into numbered records of text.

Whatever the format, out come Arrow batches whose first column is the record number (1 for the
first record below the header) and whose other columns are the contract's source columns, as
text. Nothing is cast, trimmed or guessed here. A record that does not fit the header is marked
in the column `_shape`; it is never dropped.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from xihu_catalog.contracts.model import Source, SourceFormat
from xihu_pipelines.sources.archives import Payload, unpack
from xihu_pipelines.sources.columnar import open_arrow, open_parquet
from xihu_pipelines.sources.delimited import open_delimited
from xihu_pipelines.sources.json_files import open_document, open_lines
from xihu_pipelines.sources.limits import LIMITS, FileLimits
from xihu_pipelines.sources.records import Decoded, Opened, Records, number_records, without_totals
from xihu_pipelines.sources.workbooks import open_workbook
from xihu_platform.errors import BadInput


@contextmanager
def open_records(
    path: Path,
    source: Source,
    columns: list[str],
    *,
    called: str | None = None,
    limits: FileLimits = LIMITS,
) -> Iterator[Records]:
    """The file's records, batch by batch; `called` is the name to tell of, if not the path's.

    Raises BadInput when the file is not what the contract says it is, SecrecyMark when it is
    marked as a secret: both before the first record is handed on, except for faults that only
    show at the end. `notes()` of the result says how the file was read, once it is read.
    """
    if not path.is_file():
        raise BadInput(f"找不到文件 {path.name}", f"there is no file {path.name}")
    total = source.total_row
    wanted = list(columns)
    if total is not None and total.column not in wanted:
        wanted.append(total.column)
    with (
        unpack(path, source, called, limits) as payload,
        _READERS[source.format](payload, source, wanted) as opened,
    ):
        totals: list[int] = []
        batches = opened.batches
        if total is not None:
            batches = without_totals(batches, total, wanted.index(total.column), totals)
        decoded = Decoded(
            source.format,
            opened.encoding,
            opened.detected,
            payload.member,
            source.title_rows,
            0,
            opened.header,
        )
        yield Records(number_records(batches, columns), decoded, totals)


_READERS: dict[
    SourceFormat, Callable[[Payload, Source, list[str]], AbstractContextManager[Opened]]
] = {
    "csv": open_delimited,
    "tsv": open_delimited,
    "json": open_document,
    "jsonl": open_lines,
    "geojson": open_document,
    "parquet": open_parquet,
    "arrow": open_arrow,
    "xlsx": open_workbook,
    "xls": open_workbook,
    "ods": open_workbook,
}
