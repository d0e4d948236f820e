"""The page of the API documentation, and the document behind it: served from here alone."""

from dataclasses import dataclass

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool

from xihu_platform.words import Text
from xihu_portals.api.auth import services_of
from xihu_portals.api.openapi import EXAMPLES, document
from xihu_portals.pages.visitor import visitor_of
from xihu_portals.web.frame import PageFrame
from xihu_portals.web.preferences import preferences
from xihu_portals.web.render import render

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class ShownExample:
    """A worked example as a line to copy and run."""

    id: str
    title: Text
    curl: str


@dataclass(frozen=True, slots=True)
class Docs:
    frame: PageFrame
    examples: tuple[ShownExample, ...]


@router.get("/api/docs")
async def docs(request: Request) -> HTMLResponse:
    visitor = await visitor_of(request)
    base = services_of(request).node.settings.base_url
    examples = tuple(
        ShownExample(f"example-{number}", one.title, f"curl '{base}{one.path}'")
        for number, one in enumerate(EXAMPLES, 1)
    )
    return await run_in_threadpool(render, request, "docs.html", Docs(visitor.frame, examples))


@router.get("/api/openapi.json")
def openapi(request: Request) -> Response:
    """The OpenAPI document in the reader's language, `?lang=zh` or `?lang=en`."""
    body = document(request.app, preferences(request).language)
    return Response(orjson.dumps(body), media_type="application/json")
