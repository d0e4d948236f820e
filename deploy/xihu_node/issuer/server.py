"""The OAuth core: Authlib's grants, made as strict as Keycloak's (PKCE S256 for all, rotation)."""

import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidRequestError, OAuth2Request
from authlib.oauth2.rfc6749 import grants as rfc6749
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from sqlalchemy.orm import Session

from xihu_node.issuer import storage
from xihu_node.issuer.clients import Client, find_client
from xihu_node.issuer.keys import SigningKeys
from xihu_node.issuer.storage import SignedIn
from xihu_platform.identity.models import PersonRow
from xihu_platform.identity.portal import Portal
from xihu_platform.settings import Settings

ACCESS_LIFE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Desk:
    """What one request to the issuer works with."""

    issuer: str
    settings: Settings
    portals: tuple[Portal, ...]
    keys: SigningKeys
    session: Session
    now: datetime


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: dict[str, Any] | str  # Any: whatever OAuth puts into its JSON
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class IssuerForm:
    """One request as Authlib wants it: parameters with all their values."""

    method: str
    headers: Mapping[str, str]
    pairs: tuple[tuple[str, str], ...]


class _Payload:
    def __init__(self, form: IssuerForm) -> None:
        self.datalist: defaultdict[str, list[str]] = defaultdict(list)
        for name, value in form.pairs:
            self.datalist[name].append(value)
        self.data = {name: values[0] for name, values in self.datalist.items()}
        for name in ("client_id", "response_type", "grant_type", "redirect_uri", "scope", "state"):
            setattr(self, name, self.data.get(name))


class _Request(OAuth2Request):  # type: ignore[misc]  # Authlib ships no types
    def __init__(self, form: IssuerForm, uri: str) -> None:
        super().__init__(form.method, uri, headers=form.headers)
        self.payload = _Payload(form)

    @property
    def form(self) -> dict[str, str]:
        data: dict[str, str] = self.payload.data
        return data


class S256Required(CodeChallenge):  # type: ignore[misc]  # Authlib ships no types
    """Authlib binds public clients only, and takes `plain`; here every client uses S256."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        data = grant.request.payload.data
        if not data.get("code_challenge") or data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE is required: code_challenge with S256.")
        super().validate_code_challenge(grant, redirect_uri)


class _IdToken:
    """Adds the ID token, on a refresh too, with the acr and auth_time of the sign-in itself."""

    def __call__(self, grant: Any) -> None:
        grant.register_hook("after_create_token_response", self._add)

    def _add(self, grant: Any, response: tuple[int, dict[str, object], object]) -> None:
        token = response[1]
        if "openid" in str(token.get("scope", "")).split():
            token["id_token"] = grant.server.id_token(grant.request.user, grant.client)


class _CodeGrant(rfc6749.AuthorizationCodeGrant):  # type: ignore[misc]  # no types
    server: "IssuerServer"

    def save_authorization_code(self, code: str, request: Any) -> None:
        desk, data = self.server.desk, request.payload.data
        storage.save_code(
            desk.session,
            code,
            request.user,
            desk.now,
            client_id=request.client.client_id,
            redirect_uri=self.redirect_uri,
            scope=request.scope,
            nonce=data.get("nonce"),
            code_challenge=data["code_challenge"],
        )

    def query_authorization_code(self, code: str, client: Client) -> SignedIn | None:
        desk = self.server.desk
        return storage.spend_code(desk.session, code, client.client_id, desk.now)

    def delete_authorization_code(self, authorization_code: SignedIn) -> None:
        """Spent already, by the UPDATE that found it."""

    def authenticate_user(self, authorization_code: SignedIn) -> SignedIn:
        return authorization_code


class _RefreshGrant(rfc6749.RefreshTokenGrant):  # type: ignore[misc]  # no types
    server: "IssuerServer"
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> SignedIn | None:
        desk = self.server.desk
        return storage.spend_refresh(
            desk.session, refresh_token, self.request.client.client_id, desk.now
        )

    def authenticate_user(self, credential: SignedIn) -> SignedIn:
        return credential

    def revoke_old_credential(self, credential: SignedIn) -> None:
        """Spent already, by the UPDATE that found it."""


class _MachineGrant(rfc6749.ClientCredentialsGrant):  # type: ignore[misc]  # no types
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]


class IssuerServer(AuthorizationServer):  # type: ignore[misc]  # Authlib ships no types
    """Authlib's server for one request, within one transaction."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.register_token_generator(
            "default",
            BearerTokenGenerator(
                self._access_token, self._refresh_token, int(ACCESS_LIFE.total_seconds())
            ),
        )
        self.register_grant(_CodeGrant, [S256Required(required=True), _IdToken()])
        self.register_grant(_RefreshGrant, [_IdToken()])
        self.register_grant(_MachineGrant)

    def query_client(self, client_id: str) -> Client | None:
        return find_client(self.desk.session, self.desk.settings, self.desk.portals, client_id)

    def create_oauth2_request(self, request: Any) -> Any:
        # The address comes from the settings: the Host header is the caller's to choose.
        return request if isinstance(request, _Request) else _Request(request, self.desk.issuer)

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Reply:
        return Reply(status, body if isinstance(body, dict | str) else dict(body), dict(headers))

    def save_token(self, token: dict[str, object], request: Any) -> None:
        """Access tokens are not stored; the refresh token is, when it is made."""

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def id_token(self, user: SignedIn, client: Client) -> str:
        claims = self._base("ID", client.client_id) | self._person_claims(user)
        if user.nonce:
            claims["nonce"] = user.nonce
        return self.desk.keys.sign(claims)

    def _access_token(
        self, client: Client, grant_type: str, user: SignedIn | None, scope: str
    ) -> str:
        claims = self._base("Bearer", client.client_id)
        claims |= {"aud": [self.desk.settings.identity.audience], "scope": scope}
        if user:
            claims |= self._person_claims(user)
        else:
            claims |= {"sub": client.client_id, "client_id": client.client_id}
        return self.desk.keys.sign(claims)

    def _refresh_token(
        self, client: Client, grant_type: str, user: SignedIn | None, scope: str
    ) -> str:
        assert user is not None  # Authlib asks for none with client credentials
        return storage.save_refresh(self.desk.session, user, scope, self.desk.now)

    def _base(self, typ: str, client_id: str) -> dict[str, object]:
        now = int(self.desk.now.timestamp())
        return {
            "iss": self.desk.issuer,
            "aud": client_id,
            "azp": client_id,
            "typ": typ,
            "iat": now,
            "exp": now + int(ACCESS_LIFE.total_seconds()),
            "jti": str(uuid.uuid4()),
        }

    def _person_claims(self, user: SignedIn) -> dict[str, object]:
        return {
            "sid": user.sid,
            "auth_time": int(user.auth_time.timestamp()),
            "acr": str(user.acr),
            **person_claims(user.person),
        }


def person_claims(person: PersonRow) -> dict[str, object]:
    """Who a person is, as tokens and userinfo say it."""
    return {
        "sub": person.person,
        "preferred_username": person.username,
        "name": person.name_zh,
        "xihu_person": person.person,
        "xihu_level": str(person.level),
    }
