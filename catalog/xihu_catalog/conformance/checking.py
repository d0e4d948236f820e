"""Checks entries that have changed since they were checked, and keeps what was found.

It runs in a process of its own (`xihu catalogue check`), never in a request. Only entries that
every reader knows of are checked; what has gone from the catalogue goes from the table, too.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from time import monotonic

from pydantic import TypeAdapter
from sqlalchemy import Engine, delete, select

from xihu_catalog.conformance.models import EntryCheckMark, EntryCheckRow
from xihu_catalog.conformance.validators import CheckResult, check_entry, checkers
from xihu_catalog.contracts.entries import unpublished
from xihu_catalog.datasets.entries import Entries, is_stored
from xihu_catalog.datasets.facts import EntryFacts
from xihu_catalog.datasets.service import Catalogue
from xihu_catalog.datasets.stored import StoredEntries, dump_facts
from xihu_platform.clock import Clock
from xihu_platform.database import transaction

BATCH = 200
DEADLINE_S = 1800.0
"""Of one run; the next one goes on where it ended."""
_RESULTS = TypeAdapter(tuple[CheckResult, ...])


@dataclass(frozen=True, slots=True)
class EntryCheck:
    """The newest check of an entry."""

    checked_at: datetime
    results: tuple[CheckResult, ...]


@dataclass(slots=True)
class CheckRun:
    """What one run did."""

    checked: int = 0
    invalid: int = 0
    removed: int = 0
    complete: bool = True


def published_entries(catalogue: Catalogue, base_url: str, clock: Clock) -> Entries:
    """As every reader knows them: no check says anything of a draft."""
    database = catalogue.contracts.database
    known = catalogue.without(frozenset(unpublished(database)))
    return Entries(known, StoredEntries(database), base_url, clock)


def find_check(database: Engine, entry: str) -> EntryCheck | None:
    with transaction(database) as session:
        row = session.get(EntryCheckRow, entry)
    return EntryCheck(row.checked_at, _RESULTS.validate_json(row.results)) if row else None


def is_due(database: Engine, entries: Entries) -> bool:
    """Whether an entry has changed, or a validator was installed, since entries were checked."""
    if _checked_up_to(database) < entries.stored_number():
        return True
    return bool(_with_other_validators(database)) or any(
        True for _ in _changed_contracts(database, entries)
    )


def check_changed(
    database: Engine, entries: Entries, clock: Clock, *, every: bool = False
) -> CheckRun:
    """Checks what has changed, or `every` entry again; what was checked stays checked where a run
    ends before all is done."""
    run, until = CheckRun(), monotonic() + DEADLINE_S
    if every:
        with transaction(database) as session:
            session.execute(delete(EntryCheckRow))
            session.execute(delete(EntryCheckMark))
    for facts in _due(database, entries, run):
        results = check_entry(facts)
        run.checked += 1
        run.invalid += any(one.state == "invalid" for one in results)
        _keep(database, facts, results, clock())
        if monotonic() > until:
            run.complete = False
            break
    return run


def _due(database: Engine, entries: Entries, run: CheckRun) -> Iterator[EntryFacts]:
    run.removed += _remove_withdrawn(database, entries)
    yield from _changed_contracts(database, entries)
    yield from _changed_stored(database, entries, run)
    while found := _with_other_validators(database):
        known = entries.find_many(found)
        run.removed += _remove(database, set(found) - known.keys())
        yield from known.values()


def _changed_stored(database: Engine, entries: Entries, run: CheckRun) -> Iterator[EntryFacts]:
    after = _checked_up_to(database)
    while changes := entries.stored_changes(after, BATCH):
        for one in changes:
            if one.facts is not None:
                yield one.facts
            else:
                run.removed += _remove(database, [one.id])
        after = max(one.number for one in changes)
        with transaction(database) as session:
            session.merge(EntryCheckMark(id=1, number=after))


def _changed_contracts(database: Engine, entries: Entries) -> Iterator[EntryFacts]:
    row = EntryCheckRow
    with transaction(database) as session:
        found = session.scalars(select(row).where(row.is_stored.is_(False)))
        known = {one.entry: one.facts for one in found}
    for entry in entries.contract_entries():
        facts = entries.compiled(entry)
        if known.get(facts.id) != _state(facts):
            yield facts


def _state(facts: EntryFacts) -> str:
    return sha256(dump_facts(facts)).hexdigest()


def _checked_up_to(database: Engine) -> int:
    with transaction(database) as session:
        mark = session.get(EntryCheckMark, 1)
        return mark.number if mark else 0


def _with_other_validators(database: Engine) -> list[str]:
    row = EntryCheckRow
    wanted = select(row.entry).where(row.checkers != checkers()).order_by(row.entry).limit(BATCH)
    with transaction(database) as session:
        return list(session.scalars(wanted))


def _remove_withdrawn(database: Engine, entries: Entries) -> int:
    """Of contracts; stored entries are removed by their own change."""
    there = {entry.contract.dataset for entry in entries.contract_entries()}
    row = EntryCheckRow
    with transaction(database) as session:
        names = list(session.scalars(select(row.entry).where(row.is_stored.is_(False))))
    return _remove(database, [one for one in names if one not in there])


def _remove(database: Engine, names: Iterable[str]) -> int:
    removed = 0
    with transaction(database) as session:
        for name in names:
            row = session.get(EntryCheckRow, name)
            if row is not None:
                session.delete(row)
                removed += 1
    return removed


def _keep(
    database: Engine, facts: EntryFacts, results: tuple[CheckResult, ...], now: datetime
) -> None:
    with transaction(database) as session:
        session.merge(
            EntryCheckRow(
                entry=facts.id,
                is_stored=is_stored(facts.id),
                facts=_state(facts),
                checkers=checkers(),
                checked_at=now,
                results=_RESULTS.dump_json(results),
            )
        )
