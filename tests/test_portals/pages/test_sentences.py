"""Sentences a Chinese reader stumbled over are gone, and what replaced them is on the pages."""

from pathlib import Path

import pytest

from tests.province import Province
from tests.registry import REGISTRY
from tests.test_portals.pages.rendered import html
from xihu_catalog.contracts.load import load_contracts
from xihu_portals.citizen import portal

GONE = (
    "政府部门存了",
    "谁看过我的数据",
    "都记在防篡改的日志里",
    "平台只存假名",
    "平台只存掩码",
    "级实名登录",
    "各地地区生产总值",
    "的构成对比",
    "怎样读入",
    "还没有下游",
    "改下载 CSV",
    "假名",
    "被隔离",
    "迟到",
    "查看过您的数据",
)
ROOT = Path(portal.__file__).parents[1]
TITLES = {r.title.zh for c in load_contracts(REGISTRY / "contracts").values() for r in c.all_rules}


@pytest.mark.parametrize("sentence", GONE)
def test_no_page_is_written_with_it_any_more(sentence: str) -> None:
    for path in [*ROOT.rglob("*.py"), *ROOT.rglob("*.html")]:
        assert sentence not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize(
    ("path", "sentences"),
    [
        ("/", ("政府部门有我的哪些信息",)),
        ("/my/data", ("政府部门有我的哪些信息", "为保护隐私，这里不显示全部")),
        (
            "/my/uses",
            (
                "谁查过我的信息，为了什么事",
                "部门每次查阅您的信息都会留下记录，改动会被发现",
            ),
        ),
        ("/official/region/330100", ("各县（市、区）生产总值",)),
        ("/official/loads", ("文件读取情况",)),
    ],
)
def test_the_page_says_it_plainly(
    province: Province, path: str, sentences: tuple[str, ...]
) -> None:
    words = html(province, path)
    assert [one for one in sentences if one not in words] == []


def test_a_broken_rule_says_what_is_wrong_with_the_value() -> None:
    assert {"险种没有填", "个人缴费不是数字", "出生日期不是日期"} <= TITLES
    assert [t for t in TITLES if t.endswith(("必填", "类型不符"))] == []
