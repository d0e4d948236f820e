"""Work done once for all who wait for it: everybody's, and no more often than it has to be."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from xihu_platform.matters.rounds import Rounds

WAITING = 12


class Counted:
    """A lock that knows how many have come to it."""

    def __init__(self) -> None:
        self._lock, self._counting = threading.Lock(), threading.Lock()
        self.came = 0
        self.all_came = threading.Event()

    def __enter__(self) -> None:
        with self._counting:
            self.came += 1
            if self.came == WAITING + 1:
                self.all_came.set()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def test_one_round_is_for_all_who_came_while_another_ran(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rounds, ran, lock = Rounds(), list[int](), Counted()
    monkeypatch.setattr(rounds, "_lock", lock)
    runs = threading.Event()

    def first() -> None:
        runs.set()
        assert lock.all_came.wait(10)
        ran.append(1)

    with ThreadPoolExecutor(WAITING + 1) as pool:
        one = pool.submit(rounds.run, first)
        assert runs.wait(10)
        others = [pool.submit(rounds.run, lambda: ran.append(2)) for _ in range(WAITING)]
        for each in (one, *others):
            each.result(10)
    assert ran == [1, 2]


def test_nobody_is_let_go_by_a_round_that_began_before_they_came() -> None:
    """What somebody wrote before the call is there when a round does the work for them."""
    rounds, written, lock = Rounds(), set[int](), threading.Lock()
    done = set[int]()

    def deliver() -> None:
        with lock:
            seen = set(written)
        done.update(seen)

    def act(n: int) -> bool:
        with lock:
            written.add(n)
        rounds.run(deliver)
        return n in done

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(act, range(2000)))


def test_a_round_that_fails_is_its_caller_s_alone() -> None:
    rounds = Rounds()

    def broken() -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        rounds.run(broken)
    ran: list[int] = []
    rounds.run(lambda: ran.append(1))
    rounds.run(lambda: ran.append(2))
    assert ran == [1, 2]
