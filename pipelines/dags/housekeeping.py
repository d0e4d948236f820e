"""Airflow: the DAG of housekeeping, every night; its work is in xihu_pipelines.housekeeping."""

from xihu_pipelines.runner.nightly import housekeeping_dag

dag = housekeeping_dag()
