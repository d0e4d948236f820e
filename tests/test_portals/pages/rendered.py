"""A page of either portal as a person gets it, rendered in process: no browser, no sign-in."""

from collections.abc import Callable
from html import unescape

from fastapi import Request
from fastapi.responses import HTMLResponse

from tests.province import Province
from xihu_platform.identity.principal import Principal
from xihu_platform.words import Text
from xihu_portals.citizen import build as citizen
from xihu_portals.citizen import mine, uses
from xihu_portals.citizen import pages as citizen_pages
from xihu_portals.official import build, holdings, indicator, loads, pages
from xihu_portals.pages.searching import SearchAddress
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame, Person

Page = Callable[[Request, Visitor], HTMLResponse]


def visitor(province: Province, principal: Principal, *, official: bool) -> Visitor:
    position = principal.position
    person = Person(
        name=principal.name,
        position=Text(position.title_zh, position.title_en) if position else None,
        organisation=Text(position.organisation_zh, position.organisation_en) if position else None,
        region=position.region if position else None,
    )
    portal: str = "official" if official else "citizen"
    frame = PageFrame(portal, province.services.node.clock(), person)  # type: ignore[arg-type]
    return Visitor(province.services, principal, frame)


def request_of(path: str, language: str) -> Request:
    headers = [(b"accept-language", language.encode())]
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "server": ("127.0.0.1", 8000),
        "path": path,
        "query_string": b"",
        "headers": headers,
    }
    return Request(scope)


CITIZEN_PAGES: dict[str, Page] = {
    "/": lambda r, v: citizen_pages.home(r, citizen.home(v)),
    "/search": lambda r, v: citizen_pages.search(r, citizen.search(v, SearchAddress("/search"))),
    "/datasets/jx_industrial_output": lambda r, v: citizen_pages.dataset(
        r, citizen.dataset(v, "jx_industrial_output", None)
    ),
    "/my/data": lambda r, v: citizen_pages.my_data(r, mine.my_data(v)),
    "/my/uses": lambda r, v: citizen_pages.my_uses(r, uses.my_uses(v, uses.Asked(everyone=True))),
}
OFFICIAL_PAGES: dict[str, Page] = {
    "/official/positions": lambda r, v: pages.choose_position(r, build.positions(v, "/official/")),
    "/official/": lambda r, v: pages.cockpit(r, build.cockpit(v, None)),
    "/official/region/330000": lambda r, v: pages.region(r, build.region(v, "330000", None)),
    "/official/region/330100": lambda r, v: pages.region(r, build.region(v, "330100", "gdp")),
    "/official/metrics/gdp": lambda r, v: pages.metric(r, indicator.metric(v, "gdp")),
    "/official/catalogue": lambda r, v: pages.catalogue(
        r, holdings.catalogue(v, SearchAddress("/official/catalogue"))
    ),
    "/official/datasets/rs_social_insurance": lambda r, v: pages.dataset(
        r, holdings.dataset(v, "rs_social_insurance", None)
    ),
    "/official/loads": lambda r, v: pages.load_report(
        r, loads.load_report(v, newest_load(v, "rs_social_insurance"))
    ),
}


def newest_load(of: Visitor, dataset: str) -> str:
    catalogue = of.services.catalogue
    return catalogue.loads(catalogue.contracts.get(dataset))[0].load_id


def html(
    province: Province, path: str, principal: Principal | None = None, language: str = "zh"
) -> str:
    """The page's text with its markup."""
    official = path.startswith("/official")
    chosen = principal or (province.official("sun") if official else province.citizen("wang"))
    page = (OFFICIAL_PAGES if official else CITIZEN_PAGES)[path]
    answer = page(request_of(path, language), visitor(province, chosen, official=official))
    return unescape(bytes(answer.body).decode())
