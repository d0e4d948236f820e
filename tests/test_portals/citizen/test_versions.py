"""Anybody sees which versions an open dataset has, counts what each changed, and cites one."""

import asyncio
import re
from html import unescape

import httpx
import pytest
from sqlalchemy import select

from tests.province import Province
from tests.test_portals.versioned import DATASET, only_what_there_is, world
from xihu_platform.audit.log import log_size
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction

__all__ = ["only_what_there_is", "world"]  # fixtures

PATH = f"/datasets/{DATASET}/versions"


def get(world: Province, path: str, language: str = "zh") -> httpx.Response:
    async def once() -> httpx.Response:
        async with world.client(Accept_Language=language) as client:
            return await client.get(path)

    answer = asyncio.run(once())
    assert answer.status_code == 200, answer.text
    return answer


def reads(world: Province) -> int:
    """Entries of comparisons in the log."""
    with transaction(world.services.node.database) as session:
        entries = session.scalars(select(AuditEntry.body).where(AuditEntry.dataset == DATASET))
        return sum(b'"exit":"diff"' in bytes(body) for body in entries)


def test_the_versions_are_listed_and_their_rows_lead_on(world: Province) -> None:
    new, old = world.services.node.lake.summaries(f"data.{DATASET}")
    text = get(world, PATH).text
    assert text.index(f"<code>{new}</code>") < text.index(f"<code>{old}</code>")
    assert f'href="/datasets/{DATASET}?snapshot={old}"' in text
    assert f'href="/datasets/{DATASET}/compare?from={old}&amp;to={new}"' in text
    assert "共 2 个版本" in text


def test_changes_are_counted_on_demand_and_that_is_a_read(world: Province) -> None:
    before = reads(world)
    assert "新增 1 行" not in get(world, PATH).text
    assert reads(world) == before
    assert "新增 1 行，删去 1 行，变更 1 行" in get(world, f"{PATH}?counts=yes").text
    assert reads(world) == before + 2


def test_a_citation_leads_to_its_version(world: Province) -> None:
    old = list(world.services.node.lake.summaries(f"data.{DATASET}"))[1]
    text = get(world, f"{PATH}?snapshot={old}", "en").text
    cited = text.partition('id="cited"')[2].partition("</section>")[0]
    assert f"<code>{old}</code>" in cited
    assert f'href="/datasets/{DATASET}/citation.bib?snapshot={old}"' in text
    assert "There is no version of this number" in get(world, f"{PATH}?snapshot=7", "en").text


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("page", [f"/datasets/{DATASET}", f"/datasets/{DATASET}/explore"])
def test_the_text_of_a_citation_ends_with_the_permanent_address(
    world: Province, page: str, language: str
) -> None:
    new = next(iter(world.services.node.lake.summaries(f"data.{DATASET}")))
    base = world.services.node.settings.base_url.rstrip("/")
    address = f"{base}/id/dataset/{DATASET}?snapshot={new}"
    text = unescape(re.sub(r"<[^>]*>", "\n", get(world, page, language).text))
    name = {"zh": "西湖公共数据平台，", "en": "Xihu platform, "}[language]
    assert f"{name}{address}\n" in text


def test_a_closed_dataset_tells_no_exact_number_and_compares_nothing(world: Province) -> None:
    rows = world.services.catalogue.get_entry("ga_residents").heartbeat.rows
    with transaction(world.services.node.database) as session:
        before = log_size(session)
    text = get(world, "/datasets/ga_residents/versions?counts=yes").text
    assert f"{rows:,}" not in text
    assert "/compare" not in text
    with transaction(world.services.node.database) as session:
        assert log_size(session) == before
