"""Work that one does for all who wait for it."""

import threading
from collections.abc import Callable


class Rounds:
    """Whoever comes while a round runs waits for the one after it, which is done once for all of
    them: what they had written before they came is in it.

    Without it each of twenty requests at once would try to do what the others promised as well.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._begun = 0
        self._ended = 0

    def run(self, work: Callable[[], object]) -> None:
        """Returns once a round has ended that began after the call; what `work` raises is for the
        caller who did it, and the next one begins anew."""
        mine = self._begun + 1
        with self._lock:
            if self._ended >= mine:
                return
            self._begun += 1
            number = self._begun
            work()
            self._ended = number
