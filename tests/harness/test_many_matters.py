"""Many running matters moved to another version of their kind, and brought back.

Every one is listed before; afterwards all that was written before is byte for byte what it was,
and states, clocks and open work are what they were.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from time import perf_counter

import pytest
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.orm import Session

from tests.both_databases import sqlite
from tests.test_platform.matters.test_moving import SECOND_VERSION, STATES
from tests.test_platform.matters.world import LEADER, OFFICER, MatterWorld
from xihu_catalog.registry.matters import parse_definition
from xihu_platform.database import Base, transaction
from xihu_platform.matters.book import publish_definitions
from xihu_platform.matters.models import (
    MatterClockRow,
    MatterEventRow,
    MatterPartyRow,
    MatterRow,
    MatterWorkRow,
)
from xihu_platform.matters.moving import Migration, apply_migration, dry_run, revert_migration
from xihu_platform.matters.views import FIRST, broken_at, digest_of

pytestmark = [pytest.mark.harness, pytest.mark.timeout(600)]

COPIED: tuple[type[Base], ...] = (MatterRow, MatterPartyRow, MatterClockRow, MatterWorkRow)
TABLES = {
    "events": "SELECT * FROM matter_event WHERE name NOT IN ('migrated', 'reverted') "
    "ORDER BY matter, seq",
    "matters": "SELECT id, kind, definition, state, about, region, opened_at, closed_at, outcome, "
    "parent, root, next_on FROM matter ORDER BY id",
    "clocks": "SELECT * FROM matter_clock ORDER BY matter, duty, start_seq",
    "work": "SELECT matter, name, queue, duty, due_on FROM matter_work WHERE closed_seq IS NULL "
    "ORDER BY matter, name, queue, duty",
}


def models(world: MatterWorld) -> dict[int, str]:
    """Five permits as far as they get, and the state that the new version has for each."""
    received, deciding, paused, extended = (world.permit("2026-09-01") for _ in range(4))
    completing = world.permit()
    world.do(OFFICER, completing, "ask", reason="缺少证明")
    for one in (deciding, paused, extended):
        world.do(OFFICER, one, "accept")
    world.do(OFFICER, paused, "review", day="2026-09-03")
    world.do(LEADER, extended, "extend", reason="复杂", extension=5)
    return {
        received: "received",
        deciding: "examining",
        paused: "reviewing",
        extended: "examining",
        completing: "completing",
    }


def copy(session: Session, model: int, ids: range) -> None:
    """The rows of one matter under other numbers, each with a chain of digests of its own."""
    for table in COPIED:
        key = table.__table__.c.id if table is MatterRow else table.__table__.c.matter
        rows = session.execute(select(table.__table__).where(key == model)).mappings().all()
        session.execute(insert(table), [_renamed(table, row, one) for one in ids for row in rows])
    first = select(MatterEventRow).where(MatterEventRow.matter == model)
    events = [_columns(one) for one in session.scalars(first.order_by(MatterEventRow.seq))]
    session.execute(insert(MatterEventRow), [e for one in ids for e in _chain(events, one)])


def _renamed(table: type[Base], row: object, matter: int) -> dict[str, object]:
    said = dict(row)  # type: ignore[call-overload]  # a mapping
    if table is MatterRow:
        return {**said, "id": matter}
    said.pop("id", None)
    return {**said, "matter": matter}


def _columns(row: MatterEventRow) -> dict[str, object]:
    return {one.name: getattr(row, one.name) for one in MatterEventRow.__table__.columns}


def _chain(events: list[dict[str, object]], matter: int) -> Iterator[dict[str, object]]:
    before = FIRST
    for event in events:
        key = f"copy-{matter}-{event['seq']}"
        row = MatterEventRow(**{**event, "matter": matter, "command_key": key})
        row.digest = before = digest_of(row, before)
        yield _columns(row)


def written(database: Engine) -> dict[str, tuple[int, str]]:
    """Of each table: how many rows, and a digest over all as the database has them."""
    found = {}
    with database.connect() as connection:
        for name, query in TABLES.items():
            digest, number = sha256(), 0
            for row in connection.execution_options(stream_results=True).execute(text(query)):
                digest.update(repr(tuple(row)).encode())
                number += 1
            found[name] = (number, digest.hexdigest())
    return found


def broken(database: Engine) -> list[int]:
    """The matters whose chain of digests is broken."""
    wrong = []
    with transaction(database) as session:
        rows: list[MatterEventRow] = []
        every = select(MatterEventRow).order_by(MatterEventRow.matter, MatterEventRow.seq)
        for row in session.scalars(every.execution_options(yield_per=5000)):
            if rows and rows[0].matter != row.matter:
                wrong += [rows[0].matter] if broken_at(rows) else []
                rows = []
            rows.append(row)
    return wrong + ([rows[0].matter] if broken_at(rows) else [])


def move_and_bring_back(folder: Path, number: int) -> tuple[float, float, float]:
    """Seconds until `number` matters were listed, moved, brought back; nothing else has changed."""
    with sqlite(folder) as database:
        world = MatterWorld(database)
        wanted = models(world)
        each = number // len(wanted)
        for model, state in list(wanted.items()):
            ids = range(model * 100_000, model * 100_000 + each - 1)
            with transaction(database) as session:
                copy(session, model, ids)
            wanted |= dict.fromkeys(ids, state)
        assert len(wanted) == number
        newer = {"permit.2.yaml": SECOND_VERSION}
        publish_definitions(database, newer, parse_definition, world.clock)
        return _timed(world, database, wanted)


def _timed(
    world: MatterWorld, database: Engine, wanted: dict[int, str]
) -> tuple[float, float, float]:
    migration = Migration("permit", 1, 2, "leader-office", STATES)
    before = written(database)
    assert before["matters"][0] == len(wanted)
    assert broken(database) == []
    begun = perf_counter()
    moves = dry_run(world.matters, migration)
    listed = perf_counter() - begun
    assert {one.matter: one.after for one in moves} == wanted
    assert written(database) == before
    begun = perf_counter()
    assert len(apply_migration(world.matters, migration)) == len(wanted)
    applied = perf_counter() - begun
    moved = written(database)
    assert (moved["events"], moved["clocks"]) == (before["events"], before["clocks"])
    assert moved["matters"] != before["matters"]
    assert broken(database) == []
    begun = perf_counter()
    assert revert_migration(world.matters, migration) == len(wanted)
    reverted = perf_counter() - begun
    assert written(database) == before
    assert broken(database) == []
    return listed, applied, reverted


def test_matters_are_moved_and_brought_back_byte_for_byte(tmp_path: Path) -> None:
    """Ten thousand are moved by `make bench B=moving`, with the same checks."""
    move_and_bring_back(tmp_path, 500)
