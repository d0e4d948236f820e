"""Airflow's DAGs: one for each contract, made of the runner's steps.

Imported by the files in `pipelines/dags/` only, at each parse: nothing heavy comes with it.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID
from zlib import crc32

from airflow.sdk import DAG, Asset, AssetAny, BaseOperator, Context, CronTriggerTimetable
from airflow.sdk import get_parsing_context as parsing_context
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from sqlalchemy.exc import DBAPIError

from xihu_catalog.contracts.headers import ContractHeader, find_header, list_headers
from xihu_pipelines.runner.retry import FIRST_WAIT_S, LONGEST_WAIT_S, RETRIES
from xihu_pipelines.runner.steps import STEPS, RunContext, RunState, Step, begin, fail
from xihu_platform.database import open_database
from xihu_platform.errors import TerminalError
from xihu_platform.settings import Settings
from xihu_platform.words import Text

_log = logging.getLogger("xihu.runner")

# Files are expected by the end of their period, so they are looked for on its second day. Hour
# and minute are spread by dataset: 400 loads do not start in one minute.
_CRON = {
    "daily": "{minute} {hour} * * *",
    "weekly": "{minute} {hour} * * 1",
    "monthly": "{minute} {hour} 2 * *",
    "quarterly": "{minute} {hour} 2 1,4,7,10 *",
    "yearly": "{minute} {hour} 2 1 *",
}
_FIRST_HOUR, _HOURS = 2, 4
_OPTIONS: dict[str, Any] = {  # Any: they are BaseOperator's, each of its own type
    "retries": RETRIES,
    "retry_delay": timedelta(seconds=FIRST_WAIT_S),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(seconds=LONGEST_WAIT_S),
}


def contract_dags() -> Iterator[DAG]:
    """The DAGs of all contracts; while a task runs, the one it belongs to alone."""
    database = open_database(Settings().database_url)
    try:
        wanted = parsing_context().dag_id
        if wanted is None:
            return map(contract_dag, list_headers(database).values())
        found = find_header(database, wanted.removesuffix("_load"))
        return iter([contract_dag(found)] if found else [])
    except DBAPIError as fault:
        raise TerminalError(
            "应用数据库还没有表：请先运行 xihu airflow、xihu run 或 xihu ingest 一次",
            "the application database has no tables yet: run xihu airflow, xihu run or xihu ingest "
            "once",
        ) from fault
    finally:
        database.dispose()


def contract_dag(header: ContractHeader) -> DAG:
    dag = DAG(
        dag_id=f"{header.dataset}_load",
        dag_display_name=f"{header.title.zh} {header.title.en}",
        schedule=schedule_of(header),
        catchup=False,
        max_active_runs=1,
        tags={header.topic} if header.topic else None,
    )
    before: StepOperator | None = None
    for step in STEPS:
        task = StepOperator(
            task_id=step.__name__,
            dag=dag,
            dataset=header.dataset,
            outlets=[asset_of(header.dataset)] if step is STEPS[-1] else [],
            **_OPTIONS,
        )
        if before is not None:
            before >> task
        before = task
    return dag


def asset_of(dataset: str) -> Asset:
    return Asset(name=dataset, uri=f"xihu://{dataset}")


def schedule_of(header: ContractHeader) -> AssetAny | CronTriggerTimetable | None:
    """By the assets it reads when it is derived, else by its update cycle in Shanghai's time."""
    if header.derived:
        assets = [asset_of(dataset) for dataset in header.inputs]
        return AssetAny(*assets) if assets else None
    cron = _CRON.get(header.cycle)
    if cron is None:
        return None
    spread = crc32(header.dataset.encode())
    hour, minute = _FIRST_HOUR + spread // 60 % _HOURS, spread % 60
    return CronTriggerTimetable(cron.format(hour=hour, minute=minute), timezone="Asia/Shanghai")


class StepOperator(BaseOperator):
    """One step of a run. The last one tells Airflow that the dataset has a new snapshot."""

    ui_color = "#e8f0ec"

    # Any: BaseOperator's own arguments.
    def __init__(self, *, dataset: str, **options: Any) -> None:
        super().__init__(**options)
        self.dataset = dataset

    def execute(self, context: Context) -> dict[str, Any]:
        opened = _context()
        run = self._run(opened, context)
        done, ending = _attempt(opened, self._step, run, is_last=_is_last_try(context))
        if done is None:
            raise ending
        for asset in self.outlets:
            event = context["outlet_events"][asset]
            event.extra = {"load_id": done.load_id, "snapshot_id": str(done.snapshot_id)}
        return done.to_json()

    @property
    def _step(self) -> Step:
        return next(step for step in STEPS if step.__name__ == self.task_id)

    def _run(self, opened: RunContext, context: Context) -> RunState:
        """What the step before handed on; the first step begins."""
        for before in self.upstream_task_ids:
            return RunState.from_json(context["ti"].xcom_pull(task_ids=before))
        dag_run = context["dag_run"]
        nominal = dag_run.logical_date or dag_run.run_after
        run_id = _run_id(dag_run)
        header = find_header(opened.node.database, self.dataset)
        return begin(self.dataset, header.digest if header else "", run_id, nominal)


def _attempt(
    context: RunContext, step: Step, run: RunState, *, is_last: bool
) -> tuple[RunState | None, AirflowException]:
    """The step's result, or how the task ends. The exception is raised by the caller, outside of
    the handler: a task's log shows what an exception came from, and that may quote a row."""
    from xihu_pipelines.runner.errors import NothingNew, as_platform_error
    from xihu_platform.errors import TransientError

    try:
        return step(context, run), AirflowException()
    except NothingNew as idle:
        context.say(idle.text)
        return None, AirflowSkipException(f"{idle.text.zh} {idle.text.en}")
    except Exception as error:  # the edge of a task
        fault = as_platform_error(error)
    words = f"{fault.text.zh}\n{fault.text.en}"
    may_be_tried_again = isinstance(fault, TransientError)
    if may_be_tried_again and not is_last:
        context.say(fault.text)
        return None, AirflowException(words)
    fail(context, run, fault)
    return None, AirflowException(words) if may_be_tried_again else AirflowFailException(words)


def _is_last_try(context: Context) -> bool:
    ti = context["ti"]
    return bool(ti.try_number > ti.max_tries)


def _run_id(dag_run: Any) -> UUID:
    # Any: Airflow's DagRun of the task's side is a generated model.
    from openlineage.client.uuid import generate_static_uuid

    name = f"{dag_run.dag_id}/{dag_run.run_id}"
    return generate_static_uuid(dag_run.run_after, name.encode())


def _context() -> RunContext:
    from xihu_catalog.lineage.emit import open_emitter
    from xihu_catalog.start import open_contracts
    from xihu_pipelines.start import open_registry
    from xihu_platform.start import open_node

    settings = Settings()
    open_registry(settings)
    node = open_node(settings)
    return RunContext(node, open_emitter(settings), _say, open_contracts(node))


def _say(text: Text) -> None:
    _log.info("%s", text.zh)
    _log.info("%s", text.en)
