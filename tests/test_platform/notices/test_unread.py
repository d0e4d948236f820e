"""Reading: each person's own, of what is for them alone; what was read long ago is deleted."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.test_platform.matters.world import (
    CHIEF,
    CITIZEN,
    CLERK,
    HEAD,
    JUDGE,
    KEEPER,
    OFFICER,
    STRANGER,
    MatterWorld,
    official,
)
from tests.test_platform.notices.cast import AUDITOR, COLLEAGUE, PORTER, unread
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound
from xihu_platform.identity.principal import Principal
from xihu_platform.notices.models import NoticeReadRow, NoticeRow
from xihu_platform.notices.unread import (
    AT_ONCE,
    KEPT_AFTER_READING,
    count_unread,
    forget_read,
    mark_all_read,
    mark_matter_read,
    mark_read,
)


def rows(world: MatterWorld, table: type = NoticeRow) -> int:
    with transaction(world.database) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_what_one_has_read_waits_for_the_others(world: MatterWorld) -> None:
    matter = world.sent()
    (line,) = unread(world, KEEPER)
    assert (line.matter, line.event, line.state) == (matter, "approve_inside", "review")
    assert line.number == f"SR-{matter:06d}"
    mark_read(world.matters, KEEPER, line.id)
    mark_read(world.matters, KEEPER, line.id)
    assert (count_unread(world.matters, KEEPER), rows(world, NoticeReadRow)) == (0, 1)
    assert (count_unread(world.matters, HEAD), count_unread(world.matters, CLERK)) == (1, 1)


@pytest.mark.parametrize("who", [STRANGER, PORTER, CHIEF, COLLEAGUE, CLERK, AUDITOR, CITIZEN])
def test_nobody_marks_what_is_not_for_them(world: MatterWorld, who: Principal) -> None:
    world.sent()
    (line,) = unread(world, KEEPER)
    with pytest.raises(NotFound):
        mark_read(world.matters, who, line.id)
    mark_all_read(world.matters, who, 2**31 - 1)
    mark_matter_read(world.matters, who, line.matter)
    assert unread(world, KEEPER) == (line,)


@pytest.mark.parametrize("notice", [0, -1, 999, 2**31, 10**30])
def test_one_that_there_is_not(world: MatterWorld, notice: int) -> None:
    world.sent()
    with pytest.raises(NotFound):
        mark_read(world.matters, KEEPER, notice)


def test_all_up_to_the_newest_that_was_seen(world: MatterWorld) -> None:
    world.sent()
    seen = max(one.id for one in unread(world, KEEPER))
    later = world.sent()
    mark_all_read(world.matters, KEEPER, seen)
    assert [one.matter for one in unread(world, KEEPER)] == [later]


def test_all_of_one_matter(world: MatterWorld) -> None:
    first, second = world.permit("2026-09-01"), world.permit("2026-09-01")
    mark_matter_read(world.matters, OFFICER, first)
    assert [one.matter for one in unread(world, OFFICER)] == [second]


def test_whoever_acted_in_another_office_is_not_told_of_their_own_act(world: MatterWorld) -> None:
    """One person with a position on either side."""
    matter = world.sent()
    both = official("chief", "giving-org", "steward", position="chief-second-office")
    assert unread(world, both) == ()
    world.do(CLERK, matter, "withdraw")
    assert [one.event for one in unread(world, both)] == ["withdraw"]


def test_a_person_whose_position_has_ended_is_shown_nothing(world: MatterWorld) -> None:
    world.sent()
    nobody = Principal("official", "keeper", level=3, position=None, portal="official")
    assert (unread(world, nobody), count_unread(world.matters, nobody)) == ((), 0)
    with pytest.raises(NotFound):
        mark_read(world.matters, nobody, 1)


def test_two_pages_at_the_same_moment_mark_once(world: MatterWorld) -> None:
    world.sent()
    (line,) = unread(world, KEEPER)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: mark_read(world.another(), KEEPER, line.id), range(8)))
    assert rows(world, NoticeReadRow) == 1


def test_what_was_read_thirty_days_ago_is_deleted_and_the_rest_is_there(world: MatterWorld) -> None:
    read, never = world.sent(), world.sent()
    before = rows(world)
    mark_matter_read(world.matters, KEEPER, read)
    world.clock.now += KEPT_AFTER_READING - timedelta(hours=1)
    mark_matter_read(world.matters, HEAD, read)
    assert forget_read(world.database, world.clock.now) == 0
    world.clock.now += timedelta(hours=2)
    assert forget_read(world.database, world.clock.now) == 1
    assert forget_read(world.database, world.clock.now) == 0
    assert (rows(world), rows(world, NoticeReadRow)) == (before - 1, 0)
    assert {one.matter for one in unread(world, JUDGE)} == {read, never}
    assert [one.matter for one in unread(world, KEEPER)] == [never]


def test_many_are_deleted_in_pieces(world: MatterWorld) -> None:
    matter, at = world.sent(), world.clock.now
    number = AT_ONCE + 5
    with transaction(world.database) as session:
        session.add_all(
            NoticeRow(
                id=10_000 + n,
                matter=matter,
                seq=100 + n,
                recipient="x",
                duties=" any ",
                position=None,
                event="open",
                created_at=at,
            )
            for n in range(number)
        )
        session.flush()
        session.add_all(NoticeReadRow(notice=10_000 + n, sub="s", at=at) for n in range(number))
    assert forget_read(world.database, at + KEPT_AFTER_READING + timedelta(days=1)) == number
    assert rows(world, NoticeReadRow) == 0
