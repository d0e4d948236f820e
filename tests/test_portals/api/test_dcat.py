"""The catalogue over HTTP for other catalogues: syntax by name or header, pages, marks, IRIs."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from rdflib import RDF, Graph, URIRef

from tests.province import Province, make_province
from tests.test_catalog.formats.schemas import dcat_us_errors, odcs_errors
from tests.test_catalog.formats.shapes import violations
from xihu_catalog.datasets.stored import put_entry
from xihu_catalog.formats.dcat import DCAT, HYDRA
from xihu_catalog.formats.dqv import DQV
from xihu_catalog.quality.dimensions import DIMENSIONS
from xihu_platform.database import transaction
from xihu_platform.identity.principal import ANONYMOUS
from xihu_platform.safe_yaml import read_yaml
from xihu_portals.api.dcat import PAGE

pytestmark = pytest.mark.anyio
OWN = "http://127.0.0.1:8000/id/dataset/hb_air_quality_hourly"
PARTS = ("quality", "metric", "dimension")
TURTLE, JSON_LD, XML = "text/turtle", "application/ld+json", "application/rdf+xml"


async def get(province: Province, path: str, **headers: str) -> httpx.Response:
    async with province.client() as client:
        return await client.get(path, headers=headers)


def graph_of(answer: httpx.Response) -> Graph:
    kind = answer.headers["content-type"].partition(";")[0]
    return Graph().parse(data=answer.text, format={TURTLE: "turtle", XML: "xml"}[kind])


def datasets(graph: Graph) -> set[str]:
    return {str(one).rpartition("/")[2] for one in graph.subjects(RDF.type, DCAT.Dataset)}


@pytest.mark.parametrize(
    ("accept", "kind"),
    [("", TURTLE), ("*/*", TURTLE), (JSON_LD, JSON_LD), (f"{TURTLE};q=0.1,{XML}", XML)],
)
async def test_the_header_chooses_the_syntax(province: Province, accept: str, kind: str) -> None:
    answer = await get(province, "/catalog", accept=accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == kind
    assert "Accept," in f"{answer.headers['vary']},"


@pytest.mark.parametrize("extension", ["ttl", "rdf"])
async def test_the_feed_has_every_published_entry_and_meets_the_shapes(
    province: Province, extension: str
) -> None:
    graph = graph_of(await get(province, f"/catalog.{extension}"))
    known = province.services.known_to(ANONYMOUS)
    assert datasets(graph) == set(known.catalogue.contracts.all())
    assert not violations(graph)


async def test_an_entry_is_the_same_in_its_own_document(province: Province) -> None:
    graph = graph_of(await get(province, "/datasets/hb_air_quality_hourly/entry.ttl"))
    assert datasets(graph) == {"hb_air_quality_hourly"}
    feed = graph_of(await get(province, "/catalog.ttl"))
    more = {node for node, *_ in set(graph) - set(feed)}
    measured = {URIRef(f"{OWN}#{kind}-{one}") for kind in PARTS for one in DIMENSIONS}
    assert more <= measured | {URIRef(OWN)}
    added = {
        predicate for _, predicate, _ in set(graph.triples((URIRef(OWN), None, None))) - set(feed)
    }
    assert added == {DQV.hasQualityMeasurement}


async def test_who_has_the_document_is_not_sent_it_again(province: Province) -> None:
    first = await get(province, "/catalog.ttl")
    again = await get(province, "/catalog.ttl", **{"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await get(province, "/catalog.rdf", **{"if-none-match": first.headers["etag"]})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/catalog.ttl?page=2", 404),
        ("/catalog.ttl?page=0", 422),
        ("/catalog.ttl?page=x", 422),
        ("/catalog.ttl?pages=1", 422),
        ("/catalog.docx", 422),
        ("/datasets/no_such/entry.ttl", 404),
        ("/datasets/no_such/croissant.json", 404),
        ("/datasets/no_such/odcs.yaml", 404),
        ("/datasets/no_such/dcat-us.json", 404),
        ("/dcat-us.json?page=2", 404),
        ("/datasets/ga_residents/datapackage.json", 404),
        ("/id/dataset/no_such", 404),
    ],
)
async def test_what_is_not_there_is_said_as_json(
    province: Province, path: str, status: int
) -> None:
    answer = await get(province, path)
    assert answer.status_code == status
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("accept", "to"),
    [("text/html", ""), (TURTLE, "/entry.ttl"), (JSON_LD, "/entry.jsonld"), ("", "")],
)
async def test_an_iri_leads_to_page_or_document(province: Province, accept: str, to: str) -> None:
    answer = await get(province, "/id/dataset/fg_penalties", accept=accept)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/datasets/fg_penalties{to}")


async def test_the_page_has_the_entry_for_search_engines_and_links_to_the_documents(
    province: Province,
) -> None:
    answer = await get(province, "/datasets/hb_air_quality_hourly")
    _, _, rest = answer.text.partition('<script type="application/ld+json">')
    assert '"@type":"Dataset"' in rest.partition("</script>")[0]
    for name in (
        *("entry.ttl", "entry.jsonld", "dcat-us.json", "croissant.json"),
        *("odcs.yaml", "datapackage.json"),
    ):
        path = f"/datasets/hb_air_quality_hourly/{name}"
        assert f'href="{path}"' in answer.text
        assert (await get(province, path)).status_code == 200
    closed = await get(province, "/datasets/ga_residents")
    assert "datapackage.json" not in closed.text


@pytest.fixture(scope="module")
def larger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """A province of its own with 150 more entries."""
    for province in make_province(tmp_path_factory.mktemp("larger")):
        services = province.services
        facts = services.entries.get("hb_air_quality_hourly")
        with transaction(services.node.database) as session:
            for number in range(150):
                name = f"hz-{number:03}"
                iri = facts.iri.replace(facts.id, name)
                put_entry(session, "hz", replace(facts, id=name, iri=iri), services.node.clock())
        yield province


async def test_following_the_pages_finds_every_entry_once(larger: Province) -> None:
    path, found, pages = "/catalog.ttl", list[str](), 0
    while path:
        graph = graph_of(await get(larger, path))
        found += datasets(graph)
        pages += 1
        after = [str(one) for one in graph.objects(None, HYDRA.next)]
        assert len(after) <= 1
        path = after[0].removeprefix(larger.services.node.settings.base_url) if after else ""
    own = larger.services.known_to(ANONYMOUS).catalogue.contracts.all()
    assert sorted(found) == sorted({*own, *(f"hz-{n:03}" for n in range(150))})
    assert pages == -(-len(found) // PAGE) == 2


async def test_pages_in_dcat_us_find_every_entry_once(larger: Province) -> None:
    path, found = "/dcat-us.json", list[str]()
    while path:
        answer = await get(larger, path)
        body = answer.json()
        assert not dcat_us_errors(body, "catalog")
        found += [one["identifier"].rpartition("/")[2] for one in body["dataset"]]
        path = answer.links.get("next", {}).get("url", "")
        path = path.removeprefix(larger.services.node.settings.base_url)
    own = larger.services.known_to(ANONYMOUS).catalogue.contracts.all()
    assert sorted(found) == sorted({*own, *(f"hz-{n:03}" for n in range(150))})


async def test_one_entry_in_dcat_us_is_in_the_language_asked_for(province: Province) -> None:
    path = "/datasets/hb_air_quality_hourly/dcat-us.json"
    chinese, english = [(await get(province, f"{path}?lang={one}")).json() for one in ("zh", "en")]
    assert not dcat_us_errors(chinese, "dataset") + dcat_us_errors(english, "dataset")
    facts = province.services.entries.get("hb_air_quality_hourly")
    assert (chinese["title"], english["title"]) == (facts.title.zh, facts.title.en)


INSIDE = ("sourceColumn", "sourceFormat", "steps", "protect", "vault", "query:", "path:")
"""What only a department's own contract says."""


