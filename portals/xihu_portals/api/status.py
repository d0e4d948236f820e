"""Whether this process lives and can serve; nothing about any data."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from xihu_portals.api.auth import services_of

router = APIRouter(tags=["status"])


@router.get("/health")
async def health(request: Request) -> JSONResponse:
    """Public: whether a real read, made every ten seconds beside all requests, came back.

    503 where it did not, or hangs, with the time of the last one that did.
    """
    # Not in the pool of threads that pages are made in: it must answer when that is full.
    reading = services_of(request).probe.reading()
    body = {
        "status": reading.state,
        "last_read_at": reading.last_good_at and reading.last_good_at.isoformat(),
    }
    status = 503 if reading.state == "failing" else 200
    return JSONResponse(body, status_code=status, headers={"Cache-Control": "no-store"})
