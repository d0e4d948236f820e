"""Lets time act in matters while the platform serves: once at the start, then at intervals.

Whether a tick came decides nothing: what has happened by itself is derived, and written before
anybody acts. This tells people of it in time, hands on what the log has not taken yet, and sends
notices to channels outside.
"""

import logging
import threading

from xihu_catalog.sharing.readers import tell_readers
from xihu_node.subscriptions import SubscriptionKeeper
from xihu_platform.matters.ticking import tick
from xihu_platform.memory import give_back_free
from xihu_platform.notices.channels import sealing_of
from xihu_platform.notices.sending import NoticeSender
from xihu_platform.notices.unread import forget_read
from xihu_platform.telemetry.logs import failure_facts
from xihu_portals.services import Services

log = logging.getLogger("xihu.matters")


class Timekeeper:
    """A thread of its own, and one for subscriptions; several processes may each have them."""

    def __init__(self, services: Services, every_s: float) -> None:
        self._services = services
        node = services.node
        self._sender = NoticeSender(node.settings, sealing_of(node.keyring), node.clock)
        self._subscriptions = SubscriptionKeeper(services, every_s)
        self._every_s = every_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="timekeeper", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._subscriptions.start()

    def close(self) -> None:
        """Waits for a tick that is under way."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        self._subscriptions.close()

    def _tell_readers(self) -> None:
        services = self._services
        contracts = services.catalogue.contracts
        tell_readers(services.matters, services.gateway, lambda: contracts.all().keys())

    def _run(self) -> None:
        while True:
            try:
                tick(self._services.matters, self._services.node.clock())
                self._services.write_down()
                self._tell_readers()
                forget_read(self._services.node.database, self._services.node.clock())
                self._sender.send_all(self._services.matters)
            except Exception as fault:  # the next tick makes up for it
                log.warning("a tick of matters failed", extra=failure_facts(fault))
            give_back_free()
            if self._ended.wait(self._every_s):
                return
