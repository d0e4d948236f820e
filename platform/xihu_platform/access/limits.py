"""How often one caller may do what costs much: a token bucket for each kind of request."""

import math
import threading
import time
from collections.abc import Callable
from typing import Literal

from xihu_platform.errors import TooMany
from xihu_platform.settings import LimitSettings

Limited = Literal["signins", "writes", "uploads", "streams", "excel", "refusals", "codes", "checks"]
MINUTE_S = 60
KNOWN = 20_000
"""Buckets that are kept; those full again are forgotten first: a new one would be full too."""


class Limits:
    """A bucket of each kind for each caller; it fills again within a minute."""

    def __init__(self, settings: LimitSettings, now: Callable[[], float] = time.monotonic) -> None:
        self._sizes: dict[Limited, int] = {
            "signins": settings.signins,
            "writes": settings.writes,
            "uploads": settings.uploads,
            "streams": settings.streams,
            "excel": settings.excel,
            "refusals": settings.refusals,
            "codes": settings.codes,
            "checks": settings.checks,
        }
        self._now = now
        self._buckets: dict[tuple[Limited, str], tuple[float, float]] = {}
        self._lock = threading.Lock()

    def spend(self, what: Limited, caller: str) -> None:
        """Raises TooMany when the caller's bucket is empty."""
        size = self._sizes[what]
        now = self._now()
        with self._lock:
            left, at = self._buckets.get((what, caller), (float(size), now))
            left = min(size, left + (now - at) * size / MINUTE_S)
            if left >= 1:
                self._buckets[what, caller] = (left - 1, now)
                self._forget(now)
                return
        wait_s = math.ceil((1 - left) * MINUTE_S / size)
        raise TooMany(
            f"操作太频繁，请 {wait_s} 秒后再试",
            f"you ask too often: try again in {wait_s} seconds",
            retry_after_s=wait_s,
        )

    def _forget(self, now: float) -> None:
        if len(self._buckets) > KNOWN:
            self._buckets = {k: v for k, v in self._buckets.items() if now - v[1] < MINUTE_S}
