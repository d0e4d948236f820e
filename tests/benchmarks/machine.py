"""The machine a figure was taken on: its size, its load, the commit that was measured."""

import os
import platform
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psutil

from tests.registry import REGISTRY
from xihu_catalog.registry.folder import use_registry

use_registry(REGISTRY)
ROOT = Path(__file__).parents[2]
SCRATCH = ROOT / ".make" / "bench"
"""Made rows and peers' files: large, ignored by git, used again by the next run."""

QUIET_PERCENT = 10
QUIET_S = 3.0


@dataclass(frozen=True, slots=True)
class Machine:
    """What has to be known to compare two figures."""

    cores: int
    memory_gib: float
    python: str
    duckdb: str

    def words(self) -> str:
        return (
            f"{self.cores} cores, {self.memory_gib} GiB, Python {self.python}, DuckDB {self.duckdb}"
        )


def this_machine() -> Machine:
    return Machine(
        cores=len(psutil.Process().cpu_affinity()),
        memory_gib=round(psutil.virtual_memory().total / 2**30, 1),
        python=platform.python_version(),
        duckdb=duckdb.__version__,
    )


def load_average() -> float:
    """Processes that wanted a core over the last minute: above the cores, figures are noisy."""
    return round(os.getloadavg()[0], 2)


@dataclass(frozen=True, slots=True)
class Work:
    """Seconds of processor time since the machine started: by all, and by this run."""

    by_all: float
    by_us: float
    cores_time: float

    @staticmethod
    def now() -> "Work":
        times = psutil.cpu_times()
        idle = times.idle + times.iowait
        me = psutil.Process()
        own = me.cpu_times()
        ours = own.user + own.system + own.children_user + own.children_system
        for child in me.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                its = child.cpu_times()
                ours += its.user + its.system
        whole = float(sum(times)) - times.guest - times.guest_nice  # guests stand in user already
        return Work(whole - idle, ours, whole)


def others_share(before: Work, after: Work) -> int:
    """Percentage of the machine that other programs took in between: what makes noise.

    >>> others_share(Work(10, 5, 100), Work(20, 10, 150))
    10
    """
    whole = after.cores_time - before.cores_time
    theirs = (after.by_all - before.by_all) - (after.by_us - before.by_us)
    return round(100 * max(theirs, 0.0) / whole) if whole else 0


def wait_until_quiet(seconds: float) -> None:
    """Wait until others leave nine tenths of the machine alone, at most so long."""
    for _ in range(int(seconds / QUIET_S)):
        if psutil.cpu_percent(interval=QUIET_S) < QUIET_PERCENT:
            return


def commit() -> str:
    """Short name of the commit measured, with a + where the tree holds more than it."""
    try:
        name = _git("rev-parse", "--short", "HEAD")
        return name + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def resident_mb(pid: int) -> float:
    """Resident memory of a process, in units of a million bytes."""
    return round(psutil.Process(pid).memory_info().rss / 1e6, 1)
