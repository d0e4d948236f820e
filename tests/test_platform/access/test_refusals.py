"""A flood of refusals is few entries, and none is lost."""

from collections.abc import Iterator

import orjson
import pytest
from sqlalchemy import select

from xihu_platform.access import reasons
from xihu_platform.access.limits import Limits
from xihu_platform.access.policy import Purpose
from xihu_platform.access.refusals import Refusals
from xihu_platform.audit.heads import HeadFile, Signer
from xihu_platform.audit.log import AuditLog, LogEntry
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_platform.errors import TooMany
from xihu_platform.identity.address import ADDRESS
from xihu_platform.identity.principal import ANONYMOUS, Principal
from xihu_platform.settings import LimitSettings
from xihu_platform.start import Node

WANG = Principal(kind="citizen", id="wang")


class Desk:
    """A log, its refusals, and a clock that is moved by hand."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.seconds = 0.0
        self.stopped = False
        heads = HeadFile(node.settings.heads_folder)
        self.log = AuditLog(node.database, heads, Signer(node.keyring), node.clock)
        limits = Limits(LimitSettings(refusals=1000), self.now)
        self.refusals = Refusals(self.log, limits, now=self.now)

    def stop(self) -> None:
        if not self.stopped:
            self.stopped = True
            self.refusals.close()
            self.log.close()

    def now(self) -> float:
        return self.seconds

    def refuse(self, who: Principal = ANONYMOUS, address: str = "a", dataset: str = "d") -> None:
        token = ADDRESS.set(address)
        try:
            self.refusals.record(who, dataset, reasons.SIGN_IN, Purpose("open"))
        finally:
            ADDRESS.reset(token)

    def entries(self) -> list[tuple[str, int]]:
        """Kind and number of each entry, in order."""
        with transaction(self.node.database) as session:
            bodies = session.scalars(select(AuditEntry.body).order_by(AuditEntry.seq)).all()
        told = [orjson.loads(body) for body in bodies]
        return [(body["kind"], body.get("number", 1)) for body in told]


@pytest.fixture
def desk(node: Node) -> Iterator[Desk]:
    opened = Desk(node)
    yield opened
    opened.stop()


def test_the_first_of_a_minute_is_an_entry_and_the_rest_one_more(desk: Desk) -> None:
    for _ in range(200):
        desk.refuse()
    assert desk.entries() == [("refusal", 1)]
    desk.seconds = 61
    desk.refuse()
    assert desk.entries() == [("refusal", 1), ("refusals", 199), ("refusal", 1)]


def test_each_address_and_dataset_has_a_first_of_its_own(desk: Desk) -> None:
    for address in ("a", "b"):
        for dataset in ("d", "e"):
            desk.refuse(address=address, dataset=dataset)
            desk.refuse(address=address, dataset=dataset)
    assert desk.entries() == [("refusal", 1)] * 4


def test_what_is_counted_is_written_when_the_process_stops(desk: Desk) -> None:
    for _ in range(7):
        desk.refuse()
    desk.stop()
    assert desk.entries() == [("refusal", 1), ("refusals", 6)]


def test_a_window_that_ends_with_no_further_refusal_is_written(desk: Desk) -> None:
    desk.refuse()
    desk.refuse()
    desk.seconds = 61
    desk.refusals.flush()
    desk.log.record(LogEntry("outcome", "r", "d", None, {}))  # the log writes in order
    assert desk.entries() == [("refusal", 1), ("refusals", 1), ("outcome", 1)]


def test_of_somebody_signed_in_each_is_an_entry_until_they_are_too_many(node: Node) -> None:
    desk = Desk(node)
    desk.refusals = Refusals(desk.log, Limits(LimitSettings(refusals=3), desk.now), now=desk.now)
    for _ in range(3):
        desk.refuse(WANG)
    for _ in range(5):
        with pytest.raises(TooMany, match="try again in 20 seconds"):
            desk.refuse(WANG)
    desk.stop()
    assert desk.entries() == [("refusal", 1)] * 4 + [("refusals", 4)]
