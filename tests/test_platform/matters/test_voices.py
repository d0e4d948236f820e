"""Comments and reuses: who decides, how many wait, who takes back, and that it is gone then."""

from collections.abc import Mapping
from datetime import date
from threading import Barrier, Thread
from types import MappingProxyType

import pytest
from sqlalchemy import func, select

from tests.test_platform.matters.world import (
    AUTHORITY,
    CITIZEN,
    CLERK,
    DATASET,
    GIVING,
    HEAD,
    JUDGE,
    KEEPER,
    OPENED,
    PUBLIC,
    STRANGER,
    MatterWorld,
    draw_up,
)
from xihu_catalog.contracts.entries import CatalogueEntryRow
from xihu_catalog.voices.acts import A_DAY, DATA_COMMENT, DATA_REUSE, WAITING, WAITING_OF_ONE
from xihu_catalog.voices.shown import Voice, count_voices, list_voices
from xihu_platform.database import transaction
from xihu_platform.errors import BadInput, Conflict, NotFound, Refused
from xihu_platform.identity.principal import Mandate, Principal
from xihu_platform.matters.command import Command, Value
from xihu_platform.matters.definition import OPEN
from xihu_platform.matters.inbox import read_inbox
from xihu_platform.matters.kernel import Opening
from xihu_platform.matters.models import MatterEventRow, MatterKeyRow, MatterTextRow
from xihu_platform.matters.ticking import tick
from xihu_platform.matters.who import MatterParty, party_as
from xihu_platform.notices.models import NoticeRow

ANOTHER = Principal("citizen", "p-other", level=3, subject="s1_other", portal="citizen")
FIRM = Principal(
    "citizen", "p-firm", level=3, subject="s1_f", mandate=Mandate("firm", "91330100F", "甲", "A")
)
GROUND = "unrelated"
WHY = "与这个数据集无关"
REUSE: dict[str, Value] = {
    "title": "就业地图",
    "description": "按区县看就业",
    "address": "https://map.example.com/jobs",
}


def said(
    world: MatterWorld,
    who: Principal = CITIZEN,
    dataset: str = DATASET,
    kind: str = DATA_COMMENT,
    more: Mapping[str, Value] = MappingProxyType({}),
) -> int:
    parties = (
        party_as(who, "author"),
        MatterParty("provider", "organisation", GIVING),
        MatterParty("authority", "organisation", AUTHORITY),
    )
    words: dict[str, Value] = {"comment": "字段说明很清楚"} if kind == DATA_COMMENT else REUSE
    command = Command(OPEN, world.key(), values={**words, **more})
    return world.matters.open(who, Opening(kind, parties, "330000", dataset), command).matter


def read(world: MatterWorld, dataset: str = DATASET) -> list[Voice]:
    with transaction(world.database) as session:
        return list_voices(session, world.matters.texts, dataset)


def counted(world: MatterWorld, dataset: str = DATASET) -> dict[str, int]:
    with transaction(world.database) as session:
        return count_voices(session, dataset)


def forget_entries(world: MatterWorld) -> None:
    """One database may have seen drafts."""
    with transaction(world.database) as session:
        for row in session.scalars(select(CatalogueEntryRow)):
            row.state = "published"


@pytest.fixture(autouse=True)
def published(world: MatterWorld) -> None:
    forget_entries(world)


def test_nothing_is_shown_before_somebody_has_looked(world: MatterWorld) -> None:
    world.clock.on("2026-09-24")
    matter = said(world)
    assert read(world) == [] and counted(world) == {DATA_COMMENT: 0, DATA_REUSE: 0}
    assert world.due(matter, "LOCAL-targets/voice_moderation") == date(2026, 10, 9)
    for who in (KEEPER, HEAD):
        assert [one.id for one in read_inbox(world.matters, who, "todo").lines] == [matter]
    assert world.do(KEEPER, matter, "show").state == "shown"
    assert not any(one.running for one in world.view(matter).clocks)
    (voice,) = read(world)
    assert (voice.id, voice.kind, voice.text) == (matter, DATA_COMMENT, "字段说明很清楚")
    assert (voice.name, voice.by_firm, voice.written_on) == (None, False, date(2026, 9, 24))
    assert read_inbox(world.matters, KEEPER, "todo").lines == ()
    assert read_inbox(world.matters, CITIZEN, "todo").lines == ()


def test_a_reuse_has_a_title_and_an_address(world: MatterWorld) -> None:
    matter = said(world, FIRM, kind=DATA_REUSE, more={"name": "甲公司数据组"})
    world.do(HEAD, matter, "show")
    (voice,) = read(world)
    assert (voice.title, voice.address) == ("就业地图", "https://map.example.com/jobs")
    assert (voice.name, voice.by_firm, voice.text) == ("甲公司数据组", True, "按区县看就业")
    assert counted(world) == {DATA_COMMENT: 0, DATA_REUSE: 1}
    assert read(world, OPENED) == []


