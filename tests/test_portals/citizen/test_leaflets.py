"""Pages of words: each is there, each of its links leads somewhere, the site map has them all."""

import asyncio
import re

import pytest

from tests.province import Province
from xihu_portals.web.navigation import SMALL

LINK = re.compile(r'href="(/[^"#]*)"')


def read(province: Province, path: str) -> tuple[int, str]:
    async def ask() -> tuple[int, str]:
        async with province.client(accept_language="en") as client:
            answer = await client.get(path)
            return answer.status_code, answer.text

    return asyncio.run(ask())


@pytest.mark.parametrize("prefix", ["", "/official"])
@pytest.mark.parametrize("name", SMALL)
def test_each_is_there_and_its_links_lead_somewhere(
    province: Province, prefix: str, name: str
) -> None:
    status, page = read(province, f"{prefix}/{name}")
    assert status == 200
    body = page.partition("<main")[2].partition("</main>")[0]
    for href in set(LINK.findall(body)):
        assert read(province, href)[0] in {200, 303}, href


def test_the_site_map_has_every_page_that_the_header_offers(province: Province) -> None:
    _, page = read(province, "/sitemap")
    header, body = page.partition("<main")[::2]
    tabs = header.partition('class="tabs"')[2].partition("</nav>")[0]
    offered = set(LINK.findall(tabs))
    assert offered
    assert offered <= set(LINK.findall(body))
    assert {f"/{name}" for name in SMALL} <= set(LINK.findall(body))
    every = province.services.catalogue.contracts.all().values()
    assert {f"/datasets/{c.dataset}" for c in every if c.is_open} <= set(LINK.findall(body))


def test_the_operator_is_named_where_the_registry_does(province: Province) -> None:
    _, page = read(province, "/contact")
    assert "Example Province Data Administration" in page
