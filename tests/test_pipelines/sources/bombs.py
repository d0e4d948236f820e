"""Bodies, archives and uploads of a few kilobytes that unpack to gigabytes, and who reads them.

`python -m tests.test_pipelines.sources.bombs FOLDER` reads a good one of each, then takes names of
readers, one on a line: each reads `bomb` in the folder and leaves what was said of it in `answer`.
"""

import asyncio
import gzip
import sys
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.test_pipelines.ingest.test_modes import CONTRACT as MODES
from tests.test_pipelines.ingest.test_modes import contract
from tests.test_pipelines.sources.odd_workbooks import SHEET, bent, book
from xihu_catalog.contracts.load import load_contract
from xihu_catalog.contracts.model import Source, SourceFormat
from xihu_catalog.datasets.intake import PushFormat
from xihu_catalog.schema import upgrade
from xihu_pipelines.push import spool
from xihu_pipelines.sources.files import open_records
from xihu_platform.errors import PlatformError
from xihu_platform.settings import Settings
from xihu_platform.start import open_node

COLUMNS = ["id", "name", "county"]
LONG = "长" * 300_000  # 900 kB in UTF-8


def _table(names: pa.Array) -> pa.Table:
    rows = len(names)
    return pa.table({"id": pa.nulls(rows, pa.string()), "name": names, "county": ["x"] * rows})


def _content(sink: pa.BufferOutputStream) -> bytes:
    return bytes(sink.getvalue().to_pybytes())


def _arrow(table: pa.Table, compression: str | None = "zstd") -> bytes:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return _content(sink)


def _arrow_file(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_file(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return _content(sink)


def _long() -> pa.Array:
    return pa.array([LONG] * 700)


def _dictionary(rows: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), [LONG])


def _nested() -> pa.Array:
    inner = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000, pa.int32()), [LONG])
    return pa.DictionaryArray.from_arrays(pa.array(list(range(1_000)), pa.int32()), inner)


def _runs() -> pa.Array:
    return pa.RunEndEncodedArray.from_arrays(pa.array([90_000], pa.int32()), pa.array([LONG]))


def _views() -> pa.Array:
    """Each of its texts is the same megabyte."""
    one = pa.array([LONG], pa.string_view())
    view = one.buffers()[1].to_pybytes()
    buffers = [None, pa.py_buffer(view * 4_000), *one.buffers()[2:]]
    return pa.Array.from_buffers(pa.string_view(), 4_000, buffers)


def _gzipped(block: bytes, times: int) -> bytes:
    target = BytesIO()
    with gzip.GzipFile(fileobj=target, mode="wb") as packed:
        for _ in range(times):
            packed.write(block)
    return target.getvalue()


def _zipped(*members: tuple[str, bytes, int]) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, block, times in members:
            with archive.open(name, "w") as member:
                for _ in range(times):
                    member.write(block)
    return target.getvalue()


def _zeros() -> bytes:
    return _zipped(("a.csv", b"0" * 10**6, 500))


def _lying(made: bytes, claimed: int = 10) -> bytes:
    """The directory of a zip claims another size."""
    bent_bytes = bytearray(made)
    at = bent_bytes.rindex(b"PK\x01\x02")
    bent_bytes[at + 24 : at + 28] = claimed.to_bytes(4, "little")
    return bytes(bent_bytes)


def _many_members(count: int) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number}.csv", b"")
    return target.getvalue()


def _corner(xml: bytes) -> bytes:
    """A sheet of 6,300 by 6,300 cells, all blank but the last."""
    last = b'<row r="6300"><c r="HHH6300"><v>1</v></c></row></sheetData>'
    return xml.replace(b"</sheetData>", last)


def _cells(xml: bytes) -> bytes:
    row = b"<row>" + b'<c t="str"><v>x</v></c>' * 2_000 + b"</row>"
    return xml.replace(b"</sheetData>", row * 1_400 + b"</sheetData>")


def _nulls(rows: int) -> pa.Table:
    return pa.table({name: pa.nulls(rows) for name in COLUMNS})


def _parquet(rows: int, text: str) -> bytes:
    sink = pa.BufferOutputStream()
    at_once = min(rows, 1_000_000)
    name = pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), at_once), [text])
    table = pa.table({"id": pa.nulls(at_once, pa.string()), "name": name, "county": name})
    with pq.ParquetWriter(sink, table.schema, compression="zstd") as writer:
        for _ in range(rows // at_once):
            writer.write_table(table)
    return _content(sink)


def _parquet_page(size: int) -> bytes:
    """One text in one page."""
    sink = pa.BufferOutputStream()
    table = _table(pa.array(["0" * size]))
    pq.write_table(table, sink, compression="zstd", use_dictionary=False, write_statistics=False)
    return _content(sink)


def _wide(members: int) -> bytes:
    return b'{"id": "1", "county": "x", "name": [' + b"0," * members + b"0]}\n"


def _deep(levels: int) -> bytes:
    return b'{"id": "1", "county": "x", "name": ' + b"[" * levels + b"]" * levels + b"}\n"


Reader = Callable[[Path, Path], object]


def _push(form: PushFormat) -> Reader:
    def read(folder: Path, body: Path) -> object:
        ground = open_node(Settings(data_dir=folder / "data"))
        upgrade(ground.database)
        one = contract("upsert", more="  - {property: push, value: true}\n")
        return spool.accept(ground, one, "bureau", f"{form} {body.name}", body.read_bytes(), form)

    return read


def _file(form: SourceFormat) -> Reader:
    def read(folder: Path, body: Path) -> object:
        with open_records(body, Source(body.name, form), COLUMNS) as records:
            return sum(batch.num_rows for batch in records)

    return read


def _upload(folder: Path, body: Path) -> object:
    """A form, as a page takes it."""
    from fastapi import Request

    from xihu_portals.web.upload import read_upload

    content = body.read_bytes()

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": content, "more_body": False}

    headers = [(b"content-type", b"multipart/form-data; boundary=b")]
    request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
    return asyncio.run(read_upload(request, 16))


READERS: dict[str, Reader] = {
    **{f"push {form}": _push(form) for form in ("arrow", "csv", "jsonl")},
    **{f"file {form}": _file(form) for form in ("arrow", "csv", "json", "jsonl", "parquet")},
    "file xlsx": _file("xlsx"),
    "contract": lambda folder, body: load_contract(body),
    "upload": _upload,
}


def _form(headers: bytes, content: bytes) -> bytes:
    named = b'Content-Disposition: form-data; name="file"; filename="a.csv"\r\n'
    return b"--b\r\n" + named + headers + b"\r\n" + content + b"\r\n--b--\r\n"


def _laughs() -> bytes:
    lines = [b"a0: &a0 [x, x, x, x]\n"]
    for n in range(1, 12):
        lines.append(b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)))
    return b"".join(lines)


