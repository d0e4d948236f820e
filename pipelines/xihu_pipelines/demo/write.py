"""Writes one department's file: CSV in two encodings, Excel, JSON lines, Parquet."""

import codecs
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path

import duckdb
import xlsxwriter

from xihu_pipelines.demo.layout import HandedIn
from xihu_pipelines.demo.mistakes import cut_records, spoilt

CHUNK_BYTES = 1 << 20
Connection = duckdb.DuckDBPyConnection


def literal(path: Path) -> str:
    """`path` as an SQL text: neither COPY nor a view takes a bound one."""
    return "'" + str(path).replace("'", "''") + "'"


def _copy(connection: Connection, query: str, path: Path, options: str) -> int:
    row = connection.execute(f"COPY ({query}) TO {literal(path)} ({options})").fetchall()[0]
    return int(row[0])


def _transcode(source: Path, target: Path, encoding: str) -> None:
    """DuckDB writes UTF-8 only."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with source.open("rb") as read, target.open("wb") as write:
        while chunk := read.read(CHUNK_BYTES):
            write.write(decoder.decode(chunk).encode(encoding))


def _write_csv(
    connection: Connection, file: HandedIn, clean: str, path: Path, made_on: date
) -> int:
    plain = path if file.encoding == "utf-8" else path.with_suffix(".utf8")
    rows = _copy(connection, spoilt(file, clean), plain, "FORMAT csv, HEADER true")
    (cut,) = connection.execute(cut_records(file, clean)).fetchall()[0]
    with plain.open("a", encoding="utf-8") as end:
        end.write(cut or "")
    if plain != path:
        _transcode(plain, path, file.encoding)
        plain.unlink()
    return rows + (cut or "").count("\n")


def _write_jsonl(
    connection: Connection, file: HandedIn, clean: str, path: Path, made_on: date
) -> int:
    return _copy(connection, spoilt(file, clean), path, "FORMAT json")


def _write_parquet(
    connection: Connection, file: HandedIn, clean: str, path: Path, made_on: date
) -> int:
    return _copy(connection, spoilt(file, clean), path, "FORMAT parquet, COMPRESSION zstd")


def _write_xlsx(
    connection: Connection, file: HandedIn, clean: str, path: Path, made_on: date
) -> int:
    rows = connection.execute(spoilt(file, clean)).fetchall()
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    # Without it the sheet carries the time of day, and no two runs write the same bytes.
    book.set_properties({"created": datetime.combine(made_on, time.min)})
    sheet = book.add_worksheet(file.sheet)
    sheet.write_row(0, 0, [column.header for column in file.columns])
    for number, row in enumerate(rows, start=1):
        sheet.write_row(number, 0, row)
    book.close()
    return len(rows)


WRITERS: dict[str, Callable[[Connection, HandedIn, str, Path, date], int]] = {
    "csv": _write_csv,
    "jsonl": _write_jsonl,
    "parquet": _write_parquet,
    "xlsx": _write_xlsx,
}


def write(
    connection: Connection, file: HandedIn, clean: str, folder: Path, *, made_on: date
) -> tuple[Path, int]:
    """Write the rows of `clean` as the department hands them in; the file and its record count."""
    path = folder / file.file_name
    return path, WRITERS[file.format](connection, file, clean, path, made_on)
