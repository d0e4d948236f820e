"""Killed anywhere: the table is the one before or the one after, and the next run cleans up.

Each trial copies a prepared installation, starts the work in a process of its own, waits until it
says that the stage in question has begun, kills it with SIGKILL after a random part of the time
that stage takes, and looks. Only a kill whose process never named a later stage counts.
"""

import multiprocessing
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from tests.harness import victims
from xihu_catalog.quality import quarantine
from xihu_catalog.quality.models import Load
from xihu_catalog.schema import upgrade
from xihu_pipelines.housekeeping.compact import compact
from xihu_pipelines.housekeeping.rotate import rotate
from xihu_pipelines.housekeeping.tidy import tidy
from xihu_pipelines.ingest import journal, vault
from xihu_pipelines.ingest.existing import existing_sql
from xihu_pipelines.ingest.load import load_file
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound
from xihu_platform.lake.maintenance import remove_orphans
from xihu_platform.lake.relocate import relocate
from xihu_platform.start import Node
from xihu_platform.vault.key_version import write_key_version

pytestmark = [pytest.mark.harness, pytest.mark.timeout(600)]  # 15 kills on a busy machine

KILLS = 15  # that must land inside each stage
TRIALS = 120  # at most, until so many have
FORK = multiprocessing.get_context("forkserver")
PRELOADED = ["tests.harness.victims", "tests.harness.matter_preloaded"]
Victim = Callable[[Path, int], None]


@dataclass(frozen=True)
class State:
    """All that an outsider can tell of the dataset."""

    rows: tuple[tuple[object, ...], ...]
    quarantined: tuple[int, ...]
    loads: tuple[str, ...]
    key_versions: tuple[int | None, ...]
    """Of pseudonyms: the table's and the vault's."""


