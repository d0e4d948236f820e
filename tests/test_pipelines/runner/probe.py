"""Run in a process of its own, with Airflow's environment: what the DAG file makes, as JSON.

Importing Airflow reads its configuration and writes to its home, which no test process should.
"""

import json
import sys
from typing import Any

CANARY = "Canary-7f3a"


def structure() -> dict[str, Any]:
    """The DAGs by id. Any: JSON."""
    from airflow.sdk import DAG

    from xihu_pipelines.runner.factory import contract_dags
    from xihu_pipelines.runner.outside import exchange_dag, harvest_dag
    from xihu_pipelines.runner.ticking import tick_dag

    def described(dag: DAG) -> dict[str, Any]:
        return {
            "schedule": repr(dag.schedule),
            "catchup": dag.catchup,
            "runs": dag.max_active_runs,
            "tasks": {
                task.task_id: {
                    "after": sorted(task.upstream_task_ids),
                    "outlets": [asset.uri for asset in task.outlets],
                    "retries": task.retries,
                    "backoff": bool(task.retry_exponential_backoff),
                }
                for task in dag.tasks
            },
        }

    dags = (*contract_dags(), tick_dag(), exchange_dag(), harvest_dag())
    return {dag.dag_id: described(dag) for dag in dags}


def heavy() -> list[str]:
    """Heavy libraries that the DAG file brought with it."""
    return sorted({"duckdb", "pyarrow", "pandas", "pyiceberg", "sqlglot"} & sys.modules.keys())


def endings() -> dict[str, list[Any]]:
    """How a task ends for each kind of fault: exception, its words, what it came from, events."""
    from uuid import UUID

    from xihu_pipelines.runner import factory
    from xihu_pipelines.runner.errors import NothingNew
    from xihu_pipelines.runner.steps import RunContext, begin
    from xihu_platform.clock import system_clock
    from xihu_platform.errors import BadInput, TransientError

    faults = {
        "idle": NothingNew("无", "nothing new"),
        "terminal": BadInput("坏", "bad"),
        "transient": TransientError("忙", "busy"),
        "unknown": ValueError(f"could not convert {CANARY}"),
    }
    context = factory._context()
    contract = context.contracts.published().keys()
    digest = context.contracts.get(min(contract)).digest
    run = begin("trial", digest, UUID(int=1), system_clock())
    found: dict[str, list[Any]] = {}
    for name, fault in faults.items():
        for is_last in (False, True):
            emitted: list[str] = []
            desk = RunContext(context.node, _kept(emitted), context.say, context.contracts)
            _, ending = factory._attempt(desk, _raising(fault), run, is_last=is_last)
            kind = type(ending).__name__
            key = f"{name}, last" if is_last else name
            found[key] = [kind, str(ending), repr(ending.__context__), emitted]
    return found


def _kept(emitted: list[str]) -> Any:
    return lambda event: emitted.append(event.eventType.value)


def _raising(fault: Exception) -> Any:
    def step(_context: object, _run: object) -> None:
        raise fault

    return step


if __name__ == "__main__":
    seen = {"dags": structure(), "heavy": heavy(), "endings": endings()}
    print(json.dumps(seen, ensure_ascii=False))  # noqa: T201 (this is its output)
