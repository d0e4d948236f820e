"""`xihu run` in two processes: one portal, and what one of them is told binds the other at once."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import delete
from sqlalchemy.orm import make_transient

from tests.benchmarks.serving import free_port, official_token
from tests.province import Province, make_province
from xihu_platform.audit.heads import HeadFile, Signer, read_head
from xihu_platform.audit.seals import own_keys
from xihu_platform.audit.verify import verify
from xihu_platform.database import transaction
from xihu_platform.identity.models import PositionRow
from xihu_platform.settings import ServeSettings, Settings
from xihu_platform.start import Node, open_node

pytestmark = [pytest.mark.harness, pytest.mark.timeout(600)]
OFFICIAL = "/api/v1/brain/metrics/tax_paid/query?latest=2"
TIMES = 1000
POSITION = "chen-xihu"


@dataclass(frozen=True)
class Serving:
    """A running platform, and the files that it works on."""

    port: int
    metrics: int
    child: subprocess.Popen[bytes]
    node: Node

    def get(self, path: str, headers: tuple[tuple[str, str], ...] = ()) -> tuple[int, bytes]:
        """On a connection of its own: whichever process takes it answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers=dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def answered(self) -> list[float]:
        """How many requests each process has answered, by its own metrics."""
        return [_requests(self.metrics + place) for place in range(2)]

    def serving_processes(self) -> list[psutil.Process]:
        children = psutil.Process(self.child.pid).children()
        return [one for one in children if _serves(one)]


def _serves(process: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # a zombie too
        return False


def _requests(port: int) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "xihu_request_duration_seconds_count"
    )


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    opened = make_province(tmp_path / "data")
    loaded: Province = next(opened)
    next(opened, None)
    loaded.services.node.database.dispose()
    port, metrics = free_port(), _two_free_ports()
    environment = os.environ | {  # noqa: TID251  # a child's environment
        "XIHU_DATA_DIR": str(tmp_path / "data"),
        "XIHU_SERVE__PORT": str(port),
        "XIHU_SERVE__PROCESSES": "2",
        "XIHU_TELEMETRY__METRICS_PORT": str(metrics),
        "XIHU_LIMITS__REFUSALS": "1000000",
    }
    command = [sys.executable, "-c", "from xihu_node.cli.main import main; main()", "run"]
    with (tmp_path / "log").open("wb") as log:
        child = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    node = open_node(Settings(data_dir=tmp_path / "data", serve=ServeSettings(port=port)))
    one = Serving(port, metrics, child, node)
    try:
        _wait_until_both_serve(one)
        yield one
    finally:
        child.terminate()
        child.wait(timeout=60)
        node.database.dispose()


def _two_free_ports() -> int:
    while True:
        port = free_port()
        try:
            _requests(port + 1)
        except OSError:
            return port


def _wait_until_both_serve(serving: Serving) -> None:
    for _ in range(600):
        assert serving.child.poll() is None, "the platform ended"
        try:
            serving.get("/health")
            if min(serving.answered()) >= 1:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("no two processes serve")


def test_what_is_taken_away_is_refused_by_both_processes_at_once(serving: Serving) -> None:
    data = serving.node.settings.data_dir
    chen = official_token(data, serving.port, "chen")
    assert serving.get(OFFICIAL, chen)[0] == 200
    before, told = serving.answered(), set()
    for _ in range(TIMES):
        given = [serving.get(OFFICIAL, chen)[0] for _ in range(2)]
        with transaction(serving.node.database) as session:
            row = session.get_one(PositionRow, POSITION)
            session.execute(delete(PositionRow).where(PositionRow.id == POSITION))
            session.expunge(row)
            make_transient(row)
        refused = [serving.get(OFFICIAL, chen)[0] for _ in range(3)]
        with transaction(serving.node.database) as session:
            session.add(row)
        told.add((*given, *refused))
    assert told == {(200, 200, 404, 404, 404)}
    asked = [after - earlier for after, earlier in zip(serving.answered(), before, strict=True)]
    assert min(asked) > TIMES / 10, "one process answered nearly all"


def test_one_that_ends_is_started_again_and_all_end_with_the_first(serving: Serving) -> None:
    first, second = serving.serving_processes()
    first.kill()
    for _ in range(600):
        alive = {one.pid for one in serving.serving_processes()}
        if len(alive) == 2 and first.pid not in alive:
            break
        time.sleep(0.1)
    _wait_until_both_serve(serving)
    assert serving.get("/health")[0] == 200
    left = serving.serving_processes()
    serving.child.send_signal(signal.SIGKILL)
    gone, alive_still = psutil.wait_procs(left, timeout=60)
    assert not alive_still
    assert second.pid in {one.pid for one in gone}


def test_the_log_of_both_verifies(serving: Serving) -> None:
    chen = official_token(serving.node.settings.data_dir, serving.port, "chen")
    for _ in range(200):
        assert serving.get(OFFICIAL, chen)[0] == 200
    serving.child.terminate()
    assert serving.child.wait(timeout=60) == 0
    node = serving.node
    signer = Signer(node.keyring)
    head = read_head(HeadFile(node.settings.heads_folder).path)
    checked = verify(node.database, head, signer.public_key, own=own_keys(node.keyring))
    assert checked.holds, checked.text.en
