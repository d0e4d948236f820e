"""The 12345 hotline: assigned, given back once, designated for good, answered, called back."""

import csv
from datetime import date

import pytest
import yaml
from sqlalchemy import Engine

from tests.registry import REGISTRY
from tests.test_platform.matters.conftest import database, postgres
from tests.test_platform.matters.test_small_kinds import ANOTHER
from tests.test_platform.matters.world import (
    CITIZEN,
    CITY,
    GIVING,
    HEALTH,
    STRANGER,
    MatterWorld,
    official,
)
from xihu_catalog.registry.hotline import hotline_organisation
from xihu_catalog.services.hotline import hotline_opening
from xihu_catalog.services.ratings import rate
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound, Refused
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.inbox import read_inbox
from xihu_platform.matters.who import party_as

__all__ = ["database", "postgres"]  # fixtures
HOTLINE = "11339900100123294E"
"""示例省政务服务管理办公室, as the registry says."""
DESK = official("desk", HOTLINE, "handler")
CHIEF = official("hotline-chief", HOTLINE, "leader")
FIRST = official("first", HEALTH, "handler")
SECOND = official("second-unit", GIVING, "handler")
ASSIGN, DESIGNATE, REPLY, CALL = (
    f"LOCAL-targets/hotline_{one}" for one in ("assignment", "designation", "reply", "call_back")
)
WISH: dict[str, Value] = {"classification": "complaint", "topic": "noise", "wish": "夜里施工"}


@pytest.fixture
def world(database: Engine) -> MatterWorld:
    made = MatterWorld(database)
    made.settle(HOTLINE, "desk-office", "handler")
    made.settle(GIVING, "second-unit-office", "handler")
    made.settle(CITY, "leader-office", "leader")
    made.settle("authority-org", "judge-office", "authority")
    return made


def brought(world: MatterWorld, who: Principal = CITIZEN, **more: Value) -> int:
    with transaction(world.database) as session:
        opening = hotline_opening(session, who)
    return world.matters.open(who, opening, Command(OPEN, world.key(), values=WISH | more)).matter


def given_back(world: MatterWorld) -> int:
    matter = brought(world)
    world.do(DESK, matter, "assign", unit=HEALTH)
    world.do(FIRST, matter, "give_back", reason="工地归住建管")
    return matter


def test_the_lists_are_those_of_the_registry() -> None:
    kind = yaml.safe_load((REGISTRY / "matters/hotline.1.yaml").read_text("utf-8"))
    for value, name in (("classification", "hotline_kind"), ("topic", "hotline_topic")):
        with (REGISTRY / f"codes/{name}.csv").open(encoding="utf-8") as lines:
            rows = {row["code"]: (row["name_zh"], row["name_en"]) for row in csv.DictReader(lines)}
        choices = kind["values"][value]["choices"]
        assert {code: (one["zh"], one["en"]) for code, one in choices.items()} == rows
    assert {one["zh"] for one in kind["values"]["classification"]["choices"].values()} == {
        *("求助", "咨询", "投诉", "举报", "建议")
    }


def test_the_demo_says_who_runs_it() -> None:
    assert hotline_organisation() == HOTLINE


def test_assigned_answered_and_called_back_each_by_its_day(world: MatterWorld) -> None:
    """Wednesday 2026-09-30; the holiday is 1 to 7 October, Saturday the 10th is a working day."""
    world.clock.on("2026-09-30")
    matter = brought(world)
    assert world.due(matter, ASSIGN) == date(2026, 10, 8)
    world.do(DESK, matter, "assign", unit=HEALTH)
    assert world.due(matter, REPLY) == date(2026, 10, 13)
    assert [one.id for one in read_inbox(world.matters, FIRST, "todo").lines] == [matter]
    world.do(FIRST, matter, "reply", day="2026-10-12", reply="已责令停工整改")
    assert world.due(matter, CALL) == date(2026, 10, 15)
    assert [one.id for one in read_inbox(world.matters, DESK, "todo").lines] == [matter]
    done = world.do(DESK, matter, "close", responded="responded", satisfied="satisfied")
    assert (done.state, world.view(matter).outcome) == ("resolved", "done")
    assert "已责令停工整改" in world.matters.read_texts(CITIZEN, matter).values()


def test_given_back_once_and_designated_for_good(world: MatterWorld) -> None:
    world.clock.on("2026-10-12")
    matter = brought(world)
    world.do(DESK, matter, "assign", unit=HEALTH)
    with pytest.raises(BadInput, match="give a reason"):
        world.do(FIRST, matter, "give_back")
    world.do(FIRST, matter, "give_back", reason="工地归住建管")
    assert world.due(matter, DESIGNATE) == date(2026, 10, 13)
    assert world.due(matter, REPLY) == date(2026, 10, 19), "the first stays on the clock"
    assert world.matters.read(FIRST, matter).state == "given_back"
    with pytest.raises(Refused):
        world.do(DESK, matter, "designate", unit=GIVING, reason="职责清单")
    world.do(CHIEF, matter, "designate", day="2026-10-13", unit=GIVING, reason="职责清单")
    assert world.due(matter, REPLY) == date(2026, 10, 20), "it begins anew"
    offered = world.matters.allowed(SECOND, world.view(matter))
    assert {one.name for one in offered} == {"reply"}
    with pytest.raises(Conflict):
        world.do(SECOND, matter, "give_back", reason="也不归我们管")
    assert world.do(SECOND, matter, "reply", reply="已处理").state == "replied"


