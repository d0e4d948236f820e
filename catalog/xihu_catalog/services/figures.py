"""免交材料比例: of the papers that services once asked for, how many cases are spared, measured.

For each case, the papers that the first version of its item asked for in its situation, less those
that were asked for now; summed over cases. A paper that an applicant adds to contradict a register
does not count as asked for.
"""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from xihu_catalog.services.models import CaseMeasureRow


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """Counts over the cases of one item that were handed in."""

    item: str
    cases: int
    spared: int
    """Papers."""
    papers: int
    filled: int
    """Fields."""
    fields: int


def item_figures(session: Session, organisation: str | None = None) -> list[ItemFigures]:
    """Of each item that has cases, by its id; of one implementing body, or of all."""
    row = CaseMeasureRow
    query = select(
        row.item,
        func.count(),
        func.sum(row.spared),
        func.sum(row.papers),
        func.sum(row.filled),
        func.sum(row.fields),
    )
    if organisation is not None:
        query = query.where(row.organisation == organisation)
    found = session.execute(query.group_by(row.item).order_by(row.item))
    return [ItemFigures(name, *(int(one) for one in counts)) for name, *counts in found]
