"""Figures of departments, against numbers counted here one by one over events made here."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median

import pytest
from sqlalchemy import Engine, select, text

from tests.both_databases import BOTH, empty_tables, postgres, sqlite
from tests.test_platform.matters.conftest import EMPTIED
from tests.test_platform.matters.world import (
    ASKING,
    AUTHORITY,
    CLERK,
    DATASET,
    GIVING,
    HEAD,
    JUDGE,
    KEEPER,
    MatterWorld,
    parties,
    shown_row,
)
from xihu_catalog.sharing.metrics import DepartmentMetrics, authority_metrics, department_metrics
from xihu_platform.access.grounds import GroundRow
from xihu_platform.audit.models import AuditEntry
from xihu_platform.clock import SHANGHAI, civil_date
from xihu_platform.database import transaction
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.models import MatterEventRow
from xihu_platform.matters.ticking import tick
from xihu_platform.matters.who import MatterParty

__all__ = ["postgres"]  # a fixture
SINCE = datetime(2026, 1, 1, tzinfo=SHANGHAI)
ARTICLE, OTHER = "《政务数据共享条例》第二十一条", "《个人信息保护法》第二十八条"
REPLY = "CN-809-2025/reply_conditional"


@pytest.fixture(params=BOTH)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MatterWorld]:
    if request.param == "postgresql":
        found: Engine = request.getfixturevalue("postgres")
        empty_tables(found, [*EMPTIED, "ground", "audit_entry"])
        yield MatterWorld(found)
        return
    with sqlite(tmp_path) as engine:
        yield MatterWorld(engine)


def play(world: MatterWorld) -> None:
    """Eleven requests and three corrections of one provider, each for another reason."""
    for day, answer in (("2026-03-03", 1), ("2026-03-10", 4), ("2026-03-12", 20)):
        agree(world, day, answer)  # in time twice, once late
    for day, article in (("2026-04-01", ARTICLE), ("2026-04-02", ARTICLE), ("2026-04-03", OTHER)):
        matter = world.sent(day)
        world.do(KEEPER, matter, "assess", opinion="不同意")
        world.do(HEAD, matter, "refuse", reason="与职责无关", article=article)  # in a minute
    last_day(world)
    withdrawn = world.sent("2026-06-01")
    world.do(CLERK, withdrawn, "withdraw", day="2026-06-02")
    world.sent("2026-06-03")  # runs on past its day
    world.sent("2026-07-01")  # has time
    draft(world)
    for snapshot in ("7", "8"):
        matter = correction(world, "2026-05-06")
        world.do(KEEPER, matter, "correct", day="2026-05-08", snapshot=snapshot)
    correction(world, "2026-07-01")


def agree(world: MatterWorld, day: str, days: int) -> int:
    matter = world.sent(day)
    world.clock.now += timedelta(days=days)
    world.do(KEEPER, matter, "assess", opinion="同意")
    world.do(HEAD, matter, "agree")
    return matter


def last_day(world: MatterWorld) -> None:
    """Asked on Monday 2026-05-11: the tenth working day is Monday 05-25. More time is asked for on
    that very day, and once on the day before a last day, which is no sign."""
    for day in ("2026-05-25", "2026-05-22"):
        matter = world.sent("2026-05-11")
        world.clock.on("2026-05-21")
        tick(world.matters, world.clock.now)
        world.do(KEEPER, matter, "ask_extension", day=day, reason="会商", extension=5)
        world.do(JUDGE, matter, "consent_extension", extension=5)
        world.do(KEEPER, matter, "assess", opinion="同意")
        world.do(HEAD, matter, "agree", day="2026-05-27")


def draft(world: MatterWorld) -> None:
    world.clock.on("2026-06-05")
    world.request()


def correction(world: MatterWorld, day: str) -> int:
    world.clock.on(day)
    names = ("reporter", "source", "authority")
    three = tuple(
        MatterParty(name, "organisation", one.key)
        for name, one in zip(names, parties(), strict=True)
    )
    said: dict[str, Value] = {"row": shown_row(CLERK, DATASET), "field": "name", "claimed": "乙"}
    command = Command(OPEN, world.key(), values=said, reason="登记有误", evidence="E-1")
    opening = Opening("correction_request", three, "330000", DATASET)
    return world.matters.open(CLERK, opening, command).matter


def read(world: MatterWorld, numbers: Iterator[int], day: str, **said: str) -> None:
    fields = {"dataset": DATASET, "organisation": ASKING, "kind": "read"} | said
    at = datetime.fromisoformat(f"{day}T10:00:00+08:00").astimezone(UTC)
    with transaction(world.database) as session:
        session.add(AuditEntry(seq=next(numbers), body=b"{}", at=at, read_id="", **fields))


def ground(world: MatterWorld, number: str, origin: str, day: str) -> None:
    with transaction(world.database) as session:
        session.add(
            GroundRow(
                number=number,
                kind="service_case",
                item="medical_transfer",
                organisation=GIVING,
                position="keeper-office",
                opened=datetime.fromisoformat(f"{day}T10:00:00+08:00").astimezone(UTC),
                closed=None,
                origin=origin,
                opened_by="keeper",
            )
        )


def own(world: MatterWorld, organisation: str = GIVING) -> DepartmentMetrics:
    with transaction(world.database) as session:
        return department_metrics(session, SINCE, world.clock.today, organisation=organisation)


def test_the_figures_are_those_that_a_count_by_hand_gives(world: MatterWorld) -> None:
    play(world)
    numbers = count()
    world.clock.on("2026-07-02")
    for day in ("2026-03-04", "2026-03-05", "2026-05-28"):
        read(world, numbers, day)
    read(world, numbers, "2026-03-01")  # before anything was asked for
    read(world, numbers, "2026-05-28", kind="refusal")
    read(world, numbers, "2026-05-28", organisation="another")
    for number, origin, day in (
        *(("A", "hand", "2026-05-01"), ("B", "service", "2026-05-02")),
        *(("C", "machine", "2026-05-03"), ("D", "hand", "2025-12-31")),
    ):
        ground(world, number, origin, day)
    found = own(world)
    # 3 agreed, 3 refused, 2 extended, 1 withdrawn, 1 late, 1 with time; 3 corrections
    assert found.begun == 14
    assert found.answered == 3 + 3 + 2 + 2
    assert found.in_time == 2 + 3 + 2 + 2
    assert found.late == 1 + 1
    assert (found.deemed, found.reopened) == (0, 0)
    assert found.on_time_rate == 81.8  # 9 of 11
    assert (found.extended, found.extension_rate) == (2, 14.3)
    # calendar days: 1, 4, 20; 0, 0, 0; 16, 16; 2, 2
    assert found.median_days == 2
    assert found.refusals == ((ARTICLE, 2), (OTHER, 1))
    assert found.corrections == 2
    assert found.grants == 5
    # the grants of March 3 (3 reads after it), 10 and 12 (1 each), of May (1 each)
    assert (found.reads, found.unread) == (3 + 1 + 1 + 1 + 1, 0)
    assert (found.grounds, found.by_hand) == (3, 1)
    assert found.within_minute == 3
    assert found.on_last_day == 1


def test_the_same_numbers_come_out_of_the_events_one_by_one(world: MatterWorld) -> None:
    """A second count, which reads every event and knows nothing of clocks that are stored."""
    play(world)
    world.clock.on("2026-07-02")
    with transaction(world.database) as session:
        rows = session.scalars(
            select(MatterEventRow).order_by(MatterEventRow.matter, MatterEventRow.seq)
        ).all()
    begun, days = 0, []
    started: dict[int, date] = {}
    for row in rows:
        for act in row.clocks:
            if act["verb"] == "start":
                begun += 1
                started[row.matter] = civil_date(row.at)
            if act["verb"] == "stop" and row.organisation == GIVING:
                days.append((civil_date(row.at) - started[row.matter]).days)
    refused = [row.article for row in rows if row.name == "refuse"]
    found = own(world)
    assert (found.begun, found.answered, found.median_days) == (begun, len(days), median(days))
    assert found.refused == len(refused)


def test_the_authority_sees_every_department_that_is_its_own(world: MatterWorld) -> None:
    play(world)
    world.clock.on("2026-07-02")
    with transaction(world.database) as session:
        today = world.clock.today
        every = authority_metrics(session, SINCE, today, authority=AUTHORITY)
        none = authority_metrics(session, SINCE, today, authority="another")
    assert every == [own(world)]
    assert none == []
    assert own(world, ASKING) == DepartmentMetrics(ASKING)
    assert own(world, ASKING).on_time_rate is None


def test_what_silence_brings_about_is_late_although_it_counts_from_the_start(
    world: MatterWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xihu_catalog.sharing.metrics.ANSWERING", {"permit": "organ"})
    matter = world.permit("2026-09-01")
    world.clock.on("2026-09-10")
    tick(world.matters, world.clock.now)
    (organ,) = world.view(matter).keys("organ")
    found = own(world, organ)
    assert (found.begun, found.answered, found.in_time) == (2, 1, 0)
    assert (found.late, found.deemed, found.on_time_rate) == (1, 1, 0)


def test_a_period_that_ran_before_in_the_same_matter_is_counted_again(world: MatterWorld) -> None:
    agree(world, "2026-03-03", 1)
    with transaction(world.database) as session:
        session.execute(
            text(
                "INSERT INTO matter_clock (matter, duty, start_seq, due_on, firm, calendar) "
                f"SELECT matter, duty, 5, '2026-03-20', firm, calendar FROM matter_clock "
                f"WHERE duty = '{REPLY}'"
            )
        )
    world.clock.on("2026-03-10")
    found = own(world)
    assert (found.begun, found.answered, found.reopened) == (2, 1, 1)
