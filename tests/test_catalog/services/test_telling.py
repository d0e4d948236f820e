"""A system is told of its cases by its own webhook: what others did, and never what it reported."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from tests import casing
from tests.province import Province, make_province
from tests.test_portals.api.test_cases import case, number_of, report
from xihu_platform.database import transaction
from xihu_platform.errors import NotFound
from xihu_platform.matters.models import OutboxRow
from xihu_platform.notices.channels import (
    NoticeChannel,
    add_channel,
    remove_channel,
    sealing_of,
    set_confirmed,
)

WANG = "wang"


@pytest.fixture(scope="module", name="world")
def world_of_cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    yield from make_province(tmp_path_factory.mktemp("told"))


@pytest.fixture
def channel(world: Province) -> Iterator[NoticeChannel]:
    node = world.services.node
    sealing = sealing_of(node.keyring)
    made = add_channel(
        node.database, sealing, "system:dept-yb", "webhook", "https://yb.example.cn/hook"
    )
    set_confirmed(node.database, made.id, node.clock())
    yield made
    remove_channel(node.database, made.id)


def promised(world: Province, channel: NoticeChannel, matter: int) -> list[tuple[int, str]]:
    """By number of the event, what the channel is to be told of a case."""
    row = OutboxRow
    query = select(row.seq, row.payload).where(row.effect == channel.effect, row.matter == matter)
    with transaction(world.services.node.database) as session:
        return [(seq, said["what"]) for seq, said in session.execute(query.order_by(row.id))]


def test_a_system_is_told_of_each_step_but_its_own(world: Province, channel: NoticeChannel) -> None:
    matter = casing.handed_in(world, "care_elsewhere")  # opened, written, handed in
    assert promised(world, channel, matter) == [(3, "happened")]
    assert report(world, number_of(matter), "accept").status_code == 200
    assert promised(world, channel, matter) == [(3, "happened")]
    casing.act(world, matter, world.citizen(WANG), "withdraw_later")
    assert promised(world, channel, matter) == [(3, "happened"), (5, "happened")]


def test_what_a_colleague_does_is_told_though_it_is_the_same_organisation(
    world: Province, channel: NoticeChannel
) -> None:
    matter = casing.handed_in(world, "care_elsewhere")
    casing.act(world, matter, world.official("shen", "shen-yb"), "take")
    assert promised(world, channel, matter) == [(3, "happened"), (4, "happened")]


def test_what_is_written_to_complete_a_case_is_told_when_it_is_handed_in(
    world: Province, channel: NoticeChannel
) -> None:
    number = case(world)
    matter, wang = int(number[3:]), world.citizen(WANG)
    assert report(world, number, "ask_completion", values={"gaps": "缺日期"}).status_code == 200
    casing.act(world, matter, wang, "write", {"f_where_to": "示例市"})
    assert promised(world, channel, matter) == [(3, "happened")]
    casing.act(world, matter, wang, "supply")
    assert promised(world, channel, matter) == [(3, "happened"), (6, "happened")]


def test_another_item_s_case_and_a_draft_are_not_told(
    world: Province, channel: NoticeChannel
) -> None:
    for item in ("elder_card", "birth_registration"):
        assert promised(world, channel, casing.handed_in(world, item)) == []
    draft = casing.begun(world, "care_elsewhere")
    casing.act(world, draft, world.citizen(WANG), "discard")
    assert promised(world, channel, draft) == []


def test_a_system_that_is_not_registered_has_no_channel(world: Province) -> None:
    node = world.services.node
    for recipient in ("system:dept-nobody", "system:", "dept-yb"):
        with pytest.raises(NotFound, match="no organisation, position or system"):
            add_channel(
                node.database,
                sealing_of(node.keyring),
                recipient,
                "webhook",
                "https://a.example.cn",
            )
