"""The in-process runner: the same steps as Airflow's tasks, one after the other."""

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass

from openlineage.client.uuid import generate_new_uuid

from xihu_catalog.contracts.headers import ContractHeader, list_headers
from xihu_pipelines.runner.errors import NothingNew, as_platform_error
from xihu_pipelines.runner.retry import RETRIES, wait_s
from xihu_pipelines.runner.steps import STEPS, RunContext, RunState, Step, begin, fail
from xihu_platform.errors import PlatformError, TransientError


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: with its outcome, with nothing new, or with a fault."""

    dataset: str
    run: RunState | None = None
    idle: NothingNew | None = None
    fault: PlatformError | None = None


def run_one(context: RunContext, header: ContractHeader, sleep: Callable[[float], None]) -> Ended:
    """Run one dataset's steps; `sleep` waits between the tries of a transient fault."""
    now = context.clock()
    run = begin(header.dataset, header.digest, generate_new_uuid(now), now)
    try:
        for step in STEPS:
            run = _tried(step, context, run, sleep)
    except NothingNew as idle:
        context.say(idle.text)
        return Ended(header.dataset, idle=idle)
    except Exception as error:  # the edge of a run: the next dataset is none the worse for it
        fault = as_platform_error(error)
        fail(context, run, fault)
        return Ended(header.dataset, fault=fault)
    return Ended(header.dataset, run=run)


def run_all(
    context: RunContext,
    sleep: Callable[[float], None],
    only: Container[str] | None = None,
    before: Callable[[str], None] = lambda _dataset: None,
) -> Iterator[Ended]:
    """Run every dataset once, or `only` these, each after those it is derived from or refers to.

    `before` is called with each before its run.
    """
    headers = list_headers(context.node.database)
    for dataset in _in_order(headers):
        if only is None or dataset in only:
            before(dataset)
            yield run_one(context, headers[dataset], sleep)


def _tried(
    step: Step, context: RunContext, run: RunState, sleep: Callable[[float], None]
) -> RunState:
    for number in range(RETRIES):
        try:
            return step(context, run)
        except TransientError as error:
            context.say(error.text)
        sleep(wait_s(number))
    return step(context, run)


def _in_order(headers: dict[str, ContractHeader]) -> list[str]:
    from xihu_catalog.contracts.references import in_order

    return in_order({name: [*one.refers, *one.inputs] for name, one in headers.items()})
