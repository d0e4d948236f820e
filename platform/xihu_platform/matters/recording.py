"""Events of matters in the log: each once, whatever died between the log and the outbox."""

from sqlalchemy import select

from xihu_platform.audit.entries import Actor, MatterAct
from xihu_platform.audit.log import AuditLog
from xihu_platform.audit.models import AuditEntry
from xihu_platform.database import transaction
from xihu_platform.matters.engine import MatterEngine
from xihu_platform.matters.models import MatterEventRow
from xihu_platform.matters.outbox import Promised, Receiver, Wait

LOG = "log"
SYSTEM = "system:"
"""What the position of a department's system begins with."""


def log_receiver(matters: MatterEngine, log: AuditLog) -> Receiver:
    """Writes the entry of an event; one that is in the log already is not written again."""

    def receive(promised: Promised) -> Wait | None:
        read_id = f"{promised.key:032x}"
        with transaction(matters.database) as session:
            written = select(AuditEntry.seq).where(
                AuditEntry.read_id == read_id, AuditEntry.kind == "matter"
            )
            if session.scalar(written.limit(1)) is not None:
                return None
            view = matters.view(session, promised.matter)
            row = session.get(MatterEventRow, (promised.matter, promised.seq))
            assert row is not None  # the promise came with it, in one transaction
        return log.begin(
            MatterAct(
                actor=Actor(
                    kind=_kind(row),
                    principal=row.sub,
                    position=row.position,
                    organisation=row.organisation,
                    mandate=row.stands_in_for,
                ),
                number=view.number,
                event=row.name,
                state=row.state,
                article=row.article,
                about=view.about,
                digest=row.digest,
                read_id=read_id,
            ).entry()
        )

    return receive


def _kind(row: MatterEventRow) -> str:
    if row.sub == "clock":
        return "pipeline"
    if row.position is None:
        return "citizen"
    return "system" if row.position.startswith(SYSTEM) else "official"
