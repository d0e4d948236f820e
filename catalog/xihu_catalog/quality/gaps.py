"""Which cells of a metric are missing because their record was quarantined, and in which load.

Only the region and the day of a record are looked at, and only where the dataset is about no
person: nothing else of a quarantined record leaves by this way.
"""

from collections.abc import Callable
from datetime import date, datetime

from xihu_catalog.contracts.model import Contract, Field
from xihu_catalog.datasets.service import Catalogue
from xihu_catalog.quality import quarantine
from xihu_platform.brain.completeness import QuarantinedCell
from xihu_platform.errors import NotFound
from xihu_platform.lake.tables import Lake
from xihu_platform.vault.keys import Keyring

LOADS = 5  # the newest loads whose reports are looked through; older gaps count as late
RECORDS = 5_000  # of one load


def quarantined_cells(
    catalogue: Catalogue, lake: Lake, keyring: Keyring
) -> Callable[[str], tuple[QuarantinedCell, ...]]:
    """The reader of a process: what a load quarantined does not change, so it is read once."""
    known: dict[str, tuple[QuarantinedCell, ...]] = {}

    def find(dataset: str) -> tuple[QuarantinedCell, ...]:
        contract = catalogue.contracts.get(dataset)
        if any(f.subject_key for f in contract.fields):
            return ()
        cells: list[QuarantinedCell] = []
        loads = [one for one in catalogue.loads(contract) if one.corrects is None]
        for load in loads[:LOADS]:  # a correction quarantines what its load did already
            if load.load_id not in known:
                known[load.load_id] = _cells_of(lake, keyring, contract, load.load_id)
            cells.extend(known[load.load_id])
        return tuple(cells)

    return find


def _cells_of(
    lake: Lake, keyring: Keyring, contract: Contract, load_id: str
) -> tuple[QuarantinedCell, ...]:
    region = next((f for f in contract.fields if f.region), None)
    time = next((f for f in contract.fields if f.time), None)
    if region is None:
        return ()
    names = {one.source_column for one in (region, time) if one is not None}
    try:
        records = quarantine.read_columns(
            lake, keyring, contract.dataset, load_id, names, limit=RECORDS
        )
    except NotFound:  # nothing was quarantined, or it has been purged by rule
        return ()
    return tuple(
        QuarantinedCell(
            (record.get(region.source_column) or "").strip(),
            _day(time, record.get(time.source_column)) if time else None,
            load_id,
        )
        for record in records
    )


def _day(field: Field, text: str | None) -> date | None:
    """The day of a time field as handed in; None where it cannot be read."""
    forms = [field.source_format] if field.source_format else []
    for form in (*forms, "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y%m%d"):
        try:
            return datetime.strptime((text or "").strip(), form).date()
        except ValueError:
            continue
    return None
