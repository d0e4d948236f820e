"""Which limit a request counts against: by what it asks for, of the person or of the address."""

from fastapi import Request

from xihu_platform.access.limits import Limited
from xihu_platform.identity.address import caller_of
from xihu_platform.identity.portal import BACKCHANNEL_PATH
from xihu_platform.identity.principal import ANONYMOUS, Principal
from xihu_portals.edge.body import FILE_BODIES, FILE_FORMS
from xihu_portals.services import Services

READS = frozenset({"GET", "HEAD", "OPTIONS"})
SIGN_IN = frozenset({"/signin", "/callback", "/official/signin", "/official/callback"})
"""Addresses of ours that a browser passes in signing in; the issuer has another."""

CHECK = "/verify"
"""Where a licence is looked up by a number that can be guessed."""
INGEST = "/api/v1/ingest/"
CKAN = ("/api/3/", "/api/action/")
"""Its clients read with POST; its actions that write count themselves."""
PROGRAMS = ("/realms/", BACKCHANNEL_PATH)


def signs_in(path: str) -> bool:
    """Whether a browser passes it in signing in, or a password is guessed there.

    >>> signs_in("/official/signin"), signs_in("/realms/xihu/protocol/openid-connect/auth")
    (True, True)
    >>> signs_in("/datasets/signin"), signs_in("/realms/xihu/protocol/openid-connect/token")
    (False, False)
    """
    return path in SIGN_IN or (path.startswith("/realms/") and path.endswith("/auth"))


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
    >>> limits_of("POST", "/verify"), limits_of("GET", "/verify")
    (('checks',), ())
    >>> limits_of("POST", "/api/3/action/package_show")
    ()
    """
    if path.startswith(CKAN):
        return ()
    if signs_in(path):
        return ("signins",)
    if method not in READS:
        if path == CHECK:
            return ("checks",)
        file = path.startswith(INGEST) or FILE_FORMS.match(path) or FILE_BODIES.match(path)
        return ("uploads",) if file else ("writes",)
    if "/download." not in path and "/quarantined." not in path:
        return ()
    return ("streams", "excel") if path.endswith(".xlsx") else ("streams",)


async def limited_by_address(request: Request) -> None:
    """For routes that ask nobody who they are. Those that programs call for many people, the
    portals and the issuer each other, are left out: what they bring is signed or secret."""
    path = request.url.path
    if signs_in(path) or not path.startswith(PROGRAMS):
        spend(request, ANONYMOUS)
