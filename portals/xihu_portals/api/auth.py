"""Who is calling the API, as a type in each route's signature.

A route takes one of four: `Caller` (anyone; with a token, whoever it stands for), `SignedIn`
(a person or a system), `Auditor` or `InOffice` (a position at work, or a department's system). A
route with none of them is public and must stand on the short list of the test that walks the
routes.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from fastapi import Depends, Header, Query, Request
from fastapi.dependencies.models import Dependant
from pydantic import JsonValue
from starlette.concurrency import run_in_threadpool

from xihu_platform.access.offices import (
    AUDIT,
    MATTERS,
    audit_refusal,
    check,
    matters_refusal,
)
from xihu_platform.access.policy import Purpose
from xihu_platform.access.reasons import SIGN_IN
from xihu_platform.errors import BadInput, NotSignedIn
from xihu_platform.identity.principal import ANONYMOUS, Principal
from xihu_platform.identity.tokens import Claims
from xihu_platform.visible import hidden_characters
from xihu_portals.api.ckan.addresses import is_ckan
from xihu_portals.edge.limited import spend
from xihu_portals.services import Services


def services_of(request: Request) -> Services:
    """As whoever calls knows them, once it is known who calls."""
    services: Services = getattr(request.state, "services", request.app.state.services)
    return services


def know_as(request: Request, principal: Principal) -> Services:
    """From here on the request's services show what is published to its caller."""
    services: Services = request.app.state.services
    request.state.services = services.known_to(principal)
    return services_of(request)


async def _caller(
    request: Request,
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
    x_xihu_position: Annotated[
        str | None, Header(description="Position to act in, for an official")
    ] = None,
    x_xihu_mandate: Annotated[
        str | None, Header(description="Whom to act for: firm:<USCC>, child:<key>, elder:<key>")
    ] = None,
) -> Principal:
    caller = await principal_of(request)
    if services_of(request).gateway.policy_version.is_local:
        know_as(request, caller)
    else:
        await run_in_threadpool(know_as, request, caller)
    spend(request, caller)
    return caller


async def principal_of(request: Request) -> Principal:
    """Whom the request's headers show. Raises NotSignedIn, or NotFound for what is not held."""
    said = await claims_of(request)
    if said is None:
        return ANONYMOUS
    services = services_of(request)
    version = services.gateway.policy_version
    if version.is_local:
        known = services.principals.find(*said, version.read())
        if known is not None:
            return known
    return await run_in_threadpool(services.principals.get, *said)


async def claims_of(request: Request) -> tuple[Claims, str | None, str | None] | None:
    """Verified claims, the position and the mandate that the headers name. Raises NotSignedIn."""
    headers = request.headers
    authorization = _authorization(request)
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotSignedIn(
            "Authorization 请求头应为 Bearer 加访问令牌",
            "the Authorization header must read Bearer and an access token",
        )
    claims = await services_of(request).identity.verifier.verify(token.strip())
    # Clients of version 0.1 send the former name: not to hear it would answer about another person.
    mandate = headers.get("x-xihu-mandate") or headers.get("x-xihu-behalf")
    return claims, headers.get("x-xihu-position"), mandate


def _authorization(request: Request) -> str | None:
    """The header; CKAN's clients send a token alone, and in a header of its own too."""
    said = request.headers.get("authorization")
    if not is_ckan(request.url.path):
        return said
    token = said or request.headers.get("x-ckan-api-key")
    return f"Bearer {token}" if token and " " not in token.strip() else token


Caller = Annotated[Principal, Depends(_caller)]


def _signed_in(caller: Caller) -> Principal:
    if caller.kind == "anonymous":
        raise NotSignedIn(SIGN_IN.text.zh, SIGN_IN.text.en)
    return caller


SignedIn = Annotated[Principal, Depends(_signed_in)]


def _auditor(request: Request, caller: SignedIn) -> Principal:
    gateway = services_of(request).gateway
    check(gateway, caller, AUDIT, audit_refusal(caller, gateway.clock()))
    return caller


Auditor = Annotated[Principal, Depends(_auditor)]


def _in_office(request: Request, caller: SignedIn) -> Principal:
    gateway = services_of(request).gateway
    check(gateway, caller, MATTERS, matters_refusal(caller, gateway.clock()))
    return caller


InOffice = Annotated[Principal, Depends(_in_office)]


def may_be_anonymous(dependant: Dependant) -> bool | None:
    """Whether a route answers without a token too; None where it asks for none."""
    calls = set(_calls(dependant))
    return _signed_in not in calls if _caller in calls else None


def _calls(dependant: Dependant) -> Iterator[object]:
    for below in dependant.dependencies:
        yield below.call
        yield from _calls(below)


NO_CONTROLS: dict[str, JsonValue] = {"pattern": r"^[^\x00-\x1f\x7f-\x9f]*$"}
"""Most of what `purpose_for` checks, in the expressions that every client of OpenAPI knows."""
StatedCode = Literal["open", "own", "duty", "case"]
"""What a caller can state; a pipeline's own reads are stated by no caller."""


def _purpose(
    caller: Caller,
    purpose: Annotated[
        StatedCode | None,
        Query(description="open, own, duty or case; what fits the caller if absent"),
    ] = None,
    case: Annotated[
        str | None,
        Query(
            max_length=64,
            description="Number of a ground (业务事由), for purpose=case",
            json_schema_extra=NO_CONTROLS,
        ),
    ] = None,
    subject: Annotated[
        int | None,
        Query(ge=1, le=10_000, description="Which of the ground's subjects, by number"),
    ] = None,
    why: Annotated[
        str,
        Query(max_length=200, description="The purpose in words", json_schema_extra=NO_CONTROLS),
    ] = "",
) -> Purpose:
    return purpose_for(caller, purpose, case, why, subject)


def purpose_for(
    caller: Principal,
    code: StatedCode | None,
    case: str | None = None,
    why: str = "",
    subject: int | None = None,
) -> Purpose:
    """What was stated, or what fits the caller: the number of a ground makes it a case.

    Raises BadInput for control characters: they would blur what the log says.
    """
    case = (case or "").strip() or None
    said = f"{case or ''}{why}"
    if hidden_characters(said) or "\n" in said or "\t" in said:
        raise BadInput(
            "业务事由编号和用途说明（case、why）不得含有控制字符或看不见的字符，请删去后重试",
            "case and why must not hold control or invisible characters: remove them and ask again",
        )
    usual: StatedCode = "duty" if caller.kind in {"official", "system"} else "open"
    return Purpose(code or ("case" if case else usual), case, why, subject)


StatedPurpose = Annotated[Purpose, Depends(_purpose)]
