"""CSV and TSV: DuckDB splits what is well-formed; what is not is quarantined, never guessed.

A file without quotes cannot be read wrongly. One with quotes is read strictly and in parallel,
with every record of the header's width where there are line breaks in quotes; where DuckDB refuses
(text behind a closing quote, mixed line ends, records of another width beside line breaks) the
file is copied with its faulty records marked, and reading goes on from where it was. DuckDB's
serial reader passes over a quote that never closes and all that follows without a word, so it
sees only that copy, and must come upon the mark at its end.
"""

import csv
import tempfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO, Literal

import duckdb
import pyarrow as pa

from xihu_catalog.contracts.model import Source
from xihu_pipelines.sources.archives import Payload
from xihu_pipelines.sources.headers import column_names
from xihu_pipelines.sources.records import (
    BATCH_ROWS,
    ENGINE_FAULTS,
    SHAPE,
    Batches,
    Opened,
    check_header,
    short_of_means,
)
from xihu_pipelines.sources.secrecy import check_titles
from xihu_pipelines.sources.structure import FAULTS, MARK, UNQUOTED, Form, copy_marked
from xihu_pipelines.sources.text import (
    LINE_LIMIT,
    DecodedText,
    TextFacts,
    as_utf8,
    check_utf8,
    look,
)
from xihu_platform.errors import BadInput
from xihu_platform.sql import text_literal

# Measured on 1,000,000 records of 20 columns: 32 MB 0.54 s; DuckDB's own choice for a record of
# 16 MB (256 MB) 0.92 s and three times the memory.
_BUFFER = 32 << 20
_AHEAD = "30MB"  # of batches that wait to be asked for: the next one is made meanwhile
_ABSENT = "\x00absent"  # DuckDB pads short records with NULL; no field of a text file holds NUL
_SURPLUS = "_surplus"

_BLANKS = "' \t\u3000\xa0'"

_Mode = Literal["plain", "strict", "exact", "marked"]


@dataclass(frozen=True, slots=True)
class _Table:
    """The file as one read of it needs to know it."""

    path: Path
    header: list[str]
    columns: list[str]
    skip: int
    delimiter: str
    quote: str


@contextmanager
def open_delimited(payload: Payload, source: Source, columns: list[str]) -> Iterator[Opened]:
    form = Form(source.delimiter or ("\t" if source.format == "tsv" else ","), source.quote, b"\n")
    with as_utf8(payload.path, payload.name, source.encoding) as text, ExitStack() as stack:
        facts = look(text, payload.name, quote=source.quote)
        header, notes = _header(text, payload.name, source, form)
        check_header(payload.name, header, columns)
        form = replace(form, line_end=b"\r") if facts.return_ends else form
        skip = source.title_rows + source.header_rows
        table = _Table(text.path, header, columns, skip, form.delimiter, form.quote)
        connection = stack.enter_context(
            closing(duckdb.connect(config={"threads": 2, "memory_limit": "400MB"}))
        )
        connection.execute(f"SET streaming_buffer_size = '{_AHEAD}'")
        batches = _Reader(connection, table, payload.name, form, stack).batches(facts)
        try:
            yield Opened(batches, text.encoding, text.detected, notes)
        finally:
            batches.close()


def _header(
    text: DecodedText, name: str, source: Source, form: Form
) -> tuple[list[str], tuple[str, ...]]:
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if form.quote else csv.QUOTE_NONE
    try:
        with text.path.open(encoding="utf-8-sig", errors="strict", newline="") as lines:
            reader = csv.reader(
                lines, delimiter=form.delimiter, quotechar=form.quote or None, quoting=quoting
            )
            rows = list(islice(reader, source.title_rows + max(source.header_rows, 1)))
    except UnicodeDecodeError:
        check_utf8(text, name)
        raise
    except csv.Error:
        raise BadInput(
            f"文件 {name} 的表头无法读出，请检查引号与分隔符",
            f"the header of {name} cannot be read: check quotes and separators",
        ) from None
    check_titles(name, [name for row in rows for name in row])
    return column_names(name, rows[source.title_rows :], source)


@contextmanager
def _temporary() -> Iterator[IO[bytes]]:
    with tempfile.NamedTemporaryFile(prefix="xihu-") as copy:
        yield copy


