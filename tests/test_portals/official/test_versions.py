"""A position sees the versions of what it may know of, and counts what it may read."""

from tests.province import Province
from tests.test_portals.api.callers import Call, send
from tests.test_portals.citizen.test_versions import reads, world
from tests.test_portals.versioned import DATASET

__all__ = ["world"]


def page(world: Province, path: str, who: str = "sun") -> str:
    answer = send(world, Call("GET", path, "", who), "right")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_versions_lead_to_pages_of_the_same_portal(world: Province) -> None:
    new, old = world.services.node.lake.summaries(f"data.{DATASET}")
    text = page(world, f"/official/datasets/{DATASET}/versions")
    assert f'href="/official/datasets/{DATASET}?snapshot={old}"' in text
    assert f'href="/official/datasets/{DATASET}/compare?from={old}&amp;to={new}"' in text
    before = reads(world)
    text = page(world, f"/official/datasets/{DATASET}/versions?counts=yes")
    assert "新增 1 行，删去 1 行，变更 1 行" in text
    assert reads(world) == before + 2


def test_what_opens_under_a_ground_alone_is_listed_and_not_compared(world: Province) -> None:
    text = page(world, "/official/datasets/rs_social_insurance/versions?counts=yes")
    assert "共 1 个版本" in text
    assert "/compare" not in text
