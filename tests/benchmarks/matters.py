"""Matters at the size of a province: what needs me, one act, an idle tick, a new calendar.

100,000 open matters of 50 departments, three clocks each; no peer keeps clocks of working days.
"""

import json
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from threading import Event, Thread
from time import perf_counter

import click
from sqlalchemy import Engine, insert

from tests.benchmarks.measure import reporting, spread
from tests.test_platform.audit.test_log import empty_database
from tests.test_platform.matters.world import (
    ASKING,
    AUTHORITY,
    GIVING,
    KEEPER,
    MatterWorld,
    database_file,
)
from xihu_platform.clock import SHANGHAI, system_clock
from xihu_platform.database import open_database, transaction
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.clocks import MatterClock
from xihu_platform.matters.keeping import Counting
from xihu_platform.matters.models import (
    MatterClockRow,
    MatterEventRow,
    MatterPartyRow,
    MatterRow,
    MatterWorkRow,
)
from xihu_platform.matters.ticking import tick
from xihu_platform.matters.who import doers
from xihu_platform.matters.work import count_waiting, waiting
from xihu_platform.statute.calendar import CalendarDay, CalendarYear
from xihu_platform.statute.due import DueDate
from xihu_platform.statute.published import publish_year
from xihu_platform.words import Text

MATTERS = 100_000
DEPARTMENTS = 50
PIECE = 5_000
DUTIES = (
    *("CN-809-2025/reply_conditional", "CN-809-2025/delivery"),
    "CN-809-2025/correction",
)
ACTS = 300


@click.command()
@click.option("--matters", "number", default=MATTERS, show_default=True)
def main(number: int) -> None:
    """On SQLite, as a small installation has it; each figure's bar stands beside it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        reporting("matters", system_clock, {"matters": number, "clocks": 3 * number}) as report,
    ):
        database = open_database(database_file(Path(folder), empty_database()))
        world = MatterWorld(database)
        model = world.sent("2026-11-12")
        _fill(database, world, model, number)
        world.clock.on("2026-11-13")
        report.show(
            "what needs me, 50 of a department's",
            report.steady(lambda: _asked(world, KEEPER)),
            remark="bar p50 30 ms",
        )
        report.show("one act", report.steady(lambda: _acted(world)), remark="bar p50 10 ms")
        tick(world.matters, world.clock.now)
        report.show(
            "an idle tick",
            report.steady(lambda: _idle(world)),
            remark="bar 100 ms",
        )
        seconds, slowest = _new_calendar(world)
        report.show("a new calendar for every clock, s", seconds)
        report.show("slowest page read meanwhile, ms", slowest, remark="bar p99 100 ms")
        database.dispose()


def _fill(database: Engine, world: MatterWorld, model: int, number: int) -> None:
    """Copies of one matter's rows under other numbers and departments, written in pieces."""
    event = world.view(model).events[-1]
    with transaction(database) as session:
        row = session.get(MatterEventRow, (model, event.seq))
        assert row is not None
        first = {c.name: getattr(row, c.name) for c in MatterEventRow.__table__.columns}
    for start in range(model + 1, model + 1 + number, PIECE):
        ids = range(start, min(start + PIECE, model + 1 + number))
        with database.begin() as connection:
            for table, rows in (
                (MatterRow, _matter_rows(ids)),
                (MatterEventRow, _event_rows(ids, first)),
                (MatterPartyRow, _party_rows(ids)),
                (MatterClockRow, _clock_rows(database, ids, world.matters.counting)),
                (MatterWorkRow, _work_rows(ids)),
            ):
                connection.execute(insert(table), list(rows))


def _department(matter: int) -> str:
    return GIVING if matter % DEPARTMENTS == 0 else f"org-{matter % DEPARTMENTS:02d}"


def _matter_rows(ids: range) -> Iterator[dict[str, object]]:
    for one in ids:
        yield {
            "id": one,
            "kind": "sharing_request",
            "definition": 1,
            "state": "review",
            "version": 3,
            "about": "rs_employment",
            "region": "330000",
            "opened_at": system_clock(),
        }


