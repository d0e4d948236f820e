"""The documentation's own commands, run in order: each prints what its page says."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.casing import handed_in
from tests.province import make_province
from tests.test_docs.pages import ROOT, Command, commands, matches

DOCS = ROOT / "docs"
FIRST = [DOCS / "departments.md", *sorted((DOCS / "operators").glob("*.md"))]
DEMO = [DOCS / "start.md", DOCS / "api.md", DOCS / "connect-a-system.md"]
MARK = "@@ of the test @@"
BIN = Path(sys.executable).parent
REVIEWED = Command("tests", "python -m tests.entries jt_charging_monthly", "")
"""What three offices do in the official portal between two commands of a page."""


def _environment(folder: Path, **more: str) -> dict[str, str]:
    """The machine's own, without settings of ours, and the installed program on the path."""
    own = {k: v for k, v in os.environ.items() if not k.startswith("XIHU_")}  # noqa: TID251
    path = f"{BIN}{os.pathsep}{own.get('PATH', '')}"
    own["XIHU_DEMO__ACTS"] = "false"
    return own | {"PATH": path, "XIHU_DATA_DIR": str(folder), "LC_ALL": "C.UTF-8"} | more


def _run(found: list[Command], environment: dict[str, str], change: dict[str, str]) -> list[str]:
    """What each command prints. One shell runs all of them, so that variables last."""
    script = "".join(f'{c.text} 2>&1\necho "{MARK} $?"\n' for c in found)
    for old, new in change.items():
        script = script.replace(old, new)
    done = subprocess.run(
        ["bash"], input=script, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    parts = re.split(rf"{MARK} (\d+)\n", done.stdout)
    assert len(parts) == 2 * len(found) + 1, done.stderr
    for command, printed, status in zip(found, parts[::2], parts[1::2], strict=False):
        assert (status != "0") == command.fails, f"{command.page}: {command.text}\n{printed}"
    return [_again(printed, change) for printed in parts[:-1:2]]


def _again(printed: str, change: dict[str, str]) -> str:
    """With the places that the page names."""
    for old, new in change.items():
        printed = printed.replace(new, old)
    return printed


def _check(found: list[Command], printed: list[str], *, any_number: bool) -> None:
    for command, seen in zip(found, printed, strict=True):
        if command.printed:
            same = matches(command.printed, seen, any_number=any_number)
            assert same, f"{command.page}: {command.text}\n{seen}"


@pytest.mark.harness
def test_a_first_dataset_and_what_an_operator_does_are_as_the_pages_say(tmp_path: Path) -> None:
    found = [
        *commands("departments", FIRST),
        REVIEWED,
        *(c for group in ("published", "operators") for c in commands(group, FIRST)),
    ]
    assert len(found) > 15
    folder = tmp_path / "data"
    printed = _run(found, _environment(folder), {"/tmp/": f"{tmp_path}/"})
    _check(found, printed, any_number=False)


def test_a_service_is_added_from_its_page_alone(tmp_path: Path) -> None:
    found = list(commands("service", [DOCS / "add-a-service.md"]))
    assert len(found) == 4
    printed = _run(found, _environment(tmp_path / "data"), {"/tmp/": f"{tmp_path}/"})
    _check(found, printed, any_number=False)


def test_a_bundle_is_added_from_its_page_alone(tmp_path: Path) -> None:
    found = list(commands("bundle", [DOCS / "add-a-bundle.md"]))
    assert len(found) == 4
    printed = _run(found, _environment(tmp_path / "data"), {"/tmp/": f"{tmp_path}/"})
    _check(found, printed, any_number=False)


def test_a_licence_type_is_added_from_its_page_alone(tmp_path: Path) -> None:
    found = list(commands("licence", [DOCS / "add-a-licence-type.md"]))
    assert len(found) == 3
    printed = _run(found, _environment(tmp_path / "data"), {"/tmp/": f"{tmp_path}/"})
    _check(found, printed, any_number=False)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """`xihu run` over the small demo province with one case: its data folder and its port."""
    opened = make_province(tmp_path / "data")
    province = next(opened)
    handed_in(province, "care_elsewhere")
    province.services.node.database.dispose()
    next(opened, None)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    environment = _environment(tmp_path / "data", XIHU_SERVE__PORT=str(port))
    child = subprocess.Popen([str(BIN / "xihu"), "run"], env=environment, cwd=ROOT)
    try:
        _wait(port)
        yield tmp_path / "data", port
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(60)


def _wait(port: int) -> None:
    until = time.monotonic() + 90
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=20).close()
            return
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.2)


@pytest.mark.harness
def test_the_first_five_minutes_and_the_api_are_as_the_pages_say(
    server: tuple[Path, int], tmp_path: Path
) -> None:
    if shutil.which("curl") is None:
        pytest.skip("these commands need curl")
    folder, port = server
    found = list(commands("demo", DEMO))
    assert len(found) > 8
    change = {"/tmp/": f"{tmp_path}/", ":8000": f":{port}", "data/identity": f"{folder}/identity"}
    printed = _run(found, _environment(folder), change)
    _check(found, printed, any_number=True)
