"""What is seen of a request from outside: its number, its line, its measure, its spans; no value.

Each test puts a text that is nowhere else into one of the places that a caller can write in, and
looks for it in everything that this process has said.
"""

import http.client
import json
import logging
import secrets
from collections.abc import Callable, Iterator

import duckdb
import pytest
from sqlalchemy import text

from tests.province import Province
from tests.test_portals.api.callers import Call, session_of
from tests.test_portals.edge.watched import Answer, Watched, watching
from xihu_platform.database import transaction
from xihu_portals.edge.streams import Download

ROWS = "/api/v1/datasets/sg_firms/rows"
CANARY = "canary7f3a"
Ask = Callable[[Watched], Answer]


@pytest.fixture(scope="module")
def watched(province: Province) -> Iterator[Watched]:
    with watching(province) as seen:
        yield seen


@pytest.fixture
def loud(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Every logger that exists at DEBUG, as a careless operator could set it."""
    names = [*logging.Logger.manager.loggerDict, ""]
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield caplog
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def said(
    watched: Watched, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> str:
    """Everything that can be read outside of the answer itself."""
    records = "".join(f"{record.__dict__!r}{record.getMessage()}" for record in caplog.records)
    printed = "".join(capfd.readouterr())
    logs = watched.written.getvalue() + caplog.text + records
    return logs + printed + watched.metrics() + watched.spans()


PLACES: dict[str, Ask] = {
    "query string": lambda w: w.ask("GET", f"/search?q={CANARY}"),
    "unknown parameter": lambda w: w.ask("GET", f"{ROWS}?{CANARY}={CANARY}"),
    "filter value": lambda w: w.ask("GET", f"{ROWS}?filter=name:eq:{CANARY}"),
    "filter field": lambda w: w.ask("GET", f"{ROWS}?filter={CANARY}:eq:1"),
    "cursor": lambda w: w.ask("GET", f"{ROWS}?cursor={CANARY}"),
    "path value": lambda w: w.ask("GET", f"/datasets/{CANARY}"),
    "path value of the API": lambda w: w.ask("GET", f"/api/v1/datasets/{CANARY}/rows"),
    "address of nothing": lambda w: w.ask("GET", f"/{CANARY}/{CANARY}"),
    "address with a slash too many": lambda w: w.ask("GET", f"/search/?q={CANARY}"),
    "static file": lambda w: w.ask("GET", f"/static/{CANARY}.js"),
    "method": lambda w: w.ask("PROPFIND", f"/search?q={CANARY}"),
    "browser's name": lambda w: w.ask("GET", "/search", User_Agent=CANARY),
    "number of the caller's own": lambda w: w.ask("GET", "/search", X_Request_Id=CANARY),
    "trace of the caller's": lambda w: w.ask(
        "GET",
        "/search",
        traceparent=f"00-{'7f3a' * 8}-{'7f3a' * 4}-01",
        tracestate=f"{CANARY}=1",
        baggage=f"name={CANARY}",
    ),
    "address of the caller": lambda w: w.ask("GET", "/search", X_Forwarded_For=CANARY),
    "page before": lambda w: w.ask("GET", "/official/", Referer=f"http://a/{CANARY}"),
    "token": lambda w: w.ask("GET", "/api/v1/me", Authorization=f"Bearer {CANARY}.a.b"),
    "cookie": lambda w: w.ask("GET", "/my/data", Cookie=f"xihu_citizen={CANARY}"),
    "answer of an issuer": lambda w: w.ask("GET", f"/callback?code={CANARY}&state={CANARY}"),
    "form": lambda w: w.ask(
        "POST",
        "/signout",
        f"csrf={CANARY}".encode(),
        Content_Type="application/x-www-form-urlencoded",
    ),
    "notice of an issuer": lambda w: w.ask(
        "POST",
        "/oidc/backchannel",
        f"logout_token={CANARY}.{CANARY}.x".encode(),
        Content_Type="application/x-www-form-urlencoded",
    ),
    "pushed record": lambda w: w.ask(
        "POST",
        "/api/v1/ingest/yb_hospital_visits",
        f'{{"name": "{CANARY}"}}\n{CANARY}'.encode(),
        Content_Type="application/x-ndjson",
        Idempotency_Key=CANARY,
        Authorization=f"Bearer {w.province.system_token()}",
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_what_a_caller_writes_is_said_nowhere(
    watched: Watched,
    loud: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    place: str,
) -> None:
    answer = PLACES[place](watched)
    assert watched.lines(answer.number)
    everything = said(watched, loud, capfd)
    assert CANARY not in everything
    assert "7f3a" * 4 not in everything


def _duckdb_says_it() -> None:
    duckdb.execute(f"SELECT CAST('{CANARY}' AS INTEGER)").fetchall()


def _database_says_it(province: Province) -> None:
    with transaction(province.services.node.database) as session:
        session.execute(text("SELECT * FROM none WHERE name = :name"), {"name": CANARY})


def _chain_says_it() -> None:
    try:
        raise KeyError(CANARY)
    except KeyError as error:
        raise RuntimeError(f"no {CANARY}") from error


@pytest.mark.parametrize("who", ["duckdb", "database", "chain"])
@pytest.mark.parametrize("target", [ROWS, "/datasets/sg_firms"])
def test_what_an_exception_quotes_is_said_nowhere(
    watched: Watched,
    loud: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    who: str,
    target: str,
) -> None:
    def fail(*_args: object, **_options: object) -> None:
        if who == "database":
            _database_says_it(watched.province)
        _duckdb_says_it() if who == "duckdb" else _chain_says_it()

    monkeypatch.setattr(watched.province.services.gateway, "decide", fail)
    answer = watched.ask("GET", target)
    lines = watched.lines(answer.number)
    assert answer.status == 500
    assert CANARY not in said(watched, loud, capfd)
    assert CANARY.encode() not in answer.body
    kinds = {"duckdb": "ConversionException", "database": "OperationalError", "chain": "Runtime"}
    failure = next(line for line in lines if line["level"] == "error")
    assert kinds[who] in str(failure["error"])
    places = str(failure["at_place"])
    assert "xihu_portals." in places
    assert "_says_it:" in places or "sqlalchemy." in places or "duckdb." in places


def test_the_number_on_the_page_of_a_failure_is_in_the_log_with_type_and_place(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        watched.province.services.catalogue.contracts, "get", lambda *_: _chain_says_it()
    )
    page = watched.ask("GET", "/datasets/sg_firms")
    assert page.body.decode().count(page.number) == 2
    (failure, line) = watched.lines(page.number)
    assert (failure["error"], failure["caused_by"]) == ("RuntimeError", ["KeyError"])
    assert line["status"] == 500


def test_the_page_of_an_error_carries_the_number_of_its_header(watched: Watched) -> None:
    page = watched.ask("GET", "/datasets/nothing", Accept_Language="en")
    assert f"Request number {page.number}" in page.body.decode()
    assert watched.lines(page.number)[-1]["route"] == "/datasets/{dataset}"


def test_each_request_has_a_number_of_its_own_and_one_line(watched: Watched) -> None:
    first, second = watched.ask("GET", f"{ROWS}?limit=1"), watched.ask("GET", f"{ROWS}?limit=1")
    assert first.number != second.number
    (line,) = watched.lines(first.number)
    assert line | {"at": 0, "ms": 0} == {
        "at": 0,
        "level": "info",
        "logger": "xihu.request",
        "message": "request",
        "request": first.number,
        "method": "GET",
        "route": "/api/v1/datasets/{dataset}/rows",
        "status": 200,
        "ms": 0,
        "bytes": len(first.body),
    }


def test_a_page_that_cannot_even_be_made_for_a_failure_is_a_short_text(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr(watched.province.services.catalogue.contracts, "get", broken)
    monkeypatch.setattr("xihu_node.app.visitor_of", broken)
    answer = watched.ask("GET", "/datasets/sg_firms")
    assert answer.status == 500
    assert answer.number in answer.body.decode()
    assert CANARY not in answer.body.decode() + watched.written.getvalue()


def test_names_and_pseudonyms_of_rows_that_were_read_are_said_nowhere(
    watched: Watched, loud: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    token = watched.province.token("wang")
    answer = watched.ask(
        "GET", "/api/v1/datasets/ga_residents/rows?purpose=own", Authorization=f"Bearer {token}"
    )
    (row,) = json.loads(answer.body)["rows"]
    subject = watched.province.citizen("wang").subject
    values = [value for value in row.values() if isinstance(value, str) and len(value) > 5]
    assert len(values) > 3
    everything = said(watched, loud, capfd)
    assert not [v for v in (*values, subject, token, "ga_residents") if str(v) in everything]


def test_a_signed_in_page_says_neither_cookie_nor_person(
    watched: Watched, loud: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    call = Call("GET", "/my/data", "", "wang")
    cookie, csrf = session_of(watched.province, "right", call)
    answer = watched.ask("GET", "/my/data", Cookie=f"xihu_citizen={cookie}")
    assert answer.status == 200
    everything = said(watched, loud, capfd)
    assert not [v for v in ("王若溪", cookie, csrf) if str(v) in everything]


def test_deciding_planning_reading_and_the_log_are_spans_under_the_request(
    watched: Watched,
) -> None:
    watched.exporter.clear()
    nothing = secrets.token_hex(6)  # never asked before, so that it is read and not kept
    answer = watched.ask("GET", f"{ROWS}?filter=name:eq:{nothing}")
    assert answer.status == 200
    watched.lines(answer.number)
    spans = {span.name: span for span in watched.exporter.get_finished_spans()}
    assert spans.keys() == {"request", "decide", "plan", "execute", "log wait"}
    whole = spans["request"]
    assert whole.attributes == {
        "http.request.method": "GET",
        "http.route": "/api/v1/datasets/{dataset}/rows",
        "http.response.status_code": 200,
        "xihu.request": answer.number,
    }
    context = whole.get_span_context()
    assert context is not None
    assert {s.context.trace_id for s in spans.values() if s.context} == {context.trace_id}


def test_spans_of_a_failure_hold_its_type_and_no_event(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.exporter.clear()
    monkeypatch.setattr(watched.province.services.gateway, "policy", lambda *_: _chain_says_it())
    number = watched.ask("GET", ROWS).number
    watched.lines(number)
    spans = watched.exporter.get_finished_spans()
    assert {s.attributes["error.type"] for s in spans if s.attributes} == {"RuntimeError"}
    assert not [event for span in spans for event in span.events]
    assert not [s for s in spans if s.status.description]


def test_a_download_that_breaks_off_is_told_as_that(
    watched: Watched,
    loud: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pieces = iter([b"first"])

    async def broken(_self: Download) -> bytes:
        for piece in pieces:
            return piece
        raise RuntimeError(CANARY)

    monkeypatch.setattr(Download, "_next", broken)
    before = len(watched.lines())
    with pytest.raises(http.client.IncompleteRead):
        watched.ask("GET", "/datasets/sg_firms/download.csv")
    said_since = watched.lines()[before:]
    line = next(one for one in said_since if one["message"] == "request")
    assert (line["status"], line["bytes"], line["broken_off"]) == (200, 5, True)
    assert CANARY not in said(watched, loud, capfd)
