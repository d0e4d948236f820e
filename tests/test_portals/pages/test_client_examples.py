"""The examples for developers, run as the page shows them, by the clients' own programs."""

import csv
import html
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_portals.pages.live import Live, serving

pytestmark = [pytest.mark.harness, pytest.mark.timeout(300)]
ROOT = Path(__file__).parents[3]
DATASET = "fg_penalties"
GDAL = """
import sys, pyogrio
found = pyogrio.read_info(sys.argv[1], force_feature_count=True)
print(found["features"], list(found["fields"])[0])
"""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("clients")) as served:
        yield served


@pytest.fixture(scope="module")
def shown(live: Live) -> dict[str, str]:
    """Each example, by its name, as somebody copies it from the page."""
    with urllib.request.urlopen(f"{live.base}/developers?dataset={DATASET}") as answer:
        page = answer.read().decode()
    found = re.findall(r'<pre id="(\w+)"><code>(.*?)</code></pre>', page, re.DOTALL)
    return {name: html.unescape(re.sub(r"<[^>]+>", "", code)) for name, code in found}


@pytest.fixture(scope="module")
def python() -> str:
    subprocess.run([str(ROOT / ".ci/peer"), "developers"], check=True, cwd=ROOT)
    return str(ROOT / ".peers/developers/bin/python")


@pytest.fixture(scope="module")
def rows(live: Live) -> int:
    policy = live.province.services.catalogue.policy(DATASET)
    return live.province.services.gateway.snapshot(policy).rows


def said(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_curl_saves_every_row(shown: dict[str, str], rows: int, tmp_path: Path) -> None:
    said(["bash", "-c", shown["curl"]], tmp_path)
    with (tmp_path / f"{DATASET}.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert len(found) == rows and all(one["penalty_no"] for one in found)


def test_pandas_reads_csv_and_parquet(
    shown: dict[str, str], python: str, rows: int, tmp_path: Path
) -> None:
    assert said([python, "-c", shown["pandas"]], tmp_path) == f"{rows} {rows}"


def test_a_client_of_ckan_gets_rows_and_the_total(
    shown: dict[str, str], python: str, rows: int, tmp_path: Path
) -> None:
    assert said([python, "-c", shown["ckan"]], tmp_path) == f"{rows} 5"


def test_gdal_reads_the_source_that_qgis_is_given(
    shown: dict[str, str], python: str, rows: int, tmp_path: Path
) -> None:
    assert said([python, "-c", GDAL, shown["qgis"]], tmp_path) == f"{rows} penalty_no"


def test_what_no_test_can_run_names_the_same_file(shown: dict[str, str]) -> None:
    address = f"/api/v1/datasets/{DATASET}/download.csv"
    for name in ("r", "excel"):
        (found,) = re.findall(r'"(http[^"]+)"', shown[name])
        assert found.endswith(address)
        with urllib.request.urlopen(found) as answer:
            assert answer.readline().startswith(b'"penalty_no",')
