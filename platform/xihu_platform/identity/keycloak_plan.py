"""The realm that Keycloak should have: user profile, sign-in flow, clients and demo people."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from xihu_platform.errors import BadInput, TerminalError
from xihu_platform.identity.client_secrets import development_secret, portal_secret
from xihu_platform.identity.portal import Portal, both_portals
from xihu_platform.identity.seeds import Content, PersonSeed, SystemSeed
from xihu_platform.settings import Settings

Representation = dict[str, Any]
"""One of Keycloak's JSON objects. Any: their fields are Keycloak's own, of every JSON type."""

REALM_FOLDER = Path(__file__).parents[3] / "deploy" / "keycloak"


@dataclass(frozen=True, slots=True)
class RealmPlan:
    realm: Representation
    profile: Representation
    flow: Representation
    clients: tuple[Representation, ...]
    """Each with its `protocolMappers`."""
    users: tuple[Representation, ...]
    """Demo people; none in production."""


def plan_realm(
    settings: Settings,
    content: Content,
    *,
    portals: tuple[Portal, ...] | None = None,
    folder: Path = REALM_FOLDER,
) -> RealmPlan:
    """The plan from the files in `deploy/keycloak`, the settings and the registry's content."""
    audience = settings.identity.audience
    clients = [
        _portal_client(portal, portal_secret(settings, portal.client_id), audience)
        for portal in portals or both_portals(settings)
    ]
    clients += [_system_client(settings, system, audience) for system in content.systems]
    if settings.identity.admin_secret:
        secret = settings.identity.admin_secret.get_secret_value()
        administrator = _machine(settings.identity.admin_client, "xihu identity apply", secret)
        # Its one role, realm-admin, has to reach its token.
        clients.append(administrator | {"fullScopeAllowed": True})
    development = settings.profile == "development"
    return RealmPlan(
        realm=_read(folder / "realm.json") | {"realm": realm_of(settings)[1]},
        profile=_read(folder / "user-profile.json"),
        flow=_read(folder / "browser-flow.json"),
        clients=tuple(clients),
        users=tuple(_user(settings, person) for person in content.people) if development else (),
    )


def realm_of(settings: Settings) -> tuple[str, str]:
    """Keycloak's address and the realm's name, out of the issuer's."""
    issuer = settings.identity.issuer or ""
    server, found, realm = issuer.partition("/realms/")
    if not found or not realm or "/" in realm:
        raise TerminalError(
            "请在 XIHU_IDENTITY__ISSUER 中给出 Keycloak 领域的地址，形如 https://主机/realms/xihu。",
            "Give the address of Keycloak's realm in XIHU_IDENTITY__ISSUER, "
            "such as https://host/realms/xihu.",
        )
    return server, realm


def _read(path: Path) -> Representation:
    try:
        return cast("Representation", json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise BadInput(
            f"无法读取 {path}：{error}。请给出 deploy/keycloak 文件夹。",
            f"{path} cannot be read: {error}. Point to the folder deploy/keycloak.",
        ) from error


def _portal_client(portal: Portal, secret: str, audience: str) -> Representation:
    return {
        "clientId": portal.client_id,
        "name": f"Xihu {portal.name} portal",
        "protocol": "openid-connect",
        "enabled": True,
        "publicClient": False,
        "clientAuthenticatorType": "client-secret",
        "secret": secret,
        "standardFlowEnabled": True,
        "implicitFlowEnabled": False,
        "directAccessGrantsEnabled": False,  # the Admin API switches it on by default
        "serviceAccountsEnabled": False,
        "fullScopeAllowed": False,  # likewise
        "frontchannelLogout": False,
        "consentRequired": False,
        "baseUrl": portal.home,
        "redirectUris": [portal.redirect_uri],
        "webOrigins": [],
        "attributes": {
            "pkce.code.challenge.method": "S256",
            "backchannel.logout.url": portal.backchannel_logout_uri,
            "backchannel.logout.session.required": "true",
            "post.logout.redirect.uris": portal.home,
            "minimum.acr.value": str(portal.level),
        },
        "protocolMappers": [
            _audience_mapper(audience),
            _attribute_mapper("xihu_person"),
            _attribute_mapper("xihu_level"),
        ],
    }


def _system_client(settings: Settings, system: SystemSeed, audience: str) -> Representation:
    # In production Keycloak makes the secret and the administrator hands it to the department.
    made_up = settings.profile == "development"
    secret = development_secret(settings, system.client_id) if made_up else None
    client = _machine(system.client_id, f"{system.name_zh} {system.name_en}", secret)
    return client | {"protocolMappers": [_audience_mapper(audience)]}


def _machine(client_id: str, name: str, secret: str | None) -> Representation:
    client: Representation = {
        "clientId": client_id,
        "name": name,
        "protocol": "openid-connect",
        "enabled": True,
        "publicClient": False,
        "clientAuthenticatorType": "client-secret",
        "standardFlowEnabled": False,
        "implicitFlowEnabled": False,
        "directAccessGrantsEnabled": False,
        "serviceAccountsEnabled": True,
        "fullScopeAllowed": False,
        "redirectUris": [],
        "webOrigins": [],
        "attributes": {},
        "protocolMappers": [],
    }
    return client | {"secret": secret} if secret else client


def _audience_mapper(audience: str) -> Representation:
    return {
        "name": "audience",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-audience-mapper",
        "consentRequired": False,
        "config": {
            "included.custom.audience": audience,
            "access.token.claim": "true",
            "id.token.claim": "false",
        },
    }


def _attribute_mapper(attribute: str) -> Representation:
    return {
        "name": attribute,
        "protocol": "openid-connect",
        "protocolMapper": "oidc-usermodel-attribute-mapper",
        "consentRequired": False,
        "config": {
            "user.attribute": attribute,
            "claim.name": attribute,
            "jsonType.label": "String",
            "access.token.claim": "true",
            "id.token.claim": "true",
            "userinfo.token.claim": "true",
        },
    }


def _user(settings: Settings, person: PersonSeed) -> Representation:
    """A demo person; password and code generator lie in data_dir/identity/development.json."""
    password = development_secret(settings, f"password of {person.username}")
    credentials: list[Representation] = [
        {"type": "password", "value": password, "temporary": False}
    ]
    if person.level == 3:
        secret = development_secret(settings, f"otp of {person.username}")
        kind = {"subType": "totp", "digits": 6, "counter": 0, "period": 30}
        credentials.append(
            {
                "type": "otp",
                "userLabel": "demo",
                "secretData": json.dumps({"value": secret}),
                "credentialData": json.dumps(kind | {"algorithm": "HmacSHA1"}),
            }
        )
    return {
        "username": person.username,
        "enabled": True,
        "firstName": person.name_zh,
        "attributes": {"xihu_person": [person.person], "xihu_level": [str(person.level)]},
        "credentials": credentials,
    }
