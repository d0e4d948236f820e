"""Sitemaps, OpenSearch and Atom: every entry once, the newest first, nothing that is hidden."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote
from xml.etree import ElementTree as Xml

import httpx
import pytest

from tests.province import Province, make_province
from xihu_catalog.datasets.stored import put_entry
from xihu_platform.database import transaction
from xihu_platform.identity.principal import ANONYMOUS
from xihu_platform.words import Text
from xihu_portals.api import feeds

pytestmark = pytest.mark.anyio
ATOM = f"{{{feeds.ATOM}}}"
MAP = f"{{{feeds.SITEMAP}}}"
HOSTILE = "a <b> & ]]> \x00\u202e 名"


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """With 25 more entries, one with a hostile title."""
    for province in make_province(tmp_path_factory.mktemp("joined")):
        services = province.services
        facts = services.entries.get("hb_air_quality_hourly")
        with transaction(services.node.database) as session:
            for number in range(25):
                name = f"hz-{number:03}"
                title = Text(HOSTILE if number == 7 else f"码头{number}", "")
                iri = facts.iri.replace(facts.id, name)
                one = replace(facts, id=name, iri=iri, title=title)
                put_entry(session, "hz", one, services.node.clock())
        services.stored_index.refresh()
        yield province


async def get(province: Province, path: str, language: str = "zh") -> httpx.Response:
    async with province.client(accept_language=language) as client:
        return await client.get(path)


async def xml_of(province: Province, path: str, language: str = "zh") -> Xml.Element:
    answer = await get(province, path, language)
    assert answer.status_code == 200
    return Xml.fromstring(answer.content)


async def test_the_sitemaps_have_every_entry_once(
    joined: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "PAGES", 20)
    base = joined.services.node.settings.base_url
    index = await xml_of(joined, "/sitemap.xml")
    maps = [one.text or "" for one in index.iter(f"{MAP}loc")]
    assert len(maps) == 3
    found: list[str] = []
    for address in maps:
        one = await xml_of(joined, address.removeprefix(base))
        found += [loc.text or "" for loc in one.iter(f"{MAP}loc")]
    listed = sorted(one for one in found if "/datasets/" in one)
    own = joined.services.known_to(ANONYMOUS).catalogue.contracts.all()
    names = {*own, *(f"hz-{number:03}" for number in range(25))}
    assert listed == sorted(f"{base}/datasets/{one}" for one in names)
    assert (await get(joined, "/sitemap-4.xml")).status_code == 404
    assert (await get(joined, "/sitemap-0.xml")).status_code == 404
    assert (await get(joined, "/sitemap-x.xml")).status_code == 422


async def test_robots_and_pages_lead_to_them(joined: Province) -> None:
    base = joined.services.node.settings.base_url
    assert f"Sitemap: {base}/sitemap.xml" in (await get(joined, "/robots.txt")).text
    home = (await get(joined, "/")).text
    assert 'href="/opensearch.xml"' in home
    assert 'href="/catalog.atom"' in home
    search = (await get(joined, "/search?q=码头")).text
    assert f'href="/catalog.atom?q={quote("码头")}"' in search


async def test_opensearch_leads_to_the_search(joined: Province) -> None:
    root = await xml_of(joined, "/opensearch.xml")
    name = root.findtext(f"{{{feeds.OPEN_SEARCH}}}ShortName") or ""
    assert 0 < len(name) <= 16
    templates = [one.get("template") or "" for one in root.iter(f"{{{feeds.OPEN_SEARCH}}}Url")]
    for one in templates:
        path = one.removeprefix(joined.services.node.settings.base_url)
        answer = await get(joined, path.replace("{searchTerms}", "码头"))
        assert answer.status_code == 200
        assert "码头" in answer.text


async def test_the_feed_has_what_changed_last_and_any_text_is_xml(joined: Province) -> None:
    root = await xml_of(joined, "/catalog.atom")
    entries = root.findall(f"{ATOM}entry")
    assert len(entries) > 25
    moments = [one.findtext(f"{ATOM}updated") or "" for one in entries]
    assert moments == sorted(moments, reverse=True)
    assert root.findtext(f"{ATOM}updated") == moments[0]
    titles = [one.findtext(f"{ATOM}title") for one in entries]
    assert "a <b> & ]]> 名" in titles
    ids = [one.findtext(f"{ATOM}id") for one in entries]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("query", ["q=码头", "q=matou", "q=码头&facet=format:csv"])
async def test_a_feed_of_a_search_has_what_it_finds(joined: Province, query: str) -> None:
    root = await xml_of(joined, f"/catalog.atom?{query}")
    titles = [one.findtext(f"{ATOM}title") or "" for one in root.findall(f"{ATOM}entry")]
    assert len(titles) == 24
    word = query.partition("&")[0].removeprefix("q=")
    assert root.findtext(f"{ATOM}title") == f"公共数据目录: {word}"
    pages = [one.get("href") or "" for one in root.findall(f"{ATOM}link")]
    assert any(one.endswith(f"/search?q={quote(word)}") for one in pages)
    assert all("码头" in one for one in titles)


async def test_a_facet_that_is_none_is_said(joined: Province) -> None:
    answer = await get(joined, "/catalog.atom?facet=colour:red")
    assert answer.status_code == 422
    assert "colour" in answer.json()["detail"]
