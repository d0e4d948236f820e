"""Runs in .peers/ckanapi: what CKAN's own client reads of the site in its argument, as JSON."""

import json
import sys
from typing import Any

Site = Any
"""A `RemoteCKAN`, which this environment has and that of the other tests has not."""


def fault(site: Site, action: str, **parameters: object) -> str:
    """The class of the error that the client makes of the answer."""
    from ckanapi import errors  # type: ignore[import-not-found]

    known = (
        errors.NotFound,
        errors.NotAuthorized,
        errors.ValidationError,
        errors.SearchQueryError,
        errors.CKANAPIError,
    )
    try:
        site.call_action(action, parameters)
    except known as error:
        return type(error).__name__
    return "none"


def read(site: Site) -> dict[str, object]:
    action = site.action
    names = action.package_list()
    shown = [action.package_show(id=name) for name in names]
    tables = [r["id"] for one in shown for r in one["resources"] if r["datastore_active"]]
    found = action.package_search(q="title:air", fq="res_format:CSV", rows=5)
    return {
        "names": names,
        "shown": [one["name"] for one in shown],
        "found": [one["name"] for one in found["results"]],
        "organizations": action.organization_list(),
        "groups": action.group_list(),
        "tags": len(action.tag_list()),
        "totals": {
            one: action.datastore_search(resource_id=one, limit=1)["total"] for one in tables
        },
        "faults": [
            fault(site, "package_show", id="no_such"),
            fault(site, "package_show"),
            fault(site, "package_search", fq="(("),
            fault(site, "datastore_search", resource_id="ga_residents"),
            fault(site, "datastore_create", resource_id="a"),
            fault(site, "no_such_action"),
        ],
    }


if __name__ == "__main__":
    from ckanapi import RemoteCKAN

    address = sys.argv[1]
    with RemoteCKAN(address) as by_post, RemoteCKAN(address, get_only=True) as by_get:
        json.dump({"post": read(by_post), "get": read(by_get)}, sys.stdout)
