"""One contract out of 31 and out of 100,000: the look-up of every page, read and download.

Run by hand: `make bench B=contract_store`. The peer is what the platform did before: a folder of
files whose stamps are compared at each look-up; it is timed on 31 and on 1,000 files, because it
would read 100,000 for a quarter of an hour first.
"""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from itertools import cycle
from pathlib import Path

from sqlalchemy import insert

from tests.benchmarks.measure import Report, Spread, repeat, reporting
from tests.registry import REGISTRY
from xihu_catalog.contracts.headers import ContractRow
from xihu_catalog.contracts.store import ContractStore, ContractText, ContractVersionRow
from xihu_catalog.start import open_contracts
from xihu_platform.clock import system_clock
from xihu_platform.database import transaction
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node

MANY = 100_000
AT_ONCE = 5_000
TIMES = 500
ASKED = 200
"""Contracts asked for in turn, fewer than the store keeps parsed."""
SOURCE = REGISTRY / "contracts" / "fg_power_daily.odcs.yaml"
PEER_FILES = 1_000


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        reporting("contract_store", system_clock, {"contracts": MANY}) as report,
    ):
        node = open_node(Settings(data_dir=Path(folder) / "data"))
        store = open_contracts(node)
        few = list(store.all())
        before = _measure(report, node, few, f"{len(few)} contracts")
        made = _fill(node)
        after = _measure(report, node, made[:: MANY // ASKED], f"{MANY:,} contracts")
        report.show("100,000 beside 31, times as long", round(after.p50 / before.p50, 2))
        _peer(report, Path(folder) / "files")


def _measure(report: Report, node: Node, names: list[str], what: str) -> Spread:
    """Parsed contracts of a store of its own, so that nothing is left of a measurement before."""
    first = iter(names)
    store = ContractStore(node.database)
    cold = repeat(lambda: store.get(next(first)), min(25, len(names) - 2))
    report.show(f"first look-up, {what}", cold, remark="parses the contract")
    for name in names:
        store.get(name)
    turn = cycle(names)
    warm = report.steady(lambda: repeat(lambda: store.get(next(turn)), TIMES))
    report.show(f"look-up, {what}", warm)
    return warm


def _fill(node: Node) -> list[str]:
    """Contracts that differ by their id, each with its text, put in force in blocks."""
    text = SOURCE.read_bytes()
    names = [f"entry_{number:06d}" for number in range(MANY)]
    for start in range(0, MANY, AT_ONCE):
        block = list(_rows(names[start : start + AT_ONCE], text))
        with transaction(node.database) as session:
            for table, at in ((ContractText, 0), (ContractVersionRow, 1), (ContractRow, 2)):
                session.execute(insert(table), [rows[at] for rows in block])
    return names


def _rows(names: list[str], text: bytes) -> Iterator[tuple[dict[str, object], ...]]:
    for name in names:
        content = text.replace(b"fg_power_daily", name.encode())
        digest = sha256(content).hexdigest()
        version = {"dataset": name, "digest": digest, "origin": "registry"}
        header = {
            **version,
            "title_zh": name,
            "title_en": name,
            "topic": "energy",
            "cycle": "daily",
            "derived": False,
            "subject_key": False,
            "firm_key": False,
        }
        yield (
            {"digest": digest, "content": content},
            {**version, "since": datetime(2026, 1, 1, tzinfo=UTC)},
            header,
        )


def _peer(report: Report, folder: Path) -> None:
    """Stamps of all files at each look-up."""
    folder.mkdir()
    for count in (31, PEER_FILES):
        for number in range(count):
            shutil.copyfile(SOURCE, folder / f"entry_{number:06d}.odcs.yaml")
        spent = repeat(lambda: _stamps(folder), 100)
        report.show(f"peer: stamps of {count:,} files", spent)


def _stamps(folder: Path) -> tuple[tuple[str, int], ...]:
    files = sorted(folder.glob("*.odcs.yaml"))
    return tuple((str(path), path.stat().st_mtime_ns) for path in files)


if __name__ == "__main__":
    main()
