"""What an extra brings is imported late, and where it is missing the message names the extra."""

import ast
import subprocess
import sys
from functools import cache
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.test_pipelines.sources.remote.world import PROVIDER, contract, settings
from xihu_node.cli.identity import identity
from xihu_node.cli.ingest import airflow
from xihu_pipelines.sources.remote.connections import find_connection
from xihu_pipelines.sources.remote.engines import opened_engine
from xihu_pipelines.sources.remote.fetch import fetch
from xihu_platform.errors import TerminalError

ROOT = Path(__file__).parents[2]
LIBRARIES = {
    "adbc_driver_postgresql": "remote",
    "adbc_driver_sqlite": "remote",
    "airflow": "airflow",
    "dlt": "remote",
    "jsonschema": "check",
    "keycloak": "keycloak",
    "opentelemetry": "otel",
    "paramiko": "remote",
    "pyshacl": "check",
    "pymysql": "remote",
}
IMPORTED_LATE = {
    "platform/xihu_platform/identity/keycloak.py",
    "platform/xihu_platform/identity/keycloak_flow.py",
    "pipelines/xihu_pipelines/runner/factory.py",
    "pipelines/xihu_pipelines/runner/nightly.py",
    "pipelines/xihu_pipelines/runner/outside.py",
    "pipelines/xihu_pipelines/runner/ticking.py",
}
"""Modules that are themselves imported where they are used."""


def _at_module_level(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    return names


def test_no_module_imports_a_library_of_an_extra_when_it_is_itself_imported() -> None:
    found = {
        str(path.relative_to(ROOT))
        for room in ("platform", "catalog", "pipelines", "portals", "deploy")
        for path in (ROOT / room).rglob("xihu_*/**/*.py")
        if _at_module_level(path) & LIBRARIES.keys()
    }
    assert found == IMPORTED_LATE


distributions = cache(packages_distributions)


@pytest.mark.parametrize("module", LIBRARIES)
def test_each_library_is_of_the_extra_that_messages_name(module: str) -> None:
    names = {name.lower() for name in distributions()[module]}
    wanted = [one for one in requires("xihu") or () if f"extra == '{LIBRARIES[module]}'" in one]
    named = {one.partition(">")[0].partition("=")[0].strip().lower() for one in wanted}
    assert names & named


@pytest.mark.usefixtures("child")
def test_the_program_starts_without_any_of_them() -> None:
    blocked = "; ".join(f"sys.modules[{name!r}] = None" for name in LIBRARIES)
    program = f"import sys; {blocked}; from xihu_node.cli.main import xihu; xihu(['--help'])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "ingest" in done.stdout


def test_fetching_without_the_library_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "dlt", None)
    server = "type: api, location: 'connection://bureau/people'"
    wanted = contract(server, owner=PROVIDER, connection="bureau")
    with pytest.raises(TerminalError, match=r"needs dlt.*pip install 'xihu\[remote\]'"):
        fetch(settings(tmp_path, "http://127.0.0.1:9"), wanted, tmp_path)


def test_scanning_mysql_without_the_library_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "pymysql", None)
    here = settings(tmp_path, "mysql://reader@127.0.0.1:9/people")
    engine = opened_engine(find_connection(here, "bureau", PROVIDER), here.remote, typed=True)
    with pytest.raises(TerminalError, match=r"pip install 'xihu\[remote\]'"), engine:
        pass


@pytest.mark.parametrize(
    ("command", "words", "module"),
    [(identity, ["apply"], "keycloak"), (airflow, [], "airflow")],
)
def test_a_command_without_its_library_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, command: object, words: list[str], module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    result = CliRunner().invoke(command, words, obj="en")  # type: ignore[arg-type]
    assert isinstance(result.exception, TerminalError)
    assert f"pip install 'xihu[{module}]'" in result.exception.text.en
    assert "请运行" in result.exception.text.zh
