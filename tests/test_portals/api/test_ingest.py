"""Push over HTTP: who may, what is taken, and that it is in the dataset afterwards."""

import asyncio
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import orjson
import pytest
from sqlalchemy import select

from tests.entries import take_over_all
from tests.province import NOW, UNLIMITED, Province
from xihu_node.services import open_services
from xihu_pipelines.demo import province as demo
from xihu_pipelines.push.commit import commit_waiting
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_platform.settings import Settings
from xihu_platform.start import open_node

URL = "/api/v1/ingest/yb_hospital_visits"
JSON_LINES = "application/x-ndjson"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    yield from without_data(tmp_path_factory.mktemp("empty"))


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Province]:
    """For one test whose push stays."""
    yield from without_data(tmp_path)


def without_data(folder: Path) -> Iterator[Province]:
    """The demo's people and contracts without any data."""
    settings = Settings(data_dir=folder, limits=UNLIMITED)
    node = open_node(settings, clock=lambda: NOW)
    demo.settle(node)
    take_over_all(node.database)
    services = open_services(node)
    yield Province(services)
    services.log.close()


def post(
    world: Province,
    body: bytes,
    key: str = "k",
    kind: str = JSON_LINES,
    url: str = URL,
    encoding: str = "identity",
) -> httpx.Response:
    async def send() -> httpx.Response:
        async with world.client(world.system_token()) as client:
            headers = {"Content-Type": kind, "Idempotency-Key": key, "Content-Encoding": encoding}
            return await client.post(url, content=body, headers=headers)

    return asyncio.run(send())


def visit(world: Province, number: str) -> bytes:
    contract = world.services.catalogue.contracts.get("yb_hospital_visits")
    cells = {f.source_column: None for f in contract.fields}
    first = contract.fields[0].source_column
    return json.dumps(cells | {first: number}, ensure_ascii=False).encode()


def test_a_push_is_accepted_its_receipt_read_and_its_rows_loaded(empty: Province) -> None:
    body = visit(empty, "YB00000000000001")
    first = post(empty, body)
    assert (first.status_code, first.json()["state"]) == (202, "spooled")
    assert post(empty, body).json() == first.json()
    contract = empty.services.catalogue.contracts.get("yb_hospital_visits")
    (outcome,) = commit_waiting(empty.services.node, contract)
    assert outcome.counts.received == 1

    async def receipt() -> httpx.Response:
        async with empty.client(empty.system_token()) as client:
            return await client.get(f"{URL}/k")

    answer = asyncio.run(receipt())
    assert (answer.status_code, answer.json()["state"]) == (200, "committed")
    assert answer.json()["load"] == outcome.load_id
    assert post(empty, body).status_code == 200
    assert post(empty, visit(empty, "other")).status_code == 409


@pytest.mark.parametrize(
    ("body", "kind", "status", "said"),
    [
        (b"{}", "application/json", 422, "Content-Type must be one of"),
        (b"", JSON_LINES, 422, "1 to 100,000 records"),
        (b"nonsense", JSON_LINES, 422, "record 1 does not fit"),
        (b"x" * (33 << 20), JSON_LINES, 413, "32 MB at most"),
        (b"a,b\n1,2\n", "text/csv", 422, "lacks the columns"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_what_to_do(
    empty: Province, body: bytes, kind: str, status: int, said: str
) -> None:
    answer = post(empty, body, key="bad", kind=kind, url=f"{URL}?lang=en")
    assert answer.status_code == status
    assert said in answer.json()["detail"]


def test_who_pushes_what_is_in_the_log_before_it_is_taken(own: Province) -> None:
    body = visit(own, "logged")
    assert post(own, body, key="logged").status_code == 202
    newest = select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)
    with transaction(own.services.node.database) as session:
        entry = session.scalars(newest).one()
    told = orjson.loads(entry.body)
    assert (entry.kind, told["principal"]) == ("push", "dept-yb")
    assert told["records"] == sha256(body).hexdigest()


def test_a_body_said_to_be_compressed_is_not_read_as_it_stands(empty: Province) -> None:
    answer = post(empty, visit(empty, "packed"), key="packed", encoding="gzip")
    assert answer.status_code == 422


def test_only_the_provider_may_push(empty: Province) -> None:
    answer = post(empty, b"{}", url="/api/v1/ingest/ga_residents")
    assert (answer.status_code, answer.json()["reason"]["code"]) == (403, "not_provider")
