"""A provider's dataset, a requester with a grant, and a table of the requester's PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import delete, update

from tests import contracts
from tests.contracts import OURS
from tests.harness.postgres import PASSWORD
from xihu_catalog.contracts.model import Contract, policy_of
from xihu_catalog.exchange.models import ExchangeBatchRow, ExchangeRow
from xihu_catalog.exchange.records import (
    ExchangeBatch,
    exchange_sealing,
    get_exchange,
    list_batches,
    set_password,
)
from xihu_catalog.schema import upgrade
from xihu_pipelines.exchange.run import Step, send_batch
from xihu_pipelines.ingest.load import load_file
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.models import GrantRow
from xihu_platform.access.policy import Policy
from xihu_platform.access.start import open_gateway
from xihu_platform.database import transaction
from xihu_platform.identity.models import OrganisationRow
from xihu_platform.settings import ExchangeSettings, Settings
from xihu_platform.start import Node, open_node

ASKING = "11330000002482015R"
DATASET, NUMBER, MATTER = "jt_stops", "BX-2026-00001", 7
LOOPBACK = (ip_network("127.0.0.0/8"),)
NOW = datetime(2026, 11, 30, 4, tzinfo=UTC)
FIELDS = [
    contracts.field("code", "VARCHAR", key=True, required=True),
    contracts.field("name", "VARCHAR", grade="L2"),
    contracts.field("fare", "DECIMAL(12,2)", grade="L2"),
    contracts.field("opened", "DATE", grade="L2"),
    contracts.field("seen", "TIMESTAMP", grade="L2"),
    contracts.field("covered", "BOOLEAN", grade="L2"),
    contracts.field("phone", "VARCHAR", grade="L3"),
]
SENT = ("code", "name", "fare", "opened", "seen", "covered")
"""A machine's duty opens no L3."""
Rows = dict[str, tuple[Any, ...]]
"""By code. Any: values of every type."""


def contract(fields: list[contracts.Part] = FIELDS, **more: Any) -> Contract:
    return contracts.contract(DATASET, fields, share="conditional", **more)


@dataclass
class World:
    node: Node
    gateway: AccessGateway
    port: int
    folder: Path
    now: datetime = NOW
    current: Contract = field(default_factory=contract)
    loads: int = 0

    def load(self, rows: Rows) -> None:
        """The whole dataset once more."""
        self.loads += 1
        path = self.folder / f"{self.loads}.csv"
        names = [one.name for one in self.current.fields]
        lines = [",".join(names)]
        for code, values in sorted(rows.items()):
            lines.append(",".join(_cell(one) for one in (code, *values)))
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        load_file(self.node, self.current, path)

    def send(self, *, whole: bool = False, step: Step = lambda _name: None) -> ExchangeBatch | None:
        return send_batch(self.node, self.gateway, NUMBER, whole=whole, step=step)

    def sent(self, **how: Any) -> ExchangeBatch:
        """Any: what `send` takes."""
        done = self.send(**how)
        assert done is not None
        return done

    def there(self, *names: str) -> list[tuple[Any, ...]]:
        """The receiver's rows, as its own client reads them. Any: of whatever types."""
        columns = ", ".join(names or SENT)
        return self.ask(f"SELECT {columns} FROM jt.stops ORDER BY 1")

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.address, autocommit=True) as session:
            found = session.execute(statement)
            return found.fetchall() if found.description else []

    @property
    def address(self) -> str:
        return psycopg.conninfo.make_conninfo(
            host="127.0.0.1", port=self.port, user="steward", password=PASSWORD, dbname="postgres"
        )

    def batches(self) -> list[ExchangeBatch]:
        """The oldest first."""
        return list(list_batches(self.node.database, MATTER))[::-1]

    def suspend(self, *, suspended: bool = True) -> None:
        with transaction(self.node.database) as session:
            session.execute(update(GrantRow).values(suspended=suspended))

    def grant(self, *fields: str, rules: tuple[str, ...] = ()) -> None:
        with transaction(self.node.database) as session:
            session.execute(update(GrantRow).values(fields=list(fields), rules=list(rules)))


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = "true" if value is True else "false" if value is False else str(value)
    return '"' + text.replace('"', '""') + '"'


@contextmanager
def exchange_world(
    folder: Path, port: int, *, fresh: bool = True, **settings: Any
) -> Iterator[World]:
    """`fresh`: in an empty folder. Any: more settings."""
    own = ExchangeSettings(networks=LOOPBACK, tls="disable")
    given = {"data_dir": folder / "data", "exchange": own, **settings}
    moment = {"now": NOW}
    node = open_node(Settings(**given), clock=lambda: moment["now"])
    upgrade(node.database)
    world: World

    def policy(_dataset: str) -> Policy:
        return policy_of(world.current)

    gateway = open_gateway(node, policy)
    world = World(node, gateway, port, folder)
    if fresh:
        settle(node, port)
    try:
        yield world
    finally:
        gateway.close()
        node.database.dispose()


def settle(node: Node, port: int) -> None:
    with transaction(node.database) as session:
        for table in (OrganisationRow, GrantRow, ExchangeRow, ExchangeBatchRow):
            session.execute(delete(table))
        session.add_all(
            [
                *(
                    OrganisationRow(
                        uscc=uscc,
                        code=code,
                        name_zh=code,
                        name_en=code,
                        region="330000",
                        kind="department",
                    )
                    for uscc, code in ((ASKING, "asks"), (OURS, "gives"))
                ),
                GrantRow(
                    id="SR-2026-000001",
                    dataset=DATASET,
                    organisation=ASKING,
                    fields=[*SENT, "phone"],
                    purpose_zh="用途",
                    purpose_en="use",
                    valid_from=date(2026, 1, 1),
                    valid_to=date(2027, 12, 31),
                    rules=[],
                    matter=None,
                    suspended=False,
                ),
                ExchangeRow(
                    matter=MATTER,
                    number=NUMBER,
                    dataset=DATASET,
                    organisation=ASKING,
                    provider=OURS,
                    host="127.0.0.1",
                    port=port,
                    database="postgres",
                    schema="jt",
                    table="stops",
                    user="steward",
                    cycle="daily",
                    began=NOW - timedelta(days=1),
                ),
            ]
        )
    sealing = exchange_sealing(node.keyring)
    set_password(node.database, sealing, get_exchange(node.database, NUMBER), PASSWORD)