_FIELD = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n'
_CSV = b"id,name,county\n1,a,b\n"
_LINE = b'{"id": "1", "name": "a", "county": "b"}\n'
_BOOK = [["id", "name", "county"], ["1", "a", "b"]]
_TABLE = _table(pa.array(["a"]))
GOOD: dict[str, Callable[[], bytes]] = {
    "push arrow": lambda: _arrow(_TABLE),
    "push csv": lambda: _CSV,
    "push jsonl": lambda: _LINE,
    "file arrow": lambda: _arrow(_TABLE),
    "file csv": lambda: _CSV,
    "file json": lambda: b"[" + _LINE + b"]",
    "file jsonl": lambda: _LINE,
    "file parquet": lambda: _parquet(1, "a"),
    "file xlsx": lambda: book({"A": _BOOK}),
    "contract": lambda: MODES.replace("EXTRA", "").encode(),
    "upload": lambda: _form(b"", _CSV),
}
BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "arrow dictionary": ("push arrow", lambda: _arrow(_table(_dictionary(3_000)))),
    "arrow dictionary of a file": ("file arrow", lambda: _arrow(_table(_dictionary(3_000)))),
    "arrow dictionary of dictionaries": ("push arrow", lambda: _arrow(_table(_nested()))),
    "arrow zstd": ("push arrow", lambda: _arrow(_table(_long()))),
    "arrow zstd with an index": ("push arrow", lambda: _arrow_file(_table(_long()))),
    "arrow runs": ("push arrow", lambda: _arrow(_table(_runs()))),
    "arrow views": ("push arrow", lambda: _arrow(_table(_views()))),
    "arrow nulls": ("push arrow", lambda: _arrow(_nulls(200_000_000))),
    "gzip": ("file csv", lambda: _gzipped(b"1,a,b\n" * 150_000, 200)),
    "zip": ("file csv", lambda: _zipped(("a.csv", b"1,a,b\n" * 150_000, 200))),
    "zip in a zip": ("file csv", lambda: _zipped(("a.zip", _zeros(), 1))),
    "zip with a lie": ("file csv", lambda: _lying(_zeros())),
    "zip of many": ("file csv", lambda: _many_members(250_000)),
    "xlsx of an area": ("file xlsx", lambda: bent(book({"A": _BOOK}), {SHEET: _corner})),
    "xlsx of cells": ("file xlsx", lambda: bent(book({"A": _BOOK}), {SHEET: _cells})),
    "parquet dictionary": ("file parquet", lambda: _parquet(60_000, LONG[:10_000])),
    "parquet rows": ("file parquet", lambda: _parquet(20_000_000, "x")),
    "parquet page": ("file parquet", lambda: _parquet_page(600_000_000)),
    "json depth": ("push jsonl", lambda: _deep(3_500_000)),
    "json depth of a document": ("file json", lambda: b"[" + _deep(3_500_000) + b"]"),
    "json width": ("push jsonl", lambda: _wide(3_000_000)),
    "csv line": ("push csv", lambda: b"id,name,county\n1," + b"x" * (31 << 20)),
    "yaml aliases": ("contract", _laughs),
    "multipart headers": ("upload", lambda: _form(b"X: 1\r\n" * 2_500_000, _CSV)),
    "multipart fields": ("upload", lambda: _FIELD * 200_000 + b"--b--\r\n"),
}


def main(folder: Path) -> None:
    for reader, make in GOOD.items():
        (folder / "good").write_bytes(make())
        READERS[reader](folder, folder / "good")
    _answer(folder, "ready")
    for line in sys.stdin:
        try:
            _answer(folder, f"read: {READERS[line.strip()](folder, folder / 'bomb')}")
        except PlatformError as error:
            _answer(folder, f"refused: {error.text.zh} {error.text.en}")
        except Exception as fault:  # the edge of a test
            _answer(folder, f"failed: {fault!r}")


def _answer(folder: Path, said: str) -> None:
    (folder / "answer.new").write_text(said, encoding="utf-8")
    (folder / "answer.new").rename(folder / "answer")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
