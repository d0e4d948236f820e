"""A load's snapshot and its record: the summary says it, the database repeats it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.service import BASE, CORRECTS
from xihu_catalog.quality.models import Load
from xihu_pipelines.ingest.pseudonyms import pseudonym_fields
from xihu_pipelines.ingest.work import Work
from xihu_platform.database import transaction
from xihu_platform.lake.tables import LOADED_AT, PSEUDONYMS, Snapshot
from xihu_platform.start import Node

CURSOR = "xihu.cursor"
"""How far an incremental source has been read: committed with the load, carried on by others."""
LOAD_ID, LAST_RECORD = "xihu.load-id", "xihu.last-record"
REFERENCES = "xihu.references"
"""As JSON: the snapshot of each dataset that references were checked against."""
Profile = Mapping[str, Mapping[str, str | int | None]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one load did."""

    load_id: str
    dataset: str
    snapshot_id: int
    received: int
    kept: int
    set_aside: int
    rule_counts: dict[str, int]
    fresh: bool
    """False when the same batch was loaded before: nothing was changed."""


def summary_of(work: Work, profile: Profile, loaded_at: datetime) -> dict[str, str]:
    """What the snapshot says of its load."""
    cursor = work.before.summary.get(CURSOR) if work.before is not None else None
    keyed = bool(pseudonym_fields(work.contract))
    return {
        **({CURSOR: cursor} if cursor is not None else {}),
        **({PSEUDONYMS: str(work.making.generation)} if keyed else {}),
        LOAD_ID: work.load_id,
        "xihu.batch-digest": work.batch.digest,
        "xihu.contract-digest": work.contract.digest,
        "xihu.file-name": work.batch.name,
        "xihu.mode": work.contract.loading.mode,
        "xihu.received": str(work.received),
        "xihu.kept": str(work.kept),
        "xihu.set-aside": str(work.set_aside),
        "xihu.deleted": str(work.deleted),
        LAST_RECORD: str(work.offset + work.received),
        "xihu.rule-counts": json.dumps(work.counts, ensure_ascii=False, sort_keys=True),
        "xihu.steps": json.dumps(work.steps, ensure_ascii=False, sort_keys=True),
        "xihu.decoded": json.dumps(work.decoded, ensure_ascii=False, sort_keys=True),
        "xihu.profile": profile_text(profile),
        "xihu.started-at": work.started.isoformat(),
        LOADED_AT: loaded_at.isoformat(),
        **({REFERENCES: json.dumps(work.references)} if work.references else {}),
        **dict(work.batch.notes),
    }


def referred_to(snapshot: Snapshot) -> dict[str, int]:
    """The snapshot of each dataset that this one's references were checked against."""
    found: dict[str, int] = json.loads(snapshot.summary.get(REFERENCES, "{}"))
    return found


def profile_text(profile: Profile) -> str:
    return json.dumps(profile, ensure_ascii=False, sort_keys=True)


def find_loaded(node: Node, contract: Contract, digest: str) -> Snapshot | None:
    """The snapshot that holds this batch, if it was loaded before.

    A replacing batch is there only while it is the newest, by the same contract; any other was
    loaded once and for all, and the database remembers it when its snapshot has expired.
    """
    newest = node.lake.find_snapshot(contract.table)
    if newest is None:
        return None
    if contract.loading.mode == "replace":
        names = ("xihu.batch-digest", BASE)
        same = digest in [newest.summary.get(name) for name in names]
        return newest if same and _contract_of(newest) == contract.digest else None
    for snapshot_id, summary in node.lake.summaries(contract.table).items():
        if summary.get("xihu.batch-digest") == digest:
            return node.lake.snapshot(contract.table, snapshot_id)
    with transaction(node.database) as session:
        known = select(Load.id).where(
            Load.dataset == contract.dataset,
            Load.batch_digest == digest,
            Load.snapshot_id.is_not(None),
        )
        return newest if session.scalars(known).first() is not None else None


def _contract_of(snapshot: Snapshot) -> str | None:
    return snapshot.summary.get("xihu.contract-digest")


def record(node: Node, snapshot: Snapshot, *, fresh: bool) -> Outcome:
    """Project the snapshot's summary into the application database; twice changes nothing."""
    load = load_of(snapshot)
    with transaction(node.database) as session:
        if session.get(Load, load.id) is None:
            session.add(load)
    return Outcome(
        load_id=load.id,
        dataset=load.dataset,
        snapshot_id=snapshot.id,
        received=load.received,
        kept=load.kept,
        set_aside=load.set_aside,
        rule_counts=load.rule_counts,
        fresh=fresh,
    )


def record_blocked(node: Node, work: Work) -> None:
    """A load that a rule stopped: the snapshot before it stands, the steward sees why."""
    with transaction(node.database) as session:
        session.merge(
            Load(
                id=work.load_id,
                dataset=work.contract.dataset,
                snapshot_id=None,
                file_name=work.batch.name,
                batch_digest=work.batch.digest,
                contract_digest=work.contract.digest,
                received=work.received,
                kept=0,
                set_aside=work.set_aside,
                rule_counts=dict(work.counts),
                profile={},
                started_at=work.started,
                finished_at=node.clock(),
                corrects=dict(work.batch.notes).get(CORRECTS),
            )
        )


def load_of(snapshot: Snapshot) -> Load:
    """The load record that a snapshot's summary stands for."""
    summary = snapshot.summary
    return Load(
        id=summary[LOAD_ID],
        dataset=snapshot.table.partition(".")[2],
        snapshot_id=snapshot.id,
        file_name=summary["xihu.file-name"],
        batch_digest=summary["xihu.batch-digest"],
        contract_digest=summary["xihu.contract-digest"],
        received=int(summary["xihu.received"]),
        kept=int(summary["xihu.kept"]),
        set_aside=int(summary["xihu.set-aside"]),
        rule_counts=json.loads(summary["xihu.rule-counts"]),
        profile=json.loads(summary["xihu.profile"]),
        started_at=datetime.fromisoformat(summary["xihu.started-at"]),
        finished_at=snapshot.committed_at,
        corrects=summary.get(CORRECTS),
    )