def test_the_newest_comes_first_and_pages_leave_nothing_out(world: MatterWorld) -> None:
    made = [said(world, Principal("citizen", f"p{n}", level=3, subject=f"s{n}")) for n in range(5)]
    for matter in made:
        world.do(KEEPER, matter, "show")
    with transaction(world.database) as session:
        texts = world.matters.texts
        pages = [list_voices(session, texts, DATASET, offset=at, limit=2) for at in (0, 2, 4, 6)]
    assert [one.id for page in pages for one in page] == made[::-1]
    assert counted(world)[DATA_COMMENT] == 5


def test_it_is_not_shown_for_a_reason_that_its_author_reads(world: MatterWorld) -> None:
    matter = said(world)
    with pytest.raises(BadInput, match="fill in “Why it is not shown”"):
        world.do(KEEPER, matter, "do_not_show", reason=WHY)
    with pytest.raises(BadInput, match="has to be among unlawful"):
        world.do(KEEPER, matter, "do_not_show", reason=WHY, ground="critical")
    with pytest.raises(BadInput, match="give a reason"):
        world.do(KEEPER, matter, "do_not_show", ground=GROUND)
    done = world.do(KEEPER, matter, "do_not_show", reason=WHY, ground=GROUND)
    assert done.state == "not_shown" and read(world) == []
    assert world.matters.read_texts(CITIZEN, matter)[done.seq, "reason"] == WHY
    with transaction(world.database) as session:
        notified = session.scalars(
            select(NoticeRow.recipient).where(NoticeRow.seq == done.seq)
        ).all()
    assert CITIZEN.subject in notified
    assert world.do(HEAD, matter, "show_after_all").state == "shown"
    assert len(read(world)) == 1


def test_what_is_shown_is_taken_down_with_a_reason(world: MatterWorld) -> None:
    matter = said(world)
    world.do(KEEPER, matter, "show")
    with pytest.raises(BadInput, match="give a reason"):
        world.do(HEAD, matter, "remove", ground=GROUND)
    assert world.do(HEAD, matter, "remove", reason=WHY, ground=GROUND).state == "removed"
    assert read(world) == [] and counted(world)[DATA_COMMENT] == 0


@pytest.mark.parametrize(
    ("steps", "event", "state"),
    [
        ((), "withdraw", "withdrawn"),
        (("show",), "take_down", "erased"),
        (("do_not_show",), "erase", "erased"),
        (("show", "remove"), "erase", "erased"),
    ],
)
@pytest.mark.parametrize("kind", [DATA_COMMENT, DATA_REUSE])
def test_its_author_takes_it_back_and_it_is_gone(
    world: MatterWorld, kind: str, steps: tuple[str, ...], event: str, state: str
) -> None:
    matter = said(world, kind=kind, more={"name": "西湖边的人"})
    for one in steps:
        if one == "show":
            world.do(KEEPER, matter, one)
        else:
            world.do(KEEPER, matter, one, reason=WHY, ground=GROUND)
    before = [one.data for one in world.view(matter).events]
    assert world.do(CITIZEN, matter, event).state == state
    assert read(world) == []
    for who in (CITIZEN, KEEPER, JUDGE):
        assert world.matters.read_texts(who, matter) == {}
    with transaction(world.database) as session:
        assert session.get(MatterKeyRow, matter) is None
        rows = select(func.count()).where(MatterTextRow.matter == matter)
        assert session.scalar(rows) == 0
        events = session.scalars(select(MatterEventRow).where(MatterEventRow.matter == matter))
        kept = [one.data for one in events]
    assert kept[: len(before)] == before, "events stay as they were"
    assert "西湖边的人" not in str(kept) and WHY not in str(kept)
    with pytest.raises(Conflict):
        world.do(KEEPER, matter, "show")


def test_only_the_department_that_provides_the_data_decides(world: MatterWorld) -> None:
    matter = said(world)
    for who in (CITIZEN, JUDGE):
        with pytest.raises(Refused):
            world.do(who, matter, "show")
    for who in (STRANGER, CLERK, ANOTHER):
        for event in ("show", "withdraw"):
            with pytest.raises(NotFound):
                world.do(who, matter, event)
        with pytest.raises(NotFound):
            world.matters.read_texts(who, matter)
    world.do(KEEPER, matter, "show")
    for who, event in ((KEEPER, "take_down"), (JUDGE, "remove")):
        with pytest.raises((Refused, BadInput)):
            world.do(who, matter, event)


def test_one_who_wrote_it_does_not_decide_in_office(world: MatterWorld) -> None:
    as_citizen = Principal("citizen", KEEPER.id, level=3, subject="s1_keeper", portal="citizen")
    matter = said(world, as_citizen)
    with pytest.raises(BadInput, match="somebody else has to do this"):
        world.do(KEEPER, matter, "show")
    assert world.do(HEAD, matter, "show").state == "shown"


