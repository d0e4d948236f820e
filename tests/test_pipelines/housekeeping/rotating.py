"""A small node about people: three datasets handed in, one derived, and its access gateway."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests.contracts import Part, contract, field, properties
from xihu_catalog.contracts.model import Contract, policy_of
from xihu_catalog.schema import upgrade
from xihu_catalog.standards.documents import citizen_check
from xihu_pipelines.derive.run import derive
from xihu_pipelines.housekeeping.rotate import begin_rotation, rotate
from xihu_pipelines.ingest.load import load_file
from xihu_platform.access.answers import Page
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.policy import Purpose
from xihu_platform.access.query import RowQuery
from xihu_platform.access.start import open_gateway
from xihu_platform.identity.principal import Position, Principal
from xihu_platform.settings import Settings, VaultSettings
from xihu_platform.start import Node, open_node
from xihu_platform.vault.keys import DigestName

PROVIDER = "91110000600037341L"
QUERY = (
    "SELECT a.number, count(*) AS aids FROM mz_aid AS a JOIN mz_people AS p "
    "ON a.number = p.number GROUP BY a.number"
)
PEOPLE = [body + citizen_check(body) for body in (f"33990119900{n:02d}0100" for n in range(1, 13))]


def _person(name: str, **more: object) -> Part:
    return field(
        name, "VARCHAR", grade="L4", identifier="document_number", protect="pseudonym", **more
    )


def _number(name: str, kind: str = "INTEGER") -> Part:
    return field(name, kind, grade="L3")


SUBJECT = _person("number", subjectKey=True)
KEPT = _person("number", subjectKey=True, vault=True)
PHONE = field("phone", grade="L3", identifier="mobile", protect="mask", vault=True)
AID = contract("mz_aid", [KEPT, _number("amount")], mode="append")
FOLK = contract("mz_people", [SUBJECT | {"primaryKey": True}, _number("amount")], mode="upsert")
PAIRS = contract("mz_pairs", [KEPT, _person("spouse"), PHONE])
DERIVED = {"server": "derived", "type": "derived", "customProperties": properties({"query": QUERY})}
BOTH = contract("mz_both", [SUBJECT, _number("aids", "BIGINT")], mode="", server=DERIVED)
PLACES = contract("mz_places", [_number("amount")], mode="append")
KEYED = (AID, FOLK, PAIRS, BOTH)
CONTRACTS = {c.dataset: c for c in (AID, FOLK, PAIRS, BOTH, PLACES)}


@dataclass(frozen=True)
class World:
    """The installation, its access gateway, and what tests do with both."""

    node: Node
    gateway: AccessGateway

    def hand_in(self, one: Contract, rows: Iterable[tuple[object, ...]]) -> None:
        path = self.node.settings.data_dir / "handed-in.csv"
        names = ",".join(f.name for f in one.fields)
        lines = "".join(",".join(map(str, row)) + "\n" for row in rows)
        path.write_text(f"{names}\n{lines}", encoding="utf-8")
        load_file(self.node, one, path)

    def derive(self) -> None:
        derive(self.node, BOTH, CONTRACTS)

    def begin(self) -> int:
        return begin_rotation(self.node, CONTRACTS.values())

    def rotate(self, *chosen: Contract) -> None:
        for one in chosen or CONTRACTS.values():
            rotate(self.node, one)

    def root(self, number: str, key_version: int = 1) -> str:
        return self.node.keyring.pseudonym("citizen_id", number, key_version)

    def rows(self, one: Contract, snapshot: int | None = None) -> list[tuple[object, ...]]:
        """Of one snapshot, in the order of their records."""
        held = self.node.lake.snapshot(one.table, snapshot)
        names = ", ".join(f.name for f in one.fields)
        relation = self.gateway.engine.relation(held)
        sql = f"SELECT _record, {names} FROM {relation.sql} ORDER BY _record"
        return duckdb.connect().execute(sql).fetchall()

    def key_versions(self) -> dict[str, int]:
        lake = self.node.lake
        found = {name: lake.find_snapshot(one.table) for name, one in CONTRACTS.items()}
        return {name: held.key_version for name, held in found.items() if held}

    def own(self, number: str, one: Contract, snapshot: int | None = None) -> Page:
        """One's own rows through the access gateway."""
        me = Principal("citizen", f"p-{number}", level=3, subject=self.root(number))
        asked = RowQuery(snapshot_id=snapshot)
        return self.gateway.read_page(me, one.dataset, Purpose("own"), asked)

    def office(self, one: Contract, snapshot: int | None = None) -> Page:
        """All rows as the department's own case handler gets them."""
        asked = RowQuery(snapshot_id=snapshot)
        return self.gateway.read_page(OFFICE, one.dataset, INTERNAL, asked)

    def close(self) -> None:
        self.gateway.log.close()
        self.node.database.dispose()


OFFICE = Principal(
    "official",
    "p-office",
    level=3,
    position=Position("o1", "经办", "handler", PROVIDER, "局", "bureau", "330000"),
    portal="official",
)
INTERNAL = Purpose("internal")
"""The department's own processing: the widest read there is, pseudonyms keyed again."""


def open_world(folder: Path, digest: DigestName = "hmac-sha256") -> World:
    settings = Settings(data_dir=folder, vault=VaultSettings(pseudonyms=digest))
    node = open_node(settings)
    upgrade(node.database)
    policies = {name: policy_of(one) for name, one in CONTRACTS.items()}
    return World(node, open_gateway(node, policies.__getitem__))


def make_world(folder: Path, digest: DigestName = "hmac-sha256") -> World:
    """Everything loaded twice or more, so that tables have several files and snapshots."""
    world = open_world(folder, digest)
    world.hand_in(AID, [(number, n) for n, number in enumerate(PEOPLE[:6])])
    world.hand_in(AID, [(number, 10 * n) for n, number in enumerate(PEOPLE[3:9])])
    world.hand_in(FOLK, [(number, n) for n, number in enumerate(PEOPLE[:8])])
    world.hand_in(FOLK, [(number, -n) for n, number in enumerate(PEOPLE[5:10])])
    world.hand_in(
        PAIRS,
        [
            (PEOPLE[0], PEOPLE[1], "13800001111"),
            (PEOPLE[2], "", ""),
            (PEOPLE[3], PEOPLE[4], "13800002222"),
        ],
    )
    world.hand_in(PLACES, [(1,), (2,)])
    world.derive()
    return world
