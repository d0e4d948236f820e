"""Looks at subscriptions and sends their notices while the platform serves, in a thread of its own:
a receiver that does not answer keeps no matter waiting."""

import logging
import threading
from collections.abc import Callable

from xihu_catalog.subscriptions.evaluation import evaluate
from xihu_catalog.subscriptions.sending import SubscriptionSender
from xihu_catalog.subscriptions.service import forget_old_events
from xihu_platform.telemetry.logs import failure_facts
from xihu_portals.services import Services

log = logging.getLogger("xihu.subscriptions")


class SubscriptionKeeper:
    """Several processes may each have one: each notice is written once."""

    def __init__(self, services: Services, every_s: float) -> None:
        node = services.node
        self._services = services
        self._sender = SubscriptionSender(node.settings, node.keyring, node.clock)
        self._every_s = every_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="subscriptions", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Waits for a round that is under way."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        services, node = self._services, self._services.node
        parts: tuple[Callable[[], object], ...] = (
            lambda: evaluate(node.database, services, services.known_to, node.clock),
            lambda: self._sender.send_all(node.database, services.known_to),
            lambda: forget_old_events(node.database, node.clock()),
        )
        while not self._ended.wait(self._every_s):
            for part in parts:
                try:
                    part()
                except Exception as fault:  # the next round makes up for it
                    log.warning("a round of subscriptions failed", extra=failure_facts(fault))
