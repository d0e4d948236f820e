"""The page of the API documentation: everything it loads is served from here."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from xihu_portals.web.frame import Frame
from xihu_portals.web.render import render
from xihu_portals.web.visitor import visitor_of

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Docs:
    frame: Frame


@router.get("/api/docs")
async def docs(request: Request) -> HTMLResponse:
    visitor = await visitor_of(request)
    return await run_in_threadpool(render, request, "docs.html", Docs(visitor.frame))
