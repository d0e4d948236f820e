"""Asks every exit of the canary world as every person, and keeps each byte that came back."""

import asyncio
import html
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, get_args

import httpx
from fastapi import FastAPI

from tests.province import Province
from tests.test_portals.decisions.canaries import (
    CLOSED,
    FIELDS,
    OPEN,
    ROWS,
    World,
    may_see,
    opened_up,
)
from tests.test_portals.decisions.table import PEOPLE, PURPOSES, ask, principal, purpose_pairs
from xihu_node.app import create_app
from xihu_platform.identity.models import SigninSession
from xihu_portals.pages import visitor
from xihu_portals.web.frame import PageFrame, Person

ALIKE = {"lin-sj", "luo-sj", "gao-zw", "chen-yb-1", "shen-yb", "qian", "chen-yb-2"}
HEARD = tuple(name for name in PEOPLE if name not in ALIKE)
"""Those left out may see what others of the same duty may; the table has them all."""
FORMS = ("csv", "xlsx", "parquet", "arrow")
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Heard:
    """What one exit said to one person, and which canaries it may hold."""

    person: str
    what: str
    status: int
    content: bytes
    seen: frozenset[tuple[int, str]]


def heard(person: str, what: str, answer: httpx.Response, seen: set[tuple[int, str]]) -> Heard:
    """Body and headers; the address comes back in `next`, so it must hold no canary itself."""
    content = opened_up(what, answer.content) if answer.status_code == 200 else answer.content
    headers = b"\n".join(k + b": " + v for k, v in answer.headers.raw)
    unescaped = html.unescape(answer.text).encode() if "html" in what else b""
    return Heard(person, what, answer.status_code, content + headers + unescaped, frozenset(seen))


def through_the_api(world: World) -> Iterator[Heard]:
    for person in HEARD:
        for dataset in (CLOSED, OPEN):
            for purpose in PURPOSES:
                asked = list(_addresses(dataset, purpose, person))
                answers = ask(world.province, person, [(url, pairs) for _, url, pairs in asked])
                seen = may_see(dataset, person, purpose)
                for (what, _, _), answer in zip(asked, answers, strict=True):
                    yield heard(person, f"{dataset} {purpose} {what}", answer, seen)


def _addresses(dataset: str, purpose: str, person: str) -> Iterator[tuple[str, str, Pairs]]:
    root, stated = f"/api/v1/datasets/{dataset}", purpose_pairs(purpose, person)
    yield "entry", root, stated
    yield "contract", f"{root}/contract", stated
    yield "rows", f"{root}/rows", stated
    yield "english", f"{root}/rows", [*stated, ("lang", "en")]
    yield "first page", f"{root}/rows", [*stated, ("limit", "1")]
    for field in FIELDS:
        yield f"sorted by {field}", f"{root}/rows", [*stated, ("sort", f"-{field}")]
        yield f"only {field}", f"{root}/rows", [*stated, ("fields", field), ("limit", "2")]
        yield f"wrong {field}", f"{root}/rows", [*stated, ("filter", f"{field}:gt:x")]
    for form in FORMS:
        yield form, f"{root}/download.{form}", stated


def through_the_catalogue(world: World) -> Iterator[Heard]:
    """Search by canaries finds nothing by them; the question itself is not given back."""
    for person in ("anonymous", "sun"):
        words = [row[field] for row in ROWS for field in ("name", "remark", "disease", "note")]
        urls: list[tuple[str, Pairs]] = [("/api/v1/datasets", [("q", word)]) for word in words]
        for answer in ask(world.province, person, urls):
            yield heard(person, "search", answer, set())
        urls = [(f"/api/v1/brain/metrics/canaries/query{q}", []) for q in ("", "?by=county_code")]
        for answer in ask(world.province, person, urls):
            yield heard(person, "metric", answer, set())


def through_the_portals(world: World) -> Iterator[Heard]:
    """The pages a person is shown, with the visitor put in place of a sign-in."""
    loads = {o.dataset: o.load_id for o in world.outcomes}
    for person in set(HEARD) - {"qian-expired"}:
        app = _portals_for(world.province, person)
        for dataset in (CLOSED, OPEN):
            for path in (
                f"/datasets/{dataset}",
                f"/official/datasets/{dataset}",
                f"/official/loads/{loads[dataset]}",
                f"/official/loads/{loads[dataset]}/quarantined.csv",
                f"/official/loads/{loads[dataset]}/quarantined.xlsx",
                f"/datasets/{dataset}/download.csv",
                f"/official/datasets/{dataset}/download.xlsx",
                "/my/data",
                "/my/uses",
                "/official/catalogue",
                "/search?q=canary",
            ):
                what = f"{path} xlsx" if path.endswith("xlsx") else f"{path} html"
                yield heard(person, what, _get(app, path), _seen_on(path, dataset, person))


def _seen_on(path: str, dataset: str, person: str) -> set[tuple[int, str]]:
    if person in {"sun", "he-rs"} and "/loads/" in path:  # the stewards' own: as handed in
        return {(4, field) for field in FIELDS}
    if path.startswith("/my/"):
        return may_see(dataset, person, "own")
    if "download" not in path:
        return set()  # pages of datasets about persons show a sample made from the contract
    return may_see(dataset, person, "duty" if path.startswith("/official") else "open")


def _portals_for(province: Province, person: str) -> FastAPI:
    who = principal(province, person)
    services = province.services
    app = create_app(services)
    session = None if who.kind == "anonymous" else SigninSession(csrf="c")
    for portal, hint in (
        ("citizen", visitor.CitizenVisitor),
        ("official", visitor.OfficialVisitor),
    ):
        frame = PageFrame(portal, services.node.clock(), Person(who.name))  # type: ignore[arg-type]
        known = visitor.Visitor(services, who, frame, session)
        app.dependency_overrides[get_args(hint)[1].dependency] = _always(known)
    return app


def _always(known: visitor.Visitor) -> Callable[[], visitor.Visitor]:
    return lambda: known


def _get(app: FastAPI, path: str) -> httpx.Response:
    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get(path)

    return asyncio.run(once())


@contextmanager
def all_that_is_logged() -> Iterator[list[str]]:
    """Every log record at any level, but for the calling client's own."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if not record.name.startswith(("httpx", "httpcore", "asyncio")):
                lines.append(self.format(record))

    root, keep, before = logging.getLogger(), Keep(), logging.getLogger().level
    root.addHandler(keep)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(keep)
        root.setLevel(before)


def as_json(answer: httpx.Response) -> dict[str, Any]:  # Any: a JSON object
    body: dict[str, Any] = answer.json()
    return body
