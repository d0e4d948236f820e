"""The reads that the log's first format kept as SQL, covered by an entry of the log.

That format hashed nothing of them. When the program first opens such a log, one entry tells of
their number and digest: from then on none can be changed, added or taken away unseen.
"""

from hashlib import sha256
from typing import Final

import orjson
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from xihu_platform.audit.entries import CoveredReplays
from xihu_platform.audit.log import AuditLog, digest_text
from xihu_platform.audit.models import AuditEntry, AuditReplay
from xihu_platform.audit.raw import raw
from xihu_platform.database import transaction

KIND: Final = "replays"


def cover_replays(database: Engine, log: AuditLog) -> None:
    """Append the entry that covers them, where there are any and none does. Raises
    AuditUnavailable.
    """
    with transaction(database) as session:
        first = session.scalar(select(AuditReplay.seq).limit(1))
        covering = session.scalar(select(AuditEntry.seq).where(AuditEntry.kind == KIND).limit(1))
        if first is None or covering is not None:
            return
        digest = replays_digest(session)
    log.record(CoveredReplays(digest).entry())


def replays_digest(session: Session) -> str:
    """Over all of them in their order; empty for rows that this program never wrote."""
    rows = session.execute(raw(AuditReplay).order_by(AuditReplay.seq))
    try:
        lines = [orjson.dumps(list(row)) for row in rows]
    except (TypeError, ValueError):
        return ""
    return digest_text(sha256(b"\n".join(lines)).digest())
