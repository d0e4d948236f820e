"""A real Airflow: files handed in, loads through its REST API, assets, failures, parse times."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.airflow import Airflow, parse_dags, running_airflow
from tests.test_catalog.lineage.test_events import assert_valid
from tests.test_pipelines.runner.made import write_contract, write_rows
from xihu_catalog.lineage.emit import FILE
from xihu_catalog.start import open_contracts
from xihu_platform.lake.tables import Lake
from xihu_platform.settings import Settings
from xihu_platform.start import open_node

pytestmark = pytest.mark.harness

CANARY = "Canary-7f3a"


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    folder = tmp_path_factory.mktemp("airflow")
    contracts = folder / "contracts"
    write_contract(contracts, "trial_source")
    write_contract(contracts, "trial_after", query="SELECT key, code FROM data.trial_source")
    write_contract(contracts, "trial_bad")
    write_contract(contracts, "trial_empty")
    with running_airflow(folder) as running:
        yield running


def _rows(airflow: Airflow, dataset: str) -> int:
    snapshot = Lake(airflow.settings.data_dir / "lake").find_snapshot(f"data.{dataset}")
    return snapshot.rows if snapshot else 0


def test_a_file_handed_in_is_loaded_and_starts_what_is_derived_from_it(airflow: Airflow) -> None:
    intake = airflow.settings.data_dir / "intake"
    write_rows(intake, "trial_source", [f"{CANARY}-{n}" for n in range(30)])
    run = airflow.trigger("trial_source_load")
    assert airflow.wait("trial_source_load", run)["state"] == "success"
    assert _rows(airflow, "trial_source") == 30
    after = airflow.wait("trial_after_load")
    assert (after["state"], after["run_type"]) == ("success", "asset_triggered")
    assert _rows(airflow, "trial_after") == 30
    log = airflow.log("trial_source_load", run, "load")
    assert "收到 30 条，入库 30 条，隔离 0 条" in log
    assert "received 30, accepted 30, quarantined 0" in log
    again = airflow.trigger("trial_source_load")
    assert airflow.wait("trial_source_load", again)["state"] == "success"
    states = {state for state, _ in airflow.tasks("trial_source_load", again).values()}
    assert states == {"skipped"}


def test_a_bad_file_fails_once_with_the_reason_in_both_languages(airflow: Airflow) -> None:
    write_rows(airflow.settings.data_dir / "intake", "trial_bad", ["a", "b"], code=CANARY)
    run = airflow.trigger("trial_bad_load")
    assert airflow.wait("trial_bad_load", run)["state"] == "failed"
    tasks = airflow.tasks("trial_bad_load", run)
    assert tasks == {
        "receive": ("success", 1),
        "load": ("failed", 1),
        "report": ("upstream_failed", 0),
    }
    log = airflow.log("trial_bad_load", run, "load")
    assert "规则 code.pattern：2 条" in log
    assert "rule code.pattern: 2" in log
    assert "原有数据未变，请改正文件后再交" in log
    assert "mend the file and hand it in again" in log
    assert _rows(airflow, "trial_bad") == 0


def test_nothing_handed_in_is_no_failure(airflow: Airflow) -> None:
    run = airflow.trigger("trial_empty_load")
    assert airflow.wait("trial_empty_load", run)["state"] == "success"
    assert airflow.tasks("trial_empty_load", run)["receive"] == ("skipped", 1)
    assert "还没有交来文件" in airflow.log("trial_empty_load", run, "receive")


def test_housekeeping_runs_as_a_dag_of_its_own(airflow: Airflow) -> None:
    run = airflow.trigger("lake_housekeeping")
    assert airflow.wait("lake_housekeeping", run)["state"] == "success"
    assert "ga_residents" in airflow.log("lake_housekeeping", run, "tidy")


def test_time_acts_in_matters_by_a_dag_of_its_own(airflow: Airflow) -> None:
    run = airflow.trigger("xihu_matters_tick")
    assert airflow.wait("xihu_matters_tick", run)["state"] == "success"
    assert "0 moved, 0 reminders" in airflow.log("xihu_matters_tick", run, "tick")


def test_airflow_listens_on_loopback_alone(airflow: Airflow) -> None:
    assert airflow.listening() == {"127.0.0.1"}


def test_an_unknown_caller_gets_nothing(airflow: Airflow) -> None:
    answer = airflow.http.get("dags", headers={"Authorization": "Bearer none"})
    assert answer.status_code in {401, 403}


def test_events_are_valid_and_no_log_holds_a_value(airflow: Airflow) -> None:
    """After whatever ran before it: a load of its own makes sure that something did."""
    folder = airflow.settings.data_dir
    write_rows(folder / "intake", "trial_bad", ["a"], code=f"{CANARY}-more")
    run = airflow.trigger("trial_bad_load")
    airflow.wait("trial_bad_load", run)
    lines = (folder / "lineage" / FILE).read_text("utf-8").splitlines()
    events = [json.loads(line) for line in lines]
    assert {"START", "FAIL"} <= {event["eventType"] for event in events}
    for event in events:
        assert_valid(event)
    looked_at = [*folder.glob("lineage/*"), *folder.rglob("airflow/**/*"), folder / "airflow.out"]
    files = [path for path in looked_at if path.is_file()]
    assert len(files) > 10
    assert not [path for path in files if CANARY.encode() in path.read_bytes()]


def test_five_hundred_contracts_are_parsed_without_a_fault(tmp_path: Path) -> None:
    for number in range(500):
        write_contract(tmp_path / "contracts", f"trial_{number:03d}", cycle="daily")
    open_contracts(open_node(Settings(data_dir=tmp_path)))
    parsed = parse_dags(Settings(data_dir=tmp_path))
    assert parsed.errors == 0
    assert parsed.dags >= 500
