"""The benchmarks' own code still runs: nothing else would notice until somebody measures."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.intake import make_csv

pytestmark = pytest.mark.harness
ROOT = Path(__file__).parents[2]
ROWS = 20_000


@pytest.mark.parametrize("part", ["load", "check"])
def test_the_load_s_parts_run_and_count_the_same_faults(part: str) -> None:
    file = make_csv(ROWS)
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.intake_ours", part, str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[0])
    assert found["rules"]["county_code.code"] > 0
    if part == "load":
        assert found["kept"] + found["set_aside"] == ROWS
        assert found["steps"]["check"] > 0
