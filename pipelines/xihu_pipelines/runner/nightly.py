"""Airflow's DAG of housekeeping: one task that tidies every dataset, one after the other.

Imported by `pipelines/dags/housekeeping.py` only, at each parse: nothing heavy comes with it.
"""

import logging
from datetime import timedelta

from airflow.sdk import DAG, BaseOperator, Context, CronTriggerTimetable
from airflow.sdk.exceptions import AirflowException

from xihu_platform.words import Text

_log = logging.getLogger("xihu.runner")
NIGHTLY = "30 1 * * *"
"""Before the first loads of a day: see `factory`."""


def housekeeping_dag() -> DAG:
    dag = DAG(
        dag_id="lake_housekeeping",
        dag_display_name="数据整理 Housekeeping",
        schedule=CronTriggerTimetable(NIGHTLY, timezone="Asia/Shanghai"),
        catchup=False,
        max_active_runs=1,
    )
    TidyOperator(task_id="tidy", dag=dag, retries=2, retry_delay=timedelta(minutes=5))
    return dag


class TidyOperator(BaseOperator):
    """Compaction, expiry, orphans and purge of every dataset."""

    ui_color = "#e8f0ec"

    def execute(self, context: Context) -> None:
        from xihu_pipelines.housekeeping.every import (
            contracts_of,
            remove_old_lineage,
            tidy_all,
        )
        from xihu_pipelines.start import open_registry
        from xihu_platform.settings import Settings
        from xihu_platform.start import open_node

        settings = Settings()
        open_registry(settings)
        node = open_node(settings)
        failed = tidy_all(node, contracts_of(node, ()).values(), _say)
        remove_old_lineage(node, _say)
        if failed:
            raise AirflowException(f"not tidied: {', '.join(failed)}")


def _say(text: Text) -> None:
    _log.info("%s", text.zh)
    _log.info("%s", text.en)
