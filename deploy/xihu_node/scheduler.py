"""Starts what is due while the platform serves: harvests, batch exchanges, comparisons of
values, checks of entries by their standards.

Each runs in a process of its own, which a lease keeps from running twice. What changes by the hour
never waits for what takes hours: each lane has its thread.
"""

import logging
import subprocess
import sys
import threading
from collections.abc import Callable

from xihu_catalog.conformance.checking import is_due, published_entries
from xihu_catalog.datasets.service import Catalogue
from xihu_pipelines.duplicates.run import are_sketches_due
from xihu_pipelines.exchange.due import due_exchanges
from xihu_pipelines.harvest.run import due_sources
from xihu_platform.start import Node
from xihu_platform.telemetry.logs import facts, failure_facts

log = logging.getLogger("xihu.runner")
EVERY_S = 300.0
FIRST_S = 60.0
"""After the start, which has enough to do."""
POLL_S = 1.0
DEADLINE_S = 6 * 3600.0
"""For one command; what it was doing goes on with the next one."""
NICE, NICEST = 10, 19
"""What takes hours yields the processor to a request for a page; upkeep takes what is left over."""
_PROGRAM = "import os; os.nice({nice}); from xihu_node.cli.main import main; main()"
_COMMAND = (sys.executable, "-P", "-c")
HARVEST = ("harvest", "run", "--due")
EXCHANGE = ("exchange", "run")
REPEATS = ("repeats", "compare")
CHECK = ("catalogue", "check")


def checks_due(node: Node, catalogue: Catalogue) -> bool:
    """Whether an entry has changed since entries were checked by their standards."""
    base = node.settings.base_url
    return is_due(node.database, published_entries(catalogue, base, node.clock))


class Scheduler:
    """Looks what is due, in lanes that do not wait for one another. What it starts ends with the
    platform, and goes on with the next run."""

    def __init__(
        self, node: Node, catalogue: Catalogue, first_s: float = FIRST_S, every_s: float = EVERY_S
    ) -> None:
        self._node = node
        self._catalogue = catalogue
        self._waits = (first_s, every_s)
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(lane,), name="scheduler", daemon=True)
            for lane in (self._exchanges, self._harvests, self._upkeep)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self._ended.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _run(self, lane: Callable[[], None]) -> None:
        wait, every = self._waits
        while not self._ended.wait(wait):
            wait = every
            try:
                lane()
            except Exception as fault:  # the next look makes up for it
                log.warning("the schedule was not looked at", extra=failure_facts(fault))

    def _exchanges(self) -> None:
        if due_exchanges(self._node):
            self._do(EXCHANGE)

    def _harvests(self) -> None:
        if due_sources(self._node):
            self._do(HARVEST)

    def _upkeep(self) -> None:
        """Each may take all of a core: one after the other."""
        if are_sketches_due(self._node, self._catalogue):
            self._do(REPEATS, NICEST)
        if checks_due(self._node, self._catalogue):
            self._do(CHECK, NICEST)

    def _do(self, command: tuple[str, ...], nice: int = NICE) -> None:
        with subprocess.Popen(
            [*_COMMAND, _PROGRAM.format(nice=nice), *command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as child:
            left = DEADLINE_S
            while child.poll() is None:
                if self._ended.wait(POLL_S) or left <= 0:
                    child.terminate()
                left -= POLL_S
        if child.returncode and not self._ended.is_set():
            said = facts(command=" ".join(command), exit=child.returncode)
            log.warning("not all that was due was done", extra=said)
