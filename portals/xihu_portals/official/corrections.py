"""Corrected records on a load's report: who may hand them in, and what became of each file."""

import secrets
from hashlib import sha256

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.service import LoadSummary
from xihu_catalog.quality.corrections import Correction, corrections_of, stands
from xihu_catalog.quality.whole import whole_of
from xihu_platform.audit.log import LogEntry
from xihu_platform.errors import Conflict
from xihu_platform.words import Text
from xihu_portals.official import views
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.parts import State
from xihu_portals.web.upload import Upload

REPLACED = Text(
    "这一批已被之后的完整文件替换，不能再更正。",
    "A later file has replaced this load: it can no longer be corrected.",
)
_BLOCKED = Text(
    "这一批没有装载，请在原文件中改正后整份重交。",
    "This load was stopped: correct the file and submit the whole file again.",
)


def view_of(
    visitor: Visitor, contract: Contract, load: LoadSummary, fault: Text | None
) -> views.Corrections | None:
    """For the dataset's own steward; `load` is no correction itself. None where nothing was
    quarantined that could be corrected.
    """
    node = visitor.services.node
    receipts = corrections_of(node.database, load.load_id)
    if load.blocked or not (load.quarantined or receipts):
        return None
    here = f"/official/loads/{load.load_id}"
    closed = None if stands(node.lake, contract, load.load_id) else State("empty", REPLACED)
    return views.Corrections(
        action=f"{here}/corrections",
        here=here,
        limit_mb=node.settings.serve.upload_mb,
        closed=closed,
        fault=fault,
        receipts=tuple(_receipt(one, load) for one in receipts),
    )


def hand_in(visitor: Visitor, contract: Contract, load: LoadSummary, upload: Upload) -> None:
    """Logged first, then durable. At the report of a correction, the load that it corrects is
    meant. Raises Conflict, BadInput, AuditUnavailable.
    """
    services = visitor.services
    load = whole_of(services.catalogue, services.node.database, contract, load).load
    if load.blocked:
        raise Conflict(_BLOCKED.zh, _BLOCKED.en)
    _log(visitor, contract, load, upload)
    visitor.services.intake.correct(contract, load.load_id, upload.name, upload.body)


def _log(visitor: Visitor, contract: Contract, load: LoadSummary, upload: Upload) -> None:
    """Who handed what in: the digest says which file, its name could hold anything."""
    who, position = visitor.principal, visitor.principal.position
    body: dict[str, object] = {
        "who": who.kind,
        "principal": who.id,
        "position": position.id if position else None,
        "load": load.load_id,
        "file": sha256(upload.body).hexdigest(),
        "bytes": len(upload.body),
        "contract": contract.digest,
    }
    office = position.organisation if position else None
    entry = LogEntry("correction", secrets.token_hex(16), contract.dataset, office, body)
    visitor.services.log.record(entry)


def _receipt(one: Correction, load: LoadSummary) -> views.CorrectionFile:
    into = one.into_load if one.into_load != load.load_id else None
    return views.CorrectionFile(
        file=one.file_name,
        at=one.handed_in_at,
        state=one.state,
        accepted=one.accepted,
        quarantined=one.quarantined,
        known=one.known,
        refusal=one.refusal,
        load_href=f"/official/loads/{into}" if into else None,
    )
