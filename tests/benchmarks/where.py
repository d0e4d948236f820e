"""Where the time of a request goes: the steps of the request path, timed as it runs in process."""

import asyncio
import functools
import inspect
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from unittest.mock import patch

import click
import httpx

from tests.benchmarks.serving import official_token
from tests.benchmarks.wire import Ask
from xihu_node.app import create_app
from xihu_node.services import open_services
from xihu_platform.access import gateway
from xihu_platform.settings import ServeSettings, Settings
from xihu_platform.start import open_node

STEPS = {
    "token": "xihu_platform.identity.tokens.TokenVerifier.verify",
    "position": "xihu_platform.identity.principals.Principals.find",
    "decision with its grant": "xihu_platform.access.gateway.AccessGateway.decide",
    "snapshot": "xihu_platform.lake.tables.Lake.snapshot",
    "engine": "xihu_platform.engines.duckdb.engine.DuckDBEngine.fetch",
    "metric's SQL": "xihu_platform.brain.service.metric_statement",
    "log entry, durable": "xihu_platform.audit.log.AuditLog.record",
    "log entry, awaited": "xihu_platform.audit.log.AuditLog.durable",
    "kept answer": "xihu_platform.brain.kept.KeptAnswers.find",
    "page as JSON": "xihu_portals.api.datasets._page",
    "metric as points": "xihu_platform.brain.service._points",
    "metric as JSON": "xihu_platform.brain.kept.to_json",
    "JSON as bytes": "orjson.dumps",
}
"""Steps of ours, each with all that it calls."""
Seconds = dict[str, float]


@contextmanager
def timing(spent: Seconds, steps: dict[str, str]) -> Iterator[None]:
    """Add the time of each step to `spent` while the block runs."""
    with ExitStack() as stack:
        for name, target in steps.items():
            owner, _, attribute = target.rpartition(".")
            original = inspect.getattr_static(_find(owner), attribute)
            stack.enter_context(patch(target, _timed(original, name, spent)))
        yield


def _find(dotted: str) -> object:
    import pkgutil

    return pkgutil.resolve_name(dotted)


def _timed(function: Callable[..., object], name: str, spent: Seconds) -> Callable[..., object]:
    if inspect.iscoroutinefunction(function):
        call: Callable[..., Awaitable[object]] = function

        @functools.wraps(function)
        async def waited(*given: object, **named: object) -> object:
            started = perf_counter()
            try:
                return await call(*given, **named)
            finally:
                spent[name] += (perf_counter() - started) * 1000

        return waited

    @functools.wraps(function)
    def called(*given: object, **named: object) -> object:
        started = perf_counter()
        try:
            return function(*given, **named)
        finally:
            spent[name] += (perf_counter() - started) * 1000

    return called


def steps_of(
    data: Path, ask: Ask, *, username: str | None, keep_answers: bool, times: int = 15
) -> dict[str, float]:
    """Median milliseconds of each step of one request, `whole` among them; without a socket."""
    kept = gateway.CACHE_BYTES if keep_answers else 0
    with patch.object(gateway, "CACHE_BYTES", kept):
        port = 8000  # no socket is opened: the token only has to name the same issuer
        settings = Settings(data_dir=data, serve=ServeSettings(port=port))
        services = open_services(open_node(settings))
    headers = [*ask.headers, *(official_token(data, port, username) if username else ())]

    async def ask_again() -> list[Seconds]:
        transport = httpx.ASGITransport(create_app(services))
        async with httpx.AsyncClient(transport=transport, base_url=settings.base_url) as client:
            return [await _once(client, ask, headers) for _ in range(times + 3)]

    runs = asyncio.run(ask_again())[3:]
    services.close()
    names = [name for name in ("whole", *STEPS) if any(name in run for run in runs)]
    return {name: round(median(run.get(name, 0.0) for run in runs), 2) for name in names}


async def _once(client: httpx.AsyncClient, ask: Ask, headers: list[tuple[str, str]]) -> Seconds:
    spent: Seconds = defaultdict(float)
    with timing(spent, STEPS):
        started = perf_counter()
        answer = await client.get(ask.path, headers=headers)
        spent["whole"] = (perf_counter() - started) * 1000
    answer.raise_for_status()
    return spent


def show(title: str, steps: dict[str, float]) -> None:
    click.echo(f"  where the time of {title} goes (ms, in process, each with what it calls):")
    click.echo("    " + ", ".join(f"{name} {took}" for name, took in steps.items()))
