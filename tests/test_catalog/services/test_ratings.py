"""好差评: once, by whoever asked; a bad one is followed by a matter with a day of its own."""

from datetime import date
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, func, select

from tests.test_platform.matters.conftest import database, postgres
from tests.test_platform.matters.test_small_kinds import ANOTHER, asked
from tests.test_platform.matters.world import (
    AUTHORITY,
    CITIZEN,
    GIVING,
    HEAD,
    JUDGE,
    KEEPER,
    STRANGER,
    MatterWorld,
)
from xihu_catalog.services.ratings import LEVELS, Rating, RatingRow, can_be_rated, find_rating, rate
from xihu_catalog.sharing.openings import OF_CITIZENS, OF_OFFICES, opening_of
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound, Refused
from xihu_platform.identity.principal import Mandate, Principal
from xihu_platform.matters.models import MatterEventRow, MatterRow

__all__ = ["database", "postgres"]  # fixtures
BAD = "CN-others/bad_rating"


@pytest.fixture
def world(database: Engine) -> MatterWorld:
    made = MatterWorld(database)
    made.settle(GIVING, "head-office", "sharing_head")
    made.settle(AUTHORITY, "judge-office", "authority")
    return made


def closed(world: MatterWorld, who: Principal = CITIZEN) -> int:
    """A request that the department has refused."""
    matter = asked(world, who)
    world.do(KEEPER, matter, "refuse", reason="涉及个人隐私", article="第一条")
    return matter


def rated(
    world: MatterWorld, matter: int, level: int, comment: str = "", who: Principal = CITIZEN
) -> Rating:
    return rate(world.matters, who, matter, level, comment, world.key())


def rows(world: MatterWorld) -> int:
    with transaction(world.database) as session:
        return session.scalar(select(func.count()).select_from(RatingRow)) or 0


def follow_ups(world: MatterWorld) -> list[int]:
    with transaction(world.database) as session:
        query = select(MatterRow.id).where(MatterRow.kind == "bad_rating")
        return list(session.scalars(query).all())


def test_the_numbers_are_those_of_the_standard_and_no_stars() -> None:
    """GB/T 39046-2020: 1 is very satisfied, 5 very dissatisfied."""
    assert [LEVELS[n].zh for n in (1, 2, 3, 4, 5)] == [
        *("非常满意", "满意", "基本满意", "不满意", "非常不满意")
    ]


@pytest.mark.parametrize(
    ("kind", "rateable"),
    [
        *(("svc_parking", True), ("hotline", True), ("opening_request", True)),
        *(("personal_correction", True), ("complaint", False), ("bad_rating", False)),
        *(("sharing_request", False), ("hotlines", False)),
    ],
)
def test_which_kinds_are_rated(kind: str, rateable: bool) -> None:
    assert can_be_rated(kind) is rateable


def test_a_closed_matter_is_rated_once_and_the_first_rating_is_the_answer(
    world: MatterWorld,
) -> None:
    matter = closed(world)
    first = rated(world, matter, 2, "答复很快")
    assert (first.level, first.comment, first.words.zh) == (2, "答复很快", "满意")
    assert (first.organisation, first.followed_by, first.counted) == (GIVING, None, True)
    for level in (2, 1, 5):
        assert rated(world, matter, level, "再评一次") == first
    assert (rows(world), follow_ups(world)) == (1, [])


def test_an_open_matter_is_not_rated(world: MatterWorld) -> None:
    with pytest.raises(Conflict, match="once it is closed"):
        rated(world, asked(world), 1)
    assert rows(world) == 0


def test_nobody_rates_for_somebody_else(world: MatterWorld) -> None:
    matter = closed(world)
    for who in (ANOTHER, STRANGER, Principal("anonymous", "anonymous")):
        with pytest.raises(NotFound):
            rated(world, matter, 1, who=who)
    for who in (KEEPER, HEAD, JUDGE):  # they take part, and did not ask
        with pytest.raises(Conflict, match="rated by whoever asked"):
            rated(world, matter, 1, who=who)
    firm = Mandate("firm", "91330100F", "甲", "A")
    for_firm = Principal("citizen", CITIZEN.id, level=3, subject=CITIZEN.subject, mandate=firm)
    with pytest.raises(NotFound):
        rated(world, matter, 1, who=for_firm)
    assert rows(world) == 0
    of_firm = closed(world, for_firm)
    with pytest.raises(NotFound):
        rated(world, of_firm, 1)
    assert rated(world, of_firm, 1, who=for_firm).level == 1


@pytest.mark.parametrize(
    ("level", "comment"), [(0, ""), (6, ""), (-1, ""), (2, "字" * 5001), (2, "好\u202e")]
)
def test_what_is_no_rating_is_refused(world: MatterWorld, level: int, comment: str) -> None:
    matter = closed(world)
    with pytest.raises(BadInput):
        rated(world, matter, level, comment)
    assert (rows(world), follow_ups(world)) == (0, [])


