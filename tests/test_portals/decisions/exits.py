"""Every exit read back into rows: JSON, CSV, Excel, Parquet, Arrow."""

import csv
import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.parquet as pq

from tests.test_portals.decisions.table import Row

_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_DAY_ZERO = datetime(1899, 12, 30)
_RISKY = re.compile(r"\s*[=+@\-＝＋－＠]")


def from_csv(content: bytes) -> list[Row]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def from_parquet(content: bytes) -> list[Row]:
    rows: list[Row] = pq.read_table(io.BytesIO(content)).to_pylist()
    return rows


def from_arrow(content: bytes) -> list[Row]:
    rows: list[Row] = pa.ipc.open_stream(content).read_all().to_pylist()
    return rows


def from_xlsx(content: bytes) -> list[Row]:
    """The second sheet; no cell of it may hold a formula."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        tree = ElementTree.fromstring(book.read("xl/worksheets/sheet2.xml"))
    assert tree.find(f".//{_SHEET}f") is None
    lines = [_cells(row) for row in tree.iter(f"{_SHEET}row")]
    titles = lines[0]
    return [{str(titles[at]): row.get(at) for at in titles} for row in lines[1:]]


def _cells(row: ElementTree.Element) -> dict[str, object]:
    cells: dict[str, object] = {}
    for cell in row.iter(f"{_SHEET}c"):
        column = cell.attrib["r"].rstrip("0123456789")
        text = "".join(cell.itertext())
        cells[column] = text if cell.get("t") == "inlineStr" else float(text)
    return cells


READERS: dict[str, Callable[[bytes], list[Row]]] = {
    "csv": from_csv,
    "xlsx": from_xlsx,
    "parquet": from_parquet,
    "arrow": from_arrow,
}


def in_json(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def in_csv(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return _harmless(str(value))


def in_xlsx(value: object) -> object:
    if isinstance(value, str):
        return _harmless(value)
    if isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime(*value.timetuple()[:3])
        return round((moment - _DAY_ZERO) / timedelta(days=1), 6)
    return None if value is None else round(float(str(value)), 6)


def as_it_is(value: object) -> object:
    return value


WRITTEN: dict[str, Callable[[object], object]] = {
    "csv": in_csv,
    "xlsx": in_xlsx,
    "parquet": as_it_is,
    "arrow": as_it_is,
}


def _harmless(text: str) -> str:
    return f"'{text}" if _RISKY.match(text) else text
