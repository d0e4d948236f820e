"""Many at once: eight processes that load, four that push, one that commits; all of it is there."""

import multiprocessing
from pathlib import Path

import duckdb
import pytest

from tests.harness import victims
from xihu_catalog.quality.models import Load
from xihu_catalog.schema import upgrade
from xihu_pipelines.ingest.existing import existing_sql
from xihu_platform.database import transaction

pytestmark = [pytest.mark.harness, pytest.mark.timeout(600)]

WORKERS, LOADS = 8, 20
PUSHERS, PUSHES = 4, 500


def test_everything_acknowledged_is_there_once_and_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[2])  # children import these tests anew
    node = victims.node(tmp_path)
    upgrade(node.database)
    spawn = multiprocessing.get_context("spawn")
    pushing = spawn.Event()
    pushing.set()
    loaders = [
        spawn.Process(target=victims.load_many, args=(tmp_path, n, LOADS), daemon=True)
        for n in range(WORKERS)
    ]
    pushers = [
        spawn.Process(target=victims.push_many, args=(tmp_path, n, PUSHES), daemon=True)
        for n in range(PUSHERS)
    ]
    committer = spawn.Process(
        target=victims.commit_until_idle, args=(tmp_path, pushing), daemon=True
    )
    for process in (*loaders, *pushers, committer):
        process.start()
    for process in (*loaders, *pushers):
        process.join()
    pushing.clear()
    committer.join()
    assert [p.exitcode for p in (*loaders, *pushers, committer)] == [0] * 13

    acknowledged = [
        name
        for n in range(PUSHERS)
        for name in (tmp_path / f"receipts-{n}.txt").read_text(encoding="utf-8").split()
    ]
    loaded = [f"L{w:02d}{n:04d}" for w in range(WORKERS) for n in range(LOADS)]
    pseudonyms = sorted(node.keyring.pseudonym("document", n) for n in acknowledged + loaded)
    snapshot = node.lake.snapshot(victims.contract("append").table)
    found = duckdb.connect().execute(f"SELECT number FROM {existing_sql(snapshot)} ORDER BY 1")
    assert [row[0] for row in found.fetchall()] == pseudonyms
    assert len(acknowledged) == PUSHERS * PUSHES
    with transaction(node.database) as session:
        assert sum(load.received for load in session.query(Load)) == len(pseudonyms)
