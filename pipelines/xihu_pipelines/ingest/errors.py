"""Why a load was refused as a whole."""

from collections.abc import Mapping

from xihu_catalog.contracts.model import Contract
from xihu_catalog.quality.blocked import why_stopped
from xihu_platform.errors import BadInput


class LoadBlocked(BadInput):
    """A blocking rule is broken, or no record at all can be kept; the dataset stays as it was."""

    def __init__(
        self, contract: Contract, counts: Mapping[str, int], load_id: str, *, correcting: bool
    ) -> None:
        why = why_stopped(contract, dict(counts), correcting=correcting)
        super().__init__(why.zh, why.en)
        self.counts = dict(counts)
        self.load_id = load_id