@pytest.fixture(scope="module", autouse=True)
def _preloaded() -> None:
    FORK.set_forkserver_preload(PRELOADED)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with two loads, and the file of a third: changed, new and wrong rows."""
    folder = tmp_path_factory.mktemp("prepared") / "data"
    node = victims.node(folder)
    upgrade(node.database)
    _write(folder / "zero.csv", [(n, n) for n in range(90_000, 91_000)])
    _write(folder / victims.FIRST, [(n, n + 1) for n in range(60_000)])
    _write(
        folder / victims.SECOND, [(n, "x" if n % 1000 == 7 else -n) for n in range(30_000, 90_000)]
    )
    for name in ("zero.csv", victims.FIRST):
        load_file(node, victims.contract(), folder / name)
    node.database.dispose()
    return folder


def _write(path: Path, rows: list[tuple[int, object]]) -> None:
    lines = "".join(f"E{n:08d},{amount}\n" for n, amount in rows)
    path.write_text("number,amount\n" + lines, encoding="utf-8")


def state(node: Node) -> State:
    dataset = victims.contract().dataset
    with transaction(node.database) as session:
        loads = tuple(sorted(load.id for load in session.query(Load)))
    aside = []
    for load_id in loads:
        try:
            found = quarantine.read(node.lake, node.keyring, dataset, load_id, limit=10**6)
        except NotFound:
            continue
        aside.append(len(found))
    table = node.lake.snapshot(victims.contract().table).key_version
    sealed = vault.key_version(node.lake, victims.contract())
    return State(rows(node), tuple(aside), loads, (table, sealed))


def rows(node: Node) -> tuple[tuple[object, ...], ...]:
    """Count and digest of the rows a reader sees now."""
    snapshot = node.lake.snapshot(victims.contract().table)
    digest = "count(*), bit_xor(hash(number, amount)), sum(amount), count(DISTINCT number)"
    return tuple(
        duckdb.connect().execute(f"SELECT {digest} FROM {existing_sql(snapshot)}").fetchall()
    )


def copy(prepared: Path, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(prepared, folder)
    relocate(folder / "lake")
    return folder


def kill_in(victim: Victim, folder: Path, stage: str, delay_s: float) -> bool:
    """Start, wait for the stage, kill; whether the kill landed inside it."""
    reader, writer = os.pipe()
    process = FORK.Process(target=_run, args=(victim, folder, _handed(writer)))
    process.start()
    os.close(writer)
    seen: list[str] = []
    with os.fdopen(reader, "r", encoding="utf-8") as stages:
        for line in stages:
            seen.append(line.strip())
            if seen[-1] == stage:
                time.sleep(delay_s)
                with suppress(ProcessLookupError):  # it was faster: this kill does not count
                    os.kill(process.pid or 0, signal.SIGKILL)
                seen += [rest.strip() for rest in stages]
                break
    process.join()
    return process.exitcode == -signal.SIGKILL and seen[-1:] == [stage]


def _handed(writer: int) -> object:
    from multiprocessing.reduction import DupFd

    return DupFd(writer)


def _run(victim: Victim, folder: Path, pipe: object) -> None:
    victim(folder, pipe.detach())  # type: ignore[attr-defined]  # multiprocessing's own handle


def length_of(victim: Victim, folder: Path, stage: str) -> float:
    """Seconds that a stage takes, from when it is named to when the next one is, or the end."""
    reader, writer = os.pipe()
    process = FORK.Process(target=_run, args=(victim, folder, _handed(writer)))
    process.start()
    os.close(writer)
    begun, ended = 0.0, 0.0
    with os.fdopen(reader, "r", encoding="utf-8") as stages:
        for line in stages:
            if begun and not ended:
                ended = time.monotonic()
            if line.strip() == stage and not begun:
                begun = time.monotonic()
    process.join()
    assert begun, f"{stage} never began"
    return (ended or time.monotonic()) - begun


@dataclass(frozen=True)
class Case:
    """A stage to be killed in, and the work it belongs to."""

    stage: str
    victim: Victim
    changes: bool
    """Whether the work changes what a reader sees."""


LOADING = [
    Case(stage, victims.load_second, changes=True)
    for stage in ("decode", "write", "quarantine", "written", "committed")
]
TIDYING = [
    Case("compaction", victims.compact_table, changes=False),
    Case("expiry", victims.tidy_table, changes=False),
    Case("orphans", victims.tidy_table, changes=False),
]
ROTATING = [Case(stage, victims.rotate_table, changes=True) for stage in ("rotate", "rotate vault")]
PUSHING = [Case("push", victims.accept_push, changes=True)]
"""Acknowledged and not committed: five pushes whose receipts were given."""


@pytest.mark.parametrize(
    "case", LOADING + TIDYING + ROTATING + PUSHING, ids=lambda case: case.stage
)
def test_a_kill_inside_a_stage_leaves_before_or_after(
    prepared: Path, tmp_path: Path, case: Case
) -> None:
    before, after = _ends(case, prepared, tmp_path)
    length = length_of(case.victim, _ready(case, copy(prepared, tmp_path / "timed")), case.stage)
    landed = 0
    for trial in range(TRIALS):
        folder = _ready(case, copy(prepared, tmp_path / "trial"))
        if not kill_in(case.victim, folder, case.stage, random.uniform(0, length)):
            continue
        landed += 1
        node = _node(case, folder)
        assert rows(node) in (before.rows, after.rows), f"trial {trial}: half a load is seen"
        _again(case, node)
        assert state(node) == after, f"trial {trial}: the next run ended elsewhere"
        _is_clean(node)
        node.database.dispose()
        if landed == KILLS:
            break
    assert landed == KILLS, f"only {landed} kills landed inside {case.stage} ({length:.3f} s)"


def _ends(case: Case, prepared: Path, tmp_path: Path) -> tuple[State, State]:
    node = _node(case, _ready(case, copy(prepared, tmp_path / "ends")))
    before = state(node)
    _again(case, node)
    after = state(node)
    node.database.dispose()
    assert (before.rows != after.rows) == case.changes
    return before, after


def _ready(case: Case, folder: Path) -> Path:
    """There must be something to do: an orphan, an old snapshot, a key version wanted."""
    if case.victim is victims.rotate_table:
        write_key_version(folder / "keys", 2)
    if case.victim is victims.tidy_table:
        data = folder / "lake" / "data" / "mz_people" / "data"
        for number in range(300):
            (data / f"left-{number:05d}.parquet").write_bytes(b"x" * 4096)
    return folder


def _node(case: Case, folder: Path) -> Node:
    return victims.node(folder, later=case.victim is victims.tidy_table)


def _again(case: Case, node: Node) -> None:
    """The next run, to its end."""
    if case.victim is victims.load_second:
        load_file(node, victims.contract(), node.settings.data_dir / victims.SECOND)
    elif case.victim is victims.accept_push:
        with open(os.devnull, "wb") as nobody:  # the same keys again: nothing is pushed twice
            victims.accept_push(node.settings.data_dir, nobody.fileno())
    elif case.victim is victims.compact_table:
        compact(node, victims.contract(), least=2)
    elif case.victim is victims.rotate_table:
        rotate(node, victims.contract())
    else:
        tidy(node, victims.contract())


def _is_clean(node: Node) -> None:
    """No journal, no data file without a snapshot; housekeeping then leaves no stray file."""
    contract = victims.contract()
    assert journal.find(node.lake, contract.dataset) is None
    for name in (contract.table, f"quarantine.{contract.dataset}", f"vault.{contract.dataset}"):
        data = node.lake.folder / name.replace(".", "/") / "data"
        named = {Path(f) for s in node.lake.history(name) for f in s.files}
        assert set(data.glob("*")) <= named, f"{name} holds files that no snapshot names"
        remove_orphans(node.lake, name)
        assert remove_orphans(node.lake, name).files == 0
