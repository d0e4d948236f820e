"""Where spans go: nowhere, or to an OTLP receiver; what a missing extra says."""

import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from xihu_platform.errors import TerminalError
from xihu_platform.telemetry.traces import TRACER, NoTracer, open_tracer, span, traced

SECRET = "canary7f3a"


class Receiver(HTTPServer):
    """An OTLP receiver that keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[bytes] = []


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_spans_reach_a_receiver_without_what_was_raised(receiver: Receiver) -> None:
    tracer = open_tracer(f"http://127.0.0.1:{receiver.server_port}/v1/traces")
    token = TRACER.set(tracer)

    @traced("decide")
    def fail() -> None:
        raise ValueError(SECRET)

    with pytest.raises(ValueError, match=SECRET), span("request") as current:
        current.set("http.route", "/datasets/{dataset}")
        fail()
    TRACER.reset(token)
    tracer.close()
    sent = b"".join(receiver.bodies)
    assert b"decide" in sent
    assert b"/datasets/{dataset}" in sent
    assert b"ValueError" in sent
    assert SECRET.encode() not in sent


def test_without_an_address_nothing_is_traced() -> None:
    assert isinstance(open_tracer(None), NoTracer)
    with span("decide") as current:
        current.set("http.route", "/")
        current.fail("ValueError")


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk", None)
    with pytest.raises(TerminalError, match=r"pip install 'xihu\[otel\]'"):
        open_tracer("http://127.0.0.1:1/v1/traces")
