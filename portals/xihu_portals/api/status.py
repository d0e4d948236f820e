"""Whether this process lives and can serve; nothing about any data."""

from fastapi import APIRouter, Request, Response

from xihu_portals.api.auth import services_of
from xihu_portals.api.errors import EVERYWHERE
from xihu_portals.api.schemas.status import Health

FAILING = 503
router = APIRouter(tags=["status"], responses=EVERYWHERE)


@router.get("/health", responses={FAILING: {"model": Health}})
async def health(request: Request, response: Response) -> Health:
    """Public: whether a real read, made every ten seconds beside all requests, came back.

    503 where it did not, or hangs, with the time of the last one that did.
    """
    # Not in the pool of threads that pages are made in: it must answer when that is full.
    reading = services_of(request).probe.reading()
    response.headers["Cache-Control"] = "no-store"
    if reading.state == "failing":
        response.status_code = FAILING
    at = reading.last_good_at
    return Health(status=reading.state, last_read_at=at and at.isoformat())
