"""Airflow: the DAG of batch exchange; its work is in xihu_pipelines.exchange."""

from xihu_pipelines.runner.outside import exchange_dag

dag = exchange_dag()
