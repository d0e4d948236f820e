"""Which exchanges are due: for the scheduler and the command line."""

from datetime import timedelta

from xihu_catalog.exchange.records import is_due, last_committed, list_batches, list_exchanges
from xihu_platform.database import transaction
from xihu_platform.start import Node

AGAIN = timedelta(hours=1)
"""After a batch that did not arrive."""


def due_exchanges(node: Node) -> list[str]:
    """The numbers of those whose cycle has passed, in the order of their matters. One that waits
    for its password is not due, nor one that has just failed."""
    found, now = [], node.clock()
    for one in list_exchanges(node.database):
        with transaction(node.database) as session:
            last = last_committed(session, one.matter)
        tried = list_batches(node.database, one.matter, 1)
        rests = bool(tried) and tried[0].state != "committed" and now - tried[0].started < AGAIN
        if one.password is not None and not rests and is_due(one, last, now):
            found.append(one.number)
    return found
