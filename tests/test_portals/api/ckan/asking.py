"""Asks CKAN's API in process, and a province with more entries than a page."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx

from tests.province import Province
from xihu_catalog.datasets.facts import OriginFacts
from xihu_catalog.datasets.stored import put_entry
from xihu_platform.database import transaction

PATH = "/api/3/action/"


def send(province: Province, action: str, **parameters: Any) -> httpx.Response:
    """One GET; a name is given with `_` for `.`. Any: what a caller sends."""
    sent = {name.replace("facet_", "facet."): value for name, value in parameters.items()}

    async def once() -> httpx.Response:
        async with province.client(accept_language="en") as client:
            return await client.get(PATH + action, params=sent)

    return asyncio.run(once())


def ask(province: Province, action: str, **parameters: Any) -> Any:
    """The result of a call that succeeds. Any: JSON."""
    answer = send(province, action, **parameters)
    assert answer.status_code == 200, answer.text[:500]
    body = answer.json()
    assert body["success"] is True
    assert body["help"].endswith(f"/api/3/action/help_show?name={action}")
    return body["result"]


def post(province: Province, path: str, token: str | None = None, **sent: Any) -> httpx.Response:
    """Any: what httpx takes."""

    async def once() -> httpx.Response:
        async with province.client(token) as client:
            return await client.post(path, **sent)

    return asyncio.run(once())


def add_entries(province: Province, count: int) -> None:
    """So many harvested entries, `hz-0000` and on, all but their ids alike."""
    services = province.services
    facts = services.entries.get("hb_air_quality_hourly")
    with transaction(services.node.database) as session:
        for number in range(count):
            name = f"hz-{number:04}"
            made = replace(
                facts,
                id=name,
                iri=facts.iri.replace(facts.id, name),
                origin=OriginFacts("hz", name),
                service=None,
            )
            put_entry(session, "hz", made, services.node.clock())
    services.stored_index.refresh()
