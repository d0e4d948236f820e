"""Anybody compares two versions of open data: what was removed, added and changed is marked."""

import re
from html import unescape

import pytest

from tests.province import Province
from tests.test_portals.citizen.test_versions import get, world
from tests.test_portals.versioned import DATASET

__all__ = ["world"]
PATH = f"/datasets/{DATASET}/compare"


def items(text: str) -> list[str]:
    found = re.findall(r'<li class="difference[^"]*">(.*?)</li>', text, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", one)).split()) for one in found]


def test_each_difference_says_what_it_is_in_words(world: Province) -> None:
    text = get(world, PATH).text
    removed, added, changed = items(text)
    assert removed.startswith("删去 处罚决定文书号：")
    assert added.startswith("新增 处罚决定文书号：XH-NEW-1")
    assert changed.startswith("变更")
    assert "原为 罚款 → 现为 警告 & <通报>" in changed
    assert "<del>" in text
    assert "<ins>" in text
    assert re.findall(r"<dd>([0-9]+)</dd></div>", text)[:3] == ["1", "1", "1"]


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("kind=added", ["Added"]),
        ("changed=penalty_type", ["Changed"]),
        ("filter=penalty_no:eq:XH-NEW-1", ["Added"]),
        ("filter=penalty_no:eq:nothing", []),
    ],
)
def test_it_is_filtered(world: Province, query: str, kinds: list[str]) -> None:
    text = get(world, f"{PATH}?{query}", "en").text
    assert [one.split()[0] for one in items(text)] == kinds
    if query.startswith("filter"):
        assert f'name="filter" value="{query.partition("=")[2]}"' in text


def test_the_order_of_the_two_may_be_turned(world: Province) -> None:
    new, old = world.services.node.lake.summaries(f"data.{DATASET}")
    text = get(world, f"{PATH}?from={new}&to={old}").text
    assert items(text)[1].startswith("新增")
    assert "XH-NEW-1" in items(text)[0]
    assert f'<option value="{new}" selected>' in text.partition('id="to"')[0]


def test_it_is_taken_as_a_file(world: Province) -> None:
    text = get(world, PATH).text
    (href,) = re.findall(rf'href="(/datasets/{DATASET}/diff.csv[^"]*)"', text)
    assert get(world, unescape(href)).text.count("\n") == 4


def test_a_closed_dataset_says_why(world: Province) -> None:
    text = get(world, "/datasets/ga_residents/compare", "en").text
    assert "closed to the public" in text or "one version only" in text
    text = get(world, "/datasets/ga_residents/compare?from=7&to=8", "en").text
    assert "This dataset is closed to the public." in text
