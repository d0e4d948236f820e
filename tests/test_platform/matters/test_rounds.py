"""Work done once for all who wait for it: everybody's, and no more often than it has to be."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from xihu_platform.matters import rounds as rounds_of
from xihu_platform.matters.rounds import Rounds

WAITING = 12


def test_one_round_is_for_all_who_came_while_another_ran() -> None:
    rounds, ran = Rounds(), list[int]()
    runs, goes_on = threading.Event(), threading.Event()

    def first() -> None:
        runs.set()
        assert goes_on.wait(10)
        ran.append(1)

    with ThreadPoolExecutor(WAITING + 1) as pool:
        one = pool.submit(rounds.run, first)
        assert runs.wait(10)
        others = [pool.submit(rounds.run, lambda: ran.append(2)) for _ in range(WAITING)]
        while len(rounds._changed._waiters) <= WAITING:  # type: ignore[attr-defined]
            time.sleep(0.001)
        goes_on.set()
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


def test_a_round_that_hangs_keeps_nobody_for_longer_than_they_wait() -> None:
    rounds, goes_on, ran = Rounds(), threading.Event(), list[int]()

    def hang() -> None:
        assert goes_on.wait(20)
        ran.append(1)

    for _ in range(2):  # who began it, and whoever comes while it hangs
        with pytest.raises(TimeoutError):
            rounds.run(hang, 0.2)
    rounds.run(lambda: ran.append(2), 0.2)  # the next one is begun without it
    assert ran == [2]
    goes_on.set()
    rounds.run(lambda: ran.append(3))
    until = time.monotonic() + 10
    while rounds._hanging and time.monotonic() < until:  # it is said to be over after its work
        time.sleep(0.001)
    assert sorted(ran) == [1, 1, 2, 3]  # what hung was done after all
    assert rounds._hanging == 0


def test_where_too_many_hang_nobody_begins_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds_of, "HANGING_LIMIT", 2)
    rounds, goes_on = Rounds(), threading.Event()
    begun = list[int]()

    def hang() -> None:
        begun.append(1)
        assert goes_on.wait(20)

    for _ in range(5):
        with pytest.raises(TimeoutError):
            rounds.run(hang, 0.02)
    assert len(begun) == 3  # those that are left hanging, and one
    goes_on.set()
    rounds.run(lambda: None, 5)


class Panic(BaseException):
    """As a library in another language raises it."""


def test_whatever_a_round_raises_it_is_over() -> None:
    rounds, ran = Rounds(), list[int]()

    def panic() -> None:
        raise Panic

    for _ in range(rounds_of.HANGING_LIMIT + 2):
        with pytest.raises(Panic):
            rounds.run(panic, 0.2)
    rounds.run(lambda: ran.append(1), 0.2)
    assert (ran, rounds._hanging) == ([1], 0)


def test_a_round_that_gets_no_thread_hangs_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds, ran = Rounds(), list[int]()

    def none_left(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", none_left)
        for _ in range(rounds_of.HANGING_LIMIT + 2):
            with pytest.raises(RuntimeError):
                rounds.run(lambda: ran.append(1), 0.02)
            time.sleep(0.03)
    rounds.run(lambda: ran.append(2), 0.2)
    assert (ran, rounds._hanging) == ([2], 0)
