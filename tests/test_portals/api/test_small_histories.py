"""What load after load may show: no two snapshots, and no count beside them, give a small cell."""

import asyncio
import random
import re
from itertools import combinations
from typing import Any

import pytest

from tests.province import Province
from tests.test_portals.api.test_small_cells import T, load, world
from xihu_platform.brain import facts

__all__ = ["world"]
LOADS = 14


def get(province: Province, path: str, **query: str) -> Any:
    # Any: JSON, or a page's text.
    async def once() -> Any:
        async with province.client() as client:
            answer = await client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json() if path.startswith("/api") else answer.text

    return asyncio.run(once())


def value(province: Province, snapshot: int) -> float | None:
    """As a process tells it that has just begun."""
    facts._KNOWN.clear()
    province.services.answers._answers.clear()
    asked = {"level": "county", "by": "kind", "grain": "quarter", "snapshot": str(snapshot)}
    answer = get(province, "/api/v1/brain/metrics/small_entries/query", **asked)
    (found,) = [
        p["value"]
        for p in answer["points"]
        if (p["region"], p["dimensions"]["kind"]) == ("330102", "a")
    ]
    return None if found is None else float(found)


@pytest.fixture(scope="module")
def loads(world: Province) -> list[int]:
    """Each adds one record to one cell; oldest first."""
    node = world.services.node
    for extra in range(1, LOADS + 1):
        load(node, node.settings.data_dir, extra)
    kept = [s.id for s in node.lake.history("data.small_cells") if not s.maintained]
    assert len(kept) == LOADS + 1
    return kept[::-1]


def test_a_snapshot_says_the_same_in_whatever_order_and_process_it_is_asked(
    world: Province, loads: list[int]
) -> None:
    newest_first = {one: value(world, one) for one in reversed(loads)}
    for seed in (1, 2):
        order = random.Random(seed).sample(loads, len(loads))
        assert {one: value(world, one) for one in order} == newest_first


def test_no_two_snapshots_differ_by_a_small_cell(world: Province, loads: list[int]) -> None:
    shown = [v for v in (value(world, one) for one in loads) if v is not None]
    assert len(set(shown)) >= 2, "some are shown, else this proves nothing"
    for one, other in combinations(shown, 2):
        assert one == other or abs(one - other) >= T


def test_no_count_beside_a_hidden_total_gives_it_away(world: Province, loads: list[int]) -> None:
    """The rows of a snapshot are the total of a metric that counts all of them."""
    lake = world.services.node.lake
    counts = {lake.snapshot("data.small_cells", one).rows for one in loads}
    exact = {str(n) for n in counts if n % 10}  # 180 is also what is said of 181: about 180
    assert len(exact) > 10
    answer = get(world, "/api/v1/brain/metrics/small_entries/query", grain="year")
    assert answer["citation"]["rows"] is None
    for path in ("/api/v1/datasets/small_cells", "/api/v1/datasets", "/datasets/small_cells"):
        told = get(world, path)
        text = re.sub(r"<[^>]+>", " ", told) if isinstance(told, str) else str(told)
        words = set(re.findall(r"[\d,]+", text))
        assert not words & exact, path
        assert not re.search(r"[+＋]\s?1 ", text), path
