"""Timing, percentiles, the table a run prints and the line it adds to the history."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import TypeVar

import click

from tests.benchmarks.machine import (
    Work,
    commit,
    load_average,
    others_share,
    this_machine,
    wait_until_quiet,
)
from xihu_platform.clock import Clock, civil_date

T = TypeVar("T")
WARM = 2
"""Calls before the timed ones, where nothing else is said."""
PATIENCE_S = 20.0
CALM_PERCENT = 8
TRIES = 3
HISTORY = Path(__file__).parent / "history.jsonl"


@dataclass(frozen=True, slots=True)
class Spread:
    """Times of one repeated thing, in milliseconds."""

    n: int
    p50: float
    p95: float
    least: float

    def words(self) -> str:
        return f"{self.p50:,.1f} ms (p95 {self.p95:,.1f}, least {self.least:,.1f}, n {self.n})"


def spread(times_ms: list[float]) -> Spread:
    """
    >>> spread([1.0, 2.0, 3.0, 4.0, 5.0]).p50
    3.0
    """
    twentieths = quantiles(times_ms, n=20, method="inclusive")
    return Spread(
        n=len(times_ms),
        p50=round(twentieths[9], 2),
        p95=round(twentieths[18], 2),
        least=round(min(times_ms), 2),
    )


def repeat(action: Callable[[], object], times: int, *, warm: int = WARM) -> Spread:
    """`action` timed so many times, after some that do not count."""
    for _ in range(warm):
        action()
    return spread([timed(action) for _ in range(times)])


def timed(action: Callable[[], object]) -> float:
    """Milliseconds one call takes."""
    started = perf_counter()
    action()
    return (perf_counter() - started) * 1000


@dataclass
class Report:
    """What one run found: printed as it comes, added to the history at the end."""

    benchmark: str
    at: datetime
    size: dict[str, int]
    figures: dict[str, object] = field(default_factory=dict)
    peer: dict[str, object] = field(default_factory=dict)
    loads: list[float] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=dict)
    """For each figure, the percentage of the machine that other programs took meanwhile."""
    _share: int = 0

    def steady(self, measure: Callable[[], T], *, tries: int = TRIES) -> T:
        """What `measure` finds; once more while others disturb it, and the calmest try counts."""
        calmest: tuple[int, T] | None = None
        for turn in range(tries):
            if turn:
                wait_until_quiet(PATIENCE_S)
            before = Work.now()
            found = measure()
            share = others_share(before, Work.now())
            if calmest is None or share < calmest[0]:
                calmest = share, found
            if share <= CALM_PERCENT:
                break
        assert calmest is not None
        self._share, best = calmest
        return best

    def show(self, name: str, ours: object, peer: object = None, *, remark: str = "") -> None:
        """One line of the table; `ours` and `peer` are Spreads or numbers."""
        self.loads.append(load_average())
        self.others[name] = self._share
        self.figures[name] = _plain(ours)
        line = f"  {name:<38} {_words(ours)}"
        if peer is not None:
            self.peer[name] = _plain(peer)
            line += f"  | peer {_words(peer)}"
        noise = f"[load {self.loads[-1]}, others {self.others[name]}%]"
        click.echo("  ".join(filter(None, (line, remark, noise))))


@contextmanager
def reporting(benchmark: str, clock: Clock, size: dict[str, int]) -> Iterator[Report]:
    """A run: its heading, and a line in the history when it went through to the end."""
    wait_until_quiet(PATIENCE_S)
    machine = this_machine()
    report = Report(benchmark, clock(), size, loads=[load_average()])
    sizes = ", ".join(f"{count:,} {what}" for what, count in size.items())
    click.echo(f"{benchmark}: {sizes}; {machine.words()}; load {report.loads[0]}")
    yield report
    line = {
        "date": civil_date(report.at).isoformat(),
        "benchmark": benchmark,
        "commit": commit(),
        "machine": asdict(machine),
        "load": {"before": report.loads[0], "highest": max(report.loads)},
        "others_percent": {name: share for name, share in report.others.items() if share},
        "size": size,
        "figures": report.figures,
        "peer": report.peer,
    }
    with HISTORY.open("a", encoding="utf-8") as history:
        history.write(json.dumps(line, ensure_ascii=False) + "\n")


def _plain(figure: object) -> object:
    return asdict(figure) if isinstance(figure, Spread) else figure


def _words(figure: object) -> str:
    if isinstance(figure, Spread):
        return figure.words()
    return f"{figure:,}" if isinstance(figure, int | float) else str(figure)
