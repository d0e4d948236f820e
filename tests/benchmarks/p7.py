"""P7: from installed to the first metric answer, the whole demo loaded; memory after some pages."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import click

from tests.benchmarks.machine import ROOT, resident_mb
from tests.benchmarks.measure import Report, repeat, reporting
from tests.benchmarks.serving import Server, free_port, official_token, running
from tests.benchmarks.wire import Ask, Wire
from tests.registry import REGISTRY
from xihu_platform.clock import system_clock

METRIC = Ask("/api/v1/brain/metrics/industrial_output/query?level=city&latest=1&compare=true")
PAGES = (
    *("/", "/?lang=en", "/api/v1/datasets?q=kongqi", "/api/docs", "/api/openapi.json"),
    "/api/v1/datasets/hb_air_quality_hourly",
    "/api/v1/datasets/hb_air_quality_hourly/rows?sort=-measured_at&limit=100",
    "/api/v1/datasets/jx_industrial_output/rows?limit=1000",
    "/api/v1/datasets/jx_industrial_output/download.csv",
    "/api/v1/datasets/jx_industrial_output/download.parquet",
)
READER_PAGES = (
    "/api/v1/datasets/rs_social_insurance/rows?limit=100&purpose=case&case=XH-2026-000124",
)


@click.command()
@click.option("--scale", default=1.0, show_default=True, help="Size of the demo.")
def main(scale: float) -> None:
    """`xihu load` and `xihu run` in an empty data folder, as `make run` calls them."""
    contracts = len(list((REGISTRY / "contracts").glob("*.odcs.yaml")))
    with (
        tempfile.TemporaryDirectory() as folder,
        reporting(
            "p7", system_clock, {"contracts": contracts, "residents": int(scale * 100_000)}
        ) as report,
    ):
        _measure(Path(folder) / "data", scale, report)


def _measure(data: Path, scale: float, report: Report) -> None:
    port = free_port()
    xihu = str(Path(sys.executable).parent / "xihu")
    # `env` hands the settings over; a process's own environment is for settings.py alone to read.
    command = [
        *("env", f"XIHU_DATA_DIR={data}", f"XIHU_SERVE__PORT={port}", f"XIHU_DEMO__SCALE={scale}"),
        xihu,
    ]
    started = perf_counter()
    subprocess.run([*command, "load"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    loaded = perf_counter() - started
    with running([*command, "run"], port, METRIC) as server:
        answered = perf_counter() - started
        report.show("loaded and generated, s", round(loaded, 1))
        report.show("first metric answer, s", round(answered, 1), remark="bar 60 s")
        report.show("serving process at first, MB", resident_mb(server.pid))
        _browse(server, data)
        report.show("serving process after pages, MB", resident_mb(server.pid), remark="bar 450 MB")
        _every_metric(server)
        report.show("after every public metric too, MB", resident_mb(server.pid))
    again = perf_counter()
    subprocess.run([*command, "load"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    with running([*command, "run"], port, METRIC):
        report.show("a second start, s", round(perf_counter() - again, 1))


def _browse(server: Server, data: Path) -> None:
    wire = Wire(server.port)
    for path in PAGES:
        wire.send(Ask(path))
    headers = official_token(data, server.port, "sun")
    for path in READER_PAGES:
        wire.send(Ask(path, headers))
    repeat(lambda: wire.send(Ask(PAGES[0])), 10)


def _every_metric(server: Server) -> None:
    wire = Wire(server.port)
    for metric in json.loads(wire.send(Ask("/api/v1/brain/metrics")))["metrics"]:
        if metric["audience"] == "public":
            level = "?level=city" if metric["finest_level"] in {"city", "county"} else ""
            wire.send(Ask(f"/api/v1/brain/metrics/{metric['id']}/query{level}"))


if __name__ == "__main__":
    main()
