"""After each way to write a table, a download and the pages give its rows in record order.

What is expected is read by another DuckDB, which sorts the files' own rows.
"""

import random

import duckdb
import pyarrow as pa
import pytest

from tests.contracts import PSEUDONYM, contract, field
from tests.test_pipelines.housekeeping.test_housekeeping import PEOPLE
from tests.test_pipelines.ingest.referring import hand_in
from xihu_catalog.contracts.model import Contract, policy_of
from xihu_pipelines.housekeeping.compact import compact
from xihu_pipelines.housekeeping.erase import erase
from xihu_pipelines.ingest.correct import load_corrections
from xihu_pipelines.ingest.existing import existing_sql
from xihu_platform.access import downloads, paging
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.access.start import open_gateway
from xihu_platform.identity.principal import Position, Principal
from xihu_platform.start import Node

pytestmark = pytest.mark.harness  # every way rows come into a table

FIELDS = [
    field("number", grade="L4", required=True, subjectKey=True, vault=True, **PSEUDONYM),
    field("code", key=True),
    field("amount", "INTEGER", grade="L1", required=True),
]


def table(mode: str) -> Contract:
    return contract("mz_order", FIELDS, mode=mode, domain="social_security")


def rows(codes: range) -> list[tuple[str, ...]]:
    return [(PEOPLE[n % len(PEOPLE)], f"c{n:05d}", str(n)) for n in codes]


def check(node: Node, one: Contract) -> int:
    """Compares a download and all pages with the files; returns the number of rows."""
    snapshot = node.lake.snapshot(one.table)
    sql = f"SELECT amount FROM {existing_sql(snapshot)} ORDER BY _record"
    expected = [row[0] for row in duckdb.connect().execute(sql).fetchall()]
    office = Position("p", "t", "t", one.provider, "o", "o", "330000")
    reader = Principal(kind="system", id="s", name="s", position=office)
    gateway = open_gateway(node, lambda _: policy_of(one))
    query = RowQuery(fields=("amount",))
    purpose = Purpose("internal", words="test")
    try:
        stream = gateway.open_stream(reader, one.dataset, purpose, query, exit_name="csv")
        sent = pa.Table.from_batches(list(stream.batches))["amount"].to_pylist()
        assert sent == expected
        paged: list[object] = []
        cursor = None
        while True:
            page = gateway.read_page(reader, one.dataset, purpose, query, limit=700, cursor=cursor)
            paged += page.table["amount"].to_pylist()
            cursor = page.next_cursor
            if cursor is None:
                break
        assert paged == expected
    finally:
        gateway.close()
    return len(expected)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several row groups and windows in small files. DuckDB's smallest row group is 2,048 rows."""
    monkeypatch.setattr("xihu_pipelines.ingest.parts.ROW_GROUP", 2_048)
    monkeypatch.setattr(paging, "FIRST_ROWS", 2_048)
    monkeypatch.setattr(downloads, "ROW_GROUP", 2_048)


def test_loads_appended_and_compacted(node: Node) -> None:
    one = table("append")
    hand_in(node, one, rows(range(12_500)))
    hand_in(node, one, rows(range(20_000, 23_000)))
    assert check(node, one) == 15_500
    for start in range(30_000, 30_008):
        hand_in(node, one, rows(range(start, start + 1)))
    assert check(node, one) == 15_508
    assert compact(node, one) is not None
    assert check(node, one) == 15_508


def test_rows_replaced_by_their_keys(node: Node) -> None:
    one = table("upsert")
    hand_in(node, one, rows(range(12_500)))
    again = rows(range(100, 9_000, 37))
    random.Random(7).shuffle(again)
    hand_in(node, one, again)
    assert check(node, one) == 12_500


def test_duplicate_keys_held_back_until_the_end(node: Node) -> None:
    one = table("append")
    twice = rows(range(9_000)) + rows(range(0, 9_000, 1_000))
    outcome = hand_in(node, one, twice)
    assert outcome.counts.quarantined == 9
    assert check(node, one) == 9_000


def test_corrections(node: Node) -> None:
    one = table("append")
    bad = [
        (person, code, "x" if n % 900 == 5 else amount)
        for n, (person, code, amount) in enumerate(rows(range(9_000)))
    ]
    outcome = hand_in(node, one, bad)
    assert outcome.counts.quarantined == 10
    path = node.settings.data_dir / "mended.csv"
    lines = [",".join(row) for row in rows(range(5, 9_000, 900))]
    path.write_text("number,code,amount\n" + "\n".join(lines) + "\n", "utf-8")
    load_corrections(node, one, path)
    assert check(node, one) == 9_000


def test_an_erasure(node: Node) -> None:
    one = table("append")
    hand_in(node, one, rows(range(12_500)))
    before = check(node, one)
    erase(node, one, PEOPLE[0], "PIPL 47")
    assert 0 < check(node, one) < before
