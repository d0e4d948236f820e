"""Plays the requests against a copy of a data folder and writes down what comes back."""

import asyncio
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from zipfile import ZipFile

import click
import httpx

from tests.province import NOW, UNLIMITED, Province, settings_of
from tests.recording.asked import Asked, list_requests
from tests.test_portals.api.callers import API, Call, session_of, token_headers
from xihu_node.entries import load_and_publish
from xihu_node.services import open_services
from xihu_pipelines.demo import province
from xihu_platform.lake.relocate import relocate
from xihu_platform.settings import ServeSettings
from xihu_platform.start import open_node

VARYING = (
    (re.compile(r"cursor=[0-9a-f]+"), "cursor=<sealed>"),
    (re.compile(r"(state|nonce|code_challenge)=[\w-]{20,}"), r"\1=<random>"),
    (re.compile(r"expires=\w{3}, [\w: ]+ GMT"), "expires=<now>"),
    (re.compile(r"[A-Za-z0-9_/.+-]{60,}"), "<digest>"),
    (re.compile(r"(_start=)[\w-]{20,}"), r"\1<random>"),
    (re.compile(r"(请求编号|Request number) [0-9a-f]{16}"), r"\1 <number>"),
    # How many entries are in the log depends on when the writer sums up refusals.
    (
        re.compile(
            r'(\\?"(?:audit_entry|seq|tree_size|size)\\?": ?|/uses/|entry-|id=\\?"|记录（)\d+'
        ),
        r"\1<entry>",
    ),
)
"""What is random in each answer, and what stands for it in the recording."""
DROPPED = {"content-length", "x-request-id", "x-xihu-audit-entry"}
LONG = 20_000  # characters kept of what is not a page


def build(folder: Path) -> None:
    """The demo's data folder at the size of the tests. Raises FileExistsError."""
    folder.mkdir(parents=True)
    ground = open_node(settings_of(folder, ServeSettings(), UNLIMITED), clock=lambda: NOW)
    province.settle(ground)
    province.files_of(ground)
    load_and_publish(ground)


@contextmanager
def opened(original: Path) -> Iterator[Province]:
    """A copy of the folder, opened; the copy always lies at the same address."""
    folder = Path(tempfile.gettempdir()) / "xihu-recording"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(original, folder)
    relocate(folder / "lake")
    settings = settings_of(folder, ServeSettings(), UNLIMITED)
    services = open_services(open_node(settings, clock=lambda: NOW))
    try:
        yield Province(services)
    finally:
        services.close()
        shutil.rmtree(folder)


def record(original: Path, out: Path) -> int:
    """Every answer as a line of `out`; returns their number."""
    asked = list_requests()
    with opened(original) as loaded, out.open("w", encoding="utf-8") as file:
        places = _places(loaded)
        shown = click.progressbar(asked, label="asking")
        with shown as waiting:
            for one in waiting:
                answer, csrf = asyncio.run(_ask(loaded, one, places))
                line = {"asked": one.name, **_described(answer, csrf)}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return len(asked)


def _places(loaded: Province) -> dict[str, str]:
    """What the placeholders of the route table stand for."""
    catalogue = loaded.services.catalogue
    load = catalogue.loads(catalogue.contracts.get("rs_social_insurance"))[0]
    own = Asked("wang", "right", "GET", "/api/v1/datasets/ga_residents/rows?purpose=own")
    answer, _ = asyncio.run(_ask(loaded, own, {}))
    entry = str(answer.json()["citation"]["audit_entry"])
    snapshot = catalogue.get_entry("fg_penalties").heartbeat.snapshot_id
    return {"load": load.load_id, "entry": entry, "snapshot": str(snapshot)}


async def _ask(
    loaded: Province, asked: Asked, places: dict[str, str]
) -> tuple[httpx.Response, str]:
    """The answer, and the session's form token."""
    address = asked.address
    for name, value in places.items():
        address = address.replace(f"{{{name}}}", value)
    call = Call(asked.method, address, asked.form, asked.who)
    headers = {"Accept-Language": asked.language}
    csrf = ""
    if address.startswith(API):
        headers |= token_headers(loaded, asked.kind, asked.who)
    else:
        cookie, csrf = session_of(loaded, asked.kind, call)
        name = loaded.services.identity.clients[call.portal].portal.cookie
        headers |= {"Cookie": f"{name}={cookie}"} if cookie else {}
    form = dict(parse_qsl(asked.form.replace("{csrf}", csrf)))
    async with loaded.client() as client:
        answer = await client.request(asked.method, address, headers=headers, data=form or None)
    return answer, csrf


def _described(answer: httpx.Response, csrf: str) -> dict[str, Any]:  # Any: JSON
    return {
        "status": answer.status_code,
        "headers": _headers(answer, csrf),
        "body": _body(answer, csrf),
    }


def _headers(answer: httpx.Response, csrf: str) -> list[list[str]]:
    kept = [(k, v) for k, v in answer.headers.multi_items() if k not in DROPPED]
    return [[name, _steady(value, csrf)] for name, value in sorted(kept)]


def _body(answer: httpx.Response, csrf: str) -> str:
    """Text as it is, but of a long download its beginning; a binary form by its digest."""
    try:
        text = _steady(answer.content.decode(), csrf)
    except UnicodeDecodeError:
        packed = answer.content.startswith(b"PK")
        return _workbook(answer.content) if packed else _digest(answer.content)
    page = answer.headers.get("content-type", "").startswith("text/html")
    return text if page or len(text) < LONG else f"{text[:LONG]} … {_digest(text.encode())}"


def _digest(content: bytes) -> str:
    return f"sha256 {sha256(content).hexdigest()}"


def _workbook(content: bytes) -> str:
    """The parts of a workbook without the time at which it was written."""
    with ZipFile(BytesIO(content)) as parts:
        told = [f"{n} {sha256(parts.read(n)).hexdigest()}" for n in parts.namelist()]
    return "\n".join(line for line in told if not line.startswith("docProps/"))


def _steady(text: str, csrf: str) -> str:
    if csrf:
        text = text.replace(csrf, "<csrf>")
    for pattern, stands in VARYING:
        text = pattern.sub(stands, text)
    return text
