"""A last day of use that passes: time ends the grant and asks for the disposal of the data.

Order 809 art. 27. `until` is the last day on which the data may be used; what happens, happens on
the day after it, whenever a tick notices. Dates are typed by hand.
"""

import re
from datetime import UTC, date, datetime
from hashlib import sha256

import pytest
from sqlalchemy import select

from tests.registry import REGISTRY
from tests.test_platform.matters.test_ticking import ticked
from tests.test_platform.matters.world import (
    ASKING,
    CHIEF,
    CLERK,
    DATASET,
    GIVING,
    HEAD,
    KEEPER,
    OPENED,
    MatterWorld,
)
from xihu_catalog.registry.matters import parse_definition
from xihu_platform.access.models import GrantRow, find_grants
from xihu_platform.database import transaction
from xihu_platform.errors import Conflict
from xihu_platform.matters.book import DefinitionBook, publish_definitions
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.kernel import StaleMatter
from xihu_platform.matters.models import DefinitionRow, MatterEventRow
from xihu_platform.matters.moving import Migration, apply_migration, dry_run, revert_migration
from xihu_platform.matters.ticking import Ticked
from xihu_platform.notices.models import NoticeRow

UNTIL = "2026-12-31"
MIDNIGHT = datetime(2026, 12, 31, 16, tzinfo=UTC)
"""Of 2027-01-01 in Shanghai."""
LANDED = "5638fc035d6370cdc9c7c38a69aaa20e8ec8a0d707860067ec207a01c4a99473"
"""SHA-256 of version 2 of sharing_request as it came into force."""


def in_use(world: MatterWorld, until: str = UNTIL) -> int:
    world.clock.on("2026-09-24")
    matter = world.request(until=until)
    world.do(CLERK, matter, "submit")
    world.do(CHIEF, matter, "approve_inside")
    world.do(KEEPER, matter, "assess", opinion="同意")
    world.do(HEAD, matter, "agree")
    return matter


def expired(world: MatterWorld, matter: int) -> list[tuple[datetime, date, str | None]]:
    """Of each time that its date was found to have passed: since when, noticed when, by what."""
    return [
        (one.at, one.recorded_at.date(), one.article)
        for one in world.view(matter).events
        if one.name == "expire"
    ]


def is_open(world: MatterWorld, day: str, dataset: str = DATASET) -> bool:
    with transaction(world.database) as session:
        return bool(find_grants(session, dataset, ASKING, date.fromisoformat(day)))


def test_on_the_last_day_itself_nothing_happens_and_on_the_next_it_does_once(
    world: MatterWorld,
) -> None:
    matter = in_use(world)
    assert ticked(world, UNTIL) == Ticked()
    assert world.view(matter).state == "active"
    assert is_open(world, UNTIL)
    assert ticked(world, "2027-01-01") == Ticked(lapsed=1)
    assert ticked(world, "2027-01-01") == Ticked()
    assert world.view(matter).state == "disposing"
    article = "《政务数据共享条例》第二十七条"
    assert expired(world, matter) == [(MIDNIGHT, date(2026, 12, 31), article)]
    with transaction(world.database) as session:
        assert session.scalars(select(GrantRow.suspended)).all() == [True]


def test_the_gateway_closes_by_the_date_whether_a_tick_came_or_not(world: MatterWorld) -> None:
    in_use(world)
    assert is_open(world, UNTIL)
    assert not is_open(world, "2027-01-01")


def test_thirty_days_without_a_tick_both_days_are_written(world: MatterWorld) -> None:
    matter = in_use(world)
    assert ticked(world, "2027-01-31").lapsed == 1
    ((at, noticed, _),) = expired(world, matter)
    assert (at, noticed) == (MIDNIGHT, date(2027, 1, 30))  # one in the morning in Shanghai
    assert ticked(world, "2027-02-10") == Ticked()
    done = world.do(CLERK, matter, "certify", day="2027-02-10", evidence="YB-2027-001")
    assert done.state == "confirming"
    assert world.do(KEEPER, matter, "confirm_disposal").state == "disposed"


def test_whoever_acts_after_the_date_without_a_tick_finds_it_passed(world: MatterWorld) -> None:
    matter = in_use(world)
    seen = world.view(matter).version
    with pytest.raises(StaleMatter):
        world.do(HEAD, matter, "suspend", day="2027-01-05", reason="核查", article="第一条")
    assert seen < world.view(matter).version
    assert expired(world, matter)[0][:2] == (MIDNIGHT, date(2027, 1, 5))
    with pytest.raises(Conflict, match="“Suspend” is not possible"):
        world.do(HEAD, matter, "suspend", reason="核查", article="第一条")