class _Reader:
    """Reads one file, in another way from the same record on where one way does not do."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: _Table,
        name: str,
        form: Form,
        stack: ExitStack,
    ) -> None:
        self._connection = connection
        self._table = table
        self._name = name
        self._form = form
        self._stack = stack
        self._seen = 0

    def batches(self, facts: TextFacts) -> Generator[pa.RecordBatch]:
        mode: _Mode | None = "strict" if facts.quotes else "plain"
        if facts.nuls or facts.lone_returns or facts.spaced_quotes:
            mode = "marked"
        while mode is not None:
            try:
                yield from self._read(mode)
                return
            except ENGINE_FAULTS as bad:
                if short_of_means(bad):
                    raise
                mode = self._next(mode, str(bad))
                if mode is None:
                    raise self._unreadable() from None

    def _next(self, mode: _Mode, said: str) -> _Mode | None:
        """Another way to read on, or None where there is none."""
        if mode == "strict" and "parallel=false" in said:
            return "exact"
        if mode in {"strict", "exact"} and "unicode" not in said:
            return "marked"
        return None

    def _read(self, mode: _Mode) -> Batches:
        table, skip = self._table, self._seen
        batches: Batches
        if mode == "marked":
            table = self._marked()
            batches = self._to_the_end(self._stream(table, mode))
        else:
            batches = self._stream(table, mode)
        for batch in batches:
            rest = batch.slice(min(skip, batch.num_rows))
            skip -= batch.num_rows - rest.num_rows
            if rest.num_rows:
                self._seen += rest.num_rows
                yield rest

    def _stream(self, table: _Table, mode: _Mode) -> Batches:
        yield from self._connection.sql(_sql(table, mode)).to_arrow_reader(BATCH_ROWS)

    def _to_the_end(self, batches: Batches) -> Batches:
        """Take the mark at the end off. Raises BadInput where the engine did not come so far."""
        held: pa.RecordBatch | None = None
        for batch in batches:
            if held is not None:
                yield held
            held = batch if batch.num_rows else held
        if held is None or held.column(SHAPE)[-1].as_py() != FAULTS["end"]:
            raise self._unreadable()
        yield held.slice(0, held.num_rows - 1)

    def _marked(self) -> _Table:
        """The file with its faulty records marked; titles and header are never faulty here."""
        copy = self._stack.enter_context(_temporary())
        copy_marked(self._table.path, copy, self._form, self._name)
        return replace(self._table, path=Path(copy.name), quote=self._table.quote or UNQUOTED)

    def _unreadable(self) -> BadInput:
        check_utf8(DecodedText(self._table.path, "utf-8", False), self._name)
        return BadInput(
            f"文件 {self._name} 在第 {self._seen + 1:,} 条记录之后无法读出，"
            "请检查引号、分隔符与编码",
            f"{self._name} cannot be read after record {self._seen + 1}: check quotes, separators "
            "and encoding",
        )


def _sql(table: _Table, mode: _Mode) -> str:
    names = [f"c{i}" for i in range(len(table.header))]
    padded = mode != "exact"
    kinds = ", ".join(f"{text_literal(name)}: 'VARCHAR'" for name in [*names, *[_SURPLUS] * padded])
    of = dict(zip(table.header, names, strict=True))
    chosen = [f"nullif({of[c]}, '') AS k{i}" for i, c in enumerate(table.columns)]
    width = len(table.header)
    shape = "WHEN false THEN '' END AS " + SHAPE
    if padded:
        shape = (
            f"WHEN {_SURPLUS} IS NOT NULL THEN 'more than {width} columns' "
            f"WHEN {names[-1]} IS NULL THEN 'fewer than {width} columns' END AS {SHAPE}"
        )
    if mode == "marked":
        chosen, faults = _marked_sql(table.columns, of)
        shape = faults + shape
    quote = "" if mode == "plain" else table.quote
    # Separators alone are no record, as a blank row of a sheet is none. Behind a surplus column
    # DuckDB drops further ones unseen: such a record is never blank.
    every = [*(f"nullif(trim({name}, {_BLANKS}), '')" for name in names), *[_SURPLUS] * padded]
    return (
        f"SELECT {', '.join(chosen)}, CASE {shape} FROM read_csv({text_literal(str(table.path))}, "
        f"header = false, skip = {table.skip}, auto_detect = false, "
        f"delim = {text_literal(table.delimiter)}, "
        f"quote = {text_literal(quote)}, escape = {text_literal(quote)}, "
        f"nullstr = {text_literal(_ABSENT)}, null_padding = {str(padded).lower()}, "
        f"strict_mode = {str(mode in {'strict', 'exact'}).lower()}, "
        f"parallel = {str(mode != 'marked').lower()}, "
        f"max_line_size = {LINE_LIMIT}, buffer_size = {_BUFFER}, columns = {{{kinds}}}) "
        f"WHERE coalesce({', '.join(every)}) IS NOT NULL"
    )


def _marked_sql(columns: list[str], of: dict[str, str]) -> tuple[list[str], str]:
    """A marked record's text stands in the first chosen column, so that a steward can see it."""
    faulty = f"starts_with(c0, {text_literal(MARK)})"
    chosen = []
    for place, column in enumerate(columns):
        text = f"nullif({of[column]}, '')"
        if place == 0:
            text = (
                f"CASE WHEN {faulty} THEN string_split(c0, {text_literal(MARK)})[3] ELSE {text} END"
            )
        elif of[column] == "c0":
            text = f"CASE WHEN NOT {faulty} THEN {text} END"
        chosen.append(f"{text} AS k{place}")
    reasons = "".join(
        f"WHEN starts_with(c0, {text_literal(MARK + fault)}) THEN {text_literal(words)} "
        for fault, words in FAULTS.items()
    )
    return chosen, reasons
