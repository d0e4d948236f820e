"""What a load has begun, on the disk, so that the next one can end it or clear it away.

The journal is written before the first data file and removed after the load's record, both under
the dataset's lease: so whoever finds one knows that its writer died. A load whose snapshot stands
is finished; of any other, what it left is removed.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from xihu_platform.lake.durable import sync_file, sync_folder
from xihu_platform.lake.tables import Lake


@dataclass(frozen=True, slots=True)
class Begun:
    """A load that was begun and not ended."""

    dataset: str
    load_id: str


def begin(lake: Lake, dataset: str, load_id: str) -> None:
    path = _path(lake, dataset)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"load_id": load_id}), encoding="utf-8")
    sync_file(fresh)
    fresh.replace(path)
    sync_file(path)


def end(lake: Lake, dataset: str) -> None:
    path = _path(lake, dataset)
    path.unlink(missing_ok=True)
    if path.parent.is_dir():
        sync_folder(path.parent)


def find(lake: Lake, dataset: str) -> Begun | None:
    path = _path(lake, dataset)
    if not path.exists():
        return None
    return Begun(dataset, str(json.loads(path.read_text(encoding="utf-8"))["load_id"]))


def _path(lake: Lake, dataset: str) -> Path:
    return lake.folder / "journal" / f"{dataset}.json"
