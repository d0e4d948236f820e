"""Which exchanges are due: for the scheduler and the command line."""

from collections.abc import Iterator
from datetime import timedelta

from xihu_catalog.exchange.records import (
    ExchangeBatch,
    is_due,
    last_committed,
    list_batches,
    list_exchanges,
)
from xihu_pipelines.exchange.run import send_batch
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.models import ErasureRow
from xihu_platform.database import transaction
from xihu_platform.errors import PlatformError
from xihu_platform.start import Node
from xihu_platform.words import Text

AGAIN = timedelta(hours=1)
"""After a batch that did not arrive."""


def send_due(
    node: Node, gateway: AccessGateway
) -> Iterator[tuple[str, ExchangeBatch | Text | None]]:
    """Send all that is due, each by itself: its number, and its batch, None where nothing has
    changed, or why there is none."""
    for name in due_exchanges(node):
        try:
            yield name, send_batch(node, gateway, name)
        except PlatformError as error:  # it ended meanwhile, or another process sends it
            yield name, error.text


def due_exchanges(node: Node) -> list[str]:
    """The numbers of those whose cycle has passed, in the order of their matters. One that waits
    for its password is not due, nor one that has just failed."""
    found: list[str] = []
    now = node.clock()
    for one in list_exchanges(node.database):
        with transaction(node.database) as session:
            last = last_committed(session, one.matter)
        tried = list_batches(node.database, one.matter, 1)
        gone = last is not None and _is_erased(node, one.dataset, last.snapshot)
        rests = bool(tried) and tried[0].state != "committed" and now - tried[0].started < AGAIN
        if one.password is not None and not rests and (gone or is_due(one, last, now)):
            found.append(one.number)
    return found


def _is_erased(node: Node, dataset: str, snapshot: int | None) -> bool:
    """Whether what was sent went with a lawful erasure: the receiver's rows are to go at once."""
    if snapshot is None:
        return False
    with transaction(node.database) as session:
        return session.get(ErasureRow, (dataset, snapshot)) is not None
