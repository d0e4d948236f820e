"""Brings a Keycloak to the plan, object by object: the second run finds nothing to change."""

from dataclasses import dataclass
from typing import Literal

from keycloak.exceptions import KeycloakConnectionError, KeycloakError, KeycloakGetError

from keycloak import KeycloakAdmin
from xihu_platform.errors import PlatformError, TerminalError, TransientError
from xihu_platform.identity.keycloak_flow import ensure_flow
from xihu_platform.identity.keycloak_plan import RealmPlan, Representation, realm_of
from xihu_platform.settings import Settings

MANAGEMENT_CLIENT = "realm-management"
ENROLMENT_ACTION = "CONFIGURE_TOTP"


@dataclass(frozen=True, slots=True)
class RealmChange:
    """One thing that was made or put right."""

    kind: Literal["realm", "profile", "action", "flow", "client", "mapper", "role", "user"]
    name: str
    fields: tuple[str, ...]
    """What differed; empty where the object was new."""

    def __str__(self) -> str:
        what = f"changed {', '.join(self.fields)}" if self.fields else "created"
        return f"{self.kind} {self.name}: {what}"


def apply(settings: Settings, plan: RealmPlan) -> list[RealmChange]:
    """Apply the plan; returns what was changed, nothing when all was as planned."""
    realm = realm_of(settings)[1]
    try:
        admin = _connect(settings)
        changes = _realm(admin, realm, plan.realm)
        admin.change_current_realm(realm)
        changes += _profile(admin, plan.profile)
        changes += _enrolment_off(admin)
        changes += [
            RealmChange("flow", str(plan.flow["alias"]), (field,))
            for field in ensure_flow(admin, realm, plan.flow)
        ]
        for client in plan.clients:
            changes += _client(admin, client)
        if settings.identity.admin_secret:
            changes += _administrator(admin, settings.identity.admin_client)
        for user in plan.users:
            changes += _user(admin, user)
    except KeycloakError as error:
        raise _said(settings, error) from error
    return changes


def _connect(settings: Settings) -> KeycloakAdmin:
    """As the bootstrap administrator where one is given (only it can create the realm), else as
    the realm's own client for this."""
    server, realm = realm_of(settings)
    identity = settings.identity
    if identity.admin_user and identity.admin_password:
        return KeycloakAdmin(
            server_url=server,
            username=identity.admin_user,
            password=identity.admin_password.get_secret_value(),
            realm_name="master",
            user_realm_name="master",
        )
    if identity.admin_secret:
        return KeycloakAdmin(
            server_url=server,
            client_id=identity.admin_client,
            client_secret_key=identity.admin_secret.get_secret_value(),
            realm_name=realm,
            user_realm_name=realm,
        )
    raise TerminalError(
        "请给出 XIHU_IDENTITY__ADMIN_SECRET；首次运行则给出 XIHU_IDENTITY__ADMIN_USER 和 "
        "XIHU_IDENTITY__ADMIN_PASSWORD。",
        "Give XIHU_IDENTITY__ADMIN_SECRET, or for the first run XIHU_IDENTITY__ADMIN_USER and "
        "XIHU_IDENTITY__ADMIN_PASSWORD.",
    )


def _said(settings: Settings, error: KeycloakError) -> PlatformError:
    server = realm_of(settings)[0]
    code = error.response_code or 0
    if isinstance(error, KeycloakConnectionError) or code >= 500:
        return TransientError(
            f"Keycloak（{server}）无法访问或出错：{error}。请确认它已启动，然后重新运行。",
            f"Keycloak at {server} cannot be reached or failed: {error}. "
            "Make sure that it runs, then run this again.",
        )
    return TerminalError(
        f"Keycloak（{server}）拒绝了请求：{error}。请检查管理账号和 deploy/keycloak 中的文件。",
        f"Keycloak at {server} refused: {error}. "
        "Check the administrator's account and the files in deploy/keycloak.",
    )


def _realm(admin: KeycloakAdmin, realm: str, wanted: Representation) -> list[RealmChange]:
    try:
        found = admin.get_realm(realm)
    except KeycloakGetError as error:
        if error.response_code != 404:
            raise
        admin.create_realm(wanted)
        # The new realm's roles are not in the token at hand.
        admin.connection.refresh_token()
        return [RealmChange("realm", realm, ())]
    fields = differing(wanted, found)
    if not fields:
        return []
    # A PUT replaces all attributes: hand back those that are not ours.
    attributes = found.get("attributes", {}) | wanted.get("attributes", {})
    admin.update_realm(realm, wanted | {"attributes": attributes})
    return [RealmChange("realm", realm, fields)]


def _profile(admin: KeycloakAdmin, wanted: Representation) -> list[RealmChange]:
    """Attributes that are not declared vanish silently; only administrators edit ours."""
    found = admin.get_realm_users_profile()
    known = {attribute["name"]: attribute for attribute in found["attributes"]}
    wrong = [
        attribute["name"]
        for attribute in wanted["attributes"]
        if attribute["name"] not in known or _declared(known[attribute["name"]], attribute)
    ]
    if not wrong:
        return []
    known |= {attribute["name"]: attribute for attribute in wanted["attributes"]}
    admin.update_realm_users_profile(found | {"attributes": list(known.values())})
    return [RealmChange("profile", "attributes", tuple(wrong))]


