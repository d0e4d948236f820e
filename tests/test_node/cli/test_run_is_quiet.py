"""`xihu run` as an operator starts it: what it prints while it is asked with canaries."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.province import Province, make_province

CANARY = "canary7f3a"
TARGETS = (
    f"/search?q={CANARY}",
    f"/datasets/{CANARY}",
    f"/api/v1/datasets/sg_firms/rows?filter=name:eq:{CANARY}",
    f"/{CANARY}",
    "/health",
)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _get(port: int, target: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", target, headers={"User-Agent": CANARY})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    opened = make_province(tmp_path / "data")
    loaded: Province = next(opened)
    next(opened, None)
    loaded.services.node.database.dispose()
    return tmp_path / "data"


@pytest.mark.harness
def test_a_running_server_prints_no_value(folder: Path) -> None:
    port, metrics = _free_port(), _free_port()
    environment = os.environ | {  # noqa: TID251  # a child's environment
        "XIHU_DATA_DIR": str(folder),
        "XIHU_SERVE__PORT": str(port),
        "XIHU_TELEMETRY__METRICS_PORT": str(metrics),
    }
    child = subprocess.Popen(
        [str(Path(sys.executable).with_name("xihu")), "--verbose", "run"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until = time.monotonic() + 90
        while time.monotonic() < until:
            try:
                _get(port, "/health")
                break
            except OSError:
                time.sleep(0.2)
        statuses = [_get(port, target)[0] for target in TARGETS]
        measured = _get(metrics, "/metrics")[1].decode()
        public = _get(port, "/metrics")
    finally:
        child.send_signal(signal.SIGTERM)
        out, err = child.communicate(timeout=60)
    assert statuses == [200, 404, 200, 404, 200]
    assert CANARY not in out + err + measured
    lines = [json.loads(line) for line in err.splitlines()]
    routes = {line["route"] for line in lines if line["message"] == "request"}
    assert {"/search", "/datasets/{dataset}", "(none)", "/health"} <= routes
    assert {"decide", "plan", "log wait"} <= {line.get("name") for line in lines}
    assert 'xihu_datasets{state="live"}' in measured
    assert public[0] == 200, "the public catalogue of metrics"
    assert b"xihu_" not in public[1].replace(b"xihu_language", b""), "and nothing measured"
    with pytest.raises(ConnectionRefusedError):
        _get(metrics, "/metrics")