def _started(matter: int) -> date:
    """One in ten in the last week of the year: a new calendar moves them."""
    return date(2026, 12, 21) if matter % 10 == 0 else date(2026, 11, 2) + timedelta(matter % 14)


def _event_rows(ids: range, first: dict[str, object]) -> Iterator[dict[str, object]]:
    """One event that starts three clocks."""
    acts = [{"verb": "start", "duty": duty} for duty in DUTIES]
    for one in ids:
        at = datetime.combine(_started(one), time(10), SHANGHAI)
        said = {"matter": one, "seq": 1, "command_key": f"made-{one}", "clocks": acts, "at": at}
        yield first | said


def _party_rows(ids: range) -> Iterator[dict[str, object]]:
    for one in ids:
        for role, key in (
            ("requester", ASKING),
            ("provider", _department(one)),
            ("authority", AUTHORITY),
        ):
            yield {"matter": one, "role": role, "key": key, "kind": "organisation"}


def _clock_rows(database: Engine, ids: range, counting: Counting) -> Iterator[dict[str, object]]:
    with transaction(database) as session:
        number, calendar = counting.calendar(session)
    known: dict[MatterClock, DueDate] = {}
    for one in ids:
        for duty in DUTIES:
            clock = MatterClock(duty, 1, _started(one))
            found = known.get(clock) or known.setdefault(clock, counting.due(clock, calendar))
            last = found.day or date.max
            yield {
                "matter": one,
                "duty": duty,
                "start_seq": 1,
                "due_on": last,
                "firm": found.firm,
                "calendar": number,
                "next_on": last,
                "next_mark": "due",
            }


def _work_rows(ids: range) -> Iterator[dict[str, object]]:
    for one in ids:
        yield {
            "matter": one,
            "name": "review",
            "queue": _department(one),
            "duty": "steward",
            "opened_seq": 1,
            "due_on": date(2026, 11, 30) + timedelta(days=one % 20),
        }


def _asked(world: MatterWorld, principal: Principal) -> object:
    times = []
    for _ in range(60):
        begun = perf_counter()
        with transaction(world.database) as session:
            mine = doers(principal, (), world.clock.now)
            assert waiting(session, principal, mine)
            assert count_waiting(session, principal, mine)
        times.append((perf_counter() - begun) * 1000)
    return spread(times)


def _acted(world: MatterWorld) -> object:
    every = [world.sent("2026-11-13") for _ in range(ACTS)]
    times = []
    for matter in every:
        version = world.view(matter).version
        begun = perf_counter()
        world.do(KEEPER, matter, "assess", version=version, opinion="同意")
        times.append((perf_counter() - begun) * 1000)
    return spread(times)


def _idle(world: MatterWorld) -> object:
    times = []
    for _ in range(20):
        begun = perf_counter()
        tick(world.matters, world.clock.now)
        times.append((perf_counter() - begun) * 1000)
    return spread(times)


def _new_calendar(world: MatterWorld) -> tuple[float, float]:
    """Seconds until every clock is counted anew, and the slowest page read in that time."""
    day = CalendarDay(date(2027, 1, 3), "worked", Text("上班", "worked"))
    publish_year(world.database, CalendarYear(2027, "test", (day,)), world.clock)
    ended, reads = Event(), list[float]()

    def read() -> None:
        while not ended.is_set():
            begun = perf_counter()
            with transaction(world.database) as session:
                waiting(session, KEEPER, doers(KEEPER, (), world.clock.now))
            reads.append((perf_counter() - begun) * 1000)
            ended.wait(0.05)

    reader = Thread(target=read)
    reader.start()
    begun = perf_counter()
    done = tick(world.matters, world.clock.now)
    seconds = perf_counter() - begun
    ended.set()
    reader.join()
    click.echo(json.dumps({"redated": done.redated, "reads": len(reads)}))
    reads.sort()
    return round(seconds, 1), round(reads[int(len(reads) * 0.99) - 1], 1)


if __name__ == "__main__":
    main()
