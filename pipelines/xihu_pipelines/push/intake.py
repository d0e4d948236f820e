"""Spools what is pushed or corrected over HTTP; a child process commits it.

A load needs more memory than a serving process should keep, so a child is started when pushes
or corrections are waiting, and ends when there are none any more.
"""

import logging
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from xihu_catalog.contracts.model import Contract
from xihu_catalog.contracts.store import ContractStore
from xihu_catalog.datasets.intake import PushFormat, Receipt
from xihu_catalog.quality.corrections import Correction
from xihu_pipelines.push import corrections, spool
from xihu_pipelines.push.commit import commit_waiting
from xihu_pipelines.push.corrections import commit_corrections
from xihu_pipelines.start import open_registry
from xihu_platform.errors import PlatformError
from xihu_platform.lake.lease import Leased
from xihu_platform.settings import Settings
from xihu_platform.start import Node, open_node
from xihu_platform.telemetry.logs import failure_facts, start_logging

log = logging.getLogger("xihu.push")
LEASE = "spool"
_PAUSE_S = 1.0
_IDLE_ROUNDS = 2
"""Rounds without work before the committing process ends."""
_LONGEST_REST_S = 60.0
"""What cannot be committed is tried again after 1, 2, 4, … seconds, and then once a minute."""

_Task = tuple[Callable[[Node, Contract], object], str]
"""What to do, and for which dataset."""


class _Rest(NamedTuple):
    """Before a task that failed is tried again: seconds, and the end of it."""

    length: float = _PAUSE_S / 2
    until: float = 0.0


class SpoolIntake:
    """`start` watches the spool; `close` lets a commit under way finish."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="push-commits", daemon=True)

    def accept(
        self, contract: Contract, sender: str, key: str, body: bytes, form: PushFormat
    ) -> Receipt:
        return spool.accept(self._node, contract, sender, key, body, form)

    def get(self, contract: Contract, sender: str, key: str) -> Receipt:
        return spool.find(self._node, contract, sender, key)

    def correct(self, contract: Contract, load_id: str, name: str, body: bytes) -> Correction:
        return corrections.accept(self._node, contract, load_id, name, body)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        while not self._closing.wait(_PAUSE_S):
            if _waiting(self._node):
                # One of several serving processes starts the child, the others look again.
                with suppress(Leased), self._node.lake.lease(LEASE, wait_s=0):
                    child = spawn.Process(target=_commit_in_child, args=(self._node.settings,))
                    child.start()
                    child.join()


def _commit_in_child(settings: Settings) -> None:
    """Python would print the message of a failure, which may hold a value of a record."""
    start_logging(settings.telemetry)
    try:
        commit_all(settings)
    except Exception as error:
        log.error("the process that commits pushes failed", extra=failure_facts(error))
        raise SystemExit(1) from None


def commit_all(settings: Settings) -> None:
    """Commit whatever is waiting, until nothing has been for a while.

    Ctrl-C reaches the whole group of processes: what is under way here is brought to its end.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    open_registry(settings)
    node = open_node(settings)
    contracts = ContractStore(node.database)
    corrections.clear_leftovers(node)
    idle, rests = 0, dict[_Task, _Rest]()
    while idle < _IDLE_ROUNDS:
        waiting = _waiting(node)
        for task in waiting:
            if time.monotonic() >= rests.get(task, _Rest()).until:
                _commit(node, contracts, task, rests)
        idle = 0 if waiting else idle + 1
        time.sleep(_PAUSE_S)


def _commit(node: Node, contracts: ContractStore, task: _Task, rests: dict[_Task, _Rest]) -> None:
    commit, dataset = task
    try:
        commit(node, contracts.get(dataset))
    except PlatformError as error:  # the others are not held up; this one is tried again
        log.error(
            "pushed records wait", extra=failure_facts(error, step=commit.__name__, dataset=dataset)
        )
        length = min(2 * rests.get(task, _Rest()).length, _LONGEST_REST_S)
        rests[task] = _Rest(length, time.monotonic() + length)
    else:
        rests.pop(task, None)


def _waiting(node: Node) -> list[_Task]:
    pushed: list[_Task] = [(commit_waiting, d) for d in spool.datasets_waiting(node)]
    corrected: list[_Task] = [(commit_corrections, d) for d in corrections.datasets_waiting(node)]
    return [*pushed, *corrected]
