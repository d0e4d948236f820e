"""A page of either portal as a person gets it, rendered in process: no browser, no sign-in."""

from collections.abc import Callable
from functools import partial
from html import unescape

from fastapi import Request
from fastapi.responses import Response

from tests.province import Province
from xihu_platform.identity.principal import Principal
from xihu_platform.words import Text
from xihu_portals.citizen import dataset as open_dataset
from xihu_portals.citizen import explore as open_explore
from xihu_portals.citizen import (
    field,
    home,
    my_data,
    place,
    places,
    publisher,
    publishers,
    search,
    topic,
    topics,
    uses,
)
from xihu_portals.citizen import metric as public_metric
from xihu_portals.citizen import metrics as public_metrics
from xihu_portals.official import (
    catalogue,
    cockpit,
    dataset,
    explore,
    load_report,
    metric,
    metrics,
    oversight,
    positions,
    region,
)
from xihu_portals.pages.listing import ListQuery
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.frame import PageFrame, Person

Page = Callable[[Request, Visitor], Response]


def visitor(province: Province, principal: Principal, *, official: bool) -> Visitor:
    position = principal.position
    person = Person(
        name=Text(principal.name, principal.name),
        position=Text(position.title_zh, position.title_en) if position else None,
        organisation=Text(position.organisation_zh, position.organisation_en) if position else None,
        region=position.region if position else None,
        duties=frozenset(position.duties) if position else frozenset(),
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
    "/": home.page,
    "/search": search.page,
    "/datasets/jx_industrial_output": partial(open_dataset.page, dataset="jx_industrial_output"),
    "/datasets/jx_industrial_output/explore": partial(
        open_explore.page, dataset="jx_industrial_output"
    ),
    "/metrics": public_metrics.page,
    "/metrics/gdp": partial(public_metric.page, metric="gdp"),
    "/metrics/service_cases": partial(public_metric.page, metric="service_cases"),
    "/places": places.page,
    "/places/330106": partial(place.page, code="330106"),
    "/publishers": publishers.page,
    "/topics": topics.page,
    "/topics/economy": partial(topic.page, topic="economy", query=ListQuery()),
    "/publishers/113399001001109609": partial(
        publisher.page, publisher="113399001001109609", query=ListQuery()
    ),
    "/datasets/fg_penalties/fields/uscc": partial(field.page, dataset="fg_penalties", field="uscc"),
    "/my/data": partial(my_data.page, later="1"),
    "/my/uses": partial(uses.page, who="all"),
}
OFFICIAL_PAGES: dict[str, Page] = {
    "/official/positions": positions.page,
    "/official/": cockpit.page,
    "/official/region/330000": partial(region.page, code="330000"),
    "/official/region/330100": partial(region.page, code="330100", metric="gdp"),
    "/official/metrics": metrics.page,
    "/official/oversight": oversight.page,
    "/official/metrics/gdp": partial(metric.page, metric="gdp"),
    "/official/catalogue": catalogue.page,
    "/official/datasets/rs_social_insurance": partial(dataset.page, dataset="rs_social_insurance"),
    "/official/datasets/sg_firms/explore": partial(explore.page, dataset="sg_firms"),
    "/official/loads": lambda r, v: load_report.page(r, v, newest_load(v, "rs_social_insurance")),
}


def newest_load(of: Visitor, dataset: str) -> str:
    loads = of.services.catalogue
    return loads.loads(loads.contracts.get(dataset))[0].load_id


def html(
    province: Province, path: str, principal: Principal | None = None, language: str = "zh"
) -> str:
    """The page's text with its markup."""
    official = path.startswith("/official")
    chosen = principal or (province.official("sun") if official else province.citizen("wang"))
    page = (OFFICIAL_PAGES if official else CITIZEN_PAGES)[path]
    answer = page(request_of(path, language), visitor(province, chosen, official=official))
    return unescape(bytes(answer.body).decode())
