"""A real Airflow for the harness, started by the documented command, and a client of its API."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.test_platform.identity.world import free_port
from xihu_pipelines.runner import server
from xihu_platform.settings import AirflowSettings, Settings, child_environment

_XIHU = Path(sys.executable).with_name("xihu")
_READY_S, _STOP_S = 90, 40


@dataclass(frozen=True)
class Airflow:
    """A running Airflow. `http` is signed in; its addresses are below `/api/v2`."""

    settings: Settings
    http: httpx.Client
    process: psutil.Process

    def trigger(self, dag: str) -> str:
        """Start a run by hand; returns its id."""
        answer = self.http.post(f"dags/{dag}/dagRuns", json={"logical_date": None})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["dag_run_id"])

    def wait(self, dag: str, run: str | None = None, timeout_s: float = 60) -> dict[str, Any]:
        """The run (the newest, unless named) once it has ended. Any: it is Airflow's JSON."""
        runs: list[dict[str, Any]] = []
        for _ in range(int(timeout_s * 4)):
            runs = self.http.get(f"dags/{dag}/dagRuns").json()["dag_runs"]
            ended = [r for r in runs if r["state"] in {"success", "failed"}]
            found = [r for r in ended if run in {None, r["dag_run_id"]}]
            if found:
                return found[-1]
            time.sleep(0.25)
        raise AssertionError(f"{dag}: {runs}")

    def tasks(self, dag: str, run: str) -> dict[str, tuple[str, int]]:
        """State and number of tries by task."""
        found = self.http.get(f"dags/{dag}/dagRuns/{run}/taskInstances").json()
        return {t["task_id"]: (t["state"], t["try_number"]) for t in found["task_instances"]}

    def log(self, dag: str, run: str, task: str) -> str:
        answer = self.http.get(f"dags/{dag}/dagRuns/{run}/taskInstances/{task}/logs/1")
        assert answer.status_code == 200, answer.text
        return answer.text

    def listening(self) -> set[str]:
        """The addresses that any of its processes listens on."""
        family = [self.process, *self.process.children(recursive=True)]
        found = [c for p in family for c in p.net_connections("inet")]
        return {c.laddr.ip for c in found if c.status == psutil.CONN_LISTEN}


@contextmanager
def running_airflow(folder: Path) -> Iterator[Airflow]:
    """`xihu airflow` on a free port with what stands in `folder`; leaves no process behind."""
    settings = Settings(data_dir=folder, airflow=AirflowSettings(port=free_port()))
    port = {"XIHU_AIRFLOW__PORT": str(settings.airflow.port)}
    with started(settings, port) as process:
        base = server.address_of(settings)
        token = ask_token(base.url, server.USER, base.password or "")
        with signed_in(base.url, token) as http:
            yield Airflow(settings, http, process)


@contextmanager
def started(settings: Settings, added: dict[str, str]) -> Iterator[psutil.Process]:
    """The command itself with `added` to its environment, from healthy until nothing is left."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    output = settings.data_dir / "airflow.out"
    with output.open("wb") as out:
        process = psutil.Popen(
            [_XIHU, "--lang=en", "airflow"],
            env=child_environment(settings, added),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
    family: set[psutil.Process] = {process}
    try:
        _wait_until_healthy(server.address_of(settings).url, process, output)
        yield process
        family |= set(process.children(recursive=True))
    finally:
        process.send_signal(signal.SIGINT)  # as Ctrl-C does
        _, alive = psutil.wait_procs(family, timeout=_STOP_S)
        for left in alive:
            left.kill()
        psutil.wait_procs(alive, timeout=5)
    assert not alive, f"left behind: {alive}"


def _wait_until_healthy(url: str, process: psutil.Popen, output: Path) -> None:
    for _ in range(_READY_S * 2):
        assert process.poll() is None, output.read_text()
        try:
            health = httpx.get(f"{url}/api/v2/monitor/health", timeout=5).json()
            if all(health[p]["status"] == "healthy" for p in ("scheduler", "dag_processor")):
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    raise AssertionError(output.read_text())


def ask_token(url: str, username: str, password: str) -> str:
    body = {"username": username, "password": password}
    return str(httpx.post(f"{url}/auth/token", json=body, timeout=20).json()["access_token"])


def signed_in(url: str, token: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    return httpx.Client(base_url=f"{url}/api/v2/", headers=headers, timeout=20)


@dataclass(frozen=True)
class Parsed:
    """What Airflow's DAG processor reports of one DAG file."""

    dags: int
    errors: int
    duration_s: float


_ROW = re.compile(
    r"^dags-folder\s+(?P<file>\S+\.py)\s+(?P<dags>\d+)\s+(?P<errors>\d+)\s+(?P<last>[\d.]+)s", re.M
)


def parse_dags(settings: Settings) -> Parsed:
    """Let the real DAG processor read the DAG folder once; its own table of figures."""
    server.migrate(settings)
    env = server.environment(settings) | {
        "AIRFLOW__DAG_PROCESSOR__PRINT_STATS_INTERVAL": "1",
    }
    command = [sys.executable, "-m", "airflow", "dag-processor", "--num-runs", "1"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    rows = list(_ROW.finditer(done.stdout + done.stderr))
    assert rows, done.stdout + done.stderr
    row = max(rows, key=lambda one: int(one["dags"]))  # the file of the contracts
    return Parsed(int(row["dags"]), int(row["errors"]), float(row["last"]))
