"""The clients the embedded issuer knows: both portals and the departments' systems."""

import hmac
from dataclasses import dataclass

from sqlalchemy.orm import Session

from xihu_platform.identity.client_secrets import development_secret, portal_secret
from xihu_platform.identity.models import SystemRow
from xihu_platform.identity.portal import Portal
from xihu_platform.settings import Settings

SCOPES = ("openid", "profile")


@dataclass(frozen=True, slots=True)
class Client:
    """A client as Authlib asks for it."""

    client_id: str
    secret: str
    grants: frozenset[str]
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str = ""

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        return None  # a client names its redirect URI each time

    def get_allowed_scope(self, scope: str | None) -> str:
        return " ".join(name for name in SCOPES if name in (scope or "").split())

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return hmac.compare_digest(self.secret.encode(), client_secret.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in ("client_secret_basic", "client_secret_post")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and "authorization_code" in self.grants

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.grants


def find_client(
    session: Session, settings: Settings, portals: tuple[Portal, ...], client_id: str
) -> Client | None:
    for portal in portals:
        if portal.client_id == client_id:
            return Client(
                client_id=client_id,
                secret=portal_secret(settings, client_id),
                grants=frozenset({"authorization_code", "refresh_token"}),
                redirect_uris=(portal.redirect_uri,),
                post_logout_redirect_uris=(portal.home,),
                backchannel_logout_uri=portal.backchannel_logout_uri,
            )
    if session.get(SystemRow, client_id) is None:
        return None
    return Client(
        client_id=client_id,
        secret=development_secret(settings, client_id),
        grants=frozenset({"client_credentials"}),
    )