def _declared(found: Representation, wanted: Representation) -> bool:
    """Whether a declaration differs; a requirement that the plan leaves out must be absent."""
    return bool(differing(wanted, found)) or ("required" in found and "required" not in wanted)


def _enrolment_off(admin: KeycloakAdmin) -> list[RealmChange]:
    """Whoever asks for level 3 without a code generator would enrol one after the password alone,
    and then hold level 3. Enrolment is a step of its own."""
    found = admin.get_required_action_by_alias(ENROLMENT_ACTION)
    if found is None or not (found["enabled"] or found["defaultAction"]):
        return []
    admin.update_required_action(
        ENROLMENT_ACTION, found | {"enabled": False, "defaultAction": False}
    )
    return [RealmChange("action", ENROLMENT_ACTION, ("enabled",))]


def _client(admin: KeycloakAdmin, planned: Representation) -> list[RealmChange]:
    wanted = {name: value for name, value in planned.items() if name != "protocolMappers"}
    name = str(wanted["clientId"])
    id_ = admin.get_client_id(name)
    if id_ is None:
        admin.create_client(planned)
        return [RealmChange("client", name, ())]
    found = admin.get_client(id_)
    changes = []
    if fields := differing(wanted, found):
        attributes = found.get("attributes", {}) | wanted["attributes"]
        admin.update_client(id_, found | wanted | {"attributes": attributes})
        changes.append(RealmChange("client", name, fields))
    known = {mapper["name"]: mapper for mapper in found.get("protocolMappers", [])}
    for mapper in planned["protocolMappers"]:
        changes += _mapper(admin, id_, name, mapper, known.get(mapper["name"]))
    return changes


def _mapper(
    admin: KeycloakAdmin,
    client_id: str,
    client: str,
    wanted: Representation,
    found: Representation | None,
) -> list[RealmChange]:
    name = f"{client}/{wanted['name']}"
    if found is None:
        admin.add_mapper_to_client(client_id, wanted)
        return [RealmChange("mapper", name, ())]
    fields = differing(wanted, found)
    if fields:
        admin.update_client_mapper(client_id, found["id"], found | wanted)
        return [RealmChange("mapper", name, fields)]
    return []


def _administrator(admin: KeycloakAdmin, client: str) -> list[RealmChange]:
    """The client of `xihu identity apply` administers this realm and no other."""
    id_ = str(admin.get_client_id(client))
    management = str(admin.get_client_id(MANAGEMENT_CLIENT))
    user = admin.get_client_service_account_user(id_)["id"]
    held = {role["name"] for role in admin.get_client_roles_of_user(user, management)}
    changes = []
    if "realm-admin" not in held:
        role = admin.get_client_role(management, "realm-admin")
        admin.assign_client_role(user, management, [role])
        changes.append(RealmChange("role", f"{client}/realm-admin", ()))
    return changes


def _user(admin: KeycloakAdmin, planned: Representation) -> list[RealmChange]:
    name = str(planned["username"])
    matches = admin.get_users({"username": name, "exact": True})
    if not matches:
        admin.create_user(planned)
        return [RealmChange("user", name, ())]
    wanted = {key: value for key, value in planned.items() if key != "credentials"}
    found = admin.get_user(matches[0]["id"])
    fields = differing(wanted, found)
    if not fields:
        return []
    # A PUT with the attributes alone would wipe name and e-mail.
    attributes = found.get("attributes", {}) | wanted["attributes"]
    admin.update_user(found["id"], found | wanted | {"attributes": attributes})
    admin.user_logout(found["id"])  # else the old level lives on in open sessions
    return [RealmChange("user", name, fields)]


def differing(wanted: Representation, found: Representation) -> tuple[str, ...]:
    """Fields of `wanted` that `found` lacks or holds otherwise; what else it holds is left alone.

    >>> differing({"a": 1, "b": {"c": [1, 2]}}, {"a": 1, "b": {"c": [2, 1], "d": 4}, "e": 5})
    ()
    >>> differing({"a": 1, "b": {"c": "x"}}, {"a": 2, "b": {"c": "y"}})
    ('a', 'b.c')
    """
    fields: list[str] = []
    for name, value in wanted.items():
        other = found.get(name)
        if isinstance(value, dict):
            inner = other if isinstance(other, dict) else {}
            fields += [f"{name}.{field}" for field in differing(value, inner)]
        elif _plain(value) != _plain(other):
            fields.append(name)
    return tuple(fields)


def _plain(value: object) -> object:
    """Keycloak returns lists in an order of its own, and empty ones as nothing."""
    if isinstance(value, list):
        return sorted(map(str, value))
    return [] if value is None else value
