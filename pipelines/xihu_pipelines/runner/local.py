"""The in-process runner: the same steps as Airflow's tasks, one after the other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from openlineage.client.uuid import generate_new_uuid

from xihu_pipelines.runner.errors import NothingNew, told
from xihu_pipelines.runner.outline import Outline, read_outlines
from xihu_pipelines.runner.retry import RETRIES, wait_s
from xihu_pipelines.runner.steps import STEPS, Bench, Run, Step, begin, fail
from xihu_platform.errors import PlatformError, TransientError


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: with its outcome, with nothing new, or with a fault."""

    dataset: str
    run: Run | None = None
    idle: NothingNew | None = None
    fault: PlatformError | None = None


def run_one(bench: Bench, outline: Outline, sleep: Callable[[float], None]) -> Ended:
    """Run one dataset's steps; `sleep` waits between the tries of a transient fault."""
    now = bench.clock()
    run = begin(outline.dataset, outline.file, generate_new_uuid(now), now)
    try:
        for step in STEPS:
            run = _tried(step, bench, run, sleep)
    except NothingNew as idle:
        bench.say(idle.text)
        return Ended(outline.dataset, idle=idle)
    except Exception as error:  # the edge of a run: the next dataset is none the worse for it
        fault = told(error)
        fail(bench, run, fault)
        return Ended(outline.dataset, fault=fault)
    return Ended(outline.dataset, run=run)


def run_all(bench: Bench, sleep: Callable[[float], None]) -> Iterator[Ended]:
    """Run every dataset once, each after those it is derived from or refers to."""
    outlines = read_outlines(bench.contracts)
    for dataset in _in_order(outlines):
        yield run_one(bench, outlines[dataset], sleep)


def _tried(step: Step, bench: Bench, run: Run, sleep: Callable[[float], None]) -> Run:
    for number in range(RETRIES):
        try:
            return step(bench, run)
        except TransientError as error:
            bench.say(error.text)
        sleep(wait_s(number))
    return step(bench, run)


def _in_order(outlines: dict[str, Outline]) -> list[str]:
    from xihu_catalog.contracts.references import in_order
    from xihu_catalog.lineage.columns import tables_of

    return in_order(
        {
            name: [*o.refers, *(tables_of(o.query) if o.query else ())]
            for name, o in outlines.items()
        }
    )
