"""An installation with one open dataset and one about persons, on both databases."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

import pytest
from sqlalchemy import select

from tests.both_databases import BOTH, copied_database
from tests.contracts import PSEUDONYM, document
from tests.contracts import field as column
from tests.entries import take_over_all
from tests.province import NOW
from tests.settled import settled_data
from tests.test_catalog.sharing.test_requests import HEALTH
from xihu_catalog.schema import upgrade
from xihu_catalog.subscriptions.evaluation import Evaluated, evaluate
from xihu_catalog.subscriptions.model import Subscription
from xihu_catalog.subscriptions.models import SubscriptionEventRow, SubscriptionSendingRow
from xihu_catalog.subscriptions.sending import SentCounts, SubscriptionSender
from xihu_catalog.subscriptions.service import Subscriptions, Wanted
from xihu_node.services import open_services
from xihu_pipelines.demo.province import settle
from xihu_pipelines.ingest.load import load_file
from xihu_platform.audit.models import AuditEntry
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.identity.people import find_position
from xihu_platform.identity.principal import Principal
from xihu_platform.notices.channels import add_channel, sealing_of, set_confirmed
from xihu_platform.settings import DatabaseSettings, NoticeSettings, Settings
from xihu_platform.start import Node, open_node
from xihu_portals.services import Services

STOPS, PEOPLE = "jt_stops", "yb_visits"
FIELDS = [column("id", key=True), column("county"), column("riders", "INTEGER")]
NUMBER: dict[str, object] = {"grade": "L3", **PSEUDONYM, "subjectKey": True}
OPENED = {"openClass": "unconditional"}


@dataclass
class Moved:
    """A clock that a test moves."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self):  # type: ignore[no-untyped-def]  # a datetime
        return NOW + self.ahead


@dataclass
class Room:
    """What a test of subscriptions asks of an installation."""

    services: Services
    clock: Moved
    folder: Path
    sender: SubscriptionSender

    @property
    def node(self) -> Node:
        return self.services.node

    @property
    def subscriptions(self) -> Subscriptions:
        return Subscriptions(self.node.database, self.services)

    def load(self, *rows: str, dataset: str = STOPS, head: str = "id,county,riders") -> int:
        contract = self.services.catalogue.contracts.get(dataset)
        file = self.folder / f"{dataset}.csv"
        file.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
        load_file(self.node, contract, file)
        return self.node.lake.snapshot(contract.table).id

    def subscribe(self, who: Principal, wanted: Wanted) -> Subscription:
        known = self.services.known_to(who)
        return self.subscriptions.subscribe(known, who, wanted, self.clock())

    def tick(self) -> Evaluated:
        known = self.services.known_to
        return evaluate(self.node.database, self.services, known, self.clock)

    def send(self) -> SentCounts:
        return self.sender.send_all(self.node.database, self.services.known_to)

    def events(self, one: Subscription) -> list[tuple[str, dict[str, object]]]:
        row = SubscriptionEventRow
        query = select(row).where(row.subscription == one.id).order_by(row.id)
        with transaction(self.node.database) as session:
            return [(found.what, json.loads(found.facts)) for found in session.scalars(query)]

    def sendings(self, one: Subscription, way: str) -> list[tuple[str, int]]:
        row = SubscriptionSendingRow
        query = select(row).where(row.subscription == one.id, row.way == way).order_by(row.id)
        with transaction(self.node.database) as session:
            return [(found.state, found.attempts) for found in session.scalars(query)]

    def reads(self, who: Principal) -> int:
        """Entries of the log that are reads of somebody by subscription."""
        with transaction(self.node.database) as session:
            bodies = session.scalars(select(AuditEntry.body)).all()
        said = [json.loads(body) for body in bodies]
        mine = [one for one in said if one.get("exit") == "subscription"]
        return sum(one["principal"] == who.id for one in mine)

    def citizen(self, person: str = "p-citizen3") -> Principal:
        return Principal("citizen", person, level=3, portal="citizen")

    def official(self, person: str, position: str) -> Principal:
        with transaction(self.node.database) as session:
            office = find_position(session, person, position, civil_date(self.clock()))
        return Principal("official", person, level=3, position=office, portal="official")

    def channel(self, recipient: str, kind: str, address: str) -> str:
        sealing, database = sealing_of(self.node.keyring), self.node.database
        made = add_channel(database, sealing, recipient, kind, address)  # type: ignore[arg-type]
        set_confirmed(database, made.id, self.clock())
        return made.id


def open_room(folder: Path, url: str | None = None) -> Room:
    clock = Moved()
    notices = NoticeSettings(smtp_host="localhost", smtp_security="tls", mail_from="x@localhost")
    database = DatabaseSettings(url=url)
    chosen = Settings(data_dir=folder / "data", notices=notices, database=database)
    if url is None:
        settled_data(folder / "data")
    node = open_node(chosen, clock=clock)
    if url is not None:
        upgrade(node.database)
        settle(node)
    services = open_services(node)
    contracts = services.catalogue.contracts
    contracts.publish(document(STOPS, FIELDS, provider=HEALTH, more=OPENED))
    visits = [column("no", key=True), column("citizen", "VARCHAR", **NUMBER), column("county")]
    contracts.publish(document(PEOPLE, visits, provider=HEALTH, share="conditional"))
    take_over_all(node.database)
    sender = SubscriptionSender(node.settings, node.keyring, clock)
    return Room(services, clock, folder, sender)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    found = open_room(tmp_path)
    yield found
    found.services.close()


@pytest.fixture(params=BOTH)
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Room]:
    """The same on SQLite and on PostgreSQL, each time in a database of its own."""
    url = None
    if request.param == "postgresql":
        address: str = request.getfixturevalue("postgres_address")
        url = copied_database(address, f"room_{token_hex(6)}")
    found = open_room(tmp_path, url)
    yield found
    found.services.close()
    found.node.database.dispose()
