"""Airflow: the DAG by which time acts in matters; its work is in xihu_catalog.sharing."""

from xihu_pipelines.runner.ticking import tick_dag

dag = tick_dag()
