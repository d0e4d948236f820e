"""The table of every route and every kind of caller, complete by construction."""

import asyncio
import csv
from pathlib import Path

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import Mount, Route

from tests.province import Province
from tests.test_portals.api.callers import KINDS, Call, Kind, send
from xihu_portals.api import auth
from xihu_portals.pages import visitor

FILE = Path(__file__).parent / "routes.csv"
PUBLIC = {
    "/health": "says that the process lives, nothing about any data",
    "/embed/metrics/{metric}": "a public number for other sites; whoever looks is anonymous",
    "/embed/charts/{metric}": "the same as a drawing",
    "/embed/datasets/{dataset}": "open rows for other sites; every reader is anonymous",
    "/preferences": "changes a cookie of the caller's own browser",
    "/api/docs": "the documentation's page, the same for everybody",
    "/api/openapi.json": "the API's own description, the same for everybody",
    "/signin": "begins a sign-in",
    "/callback": "ends a sign-in; asks for the browser that began it",
    "/signout": "asks for the session's own cookie and form token",
    "/official/signin": "begins a sign-in",
    "/official/callback": "ends a sign-in; asks for the browser that began it",
    "/official/signout": "asks for the session's own cookie and form token",
    "/oidc/backchannel": "takes a message that the issuer has signed",
    "/realms/xihu/.well-known/openid-configuration": "the issuer's protocol",
    "/realms/xihu/protocol/openid-connect/certs": "the issuer's protocol",
    "/realms/xihu/protocol/openid-connect/auth": "the issuer's protocol",
    "/realms/xihu/protocol/openid-connect/logout": "the issuer's protocol",
    "/realms/xihu/protocol/openid-connect/token": "the issuer's protocol",
    "/realms/xihu/protocol/openid-connect/userinfo": "the issuer's protocol",
}
"""Every route without an access dependency, and why it has none."""


def read_routes() -> list[dict[str, str]]:
    with FILE.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


ROWS = read_routes()
CALLED = [row for row in ROWS if not row["skipped"]]


@pytest.fixture(scope="module")
def places(province: Province) -> dict[str, str]:
    """What the examples' placeholders stand for: an entry about wang, a load of sun's, the newest
    snapshot of penalties."""
    catalogue = province.services.catalogue
    load = catalogue.loads(catalogue.contracts.get("rs_social_insurance"))[0]

    async def entry() -> str:
        async with province.client(province.token("wang")) as client:
            own = "/api/v1/datasets/ga_residents/rows?purpose=own"
            return str((await client.get(own)).json()["citation"]["audit_entry"])

    snapshot = catalogue.get_entry("fg_penalties").heartbeat.snapshot_id
    return {
        "load": load.load_id,
        "entry": asyncio.run(entry()),
        "snapshot": str(snapshot),
    }


def test_every_route_has_a_row_and_every_row_a_route(province: Province) -> None:
    standing = set()
    for route in province.app.routes:
        if isinstance(route, Mount):
            standing.add(("MOUNT", route.path))
        else:
            assert isinstance(route, Route)
            methods = sorted((route.methods or set()) - {"HEAD"})
            standing.add((" ".join(methods), route.path))
    assert {(row["method"], row["path"]) for row in ROWS} == standing


def test_only_the_issuers_protocol_and_files_are_left_out() -> None:
    left_out = {row["path"] for row in ROWS if row["skipped"]}
    assert all(p.startswith("/realms/xihu/") or p == "/static" for p in left_out)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("row", CALLED, ids=lambda row: f"{row['method']} {row['example']}")
def test_every_cell_of_the_table_holds(
    province: Province, places: dict[str, str], row: dict[str, str], kind: Kind
) -> None:
    address = row["example"]
    for name, value in places.items():
        address = address.replace(f"{{{name}}}", value)
    call = Call(row["method"], address, row["form"], row["right"])
    answer = send(province, call, kind)
    expected = row["right_status" if kind == "right" else kind]
    assert answer.status_code == int(expected), answer.text[:500]


def test_the_routes_without_an_access_dependency_are_these(province: Province) -> None:
    public = {
        route.path
        for route in province.app.routes
        if isinstance(route, APIRoute) and not asks_who(route.dependant)
    }
    assert public == set(PUBLIC)


def asks_who(dependant: Dependant) -> bool:
    """Whether a route asks, itself or by what it depends on, who is calling."""
    asking = {auth.__name__, visitor.__name__}
    call = dependant.call
    here = getattr(call, "__module__", "") in asking and getattr(call, "__name__", "") in {
        "_caller",
        "visitor",
    }
    return here or any(asks_who(below) for below in dependant.dependencies)