def test_a_few_of_one_author_wait_and_the_next_comes_later(world: MatterWorld) -> None:
    kinds = (DATA_COMMENT, DATA_REUSE, DATA_COMMENT)
    waiting = [said(world, kind=kind) for kind in kinds]
    assert len(waiting) == WAITING_OF_ONE
    for kind in (DATA_COMMENT, DATA_REUSE):
        with pytest.raises(Conflict, match="await moderation"):
            said(world, kind=kind)
    assert said(world, ANOTHER) and said(world, dataset=OPENED)
    world.do(KEEPER, waiting[0], "show")
    assert said(world)
    world.do(CITIZEN, waiting[1], "withdraw")
    assert said(world)
    with pytest.raises(Conflict, match="await moderation"):
        said(world)


def test_an_author_does_not_fill_all_inboxes(world: MatterWorld) -> None:
    for number in range(WAITING):
        said(world, dataset=f"dataset_{number // 2}")
    with pytest.raises(Conflict, match=f"{WAITING} that you wrote await moderation"):
        said(world, dataset="another_one")


def test_who_writes_and_withdraws_all_day_is_stopped(world: MatterWorld) -> None:
    """Each of them is a notice to a department."""
    for _ in range(A_DAY):
        world.do(CITIZEN, said(world), "withdraw")
    with pytest.raises(Conflict, match=f"{A_DAY} a day at most"):
        said(world)
    assert said(world, ANOTHER)


def test_the_same_at_the_same_moment_are_counted_one_after_another(world: MatterWorld) -> None:
    with transaction(world.database) as session:
        row = CatalogueEntryRow(dataset=PUBLIC, state="published", matter=None, contract_digest="")
        row.since, row.taken_over = world.clock(), True
        session.merge(row)
    together, taken, refused = Barrier(8), list[int](), list[str]()

    def send() -> None:
        together.wait()
        try:
            taken.append(said(world, dataset=PUBLIC))
        except Conflict as wrong:
            refused.append(str(wrong))

    threads = [Thread(target=send) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert (len(taken), len(refused)) == (WAITING_OF_ONE, 8 - WAITING_OF_ONE)


def test_nothing_is_said_or_shown_of_what_is_not_published(world: MatterWorld) -> None:
    matter = said(world, dataset=PUBLIC)
    draw_up(world, PUBLIC)
    with pytest.raises(Conflict, match="is not published"):
        world.do(KEEPER, matter, "show")
    with pytest.raises(Conflict, match="is not published"):
        said(world, ANOTHER, PUBLIC)
    assert world.do(CITIZEN, matter, "withdraw").state == "withdrawn"


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"comment": "gov.cn\u202emoc"}, "invisible characters"),
        ({"comment": "a\u200bb"}, "invisible characters"),
        ({"comment": "我的证号 339999198804120289"}, "an identity number at character 6"),
        ({"comment": "打 138 0013 8000"}, "a mobile number at character 3"),
        ({"comment": "字" * 1001}, "has 1001 characters, 1000 at most"),
        ({"comment": "　"}, "fill in “Comment”"),
        ({"comment": "\n".join("字" * 40)}, "more than 30 lines"),
        ({"name": "两\n行"}, "has one line"),
        ({"name": "字" * 21}, "has 21 characters, 20 at most"),
        ({"name": "示例省数据局"}, "cannot be that of an organisation"),
    ],
)
def test_what_cannot_be_shown_to_all_is_not_taken(
    world: MatterWorld, values: dict[str, Value], why: str
) -> None:
    with pytest.raises(BadInput, match=why):
        said(world, more=values)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"address": "http://example.com"}, "begins with https"),
        ({"address": "javascript:alert(1)"}, "begins with https"),
        ({"address": "https://gov.cn@evil.com"}, "begins with https"),
        ({"title": "字" * 61}, "60 at most"),
        ({"title": "一\n二"}, "has one line"),
        ({"description": "卡号 4111111111111111"}, "a bank card number at character 4"),
    ],
)
def test_a_reuse_that_cannot_be_shown_is_not_taken(
    world: MatterWorld, values: dict[str, Value], why: str
) -> None:
    with pytest.raises(BadInput, match=why):
        said(world, kind=DATA_REUSE, more=values)


def test_a_line_feed_of_a_browser_counts_once(world: MatterWorld) -> None:
    assert said(world, more={"comment": "\r\n".join(["字" * 99] * 10)})  # 999 with nine line feeds
    with pytest.raises(BadInput, match="1001 characters"):
        said(world, more={"comment": "\r\n".join(["字" * 99] * 9 + ["字" * 101])})


def test_lateness_goes_to_the_authority_and_decides_nothing(world: MatterWorld) -> None:
    world.clock.on("2026-09-24")
    matter = said(world)
    world.clock.on("2026-10-09")
    tick(world.matters, world.clock())
    assert read_inbox(world.matters, JUDGE, "todo").lines == ()
    world.clock.on("2026-10-10")
    tick(world.matters, world.clock())
    assert [one.id for one in read_inbox(world.matters, JUDGE, "todo").lines] == [matter]
    assert world.view(matter).state == "moderating" and read(world) == []
    assert not world.matters.allowed(JUDGE, world.view(matter))
