"""One slow file keeps neither other people's nor other processes' turns."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest

from tests.test_platform.files.made import pdf
from xihu_platform.errors import TransientError
from xihu_platform.files import check
from xihu_platform.files.turns import Turns


class Slow:
    """Checks that end when a test says so, in place of the process that walks a file."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, wait_s: float) -> None:
        self.end = Event()
        self.slow = {b"%PDF-slow"}
        monkeypatch.setattr(check, "_said_of", self._said)
        monkeypatch.setattr(check, "_TURNS", Turns(4, wait_s))

    def _said(self, body: bytes) -> str:
        if body in self.slow:
            assert self.end.wait(20)
        return "passive"


def started(threads: ThreadPoolExecutor, *who: str) -> list[Future[object]]:
    found = [threads.submit(_check(one)) for one in who]
    time.sleep(0.2)
    return found


def _check(who: str) -> Callable[[], object]:
    return lambda: check.check_file("x.pdf", b"%PDF-slow", who)


def test_another_person_s_file_is_checked_beside_slow_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(monkeypatch, 0.3)
    with ThreadPoolExecutor(8) as threads:
        # somebody who sends many has one turn, however many they send
        running = started(threads, "one", "one", "one", "one", "one", "two", "three")
        before = time.monotonic()
        assert check.check_file("x.pdf", pdf(), "four").name == "x.pdf"
        assert time.monotonic() - before < 0.2
        told = [str(one.exception(1)) for one in running[1:5]]
        assert all("another file of yours is still being checked" in one for one in told)
        slow.end.set()
        assert [one.exception(5) for one in (running[0], *running[5:])] == [None] * 3


def test_whoever_finds_no_turn_is_told_soon_and_has_one_when_one_is_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow = Slow(monkeypatch, 0.3)
    with ThreadPoolExecutor(8) as threads:
        running = started(threads, "one", "two", "three", "four")
        before = time.monotonic()
        with pytest.raises(TransientError, match="files of others are being checked"):
            check.check_file("x.pdf", pdf(), "five")
        assert 0.3 <= time.monotonic() - before < 2
        slow.end.set()
        assert [one.exception(5) for one in running] == [None] * 4
    assert check.check_file("x.pdf", pdf(), "five").name == "x.pdf"
    assert check.check_file("x.pdf", pdf(), "one").name == "x.pdf"


def test_the_wait_of_the_node_is_short() -> None:
    assert vars(check._TURNS)["_wait_s"] == 3  # seconds
