"""What the summary of a snapshot says of its load: the names of its keys, and their types.

Iceberg keeps a summary as texts. Names that were written once stay as they are.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xihu_platform.errors import TerminalError

LOAD_ID = "xihu.load-id"
BATCH_DIGEST = "xihu.batch-digest"
CONTRACT_DIGEST = "xihu.contract-digest"
FILE_NAME = "xihu.file-name"
MODE = "xihu.mode"
RECEIVED, ACCEPTED, QUARANTINED = "xihu.received", "xihu.kept", "xihu.set-aside"
DELETED = "xihu.deleted"
LAST_RECORD = "xihu.last-record"
"""The number of the last record: those of the next load go on from it."""
RULE_COUNTS = "xihu.rule-counts"
"""JSON: by rule, the records that broke it."""
STEPS = "xihu.steps"
"""JSON: by `field.step`, how many values a declared step put right."""
DECODED = "xihu.decoded"
"""JSON: how the file was read."""
PROFILE = "xihu.profile"
"""JSON: by field, what its values are like."""
STARTED_AT, LOADED_AT = "xihu.started-at", "xihu.loaded-at"
REFERENCES = "xihu.references"
"""JSON: the snapshot of each dataset that references were checked against."""
INPUTS = "xihu.inputs"
"""JSON: the snapshot of each dataset that a derived one was made of."""
WATERMARK = "xihu.cursor"
"""How far an incremental source has been read: committed with the load, carried on by others."""
PUSHES = "xihu.pushes"
"""The pushes that a micro-batch is made of."""
CORRECTS, BASE = "xihu.corrects", "xihu.base-digest"
"""Of a load of corrections: the load that it corrects; the digest of the batch that the dataset
holds still."""
PSEUDONYMS = "xihu.pseudonyms"
"""The version of the keys that all its pseudonyms are made with; 1 where it says none."""
MAINTENANCE = "xihu.maintenance"
"""What housekeeping did, where that made the snapshot: no record changed."""
REMOVED, PURGED, ERASED = "xihu.removed", "xihu.purged", "xihu.erased"
PREFIX = "xihu."

Summary = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LoadCounts:
    """Records of one load. `accepted` are in the table, unless a later record took their place."""

    received: int
    accepted: int
    quarantined: int


NO_RECORDS = LoadCounts(0, 0, 0)


def counts_of(summary: Summary) -> LoadCounts:
    """The counts of a load's snapshot. Raises TerminalError where it does not say them."""
    received, accepted, quarantined = (
        int(text_of(summary, name)) for name in (RECEIVED, ACCEPTED, QUARANTINED)
    )
    return LoadCounts(received, accepted, quarantined)


def text_of(summary: Summary, name: str) -> str:
    """What a load's summary must say. Raises TerminalError where it does not."""
    said = summary.get(name)
    if said is None:
        raise TerminalError(
            f"快照摘要缺少 {name}：这不是本平台写入的装载，请检查数据表是否被其他程序改动",
            f"the snapshot's summary lacks {name}: no load of this platform wrote it; see whether "
            "another program changed the table",
        )
    return said


def json_of(summary: Summary, name: str) -> dict[str, Any]:
    """The object a key holds, empty where it is not there. Any: each key has its own values."""
    found: dict[str, Any] = json.loads(summary.get(name, "{}"))
    return found
