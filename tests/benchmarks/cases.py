"""Applicants and the desk at the same time: 200 people who apply, 20 handlers who decide.

A real server over a copy of the loaded demo. Afterwards the database is asked, without the
program's own code, whether every application is there once and every read of a register is in the
log under its case. Any fault makes the run fail.
"""

import asyncio
import random
import sys
from pathlib import Path
from statistics import quantiles
from time import perf_counter

import click
import httpx
import psutil

from tests.benchmarks.case_accounts import Account, fresh_folder, make_accounts
from tests.benchmarks.case_check import faults
from tests.benchmarks.case_people import (
    APPLICANT_S,
    HANDLER_S,
    Applicant,
    Browser,
    Handler,
    Seen,
)
from tests.benchmarks.machine import SCRATCH, resident_mb
from tests.benchmarks.measure import Report, reporting
from tests.benchmarks.serving import Server, serving
from xihu_platform.clock import system_clock

BAR_MS = 3000
RAMP_S = 30.0
"""Within which people come, one after the other, in a run that is long enough."""
TIMEOUT_S, KEEP_S = 60.0, 3.0


@click.command()
@click.option("--seconds", default=600, show_default=True)
@click.option("--applicants", default=200, show_default=True)
@click.option("--handlers", default=20, show_default=True)
@click.option("--scale", default=1.0, show_default=True, help="Of the demo that is loaded.")
@click.option("--data", type=click.Path(path_type=Path), help="A loaded demo to begin from.")
def main(seconds: int, applicants: int, handlers: int, scale: float, data: Path | None) -> None:
    """Think times: an applicant 15 s on a page, a handler 5 s, both exponential."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    size = {"applicants": applicants, "handlers": handlers, "seconds": seconds}
    with fresh_folder(data, scale) as folder, reporting("cases", system_clock, size) as report:
        with serving(folder, keep_answers=True) as server:
            people = make_accounts(folder, server.port, applicants, handlers)
            begun, processor = perf_counter(), _processor_s(server)
            seen = asyncio.run(_soak(server, *people, seconds))
            took = perf_counter() - begun
            report.show("server: processor, s", round(_processor_s(server) - processor, 1))
            report.show("server: resident at the end, MB", resident_mb(server.pid))
        _show(report, seen, took)
        wrong = list(faults(folder, seen)) + _slow(seen)
        report.show("faults", len(wrong))
    if wrong:  # with its line in the history
        click.echo("\n".join(wrong))
        sys.exit(f"{len(wrong)} faults")
    click.echo("  every application is there once, every read is logged with its case")


def _processor_s(server: Server) -> float:
    times = psutil.Process(server.pid).cpu_times()
    return float(times.user + times.system)


async def _soak(
    server: Server, applicants: list[Account], handlers: list[Account], seconds: int
) -> Seen:
    seen, until = Seen(), perf_counter() + seconds
    # The server ends a connection after 5 s: one that is ended at that moment would be asked twice.
    limits = httpx.Limits(
        max_connections=None, max_keepalive_connections=None, keepalive_expiry=KEEP_S
    )
    transport = httpx.AsyncHTTPTransport(verify=False, limits=limits)
    base, dice = f"http://127.0.0.1:{server.port}", random.Random(7)
    ramp = min(RAMP_S, seconds / 4)
    async with httpx.AsyncClient(transport=transport, base_url=base, timeout=TIMEOUT_S) as http:

        async def live(account: Account, of: type[Applicant | Handler], think_s: float) -> None:
            await asyncio.sleep(dice.uniform(0, ramp))
            await of(Browser(account, http, seen, until, think_s), seen).live()

        await asyncio.gather(
            *(live(one, Applicant, APPLICANT_S) for one in applicants),
            *(live(one, Handler, HANDLER_S) for one in handlers),
        )
    return seen


def _show(report: Report, seen: Seen, took: float) -> None:
    for page, times in sorted(seen.times.items()):
        report.show(page, _percentiles(times))
    every = [one for times in seen.times.values() for one in times]
    report.show("all pages", _percentiles(every), remark=f"bar p99 {BAR_MS} ms")
    report.show("requests a second", round(len(every) / took, 1))
    report.show("begun, handed in, supplied", _counted(seen.begun, seen.handed_in, seen.supplied))
    report.show("registers compared, steps", _counted(seen.checked, list(seen.done.elements())))
    report.show("a colleague was earlier", seen.races)
    click.echo(f"  {dict(seen.done)} {dict(seen.statuses)}")


def _counted(*of: object) -> str:
    return ", ".join(f"{len(one):,}" for one in of if isinstance(one, list))


def _percentiles(times: list[float]) -> str:
    """
    >>> _percentiles([1.0, 2.0, 3.0])
    'p50 2, p95 3, p99 3, most 3 ms, n 3'
    """
    most = max(times)
    parts = quantiles(times, n=100, method="inclusive") if len(times) > 1 else [most] * 99
    p50, p95, p99 = (round(parts[n - 1]) for n in (50, 95, 99))
    return f"p50 {p50:,}, p95 {p95:,}, p99 {p99:,}, most {round(most):,} ms, n {len(times):,}"


def _slow(seen: Seen) -> list[str]:
    every = sorted(one for times in seen.times.values() for one in times)
    p99 = every[int(len(every) * 0.99)]
    return [f"p99 is {p99:,.0f} ms, the bar {BAR_MS:,}"] if p99 > BAR_MS else []


if __name__ == "__main__":
    main()