def test_a_bad_one_is_followed_within_fifteen_working_days(world: MatterWorld) -> None:
    """21 September 2026 + 15 working days of the official calendar: 19 October 2026."""
    matter = closed(world)
    world.clock.on("2026-09-21")
    bad = rated(world, matter, 5, "没有说明理由")
    assert bad.followed_by is not None
    assert follow_ups(world) == [bad.followed_by]
    view = world.view(bad.followed_by)
    assert (view.number, view.state) == (f"BR-{bad.followed_by:06d}", "received")
    assert (view.keys("office"), view.keys("supervisor")) == ((GIVING,), (AUTHORITY,))
    assert world.due(bad.followed_by, BAD) == date(2026, 10, 19)
    assert world.matters.read_texts(KEEPER, bad.followed_by)[1, "comment"] == "没有说明理由"
    assert [one.id for one in world.matters.linked(CITIZEN, matter)] == [bad.followed_by]
    assert rated(world, matter, 4, "又评") == bad
    assert (rows(world), len(follow_ups(world))) == (1, 1)


def test_four_is_bad_and_three_is_not(world: MatterWorld) -> None:
    assert rated(world, closed(world), 3).followed_by is None
    assert rated(world, closed(world, ANOTHER), 4, who=ANOTHER).followed_by is not None


def test_put_right_by_one_and_called_back_by_another(world: MatterWorld) -> None:
    matter = rated(world, closed(world), 4).followed_by or 0
    world.do(KEEPER, matter, "rectify", measures="已补充说明理由")
    with pytest.raises(BadInput, match="somebody else has to do this"):
        world.do(KEEPER, matter, "call_back", said="已解决")
    for who in (CITIZEN, JUDGE):
        with pytest.raises(Refused):
            world.do(who, matter, "call_back", said="已解决")
    done = world.do(HEAD, matter, "call_back", said="已解决")
    assert (done.state, world.view(matter).outcome) == ("resolved", "done")


def test_what_is_not_resolved_goes_to_the_supervisor_and_begins_anew(world: MatterWorld) -> None:
    matter = rated(world, closed(world), 4).followed_by or 0
    world.do(KEEPER, matter, "rectify", measures="已说明")
    world.do(HEAD, matter, "call_back_unresolved", said="仍不清楚")
    with pytest.raises(Refused):
        world.do(HEAD, matter, "send_back", reason="再改")
    world.do(
        JUDGE, matter, "send_back", day="2026-10-10", reason="请当面说明"
    )  # a working Saturday
    assert world.due(matter, BAD) == date(2026, 10, 30)
    world.do(KEEPER, matter, "rectify", measures="已当面说明")
    world.do(HEAD, matter, "call_back_unresolved", said="不同意")
    done = world.do(JUDGE, matter, "explain", reason="依法不能开放，已当面说明")
    assert (done.state, world.view(matter).outcome) == ("explained", "done")


def test_a_false_rating_is_appealed_once_and_does_not_count(world: MatterWorld) -> None:
    rated_one = closed(world)
    matter = rated(world, rated_one, 5, "别的单位的事").followed_by or 0
    with pytest.raises(BadInput, match="give a reason"):
        world.do(KEEPER, matter, "appeal")
    world.do(KEEPER, matter, "appeal", reason="评价的不是本单位")
    with pytest.raises(Refused):
        world.do(HEAD, matter, "uphold", reason="成立")
    world.do(JUDGE, matter, "reject", reason="证据不足")
    with pytest.raises(Conflict, match="once only"):
        world.do(HEAD, matter, "appeal", reason="再申诉")
    other = rated(world, closed(world, ANOTHER), 5, who=ANOTHER).followed_by or 0
    world.do(KEEPER, other, "appeal", reason="评价的不是本单位")
    assert world.do(JUDGE, other, "uphold", reason="核实不属实").state == "not_counted"
    with transaction(world.database) as session:
        counted = dict(session.execute(select(RatingRow.followed_by, RatingRow.counted)).all())
    assert counted == {matter: True, other: False}


def test_what_was_written_is_sealed_and_erased_with_its_matter(world: MatterWorld) -> None:
    matter = closed(world)
    rated(world, matter, 1, "谢谢张工")
    with transaction(world.database) as session:
        row = session.get(RatingRow, matter)
        assert row is not None and row.sealed is not None
        assert "谢谢".encode() not in row.sealed
        written = session.scalars(select(MatterEventRow.data)).all()
        world.matters.texts.erase(session, matter)
    assert "谢谢" not in str(written)
    with transaction(world.database) as session:
        found = find_rating(session, world.matters.texts, matter)
    assert found is not None and (found.level, found.comment) == (1, None)


@pytest.mark.parametrize("levels", [(1, 2), (5, 4), (1, 5)])
def test_two_at_once_are_one_rating(world: MatterWorld, levels: tuple[int, int]) -> None:
    matter, gate, found = closed(world), Barrier(2), list[Rating]()

    def go(level: int) -> None:
        gate.wait()
        found.append(rate(world.another(), CITIZEN, matter, level, "", f"at-once-{level:08d}"))

    threads = [Thread(target=go, args=(level,)) for level in levels]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 2 and found[0] == found[1]
    assert rows(world) == 1
    assert len(follow_ups(world)) == (found[0].level > 3)


def test_no_matter_of_a_bad_rating_without_what_is_rated(world: MatterWorld) -> None:
    """The kind is opened with a rating and by nothing else."""

    assert "bad_rating" not in {*OF_CITIZENS, *OF_OFFICES}
    with transaction(world.database) as session, pytest.raises(NotFound):
        opening_of(session, "bad_rating", CITIZEN, {}, None, world.clock.today)
