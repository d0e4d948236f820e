"""How soon a page is seen: first contentful paint of every page in Chromium, and its HTML's size.

The whole demo, its people at work included; each page in a browser that has kept nothing, as on a
first visit, signed in as whoever it is for. The slowest tells; no peer serves these pages.
"""

import gzip
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

import click
import httpx
from playwright.sync_api import Browser, StorageState, sync_playwright

from tests.benchmarks.machine import ROOT, resident_mb
from tests.benchmarks.measure import Report, reporting
from tests.benchmarks.p7 import METRIC
from tests.benchmarks.serving import free_port, running
from tests.test_portals.pages.live import ARGUMENTS, CHROMIUM, sign_in, take_office
from tests.test_portals.pages.looked import CITIZEN, OFFICIAL, OVERSIGHT
from xihu_platform.clock import system_clock

PAINT_S = 1.0
HTML_KB = 60
SETTLE_MS = 400
PAINTED = """() => (performance.getEntriesByName('first-contentful-paint')[0] || {startTime: NaN})
  .startTime"""


ACTS_S = 90
"""So long at most the demo's people are at work after the first answer."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One page: milliseconds to its first paint, kilobytes of compressed HTML."""

    name: str
    paint_ms: float
    html_kb: float


@dataclass(frozen=True, slots=True)
class Visits:
    """The visits to one page in their order: the first finds no answer kept."""

    name: str
    seen: tuple[Seen, ...]

    @property
    def middle_ms(self) -> float:
        return median(one.paint_ms for one in self.seen)


@click.command()
@click.option("--scale", default=1.0, show_default=True, help="Size of the demo.")
@click.option("--times", default=3, show_default=True, help="Visits to each page.")
@click.option("--data", type=click.Path(path_type=Path), help="A folder that is loaded already.")
def main(scale: float, times: int, data: Path | None) -> None:
    """Every page with a fixed address in both portals, as `make run` serves it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        reporting("paint", system_clock, {"residents": int(scale * 100_000)}) as report,
    ):
        port = free_port()
        settings = {"DATA_DIR": data or f"{folder}/data", "SERVE__PORT": port, "DEMO__SCALE": scale}
        given = ("env", *(f"XIHU_{name}={value}" for name, value in settings.items()))
        command = [*given, str(Path(sys.executable).parent / "xihu")]
        subprocess.run([*command, "load"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        with running([*command, "run"], port, METRIC) as server:
            _look(report, f"http://127.0.0.1:{port}", times)
            report.show("serving process at the end, MB", resident_mb(server.pid), remark="bar 450")


def _look(report: Report, base: str, times: int) -> None:
    seen: list[Visits] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        _wait_for_the_acts(base)
        for who, pages in ({"wang": CITIZEN, "sun": OFFICIAL} | OVERSIGHT).items():
            state = _state(browser, base, who)
            for name, path in pages.items():
                if "LOAD" not in path and not path.startswith(("MATTER", "AGREED")):
                    looks = (_visit(browser, state, name, base + path) for _ in range(times))
                    seen.append(Visits(name, tuple(looks)))
        browser.close()
    slow = sorted(seen, key=lambda one: -one.middle_ms)
    for one in slow[:5]:
        report.show(f"first paint: {one.name}, ms", round(one.middle_ms), remark="bar 1,000")
    report.show("half of the pages within, ms", round(slow[len(slow) // 2].middle_ms))
    for one in sorted(seen, key=lambda one: -one.seen[0].paint_ms)[:3]:
        report.show(f"nothing kept yet: {one.name}, ms", round(one.seen[0].paint_ms))
    large = max((look for one in seen for look in one.seen), key=lambda look: look.html_kb)
    report.show(f"largest HTML: {large.name}, KB", round(large.html_kb, 1), remark="bar 60")


def _wait_for_the_acts(base: str) -> None:
    """Their banner stands on every page until they are done."""
    ends = perf_counter() + ACTS_S
    while perf_counter() < ends and "banner-acts" in httpx.get(base).text:
        sleep(1)


def _state(browser: Browser, base: str, who: str) -> StorageState:
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    at = "/signin?level=3&next=/" if who == "wang" else "/official/"
    sign_in(page, base, who, at=at)
    take_office(page, "sun-rs")
    state = context.storage_state()
    context.close()
    return state


def _visit(browser: Browser, state: StorageState, name: str, address: str) -> Seen:
    """A browser that knows only who is signed in."""
    context = browser.new_context(
        locale="zh-CN", viewport={"width": 1280, "height": 900}, storage_state=state
    )
    page = context.new_page()
    answer = page.goto(address, wait_until="load")
    assert answer is not None
    page.wait_for_timeout(SETTLE_MS)  # a frame after the load, for who paints late
    found = Seen(name, float(page.evaluate(PAINTED)), len(gzip.compress(answer.body())) / 1024)
    context.close()
    return found


if __name__ == "__main__":
    main()
