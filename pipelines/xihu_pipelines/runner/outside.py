"""Airflow's DAGs of what goes to and comes from other installations: batch exchange, harvests.

Imported by `pipelines/dags/` only, at each parse: nothing heavy comes with it.
"""

import logging
from datetime import timedelta

from airflow.sdk import DAG, BaseOperator, Context, CronTriggerTimetable
from airflow.sdk.exceptions import AirflowException

_log = logging.getLogger("xihu.runner")
HOURLY = "40 * * * *"
"""After the loads that begin with the hour."""
NIGHTLY = "30 3 * * *"


def exchange_dag() -> DAG:
    """Sends all that is due."""
    return _dag("xihu_batch_exchange", "批量交换 Batch exchange", HOURLY, ExchangeOperator)


def harvest_dag() -> DAG:
    """Harvests each source whose schedule says so."""
    return _dag("xihu_harvest", "目录采集 Harvest", NIGHTLY, HarvestOperator)


def _dag(dag_id: str, title: str, cron: str, operator: type[BaseOperator]) -> DAG:
    dag = DAG(
        dag_id=dag_id,
        dag_display_name=title,
        schedule=CronTriggerTimetable(cron, timezone="Asia/Shanghai"),
        catchup=False,
        max_active_runs=1,
    )
    operator(
        task_id="run",
        dag=dag,
        retries=2,
        retry_delay=timedelta(minutes=5),
        execution_timeout=timedelta(hours=6),
    )
    return dag


class ExchangeOperator(BaseOperator):
    """What `xihu exchange run` does."""

    ui_color = "#e8f0ec"

    def execute(self, context: Context) -> None:
        from contextlib import closing

        from xihu_catalog.start import open_catalogue
        from xihu_pipelines.exchange.due import send_due
        from xihu_pipelines.start import open_registry
        from xihu_platform.access.start import open_gateway
        from xihu_platform.settings import Settings
        from xihu_platform.start import open_node

        settings = Settings()
        open_registry(settings)
        node = open_node(settings)
        bad = []
        with closing(open_gateway(node, open_catalogue(node).policy)) as gateway:
            for name, batch in send_due(node, gateway):
                state = getattr(batch, "state", "same" if batch is None else "not sent")
                _log.info("%s: %s", name, state)
                if state not in {"committed", "same"}:
                    bad.append(name)
        if bad:
            raise AirflowException(f"did not arrive: {', '.join(bad)}")


class HarvestOperator(BaseOperator):
    """What `xihu harvest run --due` does."""

    ui_color = "#e8f0ec"

    def execute(self, context: Context) -> None:
        from xihu_catalog.start import open_contracts
        from xihu_pipelines.harvest.run import due_sources, harvest_source
        from xihu_pipelines.start import open_registry
        from xihu_platform.settings import Settings
        from xihu_platform.start import open_node

        settings = Settings()
        open_registry(settings)
        node = open_node(settings)
        open_contracts(node)
        bad = []
        for source in due_sources(node):
            run = harvest_source(node, source)
            _log.info("%s: %s", source.id, run.state)
            if run.state != "complete":
                bad.append(source.id)
        if bad:
            raise AirflowException(f"not complete: {', '.join(bad)}")
