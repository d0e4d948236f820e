"""The agreement says what the gateway enforces: the paper against real reads."""

import random
from typing import get_args

import pytest
from sqlalchemy import update

from tests import asking
from tests.asking import acted_province
from tests.province import Province
from tests.test_portals.official.test_request import get, words
from tests.test_portals.pages.rendered import visitor
from xihu_platform.access.models import GrantRow
from xihu_platform.access.policy import Purpose, ShareRule
from xihu_platform.database import transaction
from xihu_platform.errors import Refused
from xihu_platform.words import Text
from xihu_portals.official import agreement

__all__ = ["acted_province"]  # a fixture

TASKS = "sg_inspections"
CHEN = ("chen", "chen-xihu")


def registered(province: Province) -> int:
    matter = asking.draft(province, TASKS)
    asking.act(province, matter, *CHEN, "submit")
    asking.act(province, matter, "ding", "ding-xihu", "register")
    return matter


def on_paper(province: Province, matter: int) -> dict[str, tuple[str, str]]:
    """By the field's title: how it is seen for a duty, and whether it may be downloaded."""
    here = visitor(province, province.official(*CHEN), official=True)
    rows = agreement.fill(here, matter).fields.rows
    said = [[cell.zh for cell in row if isinstance(cell, Text)] for row in rows]
    return {row[0]: (row[-3], row[-1]) for row in said}


def visible(province: Province) -> set[str]:
    """The fields that a read gives where none is asked for by name."""
    gateway, who = province.services.gateway, province.official(*CHEN)
    try:
        page = gateway.read_page(who, TASKS, Purpose("duty"), asking.everything(), limit=1)
    except Refused:
        return set()
    return set(page.table.column_names)


def leaves(province: Province, names: tuple[str, ...]) -> bool:
    """Whether these fields may be downloaded together."""
    gateway, who = province.services.gateway, province.official(*CHEN)
    try:
        asked = asking.only(*names)
        gateway.open_stream(who, TASKS, Purpose("duty"), asked, exit_name="csv").source.close()
    except Refused:
        return False
    return True


def compare(province: Province, times: int, seed: int) -> None:
    """Requests of random fields under random conditions: what the paper says, read and downloaded;
    and one field that it does not name, asked for by its name."""
    matter, choose = registered(province), random.Random(seed)
    fields = province.services.catalogue.contracts.get(TASKS).fields
    titles = {one.name: one.title.zh for one in fields}
    try:
        for _ in range(times):
            names = choose.sample(sorted(titles), choose.randint(1, len(titles)))
            rules = choose.sample(get_args(ShareRule), choose.choice([0, 0, 0, 1, 2]))
            changed = update(GrantRow).where(GrantRow.matter == matter)
            with transaction(province.services.node.database) as session:
                session.execute(changed.values(fields=sorted(names), rules=sorted(rules)))
            paper = on_paper(province, matter)
            assert set(paper) == {titles[name] for name in names}
            seen = {name for name in names if paper[titles[name]][0] != "不提供"}
            assert visible(province) == seen, (names, rules)
            out = tuple(name for name in names if paper[titles[name]][1] == "能")
            assert set(out) in (set(), seen), "conditions are the grant's, not a field's"
            assert leaves(province, out or tuple(names)) == bool(out), (names, rules)
            beyond = sorted(titles.keys() - set(names))
            assert not beyond or not leaves(province, (choose.choice(beyond),)), (beyond, names)
    finally:
        asking.act(province, matter, *CHEN, "finish")


def test_the_paper_and_the_gateway_agree(province: Province) -> None:
    compare(province, 12, seed=1)


@pytest.mark.harness
def test_the_paper_and_the_gateway_agree_a_thousand_times(province: Province) -> None:
    compare(province, 1_000, seed=2)


def test_it_names_both_sides_the_term_and_who_signed(province: Province) -> None:
    matter = asking.agreed(province)
    path = f"/official/matters/{matter}/agreement"
    assert f'href="{path}"' in get(province, "chen", f"/official/matters/{matter}").text
    text = words(get(province, "chen", path))
    for said in (
        *("政务数据共享使用约定", "示例省西湖区民政局", "示例省人力资源和社会保障厅", "现在有效"),
        *("核对家庭成员参保情况", "按业务事由逐人查询", "数据共享工作机构负责人", "第二十七条"),
    ):
        assert said in text
    assert "内部意见" not in text
    assert "Agreement on shared data" in words(get(province, "fang", path, "en"))


def test_without_a_consent_and_without_a_part_there_is_none(province: Province) -> None:
    sent, agreed = asking.sent(province), asking.agreed(province)
    missing = get(province, "chen", f"/official/matters/{sent}/agreement")
    assert missing.status_code == 404 and "还没有达成约定" in words(missing)
    assert get(province, "tang", f"/official/matters/{agreed}/agreement").status_code == 404


def test_a_suspended_one_says_that_it_is_not_in_force(province: Province) -> None:
    matter = asking.agreed(province)
    law = "《政务数据共享条例》第二十六条"
    asking.act(province, matter, "fang", "fang-rs", "suspend", reason="核查", article=law)
    text = words(get(province, "chen", f"/official/matters/{matter}/agreement"))
    assert "现在不生效（已暂停）" in text
