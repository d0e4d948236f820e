"""The web application: API, both portals, sign-in, and one handler for every error."""

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from urllib.parse import quote

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Match
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from xihu_node.scheduler import Scheduler
from xihu_node.timekeeper import Timekeeper
from xihu_platform.audit.bodiless import NothingLeaves
from xihu_platform.errors import (
    BadInput,
    NotFound,
    NotSignedIn,
    PlatformError,
    TerminalError,
    TooMany,
    TransientError,
)
from xihu_platform.settings import Settings
from xihu_platform.telemetry.logs import REQUEST, failure_facts
from xihu_platform.telemetry.traces import Tracer, open_tracer
from xihu_platform.words import Text
from xihu_portals.api import (
    attachments,
    backflow,
    brain,
    cases,
    credentials,
    datasets,
    dcat,
    feeds,
    grounds,
    ingest,
    lineage,
    matters,
    people,
    quality,
    repeats,
    reports,
    services,
    standards,
    status,
    subscriptions,
    uncatalogued,
    verifications,
    versions,
    voices,
)
from xihu_portals.api.ckan import routes as ckan
from xihu_portals.api.ckan.addresses import is_ckan
from xihu_portals.api.ckan.answers import fault_of
from xihu_portals.api.datasets import language
from xihu_portals.api.errors import fault_answer
from xihu_portals.api.faults import FAULTS_TOLD, fault_place, fault_words
from xihu_portals.api.strict import known_parameters
from xihu_portals.citizen import portal as citizen
from xihu_portals.edge.body import FILE_BODIES, FILE_FORMS, FORM_LIMIT, BodyLimit
from xihu_portals.edge.head import HeadAsGet, add_head, nothing_leaves
from xihu_portals.edge.limited import limited_by_address
from xihu_portals.edge.metrics import NodeMetrics
from xihu_portals.edge.observed import Observed, route_of
from xihu_portals.edge.site import Site, protect
from xihu_portals.edge.source import SourceAddress
from xihu_portals.edge.streams import RETRY_AFTER_S
from xihu_portals.official import portal as official
from xihu_portals.pages import docs
from xihu_portals.pages.attachments import LIMIT_MB
from xihu_portals.pages.unsent import take_in, unsent
from xihu_portals.pages.visitor import NoPosition, visitor_of
from xihu_portals.services import Services
from xihu_portals.web import preferences
from xihu_portals.web.assets import static_files
from xihu_portals.web.errors import error_page
from xihu_portals.web.parts import Action
from xihu_portals.web.upload import DRAINED

log = logging.getLogger("xihu")
CARRY_ON = Text("先不验证，看能看的信息", "See what needs no verification")
MACHINES = (
    *("/api/", "/realms/", "/oidc/", "/health", "/static/"),
    *("/catalog", "/id/", "/sitemap-", "/feeds/"),
)
MACHINE_FILES = (
    *(".ttl", ".jsonld", ".rdf", "/croissant.json", "/datapackage.json"),
    *("/dcat-us.json", "/odcs.json", "/odcs.yaml"),
    *("/citation.cff", "/citation.bib"),
)
"""Paths whose callers are programs: they get JSON, people get a page."""


API_ROUTERS = (
    *(cases.router, services.router),
    *(datasets.router, versions.router, quality.router, voices.router),
    *(lineage.router, brain.router),
    *(people.router, ingest.router, backflow.router, repeats.router, uncatalogued.router),
    *(matters.router, attachments.router, grounds.router, verifications.router, status.router),
    *(
        subscriptions.router,
        subscriptions.feeds,
        credentials.router,
        reports.router,
        feeds.router,
        dcat.router,
        standards.router,
        standards.documents,
    ),
)


@asynccontextmanager
async def _lifespan(services: Services, metrics: NodeMetrics, spans: Tracer) -> AsyncIterator[None]:
    settings = services.node.settings
    timekeeper = Timekeeper(services, settings.matters.tick_s)
    scheduler = Scheduler(services.node, services.catalogue)
    # Built beside the start, so that nobody's first search waits for it.
    threading.Thread(target=lambda: services.search, name="search-index").start()
    services.intake.start()
    services.probe.start()
    services.stored_index.start()
    timekeeper.start()
    if settings.serve.schedules:
        scheduler.start()
    if settings.telemetry.metrics_port is not None:
        metrics.start(settings.telemetry.metrics_port)
    yield
    await services.identity.http.aclose()
    scheduler.close()
    timekeeper.close()
    services.close()
    metrics.close()
    spans.close()


