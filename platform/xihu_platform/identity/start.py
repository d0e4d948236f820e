"""Puts identity together for a serving process: verifier, portals' clients, routers."""

from dataclasses import dataclass
from typing import Protocol

import httpx
from fastapi import APIRouter, FastAPI
from sqlalchemy import Engine

from xihu_platform.clock import Clock
from xihu_platform.identity.backchannel import LogoutReceiver
from xihu_platform.identity.client import PortalClient
from xihu_platform.identity.client_secrets import portal_secret
from xihu_platform.identity.jwks import fetch_with
from xihu_platform.identity.portal import Portal, both_portals, issuer_of
from xihu_platform.identity.routes import signin_router
from xihu_platform.identity.tokens import TokenVerifier
from xihu_platform.settings import Settings

TIMEOUT_S = 8.0  # below sessions.REFRESH_LEASE


class IssuerRouter(Protocol):
    """Makes the routes of the embedded issuer, which is for development alone."""

    def __call__(
        self,
        *,
        settings: Settings,
        engine: Engine,
        clock: Clock,
        http: httpx.AsyncClient,
        portals: tuple[Portal, ...],
    ) -> APIRouter: ...


@dataclass(frozen=True, slots=True)
class Identity:
    """What a serving process needs of identity. Include each router; close `http` at the end."""

    verifier: TokenVerifier
    clients: dict[str, PortalClient]
    """By the portal's name."""
    routers: tuple[APIRouter, ...]
    http: httpx.AsyncClient


def start_identity(
    settings: Settings,
    *,
    engine: Engine,
    clock: Clock,
    portals: tuple[Portal, ...] | None = None,
    issuer: IssuerRouter,
) -> Identity:
    """With `identity.issuer` in the settings Keycloak is spoken to; without, the embedded issuer
    that `issuer` makes is among the routers, and is spoken to within the process."""
    portals = portals or both_portals(settings)
    embedded = settings.identity.issuer is None
    inner = FastAPI(openapi_url=None)
    # With a transport of its own httpx neither opens sockets nor loads a TLS context.
    http = (
        httpx.AsyncClient(transport=httpx.ASGITransport(inner), timeout=TIMEOUT_S)
        if embedded
        else httpx.AsyncClient(timeout=TIMEOUT_S)
    )
    verifier = TokenVerifier(
        issuer=issuer_of(settings),
        audience=settings.identity.audience,
        portals={portal.client_id: portal.name for portal in portals},
        clock=clock,
        fetch=fetch_with(http),
    )
    clients: dict[str, PortalClient] = {
        portal.name: PortalClient(
            portal,
            secret=portal_secret(settings, portal.client_id),
            verifier=verifier,
            engine=engine,
            clock=clock,
            http=http,
        )
        for portal in portals
    }
    receiver = LogoutReceiver(portals, verifier=verifier, engine=engine, clock=clock)
    routers = [signin_router(clients, receiver)]
    if embedded:
        routers.append(
            issuer(settings=settings, engine=engine, clock=clock, http=http, portals=portals)
        )
    for router in routers:
        inner.include_router(router)
    return Identity(verifier, clients, tuple(routers), http)
