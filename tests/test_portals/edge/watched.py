"""The demo province behind a real server, with everything that can be seen of it from outside."""

import asyncio
import http.client
import io
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from fastapi import FastAPI
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import generate_latest

from tests.province import Province
from xihu_node.app import create_app
from xihu_platform.settings import TelemetrySettings
from xihu_platform.telemetry.logs import start_logging
from xihu_platform.telemetry.traces import open_tracer
from xihu_portals.edge.protocol import protocol_with


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def number(self) -> str:
        return self.headers["x-request-id"]


@dataclass(frozen=True)
class Watched:
    """A server, and all that it says of what it was asked."""

    province: Province
    app: FastAPI
    port: int
    exporter: InMemorySpanExporter
    written: io.StringIO
    """Log lines as JSON."""

    def ask(self, method: str, target: str, body: bytes | None = None, **headers: str) -> Answer:
        """By a client that logs nothing itself; `headers` with `_` for `-`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, target, body, named)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read())
        finally:
            connection.close()

    def lines(self, number: str | None = None) -> list[dict[str, object]]:
        """The log lines of one request, or all; the last may come after the answer."""
        until = time.monotonic() + 5
        while True:
            found = [json.loads(line) for line in self.written.getvalue().splitlines()]
            mine = [line for line in found if number in (None, line.get("request"))]
            if time.monotonic() > until or any(line["message"] == "request" for line in mine):
                return mine
            time.sleep(0.01)

    def metrics(self) -> str:
        return generate_latest(self.app.state.metrics.registry).decode()

    def spans(self) -> str:
        return "".join(span.to_json() for span in self.exporter.get_finished_spans())

    def span_names(self) -> set[str]:
        return {span.name for span in self.exporter.get_finished_spans()}


@contextmanager
def watching(province: Province) -> Iterator[Watched]:
    exporter, written = InMemorySpanExporter(), io.StringIO()
    hook = threading.excepthook
    start_logging(TelemetrySettings(log="json"), level=logging.DEBUG, stream=written)
    app = create_app(province.services, open_tracer(None, SimpleSpanProcessor(exporter)))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        proxy_headers=False,
        http=protocol_with(province.services.node.settings.serve.write_limit_s),
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield Watched(province, app, int(listener.getsockname()[1]), exporter, written)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
        threading.excepthook = hook
        _forget(written)


def _forget(written: io.StringIO) -> None:
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, logging.StreamHandler) and handler.stream is written:
            root.removeHandler(handler)
    logging.getLogger("xihu").setLevel(logging.NOTSET)
