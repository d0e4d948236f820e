"""The few lines by which anybody checks an entry of the log, run as the page prints them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.province import Province
from tests.test_docs.pages import ROOT

OWN = "/api/v1/datasets/ga_residents/rows?purpose=own"


def _program() -> str:
    text = (ROOT / "docs/how/log.md").read_text(encoding="utf-8")
    found = re.search(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def _check(folder: Path, proof: dict[str, object]) -> subprocess.CompletedProcess[str]:
    (folder / "proof.json").write_text(json.dumps(proof), encoding="utf-8")
    command = [sys.executable, "-c", _program()]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.mark.anyio
async def test_the_lines_on_the_page_accept_a_proof_and_no_changed_one(
    province: Province, tmp_path: Path
) -> None:
    async with province.client(province.token("wang")) as client:
        entries = [(await client.get(OWN)).json()["citation"]["audit_entry"] for _ in range(3)]
        for entry in entries:
            proof = (await client.get(f"/api/v1/me/uses/{entry}/proof")).json()
            checked = _check(tmp_path, proof)
            assert checked.returncode == 0, checked.stderr
            assert "ga_residents" in checked.stdout
            wrong = proof | {"body_base64": proof["body_base64"][:-4] + "AAA="}
            assert _check(tmp_path, wrong).returncode == 1
