"""Run by a test in a process of its own: a node over another registry than the demo's.

Prints what its API and pages say, as JSON; opening any file of the demo's registry ends it.
"""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from fastapi import Request

if TYPE_CHECKING:
    from xihu_portals.services import Services

DEMO = f"{os.sep}xihu_pipelines{os.sep}demo{os.sep}registry"
ADDRESSES = {
    "catalogue": "/api/v1/datasets",
    "metric": "/api/v1/brain/metrics/timber/query?level=county&by=wood",
    "dataset page": "/datasets/ly_timber",
    "home page": "/",
    "search page": "/search?q=%E4%B8%9C%E6%BA%AA",
    "not of the demo": "/api/v1/datasets/ga_residents",
    "no such region": "/api/v1/brain/metrics/timber/query?level=county&parent=330100",
}


def _bar_the_demo(event: str, arguments: tuple[object, ...]) -> None:
    if event in {"open", "os.listdir", "os.scandir"} and DEMO in str(arguments[0]):
        raise PermissionError(f"the demo is read: {arguments[0]}")


async def _ask(folder: Path, registry: Path) -> dict[str, object]:
    from xihu_catalog.contracts.load import load_contracts
    from xihu_node.app import create_app
    from xihu_node.services import open_services
    from xihu_pipelines.ingest.load import load_file
    from xihu_pipelines.start import open_registry
    from xihu_platform.settings import Settings
    from xihu_platform.start import open_node

    settings = Settings(data_dir=folder / "data", registry_dir=registry)
    open_registry(settings)
    node = open_node(settings)
    services = open_services(node)
    contract = load_contracts(registry / "contracts")["ly_timber"]
    outcome = load_file(node, contract, folder / "ly_timber.csv")
    counts = outcome.counts
    said: dict[str, object] = {
        "accepted": counts.accepted,
        "quarantined": counts.quarantined,
    }
    transport = httpx.ASGITransport(create_app(services))
    headers = {"Accept-Language": "en"}
    async with httpx.AsyncClient(transport=transport, base_url=settings.base_url) as client:
        for name, address in ADDRESSES.items():
            answer = await client.get(address, headers=headers)
            said[name] = {"status": answer.status_code, "text": answer.text}
    said |= dict(_official(services))
    services.close()
    return said


def _official(services: "Services") -> Iterator[tuple[str, dict[str, object]]]:
    """The official portal's pages as one of the province's officials gets them."""
    from xihu_platform.identity.principal import Position, Principal
    from xihu_portals.official import cockpit, metric, region
    from xihu_portals.pages.visitor import Visitor
    from xihu_portals.web.frame import PageFrame

    office = next(iter(services.catalogue.contracts.all().values())).provider
    position = Position(
        id="head",
        title_zh="处长",
        title_en="Head",
        organisation=office,
        organisation_zh="云岭省林业局",
        organisation_en="Yunling Forestry Administration",
        region="980100",
        duties=frozenset({"leader"}),
    )
    principal = Principal("official", "p-head", "某人", level=3, position=position)
    visitor = Visitor(services, principal, PageFrame("official", services.node.clock()))
    pages = {
        "cockpit": partial(cockpit.page, visitor=visitor),
        "region page": partial(region.page, visitor=visitor, code="980100"),
        "metric page": partial(metric.page, visitor=visitor, metric="timber"),
    }
    for name, page in pages.items():
        scope = {"type": "http", "method": "GET", "path": "/official/", "query_string": b""}
        request = Request(scope | {"headers": [(b"accept-language", b"en")]})
        answer = page(request)
        yield name, {"status": answer.status_code, "text": bytes(answer.body).decode()}


if __name__ == "__main__":
    sys.addaudithook(_bar_the_demo)
    print(json.dumps(asyncio.run(_ask(Path(sys.argv[1]), Path(sys.argv[2])))))  # noqa: T201
