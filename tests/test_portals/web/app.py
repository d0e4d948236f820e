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
from xihu_portals.web import preferences
from xihu_portals.web.assets import static_files
from xihu_portals.web.errors import error_page
from xihu_portals.web.render import View, render

Page = Callable[[Request], HTMLResponse]


def _drawn(template: str, sample: Callable[[], View], piece: str | None = None) -> Page:
    return lambda request: render(request, template, sample(), piece=piece)


PAGES: dict[str, Page] = {
    "/": _drawn("citizen/home.html", citizen.home),
    "/search": _drawn("citizen/search.html", citizen.search, piece="citizen/search_results.html"),
    "/datasets/hb_air_quality_hourly": _drawn("citizen/dataset.html", citizen.dataset),
    "/my/data": _drawn("citizen/my_data.html", citizen.my_data),
    "/my/uses": _drawn("citizen/my_uses.html", citizen.my_uses),
    "/official/positions": _drawn("official/positions.html", figures.positions),
    "/official/": _drawn("official/cockpit.html", figures.cockpit),
    "/official/region/330106": _drawn("official/region.html", figures.region),
    "/official/metrics/industrial_output": _drawn("official/metric.html", figures.metric),
    "/metrics/industrial_output": _drawn("citizen/metric.html", figures.public_metric),
    "/official/catalogue": _drawn(
        "official/catalogue.html", data.catalogue, piece="official/catalogue_results.html"
    ),
    "/official/datasets/rs_social_insurance": _drawn("official/dataset.html", data.dataset),
    "/official/loads/L-20261123-0007": _drawn(
        "official/load_report.html", data.load_report, piece="official/receipts.html"
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
    "/states/nothing-found": _drawn(
        "citizen/search.html", citizen.nothing_found, piece="citizen/search_results.html"
    ),
    "/states/lacking": _drawn(
        "citizen/search.html", citizen.lacking, piece="citizen/search_results.html"
    ),
    "/states/low-level": _drawn("citizen/my_data.html", citizen.low_level),
    "/states/proving": _drawn("citizen/proving.html", citizen.proving),
    "/verify/sample": _drawn("citizen/verify.html", citizen.verified),
    "/states/load-of-others": _drawn("official/load_report.html", data.load_report_of_others),
    "/search/suggest": _drawn("citizen/suggestions.html", citizen.suggestions),
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
