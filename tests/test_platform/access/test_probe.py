"""What the probe of reading says while reading works, fails or hangs."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from xihu_platform.access.probe import ReadProbe

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def wait_until(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + 30
    while time.monotonic() < until and not true():
        time.sleep(0.01)
    return true()


def test_reading_that_works_fails_and_hangs_is_told_at_once() -> None:
    steps: list[Callable[[], object]] = []
    let_go = threading.Event()

    def read() -> None:
        if steps:
            steps[0]()

    def fail() -> None:
        raise OSError("no such file")

    probe = ReadProbe(read, lambda: NOW, interval_s=0.1)
    assert wait_until(lambda: probe.reading().state == "ok")
    assert probe.reading().last_good_at == NOW
    steps.append(fail)
    assert wait_until(lambda: probe.reading().state == "failing")
    steps.clear()
    assert wait_until(lambda: probe.reading().state == "ok")
    steps.append(let_go.wait)
    assert wait_until(lambda: probe.reading().state == "failing")
    assert not let_go.is_set()  # whoever waited for the read would wait for ever
    assert probe.reading().last_good_at == NOW
    let_go.set()
    probe.close()
