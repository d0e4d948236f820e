"""An HTTP API: every kind of paging, one origin at one address, exact numbers, cursors."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sampling import sampled
from tests.test_pipelines.sources.remote.world import (
    PROVIDER,
    Answer,
    contract,
    http_server,
    settings,
)
from xihu_catalog.contracts.errors import BadContract
from xihu_catalog.contracts.model import Contract
from xihu_pipelines.sources.files import open_records
from xihu_pipelines.sources.remote.fetch import fetch
from xihu_pipelines.sources.remote.fetched import Fetched
from xihu_platform.errors import BadInput, TerminalError, TransientError
from xihu_platform.settings import RemoteSettings

SIZE, TOTAL = 10, 35
Answering = Callable[[str, dict[str, str]], Answer]
Page = tuple[list[dict[str, object]], dict[str, object], dict[str, str]]
Pages = Callable[[dict[str, str]], Page]


def api(**custom: object) -> Contract:
    server = "type: api, location: 'connection://bureau/people'"
    return contract(server, owner=PROVIDER, connection="bureau", **custom)


def records(start: int, count: int = SIZE) -> list[dict[str, object]]:
    return [
        {"id": str(i), "at": f"2024-01-{i:02d}"} for i in range(start, min(start + count, TOTAL))
    ]


def served(port: int) -> str:
    return f"http://127.0.0.1:{port}/api"


def answering(pages: Pages) -> Answering:
    def answer(path: str, headers: dict[str, str]) -> Answer:
        parts = urlsplit(path)
        asked = {k: v[0] for k, v in parse_qs(parts.query).items()}
        rows, more, extra = pages({**asked, "host": headers["Host"]})
        return 200, extra, json.dumps({"data": {"rows": rows}, **more}).encode()

    return answer


def by_page(asked: dict[str, str]) -> Page:
    return records((int(asked["page"]) - 1) * SIZE), {}, {}


def by_offset(asked: dict[str, str]) -> Page:
    return records(int(asked["offset"]), int(asked["limit"])), {"total": TOTAL}, {}


def by_cursor(asked: dict[str, str]) -> Page:
    start = int(asked.get("cursor", 0))
    following = start + SIZE
    return records(start), {"next": str(following) if following < TOTAL else None}, {}


def by_link(asked: dict[str, str]) -> Page:
    start = int(asked.get("from", 0))
    url = f"http://{asked['host']}/api/people?from={start + SIZE}"
    return records(start), {"next": url if start + SIZE < TOTAL else None}, {}


def by_header(asked: dict[str, str]) -> Page:
    rows, more, _ = by_link(asked)
    return rows, {}, {"Link": f'<{more["next"]}>; rel="next"'} if more["next"] else {}


@pytest.mark.parametrize(
    ("pages", "paging"),
    [
        (by_page, {"kind": "page", "sizeParam": "size", "size": SIZE}),
        (by_offset, {"kind": "offset", "size": SIZE, "total": "total"}),
        (by_offset, {"kind": "offset", "size": SIZE}),
        (by_cursor, {"kind": "cursor", "at": "next", "param": "cursor"}),
        (by_link, {"kind": "link", "at": "next"}),
        (by_header, {"kind": "link_header"}),
    ],
)
def test_every_page_lands_once(tmp_path: Path, pages: Pages, paging: dict[str, object]) -> None:
    wanted = api(recordPath="data.rows", paging=paging)
    with http_server(answering(pages)) as port:
        fetched = fetch(settings(tmp_path, served(port)), wanted, tmp_path / "in")
    assert fetched.rows == TOTAL
    lines = [json.loads(line) for line in fetched.path.read_text().splitlines()]
    assert [row["id"] for row in lines] == [str(i) for i in range(TOTAL)]
    with open_records(fetched.path, wanted.source, ["id", "at"]) as found:
        assert sum(batch.num_rows for batch in found) == TOTAL


def fixed(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Answering:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda _path, _headers: (status, headers or {}, content)


def fetched_from(
    tmp_path: Path,
    answer: Answering,
    wanted: Contract,
    cursor: str | None = None,
    limits: RemoteSettings | None = None,
    token: str | None = None,
) -> Fetched:
    with http_server(answer) as port:
        made = settings(tmp_path, served(port), limits=limits, token=token)
        return fetch(made, wanted, tmp_path / "in", cursor=cursor)


def test_numbers_keep_every_digit(tmp_path: Path) -> None:
    body = b'[{"a": 0.10, "b": 12345678901234567.89, "c": 90071992547409931234}]'
    fetched = fetched_from(tmp_path, fixed(body), api())
    assert json.loads(fetched.path.read_text()) == {
        "a": "0.10",
        "b": "12345678901234567.89",
        "c": "90071992547409931234",
    }


def test_json_inside_a_string_of_json_is_read(tmp_path: Path) -> None:
    body = {"code": "00", "datas": json.dumps([{"id": 1}, {"id": 2}])}
    assert fetched_from(tmp_path, fixed(body), api(recordPath="datas")).rows == 2


def test_the_cursor_goes_back_and_the_newest_is_returned(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(path: str, _headers: dict[str, str]) -> Answer:
        asked.append(path)
        return 200, {}, json.dumps([{"id": i} for i in (9, 101, 20)]).encode()

    wanted = api(cursorField="id", cursorParam="since")
    fetched = fetched_from(tmp_path, answer, wanted, cursor="7")
    assert "since=7" in asked[0]
    assert fetched.cursor == "101"
    with pytest.raises(BadInput):
        fetched_from(tmp_path, answer, wanted, cursor="7&admin=1")


def test_the_token_is_sent_and_never_said(tmp_path: Path) -> None:
    sent: list[str] = []

    def answer(_path: str, headers: dict[str, str]) -> Answer:
        sent.append(headers.get("Authorization", ""))
        return 401, {}, b"bad token tok-3n"

    with pytest.raises(TerminalError) as caught:
        fetched_from(tmp_path, answer, api(), token="tok-3n")
    assert sent == ["Bearer tok-3n"]
    assert "tok-3n" not in caught.value.text.zh + caught.value.text.en


@pytest.mark.parametrize(
    "target", sampled(["http://169.254.169.254/latest/", "file:///etc/passwd", "/api/x"])
)
def test_a_redirect_is_not_followed(tmp_path: Path, target: str) -> None:
    with pytest.raises(TerminalError, match="redirect"):
        fetched_from(tmp_path, fixed(b"", 302, {"Location": target}), api())


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:1/",
        "https://127.0.0.1/api",
        "http://127.0.0.1:9/x",
        "http://127.0.0.1@evil.example/",
        "file:///etc/passwd",
    ],
)
def test_a_next_page_elsewhere_is_not_followed(tmp_path: Path, target: str) -> None:
    seen: list[dict[str, str]] = []

    def answer(_path: str, headers: dict[str, str]) -> Answer:
        seen.append(headers)
        return 200, {}, json.dumps({"rows": [{"id": 1}], "next": target}).encode()

    wanted = api(recordPath="rows", paging={"kind": "link", "at": "next"})
    with pytest.raises((BadInput, TerminalError)):
        fetched_from(tmp_path, answer, wanted, token="t")
    assert len(seen) == 1


def test_pages_that_never_end_stop_at_the_limit(tmp_path: Path) -> None:
    page = [{"id": "x" * 1000} for _ in range(500)]
    wanted = api(paging={"kind": "page"})
    with pytest.raises(BadInput, match="LIMIT_MB"):
        fetched_from(tmp_path, fixed(page), wanted, limits=RemoteSettings(limit_mb=2, timeout_s=5))
    assert list((tmp_path / "in").iterdir()) == []


@pytest.mark.parametrize(
    ("status", "kind"), [(500, TransientError), (429, TransientError), (404, TerminalError)]
)
def test_a_failure_says_whether_to_try_again(
    tmp_path: Path, status: int, kind: type[Exception]
) -> None:
    with pytest.raises(kind, match=str(status)):
        fetched_from(tmp_path, fixed(b"no", status), api())


@pytest.mark.parametrize("body", sampled([b"{}", b"<html>", b'"x"', b"[" * 100_000], 2))
def test_what_is_no_array_of_objects_is_refused(tmp_path: Path, body: bytes) -> None:
    with pytest.raises((BadInput, TerminalError)):
        fetched_from(tmp_path, fixed(body), api(recordPath="rows"))


def test_an_answer_packed_to_burst_is_stopped(tmp_path: Path) -> None:
    import gzip

    bomb = gzip.compress(b"[" + b" " * (80 << 20) + b"]")
    with pytest.raises(BadInput, match="over 64 MB"):
        fetched_from(tmp_path, fixed(bomb, 200, {"Content-Encoding": "gzip"}), api())


def test_a_password_goes_as_basic_authentication(tmp_path: Path) -> None:
    sent: list[str] = []

    def answer(_path: str, headers: dict[str, str]) -> Answer:
        sent.append(headers.get("Authorization", ""))
        return 200, {}, b"[]"

    with http_server(answer) as port:
        made = settings(tmp_path, f"http://someone:pw@127.0.0.1:{port}/")
        assert fetch(made, api(), tmp_path / "in").rows == 0
    assert sent == ["Basic " + base64.b64encode(b"someone:pw").decode()]


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/x",
        "connection://other/x",
        "connection://bureau/",
        "connection://bureau/../x",
        "connection://bureau/%2e%2e/x",
        "connection://bureau/http://evil.example/x",
        "file:///etc/passwd",
    ],
)
def test_a_contract_names_a_path_and_no_address(location: str) -> None:
    with pytest.raises(BadContract, match="connection://bureau"):
        contract(f"type: api, location: '{location}'", connection="bureau")
