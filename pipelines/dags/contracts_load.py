"""Airflow: one DAG for each contract, `<dataset>_load`; its steps are in xihu_pipelines.runner."""

from xihu_pipelines.runner.factory import contract_dags

globals().update({dag.dag_id: dag for dag in contract_dags()})
