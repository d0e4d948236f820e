"""So many things at once, one of each person at a time, and a short wait for who comes later."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from xihu_platform.errors import TransientError


class Turns:
    """Of one process. `wait_s`: how long one waits before being asked to come back, in seconds."""

    def __init__(self, at_once: int, wait_s: float) -> None:
        self._at_once, self._wait_s = at_once, wait_s
        self._busy = set[str]()
        self._changed = Condition()

    @contextmanager
    def turn(self, who: str) -> Iterator[None]:
        """Raises TransientError where everything is taken, or this person's own is, all the time
        that one waits."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._is_free(who), self._wait_s):
                raise _own() if who in self._busy else _others()
            self._busy.add(who)
        try:
            yield
        finally:
            with self._changed:
                self._busy.discard(who)
                self._changed.notify_all()

    def _is_free(self, who: str) -> bool:
        return who not in self._busy and len(self._busy) < self._at_once


def _own() -> TransientError:
    return TransientError(
        "您的另一个文件还在检查，请等它检查完再添加这一个",
        "another file of yours is still being checked: add this one when it is done",
    )


def _others() -> TransientError:
    return TransientError(
        "正在检查其他人的文件，这一个没有添加，请稍后重试",
        "files of others are being checked and yours was not added: try again in a moment",
    )
