"""A need that no entry meets: who checks it, who has to catalogue, and who has the ball."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from tests.both_databases import postgres
from tests.entries import publish_entry
from tests.test_catalog.sharing.test_disputes import CITY as CITY_AUTHORITY
from tests.test_catalog.sharing.test_disputes import PROVINCE, with_a_city_authority
from tests.test_catalog.sharing.test_requests import official as official_of
from tests.test_platform.matters.conftest import database, world
from tests.test_platform.matters.world import (
    ASKING,
    AUTHORITY,
    CHIEF,
    CLERK,
    DATASET,
    GIVING,
    HEAD,
    HEALTH,
    JUDGE,
    KEEPER,
    OPENED,
    RING,
    STRANGER,
    MatterWorld,
    draw_up,
    official,
    policy,
)
from xihu_catalog.sharing.needs import NeedActs, similar_needs
from xihu_catalog.sharing.openings import opening_of
from xihu_pipelines.demo.province import settle
from xihu_platform.access.policy import Policy
from xihu_platform.clock import civil_date
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound, Refused
from xihu_platform.identity.models import PositionRow
from xihu_platform.identity.principal import Principal
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.inbox import read_inbox
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.models import MatterEventRow
from xihu_platform.matters.texts import MatterTexts
from xihu_platform.matters.who import MatterParty
from xihu_platform.notices.models import NoticeRow
from xihu_platform.start import Node

__all__ = ["database", "postgres", "world"]  # fixtures
CHECK, CATALOGUING = "LOCAL-targets/need_check", "LOCAL-targets/need_cataloguing"
SAID: dict[str, Value] = {
    "what": "本区失能老人的照护等级",
    "items": "姓名\n等级",
    "purpose": "高龄津贴审核",
    "searched": "照护等级",
}
PARTIES = (
    MatterParty("requester", "organisation", ASKING),
    MatterParty("authority", "organisation", AUTHORITY),
)


def needed(world: MatterWorld, who: Principal = CLERK, **more: Value) -> int:
    command = Command(OPEN, world.key(), values=SAID | more)
    return world.matters.open(who, Opening("data_need", PARTIES, "330000"), command).matter


def designated(world: MatterWorld) -> int:
    matter = needed(world)
    world.do(JUDGE, matter, "designate", department=GIVING, because="designated")
    return matter


def todo(world: MatterWorld, who: Principal) -> list[int]:
    return [one.id for one in read_inbox(world.matters, who, "todo").lines]


def owner(world: MatterWorld, who: Principal, matter: int) -> list[str]:
    """Who has it, as one of its parties sees in the list of open matters."""
    lines = read_inbox(world.matters, who, "open").lines
    (line,) = [one for one in lines if one.id == matter]
    return [one.key for one in line.owner]


def told(world: MatterWorld, matter: int, event: str) -> set[str]:
    row = NoticeRow
    query = select(row.recipient).where(row.matter == matter, row.event == event)
    with transaction(world.database) as session:
        return set(session.scalars(query))


def test_the_authority_points_to_an_entry_within_its_target(world: MatterWorld) -> None:
    world.clock.on("2026-09-24")
    matter = needed(world)
    assert world.due(matter, CHECK) == date(2026, 10, 15)
    assert told(world, matter, OPEN) == {AUTHORITY}
    assert (todo(world, JUDGE), owner(world, CLERK, matter)) == ([matter], [AUTHORITY])
    assert world.matters.read_texts(JUDGE, matter)[1, "searched"] == "照护等级"
    done = world.do(JUDGE, matter, "point", met_by=DATASET)
    assert (done.state, world.view(matter).outcome) == ("met", "done")
    assert told(world, matter, "point") == {ASKING}
    with transaction(world.database) as session:
        said = session.scalars(
            select(MatterEventRow.data)
            .where(MatterEventRow.matter == matter)
            .order_by(MatterEventRow.seq)
        ).all()
    assert said == [{}, {"met_by": DATASET}], "what people wrote is sealed"


def test_a_designated_department_joins_and_catalogues(world: MatterWorld) -> None:
    world.clock.on("2026-09-24")
    matter = needed(world)
    with pytest.raises(NotFound):
        world.matters.read(KEEPER, matter)
    done = world.do(JUDGE, matter, "designate", department=GIVING, because="designated")
    assert (done.state, world.view(matter).keys("provider")) == ("cataloguing", (GIVING,))
    assert world.due(matter, CATALOGUING) == date(2026, 10, 29)
    assert (todo(world, JUDGE), todo(world, KEEPER)) == ([], [matter])
    assert told(world, matter, "designate") == {ASKING, GIVING}
    for who in (CLERK, KEEPER, JUDGE):
        assert owner(world, who, matter) == [GIVING]
    assert world.matters.read_texts(KEEPER, matter)[1, "what"] == SAID["what"]
    assert world.do(KEEPER, matter, "catalogue", met_by=OPENED).state == "met"
    assert todo(world, KEEPER) == []


def test_an_objection_goes_back_and_another_department_takes_the_place(
    world: MatterWorld,
) -> None:
    with transaction(world.database) as session:
        reader = session.get(PositionRow, "reader-office")
        assert reader is not None
        reader.duties = "handler sharing_head"
    matter = designated(world)
    with pytest.raises(BadInput, match="give a reason"):
        world.do(KEEPER, matter, "object")
    assert world.do(HEAD, matter, "object", reason="由医保部门采集").state == "checking"
    assert (owner(world, CLERK, matter), todo(world, KEEPER)) == ([AUTHORITY], [])
    assert told(world, matter, "object") == {ASKING, AUTHORITY}
    world.do(JUDGE, matter, "designate", department=HEALTH, because="collects")
    assert world.view(matter).keys("provider") == (HEALTH,)
    assert owner(world, CLERK, matter) == [HEALTH]
    with pytest.raises(NotFound):
        world.matters.read(KEEPER, matter)
    health = official("h", HEALTH, "steward")
    assert world.matters.read_texts(health, matter)[3, "reason"] == "由医保部门采集"
    assert world.do(health, matter, "object", reason="不采集").state == "checking"
    world.do(JUDGE, matter, "designate", department=HEALTH, because="duty")
    assert world.view(matter).keys("provider") == (HEALTH,), "the same one again, once"
    assert world.view(matter).state == "cataloguing"


def test_a_refusal_and_withdrawals(world: MatterWorld) -> None:
    refused = needed(world)
    with pytest.raises(BadInput, match="give a reason; name the article"):
        world.do(JUDGE, refused, "decline")
    done = world.do(JUDGE, refused, "decline", reason="无部门采集", article="809 art. 20")
    assert (done.state, world.view(refused).outcome) == ("not_met", "refused")
    assert world.do(CLERK, needed(world), "withdraw").state == "withdrawn"
    assert world.do(CHIEF, designated(world), "withdraw_later").state == "withdrawn"


def test_who_may_say_check_and_catalogue(world: MatterWorld) -> None:
    leader = official("a-leader", ASKING, "leader")
    with pytest.raises(Refused):
        needed(world, leader)
    matter = needed(world)
    for who in (CLERK, official("j-two", AUTHORITY, "handler")):
        with pytest.raises(Refused):
            world.do(who, matter, "point", met_by=DATASET)
    for who in (KEEPER, STRANGER):
        with pytest.raises(NotFound):
            world.do(who, matter, "point", met_by=DATASET)
    world.do(JUDGE, matter, "designate", department=GIVING, because="collects")
    for who in (CLERK, JUDGE, official("g-two", GIVING, "handler")):
        with pytest.raises(Refused):
            world.do(who, matter, "catalogue", met_by=DATASET)


@pytest.mark.parametrize(
    ("department", "said"),
    [
        ("nowhere", "there is no organisation nowhere"),
        (ASKING, "is not named itself"),
        (HEALTH, "has nobody in office who catalogues"),
    ],
)
def test_who_is_named_is_another_department_that_can_catalogue(
    world: MatterWorld, department: str, said: str
) -> None:
    with transaction(world.database) as session:
        reader = session.get(PositionRow, "reader-office")
        assert reader is not None
        reader.duties = "handler"
    world.settle(ASKING, "a-steward-office", "steward")
    matter = needed(world)
    with pytest.raises(BadInput, match=said):
        world.do(JUDGE, matter, "designate", department=department, because="collects")
    assert world.view(matter).keys("provider") == ()


def test_a_department_whose_stewards_have_left_is_not_named(world: MatterWorld) -> None:
    matter = needed(world)
    world.clock.on("2030-01-02")
    with pytest.raises(BadInput, match="has nobody in office who catalogues"):
        world.do(JUDGE, matter, "designate", department=GIVING, because="collects")


def test_an_entry_that_meets_a_need_exists_and_is_for_others(world: MatterWorld) -> None:
    matter = needed(world)
    with pytest.raises(BadInput, match="the catalogue has no dataset nothing"):
        world.do(JUDGE, matter, "point", met_by="nothing")
    acts = world.matters.acts

    def closed(dataset: str) -> Policy:
        return replace(policy(dataset), share_class="refused")

    found = NeedActs(closed, world.matters.texts).functions()
    world.matters.acts = acts | found
    with pytest.raises(BadInput, match=f"{DATASET} is not shared"):
        world.do(JUDGE, matter, "point", met_by=DATASET)
    world.matters.acts = acts
    assert world.do(JUDGE, matter, "point", met_by=DATASET).state == "met"


def test_what_is_not_published_meets_no_need_and_is_as_what_there_is_not(
    world: MatterWorld,
) -> None:
    matter = needed(world)
    draw_up(world, DATASET)
    with pytest.raises(BadInput, match=f"the catalogue has no dataset {DATASET}"):
        world.do(JUDGE, matter, "point", met_by=DATASET)
    publish_entry(world.database, DATASET)
    assert world.do(JUDGE, matter, "point", met_by=DATASET).state == "met"


def test_a_department_answers_with_an_entry_of_its_own(world: MatterWorld) -> None:
    world.settle(CITY_AUTHORITY, "city-steward", "steward")
    matter = needed(world)
    world.do(JUDGE, matter, "designate", department=CITY_AUTHORITY, because="collects")
    steward = official("cs", CITY_AUTHORITY, "steward")
    with pytest.raises(BadInput, match=f"{DATASET} is another department's"):
        world.do(steward, matter, "catalogue", met_by=DATASET)


def test_the_same_words_are_one_need_until_it_is_answered(world: MatterWorld) -> None:
    matter = needed(world)
    number = f"DN-{matter:06d}"
    for what in (str(SAID["what"]), " 本区失能老人的，照护等級。"):
        with pytest.raises(Conflict, match=f"said this need already .{number}."):
            needed(world, CHIEF, what=what)
    other = needed(world, what="残疾人的辅具适配")
    elsewhere = Opening(
        "data_need", (MatterParty("requester", "organisation", HEALTH), PARTIES[1]), "330000"
    )
    health = official("h", HEALTH, "handler")
    world.matters.open(health, elsewhere, Command(OPEN, world.key(), values=SAID))
    with transaction(world.database) as session:

        def similar(organisation: str, words: str) -> list[int]:
            found = similar_needs(session, MatterTexts(RING), organisation, words)
            return [one.matter for one in found]

        assert similar(ASKING, "老人照护") == [matter]
        assert similar(ASKING, "") == [other, matter]
        assert similar(ASKING, "公交客流") == []
        assert matter not in similar(HEALTH, ""), "what another department wrote is not shown"
    world.do(CLERK, matter, "withdraw")
    assert needed(world) > matter


def test_a_need_goes_to_the_authority_of_the_level_or_above(node: Node) -> None:
    settle(node)
    with_a_city_authority(node)
    today = civil_date(node.clock())
    with transaction(node.database) as session:

        def parties(who: str) -> dict[str, str]:
            opening = opening_of(session, "data_need", official_of(node, who), {}, None, today)
            return {one.role: one.key for one in opening.parties}

        assert parties("chen-xihu") == {
            "requester": "113399001001548082",
            "authority": CITY_AUTHORITY,
        }
        assert parties("sun-rs")["authority"] == PROVINCE
        assert parties("luo-sj") == {"requester": PROVINCE, "authority": PROVINCE}
        citizen = Principal("citizen", "p", level=3, subject="s1_p")
        with pytest.raises(NotFound):
            opening_of(session, "data_need", citizen, {}, None, today)
