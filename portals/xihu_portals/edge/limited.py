"""Which limit a request counts against: by what it asks for, of the person or of the address."""

from fastapi import Request

from xihu_platform.access.limits import Limited
from xihu_platform.identity.address import caller_of
from xihu_platform.identity.portal import BACKCHANNEL_PATH
from xihu_platform.identity.principal import ANONYMOUS, Principal
from xihu_portals.services import Services

READS = frozenset({"GET", "HEAD", "OPTIONS"})
SIGN_IN = ("/signin", "/callback", "/openid-connect/auth")
"""Ends of the addresses that a browser passes in signing in, and where a password is guessed."""
UPLOADS = ("/api/v1/ingest/", "/official/loads/")

PROGRAMS = ("/realms/", BACKCHANNEL_PATH)


def spend(request: Request, principal: Principal) -> None:
    """Counts the request. Raises TooMany."""
    services: Services = request.app.state.services
    for what in limits_of(request.method, request.url.path):
        services.gateway.limits.spend(what, caller_of(principal))


def limits_of(method: str, path: str) -> tuple[Limited, ...]:
    """
    >>> limits_of("GET", "/datasets/a/download.xlsx")
    ('streams', 'excel')
    >>> limits_of("GET", "/datasets/a"), limits_of("POST", "/mandate")
    ((), ('writes',))
    """
    if path.endswith(SIGN_IN):
        return ("signins",)
    if method not in READS:
        return ("uploads",) if path.startswith(UPLOADS) else ("writes",)
    if "/download." not in path and "/quarantined." not in path:
        return ()
    return ("streams", "excel") if path.endswith(".xlsx") else ("streams",)


async def limited_by_address(request: Request) -> None:
    """For routes that ask nobody who they are. Those that programs call for many people, the
    portals and the issuer each other, are left out: what they bring is signed or secret."""
    path = request.url.path
    if path.endswith(SIGN_IN) or not path.startswith(PROGRAMS):
        spend(request, ANONYMOUS)
