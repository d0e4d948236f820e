"""Builds the sign-in flow in Keycloak under a name that says what is in it, then switches to it."""

import hashlib
import json

from keycloak import KeycloakAdmin
from xihu_platform.identity.keycloak_plan import Representation


def flow_alias(flow: Representation) -> str:
    """The flow's name with a digest of its content: a changed flow is a new flow."""
    text = json.dumps(flow, sort_keys=True, ensure_ascii=False)
    return f"{flow['alias']}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def ensure_flow(admin: KeycloakAdmin, realm: str, flow: Representation) -> list[str]:
    """Build the flow and make it the realm's; returns what was changed. Adding an execution is not
    idempotent, so a half-built flow is thrown away; a flow in use is never touched."""
    alias = flow_alias(flow)
    if admin.get_realm(realm)["browserFlow"] == alias:
        return []
    for found in admin.get_authentication_flows():
        if found["alias"] == alias:
            admin.delete_authentication_flow(found["id"])
    admin.create_authentication_flow(
        {
            "alias": alias,
            "description": flow["description"],
            "providerId": "basic-flow",
            "topLevel": True,
            "builtIn": False,
        }
    )
    _fill(admin, alias, alias, flow["executions"])
    admin.update_realm(realm, {"browserFlow": alias})
    return ["browserFlow"]


def _fill(admin: KeycloakAdmin, parent: str, prefix: str, executions: list[Representation]) -> None:
    for execution in executions:
        if "flow" in execution:
            alias = f"{prefix} {execution['flow']}"
            admin.create_authentication_flow_subflow(
                {"alias": alias, "type": "basic-flow", "provider": "", "description": ""}, parent
            )
            _require(admin, parent, execution["requirement"])
            _fill(admin, alias, prefix, execution["executions"])
        else:
            admin.create_authentication_flow_execution({"provider": execution["provider"]}, parent)
            added = _require(admin, parent, execution["requirement"])
            if config := execution.get("config"):
                payload = {"alias": f"{prefix} {added[:8]}", "config": config}
                admin.create_execution_config(added, payload)


def _require(admin: KeycloakAdmin, parent: str, requirement: str) -> str:
    """Set the requirement of the execution added last; returns its id."""
    direct = [
        each for each in admin.get_authentication_flow_executions(parent) if each["level"] == 0
    ]
    added = max(direct, key=lambda each: int(each["index"]))
    admin.update_authentication_flow_executions(added | {"requirement": requirement}, parent)
    return str(added["id"])
