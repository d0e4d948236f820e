"""Fields that are being verified, in every exit of an open dataset: rows, files and sums."""

import asyncio
import csv
import io
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from tests.asking import acted_province
from tests.province import Province

__all__ = ["acted_province"]  # a fixture
DATA = "/api/v1/datasets/fg_penalties"
ROWS = f"{DATA}/rows?limit=20&purpose=open"


def ask(province: Province, path: str, who: str = "", **sent: Any) -> httpx.Response:
    """Any: what httpx takes."""
    token = province.system_token(who) if who.startswith("dept-") else None

    async def once() -> httpx.Response:
        async with province.client(token) as client:
            return await client.request("POST" if sent else "GET", path, **sent)

    return asyncio.run(once())


AMOUNTS = "/api/v1/brain/metrics/penalty_amount/query?latest=2&level=province"


@pytest.fixture(scope="module")
def before(province: Province) -> Any:
    """What the sum of all amounts is while nobody has reported anything."""
    return ask(province, AMOUNTS).json()["points"]


@pytest.fixture(scope="module")
def marked(province: Province, before: Any) -> int:
    """The place of the row whose amount is reported as wrong."""
    assert before
    place = 7
    ref = ask(province, f"{ROWS}&refs=true", "dept-yb").json()["refs"][place]
    said = {
        "key": "reported-0001",
        "row": ref,
        "field": "amount_cny",
        "claimed": "2000.00",
        "reason": "处罚决定书写的是二千元",
        "evidence": "XS-2026-118",
    }
    for status in (201, 200):
        answer = ask(province, f"{DATA}/corrections", "dept-yb", json=said)
        assert answer.status_code == status, answer.text
    return place


def test_a_row_says_which_fields_are_verified_and_not_who_asked(
    province: Province, marked: int
) -> None:
    answer = ask(province, ROWS)
    assert answer.json()["disputed"] == [{"row": marked, "fields": ["amount_cny"]}]
    assert answer.json()["refs"] is None
    assert "二千元" not in answer.text and "XS-2026-118" not in answer.text
    narrow = ask(province, f"{ROWS}&fields=penalty_no,decided_on")
    assert narrow.json()["disputed"] == []


def test_files_have_a_column_that_names_them(province: Province, marked: int) -> None:
    rows = ask(province, ROWS).json()["rows"]
    key = [*rows[0]][0]
    wrong = rows[marked][key]
    lines = list(csv.DictReader(io.StringIO(ask(province, f"{DATA}/download.csv").text)))
    assert [one[key] for one in lines if one["_disputed"]] == [wrong]
    assert {one["_disputed"] for one in lines} == {"", "amount_cny"}
    ordered = ask(province, f"{DATA}/download.csv?sort=-amount_cny").text
    assert sum(bool(one["_disputed"]) for one in csv.DictReader(io.StringIO(ordered))) == 1
    table = pq.read_table(io.BytesIO(ask(province, f"{DATA}/download.parquet").content))
    assert [*table["_disputed"].drop_null().to_pylist()] == ["amount_cny"]
    with pa.ipc.open_stream(ask(province, f"{DATA}/download.arrow").content) as stream:
        assert stream.read_all()["_disputed"].null_count == table.num_rows - 1
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(ask(province, f"{DATA}/download.xlsx").content)
    )
    heads = book.get_sheet_by_name("数据 Data").to_python()[0]
    assert heads[-1] in {"核实中的数据项", "Being verified"}
    people = ask(province, f"{DATA}/download.csv?readers=people&lang=zh").text
    lasts = [line.rpartition(",")[2].strip('"') for line in people.splitlines()]
    assert lasts[0] == "核实中的数据项" and [one for one in lasts[1:] if one] == ["罚没金额"]
    without = ask(province, f"{DATA}/download.csv?fields=penalty_no").text
    assert "_disputed" not in without


def test_sums_do_not_move(province: Province, before: Any, marked: int) -> None:
    """A claim is not a correction."""
    assert ask(province, ROWS).json()["disputed"][0]["row"] == marked
    assert ask(province, AMOUNTS).json()["points"] == before
