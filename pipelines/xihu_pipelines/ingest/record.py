"""A load's snapshot and its record: the summary says it, the database repeats it."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from xihu_catalog.contracts.model import Contract
from xihu_catalog.quality.models import Load
from xihu_pipelines.ingest.context import LoadContext, Profile
from xihu_pipelines.ingest.pseudonyms import pseudonym_fields
from xihu_platform.database import transaction
from xihu_platform.lake.snapshot import Snapshot
from xihu_platform.lake.summary import (
    ACCEPTED,
    BASE,
    BATCH_DIGEST,
    CONTRACT_DIGEST,
    CORRECTS,
    DECODED,
    DELETED,
    FILE_NAME,
    LAST_RECORD,
    LOAD_ID,
    LOADED_AT,
    MODE,
    PROFILE,
    PSEUDONYMS,
    QUARANTINED,
    RECEIVED,
    REFERENCES,
    RULE_COUNTS,
    STARTED_AT,
    STEPS,
    WATERMARK,
    LoadCounts,
    counts_of,
    json_of,
    text_of,
)
from xihu_platform.start import Node


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one load did."""

    load_id: str
    dataset: str
    snapshot_id: int
    counts: LoadCounts
    rule_counts: dict[str, int]
    fresh: bool
    """False when the same batch was loaded before: nothing was changed."""


def summary_of(context: LoadContext, loaded_at: datetime) -> dict[str, str]:
    """What the snapshot says of its load."""
    cursor = context.before.summary.get(WATERMARK) if context.before is not None else None
    keyed = bool(pseudonym_fields(context.contract))
    return {
        **({WATERMARK: cursor} if cursor is not None else {}),
        **({PSEUDONYMS: str(context.scheme.key_version)} if keyed else {}),
        LOAD_ID: context.load_id,
        BATCH_DIGEST: context.batch.digest,
        CONTRACT_DIGEST: context.contract.digest,
        FILE_NAME: context.batch.name,
        MODE: context.contract.loading.mode,
        RECEIVED: str(context.received),
        ACCEPTED: str(context.accepted),
        QUARANTINED: str(context.quarantined),
        DELETED: str(context.deleted),
        LAST_RECORD: str(context.offset + context.received),
        RULE_COUNTS: json.dumps(context.counts, ensure_ascii=False, sort_keys=True),
        STEPS: json.dumps(context.steps, ensure_ascii=False, sort_keys=True),
        DECODED: json.dumps(context.decoded, ensure_ascii=False, sort_keys=True),
        PROFILE: profile_text(context.profile),
        STARTED_AT: context.started.isoformat(),
        LOADED_AT: loaded_at.isoformat(),
        **({REFERENCES: json.dumps(context.references)} if context.references else {}),
        **dict(context.batch.notes),
    }


def referred_to(snapshot: Snapshot) -> dict[str, int]:
    """The snapshot of each dataset that this one's references were checked against."""
    return json_of(snapshot.summary, REFERENCES)


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
        names = (BATCH_DIGEST, BASE)
        same = digest in [newest.summary.get(name) for name in names]
        return newest if same and _contract_of(newest) == contract.digest else None
    for snapshot_id, summary in node.lake.summaries(contract.table).items():
        if summary.get(BATCH_DIGEST) == digest:
            return node.lake.snapshot(contract.table, snapshot_id)
    with transaction(node.database) as session:
        known = select(Load.id).where(
            Load.dataset == contract.dataset,
            Load.batch_digest == digest,
            Load.snapshot_id.is_not(None),
        )
        return newest if session.scalars(known).first() is not None else None


def _contract_of(snapshot: Snapshot) -> str | None:
    return snapshot.summary.get(CONTRACT_DIGEST)


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
        counts=load.counts,
        rule_counts=load.rule_counts,
        fresh=fresh,
    )


def record_blocked(context: LoadContext) -> None:
    """A load that a rule stopped: the snapshot before it stands, the steward sees why."""
    with transaction(context.node.database) as session:
        session.merge(
            Load(
                id=context.load_id,
                dataset=context.contract.dataset,
                snapshot_id=None,
                file_name=context.batch.name,
                batch_digest=context.batch.digest,
                contract_digest=context.contract.digest,
                received=context.received,
                accepted=0,
                quarantined=context.quarantined,
                rule_counts=dict(context.counts),
                profile={},
                started_at=context.started,
                finished_at=context.node.clock(),
                corrects=dict(context.batch.notes).get(CORRECTS),
            )
        )


def load_of(snapshot: Snapshot) -> Load:
    """The load record that a snapshot's summary stands for."""
    summary = snapshot.summary
    counts = counts_of(summary)
    return Load(
        id=text_of(summary, LOAD_ID),
        dataset=snapshot.table.partition(".")[2],
        snapshot_id=snapshot.id,
        file_name=text_of(summary, FILE_NAME),
        batch_digest=text_of(summary, BATCH_DIGEST),
        contract_digest=text_of(summary, CONTRACT_DIGEST),
        received=counts.received,
        accepted=counts.accepted,
        quarantined=counts.quarantined,
        rule_counts=json_of(summary, RULE_COUNTS),
        profile=json_of(summary, PROFILE),
        started_at=datetime.fromisoformat(text_of(summary, STARTED_AT)),
        finished_at=snapshot.committed_at,
        corrects=summary.get(CORRECTS),
    )
