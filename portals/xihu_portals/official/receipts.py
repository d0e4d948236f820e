"""Files of corrected records on a load's report: where they go, and what became of each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.service import LoadSummary
from xihu_catalog.quality.corrections import Correction, corrections_of, is_current
from xihu_platform.words import Text
from xihu_portals.pages.visitor import Visitor
from xihu_portals.web.parts import State

REPLACED = Text(
    "这一批已被之后的完整文件替换，不能再更正。",
    "A later file has replaced this load: it can no longer be corrected.",
)


@dataclass(frozen=True, slots=True)
class CorrectionFile:
    """One file of corrected records, and what became of it."""

    file: str
    at: datetime
    state: Literal["waiting", "committed", "refused"]
    accepted: int = 0
    quarantined: int = 0
    known: bool = False
    """It had been loaded before: nothing was added."""
    refusal: Text | None = None
    load_href: str | None = None
    """The report of the load it became, or of the one that was stopped."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """Handing corrected records in, for the steward's own position."""

    action: str
    here: str
    limit_mb: int
    closed: State | None
    """Why nothing can be handed in here any more."""
    fault: Text | None
    """What was wrong with the file just handed in."""
    receipts: tuple[CorrectionFile, ...]
    """Newest first."""

    @property
    def waiting(self) -> bool:
        return any(one.state == "waiting" for one in self.receipts)


def fill(
    visitor: Visitor, contract: Contract, load: LoadSummary, fault: Text | None
) -> Corrections | None:
    """For the dataset's own steward; `load` is no correction itself. None where nothing was
    quarantined that could be corrected.
    """
    node = visitor.services.node
    receipts = corrections_of(node.database, load.load_id)
    if load.blocked or not (load.counts.quarantined or receipts):
        return None
    here = f"/official/loads/{load.load_id}"
    closed = None if is_current(node.lake, contract, load.load_id) else State("empty", REPLACED)
    return Corrections(
        action=f"{here}/corrections",
        here=here,
        limit_mb=node.settings.serve.upload_mb,
        closed=closed,
        fault=fault,
        receipts=tuple(_receipt(one, load) for one in receipts),
    )


def _receipt(one: Correction, load: LoadSummary) -> CorrectionFile:
    into = one.into_load if one.into_load != load.load_id else None
    return CorrectionFile(
        file=one.file_name,
        at=one.handed_in_at,
        state=one.state,
        accepted=one.accepted,
        quarantined=one.quarantined,
        known=one.known,
        refusal=one.refusal,
        load_href=f"/official/loads/{into}" if into else None,
    )
