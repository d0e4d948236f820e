"""Batch exchange of a million rows into a PostgreSQL: the first batch, one of a hundredth of the
rows changed, one that compares every row; beside PostgreSQL's own COPY of the same rows as CSV.

`python -m tests.benchmarks.exchange [--rows N]`
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import psycopg

from tests.harness.postgres import running_postgres
from tests.test_pipelines.exchange.world import World, exchange_world
from xihu_pipelines.ingest.load import load_file


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    count = parser.parse_args().rows
    with (
        tempfile.TemporaryDirectory(prefix="xihu-") as folder,
        running_postgres() as port,
        exchange_world(Path(folder), port) as world,
    ):
        world.ask("CREATE SCHEMA jt")
        _load(world, count, 0)
        said = {"first batch": _timed(world.sent)}
        _load(world, count, 1)
        said["a hundredth changed"] = _timed(world.sent)
        said["every row compared"] = _timed(lambda: world.sent(whole=True))
        said["COPY of the same rows"] = _timed(lambda: _copy(world))
        counts = [(one.rows, one.added, one.changed, one.repaired) for one in world.batches()]
        assert counts == [
            *((count, count, 0, None), (count, 0, count // 100, None)),
            (count, 0, 0, 0),
        ], counts
    for name, seconds in said.items():
        sys.stdout.write(f"{name}: {seconds:.1f} s, {count / seconds:,.0f} rows a second\n")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    sys.stdout.write(f"most memory, loads included: {most} MB\n")


def _load(world: World, count: int, version: int) -> None:
    path = world.folder / f"bench-{version}.csv"
    fare = f"(n % 1000) + CASE WHEN n % 100 = 7 THEN {version} ELSE 0 END"
    duckdb.sql(
        f"COPY (SELECT 'S' || lpad(n::VARCHAR, 9, '0') AS code, '站点' || n AS name, "
        f"({fare})::DECIMAL(12,2) AS fare, DATE '2020-01-01' + (n % 2000)::INTEGER AS opened, "
        "TIMESTAMP '2026-01-01' + to_seconds(n) AS seen, n % 2 = 0 AS covered, NULL AS phone "
        f"FROM range({count}) r(n)) TO '{path}' (HEADER)"
    )
    load_file(world.node, world.current, path)


def _copy(world: World) -> None:
    with psycopg.connect(world.address) as session:
        session.execute("CREATE TABLE jt.copied (LIKE jt.stops INCLUDING ALL)")
        target = "jt.copied (code, name, fare, opened, seen, covered, xihu_row)"
        path = world.folder / "copied.csv"
        duckdb.sql(
            "COPY (SELECT code, name, fare, opened, seen, covered, md5(code) "
            f"FROM '{world.folder}/bench-1.csv') TO '{path}' (HEADER false)"
        )
        with (
            session.cursor() as cursor,
            path.open("rb") as file,
            cursor.copy(f"COPY {target} FROM STDIN (FORMAT csv)") as copy,
        ):
            while block := file.read(1 << 20):
                copy.write(block)


def _timed(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


if __name__ == "__main__":
    main()
