"""The DAGs as the factory makes them, seen from a process of their own without a server."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.registry import REGISTRY
from tests.test_pipelines.runner.made import write_contract
from tests.test_pipelines.runner.probe import CANARY
from xihu_catalog.start import open_contracts
from xihu_pipelines.runner import server
from xihu_pipelines.runner.retry import RETRIES
from xihu_platform.errors import TerminalError
from xihu_platform.settings import Settings
from xihu_platform.start import open_node

ROOT = Path(__file__).parents[3]
CYCLES = {
    "daily": "* * *",
    "weekly": "* * 1",
    "monthly": "2 * *",
    "quarterly": "2 1,4,7,10 *",
    "yearly": "2 1 *",
}


def probe(folder: Path) -> subprocess.CompletedProcess[str]:
    """The DAG file of a data folder, parsed by a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "tests.test_pipelines.runner.probe"],
        env=server.environment(Settings(data_dir=folder)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    # Any: the probe's JSON.
    folder = tmp_path_factory.mktemp("dags")
    for cycle in (*CYCLES, "on_demand", "realtime"):
        write_contract(folder / "contracts", f"trial_{cycle}", cycle=cycle)
    both = "SELECT key FROM data.trial_daily JOIN trial_weekly USING (key)"
    write_contract(folder / "contracts", "trial_derived", query=both)
    open_contracts(open_node(Settings(data_dir=folder)))
    done = probe(folder)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_each_contract_has_one_dag_of_three_steps(seen: dict[str, Any]) -> None:
    dag = seen["dags"]["trial_daily_load"]
    assert {name: task["after"] for name, task in dag["tasks"].items()} == {
        "receive": [],
        "load": ["receive"],
        "report": ["load"],
    }
    assert (dag["catchup"], dag["runs"]) == (False, 1)
    registry = REGISTRY / "contracts"
    named = {f"{p.name.removesuffix('.odcs.yaml')}_load" for p in registry.glob("*.yaml")}
    assert named < seen["dags"].keys()


def test_the_last_step_alone_tells_of_the_asset(seen: dict[str, Any]) -> None:
    tasks = seen["dags"]["trial_daily_load"]["tasks"]
    outlets = {name: task["outlets"] for name, task in tasks.items()}
    # Airflow puts a slash behind a URI that has no path.
    assert outlets == {"receive": [], "load": [], "report": ["xihu://trial_daily/"]}


def test_steps_are_tried_again_with_growing_waits(seen: dict[str, Any]) -> None:
    for task in seen["dags"]["trial_daily_load"]["tasks"].values():
        assert (task["retries"], task["backoff"]) == (RETRIES, True)


@pytest.mark.parametrize("cycle", CYCLES)
def test_a_contract_is_scheduled_by_its_cycle(seen: dict[str, Any], cycle: str) -> None:
    schedule = seen["dags"][f"trial_{cycle}_load"]["schedule"]
    assert CYCLES[cycle] in schedule
    assert "Asia/Shanghai" in schedule


@pytest.mark.parametrize("cycle", ["on_demand", "realtime"])
def test_what_comes_at_no_fixed_time_is_not_scheduled(seen: dict[str, Any], cycle: str) -> None:
    assert seen["dags"][f"trial_{cycle}_load"]["schedule"] == "None"


def test_what_is_derived_is_scheduled_by_the_assets_it_reads(seen: dict[str, Any]) -> None:
    schedule = seen["dags"]["trial_derived_load"]["schedule"]
    assert schedule.startswith("AssetAny")
    assert "xihu://trial_daily" in schedule
    assert "xihu://trial_weekly" in schedule


def test_matters_are_ticked_every_five_minutes(seen: dict[str, Any]) -> None:
    dag = seen["dags"]["xihu_matters_tick"]
    assert "*/5 * * * *" in dag["schedule"]
    assert (dag["catchup"], dag["runs"], list(dag["tasks"])) == (False, 1, ["tick"])


@pytest.mark.parametrize(
    ("name", "cron"), [("xihu_batch_exchange", "40 * * * *"), ("xihu_harvest", "30 3 * * *")]
)
def test_what_goes_outside_has_its_schedule(seen: dict[str, Any], name: str, cron: str) -> None:
    dag = seen["dags"][name]
    assert cron in dag["schedule"] and "Asia/Shanghai" in dag["schedule"]
    assert (dag["catchup"], dag["runs"], list(dag["tasks"])) == (False, 1, ["run"])


def test_nothing_heavy_is_imported_to_make_the_dags(seen: dict[str, Any]) -> None:
    assert seen["heavy"] == []


def test_without_tables_the_dag_file_says_what_to_run(tmp_path: Path) -> None:
    done = probe(tmp_path)
    assert "run xihu airflow, xihu run or xihu ingest once" in done.stderr


@pytest.mark.parametrize(
    ("fault", "exception", "events"),
    [
        ("idle", "AirflowSkipException", []),
        ("terminal", "AirflowFailException", ["FAIL"]),
        ("transient", "AirflowException", []),
        ("transient, last", "AirflowException", ["FAIL"]),
        ("unknown", "AirflowException", []),
        ("unknown, last", "AirflowException", ["FAIL"]),
    ],
)
def test_a_fault_ends_its_task_as_it_should(
    seen: dict[str, Any], fault: str, exception: str, events: list[str]
) -> None:
    kind, words, came_from, emitted = seen["endings"][fault]
    assert (kind, emitted) == (exception, events)
    assert came_from == "None"  # a log shows what an exception came from
    assert CANARY not in words


def test_airflow_is_told_where_everything_is(tmp_path: Path) -> None:
    env = server.environment(Settings(data_dir=tmp_path))
    assert env["AIRFLOW_HOME"] == str((tmp_path / "airflow").resolve())
    assert env["XIHU_DATA_DIR"] == str(tmp_path.resolve())
    assert env["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"
    assert "Simple" in env["AIRFLOW__CORE__AUTH_MANAGER"]
    again = server.environment(Settings(data_dir=tmp_path))
    assert again["AIRFLOW__API_AUTH__JWT_SECRET"] == env["AIRFLOW__API_AUTH__JWT_SECRET"]
    for key in (tmp_path / "airflow" / "keys").iterdir():
        assert key.stat().st_mode & 0o077 == 0


def test_a_process_we_start_gets_our_settings_and_nothing_of_anybody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_ANOTHER_PROGRAM", "x")
    monkeypatch.setenv("XIHU_DEMO__SEED", "7")
    env = server.environment(Settings(data_dir=tmp_path))
    assert "SECRET_OF_ANOTHER_PROGRAM" not in env
    assert env["XIHU_DEMO__SEED"] == "7"


def test_postgresql_is_reached_by_one_driver_for_both_of_airflows_engines(tmp_path: Path) -> None:
    url = "postgresql+psycopg://one@127.0.0.1/airflow"
    settings = Settings.model_validate({"data_dir": tmp_path, "airflow": {"database_url": url}})
    env = server.environment(settings)
    assert env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == url
    assert env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC"] == url


PRODUCTION: dict[str, Any] = {  # Any: settings as pydantic takes them
    "profile": "production",
    "master_key": "ab" * 32,
    "registry_dir": REGISTRY,
    "identity": {
        "issuer": "https://sso.example/auth/realms/xihu",
        "citizen_secret": "one",
        "official_secret": "two",
    },
}


def test_in_production_officials_sign_in_at_keycloak(tmp_path: Path) -> None:
    settings = Settings.model_validate(
        PRODUCTION | {"data_dir": tmp_path, "airflow": {"client_secret": "three"}}
    )
    env = server.environment(settings)
    assert "Keycloak" in env["AIRFLOW__CORE__AUTH_MANAGER"]
    names = ("SERVER_URL", "REALM", "CLIENT_ID", "CLIENT_SECRET")
    assert [env[f"AIRFLOW__KEYCLOAK_AUTH_MANAGER__{name}"] for name in names] == [
        "https://sso.example/auth",
        "xihu",
        "xihu-airflow",
        "three",
    ]
    assert server.address_of(settings).password is None


def test_production_does_not_start_without_the_secret_of_its_client(tmp_path: Path) -> None:
    settings = Settings.model_validate(PRODUCTION | {"data_dir": tmp_path})
    with pytest.raises(TerminalError, match="XIHU_AIRFLOW__CLIENT_SECRET"):
        server.environment(settings)
