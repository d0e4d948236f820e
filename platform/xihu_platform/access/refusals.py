"""Refusals on their way into the log: none is dropped, and a flood of them is few entries.

Of somebody who is not signed in, the first for an address, dataset and reason within a minute is
an entry; the others are counted and become one entry of kind `refusals` at the minute's end. Of
somebody signed in each is an entry, as long as they are not too many.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from xihu_platform.access.limits import Limits
from xihu_platform.access.policy import Purpose
from xihu_platform.access.record import refusal_entry
from xihu_platform.audit.entries import MoreRefusals
from xihu_platform.audit.log import AuditLog, LogEntry
from xihu_platform.errors import Reason, TooMany
from xihu_platform.identity.address import caller_of
from xihu_platform.identity.principal import Principal

WINDOW_S = 60.0
Key = tuple[str, str, str]


@dataclass(slots=True)
class _Group:
    """Refusals after a first one, until the window's end."""

    first: LogEntry
    until: float
    more: int = 0


class Refusals:
    """Writes refusals, and their number at each window's end; `close` writes what is counted."""

    def __init__(
        self,
        log: AuditLog,
        limits: Limits,
        *,
        window_s: float = WINDOW_S,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._limits = limits
        self._window_s = window_s
        self._now = now
        self._groups: dict[Key, _Group] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def record(
        self,
        principal: Principal,
        dataset: str,
        reason: Reason,
        purpose: Purpose,
        *,
        field: str | None = None,
        subjects: tuple[str, ...] = (),
    ) -> None:
        """In the log, or counted for it, when this returns. `subjects`: whom it was to be about.

        Raises AuditUnavailable, and TooMany, once it is counted, for somebody refused too often.
        """
        entry = refusal_entry(principal, dataset, reason, purpose, field=field, subjects=subjects)
        key = (caller_of(principal), dataset, reason.code)
        if principal.kind == "anonymous":
            if self._is_first(key, entry):
                self._log.record(entry)
            self._limits.spend("refusals", key[0])
            return
        try:
            self._limits.spend("refusals", key[0])
        except TooMany:
            if self._is_first(key, entry):
                self._log.record(entry)
            raise
        self._log.record(entry)

    def flush(self, *, whole: bool = False) -> None:
        """Write the number of each window that has ended, or of `whole` of them."""
        now = self._now()
        with self._lock:
            due = [key for key, group in self._groups.items() if whole or group.until <= now]
            ended = [self._groups.pop(key) for key in due]
        for group in ended:
            if group.more:
                self._log.append(MoreRefusals(group.first, group.more).entry())

    def close(self) -> None:
        self._ended.set()
        self.flush(whole=True)

    def _is_first(self, key: Key, entry: LogEntry) -> bool:
        with self._lock:
            group = self._groups.get(key)
            if group is not None and group.until > self._now():
                group.more += 1
                return False
            if group is not None and group.more:
                self._log.append(MoreRefusals(group.first, group.more).entry())
            self._groups[key] = _Group(entry, self._now() + self._window_s)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="refusals", daemon=True)
                self._thread.start()
            return True

    def _run(self) -> None:
        while not self._ended.wait(min(1.0, self._window_s)):
            with suppress(Exception):  # the log will say so to whoever asks next
                self.flush()
