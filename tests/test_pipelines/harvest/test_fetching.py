"""A source over HTTP: its origin at a checked address, no redirect, sizes counted unpacked."""

import gzip
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

import pytest
from pydantic import SecretStr

from tests.test_pipelines.sources.remote.world import PROVIDER, Answer, http_server
from xihu_catalog.datasets.stored import StoredEntries
from xihu_catalog.harvest.job import HarvestRun
from xihu_catalog.harvest.sources import HarvestSource
from xihu_pipelines.harvest.fetching import connection_of
from xihu_pipelines.harvest.run import harvest_source
from xihu_pipelines.sources.remote import pinned
from xihu_platform.errors import BadInput
from xihu_platform.lake.lease import Leased, lease
from xihu_platform.settings import RemoteSettings, SourceSettings
from xihu_platform.start import Node

DATA = {"dataset": [{"identifier": "a", "title": "A"}, {"identifier": "b", "title": "B"}]}


def source(url: str, kind: str = "data_json") -> HarvestSource:
    title = {"zh": "源", "en": "Source"}
    return HarvestSource.model_validate({"id": "src", "kind": kind, "url": url, "title": title})


def allowed(node: Node, url: str, *, token: str | None = None, limit_mb: int = 10) -> Node:
    """The operator allows the source to be inside."""
    own = SourceSettings(
        url=SecretStr(url),
        provider=PROVIDER,
        inside=True,
        token=SecretStr(token) if token else None,
    )
    remote = RemoteSettings(timeout_s=5, limit_mb=limit_mb)
    settings = node.settings.model_copy(update={"sources": {"src": own}, "remote": remote})
    object.__setattr__(node, "settings", settings)
    return node


def run(node: Node, answer: Answer, **custom: str) -> tuple[HarvestRun, list[dict[str, str]]]:
    asked: list[dict[str, str]] = []

    def reply(path: str, headers: dict[str, str]) -> Answer:
        asked.append({**headers, "path": path})
        return answer

    with http_server(reply) as port:
        url = f"http://127.0.0.1:{port}/data.json"
        return harvest_source(allowed(node, url, **custom), source(url)), asked  # type: ignore[arg-type]


def test_a_source_is_harvested_over_http(node: Node) -> None:
    result, asked = run(node, (200, {}, json.dumps(DATA).encode()), token="secret")
    assert (result.state, result.new) == ("complete", 2)
    assert StoredEntries(node.database).ids(0, 10) == ["src-a", "src-b"]
    assert [one["path"] for one in asked] == ["/data.json"]
    assert asked[0]["Authorization"] == "Bearer secret"
    assert asked[0]["Accept"] == "application/json"


@pytest.mark.parametrize(
    ("status", "state", "said"),
    [
        (301, "failed", "redirect"),
        (403, "failed", "not allowed"),
        (404, "failed", "404"),
        (204, "failed", "204"),
        (429, "interrupted", "429"),
        (503, "interrupted", "503"),
    ],
)
def test_another_answer_is_said_and_followed_nowhere(
    node: Node, status: int, state: str, said: str
) -> None:
    headers = {"Location": "http://169.254.169.254/latest"} if status == 301 else {}
    result, asked = run(node, (status, headers, b""))
    assert result.state == state
    assert result.error is not None
    assert said in result.error.en
    assert len(asked) == 1


def test_a_bomb_is_stopped_by_its_unpacked_size(node: Node) -> None:
    packed = gzip.compress(b" " * (12 << 20))
    assert len(packed) < 1 << 20
    headers = {"Content-Encoding": "gzip"}
    result, _ = run(node, (200, headers, packed), limit_mb=10)  # type: ignore[arg-type]
    assert result.state == "failed"
    assert result.error is not None
    assert "more than 10 MB" in result.error.en


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/"])
def test_an_inside_source_is_refused_unless_the_operator_allows_it(node: Node, url: str) -> None:
    result = harvest_source(node, source(url))
    assert result.state == "failed"
    assert result.error is not None
    assert "inside address" in result.error.en


def test_a_name_that_resolves_to_an_inside_address_is_refused(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    def inside(*_arguments: object, **_named: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.7", 443))]

    monkeypatch.setattr(socket, "getaddrinfo", inside)
    result = harvest_source(node, source("https://data.example.org/"))
    assert result.error is not None
    assert "inside address" in result.error.en


def test_a_source_that_does_not_resolve_is_tried_again_later(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_arguments: object, **_named: object) -> list[object]:
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", gone)
    assert harvest_source(node, source("https://data.example.org/")).state == "interrupted"


@pytest.mark.parametrize(
    "url",
    ["https://other.example.org/", "http://data.example.org/", "https://data.example.org:8443/"],
)
def test_a_connection_of_another_site_gives_its_token_to_none(node: Node, url: str) -> None:
    settings = allowed(node, url, token="secret").settings
    with pytest.raises(BadInput, match="different sites"):
        connection_of(source("https://data.example.org/"), settings)


def test_two_processes_do_not_harvest_one_source_at_once(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xihu_pipelines.harvest.run._WAIT_S", 0.1)
    folder: Path = node.settings.data_dir / "leases"
    with lease(folder, node.database, "harvest-src"), pytest.raises(Leased):
        harvest_source(node, source("https://data.example.org/"))


DRIPS = {
    "a body": (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
    "a body without a length": (b"HTTP/1.1 200 OK\r\n\r\n[", b"1,"),
    "a header": (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@contextmanager
def dripping(first: bytes, then: bytes) -> Iterator[int]:
    """A server that sends a little four times a second, without an end."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with server.accept()[0] as connection, suppress(OSError):
                connection.recv(4096)
                connection.sendall(first)
                while not ended.wait(0.25):
                    connection.sendall(then)

        thread = threading.Thread(target=serve)
        thread.start()
        yield int(server.getsockname()[1])
        ended.set()
        thread.join()


@pytest.mark.parametrize("kind", DRIPS)
def test_a_source_that_never_ends_is_hung_up_on(
    node: Node, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pinned, "ANSWER_S", 1.0)
    with dripping(*DRIPS[kind]) as port:
        url = f"http://127.0.0.1:{port}/data.json"
        began = monotonic()
        result = harvest_source(allowed(node, url), source(url))
        assert monotonic() - began < 4
    assert result.state == "interrupted"
    assert result.error is not None and "hung up" in result.error.en
