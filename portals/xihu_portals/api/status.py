"""Whether this process lives and can serve; nothing about any data."""

from typing import Any

from fastapi import APIRouter, Request

from xihu_portals.api.auth import services_of

router = APIRouter(tags=["status"])


@router.get("/health")
def health(request: Request) -> dict[str, Any]:  # Any: a JSON object
    """Public: alive, and the log can be written."""
    services = services_of(request)
    return {"status": "ok", "datasets": len(services.catalogue.contracts())}
