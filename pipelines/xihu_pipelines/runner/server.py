"""Starts and stops Airflow: database, API server, scheduler, DAG processor.

Nothing of Airflow's is configured by hand: what it needs follows from our settings and goes to
its processes as their environment.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from xihu_platform.errors import TerminalError
from xihu_platform.identity.client_secrets import development_secret, write_private
from xihu_platform.settings import Settings, child_environment

DAGS = Path(__file__).parents[2] / "dags"
USER = "xihu"
_GRACE_S = 20.0
AIRFLOW = (sys.executable, "-m", "airflow")
_SIMPLE = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
_KEYCLOAK = "airflow.providers.keycloak.auth_manager.keycloak_auth_manager.KeycloakAuthManager"
# Without `--skip-serve-logs` the scheduler opens a port on every address; logs lie on this disk.
_PARTS = (
    ("api-server", "--host", "127.0.0.1"),
    ("scheduler", "--skip-serve-logs"),
    ("dag-processor",),
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where Airflow answers, and with which password in development."""

    url: str
    password: str | None


def home_of(settings: Settings) -> Path:
    return (settings.data_dir / "airflow").resolve()


def environment(settings: Settings) -> dict[str, str]:
    """The whole environment of Airflow's processes. Raises TerminalError when a secret lacks."""
    home = home_of(settings)
    own = settings.airflow
    database = own.database_url or f"sqlite:///{home}/airflow.db"
    local = f"http://127.0.0.1:{own.port}"
    made = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(own.parallelism),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{local}/execution/",
        "AIRFLOW__CORE__FERNET_KEY": _secret(home, "fernet", 32),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(own.port),
        "AIRFLOW__API__BASE_URL": own.public_url or local,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": _secret(home, "session", 32),
        "AIRFLOW__API_AUTH__JWT_SECRET": _secret(home, "tokens", 64),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__LOGGING__NAMESPACE_LEVELS": "pyiceberg=WARNING",  # else a line for each file
        "AIRFLOW__SCHEDULER__CATCHUP_BY_DEFAULT": "False",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "PYTHONUTF8": "1",
    }
    if own.database_url:  # psycopg does both; Airflow would look for asyncpg
        made["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC"] = database
    return child_environment(settings, made | _AUTH[settings.profile](settings))


def _secret(home: Path, name: str, size_bytes: int) -> str:
    """A key of Airflow's own, made at the first start; nothing of ours is sealed with it."""
    path = home / "keys" / name
    if not path.exists():
        write_private(path, urlsafe_b64encode(secrets.token_bytes(size_bytes)).decode())
    return path.read_text("utf-8")


def _simple(settings: Settings) -> dict[str, str]:
    passwords = home_of(settings) / "keys" / "passwords.json"
    password = development_secret(settings, f"password of Airflow's {USER}")
    write_private(passwords, json.dumps({USER: password}))
    return {
        "AIRFLOW__CORE__AUTH_MANAGER": _SIMPLE,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
    }


def _keycloak(settings: Settings) -> dict[str, str]:
    issuer, secret = settings.identity.issuer, settings.airflow.client_secret
    parts = urlsplit(issuer or "")
    server, found, realm = parts.path.partition("/realms/")
    if secret is None or not found:
        raise TerminalError(
            "生产环境的 Airflow 用 Keycloak 登录：请设置 XIHU_AIRFLOW__CLIENT_SECRET，且 "
            "XIHU_IDENTITY__ISSUER 须为 Keycloak 的 realm 地址。见 deploy/airflow/README.md。",
            "In production Airflow signs in at Keycloak: set XIHU_AIRFLOW__CLIENT_SECRET, and let "
            "XIHU_IDENTITY__ISSUER be a realm of Keycloak. See deploy/airflow/README.md.",
        )
    return {
        "AIRFLOW__CORE__AUTH_MANAGER": _KEYCLOAK,
        "AIRFLOW__KEYCLOAK_AUTH_MANAGER__SERVER_URL": f"{parts.scheme}://{parts.netloc}{server}",
        "AIRFLOW__KEYCLOAK_AUTH_MANAGER__REALM": realm.strip("/"),
        "AIRFLOW__KEYCLOAK_AUTH_MANAGER__CLIENT_ID": settings.airflow.client,
        "AIRFLOW__KEYCLOAK_AUTH_MANAGER__CLIENT_SECRET": secret.get_secret_value(),
    }


_AUTH: dict[str, Callable[[Settings], dict[str, str]]] = {
    "development": _simple,
    "production": _keycloak,
}


def address_of(settings: Settings) -> Address:
    url = settings.airflow.public_url or f"http://127.0.0.1:{settings.airflow.port}"
    if settings.profile == "production":
        return Address(url, None)
    return Address(url, development_secret(settings, f"password of Airflow's {USER}"))


def run_command(settings: Settings, words: tuple[str, ...]) -> int:
    """A command of Airflow's own line, in this terminal, with our environment; its exit code."""
    return subprocess.run([*AIRFLOW, *words], env=environment(settings), check=False).returncode


def migrate(settings: Settings) -> None:
    """Bring Airflow's own database to this version; raises TerminalError with its log's place."""
    log = _log_of(settings, "db")
    with log.open("ab") as output:
        done = subprocess.run(
            [*AIRFLOW, "db", "migrate"],
            env=environment(settings),
            stdout=output,
            stderr=output,
            check=False,
        )
    if done.returncode:
        raise TerminalError(
            f"Airflow 的数据库未能升级，原因见 {log}",
            f"Airflow's database could not be brought to this version; {log} says why",
        )


def _log_of(settings: Settings, part: str) -> Path:
    folder = home_of(settings) / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{part}.log"


def serve(settings: Settings, is_stopped: Callable[[], bool]) -> None:
    """Run Airflow's parts until `is_stopped`, or one of them ends: then none is left behind.

    Raises TerminalError naming the part that ended by itself.
    """
    running: dict[str, subprocess.Popen[bytes]] = {}
    env = environment(settings)
    try:
        for part, *options in _PARTS:
            with _log_of(settings, part).open("ab") as output:
                running[part] = subprocess.Popen(
                    [*AIRFLOW, part, *options],
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,  # Ctrl-C reaches us alone; we stop them in order
                )
        while not is_stopped():
            _check_alive(settings, running)
            time.sleep(0.2)
    finally:
        stop(list(running.values()))


def _check_alive(settings: Settings, running: dict[str, subprocess.Popen[bytes]]) -> None:
    for part, process in running.items():
        if process.poll() is not None:
            log = _log_of(settings, part)
            raise TerminalError(
                f"Airflow 的 {part} 自行退出（{process.returncode}），原因见 {log}",
                f"Airflow's {part} ended by itself ({process.returncode}); {log} says why",
            )


def stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ask every part to end, then end whatever is left of its session: tasks are among it."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + _GRACE_S
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
