"""Airflow: the DAG of harvests; its work is in xihu_pipelines.harvest."""

from xihu_pipelines.runner.outside import harvest_dag

dag = harvest_dag()
