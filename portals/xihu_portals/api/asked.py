"""A metric's question that was answered before: decided, recorded and answered on the event loop.

Only what would be allowed takes this way. Whatever else comes of a question, a refusal above all,
goes through the route itself.
"""

import threading
from collections.abc import Callable, Coroutine
from typing import Any

from cachetools import LRUCache
from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from xihu_platform.access.gateway import AccessGateway
from xihu_platform.brain.kept import KeptAnswer
from xihu_platform.brain.query import MetricQuery
from xihu_platform.brain.service import ask
from xihu_platform.brain.spec import MetricSpec
from xihu_platform.identity.principal import ANONYMOUS, Principal
from xihu_platform.words import Language
from xihu_portals.api.auth import claims_of, services_of
from xihu_portals.api.datasets import language
from xihu_portals.api.marks import marked, may_keep, unmarked
from xihu_portals.services import Services

LIMIT = 4096
LONGEST = 2048
"""Bytes of a question that is kept."""
_Words = tuple[str, bytes, str | None]


class AskedBefore(APIRoute):
    """The route of a metric's question."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        # Any: FastAPI's own signature.
        answer = super().get_route_handler()
        if not self.path.endswith("/query"):
            return answer
        questions = Questions()

        async def asked(request: Request) -> Response:
            request.state.questions = questions
            return await _again(request, questions) or await answer(request)

        return asked


class Questions:
    """What a query string means: questions that were read and checked once."""

    def __init__(self) -> None:
        self._read: LRUCache[_Words, tuple[MetricSpec, MetricQuery, Language]] = LRUCache(LIMIT)
        self._lock = threading.Lock()

    def find(self, request: Request) -> tuple[MetricSpec, MetricQuery, Language] | None:
        with self._lock:
            return self._read.get(_words(request))

    def keep(self, request: Request, spec: MetricSpec, query: MetricQuery, lang: Language) -> None:
        words = _words(request)
        if len(words[1]) + len(words[2] or "") <= LONGEST:
            with self._lock:
                self._read[words] = spec, query, lang


def _words(request: Request) -> _Words:
    path: str = request.scope["path"]
    return path, request.scope["query_string"], request.headers.get("accept-language")


async def _again(request: Request, questions: Questions) -> Response | None:
    services = services_of(request)
    found = questions.find(request)
    if found is None or not services.gateway.policy_version.is_local:
        return None
    said = await claims_of(request)
    number = services.gateway.policy_version.read()  # nothing waits from here to the decision
    caller = ANONYMOUS if said is None else services.principals.find(*said, number)
    kept = None if caller is None else services.answers.find(caller, *found, number)
    if caller is None or kept is None:
        return None
    return _respond(request, services.gateway, caller, kept, await _durable(services, caller, kept))


async def _durable(services: Services, caller: Principal, kept: KeptAnswer) -> int:
    return await services.log.durable(kept.entry(caller))


def answer_metric(
    request: Request, caller: Principal, spec: MetricSpec, query: MetricQuery
) -> Response:
    """An answer, from what is kept if it may be given again, else a new one; recorded like any."""
    services, lang = services_of(request), language(request)
    number = services.gateway.policy_version.read()
    kept = services.answers.find(caller, spec, query, lang, number)
    if kept is not None:
        seq: int | None = services.log.record(kept.entry(caller))
    else:
        before = services.answers.basis(spec, number)
        answer = ask(services.gateway, caller, spec, query, services.registered)
        kept = services.answers.keep(answer, query, lang, before)
        seq = answer.citation.audit_entry
    request.state.questions.keep(request, spec, query, lang)
    return _respond(request, services.gateway, caller, kept, seq or 0)


def _respond(
    request: Request, gateway: AccessGateway, caller: Principal, kept: KeptAnswer, seq: int
) -> Response:
    content = kept.body(seq)
    if not may_keep(caller, about_persons=kept.basis.policy.subject_key is not None):
        return unmarked(content)
    return marked(request, gateway, caller, content, kept.etag)