def create_app(services: Services, tracer: Tracer | None = None) -> FastAPI:
    """The application over opened services; closing it lets the log finish.

    Spans go to `tracer`, else where the settings say.
    """
    settings = services.node.settings
    metrics = NodeMetrics(services)
    spans = tracer or open_tracer(settings.telemetry.traces_url)

    app = FastAPI(
        title="Xihu 西湖",
        version=version("xihu"),
        docs_url=None,  # the built-in page loads from a CDN; ours is in pages/docs.py
        openapi_url=None,  # in two languages: pages/docs.py gives it
        redoc_url=None,
        lifespan=lambda _app: _lifespan(services, metrics, spans),
    )
    app.state.services = services
    app.state.metrics = metrics
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    app.add_middleware(HeadAsGet)  # outside of GZip, which says how long the body would be
    app.add_middleware(BodyLimit, limit_of=partial(body_limit, settings=settings))
    app.add_middleware(SourceAddress)
    app.add_middleware(Site, base_url=settings.base_url)
    if proxies := settings.serve.proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(proxies))
    app.add_middleware(Observed, fault=_fault, tracer=spans, told=(metrics.tell,))
    app.add_exception_handler(PlatformError, _platform_error)
    app.add_exception_handler(RequestValidationError, _wrong_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(NothingLeaves, nothing_leaves)
    for router in API_ROUTERS:
        app.include_router(router, dependencies=[Depends(known_parameters)])
    app.include_router(ckan.router)  # whose clients send parameters that it does not know
    for router in (*services.identity.routers, preferences.router):
        app.include_router(router, dependencies=[Depends(limited_by_address)])
    app.include_router(docs.router)
    for router in (citizen.router, official.router):
        app.include_router(router)
    app.mount("/static", static_files(), name="static")
    return app


def body_limit(path: str, settings: Settings) -> int:
    """Bytes a request to this address may bring."""
    if path.startswith("/api/v1/ingest/"):
        return 2 * ingest.BODY_LIMIT  # its own words come at the limit
    if FILE_BODIES.match(path):
        return attachments.BODY_LIMIT
    if FILE_FORMS.match(path):
        loads = path.startswith("/official/loads/")
        limit_mb = settings.serve.upload_mb if loads else LIMIT_MB
        return DRAINED * (limit_mb << 20)
    return FORM_LIMIT


async def _platform_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, PlatformError):
        raise error
    if error.status >= 500 and error.status != 501:  # what is not there yet is no fault
        log.error("a request failed", extra=failure_facts(error, route=route_of(request.scope)))
    return await _said(request, error)


async def _said(request: Request, error: PlatformError) -> Response:
    path = request.url.path
    if is_ckan(path):
        base_url = request.app.state.services.node.settings.base_url
        answer = fault_of(request, base_url, error, language(request))
        answer.headers.update(_retry_after(error))
        return answer
    if not path.startswith(MACHINES) and not path.endswith(MACHINE_FILES):
        return await _error_page(request, error)
    body = fault_answer(error, language(request)).model_dump()
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    return JSONResponse(body, status_code=error.status, headers=headers | _retry_after(error))


def _retry_after(error: PlatformError) -> dict[str, str]:
    if isinstance(error, TooMany):
        return {"Retry-After": str(error.retry_after_s)}
    return {"Retry-After": str(RETRY_AFTER_S)} if isinstance(error, TransientError) else {}


async def _error_page(request: Request, error: PlatformError) -> Response:
    """For a person: on to sign-in or to the positions where that is the way, else a page."""
    await take_in(request)
    lost = unsent(request, error)
    if lost is not None:
        return error_page(request, (await visitor_of(request)).frame, lost[0], action=lost[1])
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    official = request.url.path.startswith("/official")
    if isinstance(error, NotSignedIn) and request.method == "GET":
        portal = "/official" if official else ""
        if not request.url.path.endswith(("/signin", "/callback")):
            return RedirectResponse(f"{portal}/signin?next={quote(address)}", status_code=303)
    if isinstance(error, NoPosition):
        return RedirectResponse(f"/official/positions?next={quote(address)}", status_code=303)
    visitor = await visitor_of(request)
    cancelled = request.url.path == "/callback" and visitor.session is not None
    action = Action(CARRY_ON, "/my/data?later=1") if cancelled else None
    page = error_page(request, visitor.frame, error, action=action)
    page.headers.update(_retry_after(error))
    return page


async def _wrong_request(request: Request, error: Exception) -> Response:
    """What is wrong with a parameter, by its name; never the value back."""
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    places = [(fault_place(f), fault_words(f)) for f in faults[:FAULTS_TOLD]]
    zh = "；".join(f"{place}：{words.zh}" for place, words in places)
    en = "; ".join(f"{place}: {words.en}" for place, words in places)
    bad = BadInput(f"请求参数有误：{zh}", f"the request's parameters do not hold: {en}")
    return await _platform_error(request, bad)


def _methods(request: Request) -> str:
    """Every method that the address knows: two routes may share one (RFC 9110, 15.5.6)."""
    asked = {**request.scope, "method": "OPTIONS"}
    found = set[str]()
    for route in request.app.routes:
        matched, _ = route.matches(asked)
        if matched is not Match.NONE:
            found |= getattr(route, "methods", None) or set()
    return ", ".join(sorted(found))


async def _http_error(request: Request, error: Exception) -> Response:
    if isinstance(error.__cause__, PlatformError):  # FastAPI's word for a body it could not read
        return await _platform_error(request, error.__cause__)
    if isinstance(error.__cause__, RecursionError | ValueError):
        unread = BadInput("请求体不是可读的 JSON", "the request's body is no JSON that can be read")
        return await _platform_error(request, unread)
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 404:
        missing = NotFound("没有这个地址，请检查网址", "there is no page at this address: check it")
        return await _platform_error(request, missing)
    bad = BadInput(f"请求无法处理（{status}）", f"the request cannot be handled ({status})")
    bad.status = status
    answer = await _platform_error(request, bad)
    if isinstance(error, HTTPException):
        answer.headers.update(error.headers or {})
        if status == 405:
            answer.headers["Allow"] = _methods(request)
        add_head(request, answer)
    return answer


async def _fault(request: Request, _error: Exception) -> Response:
    """A fault in the program: the caller is given the request's number, nothing more."""
    number = REQUEST.get()
    answer = await _said(
        request,
        TerminalError(
            f"平台内部出错，编号 {number}，请告知管理员",
            f"the platform failed; tell its administrator the number {number}",
        ),
    )
    protect(request.scope, answer.headers)  # made outside of the middleware
    return answer
