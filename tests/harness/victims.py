"""What a killed process was doing: each function runs in a child that says which stage it is in.

They stand in a module of their own so that a fork server can import them once.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path

from tests import contracts
from tests.contracts import field
from xihu_catalog.contracts.model import Contract
from xihu_pipelines.housekeeping.compact import compact
from xihu_pipelines.housekeeping.rotate import rotate
from xihu_pipelines.housekeeping.tidy import tidy
from xihu_pipelines.ingest.load import load_file
from xihu_pipelines.push import spool
from xihu_pipelines.push.commit import commit_waiting
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node

PERSON = {"identifier": "document_number", "protect": "pseudonym"}
FIELDS = [
    field("number", grade="L4", required=True, key=True, subjectKey=True, vault=True, **PERSON),
    field("amount", "INTEGER", grade="L3"),
]
FIRST, SECOND = "first.csv", "second.csv"


def contract(mode: str = "upsert") -> Contract:
    return contracts.contract("mz_people", FIELDS, mode=mode, domain="population")


LATER = timedelta(days=100)
"""By then snapshots have expired and what was quarantined is purged."""


def node(folder: Path, *, later: bool = False) -> Node:
    ahead = LATER if later else timedelta()
    return open_node(Settings(data_dir=folder), clock=lambda: datetime.now(UTC) + ahead)


def _saying(pipe: int) -> Callable[[str], None]:
    def say(stage: str) -> None:
        os.write(pipe, f"{stage}\n".encode())

    return say


def load_second(folder: Path, pipe: int) -> None:
    load_file(node(folder), contract(), folder / SECOND, stage=_saying(pipe))


def compact_table(folder: Path, pipe: int) -> None:
    compact(node(folder), contract(), least=2, stage=_saying(pipe))


def rotate_table(folder: Path, pipe: int) -> None:
    rotate(node(folder), contract(), stage=_saying(pipe))


def tidy_table(folder: Path, pipe: int) -> None:
    tidy(node(folder, later=True), contract(), stage=_saying(pipe))


def load_many(folder: Path, worker: int, loads: int) -> None:
    """One of several processes that hand in file after file."""
    opened = node(folder)
    for number in range(loads):
        path = folder / "in" / f"{worker}-{number}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"number,amount\nL{worker:02d}{number:04d},1\n", encoding="utf-8")
        load_file(opened, contract("append"), path)


def push_many(folder: Path, worker: int, pushes: int) -> None:
    """One of several processes that push; each receipt is written down as soon as it is given."""
    opened, one = node(folder), contract("append")
    with (folder / f"receipts-{worker}.txt").open("w", encoding="utf-8") as receipts:
        for number in range(pushes):
            name = f"P{worker:02d}{number:04d}"
            body = f'{{"number": "{name}", "amount": "1"}}\n'.encode()
            spool.accept(opened, one, "sender", f"{worker}/{number}", body, "jsonl")
            print(name, file=receipts, flush=True)


def commit_until_idle(folder: Path, pushing: Event) -> None:
    """What the process beside the serving one does, until nobody pushes any more."""
    opened, one = node(folder), contract("append")
    while pushing.is_set() or spool.waiting(opened, one.dataset):
        commit_waiting(opened, one)


def accept_push(folder: Path, pipe: int) -> None:
    """A push acknowledged and killed before or while it is committed."""
    opened, one = node(folder), contract()
    say = _saying(pipe)
    for number in range(5):
        body = f'{{"number": "E{number:08d}", "amount": "77"}}\n'.encode()
        spool.accept(opened, one, "sender", str(number), body, "jsonl")
        say(f"acknowledged {number}")
    say("push")
    commit_waiting(opened, one)
    say("settled")
