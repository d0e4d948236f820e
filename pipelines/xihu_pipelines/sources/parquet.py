"""One look at a whole Parquet file in a process of its own, before anything else reads it.

A page of a few bytes can claim two gigabytes, and only reading it tells. So a child process with a
limit that holds reads the file as its reader will: see `parquet_look`.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from xihu_pipelines.sources.archives import Payload
from xihu_pipelines.sources.child_limits import SECONDS_LIMIT
from xihu_pipelines.sources.errors import SecrecyMark
from xihu_pipelines.sources.limits import too_large


@dataclass(frozen=True, slots=True)
class Checked:
    """What the child found."""

    folded: list[str]
    """Columns of text that lie in the file as dictionaries: read as such, they stay small."""


def check_parquet(payload: Payload, columns: list[str]) -> Checked:
    """Raises BadInput for what is no Parquet file or unpacks too large, SecrecyMark for a mark."""
    job = {"path": str(payload.path), "columns": columns, "allowed": payload.allowed}
    command = [sys.executable, "-m", "xihu_pipelines.sources.parquet_look", json.dumps(job)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS_LIMIT, check=False)
    except subprocess.TimeoutExpired:
        raise too_large(payload.name, payload.allowed) from None
    said: dict[str, Any] = {"fault": "large"}  # Any: JSON; ended by its limits, it says nothing
    if done.returncode == 0:
        said = json.loads(done.stdout)
    if said.get("fault") == "large":
        raise too_large(payload.name, payload.allowed)
    if said.get("fault") == "secret":
        raise SecrecyMark(payload.name, "正文", "in its text")
    return Checked(said.get("folded", []))
