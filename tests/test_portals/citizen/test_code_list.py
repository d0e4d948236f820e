"""A code list's page: entries by date, successors, the fields that use it, and its documents."""

import asyncio
import re

import httpx
import pytest
from rdflib import RDF, SKOS, Graph, URIRef

from tests.province import Province
from tests.test_portals.api.callers import Call, send
from tests.test_portals.citizen.test_metrics import anybody
from xihu_catalog.quality.whole import newest_whole
from xihu_catalog.registry.codes import code_list
from xihu_catalog.standards.uses import uses_of_list
from xihu_platform.errors import BadInput
from xihu_portals.citizen import code_list as page
from xihu_portals.pages.standards import day_in

ROW = re.compile(r'<tr id="([^"]+)"><td class="code">([^<]+)</td><td>([^<]+)<')


def get(province: Province, path: str) -> str:
    answer = send(province, Call("GET", path, "", "wang"), "no_token")
    assert answer.status_code == 200, answer.text
    return answer.text


async def fetch(province: Province, path: str, headers: dict[str, str]) -> httpx.Response:
    async with province.client() as client:
        return await client.get(path, headers=headers)


def test_all_entries_are_shown_with_those_that_ended(province: Province) -> None:
    rows = ROW.findall(get(province, "/standards/codes/gbt_4754"))
    assert len(rows) == 20 + 97 + 24
    assert ("79", "79", "土地管理业") in rows
    assert ("79.2017-10-01", "79", "居民服务业") in rows


@pytest.mark.parametrize(
    ("on", "count", "there", "gone"),
    [
        ("2020-12-31", 102, "江干区", "钱塘区"),
        ("2021-04-09", 102, "钱塘区", "江干区"),
        ("2017-12-31", 101, "奉化区", "龙港市"),
    ],
)
def test_the_codes_of_a_day_are_those_in_force_then(
    province: Province, on: str, count: int, there: str, gone: str
) -> None:
    rows = ROW.findall(get(province, f"/standards/codes/divisions?on={on}"))
    names = [name for _, _, name in rows]
    assert len(rows) == count
    assert there in names
    assert gone not in names


def test_an_entry_that_ended_leads_to_what_replaced_it(province: Province) -> None:
    text = get(province, "/standards/codes/divisions")
    row = text.split('<tr id="330104.2021-04-09">')[1].split("</tr>")[0]
    assert 'href="/standards/codes/divisions#330102"' in row
    assert 'href="/standards/codes/divisions#330114"' in row
    assert "2021年4月9日" in row
    anchors = set(re.findall(r'id="(3[^"]+)"', text))
    assert set(re.findall(r'href="/standards/codes/divisions#([^"]+)"', text)) <= anchors


def test_before_what_the_list_covers_nothing_is_claimed(province: Province) -> None:
    text = get(province, "/standards/codes/sex?on=1999-01-01")
    assert "只收录 2003年12月1日 以来的代码" in text
    assert not ROW.findall(text)


def test_the_standard_and_the_extent_are_said(province: Province) -> None:
    text = get(province, "/standards/codes/sex")
    assert "GB/T 2261.1-2003" in text
    assert "完整收录" in text
    assert "摘录" in get(province, "/standards/codes/divisions")
    assert "本登记库自定" in get(province, "/standards/codes/aid_kind")


def test_each_field_that_uses_it_has_the_count_of_its_newest_load(province: Province) -> None:
    services = province.services
    contracts = services.catalogue.contracts.all()
    broken = {}
    for name in ("pollutant", "penalty_type", "water_grade", "visit_kind", "sex"):
        for use in uses_of_list(contracts.values(), name):
            whole = newest_whole(services.catalogue, services.node.database, use.contract)
            assert whole is not None
            count = whole.rule_counts.get(f"{use.field.name}.code", 0)
            broken[name, use.contract.dataset] = count
            shown = page.fill(anybody(province), name, None, 1).uses
            assert shown is not None
            rows = {row[0].href: row[3] for row in shown.rows}  # type: ignore[union-attr]
            number = rows[f"/datasets/{use.contract.dataset}"]
            assert isinstance(number, int)
            assert number == count if use.contract.is_open else number <= count
    assert any(broken.values())


def test_a_list_that_no_field_uses_says_so(province: Province) -> None:
    assert "目前没有已发布的数据集使用它" in get(province, "/standards/codes/gbt_4754")


def test_the_address_leads_programs_to_the_scheme(province: Province) -> None:
    asked = {"accept": "text/turtle"}
    answer = asyncio.run(fetch(province, "/standards/codes/sex", asked))
    assert (answer.status_code, answer.headers["location"]) == (303, "/standards/codes/sex.ttl")
    turtle = send(province, Call("GET", "/standards/codes/sex.ttl", "", "wang"), "no_token")
    assert turtle.headers["content-type"] == "text/turtle; charset=utf-8"
    found = Graph().parse(data=turtle.text, format="turtle")
    (whole,) = found.subjects(RDF.type, SKOS.ConceptScheme)
    base = province.services.node.settings.base_url.rstrip("/")
    assert whole == URIRef(f"{base}/standards/codes/sex")
    codes = {str(one) for one in found.objects(None, SKOS.notation)}
    assert codes == set(code_list("sex"))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/standards/codes/nosuch", 404),
        ("/standards/codes/nosuch.ttl", 404),
        ("/standards/codes/tiles", 404),
        ("/standards/codes/sex?on=2020", 422),
        ("/standards/codes/sex?on=20200101ab", 422),
        ("/standards/codes/sex?page=2", 404),
        ("/standards/codes/sex.html", 422),
    ],
)
def test_what_is_not_there_is_an_error(province: Province, path: str, status: int) -> None:
    answer = send(province, Call("GET", path, "", "wang"), "no_token")
    assert answer.status_code == status


def test_a_day_is_written_in_one_way() -> None:
    assert day_in("") is None
    for text in ("2020-1-1", "20200101", "2020-02-30", "２０２０-01-01"):
        with pytest.raises(BadInput):
            day_in(text)
