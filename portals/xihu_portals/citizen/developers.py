"""For those who read data with a program: examples for one dataset, and every address there is."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from xihu_platform.words import Text
from xihu_portals.pages.client_examples import ClientExample, client_examples
from xihu_portals.pages.visitor import CitizenVisitor, Visitor
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.parts import State
from xihu_portals.web.render import render

PATH = "/developers"
LISTED = 200
"""Datasets to choose from; every other one has a link of its own to this page."""
router = APIRouter()


@dataclass(frozen=True, slots=True)
class OpenChoice:
    """An open dataset to choose."""

    id: str
    title: Text
    selected: bool


@dataclass(frozen=True, slots=True)
class ServedAddress:
    """An address for programs, and the way to it from here."""

    title: Text
    address: str
    href: str


@dataclass(frozen=True, slots=True)
class Developers:
    """How do I read this with my program?"""

    frame: PageFrame
    choices: tuple[OpenChoice, ...]
    examples: tuple[ClientExample, ...] | State
    addresses: tuple[ServedAddress, ...]


_NOTHING_OPEN = State(
    "empty",
    Text("还没有开放的数据集", "No dataset is open yet"),
    Text("有了开放的数据集，这里会给出例子。", "Examples are here as soon as there is one."),
)
_ADDRESSES = (
    (Text("接口文档", "API documentation"), "/api/docs"),
    (Text("OpenAPI 3.1", "OpenAPI 3.1"), "/api/openapi.json"),
    (Text("全目录，DCAT-AP 3（Turtle）", "The catalogue, DCAT-AP 3 (Turtle)"), "/catalog.ttl"),
    (Text("全目录，DCAT-AP 3（JSON-LD）", "The catalogue, DCAT-AP 3 (JSON-LD)"), "/catalog.jsonld"),
    (Text("全目录，DCAT-US 3", "The catalogue, DCAT-US 3"), "/dcat-us.json"),
    (Text("最近变化，Atom", "What changed, as Atom"), "/catalog.atom"),
    (Text("CKAN 接口", "API of CKAN"), "/api/3/action/package_search?rows=10"),
    (Text("浏览器搜索插件，OpenSearch", "Search of a browser, OpenSearch"), "/opensearch.xml"),
    (Text("网站地图", "Sitemap"), "/sitemap.xml"),
)
_OF_DATASET = (
    (Text("数据集，Croissant", "A dataset, Croissant"), "croissant.json"),
    (Text("数据集，Data Package", "A dataset, Data Package"), "datapackage.json"),
    (Text("数据集，DCAT-AP（Turtle）", "A dataset, DCAT-AP (Turtle)"), "entry.ttl"),
    (Text("数据集，ODCS 数据契约", "A dataset, data contract (ODCS)"), "odcs.yaml"),
    (Text("引用文件", "Citation file"), "citation.cff"),
)


def fill(visitor: Visitor, dataset: str) -> Developers:
    """`dataset` is one that is open; else the first one is shown. Raises NotFound."""
    services = visitor.services
    known = services.catalogue.contracts.all()
    found = sorted(name for name, one in known.items() if one.is_open)
    if dataset:
        services.catalogue.contracts.get(dataset)
    shown = dataset if dataset in found else next(iter(found), "")
    base = services.node.settings.base_url
    listed = dict.fromkeys([*found[:LISTED], *([shown] if shown else [])])
    own = tuple((title, f"/datasets/{shown}/{name}") for title, name in _OF_DATASET if shown)
    return Developers(
        frame=visitor.frame,
        choices=tuple(OpenChoice(one, known[one].title, one == shown) for one in listed),
        examples=client_examples(base, shown) if shown else _NOTHING_OPEN,
        addresses=tuple(
            ServedAddress(title, f"{base}{path}", path) for title, path in (*_ADDRESSES, *own)
        ),
    )


@router.get(PATH)
def page(request: Request, visitor: CitizenVisitor, dataset: str = "") -> HTMLResponse:
    return render(request, "citizen/developers.html", fill(visitor, dataset))
