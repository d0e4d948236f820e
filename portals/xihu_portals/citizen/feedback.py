"""这页有用吗: an answer to a page, counted without a person."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.routing import Match

from xihu_catalog.quality.feedback import (
    ANSWERS,
    FeedbackAnswer,
    count_answer,
)
from xihu_catalog.registry.codes import divisions
from xihu_platform.clock import civil_date
from xihu_platform.errors import BadInput
from xihu_platform.local_paths import safe_path
from xihu_portals.pages.visitor import CitizenVisitor
from xihu_portals.services import Services

THANKS = "#thanks"
"""The note that the address of the answer shows; it needs no script."""
router = APIRouter()


def page_of(request: Request, services: Services, address: str) -> str:
    """The page of a local address, as it is counted. Raises BadInput for one that is none.

    A dataset, a metric and a place stand in it by their code where there is such a one. Whatever
    else an address holds is somebody's own: the page of a load is that of any load.
    """
    path = safe_path(address).partition("?")[0].partition("#")[0]
    scope = {"type": "http", "method": "GET", "path": path, "root_path": ""}
    for route in request.app.routes:
        found, shown = route.matches(scope)
        if found is Match.FULL and _is_page(shown):
            values = {name: str(value) for name, value in shown["path_params"].items()}
            if all(_is_known(services, name, value) for name, value in values.items()):
                return path if values.keys() <= NAMED else str(route.path)
    raise BadInput("没有这个页面，意见没有记下", "there is no such page: nothing was counted")


NAMED = {"dataset", "metric", "code"}


def _is_page(shown: Mapping[str, object]) -> bool:
    """Of either portal, and no file."""
    endpoint = shown["endpoint"]
    module = str(getattr(endpoint, "__module__", ""))
    is_ours = module.startswith(("xihu_portals.citizen.", "xihu_portals.official."))
    return is_ours and getattr(endpoint, "__name__", "") in {"page", "site"}


def _is_known(services: Services, name: str, value: str) -> bool:
    if name == "dataset":
        return services.catalogue.contracts.find(value) is not None
    if name == "metric":
        return value in services.metrics
    return value in divisions() if name == "code" else True


@router.get("/feedback")
def form(visitor: CitizenVisitor) -> RedirectResponse:
    """The address of a refused answer, asked again or in the other language."""
    del visitor
    return RedirectResponse("/", status_code=303)


@router.post("/feedback")
def answer(
    request: Request,
    visitor: CitizenVisitor,
    given: Annotated[str, Form(alias="answer", max_length=12)],
    next_path: Annotated[str, Form(alias="next", max_length=2000)] = "/",
) -> RedirectResponse:
    """Count an answer and go back. It says nothing of anybody, so it takes no token."""
    known: dict[str, FeedbackAnswer] = {one: one for one in ANSWERS}
    if given not in known:
        raise BadInput(
            f"意见“{given}”不在可选之列：{'、'.join(ANSWERS)}",
            f"“{given}” is none of the answers: {', '.join(ANSWERS)}",
        )
    services = visitor.services
    page = page_of(request, services, next_path)
    count_answer(services.node.database, page, civil_date(services.node.clock()), known[given])
    return RedirectResponse(safe_path(next_path).partition("#")[0] + THANKS, status_code=303)
