"""Who used my data with 100,000 pins, and what a page read adds to the log.

Run by hand: `make bench B=pins`. The pins are of one dataset of the small demo, one in a hundred
with a predicate. The peer asks every pin with a query of its own, as the log did before: timed on
200 of them and multiplied.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, insert, select

from tests.benchmarks.measure import repeat, reporting, timed
from tests.province import Province, make_province
from xihu_platform.access.gateway import AccessGateway
from xihu_platform.access.policy import FieldPolicy, Policy, Purpose
from xihu_platform.access.query import Filter, RowQuery
from xihu_platform.access.start import open_gateway
from xihu_platform.access.uses import list_uses
from xihu_platform.audit.models import AuditEntry, AuditPin, AuditSubject
from xihu_platform.clock import system_clock
from xihu_platform.database import transaction
from xihu_platform.sql import Statement

PINS = 100_000
WITH_PREDICATE = 100  # one pin in so many
LOOKS = 30
ASKED_PLAINLY = 200
VISITS = "yb_hospital_visits"
DUTY = Purpose("duty")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for province in make_province(Path(folder)):
            _run(province)


def _run(province: Province) -> None:
    services = province.services

    def policy(dataset: str) -> Policy:
        known = services.catalogue.policy(dataset)
        return replace(known, rules=frozenset(), fields=tuple(map(_on_duty, known.fields)))

    gateway = open_gateway(services.node, policy)
    people = _people(gateway)
    with reporting("pins", system_clock, {"pins": PINS}) as report:
        before = _size(province)
        reads = 500
        for _ in range(reads):
            _read(province, gateway)
        grown = (_size(province) - before) / reads
        report.show("bytes of the database for a page read", round(grown))
        with transaction(services.node.database) as session:
            newest = session.scalars(select(AuditEntry.body).order_by(AuditEntry.seq.desc()))
            report.show("bytes of its entry's body", len(next(iter(newest))))
        _fill(province, gateway)
        plain = [_plainly(gateway, person) for person in people[:1]][0]
        first = [timed(lambda p=p: list_uses(gateway, p)) for p in people[:LOOKS]]  # type: ignore[misc]
        first.sort()
        report.show("first look, ms, median of 30 people", round(first[LOOKS // 2], 1), plain)
        again = repeat(lambda: list_uses(gateway, people[0]), LOOKS)
        report.show("a look again", again, plain)
    gateway.log.close()


def _on_duty(field: FieldPolicy) -> FieldPolicy:
    return replace(field, grade="L1" if field.name in {"hospital_code", "county_code"} else "L2")


def _people(gateway: AccessGateway) -> list[str]:
    relation = gateway.engine.relation(gateway.snapshot(gateway.policy(VISITS)))
    sql = f"SELECT DISTINCT citizen_id AS c FROM {relation.sql} ORDER BY 1 LIMIT {LOOKS + 5}"
    return [str(c) for c in gateway.engine.fetch(Statement(sql))["c"].to_pylist()]


def _read(province: Province, gateway: AccessGateway, *filters: Filter) -> int:
    chen = province.official("chen", "chen-yb")
    query = RowQuery(fields=("hospital_code",), filters=filters)
    return gateway.read_page(chen, VISITS, DUTY, query, limit=1).citation.audit_entry or 0


def _size(province: Province) -> int:
    """Of the application's database, without the subjects that pages list beside their entries."""
    with province.services.node.database.connect() as connection:
        listed = len(connection.execute(select(AuditSubject.seq)).all())
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar() or 0
        size = connection.exec_driver_sql("PRAGMA page_size").scalar() or 0
        return int(pages) * int(size) - listed * BYTES_A_SUBJECT


BYTES_A_SUBJECT = 230  # a row of audit_subject and its two indexes: measured with dbstat


def _fill(province: Province, gateway: AccessGateway) -> None:
    """As many pins as a busy year leaves: copies of two real ones under other digests and days."""
    whole = _read(province, gateway)
    some = _read(province, gateway, Filter("hospital_code", "starts", "H"))
    with province.services.node.database.begin() as connection:
        rows = _copies(connection, whole, some)
        connection.execute(insert(AuditPin), list(rows))


def _copies(connection: Connection, whole: int, some: int) -> Iterator[dict[str, object]]:
    table = AuditPin.__table__
    pins = [
        connection.execute(
            select(table)
            .join(AuditEntry, AuditEntry.pin == AuditPin.digest)
            .where(AuditEntry.seq == seq)
        )
        .mappings()
        .one()
        for seq in (whole, some)
    ]
    for number in range(PINS):
        like = pins[number % WITH_PREDICATE == 0]
        yield {
            **like,
            "digest": f"copy-{number}",
            "question": None,
            "day": like["day"] - timedelta(days=number % 365),
        }


def _plainly(gateway: AccessGateway, person: str) -> float:
    """Milliseconds to ask every pin with a query of its own."""
    snapshot = gateway.snapshot(gateway.policy(VISITS))
    relation = gateway.engine.relation(snapshot)
    form = gateway.promote(person, snapshot.key_version)
    where = "starts_with(county_code, '33') AND citizen_id = $1"
    sql = f"SELECT count(*) FROM {relation.sql} WHERE {where}"

    def ask() -> None:
        for _ in range(ASKED_PLAINLY):
            gateway.engine.fetch(Statement(sql, (form,)))

    return round(timed(ask) / ASKED_PLAINLY * PINS)


if __name__ == "__main__":
    main()
