"""Airflow's DAG of the tick: what `xihu matter tick` does, every five minutes.

Imported by `pipelines/dags/matters_tick.py` only, at each parse: nothing heavy comes with it. The
portals tick as well while they serve; a tick that finds nothing new says nothing.
"""

import logging
from datetime import timedelta

from airflow.sdk import DAG, BaseOperator, Context, CronTriggerTimetable
from airflow.sdk.exceptions import AirflowException

_log = logging.getLogger("xihu.runner")
EVERY = "*/5 * * * *"


def tick_dag() -> DAG:
    dag = DAG(
        dag_id="xihu_matters_tick",
        dag_display_name="事项计时 Tick of matters",
        schedule=CronTriggerTimetable(EVERY, timezone="Asia/Shanghai"),
        catchup=False,
        max_active_runs=1,
    )
    TickOperator(task_id="tick", dag=dag, retries=2, retry_delay=timedelta(minutes=1))
    return dag


class TickOperator(BaseOperator):
    """Reminders, what is late, what a law deems to have happened, and their entries in the log."""

    ui_color = "#e8f0ec"

    def execute(self, context: Context) -> None:
        from xihu_catalog.sharing.start import let_time_act, open_matters
        from xihu_catalog.start import open_contracts
        from xihu_pipelines.start import open_registry
        from xihu_platform.settings import Settings
        from xihu_platform.start import open_node

        settings = Settings()
        open_registry(settings)
        node = open_node(settings)
        done, sent = let_time_act(node, open_matters(node, open_contracts(node)))
        numbers = (done.redated, done.warned, done.lapsed, sent.done)
        _log.info("改期 %d，提醒 %d，依法视为发生 %d，记入日志 %d", *numbers)
        _log.info("%d moved, %d reminders, %d deemed by law, %d written to the log", *numbers)
        if failed := done.failed + sent.failed:
            raise AirflowException(f"{failed} not ticked or not written: see the log")
