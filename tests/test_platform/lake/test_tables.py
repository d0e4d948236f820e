"""Tables of the lake: one snapshot a load, evolution by field id, durable before acknowledged."""

import os
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from xihu_platform.engines.duckdb.engine import DuckDBEngine
from xihu_platform.engines.errors import EngineFault
from xihu_platform.engines.protocol import Engine
from xihu_platform.errors import BadInput, Conflict, NotFound
from xihu_platform.lake.snapshot import Column, Snapshot
from xihu_platform.lake.tables import Lake
from xihu_platform.lake.types import iceberg_type
from xihu_platform.sql import Statement

ID = Column("_record", "BIGINT")
NAME = Column("name", "VARCHAR")
KINDS = {"BIGINT": pa.int64(), "VARCHAR": pa.string()}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def engine(lake: Lake, tmp_path: Path) -> Engine:
    return DuckDBEngine(
        lake.folder, memory_limit="200MB", threads=1, connections=2, temp=tmp_path / "tmp"
    )


def write(
    lake: Lake, columns: tuple[Column, ...], rows: list[dict[str, object]], name: str
) -> Path:
    schema = pa.schema(
        [pa.field(c.name, KINDS[c.type], metadata={"PARQUET:field_id": str(c.id)}) for c in columns]
    )
    path = lake.data_folder("data.t") / name
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    return path


def load(
    lake: Lake, rows: list[dict[str, object]], name: str, columns: tuple[Column, ...] = (ID, NAME)
) -> Snapshot:
    known = lake.ensure("data.t", columns)
    return lake.replace("data.t", [write(lake, known, rows, name)], {"xihu.load-id": name})


def names(engine: Engine, snapshot: Snapshot) -> list[object]:
    sql = f"SELECT name FROM {engine.relation(snapshot).sql} ORDER BY _record"
    found: list[object] = engine.fetch(Statement(sql))["name"].to_pylist()
    return found


def test_replace_is_one_snapshot_and_the_old_one_stays_readable(lake: Lake, engine: Engine) -> None:
    first = load(lake, [{"_record": 1, "name": "甲"}, {"_record": 2, "name": "乙"}], "a")
    second = load(lake, [{"_record": 1, "name": "丙"}], "b")
    assert [s.id for s in lake.history("data.t")] == [second.id, first.id]
    assert names(engine, second) == ["丙"]
    assert names(engine, lake.snapshot("data.t", first.id)) == ["甲", "乙"]
    assert second.summary["xihu.load-id"] == "b"
    assert (first.rows, second.rows) == (2, 1)


def test_as_of_finds_what_stood_at_a_moment(lake: Lake) -> None:
    first = load(lake, [{"_record": 1, "name": "甲"}], "a")
    second = load(lake, [{"_record": 1, "name": "乙"}], "b")
    assert lake.as_of("data.t", second.committed_at + timedelta(seconds=1)).id == second.id
    assert lake.as_of("data.t", first.committed_at).id in {first.id, second.id}
    with pytest.raises(NotFound, match="no data yet"):
        lake.as_of("data.t", first.committed_at - timedelta(days=1))


def test_an_added_column_is_null_in_older_files(lake: Lake, engine: Engine) -> None:
    first = load(lake, [{"_record": 1, "name": "甲"}], "a")
    columns = (ID, NAME, Column("more", "VARCHAR"))
    known = lake.ensure("data.t", columns)
    fresh = write(lake, known, [{"_record": 2, "name": "乙", "more": "x"}], "b")
    second = lake.append("data.t", [fresh], {})
    sql = f"SELECT _record, more FROM {engine.relation(second).sql} ORDER BY 1"
    assert engine.fetch(Statement(sql)).to_pylist() == [
        {"_record": 1, "more": None},
        {"_record": 2, "more": "x"},
    ]
    assert names(engine, lake.snapshot("data.t", first.id)) == ["甲"]


@pytest.mark.parametrize(
    "columns", [(ID, Column("name", "BIGINT")), (ID,)], ids=["another type", "a column gone"]
)
def test_a_change_that_breaks_readers_is_refused(lake: Lake, columns: tuple[Column, ...]) -> None:
    load(lake, [{"_record": 1, "name": "甲"}], "a")
    with pytest.raises(Conflict, match="break its readers"):
        lake.ensure("data.t", columns)


def test_floating_point_cannot_enter() -> None:
    with pytest.raises(BadInput, match="DOUBLE"):
        iceberg_type("DOUBLE")


def test_a_table_or_snapshot_that_is_not_there_is_said(lake: Lake) -> None:
    with pytest.raises(NotFound):
        lake.snapshot("data.nothing")
    load(lake, [{"_record": 1, "name": "甲"}], "a")
    with pytest.raises(NotFound):
        lake.snapshot("data.t", 42)


def test_another_process_sees_the_new_snapshot_at_once(lake: Lake) -> None:
    load(lake, [{"_record": 1, "name": "甲"}], "a")
    reader = Lake(lake.folder)
    assert reader.snapshot("data.t").rows == 1
    load(lake, [{"_record": 1, "name": "乙"}, {"_record": 2, "name": "丙"}], "b")
    assert reader.snapshot("data.t").rows == 2


def test_manifests_hold_no_minimum_or_maximum_of_a_value(lake: Lake) -> None:
    load(lake, [{"_record": 1, "name": "CANARY-VALUE"}], "a")
    metadata = b"".join(p.read_bytes() for p in lake.folder.rglob("metadata/*"))
    assert metadata
    assert b"CANARY" not in metadata


def test_data_folder_and_metadata_are_synced_before_the_commit_returns(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    original = os.fsync

    def spy(handle: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{handle}"))
        original(handle)

    monkeypatch.setattr(os, "fsync", spy)
    load(lake, [{"_record": 1, "name": "甲"}], "a")
    folder = str(lake.folder / "data" / "t")
    assert f"{folder}/data/a" in synced
    assert f"{folder}/data" in synced
    assert any(p.endswith(".metadata.json") for p in synced)
    assert any(p.endswith(".avro") for p in synced)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('/etc/*')",
        "INSTALL httpfs",
        "SET memory_limit = '10GB'",
        "ATTACH '/tmp/x.db' AS x",
    ],
)
def test_the_engine_is_locked(engine: Engine, sql: str) -> None:
    for ask in (engine.fetch, lambda statement: list(engine.stream(statement))):
        with pytest.raises(EngineFault, match="PermissionException|InvalidInputException"):
            ask(Statement(sql))


def test_a_stream_left_halfway_frees_its_connection(lake: Lake, engine: Engine) -> None:
    rows: list[dict[str, object]] = [{"_record": n, "name": "甲"} for n in range(10)]
    snapshot = load(lake, rows, "a")
    for _ in range(5):
        stream = engine.stream(Statement(f"SELECT * FROM {engine.relation(snapshot).sql}"))
        next(stream)
        stream.close()
    count = Statement(f"SELECT count(*) AS n FROM {engine.relation(snapshot).sql}")
    assert engine.fetch(count)["n"][0].as_py() == 10
