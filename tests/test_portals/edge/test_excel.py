"""Excel is written beside the serving process: pages stay quick, and nobody's child lives on."""

import io
import threading
import time
import zipfile
from pathlib import Path

import httpx
import psutil
import pytest

from tests.test_portals.edge.clients import LARGE, seconds_for, unread, wait_until
from tests.test_portals.pages.live import Live
from xihu_platform.access import sheet

MIDDLING = "/api/v1/datasets/wj_hospital_beds/download"


def children() -> list[psutil.Process]:
    """The processes that write workbooks for this one."""
    found = []
    for child in psutil.Process().children():
        try:
            if sheet.__name__ in child.cmdline():
                found.append(child)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return found


@pytest.mark.harness
@pytest.mark.timeout(400)
def test_four_exports_at_once_slow_nobody(served: Live) -> None:
    seconds_for(served, "/datasets/sg_firms")  # templates are compiled at their first use
    answers: list[httpx.Response] = []

    def export() -> None:
        answers.append(httpx.get(f"{served.base}{MIDDLING}.xlsx?purpose=open", timeout=100))

    threads = [threading.Thread(target=export) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert wait_until(lambda: len(children()) == 4)
    slowest = 0.0
    while any(thread.is_alive() for thread in threads):
        rows = seconds_for(served, "/api/v1/datasets/sg_firms/rows?limit=5")
        slowest = max(slowest, rows, seconds_for(served, "/datasets/sg_firms"))
        time.sleep(0.5)
    assert slowest < 2
    assert [answer.status_code for answer in answers] == [200] * 4
    for answer in answers:
        assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None
    assert not children()


def test_a_workbook_nobody_waits_for_is_given_up(served: Live) -> None:
    with unread(served, f"{LARGE}.xlsx?purpose=open"):
        assert wait_until(lambda: len(children()) == 1)
    assert wait_until(lambda: not children())
    assert wait_until(lambda: served.province.services.streams.open == 0)


def test_the_child_knows_no_key_and_has_a_limit_of_its_own(served: Live) -> None:
    with unread(served, f"{LARGE}.xlsx?purpose=open"):
        assert wait_until(lambda: len(children()) == 1)
        (child,) = children()
        assert not [name for name in child.environ() if name.startswith("XIHU")]
        assert wait_until(lambda: _address_space(child.pid) == sheet.MEMORY_LIMIT)
    assert wait_until(lambda: not children())


def _address_space(pid: int) -> int:
    lines = Path(f"/proc/{pid}/limits").read_text(encoding="utf-8").splitlines()
    soft = next(line for line in lines if line.startswith("Max address space")).split()[3]
    return int(soft) if soft.isdigit() else 0


def test_six_sorted_downloads_at_once_never_fail_as_a_fault(served: Live) -> None:
    statuses: list[int] = []

    def download() -> None:
        path = f"{LARGE}.csv?purpose=open&sort=-aqi"
        statuses.append(httpx.get(f"{served.base}{path}", timeout=100).status_code)

    threads = [threading.Thread(target=download) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 429, 503}
    assert 200 in statuses
