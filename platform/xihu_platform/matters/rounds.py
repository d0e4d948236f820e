"""Work that one does for all who wait for it, and that nobody waits for too long."""

import threading
import time
from collections.abc import Callable
from contextvars import copy_context

HANGING_LIMIT = 3
"""Rounds that may hang at once before nobody begins another."""


class Rounds:
    """Whoever comes while a round runs waits for the one after it, which is done once for all of
    them: what they had written before they came is in it.

    Without it each of twenty requests at once would try to do what the others promised as well. A
    round is a thread of its own: one that hangs keeps nobody, and others are begun without it.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._begun = 0
        self._ended = 0
        self._running: int | None = None
        self._since = 0.0
        self._hanging = 0

    def run(self, work: Callable[[], object], wait_s: float | None = None) -> None:
        """Returns once a round has ended that began after the call; what `work` raises is for the
        caller who began it, and the next one begins anew.

        Raises TimeoutError after `wait_s`, and at once while too many rounds hang: `work` goes on.
        """
        with self._changed:
            mine, end = self._begun + 1, _after(wait_s)
            while self._ended < mine:
                self._leave_hanging(wait_s)
                if self._running is None:
                    self._begin(work, end)
                    return
                if self._is_over(wait_s) or not self._wait(end):
                    raise TimeoutError("a round has not ended")

    def _begin(self, work: Callable[[], object], end: float | None) -> None:
        self._begun += 1
        number, failed = self._begun, list[BaseException]()
        self._running, self._since = number, time.monotonic()
        ended = threading.Event()
        context = copy_context()

        def run() -> None:
            try:
                context.run(work)
            except BaseException as fault:  # whatever it is, the round is over
                failed.append(fault)
            with self._changed:
                if not failed:
                    self._ended = max(self._ended, number)
                if self._running == number:
                    self._running = None
                else:
                    self._hanging -= 1
                ended.set()
                self._changed.notify_all()

        try:
            threading.Thread(target=run, name="round", daemon=True).start()
        except RuntimeError:  # the system gives no more threads: nothing runs
            self._running = None
            self._changed.notify_all()
            raise
        while not ended.is_set():
            if not self._wait(end):
                raise TimeoutError("a round has not ended")
        if failed:
            raise failed[0]

    def _leave_hanging(self, wait_s: float | None) -> None:
        """A round that has run for as long as anybody waits is waited for by nobody else."""
        if self._is_over(wait_s) and self._hanging < HANGING_LIMIT:
            self._running = None
            self._hanging += 1

    def _is_over(self, wait_s: float | None) -> bool:
        running = self._running is not None and wait_s is not None
        return running and time.monotonic() >= self._since + (wait_s or 0)

    def _wait(self, end: float | None) -> bool:
        """Whether there is time left after something has changed, or none has."""
        left = None if end is None else end - time.monotonic()
        if left is not None and left <= 0:
            return False
        self._changed.wait(left)
        return True


def _after(wait_s: float | None) -> float | None:
    return None if wait_s is None else time.monotonic() + wait_s
