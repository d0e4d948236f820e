"""A load together with its corrections: what is accepted of it by now, and what is still open.

A correction is counted against the quarantined record that it corrects only where that record is
known (see CorrectedRecord). What a file of corrections holds besides is counted apart.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sqlalchemy import Engine, distinct, func, select

from xihu_catalog.contracts.model import Contract
from xihu_catalog.datasets.service import Catalogue, LoadSummary
from xihu_catalog.quality.blocked import blocked_loads, recorded_load
from xihu_catalog.quality.corrections import CorrectionRow
from xihu_catalog.quality.models import CorrectedRecord
from xihu_catalog.quality.quarantine import RecordOrigin
from xihu_platform.database import transaction


@dataclass(frozen=True, slots=True)
class Whole:
    """One load and the loads of its corrections."""

    load: LoadSummary
    corrections: tuple[LoadSummary, ...] = ()
    """Newest first; those that were stopped among them."""
    corrected: int = 0
    """Quarantined records of the load whose correction was accepted."""
    corrected_rules: dict[str, int] = field(default_factory=dict)
    """Of the corrected records: by rule, how many had broken it."""
    unmatched_accepted: int = 0
    """Accepted records of corrections that no quarantined record is known for."""
    unmatched_quarantined: int = 0
    """The same of those quarantined in their turn."""

    @property
    def accepted(self) -> int:
        return self.load.counts.accepted + self.corrected

    @property
    def still_open(self) -> int:
        """Quarantined records that no accepted correction is known for."""
        return self.load.counts.quarantined - self.corrected

    @property
    def rule_counts(self) -> dict[str, int]:
        """Broken rules of the records that are still open."""
        counts = self.load.rule_counts.items()
        left = {rule: count - self.corrected_rules.get(rule, 0) for rule, count in counts}
        return {rule: count for rule, count in left.items() if count > 0}


def wholes(catalogue: Catalogue, database: Engine, contract: Contract) -> list[Whole]:
    """Of one dataset, the newest load first; one that was stopped stands for itself."""
    blocked = blocked_loads(database, contract)
    loads = {load.load_id: load for load in (*catalogue.loads(contract), *blocked)}
    parents = _parents(database, contract, loads.values())
    roots = {load_id: _root(load_id, parents) for load_id in loads}
    for expired in set(roots.values()) - loads.keys():
        if (past := recorded_load(database, expired)) is not None:
            loads[expired], roots[expired] = past, expired
    groups: dict[str, list[LoadSummary]] = {}
    for load_id, root in roots.items():
        groups.setdefault(root if root in loads else load_id, []).append(loads[load_id])
    tallied = _tallied(database, [_whole(root, group) for root, group in groups.items()])
    return sorted(tallied, key=lambda one: one.load.committed_at, reverse=True)


def newest_whole(catalogue: Catalogue, database: Engine, contract: Contract) -> Whole | None:
    """What the dataset holds: its newest load that was not stopped, with its corrections."""
    every = wholes(catalogue, database, contract)
    return next((one for one in every if not one.load.blocked), None)


def whole_of(
    catalogue: Catalogue, database: Engine, contract: Contract, load: LoadSummary
) -> Whole:
    """The whole that a load belongs to."""
    every = wholes(catalogue, database, contract)
    mine = (w for w in every if load.load_id in {one.load_id for one in (w.load, *w.corrections)})
    return next(mine, Whole(load))


def corrected_numbers(database: Engine, load_id: str) -> frozenset[int]:
    """Numbers of a load's quarantined records whose correction was accepted."""
    wanted = select(CorrectedRecord.record).where(
        CorrectedRecord.load_id == load_id, CorrectedRecord.accepted
    )
    with transaction(database) as session:
        return frozenset(session.scalars(wanted))


def origin_of(database: Engine, load_id: str) -> RecordOrigin:
    """By what the records of a load's download are known when they come back."""
    wanted = select(CorrectedRecord).where(CorrectedRecord.into_load == load_id)
    with transaction(database) as session:
        rows = list(session.scalars(wanted))
    known = {row.at: (row.load_id, row.record) for row in rows}
    return RecordOrigin(
        load_id, known, corrected_numbers(database, load_id) | _corrected_since(database, known)
    )


def _corrected_since(database: Engine, known: dict[int, tuple[str, int]]) -> set[int]:
    """Of a load of corrections: records that a later correction has put right."""
    done = {
        load: corrected_numbers(database, load) for load in {load for load, _ in known.values()}
    }
    return {at for at, (load, record) in known.items() if record in done[load]}


def _parents(database: Engine, contract: Contract, loads: Iterable[LoadSummary]) -> dict[str, str]:
    """Load of a correction to the load it corrects. Earlier versions named that by its digest
    alone; the receipt of a file handed in on a page knows it better."""
    receipts = select(CorrectionRow.into_load, CorrectionRow.load_id).where(
        CorrectionRow.dataset == contract.dataset,
        CorrectionRow.into_load.is_not(None),
        CorrectionRow.known.is_(False),
    )
    with transaction(database) as session:
        said = {str(into): of for into, of in session.execute(receipts).all()}
    return {load.load_id: load.corrects for load in loads if load.corrects} | said


def _root(load_id: str, parents: dict[str, str]) -> str:
    seen = {load_id}
    while (parent := parents.get(load_id)) is not None and parent not in seen:
        seen.add(parent)
        load_id = parent
    return load_id


def _whole(root: str, group: list[LoadSummary]) -> Whole:
    load = next((one for one in group if one.load_id == root), group[0])
    rest = [one for one in group if one is not load]
    rest.sort(key=lambda one: one.committed_at, reverse=True)
    return Whole(load, tuple(rest))


def _tallied(database: Engine, found: list[Whole]) -> list[Whole]:
    ids = [one.load.load_id for one in found if one.corrections]
    if not ids:
        return found
    row = CorrectedRecord
    mine = row.load_id.in_(ids)
    by_rules = (
        select(row.load_id, row.rules, func.count(distinct(row.record)))
        .where(mine, row.accepted)
        .group_by(row.load_id, row.rules)
    )
    by_load = select(row.into_load, row.accepted, func.count()).where(mine)
    with transaction(database) as session:
        corrected = [(str(i), str(r), int(n)) for i, r, n in session.execute(by_rules).all()]
        grouped = session.execute(by_load.group_by(row.into_load, row.accepted)).all()
    matched = {(str(into), bool(accepted)): int(n) for into, accepted, n in grouped}
    return [_with_counts(one, corrected, matched) for one in found]


def _with_counts(
    one: Whole, corrected: list[tuple[str, str, int]], matched: dict[tuple[str, bool], int]
) -> Whole:
    rules: Counter[str] = Counter()
    total = 0
    for load_id, broken, count in corrected:
        if load_id == one.load.load_id:
            total += count
            rules.update(dict.fromkeys(json.loads(broken), count))
    done = [load for load in one.corrections if not load.blocked]
    kept = (load.counts.accepted - matched.get((load.load_id, True), 0) for load in done)
    aside = (load.counts.quarantined - matched.get((load.load_id, False), 0) for load in done)
    return replace(
        one,
        corrected=total,
        corrected_rules=dict(rules),
        unmatched_accepted=sum(max(n, 0) for n in kept),
        unmatched_quarantined=sum(max(n, 0) for n in aside),
    )
