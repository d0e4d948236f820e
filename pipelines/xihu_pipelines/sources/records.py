"""What every reader returns: numbered batches of text, and notes on the decoding."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from xihu_catalog.contracts.model import TotalRow
from xihu_platform.errors import BadInput
from xihu_platform.lake.snapshot import RECORD

BATCH_ROWS = 245_760  # two of DuckDB's row groups: 20 columns of text stay below 100 MB
SHAPE = "_shape"
"""What is wrong with the form of a record that does not fit the header, else null."""
_COUNT = pa.array(range(BATCH_ROWS), pa.int64())

ENGINE_FAULTS = (duckdb.Error, pa.ArrowException, OSError)
"""What a stream of DuckDB's raises: its own class at the start, Arrow's or OSError further on."""


def short_of_means(fault: BaseException) -> bool:
    """Whether memory or disk gave way: no fault of the file's."""
    return "Out of Memory Error" in str(fault) or "IO Error" in str(fault)


Batches = Iterator[pa.RecordBatch]


@dataclass(frozen=True, slots=True)
class Decoded:
    """How a file was read; known once its last record is read."""

    format: str
    encoding: str | None = None
    """The codec, of a text file."""
    detected: bool = False
    """Whether the encoding was found by trying, or by a byte-order mark, and not declared."""
    member: str | None = None
    """The file inside the archive."""
    title_rows: int = 0
    left_out_totals: int = 0
    header: tuple[str, ...] = ()
    """What was done to the header, one phrase each."""


@dataclass(slots=True)
class Opened:
    """What a reader gives back: batches without numbers, the chosen columns in their order and
    SHAPE last. They are known by their places: names of columns may differ only in case.
    """

    batches: Batches
    encoding: str | None = None
    detected: bool = False
    header: tuple[str, ...] = ()


@dataclass(slots=True)
class Records:
    """Iterates over the file's batches; `decoded()` and `notes()` say how they came about."""

    batches: Batches
    _decoded: Decoded
    _totals: list[int] = field(default_factory=list)

    def __iter__(self) -> Batches:
        return self.batches

    def __next__(self) -> pa.RecordBatch:
        return next(self.batches)

    def decoded(self) -> Decoded:
        known = self._decoded
        return Decoded(
            known.format,
            known.encoding,
            known.detected,
            known.member,
            known.title_rows,
            sum(self._totals),
            known.header,
        )

    def notes(self) -> dict[str, str | int]:
        """For the load's report: only what there is to say."""
        known = self.decoded()
        said: dict[str, str | int | None] = {
            "format": known.format,
            "encoding": known.encoding,
            "encoding_detected": "yes" if known.detected else None,
            "member": known.member,
            "title_rows": known.title_rows or None,
            "left_out_totals": known.left_out_totals or None,
            "header": "; ".join(known.header) or None,
        }
        return {name: value for name, value in said.items() if value is not None}


def by_place(batch: pa.RecordBatch | pa.Table) -> pa.RecordBatch | pa.Table:
    """The numbered batch under names that DuckDB keeps apart: `place_name` of each column."""
    names = [place_name(i) for i in range(batch.num_columns - 2)]
    return batch.rename_columns([RECORD, *names, SHAPE])


def place_name(place: int) -> str:
    return f"c{place}"


def with_shape(batch: pa.RecordBatch, shape: pa.Array | None = None) -> pa.RecordBatch:
    """A batch of text columns with its shape marks behind them."""
    marks = shape if shape is not None else pa.nulls(batch.num_rows, pa.string())
    return pa.RecordBatch.from_arrays([*batch.columns, marks], names=[*batch.schema.names, SHAPE])


def number_records(batches: Batches, columns: list[str]) -> Batches:
    """Record numbers from 1 before the chosen columns, in pieces of at most BATCH_ROWS."""
    seen = 0
    for whole in batches:
        for start in range(0, whole.num_rows, BATCH_ROWS):
            batch = whole.slice(start, BATCH_ROWS)
            numbers = pc.add(_COUNT.slice(0, batch.num_rows), pa.scalar(seen + 1, pa.int64()))
            chosen = [*batch.columns[: len(columns)], batch.columns[-1]]
            yield pa.RecordBatch.from_arrays([numbers, *chosen], names=[RECORD, *columns, SHAPE])
            seen += batch.num_rows


def without_totals(batches: Batches, total: TotalRow, place: int, counted: list[int]) -> Batches:
    """The batches without the totals at the very end; how many there were goes into `counted`.

    `place` is the column that tells of a total.
    """
    held: pa.RecordBatch | None = None
    for batch in batches:
        if held is not None:
            yield held
        held = batch
    if held is None:
        return
    pattern = f"^(?:{total.pattern})$"
    try:
        found = pc.match_substring_regex(pc.utf8_trim_whitespace(held.column(place)), pattern)
    except pa.ArrowInvalid:
        raise BadInput(
            f"totalRow 的 pattern“{total.pattern}”无法执行，请改写为 RE2 支持的正则表达式",
            f"totalRow's pattern “{total.pattern}” does not run: write it as RE2 understands it",
        ) from None
    last = pc.index_in(pa.scalar(False), pc.fill_null(found, False)[::-1]).as_py()
    trailing = held.num_rows if last is None else int(last)
    counted.append(trailing)
    yield held.slice(0, held.num_rows - trailing)


def check_header(file: str, found: list[str], columns: list[str]) -> None:
    """Raises BadInput when a column of the contract is not in the file."""
    missing = [c for c in columns if c not in found]
    if missing:
        # Without one known name the first row may be data, and no value of a row is shown.
        known = len(missing) < len(columns)
        shown = [name[:40] for name in found[:50]] if known else []
        has_zh = "、".join(shown) or f"{len(found)} 列，均非契约中的列名，请核对表头行与分隔符"
        has_en = ", ".join(shown) or (
            f"{len(found)} columns, none of a name that the contract knows: check the header row "
            "and the separator"
        )
        raise BadInput(
            f"文件 {file} 缺少列：{'、'.join(missing)}；文件中的列是：{has_zh}",
            f"{file} lacks the columns {', '.join(missing)}; it has {has_en}",
        )
    if twice := sorted({c for c in found if found.count(c) > 1}):
        raise BadInput(
            f"文件 {file} 的表头重复：{'、'.join(twice)}；请改名，或声明 repeatedHeaders: number",
            f"{file} has a column twice: {', '.join(twice)}; rename it, or declare "
            "repeatedHeaders: number",
        )
