"""Spans of our own: how long deciding, planning, reading and waiting for the log take.

A span has a name, times and the few attributes that this room sets. The stock instrumentations of
OpenTelemetry are not used: they write SQL texts, addresses and query strings. Nor is a trace of the
caller's continued: its ids and state would be the caller's text in our traces.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from functools import wraps
from importlib.metadata import version
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar

from xihu_platform.extras import require
from xihu_platform.telemetry.failures import describe
from xihu_platform.telemetry.logs import facts
from xihu_platform.words import Text

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.trace import Span as OpenSpan

log = logging.getLogger("xihu.trace")
P = ParamSpec("P")
T = TypeVar("T")


class Span(Protocol):
    """A span under way."""

    def set(self, name: str, value: str | int) -> None:
        """Only what this program names itself: a route template, a status."""

    def fail(self, kind: str) -> None:
        """Mark it as failed, by the type of what was raised."""


class Tracer(Protocol):
    """Where spans go."""

    def span(self, name: str) -> AbstractContextManager[Span]: ...

    def close(self) -> None: ...


class NoSpan:
    """A span that is kept nowhere."""

    def set(self, name: str, value: str | int) -> None:
        pass

    def fail(self, kind: str) -> None:
        pass


class NoTracer:
    """For an installation that sends no traces."""

    _span = nullcontext(NoSpan())

    def span(self, name: str) -> AbstractContextManager[Span]:
        return self._span

    def close(self) -> None:
        pass


class LogTracer:
    """Writes each span as a log line, for `xihu --verbose`."""

    @contextmanager
    def span(self, name: str) -> Iterator[Span]:
        begun = time.perf_counter()
        try:
            yield NoSpan()
        finally:
            ms = round((time.perf_counter() - begun) * 1000, 1)
            log.debug("span", extra=facts(name=name, ms=ms))

    def close(self) -> None:
        pass


TRACER: ContextVar[Tracer] = ContextVar("tracer", default=NoTracer())  # noqa: B039  # no state
"""The tracer of the request that is being answered; outside of one nothing is traced."""


def span(name: str) -> AbstractContextManager[Span]:
    """A span around a block, in the trace of the request that is being answered."""
    return TRACER.get().span(name)


def traced(name: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """The same around a function."""

    def around(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def inner(*args: P.args, **kwargs: P.kwargs) -> T:
            with span(name):
                return function(*args, **kwargs)

        return inner

    return around


def open_tracer(url: str | None, processor: "SpanProcessor | None" = None) -> Tracer:
    """The tracer of this process; spans go to an OTLP receiver at `url`, or to `processor`.

    Raises TerminalError where the extra is not installed.
    """
    if url is None and processor is None:
        return NoTracer()
    why = Text("XIHU_TELEMETRY__TRACES_URL ", "XIHU_TELEMETRY__TRACES_URL")
    require("otel", "opentelemetry.exporter.otlp.proto.http", why)
    require("otel", "opentelemetry.sdk", why)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(
        resource=Resource({"service.name": "xihu", "service.version": version("xihu")}),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(processor or BatchSpanProcessor(OTLPSpanExporter(endpoint=url)))
    return OtelTracer(provider)


class OtelTracer:
    """Spans through the OpenTelemetry SDK."""

    def __init__(self, provider: "TracerProvider") -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("xihu")

    @contextmanager
    def span(self, name: str) -> Iterator[Span]:
        # The SDK would record the message and the trace of what is raised.
        opened = self._tracer.start_as_current_span(
            name, record_exception=False, set_status_on_exception=False
        )
        with opened as current:
            made = _OtelSpan(current)
            try:
                yield made
            except Exception as error:
                made.fail(describe(error).kind)
                raise

    def close(self) -> None:
        self._provider.shutdown()


class _OtelSpan:
    def __init__(self, inner: "OpenSpan") -> None:
        self._inner = inner

    def set(self, name: str, value: str | int) -> None:
        self._inner.set_attribute(name, value)

    def fail(self, kind: str) -> None:
        from opentelemetry.trace import StatusCode

        self._inner.set_status(StatusCode.ERROR)
        self._inner.set_attribute("error.type", kind)