def test_who_gave_it_back_sees_it_until_another_is_designated(world: MatterWorld) -> None:
    matter = given_back(world)
    assert world.matters.read_texts(FIRST, matter)[1, "wish"] == "夜里施工"
    world.do(CHIEF, matter, "designate", unit=GIVING, reason="职责清单")
    with pytest.raises(NotFound):
        world.matters.read(FIRST, matter)
    with pytest.raises(NotFound):
        world.matters.read_texts(FIRST, matter)
    for box in ("todo", "started", "done", "open", "closed"):
        assert read_inbox(world.matters, FIRST, box).lines == ()


def test_the_first_can_be_designated_and_then_not_give_it_back(world: MatterWorld) -> None:
    matter = given_back(world)
    world.do(CHIEF, matter, "designate", unit=HEALTH, reason="三定规定写明由你单位负责")
    with pytest.raises(Conflict):
        world.do(FIRST, matter, "give_back", reason="仍不归我们管")
    assert world.do(FIRST, matter, "reply", reply="已处理").state == "replied"


def test_not_resolved_goes_back_once(world: MatterWorld) -> None:
    matter = brought(world)
    world.do(DESK, matter, "assign", unit=HEALTH)
    world.do(FIRST, matter, "reply", reply="已处理")
    said: dict[str, Value] = {"responded": "responded", "satisfied": "dissatisfied"}
    world.do(DESK, matter, "not_resolved", said="还在施工", **said)  # type: ignore[arg-type]
    assert world.view(matter).state == "handling_again"
    world.do(FIRST, matter, "reply_again", reply="已处罚")
    with pytest.raises(Conflict):
        world.do(DESK, matter, "not_resolved", said="还在施工", **said)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="give a reason"):
        world.do(DESK, matter, "close_unresolved", **said)  # type: ignore[arg-type]
    done = world.do(DESK, matter, "close_unresolved", reason="须经法院处理", **said)  # type: ignore[arg-type]
    assert (done.state, world.view(matter).outcome) == ("unresolved", "done")


def test_strangers_see_nothing(world: MatterWorld) -> None:
    matter = brought(world)
    world.do(DESK, matter, "assign", unit=HEALTH)
    nobody = Principal("anonymous", "anonymous")
    for who in (ANOTHER, STRANGER, SECOND, nobody):
        with pytest.raises(NotFound):
            world.matters.read(who, matter)
        with pytest.raises(NotFound):
            world.do(who, matter, "withdraw_later")


def test_what_one_rang_about_is_typed_in_by_the_desk_with_a_number(world: MatterWorld) -> None:
    with pytest.raises(BadInput, match="Name and telephone"):
        brought(world, DESK)
    matter = brought(world, DESK, contact="李女士 0571-00000000")
    world.do(DESK, matter, "assign", unit=HEALTH)
    assert world.matters.read_texts(FIRST, matter)[1, "contact"] == "李女士 0571-00000000"
    for who in (FIRST, CHIEF, STRANGER):
        with pytest.raises(NotFound):
            brought(world, who, contact="x")
    with transaction(world.database) as session:
        opening = hotline_opening(session, DESK)
    late = official("zw-steward", HOTLINE, "steward")
    assert party_as(late, "caller") in opening.parties
    with pytest.raises(Conflict, match="written by a handler"):
        said = WISH | {"contact": "李女士"}
        world.matters.open(late, opening, Command(OPEN, world.key(), values=said))


@pytest.mark.parametrize("unit", ["nowhere", HOTLINE, CITY])
def test_it_is_assigned_where_somebody_handles(world: MatterWorld, unit: str) -> None:
    """Of the third there is a leader only."""
    matter = brought(world)
    with pytest.raises(BadInput):
        world.do(DESK, matter, "assign", unit=unit)
    assert world.view(matter).state == "received"


def test_a_question_is_answered_at_once_and_the_hotline_is_rated(world: MatterWorld) -> None:
    matter = brought(world, classification="question", topic="policy", wish="几点开门")
    world.do(DESK, matter, "answer_at_once", reply="九点")
    found = rate(world.matters, CITIZEN, matter, 1, "", world.key())
    assert (found.organisation, found.words.en) == (HOTLINE, "Very satisfied")


def test_whoever_handled_it_is_rated(world: MatterWorld) -> None:
    matter = given_back(world)
    world.do(CHIEF, matter, "designate", unit=GIVING, reason="职责清单")
    world.do(SECOND, matter, "reply", reply="已处理")
    world.do(DESK, matter, "close", responded="responded", satisfied="dissatisfied")
    bad = rate(world.matters, CITIZEN, matter, 5, "", world.key())
    assert bad.organisation == GIVING and bad.followed_by is not None
    assert world.view(bad.followed_by).keys("office") == (GIVING,)


def test_it_can_be_withdrawn(world: MatterWorld) -> None:
    matter = brought(world)
    assert world.do(CITIZEN, matter, "withdraw").state == "withdrawn"
    later = brought(world)
    world.do(DESK, later, "assign", unit=HEALTH)
    assert world.do(CITIZEN, later, "withdraw_later").state == "withdrawn"