def test_a_suspended_use_ends_as_well(world: MatterWorld) -> None:
    matter = in_use(world)
    world.do(HEAD, matter, "suspend", reason="核查", article="第一条")
    assert ticked(world, "2027-01-01").lapsed == 1
    assert world.view(matter).state == "disposing"


def test_use_that_ended_before_its_day_is_left_alone(world: MatterWorld) -> None:
    matter = in_use(world)
    world.do(CLERK, matter, "finish", reason="目的已实现")
    assert ticked(world, "2027-01-01").lapsed == 0
    assert expired(world, matter) == []


def test_the_day_that_was_said_last_counts(world: MatterWorld) -> None:
    world.clock.on("2026-09-24")
    matter = world.request(until="2026-10-31")
    said: dict[str, Value] = {"basis": "依据", "scene": "场景", "scope": "范围", "method": "page"}
    said |= {"fields": ["name"], "until": "2026-11-30"}
    world.matters.act(
        CLERK, matter, Command("amend", world.key(), world.view(matter).version, said)
    )
    world.do(CLERK, matter, "submit")
    world.do(CHIEF, matter, "approve_inside")
    world.do(KEEPER, matter, "assess", opinion="同意")
    world.do(HEAD, matter, "agree")
    ticked(world, "2026-11-30")
    assert expired(world, matter) == []
    ticked(world, "2026-12-01")
    assert expired(world, matter)[0][0] == datetime(2026, 11, 30, 16, tzinfo=UTC)


def test_whoever_has_to_dispose_of_the_data_is_told(world: MatterWorld) -> None:
    matter = in_use(world)
    ticked(world, "2027-01-01")
    with transaction(world.database) as session:
        seq = session.scalar(
            select(MatterEventRow.seq).where(
                MatterEventRow.matter == matter, MatterEventRow.name == "expire"
            )
        )
        told = session.scalars(
            select(NoticeRow.recipient).where(NoticeRow.matter == matter, NoticeRow.seq == seq)
        ).all()
    assert told == [ASKING]
    assert GIVING not in told  # the provider is asked once the disposal is certified


def test_a_registered_use_ends_with_its_last_day(world: MatterWorld) -> None:
    world.clock.on("2026-09-24")
    matter = world.request(OPENED, until=UNTIL)
    world.do(CLERK, matter, "submit")
    world.do(CHIEF, matter, "approve_inside")
    world.do(KEEPER, matter, "agree")
    assert ticked(world, "2027-01-01").lapsed == 1
    view = world.view(matter)
    assert (view.state, view.outcome) == ("ended", "done")
    assert ticked(world, "2027-01-02") == Ticked()


def landed() -> str:
    """Version 2 of the kind, word for word: without what time does at the last day."""
    newest = (REGISTRY / "matters" / "sharing_request.3.yaml").read_text("utf-8")
    without = re.sub(r"  expire:\n(?:    .*\n)+", "", newest)
    return without.replace("version: 3\n", "version: 2\n")


def test_a_running_request_of_the_version_before_is_moved_and_brought_back(
    world: MatterWorld,
) -> None:
    assert sha256(landed().encode()).hexdigest() == LANDED
    newest = (REGISTRY / "matters" / "sharing_request.3.yaml").read_text("utf-8")
    with transaction(world.database) as session:
        row = session.get(DefinitionRow, ("sharing_request", 3))
        assert row is not None
        session.delete(row)
    file = "sharing_request.2.yaml"
    publish_definitions(world.database, {file: landed()}, parse_definition, world.clock)
    world.matters.book = DefinitionBook(parse_definition)
    early, late = in_use(world), in_use(world, until="2027-06-30")
    newer = {"sharing_request.3.yaml": newest}
    publish_definitions(world.database, newer, parse_definition, world.clock)
    assert ticked(world, "2027-01-01") == Ticked()  # version 2 knows no such event
    migration = Migration("sharing_request", 2, 3, "judge-office", {})
    moves = [(one.matter, one.before, one.after) for one in dry_run(world.matters, migration)]
    assert moves == [(early, "active", "active"), (late, "active", "active")]
    apply_migration(world.matters, migration)
    assert ticked(world, "2027-01-08") == Ticked(lapsed=1)
    assert (world.view(early).state, world.view(late).state) == ("disposing", "active")
    ((at, noticed, _),) = expired(world, early)
    assert MIDNIGHT < at < datetime(2026, 12, 31, 18, tzinfo=UTC)  # not before it was moved
    assert noticed == date(2027, 1, 7)
    assert revert_migration(world.matters, migration) == 1  # what happened stays
    assert world.view(late).definition.version == 2
    assert ticked(world, "2027-07-01") == Ticked()
