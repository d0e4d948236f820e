"""A small application that serves all twelve pages from samples; run it to look at them.

.venv/bin/python -m uvicorn --factory tests.test_portals.web.app:make_app
"""

from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from tests.test_portals.web.samples import citizen, common
from tests.test_portals.web.samples import official_data as data
from tests.test_portals.web.samples import official_figures as figures
from xihu_platform.errors import BadInput, NotFound, NotSignedIn, PlatformError, Refused
from xihu_portals.citizen import pages as citizen_pages
from xihu_portals.citizen.views import Suggestions
from xihu_portals.official import pages as official_pages
from xihu_portals.web import preferences
from xihu_portals.web.assets import static_files
from xihu_portals.web.errors import error_page

Page = Callable[[Request], HTMLResponse]

PAGES: dict[str, Page] = {
    "/": lambda request: citizen_pages.home(request, citizen.home()),
    "/search": lambda request: citizen_pages.search(request, citizen.search()),
    "/datasets/hb_air_quality_hourly": lambda request: citizen_pages.dataset(
        request, citizen.dataset()
    ),
    "/my/data": lambda request: citizen_pages.my_data(request, citizen.my_data()),
    "/my/uses": lambda request: citizen_pages.my_uses(request, citizen.my_uses()),
    "/official/positions": lambda request: official_pages.choose_position(
        request, figures.positions()
    ),
    "/official/": lambda request: official_pages.cockpit(request, figures.cockpit()),
    "/official/region/330106": lambda request: official_pages.region(request, figures.region()),
    "/official/metrics/industrial_output": lambda request: official_pages.metric(
        request, figures.metric()
    ),
    "/official/catalogue": lambda request: official_pages.catalogue(request, data.catalogue()),
    "/official/datasets/rs_social_insurance": lambda request: official_pages.dataset(
        request, data.dataset()
    ),
    "/official/loads/L-20261123-0007": lambda request: official_pages.load_report(
        request, data.load_report()
    ),
}
"""Every page of both portals but for sign-in, which belongs to identity."""

ERRORS: dict[str, PlatformError] = {
    "/errors/refused": Refused(common.NOT_YOURS),
    "/errors/signed-out": NotSignedIn("登录后才能看您的数据。", "Sign in to see your data."),
    "/errors/not-found": NotFound("没有编号为 abc 的数据集。", "There is no dataset abc."),
    "/errors/bad-input": BadInput(
        "参数 sort 不能是 abc，可以是 relevance。", "sort cannot be abc; it may be relevance."
    ),
}


def _error(error: PlatformError) -> Page:
    return lambda request: error_page(request, common.CITIZEN, error)


OTHERS: dict[str, Page] = {
    **{path: _error(error) for path, error in ERRORS.items()},
    "/states/nothing-found": lambda request: citizen_pages.search(request, citizen.nothing_found()),
    "/states/lacking": lambda request: citizen_pages.search(request, citizen.lacking()),
    "/states/low-level": lambda request: citizen_pages.my_data(request, citizen.low_level()),
    "/states/proving": lambda request: citizen_pages.proving(request, citizen.proving()),
    "/states/load-of-others": lambda request: official_pages.load_report(
        request, data.load_report_of_others()
    ),
    "/search/suggest": lambda request: citizen_pages.suggestions(
        request, Suggestions(common.CITIZEN, (common.AIR, "空气站点"))
    ),
}


def make_app() -> FastAPI:
    app = FastAPI()
    app.mount("/static", static_files())
    app.include_router(preferences.router)
    for path, page in {**PAGES, **OTHERS}.items():
        app.add_api_route(path, _endpoint(page), methods=["GET"], response_class=HTMLResponse)
    return app


def _endpoint(page: Page) -> Callable[[Request], HTMLResponse]:
    def endpoint(request: Request) -> HTMLResponse:
        return page(request)

    return endpoint
