"""CKAN's Action API, version 3: the same catalogue and rows for tools that know CKAN alone.

Each action is called with GET or POST, at `/api/3/action/…` or `/api/action/…`. It is described by
CKAN's own documentation and in `docs/how/ckan.md`.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response

from xihu_catalog.formats.ckan import ckan_licences, ckan_organisation
from xihu_portals.api.auth import Caller, services_of
from xihu_portals.api.ckan import datastore, drafts, groups, packages
from xihu_portals.api.ckan.addresses import ACTIONS
from xihu_portals.api.ckan.answers import (
    NoSuchThing,
    NotAllowed,
    UnknownAction,
    UnreadBody,
    dump,
)
from xihu_portals.api.ckan.calls import CkanCall
from xihu_portals.api.ckan.parameters import CkanParameters, parameters_of
from xihu_portals.api.ckan.writing import find_desk
from xihu_portals.api.datasets import language

CKAN_VERSION = "2.11"
"""Whose answers these are like."""
router = APIRouter(include_in_schema=False)
Asked = Annotated[CkanParameters, Depends(parameters_of)]
Action = Callable[[CkanCall], Response]


def status_show(call: CkanCall) -> Response:
    return call.answer(
        {
            "ckan_version": CKAN_VERSION,
            "site_title": "Xihu 西湖",
            "site_description": "",
            "site_url": call.base_url.rstrip("/"),
            "error_emails_to": None,
            "locale_default": "zh_Hans_CN",
            "extensions": ["datastore"],
        }
    )


def site_read(call: CkanCall) -> Response:
    return call.answer(True)  # the whole answer


def license_list(call: CkanCall) -> Response:
    return call.answer(ckan_licences(call.language))


def help_show(call: CkanCall) -> Response:
    name = call.asked.needed("name")
    if name not in {**READS, **WRITES, **DATASTORE}:
        raise NoSuchThing("Action function not found.")
    return call.answer(f"{name}: see https://docs.ckan.org/en/{CKAN_VERSION}/api/")


def organizations_to_write_for(call: CkanCall) -> Response:
    """`organization_list_for_user`: the department for which the caller writes drafts."""
    desk = find_desk(call.services, call.caller)
    if desk is None:
        return call.answer([])
    own = ckan_organisation(desk.key, desk.name, call.language)
    return call.answer([own | {"display_name": own["title"], "capacity": "editor"}])


def nothing(call: CkanCall) -> Response:
    """Of what this node has none of: vocabularies, users."""
    return call.answer([])


READS: dict[str, Action] = {
    "current_package_list_with_resources": packages.current_packages,
    "group_list": groups.group_list,
    "group_list_authz": nothing,
    "group_package_show": groups.group_package_show,
    "group_show": groups.group_show,
    "help_show": help_show,
    "license_list": license_list,
    "organization_autocomplete": groups.organization_autocomplete,
    "organization_list": groups.organization_list,
    "organization_list_for_user": organizations_to_write_for,
    "organization_show": groups.organization_show,
    "package_autocomplete": packages.package_autocomplete,
    "package_list": packages.package_list,
    "package_search": packages.package_search,
    "package_show": packages.package_show,
    "resource_search": packages.resource_search,
    "resource_show": packages.resource_show,
    "site_read": site_read,
    "status_show": status_show,
    "tag_list": groups.tag_list,
    "tag_show": groups.tag_show,
    "vocabulary_list": nothing,
}
DATASTORE: dict[str, Action] = {
    "datastore_info": datastore.datastore_info,
    "datastore_search": datastore.datastore_search,
    "datastore_search_sql": datastore.datastore_search_sql,
}
WRITES: dict[str, Action] = {
    "package_create": drafts.package_create,
    "package_delete": drafts.package_delete,
    "package_patch": drafts.package_patch,
    "package_update": drafts.package_update,
    "resource_create": drafts.resource_create,
    "resource_delete": drafts.resource_delete,
    "resource_patch": drafts.resource_patch,
    "resource_update": drafts.resource_update,
}
"""On drafts; called with POST alone."""
NOT_WRITTEN = frozenset(
    f"{thing}_{verb}"
    for thing in ("package", "resource", "organization", "group", "tag", "datastore")
    for verb in ("create", "update", "patch", "delete", "upsert", "revise")
)


def call_action(
    request: Request,
    caller: Caller,
    asked: Asked,
    action: Annotated[str, Path(max_length=100)],
) -> Response:
    """An action that reads the catalogue, or writes a draft."""
    known = READS.get(action) or WRITES.get(action)
    if known is None and action in NOT_WRITTEN:
        raise NotAllowed(f"{action} is not available: entries are published by review")
    if known is None:
        raise UnknownAction(f"Action name not known: {action}")
    if action in WRITES and request.method == "GET":
        raise UnreadBody("Invalid request. Please use POST method for your request")
    return known(_call(request, caller, asked, action))


def call_datastore_info(request: Request, caller: Caller, asked: Asked) -> Response:
    """The columns of a dataset."""
    action = "datastore_info"
    return DATASTORE[action](_call(request, caller, asked, action))


def call_datastore_search(request: Request, caller: Caller, asked: Asked) -> Response:
    """Rows of a dataset, logged as a read."""
    action = "datastore_search"
    return DATASTORE[action](_call(request, caller, asked, action))


def call_datastore_sql(request: Request, caller: Caller, asked: Asked) -> Response:
    """Not there yet."""
    action = "datastore_search_sql"
    return DATASTORE[action](_call(request, caller, asked, action))


def _call(request: Request, caller: Caller, asked: CkanParameters, action: str) -> CkanCall:
    services = services_of(request)
    return CkanCall(action, services, caller, language(request), asked)


def api_version(caller: Caller) -> Response:
    """What CKAN answers at `/api/3`."""
    del caller
    return Response(dump({"version": 3}), media_type="application/json")


for _prefix in ACTIONS:
    for _method in ("GET", "POST"):
        for _name, _route in (
            ("datastore_info", call_datastore_info),
            ("datastore_search", call_datastore_search),
            ("datastore_search_sql", call_datastore_sql),
            ("{action}", call_action),
        ):
            router.add_api_route(f"{_prefix}{_name}", _route, methods=[_method])
router.add_api_route("/api/3", api_version, methods=["GET"])