async def test_a_contract_says_to_others_only_what_the_page_shows(province: Province) -> None:
    """The file in the intake folder, source columns, steps and queries stay with the department."""
    path = "/api/v1/datasets/ga_residents/contract"
    contract = province.services.catalogue.contracts.get("ga_residents")
    raw = province.services.catalogue.contracts.content(contract.digest).decode()
    assert "ga_常住人口.csv" in raw
    async with province.client() as client:
        public = (await client.get(path)).text
        page = (await client.get("/datasets/ga_residents/odcs.yaml")).text
    assert public == page
    assert {word for word in INSIDE if word in public} == set()
    assert "ga_常住人口.csv" not in public
    assert not odcs_errors(read_yaml(public))


async def test_a_department_has_its_contract_as_it_handed_it_in(province: Province) -> None:
    contracts = province.services.catalogue.contracts
    raw = contracts.content(contracts.get("yb_hospital_visits").digest)
    path = "/api/v1/datasets/yb_hospital_visits/contract"
    async with province.client(province.system_token("dept-yb")) as client:
        assert (await client.get(path)).content == raw
    async with province.client(province.token("wang")) as client:
        assert (await client.get(path)).content != raw


async def test_a_stored_entry_has_a_contract_without_a_department_s(larger: Province) -> None:
    document = read_yaml((await get(larger, "/datasets/hz-007/odcs.yaml")).text)
    assert not odcs_errors(document)
    assert document["id"] == "hz-007"
    assert (await get(larger, "/api/v1/datasets/hz-007/contract")).status_code == 404


async def test_a_stored_entry_has_its_documents(larger: Province) -> None:
    graph = graph_of(await get(larger, "/datasets/hz-007/entry.ttl"))
    assert {str(one) for one in graph.subjects(RDF.type, DCAT.Dataset)} == {
        f"{larger.services.node.settings.base_url}/id/dataset/hz-007"
    }
    assert URIRef(f"{larger.services.node.settings.base_url}/id/dataset/hz-007#csv") in set(
        graph.objects(None, DCAT.distribution)
    )


async def test_an_entry_has_its_quality_as_the_public_knows_it(province: Province) -> None:
    graph = graph_of(await get(province, "/datasets/rs_social_insurance/entry.ttl"))
    said = (await get(province, "/api/v1/datasets/rs_social_insurance/quality")).json()
    shares = {one["dimension"]: one["share"] for one in said["dimensions"]}
    found = {
        str(node).rpartition("#quality-")[2]: float(str(value))
        for node, value in graph.subject_objects(DQV.value)
    }
    assert found == {name: share for name, share in shares.items() if share is not None}
    assert len(found) > 4
    assert not violations(graph)
