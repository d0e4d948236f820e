"""Each request as it is seen from outside: a number, one log line, a measure, a span.

What is told of a request is the template of its route, never its address: an address may hold a
person's number, a query string a filter's value. The number comes from nothing that the caller
sends.
"""

import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from xihu_platform.telemetry.logs import REQUEST, facts, failure_facts
from xihu_platform.telemetry.traces import TRACER, Tracer

log = logging.getLogger("xihu.request")
HEADER = "X-Request-Id"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE = "(none)"
"""Of an address that no route takes: it is the caller's own text."""
Fault = Callable[[Request, Exception], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Answered:
    """One request that has ended."""

    method: str
    route: str
    status: int | None
    """None where the client was gone before any answer."""
    seconds: float
    sent_bytes: int
    whole: bool
    """False for an answer that was broken off."""


@dataclass(slots=True)
class _Answer:
    """What has been sent so far."""

    number: str
    status: int | None = None
    sent_bytes: int = 0
    whole: bool = False
    begun: float = field(default_factory=time.perf_counter)


class Observed:
    """Middleware outside of all others. What is raised ends here: the server would print it.

    `fault` makes the answer to a failure of the program; `told` hear of each request at its end.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        fault: Fault,
        tracer: Tracer,
        told: tuple[Callable[[Answered], None], ...],
    ) -> None:
        self._app = app
        self._fault = fault
        self._tracer = tracer
        self._told = (log_line, *told)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(secrets.token_hex(8))
        number, tracer = REQUEST.set(answer.number), TRACER.set(self._tracer)
        try:
            await self._answer(scope, receive, _noting(answer, send), answer)
        finally:
            TRACER.reset(tracer)
            REQUEST.reset(number)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, answer: _Answer) -> None:
        with self._tracer.span("request") as span:
            try:
                await self._app(scope, receive, send)
            except ClientDisconnect:
                pass  # nobody is there to be answered
            except Exception as error:
                span.fail(type(error).__name__)
                log.error("a request failed", extra=failure_facts(error, route=route_of(scope)))
                if answer.status is None:
                    await self._apologise(scope, receive, send, error)
            finally:
                ended = _ended(scope, answer)
                span.set("http.request.method", ended.method)
                span.set("http.route", ended.route)
                span.set("http.response.status_code", ended.status or 0)
                span.set("xihu.request", answer.number)
                for told in self._told:
                    told(ended)

    async def _apologise(
        self, scope: Scope, receive: Receive, send: Send, error: Exception
    ) -> None:
        try:
            response = await self._fault(Request(scope), error)
        except Exception as second:  # whatever the first broke, the page needs too
            log.error("the page of a failure failed", extra=failure_facts(second))
            text = f"平台内部出错 The platform failed: {REQUEST.get()}\n"
            response = PlainTextResponse(text, status_code=500)
        await response(scope, receive, send)


def _noting(answer: _Answer, send: Send) -> Send:
    async def noted(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            MutableHeaders(scope=message)[HEADER] = answer.number
        await send(message)
        if message["type"] == "http.response.body":
            answer.sent_bytes += len(message.get("body", b""))
            answer.whole = not message.get("more_body", False)

    return noted


def _ended(scope: Scope, answer: _Answer) -> Answered:
    return Answered(
        method=scope["method"] if scope["method"] in METHODS else "OTHER",
        route=route_of(scope),
        status=answer.status,
        seconds=time.perf_counter() - answer.begun,
        sent_bytes=answer.sent_bytes,
        whole=answer.whole,
    )


def route_of(scope: Scope) -> str:
    """The template of the route that took the request.

    >>> route_of({"path": "/datasets/a/rows"})
    '(none)'
    """
    route = scope.get("route")
    return NO_ROUTE if route is None else str(route.path)


def log_line(ended: Answered) -> None:
    """One line for each request."""
    if not log.isEnabledFor(logging.INFO):
        return
    said = facts(
        method=ended.method,
        route=ended.route,
        status=ended.status,
        ms=round(ended.seconds * 1000, 1),
        bytes=ended.sent_bytes,
        **({} if ended.whole else {"broken_off": True}),
    )
    log.info("request", extra=said)
