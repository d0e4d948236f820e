"""P1's own side, each part run in a process of its own: bare COPY, the full load, checks alone."""

import json
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from pathlib import Path
from pkgutil import resolve_name
from time import perf_counter, process_time
from typing import Any, ParamSpec, TypeVar
from unittest.mock import patch

import duckdb

from tests.benchmarks.intake import CONTRACTS, DATASET, contract
from tests.benchmarks.machine import SCRATCH
from xihu_catalog.contracts.headers import list_headers
from xihu_catalog.contracts.model import Source, columns_of
from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.lineage.emit import open_emitter
from xihu_catalog.schema import upgrade
from xihu_pipelines.ingest import context, split
from xihu_pipelines.ingest.compile import broken_rules, compile_checks
from xihu_pipelines.ingest.load import workshop
from xihu_pipelines.ingest.prepare import PREPARE
from xihu_pipelines.ingest.pseudonyms import PseudonymScheme
from xihu_pipelines.runner.local import run_one
from xihu_pipelines.runner.steps import RunContext
from xihu_pipelines.sources.files import open_records
from xihu_pipelines.sources.records import Batches, Records, by_place
from xihu_platform.settings import Settings
from xihu_platform.sql import text_literal
from xihu_platform.start import Node, open_node

P = ParamSpec("P")
T = TypeVar("T")

STEPS = {
    "receive (SHA-256)": "xihu_pipelines.runner.steps.file_digest",
    "SHA-256 again": "xihu_pipelines.ingest.load.file_digest",
    "check": "xihu_pipelines.ingest.split._check",
    "write good (protect, Parquet)": "xihu_pipelines.ingest.split.copy_rows",
    "collect bad": "xihu_pipelines.ingest.split._collect_bad",
    "duplicates": "xihu_pipelines.ingest.prepare.quarantine_repeats",
    "profile": "xihu_pipelines.ingest.prepare.profile",
    "quarantine": "xihu_pipelines.ingest.prepare.write_quarantine",
    "commit (fsync)": "xihu_platform.lake.tables.Lake.commit",
    "record": "xihu_pipelines.ingest.load._finish",
}
"""Steps of a load in their order, each without the steps inside it."""
DECODE = "decode"
"""The wait for each next batch; a second reading of the file is in it too."""


def copy(path: Path) -> dict[str, object]:
    """DuckDB's bare COPY to Parquet, its own guess of the types: the denominator."""
    started = process_time()
    target = path.with_suffix(".bare.parquet")
    connection = duckdb.connect(config={"threads": 2})
    connection.execute(
        f"COPY (FROM read_csv({text_literal(str(path))})) TO {text_literal(str(target))} "
        "(FORMAT parquet, COMPRESSION zstd)"
    )
    target.unlink()
    return {"processor_seconds": round(process_time() - started, 1)}


def load(path: Path) -> dict[str, object]:
    """The whole load, as the in-process runner does it, lineage events included."""
    clock = _Clock()
    with _installation(path) as node:
        contracts = ContractStore(node.database)
        contracts.publish((CONTRACTS / f"{DATASET}.odcs.yaml").read_bytes())
        run_context = RunContext(node, open_emitter(node.settings), lambda _: None, contracts)
        header = list_headers(node.database)[DATASET]
        started = process_time()
        with _timing(clock):
            ended = run_one(run_context, header, lambda _: None)
        if ended.run is None:
            raise RuntimeError(f"the load failed: {ended.fault}")
        whole = ended.run
        took = process_time() - started
    return {
        "steps": {name: round(clock.spent[name], 2) for name in (DECODE, *STEPS)},
        "processor_seconds": round(took, 1),
        "kept": whole.counts.accepted,
        "set_aside": whole.counts.quarantined,
        "rules": whole.rules,
    }


def check(path: Path) -> dict[str, object]:
    """Checking alone: decode, cast, every rule counted; nothing is written."""
    found = contract()
    counts: Counter[str] = Counter()
    with _installation(path) as node, workshop(node, found) as connection:
        checks = compile_checks(found, columns_of(found), PseudonymScheme(node.keyring.digest))
        words = ", ".join(f"_bits{w}" for w in range(checks.words))
        connection.execute("CREATE TABLE keys (key VARCHAR)")
        columns = [f.source_column for f in found.fields]
        with open_records(path, found.source, columns) as batches:
            for batch in split.gather(batches):
                connection.register("batch", by_place(batch))
                connection.register("checked", connection.sql(checks.check_sql).to_arrow_table())
                connection.execute("INSERT INTO keys SELECT record_no FROM checked")
                rows = connection.execute(
                    f"SELECT {words}, count(*) FROM checked GROUP BY ALL"
                ).fetchall()
                for *bits, records in rows:
                    for rule in broken_rules(checks, [int(b) for b in bits]):
                        counts[rule] += records
        once = connection.execute("SELECT count(key) - count(DISTINCT key) FROM keys").fetchall()
    counts["record_no.unique"] = once[0][0]
    return {"rules": dict(counts)}


@contextmanager
def _installation(path: Path) -> Iterator[Node]:
    """An empty installation whose intake folder holds the file."""
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        node = open_node(Settings(data_dir=Path(folder)))
        upgrade(node.database)
        intake = Path(folder) / "intake"
        intake.mkdir()
        (intake / contract().source.path).hardlink_to(path)
        yield node
        shutil.rmtree(intake)


class _Clock:
    """Seconds of each step; while a step runs inside another, only the inner one's time goes on."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._running: list[str] = []
        self._since = perf_counter()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self._turn()
        self._running.append(name)
        try:
            yield
        finally:
            self._turn()
            self._running.pop()

    def _turn(self) -> None:
        now = perf_counter()
        if self._running:
            self.spent[self._running[-1]] += now - self._since
        self._since = now


@contextmanager
def _timing(clock: _Clock) -> Iterator[None]:
    """Time every step while the block runs, the wait for each next batch among them."""
    original = open_records

    @contextmanager
    def opened(path: Path, source: Source, columns: list[str], **said: Any) -> Iterator[Records]:
        # Any: what `open_records` takes by name.
        with ExitStack() as stack:
            with clock.step(DECODE):
                records = stack.enter_context(original(path, source, columns, **said))
            records.batches = _waiting(records.batches, clock)
            yield records

    names = {resolve_name(target): name for name, target in STEPS.items()}
    prepare = tuple(_timed(s, names[s], clock) if s in names else s for s in PREPARE)
    with ExitStack() as stack:
        stack.enter_context(patch.object(context, "open_records", opened))
        stack.enter_context(patch("xihu_pipelines.ingest.load.PREPARE", prepare))
        for name, target in STEPS.items():
            stack.enter_context(patch(target, _timed(resolve_name(target), name, clock)))
        yield


def _timed(function: Callable[P, T], name: str, clock: _Clock) -> Callable[P, T]:
    @wraps(function)
    def called(*given: P.args, **named: P.kwargs) -> T:
        with clock.step(name):
            return function(*given, **named)

    return called


def _waiting(batches: Batches, clock: _Clock) -> Batches:
    while True:
        with clock.step(DECODE):
            batch = next(batches, None)
        if batch is None:
            return
        yield batch


PARTS: dict[str, Callable[[Path], dict[str, object]]] = {"copy": copy, "load": load, "check": check}


def main(part: str, path: str) -> None:
    started = perf_counter()
    found = PARTS[part](Path(path))
    found["seconds"] = perf_counter() - started
    status = Path("/proc/self/status").read_text()
    found["peak_kb"] = int(status.split("VmHWM:")[1].split()[0])
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
